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
from gateway.processes.bid_check.problem.collected_bids import Offers, RoomsReader, read_offers
from gateway.processes.bid_check.problem.committed import runs_beside
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.problem.problem_builder import Question, not_posed, pose
from gateway.processes.bid_check.problem.standing import NothingStandsError, Standing, joined, standing
from gateway.processes.bid_check.result import deciding, reports, run_statistics
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.run.time_reserve import reserve_s
from gateway.processes.gates import again
from gateway.processes.resources import Resources
from gateway.records.engine.store import Store
from gateway.records.market import gates, runs
from gateway.records.market.gates import GateStatus
from gateway.records.market.runs import RunRecord

log = structlog.get_logger(__name__)

Solver = Callable[[Problem, float], Answer]
"""Covers the demand of a problem within a budget in seconds; always returns (see `optimiser.worker`)."""

SafeSolver = Callable[[Problem, float], SafeMeritOrder]
"""A safe merit order within a budget in seconds; always returns (see `optimiser.safe_worker`)."""

LEAST_BUDGET_S = 1.0
"""What the optimiser gets when the gateway comes too late anyway, e.g. after a restart."""


class RunGivenUpError(Exception):
    """The gate was cancelled while it was being decided: nobody is told anything."""


class BidCheck:
    """Decides gates."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        resources: Resources,
        publisher: Publisher,
        clock: Clock,
        *,
        solve: Solver,
        keep_safe: SafeSolver,
        reader: RoomsReader | None = None,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._resources = resources
        self._publisher = publisher
        self._clock = clock
        self._solve = solve
        self._keep_safe = keep_safe
        self._reader = reader

    def run(self, gate_id: str) -> Run:
        """Decide a closed gate and publish; a gate that is running goes on, a published one stays as it is.

        What was decided is stored before anybody is told: after an interruption everybody is told the same.
        One run per gate at a time is the caller's business.

        Raises:
            ValueError: there is no such gate, or it is still open.
            SolverStoppedError: the gateway stops; the run goes on after its next start.
            RunGivenUpError: the gate was cancelled meanwhile.
            StoreUnavailableError: names those whose stores cannot be written to now; the gate is published,
                and running it again tells them.
        """
        status, record = self._start(gate_id)
        with self._store.house.reading() as house:
            stored, is_told = runs.decision_of(house, record.run_id), runs.is_told(house, record.run_id)
        if is_told and record.figures is not None:
            return record.figures
        if stored is None or record.figures is None:
            told, offers, decided = self._decide(status, record)
        else:
            told, offers, decided = (
                record.figures,
                read_offers(self._store, status.gate),
                decision.decode(stored),
            )
        seconds = dict(told.stage_seconds)
        with _timed(seconds, "publish"):
            left = self._publisher.publish(record.run_id, offers, decided)
        told = replace(told, stage_seconds=seconds if record.published_at is None else told.stage_seconds)
        with self._store.house.writing() as house:
            runs.publish(
                house,
                told,
                self._clock.now(),
                told_all=not left,
                needed_until=status.gate.delivery.end,
            )
            gates.move(house, gate_id, GateState.RUNNING, GateState.PUBLISHED)
        if left:
            raise StoreUnavailableError(f"run {record.run_id} is not told to {', '.join(left)} yet")
        log.info(
            "gate published",
            gate=gate_id,
            run=record.run_id,
            number=record.number,
            use=told.use,
            rule=told.rule,
            outcome=told.outcome,
            rung=told.rung,
            bids=told.bids,
            limited=told.limited_bids,
            late=self._clock.now() > status.gate.publish_by,
        )
        return told

    def _start(self, gate_id: str) -> tuple[GateStatus, RunRecord]:
        with self._store.house.writing() as house:
            status = gates.find(house, gate_id)
            if status is None or status.state in (GateState.OPEN, GateState.CANCELLED):
                raise ValueError(f"gate {gate_id!r} is not closed")
            gates.move(house, gate_id, GateState.CLOSED, GateState.RUNNING)
            record = runs.start(house, gate_id, self._clock.now())
        if record.number > 1:
            status = replace(status, gate=again(status.gate, record.started_at))
        return status, record

    def _decide(self, status: GateStatus, record: RunRecord) -> tuple[Run, Offers, Decision]:
        """Decide, and store it before anybody is told.

        Anew if meanwhile another gate was decided for the same time, because one of the two must count the
        other; and if preparation of another unit has begun, whose decision stands from then on.
        """
        while True:
            first = self._first_unit(status.gate, record)
            question, told, decided = self._proposed(status, record, first)
            with self._store.house.writing() as house:
                meanwhile = {run.run_id for _, run in runs_beside(house, question.offers.gate)}
                beside = question.beside is None or meanwhile == question.beside
                if beside and first == self._first_unit(status.gate, record):
                    if not runs.decide(house, told, decision.encode(decided)):
                        raise RunGivenUpError(f"gate {told.gate_id!r} was cancelled while it was decided")
                    break
            log.info("gate decided anew: things have moved on", gate=told.gate_id, run=told.run_id)
        _warn(told, question)
        return told, question.whole, decided

    def _first_unit(self, gate: Gate, record: RunRecord) -> int:
        """From which market time unit on a run decides: a further one those that are not in preparation when
        it has to be published."""
        return 0 if record.number == 1 else gate.in_preparation(max(gate.publish_by, self._clock.now()))

    def _standing(self, gate: Gate, record: RunRecord, first: int) -> Standing | None:
        """What stands of a gate that is decided from unit `first` on.

        Raises:
            RunGivenUpError: everything does; the run before stays the last one.
        """
        if first == 0:
            return None
        try:
            if first < len(gate.units):
                return standing(self._store, gate, record, first)
            why = f"gate {gate.gate_id!r} is in preparation to its end"
        except NothingStandsError as error:
            why = str(error)
        with self._store.house.writing() as house:
            runs.give_up(house, record)
            gates.move(house, gate.gate_id, GateState.RUNNING, GateState.PUBLISHED)
        raise RunGivenUpError(f"{why}; run {record.number} changes nothing")

    def _proposed(self, status: GateStatus, record: RunRecord, first: int) -> tuple[Question, Run, Decision]:
        """What to decide, on what is known now."""
        seconds: dict[str, float] = {}
        with _timed(seconds, "assemble"):
            question = self._pose(status.gate, self._standing(status.gate, record, first))
        with _timed(seconds, "optimise"):
            answer = self._answer(status.gate, question) if question.unanswered is None else None
        with _timed(seconds, "explain"):
            decided = self._decided(question, answer, status.gate.publish_by)
            told = run_statistics.run_figures(
                record, status, question, decided, answer, finished_at=self._clock.now()
            )
        if answer is not None:
            seconds.update(run_statistics.optimiser_seconds(answer))
        notes = (*told.notes, *self._worse(told, record), *self._not_told(status.gate))
        return question, replace(told, stage_seconds=seconds, notes=notes), decided

    def _worse(self, told: Run, record: RunRecord) -> Iterator[str]:
        with self._store.house.reading() as house:
            earlier = [one for one in runs.of_gate(house, told.gate_id) if one.number < record.number]
        for one in earlier[-1:]:
            if one.figures and (note := run_statistics.worse_note(told, one.figures, one.number)):
                yield note

    def _not_told(self, gate: Gate) -> Iterator[str]:
        named = dict.fromkeys((*gate.platforms, *gate.grid_operators, *gate.system_operators))
        present = set(self._store.present(named))
        for name in named:
            if name not in present:
                yield f"{name} is configured no longer: it is told nothing of this run"

    def _pose(self, gate: Gate, stands: Standing | None) -> Question:
        """The gate's question; whatever is wrong with grids or assignments, bids are answered."""
        try:
            return pose(self._store, self._tenants, self._resources, gate, stands, reader=self._reader)
        except StoreUnavailableError:
            raise
        except Exception:
            log.exception("question cannot be posed", gate=gate.gate_id)
            return not_posed(self._store, gate, stands)

    def _answer(self, gate: Gate, question: Question) -> Answer | SafeMeritOrder | None:
        """The optimiser's answer in time; None if it failed."""
        left = (gate.publish_by - self._clock.now()) / timedelta(seconds=1)
        with self._store.house.reading() as house:
            kept = reserve_s(house, question.offers.quantity_mw.size, left)
        budget = max(min(gate.budget.total_seconds(), left - kept), LEAST_BUDGET_S)
        try:
            if gate.use is UseOfLists.PREFIX:
                return self._keep_safe(question.problem, budget)
            return self._solve(question.problem, budget)
        except SolverStoppedError:
            raise
        except Exception:
            log.exception("optimiser failed", gate=gate.gate_id)
            return None

    def _decided(
        self, question: Question, answer: Answer | SafeMeritOrder | None, publish_by: datetime
    ) -> Decision:
        """What an answer decides, with what stands, and with what operators ask of it."""
        if answer is None:
            decided = deciding.unanswered(question)
        else:
            if isinstance(answer, SafeMeritOrder):
                decided = deciding.from_safe_merit_order(question, answer)
            else:
                decided = deciding.from_answer(question, answer)
            left = publish_by - self._clock.now()
            decided = structs.replace(decided, failing=reports.failing_bids(question, answer, left))
        decided = structs.replace(decided, gaps=question.grids.gaps)
        if question.standing is not None:
            decided = joined(question.standing, decided)
        whole = question.whole
        shares = () if answer is None else reports.limited_shares(whole, decided)
        withheld = reports.withheld(whole, decided, contracted(whole))
        return structs.replace(decided, shares=shares, withheld=withheld)


