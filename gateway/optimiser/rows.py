"""Limit rows as sparse constraints, and the search for those that are violated."""

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.decision import RowKeys
from gateway.optimiser.flows import GridFlows

TOLERANCE_MW = 1e-6


def constraint_matrix(flows: tuple[GridFlows, ...], keys: RowKeys, bid_count: int) -> csr_array:
    """(R, B) change of each row's side per accepted MW, rows in the order of `keys`."""
    columns, values, counts = [np.zeros(0, np.int64)], [np.zeros(0)], [np.zeros(0, np.int64)]
    order = [np.zeros(0, np.int64)]
    for number, at in by_grid(keys):
        flow, mine = flows[number], keys[at]
        dense = flow.coefficients(mine.element, mine.point, mine.side)
        row, column = np.nonzero(dense)
        columns.append(flow.bids[column])
        values.append(dense[row, column])
        counts.append(np.bincount(row, minlength=at.size))
        order.append(at)
    start = np.r_[0, np.cumsum(np.concatenate(counts))]
    shape = (len(keys), bid_count)
    grouped = csr_array((np.concatenate(values), np.concatenate(columns), start), shape=shape)
    place = np.concatenate(order)
    return grouped if (np.diff(place) > 0).all() else grouped[np.argsort(place)]


def rooms(flows: tuple[GridFlows, ...], keys: RowKeys, mtus: int) -> FloatArray:
    """(R, T) room of each row at every MTU."""
    room = np.empty((len(keys), mtus))
    for number, at in by_grid(keys):
        room[at] = flows[number].rooms_of(keys[at].element, keys[at].point, keys[at].side, mtus)
    return room


def by_grid(keys: RowKeys) -> list[tuple[int, IntArray]]:
    """Grids that occur among the rows, each with the positions of its rows."""
    order = np.argsort(keys.grid, kind="stable")
    grids, count = np.unique(keys.grid, return_counts=True)
    ends = np.cumsum(count)
    return [(int(g), order[e - c : e]) for g, c, e in zip(grids, count, ends, strict=True)]


def violated(flow: GridFlows, accepted_mw: FloatArray, mtus: IntArray) -> BoolArray:
    """(M,) whether `accepted_mw` (B, M) violates any row of one grid at each of `mtus`."""
    result = np.zeros(mtus.size, np.bool_)
    for change, room in zip(flow.changes(accepted_mw), flow.rooms(mtus), strict=True):
        result |= (change - room > TOLERANCE_MW).any(axis=(0, 1))
    return result


class Search:
    """Looks for violated rows in all grids, and remembers the ones it has named.

    A grid whose accepted bids have not changed since its last look is not multiplied again.
    """

    def __init__(self, flows: tuple[GridFlows, ...]) -> None:
        self._flows = flows
        self._named: list[BoolArray] = [np.zeros((2, *flow.grid.ptdf.shape[:2]), np.bool_) for flow in flows]
        self._clean: list[tuple[int, FloatArray] | None] = [None] * len(flows)

    def any_violated(self, accepted_mw: FloatArray, mtus: IntArray) -> BoolArray:
        """(M,) whether `accepted_mw` (B, M) violates any row at each of `mtus`."""
        result = np.zeros(mtus.size, np.bool_)
        for flow in self._flows:
            result |= violated(flow, accepted_mw, mtus)
        return result

    def name(self, rows: RowKeys) -> None:
        """Remember rows named elsewhere."""
        for number, at in by_grid(rows):
            mine = rows[at]
            self._named[number][np.where(mine.side > 0, 0, 1), mine.point, mine.element] = True

    def new_rows(self, accepted_mw: FloatArray, mtu: int) -> RowKeys:
        """Rows violated by `accepted_mw` (B,) at one MTU and not named before.

        Of an element violated at several operating points only the worst is named; the others get their
        turn should they still be violated when it is not.
        """
        found = []
        for number, flow in enumerate(self._flows):
            mine, clean = accepted_mw[flow.bids], self._clean[number]
            if clean is not None and clean[0] == mtu and np.array_equal(clean[1], mine):
                continue
            named = self._worst(number, accepted_mw, mtu)
            found += named
            if not named:
                self._clean[number] = mtu, mine
        return RowKeys.join(found)

    def _worst(self, number: int, accepted_mw: FloatArray, mtu: int) -> list[RowKeys]:
        flow, found = self._flows[number], []
        both = zip(flow.changes(accepted_mw[:, None]), flow.rooms(np.array([mtu])), (1, -1), strict=True)
        for at, (change, room, side) in enumerate(both):
            excess = (change - room)[..., 0]
            excess[self._named[number][at]] = -1.0
            element = np.flatnonzero(excess.max(axis=0) > TOLERANCE_MW)
            if element.size:
                point = excess[:, element].argmax(axis=0)
                self._named[number][at][point, element] = True
                same = np.full(element.size, number)
                found.append(RowKeys(same, element, point, np.full(element.size, side)))
        return found
