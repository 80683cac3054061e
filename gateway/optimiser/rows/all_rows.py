"""The limit rows of all grids side by side, each with the flow change that accepted bids cause.

Flow changes are linear in the accepted bids: where few have moved since the last time, only their columns of
the PTDF are read. Reading all of it, 160 MB for a hundred grids, is what a search for violated rows costs.
"""

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.rows.flows import GridFlows

ROUND_OFF_MW = 1e-10
FEW = 12  # one in so many nodes, or less: their columns are read faster than the complete matrix


class AllRows:
    """R rows (element, operating point) of G grids, each with two sides.

    Attributes:
        change: (2, R) change⁺ and change⁻ in MW of the bids followed last; 0 before that.
    """

    def __init__(self, flows: tuple[GridFlows, ...]) -> None:
        self._flows = flows
        self._ptdf = [flow.grid.ptdf.reshape(-1, flow.grid.ptdf.shape[2]) for flow in flows]
        self._first = _starts([ptdf.shape[0] for ptdf in self._ptdf])
        self._first_node = _starts([ptdf.shape[1] for ptdf in self._ptdf])
        self._elements = np.array([flow.grid.ptdf.shape[1] for flow in flows], np.int64)
        self._grid_of = np.repeat(np.arange(len(flows)), [flow.bids.size for flow in flows])
        self._bid_of = _joined([flow.bids for flow in flows])
        self._hung_bid = _joined([flow.grid.injections.bid for flow in flows])
        hung = [
            flow.grid.injections.node + first
            for flow, first in zip(flows, self._first_node[:-1], strict=True)
        ]
        self._hung_node, self._signed = (
            _joined(hung),
            np.concatenate([np.zeros(0), *(f.signed for f in flows)]),
        )
        self._accepted: FloatArray | None = None
        self._injection = np.zeros(int(self._first_node[-1]))
        self.change = np.zeros((2, int(self._first[-1])))

    def follow(self, accepted_mw: FloatArray) -> None:
        """Bring `change` to accepted (B,)."""
        before = np.zeros(accepted_mw.size) if self._accepted is None else self._accepted
        step = accepted_mw - before
        step[np.abs(step) <= ROUND_OFF_MW] = 0.0
        self._accepted = now = before + step
        moved = np.bincount(self._grid_of[step[self._bid_of] != 0], minlength=len(self._flows))
        weight = self._signed * now[self._hung_bid]
        injection = np.bincount(self._hung_node, weight, self._injection.size).astype(np.float64)
        for grid in np.flatnonzero(moved).tolist():
            change = self.change[:, self._first[grid] : self._first[grid + 1]]
            if self._flows[grid].relief_share < 1.0:
                both = self._flows[grid].changes(now[:, None])
                change[:] = np.stack(both).reshape(2, -1)
            else:
                nodes = slice(self._first_node[grid], self._first_node[grid + 1])
                self._multiply(self._ptdf[grid], self._injection[nodes], injection[nodes], change[0])
                np.negative(change[0], out=change[1])
        self._injection = injection

    @staticmethod
    def _multiply(ptdf: FloatArray, before: FloatArray, injection: FloatArray, change: FloatArray) -> None:
        """Turn the `change` (R,) of node injections `before` (N,) into that of `injection`."""
        step = injection - before
        touched = np.flatnonzero(step)
        if touched.size * FEW <= step.size:
            change += ptdf.take(touched, axis=1) @ step[touched]
        else:
            np.dot(ptdf, injection, out=change)

    def margins(self, mtu: int) -> FloatArray:
        """(2, R) margins of both sides at one MTU."""
        at = np.array([mtu])
        margins = [np.stack(flow.margins(at)).reshape(2, -1) for flow in self._flows]
        return np.concatenate([np.zeros((2, 0)), *margins], axis=1)

    def keys(self, side: IntArray, row: IntArray) -> RowKeys:
        """The rows at these positions in `change`."""
        grid = np.searchsorted(self._first, row, side="right") - 1
        point, element = np.divmod(row - self._first[grid], self._elements[grid])
        return RowKeys(grid, element, point, 1 - 2 * side)

    def positions(self, rows: RowKeys) -> tuple[IntArray, IntArray]:
        """Where rows are in `change`."""
        return (1 - rows.side) // 2, self._first[rows.grid] + rows.point * self._elements[
            rows.grid
        ] + rows.element


def _starts(sizes: list[int]) -> IntArray:
    return np.cumsum(np.array([0, *sizes], np.int64))


def _joined(parts: list[IntArray]) -> IntArray:
    return np.concatenate([np.zeros(0, np.int64), *parts])
