"""Brings messages as far as they must come, over a network that tells of them later and in any order.

What was told is in the database (`ports.Transports`); here threads only wait for it. An attempt that is under
way when the process or the connection ends is gone on with, not repeated, as long as news may still come.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.transport import TransportNews, TransportState, TransportStatus, has_reached
from gateway.ports import Clock, DeliveryError, Transports

_UNDER_WAY: Final = frozenset(
    {TransportState.HANDED_OVER, TransportState.ACCEPTED, TransportState.DELIVERED, TransportState.RECEIVED}
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How far a message must come, and how long the network may take.

    Attributes:
        answer_s: until it says that it has the message.
        goal_s: until the message has come to its goal.
        ask_s: between two questions, where the network has to be asked.
    """

    goal: TransportState
    answer_s: float
    goal_s: float
    ask_s: float = 3600.0


def _ask_nobody(_: TransportStatus) -> None:
    """The network tells by itself."""


class Progress:
    """Of the messages of one channel. Any thread may tell, any may wait."""

    def __init__(self, transports: Transports, clock: Clock) -> None:
        self._transports = transports
        self._clock = clock
        self._changed = threading.Condition()
        self._interruption = ""
        self._interruptions = 0

    def tell(self, *news: TransportNews) -> None:
        """Note durably what the network told."""
        self._transports.tell(news)
        with self._changed:
            self._changed.notify_all()

    def interrupt(self, why: str) -> None:
        """The network is out of reach, or the gateway stops: nobody waits any longer. Attempts go on."""
        with self._changed:
            self._interruption = why
            self._interruptions += 1
            self._changed.notify_all()

    def carry(
        self,
        message_id: str,
        patience: Patience,
        hand_over: Callable[[], None],
        ask: Callable[[TransportStatus], None] = _ask_nobody,
    ) -> None:
        """Bring a message to its goal: go on with the attempt under way, or begin one with `hand_over`.

        Args:
            ask: asks the network how a message stands and tells the answer here.

        Raises:
            DeliveryError: it failed, or is not there yet.
        """
        interruptions = self._interruptions
        status = self._transports.of(message_id)
        if status is not None and has_reached(status.state, patience.goal):
            return
        if status is None or self._is_over(status, patience):
            status = self._transports.begin(message_id)
            hand_over()
        for goal, seconds in (
            (TransportState.ACCEPTED, patience.answer_s),
            (patience.goal, max(patience.goal_s, patience.answer_s)),
        ):
            until = status.begun_at + timedelta(seconds=seconds)
            while not self._reaches(message_id, goal, until, interruptions, patience.ask_s):
                if (now := self._transports.of(message_id)) is not None:
                    ask(now)

    def _is_over(self, status: TransportStatus, patience: Patience) -> bool:
        """Whether nothing more is to be expected of the last attempt."""
        if status.state not in _UNDER_WAY:
            return True
        answered = has_reached(status.state, TransportState.ACCEPTED)
        seconds = patience.goal_s if answered else patience.answer_s
        return self._clock.now() >= status.begun_at + timedelta(seconds=seconds)

    def _reaches(
        self, message_id: str, goal: TransportState, until: datetime, interruptions: int, longest_s: float
    ) -> bool:
        """Wait for a goal, for `longest_s` at most; whether the message is there."""
        pause = time.monotonic() + longest_s
        end = time.monotonic() + (until - self._clock.now()).total_seconds()
        with self._changed:
            while True:
                status = self._transports.of(message_id)
                if status is None or has_reached(status.state, goal):
                    return True
                now = time.monotonic()
                why = self._interruption if self._interruptions != interruptions else "no news in time"
                if (
                    status.state is TransportState.FAILED
                    or self._interruptions != interruptions
                    or now >= end
                ):
                    break
                if now >= pause:
                    return False
                self._changed.wait(min(end, pause) - now)
        if status.state is TransportState.FAILED:
            raise DeliveryError(status.fault or "the network failed")
        # Whether it was handed over is not known, unless the network has told so.
        self.tell(TransportNews(TransportState.UNKNOWN, message_id))
        raise DeliveryError(f"{why}; {status.state} so far")
