"""Who may write to a database: one at a time, among all threads of all processes of a gateway.

SQLite itself makes writers of other processes look again and again until it is their turn; with this lock
they sleep until they are woken. The file that they lock also counts their writes, so that readers of any
process know whether what they read is still so. It is open only during a write or a check.
"""

import fcntl
import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

_BYTES: Final = 8

_unlike_any: Final[Iterator[int]] = itertools.count(-1, -1)


def unlike_any() -> int:
    """A value of `WriteLock.changes` that occurs once."""
    return next(_unlike_any)


class WriteLock:
    """A lock that threads and processes share; the system lets go of it however a process ends.

    Args:
        file: is made where it is missing.
    """

    def __init__(self, file: Path) -> None:
        self._threads = threading.Lock()
        self._path = str(file)
        self._file = -1
        self._writes = 0

    def __enter__(self) -> None:
        """Wait for the turn.

        Raises:
            OSError: the file cannot be used, as when the disk is full.
        """
        self._threads.acquire()
        try:
            self._lock()
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._count(self._writes + 2)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            os.close(self._file)
            self._threads.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Exclude writers meanwhile, without counting as a write. It begins when a current write has ended.

        Raises:
            OSError: the file cannot be used.
        """
        with self._threads:
            file = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
            finally:
                os.close(file)

    @property
    def changes(self) -> int:
        """Another number after every turn. Data read when it had a value is still current when it has the
        same value. During a write, and after a writer was killed, no value occurs twice."""
        try:
            file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            count = _number(os.pread(file, _BYTES, 0))
        finally:
            os.close(file)
        return count if count % 2 == 0 else unlike_any()

    def _lock(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._writes = _number(os.pread(self._file, _BYTES, 0)) & ~1
            self._count(self._writes + 1)
        except BaseException:
            os.close(self._file)
            raise

    def _count(self, count: int) -> None:
        """Odd during a write."""
        os.pwrite(self._file, count.to_bytes(_BYTES, "little"), 0)


def _number(read: bytes) -> int:
    return int.from_bytes(read, "little")
