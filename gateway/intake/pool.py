"""Small documents are handled in processes of their own, on other cores, where none can end the gateway.

A process examines what it gets; then it waits until the documents of the same tenant that came before have
taken effect, so that the order of a tenant's documents is kept, whoever examines them.
"""

import pickle
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from multiprocessing.connection import Connection
from typing import Any, Final

import structlog

from gateway.domain.envelope import Envelope
from gateway.ports import BusyError, ConflictError, Receipt

MOST: Final = 16
"""Documents that are handed to a process together, and share a transaction."""

LIVES: Final = 2
"""How many processes one document may end before nobody looks into it any more."""

_log: Final = structlog.get_logger(__name__)


class NotHandled(Enum):
    """Why a document is not stored: through a fault of ours, or because processes ended over it."""

    FAULT = auto()
    DEADLY = auto()


Told = Receipt | ConflictError | BusyError | NotHandled
"""What a process says of one document."""

READY: Final = "ready"
GO_ON: Final = "go on"


class _Together:
    """Envelopes that were put in together; `told` is done when all of them are."""

    def __init__(self, count: int) -> None:
        self.told: Future[Sequence[Told]] = Future()
        self._counting = threading.Lock()
        self._missing = count
        self._said: list[Told] = [NotHandled.FAULT] * count

    def tell(self, place: int, said: Told) -> None:
        with self._counting:
            self._said[place] = said
            self._missing -= 1
            missing = self._missing
        if not missing:
            self.told.set_result(self._said)


@dataclass(frozen=True, slots=True)
class _Arrival:
    envelope: Envelope
    together: _Together
    place: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Documents of one tenant that follow each other; `before` is done when earlier ones are durable."""

    arrivals: Sequence[_Arrival]
    before: Future[None] | None
    done: Future[None] = field(default_factory=Future)


class IntakePool:
    """Processes that handle documents, each with a thread here that talks to it.

    Args:
        command: starts a process that speaks as `gateway.intake.child`; the number of a socket is appended.
        settings: the first thing it is told.
    """

    def __init__(self, command: Sequence[str], settings: object, processes: int) -> None:
        self._command = command
        self._settings = pickle.dumps(settings)
        self._line = _Line(processes)
        self._threads = [
            threading.Thread(target=self._converse, name=f"intake-{number}", daemon=True)
            for number in range(processes)
        ]

    def start(self) -> None:
        """Start the processes."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what was put in, and end the processes."""
        self._line.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def put(self, envelopes: Sequence[Envelope]) -> Future[Sequence[Told]]:
        """Have documents handled after those of their tenant that were put in before.

        The future never raises; it is done when all that the documents cause is durable. Its callbacks must
        be short.
        """
        together = _Together(len(envelopes))
        self._line.put([_Arrival(envelope, together, place) for place, envelope in enumerate(envelopes)])
        return together.told

    def _converse(self) -> None:
        process = self._begun()
        while (chunk := self._line.take()) is not None:
            told, process = self._handled(process, [each.envelope for each in chunk.arrivals], chunk.before)
            chunk.done.set_result(None)
            for arrival, one in zip(chunk.arrivals, told, strict=True):
                arrival.together.tell(arrival.place, one)
        if process is not None:
            process.end()

    def _handled(
        self, process: "_Process | None", envelopes: Sequence[Envelope], before: Future[None] | None
    ) -> tuple[Sequence[Told], "_Process | None"]:
        """What becomes of documents, and the process that is there afterwards."""
        for _ in range(LIVES if len(envelopes) == 1 else 1):
            process = process or self._begun()
            if process is None:
                return [NotHandled.FAULT] * len(envelopes), None
            try:
                return process.take_in(envelopes, before), process
            except (OSError, EOFError, pickle.UnpicklingError):
                _log.error("process ended over documents", count=len(envelopes), status=process.end())
                process = None
        if len(envelopes) == 1:
            return [NotHandled.DEADLY], None
        told: list[Told] = []
        for envelope in envelopes:  # to find out which one it is
            one, process = self._handled(process, [envelope], before)
            told.extend(one)
        return told, process

    def _begun(self) -> "_Process | None":
        try:
            return _Process(self._command, self._settings)
        except (OSError, EOFError) as error:
            _log.error("process cannot be started", fault=type(error).__name__)
            return None


class _Line:
    """Documents in the order in which they came."""

    def __init__(self, takers: int) -> None:
        self._takers = takers
        self._waiting: deque[_Arrival] = deque()
        self._last: dict[str, Future[None]] = {}
        self._changed = threading.Condition()
        self._open = True

    def put(self, arrivals: Sequence[_Arrival]) -> None:
        with self._changed:
            self._waiting.extend(arrivals)
            self._changed.notify(len(arrivals))

    def take(self) -> _Chunk | None:
        """What is next, and no more than leaves something for the other takers; None when it is closed."""
        with self._changed:
            while not self._waiting:
                if not self._open:
                    return None
                self._changed.wait()
            most = min(MOST, -(-len(self._waiting) // self._takers))
            taken = [self._waiting.popleft()]
            tenant = taken[0].envelope.tenant
            while len(taken) < most and self._waiting[0].envelope.tenant == tenant:
                taken.append(self._waiting.popleft())
            chunk = _Chunk(taken, self._last.get(tenant))
            self._last[tenant] = chunk.done
            return chunk

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()


class _Process:
    """One process and the way to talk to it.

    Raises:
        OSError: it cannot be started.
        EOFError: it ended before it was ready.
    """

    def __init__(self, command: Sequence[str], settings: bytes) -> None:
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen([*command, str(its.fileno())], pass_fds=[its.fileno()])
        self._connection: Connection[Any, Any] = Connection(ours.detach())
        self._ending = threading.Lock()
        try:
            self._connection.send_bytes(settings)
            self._connection.recv()
        except (OSError, EOFError):
            self.end()
            raise

    def take_in(self, envelopes: Sequence[Envelope], before: Future[None] | None) -> Sequence[Told]:
        """Have documents handled.

        Whoever ends what was before tells it to go on: it need not wait until a thread here wakes up.

        Raises:
            OSError, EOFError: it ended meanwhile.
        """
        self._connection.send(envelopes)
        if before is None:
            self._go_on()
        else:
            before.add_done_callback(lambda _: self._go_on())
        told: Sequence[Told] = self._connection.recv()
        return told

    def end(self) -> int:
        """Let it end, which it does by itself when nobody talks to it; gives its exit status."""
        with self._ending:
            self._connection.close()
        return self._process.wait()

    def _go_on(self) -> None:
        with self._ending, suppress(OSError):  # whoever waits for its answer finds out that it has ended
            self._connection.send(GO_ON)
