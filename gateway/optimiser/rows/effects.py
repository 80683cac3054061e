"""Effects of bids on the rows of a grid; bids with the same connection share a column."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.rows.flows import GridFlows, loads

AT_ONCE = 32  # rows, of which most bids load one; twice as many next
CELLS = 1_000_000  # of a matrix, worked on between two looks at the clock
Late = Callable[[], bool]


class TooLateError(Exception):
    """The time for it is over."""


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects of b bids on R = K·L rows per MW, by columns of bids with the same connection.

    Attributes:
        effects: (R, c) flow change per MW.
        loading: (R, c) who loads the upper, and who the lower limits.
        column: (b,) of each bid.
        together: (c, b) 1 where a bid is of a column.
    """

    effects: FloatArray
    loading: tuple[BoolArray, BoolArray]
    column: IntArray
    together: csr_array

    @staticmethod
    def of(flow: GridFlows, late: Late = lambda: False) -> "Effects":
        """Effects of the bids (at least one) of a grid.

        Raises:
            TooLateError: it became late meanwhile.
        """
        count, hung = flow.bids.size, flow.grid.injections
        ends = np.append(flow.starts[1:], flow.signed.size)
        several = ends - flow.starts > 1
        node = np.where(several, -1.0 - np.arange(count), hung.node[flow.starts])
        alike = np.stack([node, np.where(several, 0.0, flow.signed[flow.starts])])
        _, first, column = np.unique(alike, axis=1, return_index=True, return_inverse=True)
        column = column.ravel()
        least = np.full(first.size, np.inf)
        np.minimum.at(least, column, flow.least)  # what counts for the largest of them counts for all
        effects = _effects(flow, flow.starts[first], ends[first], least, late)
        shape = first.size, count
        together = csr_array((np.ones(count), (column, np.arange(count))), shape=shape)
        return Effects(effects, (effects > 0, effects < 0), column, together)

    def most(self, quantity_mw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The most (R, M) that any of what the bids deliver (b, M) brings towards upper and lower limits."""
        return loads(self.effects, np.asarray(self.together @ quantity_mw))

    def least_allowed(self, side: int, rows: IntArray, allowed: FloatArray) -> FloatArray:
        """(b,) the least of what rows (R,) of a side, 0 upper or 1 lower, allow those who load them.

        1 for who loads none. Tightest first.
        """
        loading = self.loading[side]
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
        return least[self.column]


def _effects(flow: GridFlows, starts: IntArray, ends: IntArray, least: FloatArray, late: Late) -> FloatArray:
    """(K·L, c) flow change per MW of bids whose injections begin and end there (c,).

    Values smaller than `least` (c,) are left out.
    """
    sizes = ends - starts
    heads = np.cumsum(sizes) - sizes
    injections = np.arange(int(sizes.sum())) + np.repeat(starts - heads, sizes)
    nodes, signed = flow.grid.injections.node[injections], flow.signed[injections]
    ptdf = flow.grid.ptdf.reshape(-1, flow.grid.ptdf.shape[2])
    effects, step = np.empty((len(ptdf), starts.size)), max(1, CELLS // max(nodes.size, 1))
    for first in range(0, len(ptdf), step):
        if late():
            raise TooLateError
        block = ptdf[first : first + step].take(nodes, axis=1)
        block *= signed
        effects[first : first + step] = np.add.reduceat(block, heads, axis=1) if sizes.max() > 1 else block
    effects[np.abs(effects) < least] = 0.0
    return effects
