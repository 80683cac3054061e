"""A solver process that can be killed, and that can do nothing to make its parent wait."""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from gateway.optimiser.model.problem import Problem

STARTING_S = 0.3
"""What is always over before a solver process that is started now has answered: it reads its libraries."""

CHILD = (sys.executable, "-m", "gateway.optimiser.deadline.child")
Message = TypeVar("Message")


class SolverStoppedError(Exception):
    """Whoever asked wants no answer any more: the gateway stops."""


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


class SolverProcess(Generic[Message]):
    """One child with a thread on each pipe; it sends messages of one `kind` and may be killed at any time.

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
        self._kind = kind
        self._stopping = stopping
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [*command, method, str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # so that its own children can be killed with it
        )
        for task in (lambda: self._write(payload), self._read):
            threading.Thread(target=task, daemon=True).start()

    def receive(self, patience_s: float) -> tuple[list[Message], bool]:
        """Messages that have arrived, after waiting for a first one; and whether no more will come.

        Raises:
            SolverStoppedError: nobody wants them any more.
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

    def kill(self) -> None:
        """End it and everything it started, and collect its exit status."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _write(self, payload: bytes) -> None:
        with suppress(OSError):  # the child is gone; the reader says so
            if self._process.stdin:
                self._process.stdin.write(payload)
                self._process.stdin.close()

    def _read(self) -> None:
        try:
            while self._process.stdout:
                message = pickle.load(self._process.stdout)  # noqa: S301 - our child's own pipe
                self._inbox.put(message if isinstance(message, self._kind) else None)
        except Exception:  # noqa: BLE001 - end of pipe or garbage: whatever it is, no more messages come
            self._inbox.put(None)
