"""The most a part of the grids may keep in its lists: prefix cuts, added while the worst prefixes violate.

A row cut so far has for every list i a column M_ri, the most that the list brings, with `Σ_i M_ri ≤ room_r`,
and prefix cuts `Σ_b prefix(r, g)_b q_b ≤ M_ri`: a cut of one list holds with every cut of the others.
From q = offered on, the worst prefixes of every violated element and side at its worst operating point become
cuts, until none is violated. Rows that not even the whole offer can violate are left out.
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
from gateway.optimiser.prefixes import dependable, price_lists
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
        programme = _Programme(book, rows, offered)
        kept = offered
        while True:
            new, groups = rows.violated(kept, book)
            if new.size:
                programme.cut(new, groups)
            else:  # the bid furthest from its minimum goes; then the rest is looked at again
                short = np.flatnonzero((kept > 0) & (kept < least - TOLERANCE_MW))
                if not short.size:
                    break
                programme.take_out(short[[np.argmin(kept[short] / least[short])]])
            kept = programme.solve()
        limiting, price = programme.limiting()
        return kept, rows.keys[limiting], price

    def worst_excess(self, kept: FloatArray, mtu: int) -> float:
        """By how many MW the worst prefixes of any row exceed its room; 0 if none does."""
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
    """The lists of one MTU."""

    def __init__(self, problem: Problem, bids: IntArray, mtu: int) -> None:
        self._price = problem.bids.price_eur_per_mwh[bids, mtu]
        self.lists = price_lists(problem, bids, mtu)
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
        """(R,) the worst prefixes beyond the room, and the price group each ends in."""
        change = self.coefficients * kept
        most, groups = zip(*(each.worst(change) for each in book.lists), strict=True)
        return sum(most) - self.room, list(groups)

    def violated(self, kept: FloatArray, book: _Book) -> tuple[IntArray, list[IntArray]]:
        """The worst violated row of every element and side (V,), and the group each list ends in."""
        excess, groups = self.excess(kept, book)
        bad = np.flatnonzero(excess > TOLERANCE_MW)
        keys = self.keys[bad]
        order = np.lexsort((-excess[bad], keys.side, keys.element, keys.grid))
        place = np.stack([keys.grid, keys.element, keys.side])[:, order]
        leads = np.any(np.diff(place, axis=1, prepend=-9) != 0, axis=0)
        rows = bad[order[leads]]
        return rows, [group[rows] for group in groups]


class _Programme:
    """The linear programme: what is kept, and for every row cut so far the most that each list brings it."""

    def __init__(self, book: _Book, rows: _Rows, offered: FloatArray) -> None:
        self._book, self._rows, self._offered = book, rows, offered
        self._model = highs.new_model()
        highs.add_columns(self._model, book.value(), np.zeros(offered.size), offered.copy())
        self._place: dict[int, int] = {}  # of a row among those cut
        self._balance: list[int] = []  # the model's row for each of them
        self._known: set[tuple[int, int, int]] = set()
        self._count, self._duals = 0, np.zeros(0)

    def cut(self, rows: IntArray, groups: list[IntArray]) -> None:
        """Add the prefixes of each list that end in these groups, to these rows."""
        self._open([row for row in rows.tolist() if row not in self._place])
        lists = len(self._book.lists)
        for number, (each, ends) in enumerate(zip(self._book.lists, groups, strict=True)):
            named = [(row, number, end) for row, end in zip(rows.tolist(), ends.tolist(), strict=True)]
            new = [at for at, name in enumerate(named) if name[2] >= 0 and name not in self._known]
            self._known.update(named[at] for at in new)
            cuts = np.zeros((len(new), self._offered.size + lists * len(self._place)))
            cuts[:, each.order] = each.cut(self._rows.coefficients[rows[new]], ends[new])
            most = [self._offered.size + lists * self._place[row] + number for row in rows[new].tolist()]
            cuts[np.arange(len(new)), most] = -1.0
            self._add(csr_array(cuts), np.zeros(len(new)))

    def take_out(self, bids: IntArray) -> None:
        """Keep nothing of these."""
        highs.set_column_bounds(self._model, bids, np.zeros(bids.size), np.zeros(bids.size))

    def solve(self) -> FloatArray:
        """(b,) quantities kept; SolverError if the solver fails."""
        highs.solve(self._model)
        values, self._duals = highs.values(self._model)
        kept = np.clip(values[: self._offered.size], 0.0, self._offered)
        kept[kept < TOLERANCE_MW] = 0.0
        return kept

    def limiting(self) -> tuple[IntArray, FloatArray]:
        """Rows that limit something, and their prices in MW per MW."""
        price = -self._duals[self._balance] if self._balance else np.zeros(0)
        found = np.flatnonzero(price > TOLERANCE_MW)
        return np.array(list(self._place), np.int64)[found], price[found]

    def _open(self, rows: list[int]) -> None:
        """A column per list and row, and what all lists bring together within its room."""
        lists, count = len(self._book.lists), len(rows)
        first = self._offered.size + lists * len(self._place)
        columns = np.zeros(lists * count)
        highs.add_columns(self._model, columns, columns, np.full(columns.size, highs.INFINITY))
        self._balance += range(self._count, self._count + count)
        self._place |= {row: len(self._place) + number for number, row in enumerate(rows)}
        ends = np.arange(count + 1) * lists
        entries = np.ones(columns.size), first + np.arange(columns.size), ends
        self._add(csr_array(entries, shape=(count, first + columns.size)), self._rows.room[rows])

    def _add(self, matrix: csr_array, most: FloatArray) -> None:
        highs.add_rows(self._model, matrix, np.full(most.size, -highs.INFINITY), most)
        self._count += most.size
