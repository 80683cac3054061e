"""A store in an SQLite file of its own."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, MetaData

from gateway.ports import StoreFullError, UnitOfWork
from gateway.records.engine.prepared import execute
from gateway.records.engine.sqlite.arrivals import Arrivals
from gateway.records.engine.sqlite.connections import Connections
from gateway.records.engine.sqlite.write_lock import WriteLock, unlike_any
from gateway.records.engine.store import OtherVersionError, Store, fingerprint
from gateway.records.engine.store_faults import StoreFaults
from gateway.records.engine.unit_of_work import sql, unit_of_work

APPLICATION_ID = 0x466C6578
"""Marks a file as ours (`file` and others show it)."""

LEAST_FREE_BYTES = 4 * 2**20
"""With less space on the disk the gateway is not ready."""

SMALL_BYTES = 4 * 2**20
"""A writer to a database of this size does not notice that it has to be read first."""

PAGES_AT_ONCE = 1000
"""Pages given back in one turn, so that writers need not wait long."""

Move = Callable[[str, UnitOfWork], Callable[[], None]]
"""Inserts what the shared store has for the store of a name; returns what to do once that is durable."""


class _LocksHeld(threading.local):
    """How many tenants' databases this thread keeps others from writing to."""

    held: int = 0


_locks_held = _LocksHeld()


class SqliteStore(Store):
    """A store in a file, which is made where it is missing.

    A tenant's database may be behind: results are published to many by one transaction of the shared store
    (`Stores.publish_all`), and moved by whoever opens theirs next, before anything else is done there.

    Args:
        wrote: called with the name after every write.
        move: for a tenant's database.
    """

    def __init__(
        self,
        name: str,
        file: Path,
        tables: MetaData,
        *,
        connections: Connections | None = None,
        faults: StoreFaults | None = None,
        wrote: Callable[[str], None] = lambda _: None,
        move: Move | None = None,
    ) -> None:
        super().__init__(name, wrote)
        self._file = file
        self._tables = tables
        self._connections = connections or Connections()
        self._faults = faults or StoreFaults(lambda _: self.look())
        self._move = move
        self._arrivals = Arrivals(file)
        self._write_lock = WriteLock(file.with_suffix(".write-lock"))
        self._preparing = threading.Lock()
        self._prepared = False

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """See `Store.reading`."""
        self.settle()
        self._prepare()
        with self._faults.translated(self.name), self._connections.to(self._file) as connection:
            execute(connection, "BEGIN")
            yield unit_of_work(connection)

    @contextmanager
    def settled(self) -> Iterator[UnitOfWork]:
        """See `Store.settled`."""
        self.settle()
        with self._faults.translated(self.name), self._holding(), self._write_lock.held():
            if self._is_small_and_unlogged():
                with self._connections.to_still(self._file) as connection:
                    if _version_of(connection) == fingerprint(self._tables):
                        self._prepared = True
                        yield unit_of_work(connection)
                        return
        with self.reading() as uow:
            yield uow

    def settle(self) -> None:
        """See `Store.settle`.

        A thread that writes to some tenant's database at the moment leaves it for the next one, because two
        such threads might wait for each other.
        """
        if self._move is None or not self._arrivals.waiting or _locks_held.held:
            return
        self._prepare()
        with self._faults.translated(self.name), self._holding(), self._write_lock:
            if not self._arrivals.begin():  # another one has moved it
                return
            with self._connections.to(self._file) as connection, connection.begin():
                execute(connection, "BEGIN IMMEDIATE")
                moved = self._move(self.name, unit_of_work(connection))
            self._arrivals.finish()
        moved()
        self._wrote(self.name)

    @property
    def is_behind(self) -> bool:
        """See `Store.is_behind`."""
        return self._arrivals.waiting

    @property
    def changes(self) -> int:
        """See `Store.changes`."""
        return unlike_any() if self._move is not None and self._arrivals.waiting else self._write_lock.changes

    def look(self) -> None:
        """See `Store.look`."""
        with self.writing() as uow:
            sql(uow).exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")  # always writes a page
        space = os.statvfs(self._file.parent)
        free = space.f_bavail * space.f_frsize
        if free < LEAST_FREE_BYTES:
            raise StoreFullError(f"{free / 2**20:.1f} MiB are left on the disk")

    def vacuum(self) -> None:
        """Return the space of deleted rows to the system, a little at a time."""
        left = self._free_pages()
        while left and (remaining := self._free_pages()) < left:
            left = remaining
        with self._faults.translated(self.name), self._connections.to(self._file) as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _free_pages(self) -> int:
        """Return some free pages to the system; return the number of those left."""
        faults = self._faults.translated(self.name)
        with faults, self._write_lock, self._connections.to(self._file) as connection:
            cursor = connection.connection.cursor()  # one page per step, so all steps must be fetched
            cursor.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
            cursor.fetchall()
            left: int = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        return left

    @property
    def exists(self) -> bool:
        """See `Store.exists`."""
        return self._file.exists() or self._arrivals.waiting

    def remove(self) -> None:
        """Close it and delete its files."""
        self.close()
        for file in self._file.parent.glob(f"{self._file.stem}.*"):
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Write what waits, then close files and connections."""
        super().close()
        self._connections.close(self._file)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self.settle()
        self._prepare()
        with self._writing() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            self._faults.translated(self.name),
            self._holding(),
            self._write_lock,
            self._connections.to(self._file) as connection,
            connection.begin(),
        ):
            execute(connection, "BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """Note that this thread keeps others from writing to a tenant's database, or waits for its turn."""
        count = 0 if self._move is None else 1
        _locks_held.held += count
        try:
            yield
        finally:
            _locks_held.held -= count

    def _is_small_and_unlogged(self) -> bool:
        """Whether the file is the complete database, because its log is empty, and small. No write is in
        progress."""
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            return False
        try:
            logged = self._file.with_name(f"{self._file.name}-wal").stat().st_size
        except FileNotFoundError:
            logged = 0
        return size <= SMALL_BYTES and not logged

    def _prepare(self) -> None:
        """Make the tables where they are missing: one transaction, all of them or none."""
        if not self._prepared:
            with self._preparing:
                self._make_tables()
                self._prepared = True

    def _make_tables(self) -> None:
        made_by = fingerprint(self._tables)
        with self._faults.translated(self.name):
            # No other may connect while the first connection sets the kind of log: that does not wait.
            alone = nullcontext() if _has_log(self._file) else self._write_lock.held()
            with alone, self._connections.to(self._file) as connection:
                version = _version_of(connection)
        if version == made_by:
            return
        if version:
            raise OtherVersionError(f"{self._file} belongs to another version of the gateway")
        with self._writing() as connection:
            self._tables.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={made_by}")


def _has_log(file: Path) -> bool:
    """Whether a database is there whose writes go to a log (https://sqlite.org/fileformat2.html, 1.3.3)."""
    try:
        with file.open("rb") as opened:
            return opened.read(20)[18:] == b"\2\2"
    except FileNotFoundError:
        return False


def _version_of(connection: Connection) -> int:
    """The number of the tables that a database has; 0 for none."""
    (version,) = execute(connection, "PRAGMA user_version").fetchone()
    return int(version)
