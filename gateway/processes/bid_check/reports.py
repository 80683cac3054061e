"""What operators ask of a decision: whom do limits hit, and what if a bid does not deliver?"""

from datetime import timedelta

import numpy as np

from gateway.domain.result import FailingBid, GroupedBy, LimitedShare, Side
from gateway.optimiser.answer import Answer
from gateway.optimiser.explain import discrimination
from gateway.optimiser.explain_safe import safe_discrimination, safe_non_delivery
from gateway.optimiser.non_delivery import non_delivery
from gateway.optimiser.problem import Problem
from gateway.optimiser.safe_answer import SafeMeritOrder
from gateway.processes.bid_check.question import Question

SHARE_OF_TIME = 0.1
"""Of what is left until publication, at most, for looking at every single failure."""

_EFFECTS_PER_S = 2e7
_SAFE_EFFECTS_PER_S = 5e6
"""Effects of a bid on an element looked at per second, cautiously: in one activation, in all of a list."""


def limited_shares(question: Question, answer: Answer | SafeMeritOrder) -> tuple[LimitedShare, ...]:
    """What limits take from each provider and from each platform, beside what is wanted of them.

    Wanted is what the merit order takes for the demand; in a safe merit order, whose demand nobody knows, all
    that is offered.
    """
    problem, hours = question.problem, question.problem.mtu_hours
    return tuple(
        LimitedShare(
            by=by,
            name=one.name,
            wanted_mwh=one.wanted * hours,
            limited_mwh=one.limited * hours,
            share_of_wanted=one.share_of_wanted,
            share_of_limited=one.share_of_limited,
        )
        for by in GroupedBy
        for one in (
            safe_discrimination(problem, answer, by=by)
            if isinstance(answer, SafeMeritOrder)
            else discrimination(problem, answer, by=by)
        )
    )


def failing_bids(
    question: Question, answer: Answer | SafeMeritOrder, time_left: timedelta
) -> tuple[FailingBid, ...] | None:
    """Bids whose failure alone would overload something, the worst first; None if there is no time.

    In a safe merit order: in some activation of the list.
    """
    problem, safe = question.problem, isinstance(answer, SafeMeritOrder)
    if _takes(problem, _SAFE_EFFECTS_PER_S if safe else _EFFECTS_PER_S) > SHARE_OF_TIME * time_left:
        return None
    if isinstance(answer, SafeMeritOrder):
        found = safe_non_delivery(problem, answer)
    else:
        found = non_delivery(problem, answer)
    bid_of_row = question.pieces.bid[found.bid]
    order = np.lexsort((-found.overload_mw, bid_of_row))
    bids, first, units = np.unique(bid_of_row[order], return_index=True, return_counts=True)
    worst = order[first]
    by_overload = np.argsort(-found.overload_mw[worst], kind="stable")
    return tuple(
        FailingBid(
            bid=question.offers.decided[bid],
            units=count,
            mtu=int(found.mtu[row]),
            grid_id=problem.grids[found.grid[row]].grid_id,
            element_id=problem.grids[found.grid[row]].element_ids[found.element[row]],
            side=Side.FORWARD if found.side[row] > 0 else Side.REVERSE,
            operating_point=problem.grids[found.grid[row]].point_names[found.point[row]],
            overload_mw=float(found.overload_mw[row]),
        )
        for bid, count, row in zip(
            bids[by_overload].tolist(),
            units[by_overload].tolist(),
            worst[by_overload].tolist(),
            strict=True,
        )
    )


def _takes(problem: Problem, effects_per_s: float) -> timedelta:
    """How long it takes to look at every bid of every grid against each of its rows, roughly."""
    effects = sum(grid.ptdf[..., 0].size * np.unique(grid.injections.bid).size for grid in problem.grids)
    return timedelta(seconds=effects * problem.mtus / effects_per_s)
