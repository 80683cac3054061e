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


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A message that the network is to tell of; `interruptions` were counted before it was begun."""

    message_id: str
    begun_at: datetime
    interruptions: int


def _ask_nobody(_: TransportStatus) -> None:
    """The network tells by itself."""


class Progress:
    """Of the messages of one channel. Any thread may tell, any may wait."""

    def __init__(self, transports: Transports, clock: Clock) -> None:
        self._transports = transports
        self._clock = clock
        self._waiting: dict[str, threading.Event] = {}
        self._interruption = ""
        self._interruptions = 0

    def tell(self, *news: TransportNews) -> None:
        """Note durably what the network told."""
        self._transports.tell(news)
        named = {each.message_id for each in news}
        for message_id, changed in list(self._waiting.items()):
            if message_id in named or None in named:
                changed.set()

    def interrupt(self, why: str) -> None:
        """The network is out of reach, or the gateway stops: nobody waits any longer. Attempts go on."""
        self._interruption = why
        self._interruptions += 1
        for changed in list(self._waiting.values()):
            changed.set()

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
        under_way = self.start(message_id, patience, hand_over)
        if under_way is not None:
            self.finish(under_way, patience, ask)

    def start(self, message_id: str, patience: Patience, hand_over: Callable[[], None]) -> UnderWay | None:
        """The first half of `carry`: what is to be waited for; None for a message that is there already."""
        interruptions = self._interruptions
        status = self._transports.of(message_id)
        if status is not None and has_reached(status.state, patience.goal):
            return None
        if status is None or self._is_over(status, patience):
            status = self._transports.begin(message_id)
            hand_over()
        return UnderWay(message_id, status.begun_at, interruptions)

    def finish(
        self,
        under_way: UnderWay,
        patience: Patience,
        ask: Callable[[TransportStatus], None] = _ask_nobody,
    ) -> None:
        """The second half of `carry`: wait until it is there."""
        changed = self._waiting[under_way.message_id] = threading.Event()
        try:
            for goal, seconds in (
                (TransportState.ACCEPTED, patience.answer_s),
                (patience.goal, max(patience.goal_s, patience.answer_s)),
            ):
                until = under_way.begun_at + timedelta(seconds=seconds)
                while not self._reaches(under_way, goal, until, changed, patience.ask_s):
                    if (now := self._transports.of(under_way.message_id)) is not None:
                        ask(now)
        finally:
            del self._waiting[under_way.message_id]

    def _is_over(self, status: TransportStatus, patience: Patience) -> bool:
        """Whether nothing more is to be expected of the last attempt."""
        if status.state not in _UNDER_WAY:
            return True
        answered = has_reached(status.state, TransportState.ACCEPTED)
        seconds = patience.goal_s if answered else patience.answer_s
        return self._clock.now() >= status.begun_at + timedelta(seconds=seconds)

    def _reaches(
        self,
        under_way: UnderWay,
        goal: TransportState,
        until: datetime,
        changed: threading.Event,
        longest_s: float,
    ) -> bool:
        """Wait for a goal, for `longest_s` at most; whether the message is there."""
        pause = time.monotonic() + longest_s
        end = time.monotonic() + (until - self._clock.now()).total_seconds()
        while True:
            changed.clear()
            status = self._transports.of(under_way.message_id)
            if status is None or has_reached(status.state, goal):
                return True
            if status.state is TransportState.FAILED:
                raise DeliveryError(status.fault or "the network failed")
            now = time.monotonic()
            is_interrupted = self._interruptions != under_way.interruptions
            if is_interrupted or now >= end:
                break
            if now >= pause:
                return False
            changed.wait(min(end, pause) - now)
        # Whether it was handed over is not known, unless the network has told so.
        self.tell(TransportNews(TransportState.UNKNOWN, under_way.message_id))
        why = self._interruption if is_interrupted else "no news in time"
        raise DeliveryError(f"{why}; {status.state} so far")
