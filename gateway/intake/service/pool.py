"""Handling of documents in separate processes, on other cores, where none can end or stop the gateway.

There are two lanes. Small documents are examined first; then their process waits until the documents of the
same tenant that came before have taken effect, so that the order of a tenant's documents is preserved,
whichever process examines them. Large documents are stored before they come here. They are handled one at a
time of each tenant, in processes of lower priority; one tenant never holds the last of these. In both lanes
tenants take turns, and a process that spends more than its budget of processor time is ended and replaced.
"""

import pickle
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import inf
from typing import Final

import structlog

from gateway.domain.envelope import Envelope
from gateway.intake.service.pool_process import (
    OVER_BUDGET,
    IntakeResult,
    NotHandled,
    Orders,
    PoolProcess,
    Settled,
    Stored,
    packed,
)
from gateway.intake.service.queues import FairQueue
from gateway.ports import BusyError

LIVES: Final = 2
"""How many processes one document may end before it is no longer examined."""

LARGE_LANE: Final = 2
"""Processes for large documents. They start when the first one comes."""

BUDGET_S: Final = 60.0
NICENESS: Final = 5
RETRY_AFTER_S: Final = 5

_log: Final = structlog.get_logger(__name__)


class _Batch:
    """Envelopes that were put in together; `results` is done when all of them are."""

    def __init__(self, count: int) -> None:
        self.results: Future[Sequence[IntakeResult]] = Future()
        self._counting = threading.Lock()
        self._missing = count
        self._results: list[IntakeResult] = [NotHandled.FAULT] * count

    def put_result(self, place: int, result: IntakeResult) -> None:
        with self._counting:
            self._results[place] = result
            self._missing -= 1
            missing = self._missing
        if not missing:
            self.results.set_result(self._results)


