"""Where records live: one SQLite file per tenant, one for the house. No statement can cross rooms."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, MetaData, PoolProxiedConnection, create_engine, event

from gateway.records.group_commit import GroupCommit
from gateway.records.turn import Turn

tenant_tables = MetaData()
"""Tables every tenant's room has. Modules beside this one add theirs."""

house_tables = MetaData()
"""Tables of what belongs to no single tenant: gates, demands, runs."""

HOUSE = "_house"

T = TypeVar("T")


class UnknownTenantError(LookupError):
    """There is no such data room."""


class Room:
    """One data room: a database of its own. Writers take turns, also those of other processes; readers never
    wait."""

    def __init__(self, name: str, file: Path, tables: MetaData) -> None:
        self.name = name
        self._turn = Turn(file.with_suffix(".turn"))
        self._engine = _engine(file)
        self._watching = threading.Lock()
        self._watch: PoolProxiedConnection | None = None
        self._together = GroupCommit(name, self.writing)
        with self.writing() as connection:  # one transaction: all tables, or none
            tables.create_all(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is durable on leaving, or nothing when an exception leaves."""
        with self._turn, self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Have a piece of work done in a transaction it shares with others that wait, in their order.

        It is done wholly or not at all, whatever becomes of the others. The future is done when that is
        durable, or raises what the work raised; its callbacks run in the writing thread and must be short.
        """
        return self._together.put(work)

    def write_all(self, works: Sequence[Callable[[Connection], T]]) -> Sequence[T | Exception]:
        """As `write` for several pieces of work, but here and now; gives what each gave or raised."""
        return self._together.all(works)

    @property
    def changes(self) -> int:
        """Another number after every write, by whatever process. What was read when it had a value is still
        so when it has the same value."""
        with self._watching:
            if self._watch is None:  # a connection that never writes: it sees the writes of all others
                self._watch = self._engine.raw_connection()
            cursor = self._watch.cursor()
            cursor.execute("PRAGMA data_version")
            ((version,),) = cursor.fetchall()
        return int(version)

    def close(self) -> None:
        """Write what waits, then give back files and connections."""
        self._together.close()
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()
        self._turn.close()


class Store:
    """All data rooms below one directory."""

    def __init__(self, directory: Path, tenants: Iterable[str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.house = Room(HOUSE, directory / f"{HOUSE}.sqlite", house_tables)
        self._rooms = {
            tenant: Room(tenant, directory / f"{tenant}.sqlite", tenant_tables) for tenant in tenants
        }

    def room(self, tenant: str) -> Room:
        """The data room of one tenant.

        Raises:
            UnknownTenantError: no such tenant.
        """
        try:
            return self._rooms[tenant]
        except KeyError:
            raise UnknownTenantError(f"no tenant {tenant!r}") from None

    def tenants(self) -> tuple[str, ...]:
        """Names of all tenants with a room."""
        return tuple(self._rooms)

    def close(self) -> None:
        """Close every room."""
        for room in (self.house, *self._rooms.values()):
            room.close()


def json_text(value: Any) -> str:
    """A value as JSON columns keep it."""
    return msgspec.json.encode(value).decode()


def _engine(file: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # an error may be logged, what was to be written never
        json_serializer=json_text,
        json_deserializer=msgspec.json.decode,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # Python's driver would otherwise open transactions by its own rules; ours start in `writing`.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=10000")

    return engine
