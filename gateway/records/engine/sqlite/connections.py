"""Connections to the databases of all tenants within a stated number of files.

Of a thousand tenants only those in use have open files; the least recently used is closed first.
"""

import errno
import os
import resource
import sqlite3
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, Pool

from gateway.ports import StoreUnavailableError
from gateway.records.engine.column_types import json_text

FILES_OF_ONE: Final = 3
"""Files that a connection holds open: the database, its log, and the log's index."""

RESERVED_FILES: Final = 400
"""Files left to sockets, channels, packages and whatever else a gateway opens."""

LEAST: Final = 32
"""Connections that a gateway must be able to have."""

MOST: Final = 96
"""An open connection holds 0.5 to 0.9 MB, in each process of a gateway; more of them than that are not worth
what opening one again costs (0.4 ms of processor time, and writing its log back where there is one)."""

BUSY_S: Final = 10.0
"""How long SQLite waits for what another connection holds for a moment."""

PATIENCE_S: Final = 30.0
"""How long to wait for a connection while all are in use."""


class TooFewFilesError(Exception):
    """The system lets this process open fewer files than a gateway needs."""


def raise_file_limit() -> int:
    """Let this process and its children open as many files as the system allows; return their number.

    Raises:
        TooFewFilesError: these are too few; states how many are needed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    needed = RESERVED_FILES + LEAST * FILES_OF_ONE
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise TooFewFilesError(f"a gateway needs {needed} open files, the system allows {hard} (ulimit -n)")
    return hard


def affordable() -> int:
    """How many connections the file limit of this process allows."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST
    return min(max((soft - RESERVED_FILES) // FILES_OF_ONE, LEAST), MOST)


class Connections:
    """Connections to databases by their file; at most `most` are open, used or idle.

    All share one engine, so statements are compiled once for all databases.

    Args:
        most: None for what the file limit allows.
    """

    def __init__(self, most: int | None = None) -> None:
        self._pool = _ByFile(_connect, most or affordable())
        self.engine = _engine(self._pool)
        self._still = _engine(NullPool(_connect_to_still))
        event.listen(self._pool, "connect", _prepare)  # listeners of an engine cost time at every statement

    def to(self, file: Path) -> Connection:
        """A connection to a database, which is made where it is missing.

        Raises:
            DBAPIError: it cannot be opened.
            PermissionError: the index of its log may not be written to.
            StoreUnavailableError: all connections were in use for half a minute.
        """
        _wanted.file = str(file)
        _check_index(f"{file}-shm")
        return self.engine.connect()

    def to_still(self, file: Path) -> Connection:
        """A further connection, to read a database with an empty log while there are no writes: it needs one
        file and no locks, and creates no files.

        Raises:
            DBAPIError: it cannot be opened.
        """
        _wanted.file = str(file)
        return self._still.connect()

    def rest(self) -> None:
        """Close all unused connections."""
        self._pool.dispose()

    def close(self, file: Path) -> None:
        """Close the unused connections to a database."""
        self._pool.forget(str(file))


def _engine(pool: Pool) -> Engine:
    return create_engine(
        "sqlite://",
        pool=pool,
        hide_parameters=True,  # an error may be logged, its values never
        json_serializer=json_text,
        json_deserializer=msgspec.json.decode,
    )


def _check_index(file: str) -> None:
    """Return if the index of a log, where there is one, may be written to.

    SQLite writes to it in memory, readers too. If the file was made immutable meanwhile, the system ends the
    process at that (SIGBUS), once it has written the page back.
    """
    if not os.access(file, os.W_OK) and os.path.exists(file):  # noqa: PTH110  (at every transaction)
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), file)


class _Wanted(threading.local):
    file: str


_wanted: Final = _Wanted()
"""The file of the connection that this thread requests: SQLAlchemy's pools have no argument for it."""


def _connect() -> sqlite3.Connection:
    # Python's driver would otherwise open transactions by its own rules; ours start in `writing`.
    return sqlite3.connect(_wanted.file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _connect_to_still() -> Any:
    file = f"file:{quote(_wanted.file)}?immutable=1"
    return sqlite3.connect(file, uri=True, isolation_level=None, check_same_thread=False)


def _prepare(connection: Any, _record: object) -> None:
    if connection.execute("PRAGMA page_count").fetchone() == (0,):  # it must be there before the first table
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


class _ByFile(Pool):
    """Connections by file, each used by one thread at a time."""

    def __init__(self, creator: Any, most: int, **others: Any) -> None:
        super().__init__(creator, **others)
        self._most = most
        self._count = 0
        self._file_of: dict[ConnectionPoolEntry, str] = {}
        self._idle: OrderedDict[ConnectionPoolEntry, None] = OrderedDict()
        """Longest unused first."""
        self._of_file: dict[str, list[ConnectionPoolEntry]] = {}
        """The idle ones by file, last used last."""
        self._changed = threading.Condition()

    def _do_get(self) -> ConnectionPoolEntry:
        file = _wanted.file
        end = time.monotonic() + PATIENCE_S
        gone: ConnectionPoolEntry | None = None
        with self._changed:
            while True:
                if idle := self._of_file.get(file):
                    return self._removed(idle[-1])
                if self._count < self._most:
                    self._count += 1
                    break
                if self._idle:
                    gone = self._removed(next(iter(self._idle)))
                    break
                if not self._changed.wait(end - time.monotonic()):
                    why = f"all {self._most} connections are in use; allow the process more open files"
                    raise StoreUnavailableError(why)
        try:
            if gone is not None:
                del self._file_of[gone]
                gone.close()
            made = self._create_connection()
        except BaseException:
            self._lose()
            raise
        self._file_of[made] = file
        return made

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        with self._changed:
            if record.dbapi_connection is not None:
                self._idle[record] = None
                self._of_file.setdefault(self._file_of[record], []).append(record)
                self._changed.notify()
                return
        del self._file_of[record]
        self._lose()

    def forget(self, file: str) -> None:
        """Close the idle connections to a file."""
        with self._changed:
            records = [self._removed(record) for record in tuple(self._of_file.get(file, ()))]
        for record in records:
            del self._file_of[record]
            record.close()
            self._lose()

    def dispose(self) -> None:
        """Close all idle connections."""
        for file in tuple(self._of_file):
            self.forget(file)

    def recreate(self) -> "_ByFile":
        """The same: after `dispose` nothing of it is open but what is in use, which counts on."""
        return self

    def status(self) -> str:
        """For people who debug."""
        return f"{self._count} connections, {len(self._idle)} idle, {self._most} at most"

    def _removed(self, record: ConnectionPoolEntry) -> ConnectionPoolEntry:
        """An idle connection, removed from the idle ones; the lock is held."""
        del self._idle[record]
        file = self._file_of[record]
        of_file = self._of_file[file]
        of_file.remove(record)
        if not of_file:
            del self._of_file[file]
        return record

    def _lose(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify()
