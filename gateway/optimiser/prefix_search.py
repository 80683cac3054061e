"""The most a part of the grids may keep in the list: prefix cuts, added while the worst prefix pair violates.

Rows are prefix cuts `Σ_b up(r, i)_b q_b + Σ_b down(r, j)_b q_b ≤ room_r`, found by cumulative sums over the
list: from q = offered on, the worst pair (i, j) of every violated element and side at its worst operating
point becomes a cut, until none is violated. Rows that not even the whole offer can violate are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser import highs
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.decision import RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.mixed import least_mw
from gateway.optimiser.parts import Part
from gateway.optimiser.prefixes import PriceList, dependable
from gateway.optimiser.problem import Problem

TOLERANCE_MW = 1e-6
CHEAPER = 1e-3  # how much of a MW the cheapest bid counts more than the dearest


def may_be_skipped(problem: Problem, mtu: int) -> BoolArray:
    """(B,) bids a platform may pass over within a prefix: indivisible, with a minimum, or linked."""
    links = problem.links
    skipped = least_mw(problem)[:, mtu] > 0
    skipped[[b for group in (*links.multipart, *links.inclusive) for b in group]] = True
    skipped[list(links.blocks)] = True
    return np.asarray(skipped)


class SafePart:
    """The grids and bids of one part, and the search for what it may keep."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...], part: Part) -> None:
        self._problem, self._flows = problem, [(int(g), flows[g]) for g in part.grids]
        self.bids = part.bids
        self._effects = [flow.effects() for _, flow in self._flows]

    def offered(self) -> FloatArray:
        """(b, T) quantities that could be kept at most."""
        return self._problem.bids.available_mw[self.bids]

    def solve(self, mtu: int) -> tuple[FloatArray, RowKeys, FloatArray]:
        """Quantities kept (b,), the limiting rows and their prices in MW per MW."""
        offered = self._problem.bids.available_mw[self.bids, mtu]
        least = least_mw(self._problem)[self.bids, mtu]
        book = _Book(self._problem, self.bids, mtu)
        rows = _Rows.join([rows.reachable(offered) for rows in self._all_rows(mtu, book)])
        model = highs.new_model()
        highs.add_columns(model, book.value(), np.zeros(offered.size), offered.copy())
        kept, duals, cut_rows = offered, np.zeros(0), np.zeros(0, np.int64)
        while True:
            new, cuts = rows.violated(kept, book)
            if new.size:
                cut_rows = np.append(cut_rows, new)
                infinite = np.full(new.size, -highs.INFINITY)
                highs.add_rows(model, csr_array(cuts), infinite, rows.room[new])
            else:  # the bid furthest from its minimum goes; then the rest is looked at again
                short = np.flatnonzero((kept > 0) & (kept < least - TOLERANCE_MW))
                if not short.size:
                    break
                out = short[[np.argmin(kept[short] / least[short])]]
                highs.set_column_bounds(model, out, np.zeros(1), np.zeros(1))
            highs.solve(model)
            values, duals = highs.values(model)
            kept = np.clip(values, 0.0, offered)
            kept[kept < TOLERANCE_MW] = 0.0
        binding = np.flatnonzero(duals < -TOLERANCE_MW)
        return kept, rows.keys[cut_rows[binding]], -duals[binding]

    def worst_excess(self, kept: FloatArray, mtu: int) -> float:
        """By how many MW the worst prefix pair of any row exceeds its room; 0 if none does."""
        book = _Book(self._problem, self.bids, mtu)
        worst = 0.0
        for rows in self._all_rows(mtu, book):
            loaded = rows.reachable(kept)
            if len(loaded.keys):
                worst = max(worst, float(loaded.excess(kept, book)[0].max()))
        return worst

    def _all_rows(self, mtu: int, book: "_Book") -> Iterator["_Rows"]:
        """Every row of every grid, one grid and side at a time."""
        for (number, flow), effects in zip(self._flows, self._effects, strict=True):
            points, elements, _ = effects.shape
            point, element = np.divmod(np.arange(points * elements), elements)
            column = np.searchsorted(self.bids, flow.bids)
            for side, room in zip((1, -1), flow.rooms(np.array([mtu])), strict=True):
                wide = np.zeros((point.size, self.bids.size))
                wide[:, column] = side * effects.reshape(point.size, -1)
                relief = dependable(wide, self._problem.relief_share, book.skipped)
                same = np.full(point.size, number)
                keys = RowKeys(same, element, point, np.full(point.size, side))
                yield _Rows(keys, relief, room.ravel())


class _Book:
    """The up and the down list of one MTU."""

    def __init__(self, problem: Problem, bids: IntArray, mtu: int) -> None:
        direction = problem.bids.direction[bids]
        self._price = problem.bids.price_eur_per_mwh[bids, mtu]
        self.lists = [PriceList.of(np.flatnonzero(direction == d), self._price) for d in (1, -1)]
        self.skipped = may_be_skipped(problem, mtu)[bids]

    def value(self) -> FloatArray:
        """(b,) cost of one MW kept: −1, a trace more for cheaper bids."""
        rank = np.empty(self._price.size)
        rank[np.argsort(self._price, kind="stable")] = np.arange(rank.size)
        return CHEAPER * rank / max(rank.size, 1) - 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows with their dependable coefficients (R, b) and rooms (R,)."""

    keys: RowKeys
    coefficients: FloatArray
    room: FloatArray

    @staticmethod
    def join(parts: "list[_Rows]") -> "_Rows":
        return _Rows(
            RowKeys.join([part.keys for part in parts]),
            np.concatenate([part.coefficients for part in parts]),
            np.concatenate([part.room for part in parts]),
        )

    def reachable(self, offered: FloatArray) -> "_Rows":
        """The rows that the whole offer can violate; kept quantities are smaller, so no other row ever is."""
        picked = np.flatnonzero(np.maximum(self.coefficients, 0.0) @ offered > self.room)
        return _Rows(self.keys[picked], self.coefficients[picked], self.room[picked])

    def excess(self, kept: FloatArray, book: _Book) -> tuple[FloatArray, list[IntArray]]:
        """(R,) the worst prefix pair beyond the room, and the price groups it ends in."""
        change = self.coefficients * kept
        most, groups = zip(*(each.worst(change) for each in book.lists), strict=True)
        return sum(most) - self.room, list(groups)

    def violated(self, kept: FloatArray, book: _Book) -> tuple[IntArray, FloatArray]:
        """The worst violated row of every element and side, and their cuts (V, b)."""
        excess, groups = self.excess(kept, book)
        bad = np.flatnonzero(excess > TOLERANCE_MW)
        keys = self.keys[bad]
        order = np.lexsort((-excess[bad], keys.side, keys.element, keys.grid))
        place = np.stack([keys.grid, keys.element, keys.side])[:, order]
        leads = np.any(np.diff(place, axis=1, prepend=-9) != 0, axis=0)
        rows = bad[order[leads]]
        cuts = np.zeros((rows.size, kept.size))
        for each, group in zip(book.lists, groups, strict=True):
            cuts[:, each.order] = each.cut(self.coefficients[rows], group[rows])
        return rows, cuts
