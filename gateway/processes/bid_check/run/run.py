"""One run of one gate, from closed to published; interrupted anywhere, it goes on where it stood."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

import structlog
from msgspec import structs

from gateway.domain.gate import Gate, GateState, UseOfLists
from gateway.domain.reason import ReasonCode
from gateway.domain.result import EMERGENCY_RUNGS, Run
from gateway.domain.tenant import Tenant
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.deadline.solver_process import SolverStoppedError
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.ports import Clock, StoreUnavailableError
from gateway.processes.bid_check.problem import decision
from gateway.processes.bid_check.problem.bid_columns import contracted
from gateway.processes.bid_check.problem.collected_bids import CollectedBids, StoresReader, read_offers
from gateway.processes.bid_check.problem.committed import runs_of_other_gates
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.problem.delivered import more_reported_note, read_delivered
from gateway.processes.bid_check.problem.problem_builder import (
    GateProblem,
    build_problem,
    problem_without_grids,
)
from gateway.processes.bid_check.problem.retained_decisions import (
    NothingRetainedError,
    RetainedDecisions,
    joined,
    read_retained,
)
from gateway.processes.bid_check.result import deciding, reports, run_statistics
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.result.publish_together import name_receivers
from gateway.processes.bid_check.run.time_reserve import reserve_s
from gateway.processes.gates import again
from gateway.processes.resources import Resources
from gateway.records.engine.stores import Stores
from gateway.records.market import gates, runs
from gateway.records.market.gates import GateStatus
from gateway.records.market.runs import RunRecord

log = structlog.get_logger(__name__)

Solver = Callable[[Problem, float], Answer]
"""Covers a demand within a budget in seconds; always returns (see `optimiser.deadline.demand`)."""

SafeSolver = Callable[[Problem, float], SafeMeritOrder]
"""A safe merit order within a budget in seconds; always returns (see `optimiser.deadline.lists`)."""

LEAST_BUDGET_S = 1.0
"""Budget of the optimiser when the gateway is late anyway, e.g. after a restart."""


class RunGivenUpError(Exception):
    """The gate was cancelled while it was being decided: nothing is published."""


class BidCheck:
    """Decides gates."""

    def __init__(
        self,
        stores: Stores,
        tenants: Mapping[str, Tenant],
        resources: Resources,
        publisher: Publisher,
        clock: Clock,
        *,
        solve: Solver,
        keep_safe: SafeSolver,
        reader: StoresReader | None = None,
    ) -> None:
        self._stores = stores
        self._tenants = tenants
        self._resources = resources
        self._publisher = publisher
        self._clock = clock
        self._solve = solve
        self._keep_safe = keep_safe
        self._reader = reader

    def run(self, gate_id: str) -> Run:
        """Decide a closed gate and publish; resume a running gate, leave a published one as it is.

        The decision is stored before publication: after an interruption the same decision is published.
            The caller ensures one run per gate at a time.

        Raises:
            ValueError: there is no such gate, or it is still open.
            SolverStoppedError: the gateway stops; the run goes on after its next start.
            RunGivenUpError: the gate was cancelled meanwhile.
            StoreUnavailableError: names those whose stores cannot be written to now; the gate is published,
                and running it again publishes to them.
        """
        status, record = self._start(gate_id)
        with self._stores.shared.reading() as shared:
            stored = runs.decision_of(shared, record.run_id)
            done = runs.published_to_all(shared, record.run_id)
        if done and record.figures is not None:
            return record.figures
        first_time = stored is None or record.figures is None
        if stored is None or record.figures is None:
            figures, collected, decided = self._decide(status, record)
        else:
            figures, collected, decided = (
                record.figures,
                read_offers(self._stores, status.gate),
                decision.decode(stored),
            )
        seconds = dict(figures.stage_seconds)
        with _timed(seconds, "publish"):
            left = self._publisher.publish(record.run_id, collected, decided, first_time=first_time)
        figures = replace(
            figures, stage_seconds=seconds if record.published_at is None else figures.stage_seconds
        )
        with self._stores.shared.writing() as shared:
            runs.publish(
                shared,
                figures,
                self._clock.now(),
                to_all=not left,
                needed_until=status.gate.delivery.end,
            )
            gates.move(shared, gate_id, GateState.RUNNING, GateState.PUBLISHED)
        name_receivers(self._stores, status.gate)
        if left:
            raise StoreUnavailableError(f"run {record.run_id} is not published to {', '.join(left)} yet")
        log.info(
            "gate published",
            gate=gate_id,
            run=record.run_id,
            number=record.number,
            use=figures.use,
            rule=figures.rule,
            outcome=figures.outcome,
            rung=figures.rung,
            bids=figures.bids,
            limited=figures.limited_bids,
            late=self._clock.now() > status.gate.publish_by,
        )
        return figures

    def _start(self, gate_id: str) -> tuple[GateStatus, RunRecord]:
        with self._stores.shared.writing() as shared:
            status = gates.find(shared, gate_id)
            if status is None or status.state in (GateState.OPEN, GateState.CANCELLED):
                raise ValueError(f"gate {gate_id!r} is not closed")
            gates.move(shared, gate_id, GateState.CLOSED, GateState.RUNNING)
            record = runs.start(shared, gate_id, self._clock.now())
        if record.number > 1:
            status = replace(status, gate=again(status.gate, record.started_at, record.budget))
        return status, record

    def _decide(self, status: GateStatus, record: RunRecord) -> tuple[Run, CollectedBids, Decision]:
        """Decide, and store the decision before publication.

        Again if meanwhile another gate was decided for the same time, because one of the two must count the
        other; and if preparation of another unit has begun, whose decision is retained from then on.
        """
        while True:
            first = self._first_unit(status.gate, record)
            gate_problem, figures, decided = self._proposed(status, record, first)
            with self._stores.shared.writing() as shared:
                meanwhile = {
                    run.run_id for _, run in runs_of_other_gates(shared, gate_problem.collected.gate)
                }
                unchanged = gate_problem.other_runs is None or meanwhile == gate_problem.other_runs
                if unchanged and first == self._first_unit(status.gate, record):
                    if not runs.decide(shared, figures, decision.encode(decided)):
                        raise RunGivenUpError(f"gate {figures.gate_id!r} was cancelled while it was decided")
                    break
            log.info("gate decided again: its input has changed", gate=figures.gate_id, run=figures.run_id)
        _warn(figures, gate_problem)
        return figures, gate_problem.all_bids, decided

    def _first_unit(self, gate: Gate, record: RunRecord) -> int:
        """From which market time unit on a run decides: a further one those that are not in preparation when
        it has to be published."""
        return 0 if record.number == 1 else gate.in_preparation(max(gate.publish_by, self._clock.now()))

    def _retained(self, gate: Gate, record: RunRecord, first: int) -> RetainedDecisions | None:
        """The retained decisions of a gate that is decided from unit `first` on.

        Raises:
            RunGivenUpError: everything does; the run before stays the last one.
        """
        if first == 0:
            return None
        try:
            if first < len(gate.units):
                return read_retained(self._stores, gate, record, first)
            why = f"gate {gate.gate_id!r} is in preparation to its end"
        except NothingRetainedError as error:
            why = str(error)
        with self._stores.shared.writing() as shared:
            runs.give_up(shared, record)
            gates.move(shared, gate.gate_id, GateState.RUNNING, GateState.PUBLISHED)
        raise RunGivenUpError(f"{why}; run {record.number} changes nothing")

    def _proposed(
        self, status: GateStatus, record: RunRecord, first: int
    ) -> tuple[GateProblem, Run, Decision]:
        """The problem, the run's figures and the proposed decision, on the input of now."""
        seconds: dict[str, float] = {}
        with _timed(seconds, "assemble"):
            gate_problem = self._pose(status.gate, self._retained(status.gate, record, first))
        with _timed(seconds, "optimise"):
            answer = self._answer(status.gate, gate_problem) if gate_problem.unanswered is None else None
        with _timed(seconds, "explain"):
            decided = self._decided(gate_problem, answer, status.gate.publish_by)
            figures = run_statistics.run_figures(
                record, status, gate_problem, decided, answer, finished_at=self._clock.now()
            )
        if answer is not None:
            seconds.update(run_statistics.optimiser_seconds(answer))
        notes = (*figures.notes, *self._worse(figures, record), *self._notes_on_absent(status.gate))
        if record.number > 1:
            notes += tuple(self._notes_on_activated(gate_problem.all_bids, decided, first))
        return gate_problem, replace(figures, stage_seconds=seconds, notes=notes), decided

    def _worse(self, figures: Run, record: RunRecord) -> Iterator[str]:
        with self._stores.shared.reading() as shared:
            earlier = [one for one in runs.of_gate(shared, figures.gate_id) if one.number < record.number]
        for one in earlier[-1:]:
            if one.figures and (note := run_statistics.worse_note(figures, one.figures, one.number)):
                yield note

    def _notes_on_activated(self, bids: CollectedBids, decided: Decision, first: int) -> Iterator[str]:
        if (reported := read_delivered(self._stores, bids)) is not None:
            available_mw = decided.availability(bids).available_mw
            if note := more_reported_note(bids, available_mw, reported, first):
                yield note

    def _notes_on_absent(self, gate: Gate) -> Iterator[str]:
        named = dict.fromkeys((*gate.platforms, *gate.grid_operators, *gate.system_operators))
        present = set(self._stores.present(named))
        for name in named:
            if name not in present:
                yield f"{name} is configured no longer: it receives no results of this run"

    def _pose(self, gate: Gate, retained: RetainedDecisions | None) -> GateProblem:
        """The gate's problem; whatever is wrong with grids or assignments, bids are answered."""
        try:
            return build_problem(
                self._stores, self._tenants, self._resources, gate, retained, reader=self._reader
            )
        except StoreUnavailableError:
            raise
        except Exception:
            log.exception("question cannot be posed", gate=gate.gate_id)
            return problem_without_grids(self._stores, gate, retained)

    def _answer(self, gate: Gate, gate_problem: GateProblem) -> Answer | SafeMeritOrder | None:
        """The optimiser's answer in time; None if it failed."""
        left = (gate.publish_by - self._clock.now()) / timedelta(seconds=1)
        with self._stores.shared.reading() as shared:
            reserved_s = reserve_s(shared, gate_problem.collected.quantity_mw.size, left)
        budget = max(min(gate.budget.total_seconds(), left - reserved_s), LEAST_BUDGET_S)
        try:
            if gate.use is UseOfLists.PREFIX:
                return self._keep_safe(gate_problem.problem, budget)
            return self._solve(gate_problem.problem, budget)
        except SolverStoppedError:
            raise
        except Exception:
            log.exception("optimiser failed", gate=gate.gate_id)
            return None

    def _decided(
        self, gate_problem: GateProblem, answer: Answer | SafeMeritOrder | None, publish_by: datetime
    ) -> Decision:
        """The decision from an answer, with retained decisions and operator reports."""
        if answer is None:
            decided = deciding.unanswered(gate_problem)
        else:
            if isinstance(answer, SafeMeritOrder):
                decided = deciding.from_safe_merit_order(gate_problem, answer)
            else:
                decided = deciding.from_answer(gate_problem, answer)
            left = publish_by - self._clock.now()
            decided = structs.replace(decided, failing=reports.failing_bids(gate_problem, answer, left))
        decided = structs.replace(decided, gaps=gate_problem.grids.gaps)
        if gate_problem.retained is not None:
            decided = joined(gate_problem.retained, decided)
        bids = gate_problem.all_bids
        shares = () if answer is None else reports.limited_shares(bids, decided)
        withheld = reports.withheld(bids, decided, contracted(bids))
        return structs.replace(decided, shares=shares, withheld=withheld)


