"""A thread that polls a peer; the pauses grow while the peer cannot be used."""

import threading
from collections.abc import Callable
from typing import Final

from adapters.kit.health import HealthKeeper
from adapters.kit.http.client import CallError

_LONGEST_PAUSE_S: Final = 30.0
_MOST_DOUBLINGS: Final = 10


class PollLoop:
    """Tracks the health of a channel that polls its peer.

    Args:
        poll: one round; returns the seconds to wait before the next, or raises CallError.
        first_pause_s: after a round that failed; it doubles with each further one.
    """

    def __init__(
        self,
        channel: str,
        poll: Callable[[], float],
        health: HealthKeeper,
        stopping: threading.Event,
        first_pause_s: float,
    ) -> None:
        self._poll = poll
        self._health = health
        self._stopping = stopping
        self._first_pause_s = first_pause_s
        self._thread = threading.Thread(target=self._work, name=f"poll-{channel}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._health.starting()
        self._thread.start()

    def join(self) -> None:
        """Wait until the current round is over; `stopping` must be set."""
        self._thread.join()

    def _work(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                pause = self._poll()
            except Exception as error:  # noqa: BLE001  (whatever it was, the next round may work)
                known = error if isinstance(error, CallError) else None
                self._health.down(f"the peer cannot be used: {known or type(error).__name__}")
                pause = min(self._first_pause_s * 2**failures, _LONGEST_PAUSE_S)
                if known is not None and known.retry_after_s is not None:
                    pause = max(pause, known.retry_after_s)
                failures = min(failures + 1, _MOST_DOUBLINGS)
            else:
                failures = 0
                self._health.up()
            self._stopping.wait(pause)
