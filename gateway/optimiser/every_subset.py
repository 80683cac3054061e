"""Lists of which every subset is safe: no solver, no order, no relief; in milliseconds.

What a bid offers is scaled down to the least share that any row leaves all who load it:

    q_b = Q_b · min over rows r with c_rb > 0 of min(1, room_r / W_r),   W_r = Σ_b max(c_rb, 0) Q_b

where W_r counts what was offered for direct activation in the MTU before too: it may still be delivered.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.flows import GridFlows, loads
from gateway.optimiser.problem import Problem

AT_ONCE = 32  # rows, of which most bids load one; twice as many next
BLOCK = 8  # MTUs between two looks at the clock
CELLS = 1_000_000  # of a matrix, worked on between two looks at the clock
Late = Callable[[], bool]


def every_subset(problem: Problem, flows: tuple[GridFlows, ...], late: Late) -> tuple[FloatArray, BoolArray]:
    """(B, T) parts of the offers of which every subset is safe, as far as the MTUs (G, T) were done.

    A part of the grids is safe at the MTUs that were done in all of its grids; `late` ends the work.
    """
    offered = problem.bids.available_mw
    share, done = np.ones_like(offered), np.zeros((len(flows), problem.mtus), np.bool_)
    for number, flow in enumerate(flows):
        if not flow.bids.size:
            done[number] = True
            continue
        effects = _effects(flow, late)
        if effects is None:
            break
        brings = _Brings.of(flow, effects)
        for first in range(0, problem.mtus, BLOCK):
            if late():
                break
            mtus = np.arange(first, min(first + BLOCK, problem.mtus))
            _scale(problem, flow, brings, share, mtus)
            done[number, mtus] = True
    if problem.bids.direct.any():
        done[:, :-1] &= done[:, 1:]  # what still delivers in the MTU after
    return np.asarray(offered * share), done


def _effects(flow: GridFlows, late: Late) -> FloatArray | None:
    """(K·L, b) flow change per MW; None if it became late meanwhile."""
    points, elements, _ = flow.grid.ptdf.shape
    point, element = np.divmod(np.arange(points * elements), elements)
    whole = replace(flow, relief_share=1.0)  # of either side
    effects, step = np.empty((point.size, flow.bids.size)), max(1, CELLS // flow.bids.size)
    for first in range(0, point.size, step):
        if late():
            return None
        rows = slice(first, first + step)
        effects[rows] = whole.coefficients(element[rows], point[rows], np.ones(point[rows].size, np.int64))
    return effects


@dataclass(frozen=True, slots=True, eq=False)
class _Brings:
    """What b bids bring to R rows per MW; bids that hang on a grid alike are one of c columns.

    Attributes:
        effects: (R, c) per MW. loading: (R, c) who loads the upper, and who the lower limits.
        column: (b,) of each bid.
        together: (c, b) 1 where a bid is of a column.
    """

    effects: FloatArray
    loading: tuple[BoolArray, BoolArray]
    column: IntArray
    together: csr_array

    @staticmethod
    def of(flow: GridFlows, effects: FloatArray) -> "_Brings":
        """From the effects (R, b) of all bids."""
        count = flow.bids.size
        several = np.diff(flow.starts, append=flow.signed.size) > 1
        node = np.where(several, -1.0 - np.arange(count), flow.grid.injections.node[flow.starts])
        hung = np.stack([node, np.where(several, 0.0, flow.signed[flow.starts])])
        _, first, column = np.unique(hung, axis=1, return_index=True, return_inverse=True)
        few, column = effects.take(first, axis=1), column.ravel()
        shape = first.size, count
        together = csr_array((np.ones(count), (column, np.arange(count))), shape=shape)
        return _Brings(few, (few > 0, few < 0), column, together)


def _scale(problem: Problem, flow: GridFlows, brings: _Brings, share: FloatArray, mtus: IntArray) -> None:
    """Bring shares (B, T) down to what one grid leaves at `mtus`, in place."""
    offered, direct = problem.bids.available_mw, problem.bids.direct[flow.bids]
    load = offered[np.ix_(flow.bids, mtus)]
    before = np.where((mtus > 0) & direct[:, None], offered[np.ix_(flow.bids, np.maximum(mtus - 1, 0))], 0.0)
    most_of = loads(brings.effects, np.asarray(brings.together @ (load + before)))
    for who, most, room in zip(brings.loading, most_of, flow.rooms(mtus), strict=True):
        left = room.reshape(most.shape)
        for column, mtu in enumerate(mtus.tolist()):
            rows = np.flatnonzero(most[:, column] > left[:, column])
            if rows.size:
                least = least_allowed(who, rows, left[rows, column] / most[rows, column])[brings.column]
                share[flow.bids, mtu] = np.minimum(share[flow.bids, mtu], least)
                if mtu:
                    still = flow.bids[direct]
                    share[still, mtu - 1] = np.minimum(share[still, mtu - 1], least[direct])


def least_allowed(loading: BoolArray, rows: IntArray, allowed: FloatArray) -> FloatArray:
    """(b,) the least of what rows (R,) allow those who load them; 1 who loads none. Tightest first."""
    least, open_ = np.ones(loading.shape[1]), np.arange(loading.shape[1])
    order = np.argsort(allowed, kind="stable")
    first, count = 0, AT_ONCE
    while first < order.size and open_.size:
        tight = order[first : first + count]
        who = loading[rows[tight]]
        if open_.size < least.size:
            who = who.take(open_, axis=1)
        place = who.argmax(axis=0)
        met = who[place, np.arange(open_.size)]
        least[open_[met]] = allowed[tight[place[met]]]
        open_ = open_[~met]
        first, count = first + count, 2 * count
    return least
