"""How a run went, in figures."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from gateway.domain.gate import UseOfLists
from gateway.domain.reason import ReasonCode
from gateway.domain.result import Outcome, Run, Rung, Verification
from gateway.optimiser.answer import Answer
from gateway.optimiser.safe_answer import BELIEVED_MW, SafeMeritOrder
from gateway.processes.bid_check.decision import Decision
from gateway.processes.bid_check.question import Question
from gateway.records.gates import GateStatus
from gateway.records.runs import RunRecord

MOST_LOADING_PCT = 1e6
"""Loading where a limit of 0 MW is exceeded: a number beyond doubt, because infinity is none in JSON."""

_AT_LIMIT = 1.0 + 1e-6
_NOT_LOOKED = "there was no time to look at what every single bid would overload by not delivering"


def unassessed(
    run: RunRecord, status: GateStatus, question: Question, decided: Decision, finished_at: datetime
) -> Run:
    """Figures of a run without an answer."""
    offers, gate = question.offers, status.gate
    availability, hours = decided.availability(offers), gate.units.hours
    contracted = question.contracted[:, None]
    why = () if question.unanswered is None else (question.unanswered.text or "",)
    return Run(
        run_id=run.run_id,
        gate_id=run.gate_id,
        started_at=run.started_at,
        finished_at=finished_at,
        use=gate.use,
        rule=gate.demand_rule if gate.use is UseOfLists.EXACT else None,
        outcome=None,
        partly_unchecked=bool(decided.unchecked),
        rung=Rung.NOT_ASSESSED,
        gap=None,
        input_hash=question.input_hash,
        bids=len(offers),
        limited_bids=availability.limited_bids,
        offered_mwh=float(availability.offered_mw.sum()) * hours,
        available_mwh=float(availability.available_mw.sum()) * hours,
        cost=None,
        cost_unconstrained=None,
        max_loading_before_pct=None,
        max_loading_after_pct=None,
        shortage_mwh=None,
        contracted_mwh=float((availability.offered_mw * contracted).sum()) * hours,
        contracted_cut_mwh=contracted_cut_mwh(question, decided),
        failing_bids=None if decided.failing is None else len(decided.failing),
        verification=Verification(0, 0, 0.0, 0.0),
        missing_platforms=status.missing,
        missing_grids=question.grids.missing,
        stale_grids=question.grids.stale,
        undecided=tuple((offers.name(bid), why) for bid, why in sorted(offers.undecided.items())),
        notes=(*question.notes, *why),
    )


def contracted_cut_mwh(question: Question, decided: Decision) -> float:
    """Energy of contracted capacity that is not available for another reason than that nobody needs it."""
    availability, why = decided.availability(question.offers), decided.why_of()
    idle = [number for number, one in enumerate(why.reasons, 1) if one.code == ReasonCode.BID_NOT_ACCEPTED]
    cut = availability.offered_mw - availability.available_mw
    counts = question.contracted[:, None] & ~np.isin(why.why, idle)
    return float(cut[counts].sum()) * question.problem.mtu_hours


def covered(empty: Run, question: Question, answer: Answer) -> Run:
    """The figures of `unassessed`, completed by an answer that covers a demand."""
    verified = answer.verification
    shortage_mw = answer.shortage_mw.sum()
    return replace(
        empty,
        outcome=answer.worst_outcome,
        rung=answer.worst_rung,
        gap=min(answer.gap, 1.0),
        cost=float(answer.cost_eur.sum()),
        cost_unconstrained=float(answer.merit_order_cost_eur.sum()),
        max_loading_before_pct=_worst_pct([grid.before for grid in answer.loadings]),
        max_loading_after_pct=_worst_pct([grid.after for grid in answer.loadings]),
        shortage_mwh=float(shortage_mw) * question.problem.mtu_hours,
        verification=Verification(
            verified.rows_checked,
            verified.violations,
            verified.max_violation_mw,
            verified.tolerance_mw,
            verified.agreed_overloads,
        ),
        overloads_remaining=tuple(_over_limit(question, answer)),
        overloads=tuple(_overloads(question, answer)),
        notes=(*empty.notes, *answer.notes, *_not_looked(empty)),
    )


def kept_safe(empty: Run, question: Question, safe: SafeMeritOrder) -> Run:
    """The figures of `unassessed`, completed by a safe merit order."""
    violated = safe.max_violation_mw > BELIEVED_MW
    return replace(
        empty,
        outcome=Outcome.WITHIN_LIMITS,
        rung=safe.worst_rung,
        gap=min(safe.gap, 1.0),
        verification=Verification(
            safe.rows_checked, int(violated), safe.max_violation_mw if violated else 0.0, BELIEVED_MW
        ),
        overloads_remaining=tuple(_over_limit_without_bids(question)),
        notes=(*empty.notes, *safe.notes, *_not_looked(empty)),
    )


def _not_looked(told: Run) -> tuple[str, ...]:
    return () if told.failing_bids is not None else (_NOT_LOOKED,)


def optimiser_seconds(answer: Answer | SafeMeritOrder) -> Mapping[str, float]:
    """How long each stage of the optimiser took, named as such."""
    stages = answer.seconds if isinstance(answer, Answer) else {"total": answer.seconds}
    return {f"optimiser: {stage}": seconds for stage, seconds in stages.items()}


def _worst_pct(loadings: list[np.ndarray]) -> float:
    worst = max((float(loading.max(initial=0.0)) for loading in loadings), default=0.0)
    return min(100.0 * worst, MOST_LOADING_PCT)


def _overloads(question: Question, answer: Answer) -> Iterator[tuple[str, str, float]]:
    """The worst excess over each element that the answer overloads."""
    worst: dict[tuple[str, str], float] = {}
    rows = answer.overloads
    for number, element, mw in zip(
        rows.grid.tolist(), rows.element.tolist(), rows.value.tolist(), strict=True
    ):
        grid = question.problem.grids[number]
        key = grid.grid_id, grid.element_ids[element]
        worst[key] = max(worst.get(key, 0.0), mw)
    for (grid_id, element_id), mw in sorted(worst.items()):
        yield grid_id, element_id, mw


def _over_limit(question: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    for grid, loading in zip(question.problem.grids, answer.loadings, strict=True):
        for element in np.flatnonzero((loading.after > _AT_LIMIT).any(axis=0)):
            yield grid.grid_id, grid.element_ids[element]


def _over_limit_without_bids(question: Question) -> Iterator[tuple[str, str]]:
    """What is beyond a limit before any bid: a safe list does not worsen it, and may not relieve it."""
    for grid in question.problem.grids:
        over = (grid.base_mw > grid.upper_mw) | (grid.base_mw < grid.lower_mw)
        for element in np.flatnonzero(over.any(axis=(0, 1))):
            yield grid.grid_id, grid.element_ids[element]
