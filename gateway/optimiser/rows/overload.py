"""How far accepted bids exceed limits: per row, and as one figure per market time unit.

An element is overloaded as far as its worst row is: the figure is the sum over elements of the largest excess
over operating points, sides and contingencies beyond max(limit, base), each divided by the scale of its row.
However many rows describe an element, it counts once.
"""

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.rows.active_points import only_reached
from gateway.optimiser.rows.flows import GridFlows

TOLERANCE_MW = 1e-5


def tolerance_of(flow: GridFlows) -> FloatArray:
    """(L, 1) by how much each row may be exceeded, in its own unit: what `TOLERANCE_MW` is worth there."""
    return np.asarray(TOLERANCE_MW * np.maximum(flow.grid.scale, 1.0)[:, None])


def excesses(
    flow: GridFlows,
    direction: IntArray,
    accepted_mw: FloatArray,
    mtus: IntArray,
    changes: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """MW (2, K, L, M) by which accepted (B, M) is beyond the margins of one grid, and beyond the most agreed.

    Negative within; −inf where an operating point does not count. `changes` if they are known already.
    """
    if changes is None:
        changes = np.stack(flow.changes(accepted_mw))
    excess = changes - only_reached(flow, direction, accepted_mw, np.stack(flow.margins(mtus)))
    if not flow.may_exceed.any():
        return excess, excess
    return excess, changes - only_reached(flow, direction, accepted_mw, np.stack(flow.most(mtus)))


def overload_of(flow: GridFlows, excess_mw: FloatArray) -> FloatArray:
    """(M,) overload of one grid: the excess (2, K, L, M) over all its rows as one figure."""
    worst = excess_mw.max(axis=(0, 1))
    worst = np.where(worst > tolerance_of(flow), worst, 0.0) / flow.grid.scale[:, None]
    if not worst.any():
        return np.zeros(worst.shape[1])
    element = flow.grid.of_element
    per_element = np.zeros((int(element.max()) + 1, worst.shape[1]))
    np.maximum.at(per_element, element, worst)
    return np.asarray(per_element.sum(axis=0))
