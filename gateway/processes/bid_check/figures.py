"""How a run went, in figures."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from gateway.domain.result import Run, Rung, Verification
from gateway.optimiser.answer import Answer
from gateway.processes.bid_check.question import Question
from gateway.records.gates import GateStatus
from gateway.records.runs import RunRecord

MOST_LOADING_PCT = 1e6
"""Loading where a limit of 0 MW is exceeded: a number beyond doubt, because infinity is none in JSON."""

_AT_LIMIT = 1.0 + 1e-6


def unassessed(run: RunRecord, status: GateStatus, question: Question, finished_at: datetime) -> Run:
    """Figures of a run without an answer."""
    offers = question.offers
    return Run(
        run_id=run.run_id,
        gate_id=run.gate_id,
        started_at=run.started_at,
        finished_at=finished_at,
        rung=Rung.NOT_ASSESSED,
        gap=1.0,
        input_hash=question.input_hash,
        bids=len(offers),
        limited_bids=0,
        cost=0.0,
        cost_unconstrained=0.0,
        max_loading_before_pct=0.0,
        max_loading_after_pct=0.0,
        shortage_mwh=0.0,
        verification=Verification(0, 0, 0.0, 0.0),
        missing_platforms=status.missing,
        missing_grids=question.grids.missing,
        stale_grids=question.grids.stale,
        undecided=tuple((offers.name(bid), why) for bid, why in sorted(offers.undecided.items())),
        notes=question.notes,
    )


def assessed(empty: Run, question: Question, answer: Answer) -> Run:
    """The figures of `unassessed`, completed by an answer."""
    verified = answer.verification
    shortage_mw = answer.shortage_up_mw.sum() + answer.shortage_down_mw.sum()
    return replace(
        empty,
        rung=Rung(answer.worst_rung),
        gap=min(answer.gap, 1.0),
        limited_bids=int(answer.limited.any(axis=1).sum()),
        cost=float(answer.cost_eur.sum()),
        cost_unconstrained=float(answer.merit_order_cost_eur.sum()),
        max_loading_before_pct=_worst_pct([grid.before for grid in answer.loadings]),
        max_loading_after_pct=_worst_pct([grid.after for grid in answer.loadings]),
        shortage_mwh=float(shortage_mw) * question.problem.mtu_hours,
        verification=Verification(
            verified.rows_checked, verified.violations, verified.max_violation_mw, verified.tolerance_mw
        ),
        overloads_remaining=tuple(_over_limit(question, answer)),
        notes=(*empty.notes, *answer.notes),
    )


def optimiser_seconds(answer: Answer) -> Mapping[str, float]:
    """How long each stage of the optimiser took, named as such."""
    return {f"optimiser: {stage}": seconds for stage, seconds in answer.seconds.items()}


def _worst_pct(loadings: list[np.ndarray]) -> float:
    worst = max((float(loading.max(initial=0.0)) for loading in loadings), default=0.0)
    return min(100.0 * worst, MOST_LOADING_PCT)


def _over_limit(question: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    for grid, loading in zip(question.problem.grids, answer.loadings, strict=True):
        for element in np.flatnonzero((loading.after > _AT_LIMIT).any(axis=0)):
            yield grid.grid_id, grid.element_ids[element]
