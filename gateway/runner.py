"""A process that the gateway starts, sends orders to, reads messages from, and ends or kills at any time.

Solvers, runs of gates and the handling of documents are such processes. Each reports that it is ready, and
then its results, over a private socket: pickle is safe on it, and output that libraries print cannot disturb
it.
"""

import ctypes
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
_PR_SET_PDEATHSIG: Final = 1


def end_with_parent() -> None:
    """Have the system end this process when its parent ends, however that happens (Linux, prctl(2)).

    It is for processes whose work is of use to their parent alone, and for each child of theirs: children do
    not inherit it.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Runner:
    """One process and the connection to it.

    Args:
        command: starts it; the number of its socket is appended.
        orders: its settings, sent first, pickled.
        environment: of it; without one, that of this process and `RETURNS_MEMORY`.
        apart: its child processes are killed with it, and its output is discarded.

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
        self._starting = threading.Lock()
        self._ending = threading.Lock()
        self._orders = orders
        self._is_ready = False

    def until_ready(self) -> None:
        """Wait until it can work; it may have been started long before.

        Raises:
            OSError, EOFError: it ended before.
        """
        with self._starting:
            if self._is_ready:
                return
            self.connection.send_bytes(self._orders)
            self.connection.recv()
            self._is_ready = True

    def prepare(self) -> None:
        """Have it get ready meanwhile; whoever needs it first learns where it could not."""

        def get_ready() -> None:
            with suppress(OSError, EOFError):
                self.until_ready()

        threading.Thread(target=get_ready, name="prepare-process", daemon=True).start()

    def responses(self, order: object) -> Iterator[Any]:
        """Send it an order, and yield its messages until the caller stops reading.

        Raises:
            OSError, EOFError, pickle.UnpicklingError: it ended meanwhile.
        """
        self.until_ready()
        self.connection.send(order)
        while True:
            yield self.connection.recv()

    def interrupt(self) -> None:
        """Have it stop its work (SIGTERM) and report that."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once, whatever it does; uncommitted changes are lost."""
        if not self._apart:
            self._process.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        """Close the connection, so that it ends by itself; return its exit status."""
        with self._starting, self._ending:
            self.connection.close()
        return self._process.wait()