def _warn(figures: Run, gate_problem: GateProblem) -> None:
    """Log warnings of what needs attention at once."""
    if gate_problem.unanswered is not None and gate_problem.unanswered.code == ReasonCode.UNAVAILABLE_IN_LIST:
        log.warning(
            "gate refused",
            gate=figures.gate_id,
            run=figures.run_id,
            use=figures.use,
            why=gate_problem.unanswered.text,
        )
    if figures.cut_short or (figures.rung in EMERGENCY_RUNGS and gate_problem.unanswered is None):
        log.warning(
            "search was not through",
            gate=figures.gate_id,
            run=figures.run_id,
            rung=figures.rung,
            gap=None if figures.gap is None else round(figures.gap, 4),
            cut_short=figures.cut_short,
            budget_s=gate_problem.collected.gate.budget.total_seconds(),
        )
    for grid_id, element_id, mw in figures.overloads:
        log.warning(
            "overload published",
            gate=figures.gate_id,
            run=figures.run_id,
            rule=figures.rule,
            grid=grid_id,
            element=element_id,
            overload_mw=round(mw, 3),
        )
    if figures.contracted_cut_mwh:
        log.warning(
            "contracted reserve is cut",
            gate=figures.gate_id,
            run=figures.run_id,
            cut_mwh=round(figures.contracted_cut_mwh, 3),
        )
    if figures.partly_unchecked:
        log.warning("published partly unchecked", gate=figures.gate_id, run=figures.run_id)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    seconds[stage] = perf_counter() - started
