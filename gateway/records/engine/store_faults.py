"""Why stores cannot be used, logged once: a full disk, a read-only directory, a failing device.

A fault is known from the operation that met it, or from a check (`Stores.faults`). While there is one, a
thread checks every second whether it has passed, so no other module logs it.
"""

import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from gateway.ports import StoreFullError, StoreUnavailableError

LOOK_S: Final = 1.0

_FULL: Final = "no space is left on the disk"
_READ_ONLY: Final = "the disk, the directory or a file of the data cannot be written to"
_FAILS: Final = "the disk fails, or a limit or quota of it is reached"
_LOCKED: Final = "another process keeps a store locked"
_OF_SQLITE: Final = {
    # Result codes (https://sqlite.org/rescode.html); the low byte of an extended one.
    5: StoreUnavailableError(_LOCKED),
    6: StoreUnavailableError(_LOCKED),
    8: StoreUnavailableError(_READ_ONLY),
    10: StoreUnavailableError(_FAILS),
    13: StoreFullError(_FULL),
    14: StoreUnavailableError(_READ_ONLY),
}
_OF_POSTGRESQL: Final = (
    # Beginnings of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), longest first.
    ("53100", StoreFullError("no space is left on the disk of the database")),
    ("25006", StoreUnavailableError("the database takes no writes: it is a standby, or read-only")),
    ("55P03", StoreUnavailableError(_LOCKED)),
    ("40P01", StoreUnavailableError(_LOCKED)),
    ("40001", StoreUnavailableError(_LOCKED)),
    ("57014", StoreUnavailableError("the database takes too long")),
    ("25P03", StoreUnavailableError("the database takes too long")),
    ("57P", StoreUnavailableError("the database is being started or stopped")),
    ("42501", StoreUnavailableError("the login of the gateway lacks rights: `flexgate store prepare`")),
    ("28", StoreUnavailableError("the database does not accept the login of the gateway")),
    ("3D", StoreUnavailableError("the server has no such database")),
    ("53", StoreUnavailableError("the database has no memory or connection left")),
    ("58", StoreUnavailableError("the disk of the database fails")),
    ("08", StoreUnavailableError("there is no connection to the database")),
)
_OF_SYSTEM: Final = {
    errno.ENOSPC: StoreFullError(_FULL),
    errno.EDQUOT: StoreFullError("the quota of the disk is used up"),
    errno.EFBIG: StoreFullError("a file of the data may not grow any more"),
    errno.EROFS: StoreUnavailableError(_READ_ONLY),
    errno.EACCES: StoreUnavailableError(_READ_ONLY),
    errno.EPERM: StoreUnavailableError(_READ_ONLY),
    errno.EMFILE: StoreUnavailableError("the process has too many files open"),
    errno.ENFILE: StoreUnavailableError("the system has too many files open"),
    errno.EIO: StoreUnavailableError(_FAILS),
}

_log = structlog.get_logger(__name__)


def unavailable(error: Exception) -> StoreUnavailableError | None:
    """The error to raise for one of the database or the system; None: it is no fault of the store."""
    known: StoreUnavailableError | None
    if isinstance(error, DBAPIError):
        known = _OF_SQLITE.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) or _of_postgresql(error)
    elif isinstance(error, OSError):
        known = _OF_SYSTEM.get(error.errno or 0)
    else:
        known = None
    return None if known is None else type(known)(str(known))


def _of_postgresql(error: DBAPIError) -> StoreUnavailableError | None:
    if not hasattr(error.orig, "sqlstate"):
        return None
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:  # the driver's own: no server, or none any more
        lost = isinstance(error, OperationalError)
        return StoreUnavailableError("there is no connection to the database") if lost else None
    return next((known for begin, known in _OF_POSTGRESQL if state.startswith(begin)), None)


class StoreFaults:
    """The faults of all stores below one directory.

    Args:
        look: raises the fault because of which the store of a name cannot be written to.
    """

    def __init__(self, probe: Callable[[str], None]) -> None:
        self._probe = probe
        self._changing = threading.Lock()
        self._known: dict[str, str] = {}
        self._logged: set[str] = set()
        self._closed = threading.Event()
        self._watching: threading.Thread | None = None

    @contextmanager
    def translated(self, store: str) -> Iterator[None]:
        """Note a store's faults, and raise them as `StoreUnavailableError`.

        Raises:
            StoreUnavailableError: the store cannot be used now.
        """
        try:
            yield
        except (DBAPIError, OSError) as error:
            fault = unavailable(error)
            if fault is None:
                raise
            if str(fault) != _LOCKED:
                self.note(store, str(fault))
            raise fault from error

    def note(self, store: str, cause: str) -> None:
        """A store has a fault; it is watched until it has none."""
        with self._changing:
            self._known[store] = cause
            if cause not in self._logged:
                self._logged.add(cause)
                _log.error(
                    "data cannot be stored; senders receive a request to retry", store=store, cause=cause
                )
            if self._watching is None and not self._closed.is_set():
                self._watching = threading.Thread(target=self._watch, name="store-watch", daemon=True)
                self._watching.start()

    def known(self) -> Sequence[str]:
        """The causes of all faults there are, each once."""
        with self._changing:
            return sorted(set(self._known.values()))

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_S):
            with self._changing:
                faulty = list(self._known)
            passed = [store for store in faulty if self._has_passed(store)]
            with self._changing:
                for store in passed:
                    del self._known[store]
                if not self._known:
                    self._logged.clear()
                    self._watching = None
                    _log.info("data can be stored again")
                    return

    def _has_passed(self, store: str) -> bool:
        try:
            self._probe(store)
        except Exception:  # noqa: BLE001  (whatever it is, the fault has not passed)
            return False
        return True
