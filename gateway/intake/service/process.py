"""One process that handles documents, seen from its parent, and what the two say to each other."""

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
    """Why a document took no effect: a fault of ours, processes ended over it, or it took too much of their
    time."""

    FAULT = auto()
    DEADLY = auto()
    SLOW = auto()


Told = Receipt | ConflictError | BusyError | NotHandled
"""A process's answer to a document that it took in."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a process says of documents that it took in together, and what they cost.

    Attributes:
        seconds: of processor time: a busy machine makes no document slow.
    """

    told: Sequence[Told]
    seconds: float


@dataclass(frozen=True, slots=True)
class Stored:
    """A document that is stored already; a process reads it and lets it take effect."""

    tenant: str
    envelope_id: str


Settled = BusyError | NotHandled | None
"""A process's answer to a stored document; None: it is settled."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The settings a process receives first.

    Attributes:
        settings: what it needs to handle documents.
        budget_s: seconds of processor time for what it gets at once; then the system ends it.
        niceness: by how much it steps back behind other processes.
    """

    settings: Any
    budget_s: float
    niceness: int = 0


class Process(Runner):
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

    def take_in(self, envelopes: Sequence[Envelope], before: Future[None] | None) -> TakenIn:
        """Have documents handled.

        Whoever ends what was before tells it to go on: it need not wait until a thread here wakes up.

        Raises:
            OSError, EOFError: it ended meanwhile.
        """
        self.connection.send(envelopes)
        if before is None:
            self._go_on()
        else:
            before.add_done_callback(lambda _: self._go_on())
        taken_in: TakenIn = self.connection.recv()
        return taken_in

    def settle(self, stored: Stored) -> Settled:
        """Have a stored document handled.

        Raises:
            OSError, EOFError: it ended meanwhile.
        """
        settled: Settled = next(self.ask(stored))
        return settled

    def _go_on(self) -> None:
        with self._ending, suppress(OSError):  # whoever waits for its answer finds out that it has ended
            self.connection.send(GO_ON)


def packed(orders: Orders) -> bytes:
    """Orders as they go to a process."""
    return pickle.dumps(orders)
