"""Problem documents without a subscriber yet: published again and again while the gateway runs.

They are in memory only. Their messages had no effect: a sender who repeats one gets the problem again.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import structlog
from paho.mqtt.properties import Properties

MOST_WAITING: Final = 1000
"""Problem documents that wait for a subscriber; above that the oldest is given up, and logged."""

Publish = Callable[[str, bytes, Properties], "Future[None]"]
"""Publishes; the future raises where no subscriber got it."""

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Problem:
    topic: str
    payload: bytes = field(repr=False)
    properties: Properties


class Problems:
    """Those of one channel. Any thread may publish, one at a time may retry."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._waiting: deque[_Problem] = deque()

    def publish(self, publish: Publish, topic: str, payload: bytes, properties: Properties) -> None:
        """Publish a problem document, and store it where no subscriber gets it."""
        self._publish(publish, _Problem(topic, payload, properties))

    def retry(self, publish: Publish) -> None:
        """Publish everything that waits again."""
        for _ in range(len(self._waiting)):
            self._publish(publish, self._waiting.popleft())

    def give_up(self) -> None:
        """Log how many are lost with the gateway that stops."""
        if self._waiting:
            _log.warning("problem documents given up", channel=self._channel, waiting=len(self._waiting))

    def _publish(self, publish: Publish, problem: _Problem) -> None:
        publish(problem.topic, problem.payload, problem.properties).add_done_callback(
            lambda done: self._keep(problem) if done.exception() else None
        )

    def _keep(self, problem: _Problem) -> None:
        self._waiting.append(problem)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            _log.warning("problem document given up", channel=self._channel, waiting=MOST_WAITING)