def _warn(told: Run, question: Question) -> None:
    """What somebody should hear of at once."""
    if question.unanswered is not None and question.unanswered.code == ReasonCode.UNAVAILABLE_IN_LIST:
        log.warning(
            "gate refused", gate=told.gate_id, run=told.run_id, use=told.use, why=question.unanswered.text
        )
    if told.cut_short or (told.rung in EMERGENCY_RUNGS and question.unanswered is None):
        log.warning(
            "search was not through",
            gate=told.gate_id,
            run=told.run_id,
            rung=told.rung,
            gap=None if told.gap is None else round(told.gap, 4),
            cut_short=told.cut_short,
            budget_s=question.offers.gate.budget.total_seconds(),
        )
    for grid_id, element_id, mw in told.overloads:
        log.warning(
            "overload published",
            gate=told.gate_id,
            run=told.run_id,
            rule=told.rule,
            grid=grid_id,
            element=element_id,
            overload_mw=round(mw, 3),
        )
    if told.contracted_cut_mwh:
        log.warning(
            "contracted reserve is cut",
            gate=told.gate_id,
            run=told.run_id,
            cut_mwh=round(told.contracted_cut_mwh, 3),
        )
    if told.partly_unchecked:
        log.warning("published partly unchecked", gate=told.gate_id, run=told.run_id)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    seconds[stage] = perf_counter() - started
