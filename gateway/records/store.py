"""Where records live: one SQLite file per tenant, one for the house. No statement can cross rooms."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, MetaData, PoolProxiedConnection, create_engine, event

from gateway.ports import StoreFullError, StoreUnavailableError
from gateway.records.group_commit import GroupCommit
from gateway.records.store_faults import LOOK_S, StoreFaults
from gateway.records.turn import Turn

tenant_tables = MetaData()
"""Tables every tenant's room has. Modules beside this one add theirs."""

house_tables = MetaData()
"""Tables of what belongs to no single tenant: gates, demands, runs."""

HOUSE = "_house"

APPLICATION_ID = 0x466C6578
"""Marks a file as ours (`file` and others show it)."""

LEAST_FREE_BYTES = 4 * 2**20
"""With less space on the disk the gateway is not ready."""

T = TypeVar("T")


class UnknownTenantError(LookupError):
    """There is no such data room."""


class Room:
    """One data room: a database of its own. Writers take turns, also those of other processes; readers never
    wait."""

    def __init__(self, name: str, file: Path, tables: MetaData, faults: StoreFaults | None = None) -> None:
        self.name = name
        self._file = file
        self._faults = faults or StoreFaults(lambda _: self.look())
        self._turn = Turn(file.with_suffix(".turn"))
        self._engine = _engine(file)
        self._watching = threading.Lock()
        self._watch: PoolProxiedConnection | None = None
        self._together = GroupCommit(name, self.writing)
        with self.writing() as connection:  # one transaction: all tables, or none
            tables.create_all(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state.

        Raises:
            StoreUnavailableError: not now.
        """
        with self._faults.told(self.name), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is durable on leaving, or nothing when an exception leaves.

        Raises:
            StoreUnavailableError: not now; nothing is done.
        """
        with self._faults.told(self.name), self._turn, self._engine.begin() as connection:
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

    def look(self) -> None:
        """Return if the store can be written to.

        Raises:
            StoreUnavailableError: it cannot, or there is hardly any space.
        """
        with self.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")  # always writes a page
        space = os.statvfs(self._file.parent)
        free = space.f_bavail * space.f_frsize
        if free < LEAST_FREE_BYTES:
            raise StoreFullError(f"{free / 2**20:.1f} MiB are left on the disk")

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
        self._faults = StoreFaults(self._look)
        self._looked = -LOOK_S
        self.house = Room(HOUSE, directory / f"{HOUSE}.sqlite", house_tables, self._faults)
        self._rooms = {
            tenant: Room(tenant, directory / f"{tenant}.sqlite", tenant_tables, self._faults)
            for tenant in tenants
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

    def faults(self) -> Sequence[str]:
        """Why data cannot be stored now, in any of the stores; empty when it can.

        Looks itself when nobody did for a second.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_S and not self._faults.known():
            self._looked = now
            try:
                self.house.look()
            except StoreUnavailableError as fault:
                self._faults.note(HOUSE, str(fault))
        return self._faults.known()

    @property
    def is_usable(self) -> bool:
        """Whether no fault is known."""
        return not self._faults.known()

    def _look(self, name: str) -> None:
        (self.house if name == HOUSE else self._rooms[name]).look()

    def close(self) -> None:
        """Close every room."""
        self._faults.close()
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
