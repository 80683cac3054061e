"""Limit rows as sparse constraints, and the search for those that are violated."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.rows.all_rows import AllRows
from gateway.optimiser.rows.flows import GridFlows

TOLERANCE_MW = 1e-6
ELEMENTS = 1 << 32  # more than a grid has


def constraint_matrix(flows: tuple[GridFlows, ...], keys: RowKeys, bid_count: int) -> csr_array:
    """(R, B) change of each row's side per accepted MW, rows in the order of `keys`."""
    values, columns, counts = [np.zeros(0)], [np.zeros(0, np.int64)], [np.zeros(1, np.int64)]
    order = [np.zeros(0, np.int64)]
    for number, at in by_grid(keys):
        flow, mine = flows[number], keys[at]
        dense = flow.coefficients(mine.element, mine.point, mine.side)
        filled = dense != 0
        values.append(dense[filled])
        columns.append(np.tile(flow.bids, at.size)[filled.ravel()])
        counts.append(np.count_nonzero(filled, axis=1))
        order.append(at)
    start, place = np.cumsum(np.concatenate(counts)), np.concatenate(order)
    shape = (len(keys), bid_count)
    grouped = csr_array((np.concatenate(values), np.concatenate(columns), start), shape=shape)
    return grouped if (np.diff(place) > 0).all() else grouped[np.argsort(place)]


def margins(flows: tuple[GridFlows, ...], keys: RowKeys, mtus: int) -> FloatArray:
    """(R, T) margin of each row at every MTU."""
    margin, every = np.empty((len(keys), mtus)), np.arange(mtus)
    for number, at in by_grid(keys):
        margin[at] = flows[number].margins_of(keys[at].element, keys[at].point, keys[at].side, every)
    return margin


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """How far R rows may be exceeded where a demand comes first.

    Attributes:
        element: (R,) number of the element a row overloads, over all grids; −1 where it may not be exceeded.
        scale: (R,) what an excess is divided by.
        most: (R,) or (R, T) MW up to which it may be exceeded; the margin where it may not.
    """

    element: IntArray
    scale: FloatArray
    most: FloatArray

    def at(self, mtu: int) -> "Agreed":
        """With `most` (R,) of one MTU."""
        return Agreed(self.element, self.scale, self.most[:, mtu])

    @staticmethod
    def join(parts: "list[Agreed]") -> "Agreed":
        """All rows of the parts, in their order."""
        return Agreed(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("element", "scale", "most")
            )
        )


def agreed(flows: tuple[GridFlows, ...], keys: RowKeys, margin: FloatArray) -> Agreed:
    """Of rows with margins (R, T), how far they may be exceeded."""
    element, scale, most = np.full(len(keys), -1), np.ones(len(keys)), margin
    if not any(flow.may_exceed.any() for flow in flows):
        return Agreed(element, scale, most)
    most = margin.copy()
    for number, at in by_grid(keys):
        flow, mine = flows[number], keys[at]
        soft = flow.may_exceed[(1 - mine.side) // 2, mine.element]
        if soft.any():
            element[at[soft]] = number * ELEMENTS + flow.grid.of_element[mine.element[soft]]
            scale[at] = flow.grid.scale[mine.element]
            every = np.arange(margin.shape[1])
            each = flow.margins_of(mine.element, mine.point, mine.side, every, emergency=True)
            most[at] = np.where(soft[:, None], np.maximum(each, margin[at]), margin[at])
    return Agreed(element, scale, most)


def by_grid(keys: RowKeys) -> list[tuple[int, IntArray]]:
    """Grids that occur among the rows, each with the positions of its rows."""
    order = np.argsort(keys.grid, kind="stable")
    grids, count = np.unique(keys.grid, return_counts=True)
    ends = np.cumsum(count)
    return [(int(g), order[e - c : e]) for g, c, e in zip(grids, count, ends, strict=True)]


def violated(flow: GridFlows, accepted_mw: FloatArray, mtus: IntArray) -> BoolArray:
    """(M,) whether `accepted_mw` (B, M) violates any row of one grid at each of `mtus`."""
    result = np.zeros(mtus.size, np.bool_)
    for change, margin in zip(flow.changes(accepted_mw), flow.margins(mtus), strict=True):
        result |= (change - margin > TOLERANCE_MW).any(axis=(0, 1))
    return result


class Search:
    """Looks for violated rows in all grids, and remembers the ones it has named."""

    def __init__(self, flows: tuple[GridFlows, ...]) -> None:
        self._flows, self._all = flows, AllRows(flows)
        self._named = np.zeros(self._all.change.shape, np.bool_)
        self._margin: tuple[int, FloatArray] | None = None

    def any_violated(self, accepted_mw: FloatArray, mtus: IntArray) -> BoolArray:
        """(M,) whether `accepted_mw` (B, M) violates any row at each of `mtus`."""
        result = np.zeros(mtus.size, np.bool_)
        for flow in self._flows:
            result |= violated(flow, accepted_mw, mtus)
        return result

    def name(self, rows: RowKeys) -> None:
        """Remember rows, so that no search names them again."""
        self._named[self._all.positions(rows)] = True

    def margins_of(self, rows: RowKeys, mtu: int) -> FloatArray:
        """(R,) margins at one MTU."""
        return self._margins(mtu)[self._all.positions(rows)]

    def new_rows(self, accepted_mw: FloatArray, mtu: int, *, every_point: bool = False) -> RowKeys:
        """Rows violated by `accepted_mw` (B,) at one MTU and not named before.

        Of an element violated at several operating points only the worst is named, unless `every_point` is
        wanted; the others get their turn should they still be violated when it is not.
        """
        self._all.follow(accepted_mw)
        excess = self._all.change - self._margins(mtu)
        excess[self._named] = -np.inf
        side, row = np.nonzero(excess > TOLERANCE_MW)
        keys = self._all.keys(side, row)
        order = np.lexsort((-excess[side, row], keys.element, keys.side, keys.grid))
        sorted_keys = keys[order]
        if every_point:
            self.name(sorted_keys)
            return sorted_keys
        place = np.stack([sorted_keys.grid, sorted_keys.side, sorted_keys.element])
        worst = sorted_keys[np.flatnonzero((np.diff(place, axis=1, prepend=-9) != 0).any(axis=0))]
        self.name(worst)
        return worst

    def _margins(self, mtu: int) -> FloatArray:
        if self._margin is None or self._margin[0] != mtu:
            self._margin = mtu, self._all.margins(mtu)
        return self._margin[1]
