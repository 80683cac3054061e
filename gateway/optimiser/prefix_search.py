"""The most a part of the grids may keep in its lists: worst activations, forbidden while there are any.

A linear programme over the quantities of a window of MTUs. From q = offered on, the worst activations of
every violated element and side at its worst operating point become cuts, until none is violated; rows that
not even the whole offer can violate are left out. Cuts that an answer leaves slack are dropped again: what
binds is a fifth of what was ever cut, and the programme stays small.
"""

import highspy
import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser import highs
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.prefix_rows import TOLERANCE_MW, PartRows, Sheet

HOT = 1.0  # rows with no more left than this part of their room are looked at in every round
SLACK = 0.05  # part of its room that a cut may leave before it is dropped
ACCEPTED_MW = 5e-6  # of violation, once the objective stands still: the solver's own tolerance, summed up
FEW_STREAMS = 2  # beyond, what each stream may bring to a row is a column of its own
STILL = 1e-9  # relative change of the objective that counts as none


class Search:
    """The programme of one part over the MTUs `first` to `last`, whatever was kept before them."""

    def __init__(self, rows: PartRows, first: int, last: int, before: FloatArray | None) -> None:
        """`before` (b,): what was kept in the MTU before the first; None: there is none."""
        self.rows, self.mtus = rows, range(first, last + 1)
        self._count = rows.bids.size
        self.offered = rows.offered[:, first : last + 1].T.ravel()
        self._first, self._fixed = first, np.zeros(self._count) if before is None else before
        after = min(last + 1, rows.problem.mtus - 1) if rows.coupled else last
        offered = np.concatenate([self._fixed[:, None], rows.offered[:, first : after + 1]], axis=1)
        most = rows.most(offered)[:, 1:]
        self._sheets = []
        for mtu in range(first, after + 1):
            reachable = np.flatnonzero(most[:, mtu - first] > rows.room[:, mtu] + TOLERANCE_MW)
            if reachable.size:
                self._sheets.append(rows.sheet(mtu, reachable))
        self._model = highs.new_model(presolve="off", simplex_dual_edge_weight_strategy=1)
        self._bounds = np.zeros(self.offered.size), self.offered.copy()
        highs.add_columns(self._model, np.zeros(self.offered.size), *(one.copy() for one in self._bounds))
        self._of: IntArray = np.zeros(
            (0, 2), np.int64
        )  # of every row of the model sheet and row; −1: of none
        self._upper: FloatArray = np.zeros(0)
        self._loose: BoolArray = np.zeros(0, np.bool_)  # whether it may be dropped
        self._split = max((len(sheet.streams) for sheet in self._sheets), default=0) > FEW_STREAMS
        self._shares: dict[tuple[int, int], int] = {}  # sheet and row: first column of what streams may bring
        self._values = np.zeros(0)
        self._duals = np.zeros(0)

    def aim(self, cost: FloatArray) -> None:
        """Minimise this."""
        highs.set_costs(self._model, np.arange(cost.size), cost)

    def hold(self, matrix: csr_array, lower: FloatArray, upper: FloatArray) -> None:
        """Lasting rows lower ≤ matrix · q ≤ upper."""
        highs.add_rows(self._model, matrix, lower, upper)
        self._note(np.full((lower.size, 2), -1), upper, loose=False)

    def confine(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Bounds of quantities."""
        highs.set_column_bounds(self._model, columns, lower, upper)

    def converge(
        self, start: FloatArray | None = None, rounds: int | None = None
    ) -> tuple[FloatArray, float]:
        """Quantities (W·b,) of which every activation is safe, and their least cost.

        `start` (W·b,) are quantities to begin with; else the programme is solved as it stands. After so many
        `rounds`, if any, quantities may be unsafe yet, and the cost is a bound.

        Raises:
            SolverError: the solver failed.
        """
        hot: list[Sheet] | None = None
        cost, last, dropped_at, still = -np.inf, -np.inf, -np.inf, 0
        kept = self._solve() if start is None else start
        while True:
            worst, added = 0.0, 0
            sheets = self._sheets if hot is None else hot
            fresh = []
            for number, sheet in enumerate(sheets):
                beyond = sheet.excess(self._met(sheet, kept))
                worst = max(worst, float(beyond.max(initial=0.0)))
                if hot is None:
                    fresh.append(sheet.of(np.flatnonzero(beyond > -HOT * np.maximum(sheet.room, 0.1))))
                bad = _leading(beyond, sheet.place)
                if bad.size:
                    added += self._cut(number, sheet.of(bad), kept)
            if hot is None:
                hot = fresh
            if not added:
                if sheets is self._sheets:
                    return kept, cost
                hot = None
                continue
            kept = self._solve()
            cost = float(self._model.getInfo().objective_function_value)
            scale = STILL * max(abs(cost), 1.0)
            rounds = None if rounds is None else rounds - 1
            if rounds == 0:
                return kept, cost
            still = still + 1 if cost <= last + scale else 0
            if still > 2 and worst <= ACCEPTED_MW:
                return kept, cost
            if cost > dropped_at + scale:
                self._drop_slack()
                dropped_at = cost
            last = cost

    def forbid(self, kept: FloatArray) -> bool:
        """Cut what is unsafe about these quantities; whether anything is."""
        added = 0
        for number, sheet in enumerate(self._sheets):
            bad = _leading(sheet.excess(self._met(sheet, kept)), sheet.place)
            if bad.size:
                added += self._cut(number, sheet.of(bad), kept)
        return added > 0

    def copy_to(self, model: highspy.Highs) -> None:
        """Make `model` the programme as it stands."""
        highs.take_over(model, self._model)

    def limiting(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Rows that limit something, as numbers of the part's rows, their MTUs, and prices in MW per MW."""
        price = -self._duals
        found = np.flatnonzero((price > TOLERANCE_MW) & (self._of[: price.size, 0] >= 0))
        sheets = [self._sheets[number] for number in self._of[found, 0].tolist()]
        return (
            self._of[found, 1],
            np.array([sheet.mtu for sheet in sheets], np.int64),
            price[found],
        )

    def _met(self, sheet: Sheet, kept: FloatArray) -> FloatArray:
        """(b,) quantities that rows of a sheet meet; (2b,), with those of the MTU before, where MTUs meet."""
        count, place = self._count, sheet.mtu - self._first
        now = kept[place * count : (place + 1) * count] if sheet.mtu in self.mtus else np.zeros(count)
        if not self.rows.coupled:
            return now
        before = kept[(place - 1) * count : place * count] if place else self._fixed
        return np.concatenate([now, before])

    def _cut(self, number: int, sheet: Sheet, kept: FloatArray) -> int:
        """Forbid the worst activations of some rows of a sheet; returns how many."""
        met = self._met(sheet, kept)
        if self._split:
            return self._cut_apart(number, sheet, met)
        solved = self._values.size > 0  # before, nearly all of the first cuts are dropped again
        cuts, rows = sheet.cuts(met, elsewhere=solved)
        of = np.stack([np.full(rows.size, number), sheet.rows[rows]], axis=1)
        self._forbid(sheet, cuts, sheet.room[rows], of)
        return int(rows.size)

    def _cut_apart(self, number: int, sheet: Sheet, met: FloatArray) -> int:
        """As `_cut`, with a column for what each stream may bring: its cuts hold with every cut of others."""
        streams = len(sheet.streams)
        for row, room in zip(sheet.rows.tolist(), sheet.room.tolist(), strict=True):
            if (number, row) not in self._shares:
                first = self._model.getNumCol()
                self._shares[number, row] = first
                columns = np.zeros(streams)
                highs.add_columns(self._model, columns, columns, np.full(streams, highs.INFINITY))
                entries = np.ones(streams), first + np.arange(streams), np.array([0, streams])
                together = csr_array(entries, shape=(1, first + streams))
                highs.add_rows(self._model, together, np.array([-highs.INFINITY]), np.array([room]))
                self._note(np.array([[number, row]]), np.array([room]), loose=False)
        opened = np.array([self._shares[number, row] for row in sheet.rows.tolist()])
        columns = opened[:, None] + np.arange(streams)
        known = np.concatenate([self._values, np.zeros(self._model.getNumCol() - self._values.size)])
        cuts, rows, stream = sheet.split_cuts(met, known[columns])
        unpriced = np.full((rows.size, 2), -1)
        self._forbid(sheet, cuts, np.zeros(rows.size), unpriced, np.asarray(columns[rows, stream], np.int64))
        return int(rows.size)

    def _forbid(
        self, sheet: Sheet, cuts: FloatArray, upper: FloatArray, of: IntArray, less: IntArray | None = None
    ) -> None:
        """cuts (C, 2b) · quantities − the columns `less` (C,) ≤ upper (C,), for rows `of` (C, 2)."""
        if not upper.size:
            return
        count, place = self._count, sheet.mtu - self._first
        columns, entries = [np.zeros(0, np.int64)], [np.zeros((upper.size, 0))]
        if sheet.mtu in self.mtus:
            columns.append(np.arange(place * count, (place + 1) * count))
            entries.append(cuts[:, :count])
        if place and cuts.shape[1] > count:
            columns.append(np.arange((place - 1) * count, place * count))
            entries.append(cuts[:, count:])
        elif cuts.shape[1] > count:
            upper = upper - cuts[:, count:] @ self._fixed
        if less is not None:
            own, place_of = np.unique(less, return_inverse=True)
            columns.append(own)
            minus = np.zeros((upper.size, own.size))
            minus[np.arange(upper.size), place_of] = -1.0
            entries.append(minus)
        highs.add_dense_rows(self._model, np.concatenate(entries, axis=1), np.concatenate(columns), upper)
        self._note(of, upper, loose=True)

    def _note(self, of: IntArray, upper: FloatArray, *, loose: bool) -> None:
        """What the rows are that the model was just given."""
        self._upper = np.concatenate([self._upper, upper])
        self._of = np.concatenate([self._of, of])
        self._loose = np.concatenate([self._loose, np.full(of.shape[0], loose)])

    def _solve(self) -> FloatArray:
        """(W·b,) quantities kept; SolverError if the solver fails."""
        highs.solve(self._model)
        self._values, self._duals = highs.values(self._model)
        return np.clip(self._values[: self.offered.size], 0.0, self.offered)

    def _drop_slack(self) -> None:
        """Forget the cuts that leave something."""
        leaves = self._upper - highs.row_values(self._model)
        slack = (leaves > SLACK * np.maximum(np.abs(self._upper), 0.1)) & self._loose
        highs.delete_rows(self._model, np.flatnonzero(slack))
        self._of, self._loose = self._of[~slack], self._loose[~slack]
        self._upper, self._duals = self._upper[~slack], self._duals[~slack]


def _leading(beyond: FloatArray, place: IntArray) -> IntArray:
    """The worst violated row of every element and side."""
    bad = np.flatnonzero(beyond > TOLERANCE_MW)
    order = np.lexsort((-beyond[bad], place[bad]))
    return np.asarray(bad[order[np.diff(place[bad][order], prepend=-1) != 0]])
