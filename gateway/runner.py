"""A process of the gateway's own: it is started, given orders, read from, and ended or killed at any time.

What solves, what runs gates, and what handles documents of strangers are such processes. Each says that it
is ready, and then whatever it finds, over a private socket: pickle is safe on it, and what
libraries print cannot disturb it.
"""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

READY: Final = "ready"
"""Sent by a process when it can work."""

RETURNS_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
"""Arrays go back to the system when they are freed (glibc; others ignore it). By default the allocator raises
its thresholds with what is freed: a gate of 26,510 bids then held 2.6 GB at its peak, 1.8 GB with these."""


class Runner:
    """One process and the way to talk to it.

    Args:
        command: starts it; the number of its socket is appended.
        orders: its settings, sent first, pickled.
        environment: of it; without one, that of this process and `RETURNS_MEMORY`.
        apart: what it starts is killed with it, and nobody hears what it prints.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        orders: bytes,
        *,
        environment: Mapping[str, str] | None = None,
        apart: bool = False,
    ) -> None:
        ours, its = socket.socketpair()
        self.connection: Connection[Any, Any] = Connection(ours.detach())
        output = subprocess.DEVNULL if apart else None
        with its:
            self._process = subprocess.Popen(
                [*command, str(its.fileno())],
                pass_fds=[its.fileno()],
                env=environment or {**RETURNS_MEMORY, **os.environ},
                stdin=output,
                stdout=output,
                stderr=output,
                start_new_session=apart,
            )
        self._apart = apart
        self._ending = threading.Lock()
        self._orders = orders
        self._is_ready = False

    def until_ready(self) -> None:
        """Wait until it can work; it may have been started long before.

        Raises:
            OSError, EOFError: it ended before.
        """
        if self._is_ready:
            return
        self.connection.send_bytes(self._orders)
        self.connection.recv()
        self._is_ready = True

    def ask(self, order: object) -> Iterator[Any]:
        """Give it an order, and hear what it says, one by one, for as long as somebody listens.

        Raises:
            OSError, EOFError, pickle.UnpicklingError: it ended meanwhile.
        """
        self.until_ready()
        self.connection.send(order)
        while True:
            yield self.connection.recv()

    def interrupt(self) -> None:
        """Have it break off what it does (SIGTERM), and say so."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once, whatever it does; what it has not committed did not happen."""
        if not self._apart:
            self._process.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        """Let it end, which it does by itself when nobody talks to it; gives its exit status."""
        with self._ending:
            self.connection.close()
        return self._process.wait()
