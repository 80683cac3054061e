"""Runs of gates in separate processes, so that requests do not wait for their computing and writing.

A process waits for the next run: the last one, or where that became large and its memory goes back to the
system, a new one. Importing its libraries takes longer than many a gate.
"""

import pickle
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import structlog

from gateway.domain.gate import Gate
from gateway.optimiser.deadline.solver_process import SolverStoppedError
from gateway.ports import StoreUnavailableError
from gateway.processes.bid_check.helper_process import HelperGoneError
from gateway.processes.bid_check.problem.collected_bids import OfPlatform
from gateway.processes.bid_check.result.result_rows import Result
from gateway.processes.bid_check.run.run import RunGivenUpError
from gateway.runner import Runner

WAITING: Final = 1
"""How many processes wait for the next run."""

SMALL_MB: Final = 300
"""A process that once needed more than this is not used again."""

log = structlog.get_logger(__name__)


class RunFailedError(Exception):
    """A run did not come to its end; its process has logged why, or has ended over it."""


class End(Enum):
    """How a run ended."""

    PUBLISHED = auto()
    GIVEN_UP = auto()
    BROKEN_OFF = auto()
    STORE_UNAVAILABLE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Wrote:
    """A process has written to a store."""

    name: str


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """Order to publish a result to these platforms."""

    result: Result
    platforms: Sequence[str]


@dataclass(frozen=True, slots=True)
class ResultPublished:
    """Published to all of them but those `left`, whose stores cannot be written to now."""

    left: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """Order to read the stores of these platforms for a gate."""

    gate: Gate
    platforms: Sequence[str]


@dataclass(frozen=True, slots=True)
class StoresRead:
    """Content of the stores; where one cannot be read now, `why`."""

    stores: Mapping[str, OfPlatform]
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Message of a process at the end of a run; `peak_mb` is the most memory it ever had."""

    end: End
    why: str
    peak_mb: float


class RunProcesses:
    """Any number of threads may run gates at the same time.

    Args:
        command: starts a process that serves as `gateway.run_process` does.
        settings: passed to each process.
        wrote: called with every store that a process has written to.
        stopping: set when no run is to begin any more (see `interrupt`).
    """

    def __init__(
        self,
        command: Sequence[str],
        settings: object,
        wrote: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        self._command = command
        self._orders = pickle.dumps(settings)
        self._wrote = wrote
        self._stopping = stopping
        self._lock = threading.Lock()
        self._waiting: list[Runner] = []
        self._busy: set[Runner] = set()

    def run(self, gate_id: str) -> None:
        """As `BidCheck.run`, in a process.

        Raises:
            SolverStoppedError, RunGivenUpError: see there.
            StoreUnavailableError: some store could not be used.
            RunFailedError: it failed otherwise.
        """
        process = self._next_process()
        ended: Ended | None = None
        try:
            ended = _answer(process, gate_id, self._wrote)
        except (OSError, EOFError, pickle.UnpicklingError):
            ended = None
        finally:
            self._give_back(process, small=ended is not None and ended.peak_mb <= SMALL_MB)
        if ended is None:
            if self._stopping.is_set():
                raise SolverStoppedError
            log.error("process ended over a run", gate=gate_id)
        _raise(ended)

    def start(self) -> None:
        """Start processes that wait for the next run."""
        with self._lock, suppress(OSError):  # the next run reports why none can be started
            while len(self._waiting) < WAITING and not self._stopping.is_set():
                process = Runner(self._command, self._orders)
                process.prepare()  # it starts helpers of its own
                self._waiting.append(process)

    def interrupt(self) -> None:
        """Break off what is being solved, once `stopping` is set; what is being published is finished."""
        with self._lock:
            busy = list(self._busy)
        for process in busy:
            process.interrupt()

    def stop(self) -> None:
        """End the processes, when nothing runs any more."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for process in waiting:
            process.end()

    def _next_process(self) -> Runner:
        with self._lock:
            try:
                process = self._waiting.pop() if self._waiting else Runner(self._command, self._orders)
            except OSError as error:
                raise RunFailedError(f"no process can be started: {error.strerror}") from error
            self._busy.add(process)
        if self._stopping.is_set():  # `interrupt` has seen the process, or it is interrupted now
            process.interrupt()
        return process

    def _give_back(self, process: Runner, *, small: bool) -> None:
        with self._lock:
            self._busy.discard(process)
            keep = small and len(self._waiting) < WAITING and not self._stopping.is_set()
            if keep:
                self._waiting.append(process)
        if not keep:
            process.end()
            self.start()


class HelpingProcess:
    """Reads the stores of platforms, and publishes runs to them, in parallel to the process that has the run.

    It has a processor and open files of its own. One thread at a time uses it. It is started now, because
    importing its libraries takes a while; where it ended, again when it is needed.

    Args: see `RunProcesses`.
    """

    def __init__(self, command: Sequence[str], settings: object, wrote: Callable[[str], None]) -> None:
        self._command = command
        self._orders = pickle.dumps(settings)
        self._wrote = wrote
        self._process: Runner | None = None
        with suppress(OSError):  # its user gets the error
            self._process = Runner(command, self._orders)
            self._process.prepare()

    def publish_to(self, result: Result, platforms: Sequence[str]) -> Sequence[str]:
        """See `PlatformPublisher`."""
        published: ResultPublished = self._request(PublishOrder(result, platforms))
        return published.left

    def read(self, gate: Gate, platforms: Sequence[str]) -> Mapping[str, OfPlatform]:
        """See `StoresReader`.

        Raises:
            HelperGoneError: the process has ended.
        """
        read: StoresRead = self._request(ReadOrder(gate, platforms))
        if read.why is not None:
            raise StoreUnavailableError(read.why)
        return read.stores

    def _request(self, order: PublishOrder | ReadOrder) -> Any:
        """The answer of the process to an order."""
        try:
            self._process = self._process or Runner(self._command, self._orders)
            return _answer(self._process, order, self._wrote)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.end()
            raise HelperGoneError from error

    def end(self) -> None:
        """Let it end."""
        process, self._process = self._process, None
        if process is not None:
            process.end()


def _answer(process: Runner, order: object, wrote: Callable[[str], None]) -> Any:
    """The answer of a process; before it come the stores that the process has written to."""
    for message in process.responses(order):
        if not isinstance(message, Wrote):
            return message
        wrote(message.name)
    raise EOFError


def _raise(ended: Ended | None) -> None:
    match ended:
        case Ended(end=End.PUBLISHED):
            return
        case Ended(end=End.BROKEN_OFF):
            raise SolverStoppedError
        case Ended(end=End.GIVEN_UP):
            raise RunGivenUpError(ended.why)
        case Ended(end=End.STORE_UNAVAILABLE):
            raise StoreUnavailableError(ended.why)
        case _:
            raise RunFailedError
