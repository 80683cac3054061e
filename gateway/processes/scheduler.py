"""Moves every gate to its next state when that is due, and resumes after a restart."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Protocol

import structlog

from gateway.domain.gate import Gate, GateState
from gateway.optimiser.deadline.solver_process import SolverStoppedError
from gateway.ports import Clock, StoreUnavailableError
from gateway.processes.bid_check.run.run import RunGivenUpError
from gateway.processes.bid_check.run.time_reserve import must_begin
from gateway.processes.former_tenants import left_in_gates
from gateway.processes.run_processes import RunFailedError
from gateway.records.engine.stores import SHARED, Stores
from gateway.records.market import closings, gates, runs
from gateway.records.market.gates import GateStatus
from gateway.workers import Worker

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often it is looked whether a gate is due: its time may come without a change."""

SOON_S = 0.1
"""How often, while a gate waits for documents or for another gate."""

RETRY_S = 5.0
"""How long a gate rests after its run failed (a full disk, a locked file) before it is tried again."""


class Runs(Protocol):
    """Decides and publishes gates, in this process or in others (see `bid_check.run.BidCheck.run`)."""

    def run(self, gate_id: str) -> object:
        """Decide a closed gate and publish it."""


class GateScheduler:
    """Closes gates at the end of their window and starts their runs, one at a time per gate.

    Gates whose deliveries meet wait for each other, the most urgent first, as long as they can: each counts
    what the others have decided (see `bid_check.committed`).

    Args:
        in_work: whether something that a tenant handed in before a moment is still to take effect.
        stopping: set by `interrupt`; the solver of a run polls it.
    """

    def __init__(
        self,
        stores: Stores,
        bid_check: Runs,
        clock: Clock,
        *,
        in_work: Callable[[str, datetime], bool],
        stopping: threading.Event | None = None,
        workers: int = 2,
    ) -> None:
        self._stores = stores
        self._bid_check = bid_check
        self._clock = clock
        self._in_work = in_work
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="gate-run")
        self._busy: dict[str, Gate] = {}
        self._resting: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stopping = stopping or threading.Event()
        self._waited_for: frozenset[str] = frozenset()
        self._written = set(stores.written())
        # Gates accept only configured participants, so their number never grows.
        self._former = frozenset(left_in_gates(stores))
        self.worker = Worker("gate-scheduler", self._round)
        stores.listen(self._wrote)

    def start(self) -> None:
        """Start the thread that schedules gates."""
        self.worker.start()

    def interrupt(self) -> None:
        """Begin nothing more, and break off what is being solved; it is solved again after the next start."""
        self._stopping.set()
        self.worker.request_stop()

    def stop(self) -> None:
        """Stop; what a run is writing down is finished first."""
        self.interrupt()
        self.worker.stop()
        self._workers.shutdown(wait=True)

    def due(self) -> Sequence[Gate]:
        """Close every gate that is due; return the gates to run now, the most urgent first."""
        now = self._clock.now()
        self._note_closings()
        with self._stores.shared.reading() as shared:
            found = gates.due(shared, now, self._former)
        for status in found:
            if status.state is GateState.OPEN:
                with self._stores.shared.writing() as shared:
                    gates.close(shared, status.gate.gate_id, now)
                log.info("gate closed", gate=status.gate.gate_id, missing=status.missing)
        if any(status.state is GateState.OPEN for status in found):
            with self._stores.shared.reading() as shared:
                found = gates.due(shared, now, self._former)
        waiting = [status for status in found if not self._ready(status, now)]
        self._waited_for = frozenset(name for status in waiting for name in status.gate.platforms)
        return [status.gate for status in found if status not in waiting]

    def _note_closings(self) -> None:
        """Close for platforms gates of which their documents declare that everything was sent (see
        `closings`)."""
        with self._lock:
            written, self._written = self._written, set()
        try:
            self._close_for(written)
        except BaseException:
            with self._lock:
                self._written |= written  # looked at again
            raise

    def _close_for(self, written: set[str]) -> None:
        waiting: dict[str, list[GateStatus]] = {}
        if written:
            with self._stores.shared.reading() as shared:
                for status in gates.open_ones(shared):
                    for platform in written.intersection(status.missing):
                        waiting.setdefault(platform, []).append(status)
        for platform, open_gates in waiting.items():
            with self._stores.of(platform).reading() as uow:
                closing_times = closings.times(uow)
            for gate_id in (
                status.gate.gate_id for status in open_gates if status.gate.gate_id in closing_times
            ):
                with self._stores.shared.writing() as shared:
                    gates.close_platform(shared, gate_id, platform, closing_times[gate_id])
                log.info("platform has sent everything", gate=gate_id, platform=platform)

    def _ready(self, status: GateStatus, now: datetime) -> bool:
        """Whether a gate can be decided: documents that came in time are waited for, but not for ever."""
        if status.state is GateState.RUNNING:
            return True
        if status.state is not GateState.CLOSED or status.closed_at is None:
            return False
        if must_begin(self._stores, status.gate, now):
            return True
        present = self._stores.present(status.gate.platforms)
        return not any(self._in_work(platform, status.closed_at) for platform in present)

    def _round(self) -> float:
        found = self.due()
        for gate in (*found, *self._unpublished()):
            self._begin(gate)
        with self._lock:
            waits = any(gate.gate_id not in self._busy for gate in found)
        return SOON_S if waits or self._waited_for else LOOK_S

    def _unpublished(self) -> Sequence[Gate]:
        """Published gates that some participant did not receive yet."""
        with self._stores.shared.reading() as shared:
            left = [gates.find(shared, gate_id) for gate_id in runs.pending_gates(shared)]
        return [status.gate for status in left if status is not None]

    def _wrote(self, name: str) -> None:
        with self._lock:
            self._written.add(name)
        if name == SHARED or name in self._waited_for:
            self.worker.wake()

    def _begin(self, gate: Gate) -> None:
        with self._lock:
            if gate.gate_id in self._busy or monotonic() < self._resting.get(gate.gate_id, 0.0):
                return
            in_turn = not any(_meet(gate, other) for other in self._busy.values())
            if not (in_turn or must_begin(self._stores, gate, self._clock.now())):
                return
            self._busy[gate.gate_id] = gate
        self._workers.submit(self._run, gate.gate_id)

    def _run(self, gate_id: str) -> None:
        try:
            self._bid_check.run(gate_id)
        except SolverStoppedError:
            log.info("run broken off by the stop; it goes on after the next start", gate=gate_id)
        except RunGivenUpError as error:
            log.info("run given up", gate=gate_id, why=str(error))
        except Exception as error:
            if not isinstance(error, StoreUnavailableError | RunFailedError):
                log.exception("run failed; trying again", gate=gate_id)
            self._resting[gate_id] = monotonic() + RETRY_S
        finally:
            with self._lock:
                del self._busy[gate_id]
            self.worker.wake()  # another gate may have waited for this one


def _meet(one: Gate, other: Gate) -> bool:
    """Whether deliveries overlap, or direct activation in one may reach into the other."""
    apart = one.delivery.start >= other.delivery.end + other.mtu
    return not (apart or other.delivery.start >= one.delivery.end + one.mtu)
