"""Takes every gate forward when its time has come, and goes on where it stood after a restart."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic

import structlog

from gateway.domain.gate import GateState
from gateway.optimiser.solver_process import SolverStoppedError
from gateway.ports import Clock, StoreUnavailableError
from gateway.processes.bid_check.run import BidCheck
from gateway.records import gates, inbox
from gateway.records.gates import GateStatus
from gateway.records.store import Store

log = structlog.get_logger(__name__)

RETRY_S = 5.0
"""How long a gate rests after its run failed (a full disk, a locked file) before it is tried again."""


class GateKeeper:
    """Closes gates at the end of their window and starts their runs, one at a time per gate.

    Args:
        is_coming: whether something that a tenant handed in before a moment is not stored yet.
        stopping: set by `interrupt`; whoever solves for a run looks at it.
    """

    def __init__(
        self,
        store: Store,
        bid_check: BidCheck,
        clock: Clock,
        *,
        is_coming: Callable[[str, datetime], bool] = lambda _tenant, _before: False,
        stopping: threading.Event | None = None,
        poll_s: float = 0.25,
        workers: int = 2,
    ) -> None:
        self._store = store
        self._bid_check = bid_check
        self._clock = clock
        self._is_coming = is_coming
        self._poll_s = poll_s
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="gate-run")
        self._busy: set[str] = set()
        self._resting: dict[str, float] = {}
        self._turn = threading.Lock()
        self._stopping = stopping or threading.Event()
        self._thread = threading.Thread(target=self._keep, name="gate-keeper", daemon=True)

    def start(self) -> None:
        """Begin to keep gates, in a thread."""
        self._thread.start()

    def interrupt(self) -> None:
        """Begin nothing more, and break off what is being solved; it is solved anew after the next start."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop; what a run is writing down is finished first."""
        self.interrupt()
        if self._thread.is_alive():
            self._thread.join()
        self._workers.shutdown(wait=True)

    def due(self) -> Sequence[str]:
        """Close every gate whose time has come; gives the gates to run now, the most urgent first."""
        now = self._clock.now()
        with self._store.house.reading() as house:
            unpublished = gates.unpublished(house)
        for status in unpublished:
            everybody = not status.missing
            if status.state is GateState.OPEN and (everybody or now >= status.gate.waits_until):
                with self._store.house.writing() as house:
                    gates.close(house, status.gate.gate_id, now)
                log.info("gate closed", gate=status.gate.gate_id, missing=status.missing)
        with self._store.house.reading() as house:
            unpublished = gates.unpublished(house)
        return [status.gate.gate_id for status in unpublished if self._ready(status, now)]

    def _ready(self, status: GateStatus, now: datetime) -> bool:
        """Whether a gate can be decided: documents that came in time are waited for, but not for ever."""
        if status.state is GateState.RUNNING:
            return True
        if status.state is not GateState.CLOSED or status.closed_at is None:
            return False
        if now >= status.gate.publish_by - status.gate.budget:
            return True
        for platform in status.gate.platforms:
            if self._is_coming(platform, status.closed_at):
                return False
            with self._store.room(platform).reading() as room:
                if inbox.count_unsettled(room, status.closed_at):
                    return False
        return True

    def _keep(self) -> None:
        while not self._stopping.wait(self._poll_s):
            try:
                for gate_id in self.due():
                    self._begin(gate_id)
            except StoreUnavailableError:
                self._stopping.wait(RETRY_S)
            except Exception:
                log.exception("gates cannot be looked after; trying again")
                self._stopping.wait(RETRY_S)

    def _begin(self, gate_id: str) -> None:
        with self._turn:
            if gate_id in self._busy or monotonic() < self._resting.get(gate_id, 0.0):
                return
            self._busy.add(gate_id)
        self._workers.submit(self._run, gate_id)

    def _run(self, gate_id: str) -> None:
        try:
            self._bid_check.run(gate_id)
        except SolverStoppedError:
            log.info("run broken off by the stop; it goes on after the next start", gate=gate_id)
        except Exception as error:
            if not isinstance(error, StoreUnavailableError):
                log.exception("run failed; trying again", gate=gate_id)
            self._resting[gate_id] = monotonic() + RETRY_S
        finally:
            with self._turn:
                self._busy.discard(gate_id)
