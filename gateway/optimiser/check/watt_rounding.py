"""Correction of rounded quantities where rounding to the watt would exceed a row that the decision respects.

A quantity is rounded up or down, see `quantity_steps`. A row in which a MW moves thousands of units, such as
amperes, can exceed its limit by that. The excess is taken from the bids that load the row most, so that the
least is taken.
"""

from collections.abc import Sequence

import numpy as np

from gateway.optimiser.check.quantity_steps import STEP_MW, STEPS
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.overload import excesses, tolerance_of

ROUNDS = 20  # what is taken from a bid may be missed as relief in another row
ROUNDING = 1e-9  # of a step


def reduced_by_watts(
    problem: Problem,
    flows: Sequence[GridFlows],
    decided: FloatArray,
    rounded: FloatArray,
    mtus: Sequence[int],
) -> FloatArray:
    """(B, T) as rounded, less the excess of rows at `mtus` that the decided quantities (B, T) respect.

    No bid falls below its minimum: a row that only indivisible bids load stays exceeded, and the verification
    reports it.
    """
    rounded, least = rounded.copy(), least_mw(problem)
    for mtu in mtus:
        for _ in range(ROUNDS):
            before = rounded[:, mtu].copy()
            for flow in flows:
                _take(problem, flow, decided, rounded, least, mtu)
            if (rounded[:, mtu] == before).all():
                break
    return rounded


def _take(  # noqa: PLR0917 - one step of the above
    problem: Problem, flow: GridFlows, decided: FloatArray, rounded: FloatArray, least: FloatArray, mtu: int
) -> None:
    """Reduce the bids of one grid, in place, row by row, the greatest excess first."""
    now, bids = rounded[:, [mtu]].copy(), flow.bids
    for side, point, element, excess in zip(
        *_exceeded(problem, flow, decided[:, [mtu]], now, mtu), strict=True
    ):
        brings = flow.coefficients(np.array([element]), np.array([point]), np.array([1 - 2 * side]))[0]
        left = float(excess) - float(brings @ (now[bids, 0] - rounded[bids, mtu]))
        for place in np.argsort(-brings, kind="stable").tolist():
            if left <= 0 or brings[place] <= 0:
                break
            bid = bids[place]
            spare = np.floor((rounded[bid, mtu] - least[bid, mtu]) * STEPS + ROUNDING)
            steps = min(float(spare), float(np.ceil(left / brings[place] * STEPS)))
            if steps >= 1:
                rounded[bid, mtu] = max(np.round(rounded[bid, mtu] * STEPS - steps), 0.0) / STEPS
                left -= brings[place] * steps * STEP_MW


def _exceeded(
    problem: Problem, flow: GridFlows, decided: FloatArray, rounded: FloatArray, mtu: int
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Side, operating point, element of the rows that rounded quantities (B, 1) exceed but decided ones do
    not, and by how much: their limit, or what was agreed where the limit is exceeded on purpose."""
    at, direction, least = np.array([mtu]), problem.bids.direction, tolerance_of(flow)
    were, most_were = excesses(flow, direction, decided, at)
    are, most_are = excesses(flow, direction, rounded, at)
    over = np.where(were <= least, are, np.where(most_were <= least, most_are, -np.inf))
    side, point, element, _ = np.nonzero(over > least)
    excess = over[side, point, element, 0]
    order = np.argsort(-excess, kind="stable")
    return side[order], point[order], element[order], excess[order]
