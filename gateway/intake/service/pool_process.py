"""One process that handles documents, seen from its parent, and the messages between the two."""

import pickle
import signal
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from gateway.domain.envelope import Envelope
from gateway.ports import BusyError, ConflictError, Receipt
from gateway.runner import Runner

GO_ON: Final = "go on"

OVER_BUDGET: Final = -signal.SIGPROF
"""How a process ends whose time is over: the system ends it, whatever it does, when its timer runs out."""


class NotHandled(Enum):
    """Why a document took no effect: a fault of the gateway, processes that ended over it, or too much
    time."""

    FAULT = auto()
    DEADLY = auto()
    SLOW = auto()


IntakeResult = Receipt | ConflictError | BusyError | NotHandled
"""A process's answer to a document that it handled."""


@dataclass(frozen=True, slots=True)
class HandledDocuments:
    """Message of a process on documents that it handled together.

    Attributes:
        seconds: of processor time: a busy machine makes no document slow.
    """

    results: Sequence[IntakeResult]
    seconds: float


@dataclass(frozen=True, slots=True)
class Stored:
    """A document that is stored already; a process reads and applies it."""

    tenant: str
    envelope_id: str


Settled = BusyError | NotHandled | None
"""A process's answer to a stored document; None: it is settled."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The settings a process receives first.

    Attributes:
        settings: needed to handle documents.
        budget_s: seconds of processor time for documents sent together; then the system ends it.
        niceness: added to its own, so that it yields to other processes.
    """

    settings: Any
    budget_s: float
    niceness: int = 0


class PoolProcess(Runner):
    """One process that handles documents.

    Raises:
        OSError: it cannot be started.
        EOFError: it ended before it was ready.
    """

    def __init__(self, command: Sequence[str], orders: bytes) -> None:
        super().__init__(command, orders)
        try:
            self.until_ready()
        except (OSError, EOFError):
            self.end()
            raise

    def handle(self, envelopes: Sequence[Envelope], before: Future[None] | None) -> HandledDocuments:
        """Have documents handled.

        The end of `before` lets it go on directly, without waking a thread of the gateway.

        Raises:
            OSError, EOFError: it ended meanwhile.
        """
        self.connection.send(envelopes)
        if before is None:
            self._go_on()
        else:
            before.add_done_callback(lambda _: self._go_on())
        handled: HandledDocuments = self.connection.recv()
        return handled

    def settle(self, stored: Stored) -> Settled:
        """Have a stored document handled.

        Raises:
            OSError, EOFError: it ended meanwhile.
        """
        settled: Settled = next(self.responses(stored))
        return settled

    def _go_on(self) -> None:
        with self._ending, suppress(OSError):  # the caller that waits for its answer gets the error
            self.connection.send(GO_ON)


def packed(orders: Orders) -> bytes:
    """Orders as they are sent to a process."""
    return pickle.dumps(orders)
