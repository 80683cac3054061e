"""A process of the gateway's own that it talks to over a socket, and that can be ended at any time."""

import os
import socket
import subprocess
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, Final

READY: Final = "ready"
"""What a process says when it can work."""

RETURNS_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
"""Arrays go back to the system when they are freed (glibc; others ignore it). By default the allocator raises
its thresholds with what is freed: a gate of 26,510 bids then held 2.6 GB at its peak, 1.8 GB with these."""


class ChildProcess:
    """One process and the way to talk to it.

    Args:
        command: starts it; the number of its socket is appended.
        orders: the first thing it is told, pickled.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], orders: bytes) -> None:
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                [*command, str(its.fileno())], pass_fds=[its.fileno()], env={**RETURNS_MEMORY, **os.environ}
            )
        self.connection: Connection[Any, Any] = Connection(ours.detach())
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
        try:
            self.connection.send_bytes(self._orders)
            self.connection.recv()
        except (OSError, EOFError):
            self.end()
            raise
        self._is_ready = True

    def interrupt(self) -> None:
        """Have it break off what it does (SIGTERM), and say so."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once, whatever it does; what it has not committed did not happen."""
        self._process.kill()

    def end(self) -> int:
        """Let it end, which it does by itself when nobody talks to it; gives its exit status."""
        with self._ending:
            self.connection.close()
        return self._process.wait()
