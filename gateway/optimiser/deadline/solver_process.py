"""A solver process that can be killed, and that can do nothing to make its parent wait."""

import os
import pickle
import queue
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from gateway.optimiser.model.problem import Problem
from gateway.runner import Runner

STARTING_S = 0.3
"""Seconds before which no solver process started now has answered: it imports its libraries."""

CHILD = (sys.executable, "-m", "gateway.optimiser.deadline.child")
Message = TypeVar("Message")


class SolverStoppedError(Exception):
    """The caller no longer needs an answer: the gateway stops."""


def go_on(stopping: threading.Event | None) -> None:
    """Return unless `stopping` is set.

    Raises:
        SolverStoppedError: it is.
    """
    if stopping is not None and stopping.is_set():
        raise SolverStoppedError


def packed(problem: Problem) -> bytes:
    """A problem as the child reads it."""
    return pickle.dumps(problem, protocol=5)


class SolverProcess(Runner, Generic[Message]):
    """One child that sends messages of one `kind`, and a thread that listens to it.

    Raises:
        OSError: the command cannot be started.
    """

    def __init__(
        self,
        kind: type[Message],
        command: Sequence[str],
        method: str,
        memory_mb: int,
        payload: bytes,
        *,
        stopping: threading.Event | None = None,
    ) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        super().__init__([*command, method, str(memory_mb)], payload, environment=environment, apart=True)
        self._kind = kind
        self._stopping = stopping
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def receive(self, patience_s: float) -> tuple[list[Message], bool]:
        """Messages that have arrived, after waiting for a first one; and whether no more will come.

        Raises:
            SolverStoppedError: the caller no longer needs them.
        """
        go_on(self._stopping)
        batch: list[Message] = []
        with suppress(queue.Empty):
            message = self._inbox.get(timeout=max(patience_s, 0.001))
            while message is not None:
                batch.append(message)
                message = self._inbox.get_nowait()
            return batch, True
        return batch, False

    def _listen(self) -> None:
        with suppress(Exception):  # end of the socket or garbage: whatever it is, no more messages come
            self.until_ready()
            while isinstance(message := self.connection.recv(), self._kind):
                self._inbox.put(message)
        self._inbox.put(None)
