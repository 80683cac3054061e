"""Lists of which every subset is safe: no solver, no order, no relief; in milliseconds.

The offer of a bid is scaled down to the least share that any row leaves all bids that load it:

    q_b = Q_b · min over rows r with c_rb > 0 of min(1, margin_r / W_r),   W_r = Σ_b max(c_rb, 0) Q_b

where W_r counts what was offered for direct activation in the MTU before too: it may still be delivered.
"""

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.effects import Effects, Late, TooLateError
from gateway.optimiser.rows.flows import GridFlows

BLOCK = 32  # MTUs between two looks at the clock


def every_subset(problem: Problem, flows: tuple[GridFlows, ...], late: Late) -> tuple[FloatArray, BoolArray]:
    """(B, T) parts of the offers of which every subset is safe, as far as the MTUs (G, T) were done.

    A component of the grids is safe at the MTUs that were done in all of its grids; `late` ends the work.
    """
    offered = problem.bids.available_mw
    share, done = np.ones_like(offered), np.zeros((len(flows), problem.mtus), np.bool_)
    for number, flow in enumerate(flows):
        if not flow.bids.size:
            done[number] = True
            continue
        try:
            brings = Effects.of(flow, late)
        except TooLateError:
            break
        for first in range(0, problem.mtus, BLOCK):
            if late():
                break
            mtus = np.arange(first, min(first + BLOCK, problem.mtus))
            _scale(problem, flow, brings, share, mtus)
            done[number, mtus] = True
    if problem.bids.direct.any():
        done[:, :-1] &= done[:, 1:]  # what still delivers in the MTU after
    return np.asarray(offered * share), done


def _scale(problem: Problem, flow: GridFlows, brings: Effects, share: FloatArray, mtus: IntArray) -> None:
    """Bring shares (B, T) down to what one grid leaves at `mtus`, in place."""
    offered, direct = problem.bids.available_mw, problem.bids.direct[flow.bids]
    load = offered[np.ix_(flow.bids, mtus)]
    before = np.where((mtus > 0) & direct[:, None], offered[np.ix_(flow.bids, np.maximum(mtus - 1, 0))], 0.0)
    for side, (most, margin) in enumerate(zip(brings.most(load + before), flow.margins(mtus), strict=True)):
        left = margin.reshape(most.shape)
        for column, mtu in enumerate(mtus.tolist()):
            rows = np.flatnonzero(most[:, column] > left[:, column])
            if rows.size:
                least = brings.least_allowed(side, rows, left[rows, column] / most[rows, column])
                share[flow.bids, mtu] = np.minimum(share[flow.bids, mtu], least)
                if mtu:
                    still = flow.bids[direct]
                    share[still, mtu - 1] = np.minimum(share[still, mtu - 1], least[direct])
