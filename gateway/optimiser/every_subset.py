"""Lists of which every subset is safe: no solver, no order, no relief; in milliseconds.

What a bid offers is scaled down to the least share that any row leaves all who load it:

    q_b = Q_b · min over rows r with c_rb > 0 of min(1, room_r / W_r),   W_r = Σ_b max(c_rb, 0) Q_b

where W_r counts what was offered for direct activation in the MTU before too: it may still be delivered.
"""

from collections.abc import Callable

import numpy as np

from gateway.optimiser.checks import FloatArray
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.problem import Problem

BLOCK = 8  # MTUs between two looks at the clock


def every_subset(
    problem: Problem, flows: tuple[GridFlows, ...], late: Callable[[], bool]
) -> FloatArray | None:
    """(B, T) parts of the offers of which every subset is safe; None if `late` said so before the end."""
    offered = problem.bids.available_mw
    share = np.ones_like(offered)
    for flow in (one for one in flows if one.bids.size):
        effects = flow.effects().reshape(-1, flow.bids.size)
        for first in range(0, problem.mtus, BLOCK):
            if late():
                return None
            _scale(problem, flow, effects, share, np.arange(first, min(first + BLOCK, problem.mtus)))
    return np.asarray(offered * share)


def _scale(
    problem: Problem, flow: GridFlows, effects: FloatArray, share: FloatArray, mtus: np.ndarray
) -> None:
    """Bring shares (B, T) down to what one grid leaves at `mtus`, in place."""
    offered, direct = problem.bids.available_mw, problem.bids.direct[flow.bids]
    load = offered[np.ix_(flow.bids, mtus)]
    before = np.where((mtus > 0) & direct[:, None], offered[np.ix_(flow.bids, np.maximum(mtus - 1, 0))], 0.0)
    for side, room in zip((1.0, -1.0), flow.rooms(mtus), strict=True):
        worsening = np.maximum(side * effects, 0.0)
        most, left = worsening @ (load + before), room.reshape(effects.shape[0], -1)
        for column, mtu in enumerate(mtus.tolist()):
            rows = np.flatnonzero(most[:, column] > left[:, column])
            if rows.size:
                allowed = (left[rows, column] / most[rows, column])[:, None]
                least = np.where(worsening[rows] > 0, allowed, 1.0).min(axis=0)
                share[flow.bids, mtu] = np.minimum(share[flow.bids, mtu], least)
                if mtu:
                    still = flow.bids[direct]
                    share[still, mtu - 1] = np.minimum(share[still, mtu - 1], least[direct])
