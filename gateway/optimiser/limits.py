"""Which rows limit which bids, in shares.

A bid is limited at an MTU when it is accepted less than the merit order would accept it and rows with a
shadow price μ > 0 count against it. Row r weighs `μ_r · max(c_rb, 0)`, its part of the congestion price at
the bid (the marginal cost of accepting one MW more); shares are these weights over their sum.
"""

from collections.abc import Sequence

import numpy as np

from gateway.optimiser.answer import Limits
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.decision import Decision
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import by_grid

LEAST_MW = 1e-6


def limits_of(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    by_price: FloatArray,
    accepted: FloatArray,
    decisions: Sequence[Decision],
) -> Limits:
    """One entry per limited bid, MTU and limiting row; by_price and accepted are (B, T)."""
    short = by_price - accepted > LEAST_MW
    parts = [
        _one_mtu(problem, flows, short[:, d.mtu], accepted[:, d.mtu], d) for d in decisions if len(d.rows)
    ]
    if not parts:
        return Limits.none()
    return Limits(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _one_mtu(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    short: np.ndarray,
    accepted: FloatArray,
    decision: Decision,
) -> tuple[IntArray | FloatArray, ...]:
    bids, rows, weights, margins = [], [], [], []
    for grid, at in by_grid(decision.rows):
        mine, flow = decision.rows[at], flows[grid]
        coefficients = flow.coefficients(mine.element, mine.point, mine.side)
        room = flow.rooms_of(mine.element, mine.point, mine.side, problem.mtus)[:, decision.mtu]
        margin = room - coefficients @ accepted[flow.bids]
        weight = decision.shadow_price[at, None] * np.maximum(coefficients, 0.0) * short[flow.bids]
        row, column = np.nonzero(weight)
        bids.append(flow.bids[column])
        rows.append(at[row])
        weights.append(weight[row, column])
        margins.append(margin[row])
    bid, row, weight = np.concatenate(bids), np.concatenate(rows), np.concatenate(weights)
    total = np.bincount(bid, weights=weight, minlength=len(problem.bids.ids))
    keys = decision.rows[row]
    mtu = np.full(bid.size, decision.mtu)
    share = weight / total[bid]
    return bid, mtu, keys.grid, keys.element, keys.point, keys.side, share, np.concatenate(margins)
