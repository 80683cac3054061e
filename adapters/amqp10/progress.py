"""How far messages came on their way to the partner: only forward, in whatever order the news arrives.

    HANDED_OVER → ACCEPTED → DELIVERED → RECEIVED, or failed

The endpoint tells of a message by our id in its reply and by its own id in events, more than once and not
always in order. An event of an unknown id is kept until the reply says whose it is.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_MOST_PARKED: Final = 1000


class Stage(IntEnum):
    """How far a message came."""

    QUEUED = 0
    HANDED_OVER = 1
    ACCEPTED = 2
    DELIVERED = 3
    RECEIVED = 4


class FailedError(Exception):
    """The message did not come through, or it is in doubt whether it did."""


@dataclass(slots=True)
class _Way:
    stage: Stage = Stage.QUEUED
    fault: str | None = None


class Progress:
    """Of all messages on their way. Any thread may tell, any may wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ways: dict[str, _Way] = {}
        self._ours: dict[str, str] = {}  # endpoint's id → our id
        self._parked: OrderedDict[str, Stage] = OrderedDict()

    @contextmanager
    def following(self, message_id: str) -> Iterator[None]:
        """Follow a message; what is told of it before and after changes nothing."""
        with self._changed:
            self._ways[message_id] = _Way()
        try:
            yield
        finally:
            with self._changed:
                del self._ways[message_id]
                self._ours = {theirs: ours for theirs, ours in self._ours.items() if ours != message_id}

    def reached(self, message_id: str, stage: Stage, theirs: str | None = None) -> None:
        """A message came to a stage; `theirs` is the id by which the endpoint will speak of it."""
        with self._changed:
            if (way := self._ways.get(message_id)) is None:
                return
            if theirs is not None:
                self._ours[theirs] = message_id
                stage = max(stage, self._parked.pop(theirs, stage))
            way.stage = max(way.stage, stage)
            self._changed.notify_all()

    def event(self, theirs: str, stage: Stage) -> None:
        """The endpoint speaks of a message by its own id."""
        with self._changed:
            if (ours := self._ours.get(theirs)) is None:
                self._parked[theirs] = max(stage, self._parked.get(theirs, stage))
                if len(self._parked) > _MOST_PARKED:
                    self._parked.popitem(last=False)
                return
        self.reached(ours, stage)

    def failed(self, message_id: str, fault: str) -> None:
        """A message failed; what came through already stays so."""
        with self._changed:
            way = self._ways.get(message_id)
            if way is not None and way.fault is None and way.stage < Stage.RECEIVED:
                way.fault = fault
                self._changed.notify_all()

    def all_failed(self, fault: str) -> None:
        """The endpoint is gone; nobody knows how far messages come now."""
        for message_id in list(self._ways):
            self.failed(message_id, fault)

    def wait(self, message_id: str, goal: Stage, timeout_s: float) -> None:
        """Until a followed message has come as far as `goal`.

        Raises:
            FailedError: it failed, or did not come so far in time.
        """
        end = time.monotonic() + timeout_s
        with self._changed:
            way = self._ways[message_id]
            while way.fault is None and way.stage < goal:
                left = end - time.monotonic()
                if left <= 0:
                    raise FailedError(f"only {way.stage.name} after {timeout_s:.0f} s")
                self._changed.wait(left)
            if way.fault is not None:
                raise FailedError(way.fault)
