"""Where records live: one SQLite file per tenant, one for the house. No statement can cross rooms."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text

tenant_tables = MetaData()
"""Tables every tenant's room has. Modules beside this one add theirs."""

house_tables = MetaData()
"""Tables of what belongs to no single tenant: gates, demands, runs."""

HOUSE = "_house"


class UnknownTenantError(LookupError):
    """There is no such data room."""


class Room:
    """One data room: a database of its own. Writers take turns, readers never wait."""

    def __init__(self, name: str, file: Path, tables: MetaData) -> None:
        self.name = name
        self._turn = threading.Lock()
        self._engine = _engine(file)
        with self.writing() as connection:  # one transaction: all tables, or none
            tables.create_all(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with self._engine.connect() as connection:
            connection.execute(text("BEGIN"))
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is durable on leaving, or nothing when an exception leaves."""
        with self._turn, self._engine.begin() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            yield connection

    def close(self) -> None:
        """Give back files and connections."""
        self._engine.dispose()


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


def _engine(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # Python's driver would otherwise open transactions by its own rules; ours start in `writing`.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=10000")

    return engine
