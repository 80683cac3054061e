"""Which rows limit which bids, in shares.

A bid is limited at an MTU when it is accepted less than the merit order would accept it and rows with a
shadow price μ > 0 count against it. Row r weighs `μ_r · max(c_rb, 0)`, its part of the congestion price at
the bid (the marginal cost of accepting one MW more); shares are these weights over their sum.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.answer import Limits
from gateway.optimiser.checks import FloatArray
from gateway.optimiser.decision import Decision, RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import constraint_matrix, rooms

LEAST_MW = 1e-6


def limits_of(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    by_price: FloatArray,
    accepted: FloatArray,
    decisions: Sequence[Decision],
) -> Limits:
    """One entry per limited bid, MTU and limiting row; by_price and accepted are (B, T)."""
    solved = [decision for decision in decisions if len(decision.rows)]
    if not solved:
        return Limits.none()
    short = by_price - accepted > LEAST_MW
    rows, place = RowKeys.distinct([decision.rows for decision in solved])
    matrix = constraint_matrix(flows, rows, len(problem.bids.ids))
    room = rooms(flows, rows, problem.mtus)
    ends = np.cumsum([len(decision.rows) for decision in solved])
    parts = []
    for decision, mine in zip(solved, np.split(place, ends[:-1]), strict=True):
        mtu, order = decision.mtu, np.argsort(mine)
        weight = csr_array(matrix[mine[order]])
        margin = room[mine[order], mtu] - weight @ accepted[:, mtu]
        count = np.diff(weight.indptr)
        price = np.repeat(decision.shadow_price[order], count)
        share = price * np.maximum(weight.data, 0.0) * short[weight.indices, mtu]
        limiting = np.flatnonzero(share)
        row, bid = (
            np.repeat(np.arange(order.size), count)[limiting],
            weight.indices[limiting].astype(np.int64),
        )
        total = np.bincount(bid, weights=share[limiting], minlength=len(problem.bids.ids))
        keys = decision.rows[order[row]]
        shares = share[limiting] / total[bid]
        where = (keys.grid, keys.element, keys.point, keys.side)
        parts.append((bid, np.full(bid.size, mtu), *where, shares, margin[row]))
    return Limits(*(np.concatenate(column) for column in zip(*parts, strict=True)))
