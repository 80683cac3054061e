"""The most that published lists can bring to the rows of grids, however they are used."""

import numpy as np

from gateway.domain.gate import UseOfLists
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows


def most_brought(problem: Problem, use: UseOfLists, mtus: IntArray) -> tuple[FloatArray, FloatArray]:
    """Towards the upper and the lower limits of the only grid, the most (K, M, L) MW that offers bring.

    Lists used as prefix: by the worst activation of each (see `prefixes`). Exact lists: all of it, or nothing
    of it. So neither is ever negative: relief by these lists is not relied on. Limits and base flows of the
    grids play no part.
    """
    (flow,) = GridFlows.of(problem)
    if use is UseOfLists.EXACT:
        up, down = flow.changes(problem.bids.quantity_mw[:, mtus])
        return np.maximum(up, 0.0).transpose(0, 2, 1), np.maximum(down, 0.0).transpose(0, 2, 1)
    points, elements, _ = flow.grid.ptdf.shape
    rows = ComponentRows(problem, (flow,), Component(np.array([0]), flow.bids))
    available, whole = problem.bids.quantity_mw[flow.bids], np.arange(len(rows.keys))
    brought = np.zeros((2, points, mtus.size, elements))
    for number, mtu in enumerate(mtus.tolist()):
        before = available[:, mtu - 1] if mtu else np.zeros(flow.bids.size)
        most = rows.sheet(mtu, whole).brought(np.concatenate([available[:, mtu], before]))
        brought[:, :, number] = most.reshape(2, points, elements)
    return brought[0], brought[1]