@dataclass(frozen=True, slots=True)
class _Arrival:
    envelope: Envelope
    batch: _Batch
    place: int

    def size(self) -> int:
        return len(self.envelope.payload)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Documents of one tenant that follow each other; `before` is done when earlier ones are durable."""

    arrivals: Sequence[_Arrival]
    before: Future[None] | None
    done: Future[None] = field(default_factory=Future)


class IntakePool:
    """Processes that handle documents, each with a thread of the gateway for each.

    Args:
        command: starts a process that runs `gateway.intake.service.child`; the number of a socket is
            appended.
        settings: passed to each process.
        processes: for small documents; there are `LARGE_LANE` more for large ones.
        budget_s: processor time of one document; several small ones share it, and are tried alone after it.
    """

    def __init__(
        self, command: Sequence[str], settings: object, processes: int, budget_s: float = BUDGET_S
    ) -> None:
        self._command = command
        self._small = packed(Orders(settings, budget_s))
        self._large = packed(Orders(settings, budget_s, NICENESS))
        self._queue: FairQueue[_Arrival] = FairQueue(processes, _Arrival.size)
        self._stored: FairQueue[tuple[Stored, Future[Settled]]] = FairQueue(LARGE_LANE, None)
        self._last: dict[str, Future[None]] = {}
        self._stopping = threading.Event()
        self._settling: set[PoolProcess] = set()
        self._threads = [
            *(
                threading.Thread(target=self._converse, name=f"intake-{n}", daemon=True)
                for n in range(processes)
            ),
            *(
                threading.Thread(target=self._settle, name=f"large-{n}", daemon=True)
                for n in range(LARGE_LANE)
            ),
        ]

    def start(self) -> None:
        """Start the processes."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what was put in, and end the processes; stored documents stay for the next start."""
        self._stopping.set()
        self._queue.close()
        for _, settled in self._stored.clear():
            settled.set_result(BusyError(RETRY_AFTER_S))
        self._stored.close()
        for process in list(self._settling):
            process.kill()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def put(self, envelopes: Sequence[Envelope]) -> Future[Sequence[IntakeResult]]:
        """Have small documents of one tenant handled after those that were put in before.

        The future never raises; it is done when all that the documents cause is durable. Its callbacks must
        be short.
        """
        batch = _Batch(len(envelopes))
        arrivals = [_Arrival(envelope, batch, place) for place, envelope in enumerate(envelopes)]
        self._queue.put(envelopes[0].tenant, arrivals)
        return batch.results

    def put_stored(self, stored: Stored) -> Future[Settled]:
        """Have a document handled that is stored already. The future never raises."""
        settled: Future[Settled] = Future()
        if self._stopping.is_set():
            settled.set_result(BusyError(RETRY_AFTER_S))
        else:
            self._stored.put(stored.tenant, [(stored, settled)])
        return settled

    def _converse(self) -> None:
        process = self._begun(self._small)
        while (chunk := self._next()) is not None:
            envelopes = [each.envelope for each in chunk.arrivals]
            results, process = self._handled(process, envelopes, chunk.before)
            chunk.done.set_result(None)
            for arrival, one in zip(chunk.arrivals, results, strict=True):
                arrival.batch.put_result(arrival.place, one)
        if process is not None:
            process.end()

    def _next(self) -> _Chunk | None:
        """The next chunk, and the one that must be durable before it."""
        chunks: list[_Chunk] = []

        def noted(tenant: str, arrivals: list[_Arrival]) -> None:
            chunks.append(_Chunk(arrivals, self._last.get(tenant)))
            self._last[tenant] = chunks[0].done

        return None if self._queue.get(noted) is None else chunks[0]

    def _handled(
        self, process: PoolProcess | None, envelopes: Sequence[Envelope], before: Future[None] | None
    ) -> tuple[Sequence[IntakeResult], PoolProcess | None]:
        """Results of documents, and the process that runs afterwards."""
        for _ in range(LIVES if len(envelopes) == 1 else 1):
            process = process or self._begun(self._small)
            if process is None:
                return [NotHandled.FAULT] * len(envelopes), None
            try:
                handled = process.handle(envelopes, before)
            except (OSError, EOFError, pickle.UnpicklingError):
                status = self._ended(process, len(envelopes))
                process = None
                self._queue.add_time(envelopes[0].tenant, len(envelopes), inf)
            else:
                self._queue.add_time(envelopes[0].tenant, len(envelopes), handled.seconds)
                return handled.results, process
            if status == OVER_BUDGET and len(envelopes) == 1:
                return [NotHandled.SLOW], None
        if len(envelopes) == 1:
            return [NotHandled.DEADLY], None
        results: list[IntakeResult] = []
        for envelope in envelopes:  # to identify the document at fault
            one, process = self._handled(process, [envelope], before)
            results.extend(one)
        return results, process

    def _settle(self) -> None:
        """Handle large documents. The process starts with the first of them."""
        process: PoolProcess | None = None
        while (waiting := self._stored.get()) is not None:
            tenant, ((stored, settled),) = waiting
            result, process = self._settled(process, stored)
            self._stored.done(tenant)
            settled.set_result(result)
        if process is not None:
            process.end()

    def _settled(self, process: PoolProcess | None, stored: Stored) -> tuple[Settled, PoolProcess | None]:
        for _ in range(LIVES):
            process = process or self._begun(self._large)
            if process is None:
                return NotHandled.FAULT, None
            self._settling.add(process)
            if self._stopping.is_set():  # `stop` has seen the process, or it is killed now
                process.kill()
            try:
                return process.settle(stored), process
            except (OSError, EOFError, pickle.UnpicklingError):
                status = self._ended(process, 1)
            finally:
                self._settling.discard(process)
            process = None
            if self._stopping.is_set():
                return BusyError(RETRY_AFTER_S), None
            if status == OVER_BUDGET:
                return NotHandled.SLOW, None
        return NotHandled.DEADLY, None

    def _ended(self, process: PoolProcess, count: int) -> int:
        status = process.end()
        if not self._stopping.is_set():
            slow = status == OVER_BUDGET
            _log.error("process ended over documents", count=count, status=status, over_budget=slow)
        return status

    def _begun(self, orders: bytes) -> PoolProcess | None:
        try:
            return PoolProcess(self._command, orders)
        except (OSError, EOFError) as error:
            _log.error("process cannot be started", fault=type(error).__name__)
            return None
