"""Threads that the gateway cannot do without, as for delivery and retention.

Each does its work in rounds. An exception ends the round, and a next one follows after a pause. A thread that
ended all the same is a fault of the gateway: it is not ready any more.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog

from gateway.ports import StoreUnavailableError

AFTER_FAULT_S: Final = 5.0
"""How long a worker rests after a fault: a full disk, a locked file."""

REST_S: Final = 0.01
"""How long a worker rests between rounds, so that many changes at once are one round."""

LOG_AGAIN_S: Final = 60.0
"""How often a lasting fault is logged again, with the number of times."""

_log: Final = structlog.get_logger(__name__)


class Worker:
    """Does rounds in a thread: when it is woken, and when the last round requested the next.

    Args:
        name: of the thread.
        work: does what is due; returns the seconds until something may be due again, None when only a wake-up
            can cause it. It may raise; then it is called again after a pause.
    """

    def __init__(self, name: str, work: Callable[[], float | None]) -> None:
        self._work = work
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._faults = 0
        self._logged_at = 0.0

    @property
    def stopping(self) -> bool:
        """Whether the present round is the last, and should come to its end."""
        return self._stopping.is_set()

    @property
    def fault(self) -> str | None:
        """Why the gateway cannot work: the thread has ended, though not requested."""
        ended = self._thread.ident is not None and not self._thread.is_alive()
        return f"{self._thread.name} has ended" if ended and not self.stopping else None

    def start(self) -> None:
        """Begin with a first round."""
        self._thread.start()

    def wake(self) -> None:
        """Have a round as soon as the present one is over."""
        self._woken.set()

    def request_stop(self) -> None:
        """Begin no further round."""
        self._stopping.set()
        self._woken.set()

    def stop(self) -> None:
        """Begin no further round, and wait for the end of the present one."""
        self.request_stop()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self.stopping:
            self._woken.clear()
            try:
                pause = self._work()
            except StoreUnavailableError:  # the store logs why, once
                pause = AFTER_FAULT_S
            except Exception:  # noqa: BLE001  (whatever it was, the next round may go well)
                self._log_fault()
                self._stopping.wait(AFTER_FAULT_S)
                continue
            self._faults = 0
            self._woken.wait(pause)
            self._stopping.wait(REST_S)

    def _log_fault(self) -> None:
        self._faults += 1
        now = monotonic()
        if self._faults == 1 or now >= self._logged_at + LOG_AGAIN_S:
            self._logged_at = now
            _log.exception("work failed; trying again", worker=self._thread.name, times=self._faults)


class ChangedNames:
    """Names of what changed, gathered by many threads for one that looks."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._lock = threading.Lock()

    def add(self, name: str) -> None:
        """Something changed."""
        with self._lock:
            self._names.add(name)

    def pop_all(self) -> set[str]:
        """Return the names that changed since the last call, and forget them."""
        with self._lock:
            names, self._names = self._names, set()
        return names
