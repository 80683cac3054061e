"""Who may write: one at a time, among all threads of all processes of a gateway.

SQLite itself makes writers of other processes look again and again until it is their turn; here they sleep
until they are woken.
"""

import fcntl
import threading
from pathlib import Path
from types import TracebackType


class Turn:
    """A lock that threads and processes share; the system lets go of it however a process ends.

    Args:
        file: is made where it is missing, and stays empty.
    """

    def __init__(self, file: Path) -> None:
        self._threads = threading.Lock()
        self._file = file.open("ab")

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
