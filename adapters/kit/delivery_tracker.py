"""Delivery of messages over a network that reports their progress later and in any order.

Reports are in the database (`ports.Transports`); threads only wait for them in this module. An attempt under
way when the process or the connection ends is gone on with, not repeated, as long as news may still come.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gateway.domain.transport import TransportNews, TransportState, TransportStatus, furthest, has_reached
from gateway.ports import Clock, DeliveryError, StoreUnavailableError, Transports

_UNDER_WAY: Final = frozenset(
    {TransportState.HANDED_OVER, TransportState.ACCEPTED, TransportState.DELIVERED, TransportState.RECEIVED}
)


@dataclass(frozen=True, slots=True)
class Patience:
    """The state that a message must reach, and the timeout of the network.

    Attributes:
        answer_s: until it confirms that it has the message.
        goal_s: until the message has come to its goal.
        ask_s: between two queries, where the network has to be polled.
    """

    goal: TransportState
    answer_s: float
    goal_s: float
    ask_s: float = 3600.0

    def seconds(self, state: TransportState) -> float:
        """How long after its beginning more may be expected of an attempt that came so far."""
        if has_reached(state, TransportState.ACCEPTED):
            return max(self.goal_s, self.answer_s)
        return self.answer_s


@dataclass(slots=True)
class _InFlight:
    """A message whose delivery the network reports.

    Attributes:
        end: when nothing more is expected, by the monotonic clock.
    """

    state: TransportState = TransportState.QUEUED
    end: float = float("inf")
    done: Future[None] = field(default_factory=Future)


def _no_query(_: TransportStatus) -> None:
    """The network reports without queries."""


class DeliveryTracker:
    """Tracks the messages of one channel. Any thread may report, any may wait.

    A channel that does not `deliver` calls `check_deadlines` now and then.
    """

    def __init__(self, transports: Transports, clock: Clock, patience: Patience) -> None:
        self._transports = transports
        self._clock = clock
        self._patience = patience
        self._in_flight: dict[str, _InFlight] = {}

    def record(self, *news: TransportNews) -> None:
        """Store durably what the network reported."""
        self._judge(self._transports.record(news))

    def interrupt(self, why: str) -> None:
        """The network is out of reach, or the gateway stops: no thread waits any longer. Attempts go on."""
        self._give_up(list(self._in_flight), why)

    def check_deadlines(self) -> None:
        """Give up messages past their timeout."""
        now = time.monotonic()
        late = [key for key, each in list(self._in_flight.items()) if each.end <= now]
        self._give_up(late, "no news in time")

    def deliver(
        self,
        message_id: str,
        hand_over: Callable[[], None],
        query: Callable[[TransportStatus], None] = _no_query,
    ) -> None:
        """Bring one message to its goal, and wait for it.

        Args:
            query: queries the network for the state of a message and reports the answer to this tracker.

        Raises:
            DeliveryError: it failed, or is not there yet.
            Exception: whatever `hand_over` or `query` raised.
        """
        (done,) = self.start([message_id], lambda _: hand_over())
        try:
            while not done.done():
                in_flight = self._in_flight.get(message_id)
                left_s = 0.0 if in_flight is None else in_flight.end - time.monotonic()
                try:
                    done.exception(max(min(left_s, self._patience.ask_s), 0.0))
                except TimeoutError:
                    self.check_deadlines()
                    status = self._transports.of([message_id]).get(message_id)
                    if not done.done() and status is not None:
                        query(status)
        finally:
            self._in_flight.pop(message_id, None)
        done.result()

    def start(
        self, message_ids: Sequence[str], hand_over: Callable[[Sequence[str]], None]
    ) -> Sequence[Future[None]]:
        """Bring messages to their goal: go on with attempts under way, or begin some by handing over.

        Args:
            hand_over: those it is called with, in their order; what it raises ends all of these attempts.

        Returns:
            for each what is done when it is there, or raises as `deliver`.
        """
        in_flight = {message_id: _InFlight() for message_id in message_ids}
        self._in_flight.update(in_flight)  # from now on no news is missed
        known = self._transports.of(message_ids)
        again = [key for key in message_ids if key not in known or self._is_over(known[key])]
        begun = self._transports.begin(again) if again else {}
        self._judge({**known, **begun})
        try:
            if again:
                hand_over(again)
        except Exception as error:  # noqa: BLE001  (raised in the threads that wait)
            for message_id in again:
                if (each := self._in_flight.pop(message_id, None)) is not None:
                    each.done.set_exception(error)
        return [each.done for each in in_flight.values()]

    def _is_over(self, status: TransportStatus) -> bool:
        """Whether nothing more is to be expected of the last attempt."""
        if has_reached(status.state, self._patience.goal):
            return False
        return status.state not in _UNDER_WAY or self._left_s(status) <= 0

    def _left_s(self, status: TransportStatus) -> float:
        patience = timedelta(seconds=self._patience.seconds(status.state))
        return (status.begun_at + patience - self._clock.now()).total_seconds()

    def _judge(self, states: Mapping[str, TransportStatus]) -> None:
        """Pass the states of messages to the threads that wait."""
        for message_id, status in states.items():
            if has_reached(status.state, self._patience.goal):
                if (each := self._in_flight.pop(message_id, None)) is not None:
                    each.done.set_result(None)
            elif status.state is TransportState.FAILED:
                if (each := self._in_flight.pop(message_id, None)) is not None:
                    each.done.set_exception(DeliveryError(status.fault or "the network failed", alone=True))
            elif (each := self._in_flight.get(message_id)) is not None:
                each.state = furthest(each.state, status.state)
                each.end = time.monotonic() + self._left_s(status)

    def _give_up(self, message_ids: Iterable[str], why: str) -> None:
        """Wait no longer. Whether these were handed over is not known, unless the network has reported it."""
        given_up = {
            message_id: each
            for message_id in message_ids
            if (each := self._in_flight.pop(message_id, None)) is not None
        }
        if not given_up:
            return
        try:
            states = self._transports.record([TransportNews(TransportState.UNKNOWN, key) for key in given_up])
        except StoreUnavailableError:
            states = {}  # nothing is lost: the next attempt reads what was noted before
        for message_id, each in given_up.items():
            status = states.get(message_id)
            if status is not None and has_reached(status.state, self._patience.goal):
                each.done.set_result(None)
            else:
                each.done.set_exception(DeliveryError(f"{why}; {each.state} so far"))
