"""Maximum safe lists of a part of the grids, by cuts against worst activations that violate a row.

A list is safe if no activation a that its prices allow violates a row, so the programme over the quantities q
of a window of MTUs is a robust one with a row for each of exponentially many activations:

    Σ_b x_b(a) ≤ margin   for every activation a, with x_b(a) the change of bid b towards the limit, or 0

The worst activation for given q has a closed form (`prefixes`), so the rows are generated, not listed
(Kelley's cutting plane method): from q = offered on, the worst activations of every violated element and side
at its worst operating point become cuts, until none is violated. Which bids are in an activation does not
depend on q, so every cut is linear and holds for every safe list. Rows that not even all offers together can
violate are left out. Cuts that an answer leaves slack are dropped again once the objective has moved: what
binds is a fifth of what was ever cut, and the programme stays small. They stay while it has not, or the
search could cycle.

Streams of activations (see `prefixes`) are independent, so the worst case of a row is the sum of those of its
streams. One cut per combination of them would be a product of cuts. Instead, what each stream s may bring to
a row is a column z_s:

    stream s < last:  Σ_b x_b(a_s) ≤ z_s        last stream:  Σ_b x_b(a) ≤ margin − Σ_{s < last} z_s

A cut then holds with every cut of the other streams, and names the bids of one stream only.

Sources: Kelley, "The cutting-plane method for solving convex programs", Journal of SIAM 8 (1960); Fischetti
and Monaci, "Cutting plane versus compact formulations for uncertain (integer) linear programs", Mathematical
Programming Computation 4 (2012).
"""

import highspy
import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.prefix.rows import TOLERANCE_MW, ComponentRows, Scan, Sheet, StreamEffects
from gateway.optimiser.solver import highs

SLACK = 0.2  # part of its margin that a cut may leave before it is dropped
ACCEPTED_MW = 5e-6  # of violation, once the objective is stationary: the solver's own tolerance, summed up
STUCK = 20  # answers all alike, while what streams may bring is dealt out among them: the solver cannot
STILL = 1e-9  # relative change of the objective that counts as none


class Stuck(highs.SolverError):
    """Rows stay exceeded, whatever is forbidden: sensitivities too small, or offers too large."""


class Search:
    """The programme of one part over the MTUs `first` to `last`, after given quantities before them."""

    def __init__(self, rows: ComponentRows, first: int, last: int, before: FloatArray | None) -> None:
        """`before` (b,): quantities in the MTU before the first; None: there is none."""
        self.rows, self.mtus = rows, range(first, last + 1)
        self._count = rows.bids.size
        self.offered = rows.offered[:, first : last + 1].T.ravel()
        self._first, self._fixed = first, np.zeros(self._count) if before is None else before
        after = min(last + 1, rows.problem.mtus - 1) if rows.coupled else last
        offered = np.concatenate([self._fixed[:, None], rows.offered[:, first : after + 1]], axis=1)
        most = rows.most(offered)[:, 1:]
        self._sheets = []
        self._columns: list[IntArray] = []  # per sheet those of the (b,) or (2b,) quantities that it meets
        for mtu in range(first, after + 1):
            reachable = np.flatnonzero(most[:, mtu - first] > rows.margin[:, mtu] + TOLERANCE_MW)
            if reachable.size:
                self._sheets.append(rows.sheet(mtu, reachable))
                self._columns.append(self._met_by(mtu))
        self._model = highs.new_model(presolve="off", simplex_dual_edge_weight_strategy=1)
        self._bounds = np.zeros(self.offered.size), self.offered.copy()
        highs.add_columns(self._model, np.zeros(self.offered.size), *(one.copy() for one in self._bounds))
        self._of: IntArray = np.zeros((0, 2), np.int64)  # sheet and row whose margin a cut shares; −1: none
        self._margin: FloatArray = np.zeros(0)  # of the row that a cut belongs to
        self._upper: FloatArray = np.zeros(0)
        self._loose: BoolArray = np.zeros(0, np.bool_)  # whether it may be dropped
        # per sheet and row the first column of what streams may bring, −1: none yet
        self._opened = [np.full(len(rows.keys), -1) for _ in self._sheets]
        self._values = np.zeros(0)
        self._duals = np.zeros(0)

    def aim(self, cost: FloatArray) -> None:
        """Minimise this."""
        highs.set_costs(self._model, np.arange(cost.size), cost)

    def hold(self, matrix: csr_array, lower: FloatArray, upper: FloatArray) -> None:
        """Lasting rows lower ≤ matrix · q ≤ upper."""
        highs.add_rows(self._model, matrix, lower, upper)
        self._note(np.full((lower.size, 2), -1), upper, upper, loose=False)

    def confine(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Bounds of quantities."""
        highs.set_column_bounds(self._model, columns, lower, upper)

    def converge(
        self, start: FloatArray | None = None, rounds: int | None = None
    ) -> tuple[FloatArray, float]:
        """Quantities (W·b,) of which every activation is safe, and their least cost.

        `start` (W·b,) are quantities to begin with; else the programme is solved as it is. After so many
        `rounds`, if any, quantities may be unsafe yet, and the cost is a bound.

        Raises:
            Stuck: the solver cannot satisfy the rows.
            SolverError: the solver failed.
        """
        cost, last, dropped_at, still, same = -np.inf, -np.inf, -np.inf, 0, 0
        available = self._solve() if start is None else start
        while True:
            worst, added = 0.0, 0
            for number, sheet in enumerate(self._sheets):
                scan = sheet.scan(self._met(sheet, available))
                worst = max(worst, float(scan.excess.max(initial=0.0)))
                added += self._cut(number, scan)
            if not added:
                return available, cost
            before, available = available, self._solve()
            same = same + 1 if np.array_equal(before, available) else 0
            if same > STUCK:
                raise Stuck(f"rows stay exceeded by {worst:.1e} MW, whatever is forbidden")
            cost = float(self._model.getInfo().objective_function_value)
            scale = STILL * max(abs(cost), 1.0)
            rounds = None if rounds is None else rounds - 1
            if rounds == 0:
                return available, cost
            # At the optimum, degenerate answers can alternate between cuts that are violated by round-off.
            still = still + 1 if cost <= last + scale else 0
            if still > 2 and worst <= ACCEPTED_MW:
                return available, cost
            if cost > dropped_at + scale:  # only after progress: no set of cuts recurs, so the search ends
                self._drop_slack()
                dropped_at = cost
            last = cost

    def forbid(self, available: FloatArray, values: FloatArray) -> bool:
        """Cut what is unsafe about these quantities; whether anything is.

        `values` (N,) are those of all columns in the solution of a copy with the same quantities.
        """
        self._values, added = values[: self._model.getNumCol()], 0
        for number, sheet in enumerate(self._sheets):
            added += self._cut(number, sheet.scan(self._met(sheet, available)))
        return added > 0

    def copy_to(self, model: highspy.Highs) -> None:
        """Make `model` a copy of the programme."""
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

    def _met(self, sheet: Sheet, available: FloatArray) -> FloatArray:
        """(b,) quantities that rows of a sheet meet; (2b,), with those of the MTU before, where MTUs meet."""
        count, place = self._count, sheet.mtu - self._first
        now = available[place * count : (place + 1) * count] if sheet.mtu in self.mtus else np.zeros(count)
        if not self.rows.coupled:
            return now
        before = available[(place - 1) * count : place * count] if place else self._fixed
        return np.concatenate([now, before])

    def _met_by(self, mtu: int) -> IntArray:
        """(b,) or (2b,) columns of the quantities that rows of an MTU meet; −1: decided elsewhere."""
        own, elsewhere = np.arange(self._count), np.full(self._count, -1)
        place = mtu - self._first
        now = place * self._count + own if mtu in self.mtus else elsewhere
        before = (place - 1) * self._count + own if place else elsewhere
        return np.concatenate([now, before]) if self.rows.coupled else now

    def _cut(self, number: int, scan: Scan) -> int:
        """Forbid the worst activations that exceed a row of a sheet; returns how many."""
        sheet = scan.sheet
        picked = _leading(scan.excess, sheet.place[scan.at])
        if not picked.size:
            return 0
        rows = scan.at[picked]
        self._open(number, sheet.rows[rows])
        others = np.arange(len(sheet.streams) - 1)
        columns = self._opened[number][sheet.rows[rows]][:, None] + others
        known = columns.max(axis=1, initial=-1) < self._values.size
        share = np.zeros((len(sheet.streams), picked.size))
        share[:-1, known] = self._values[columns[known]].T
        # A row whose columns are new has no values yet: −1 has its last stream cut in any case.
        share[-1] = np.where(known, sheet.margin[rows] - share[:-1].sum(axis=0), -1.0)
        solved, added = self._values.size > 0, 0  # before, nearly all of the first cuts are dropped again
        for cuts in scan.cuts(picked, share, elsewhere=solved):
            self._forbid(number, scan, cuts)
            added += cuts.rows.size
        return added

    def _open(self, number: int, rows: IntArray) -> None:
        """Add columns to rows of a sheet for the effect of all streams but the last, once."""
        opened, others = self._opened[number], len(self._sheets[number].streams) - 1
        new = rows[opened[rows] < 0]
        opened[new] = self._model.getNumCol() + others * np.arange(new.size)
        nothing = np.zeros(others * new.size)
        highs.add_columns(self._model, nothing, nothing, np.full(nothing.size, highs.INFINITY))

    def _forbid(self, number: int, scan: Scan, cuts: StreamEffects) -> None:
        """Let a stream bring no more than its column; the last one no more than the others leave."""
        others, rows = len(scan.sheet.streams) - 1, scan.sheet.rows[cuts.rows]
        last, first = cuts.stream == others, self._opened[number][rows][:, None]
        shares = first + (np.arange(others) if last else cuts.stream)
        margin = scan.sheet.margin[cuts.rows]
        most = margin if last else np.zeros_like(margin)
        columns, brings = self._columns[number][cuts.columns], cuts.brings
        known = columns >= 0
        if not known.all():
            most = most - brings[:, ~known] @ scan.quantity[cuts.columns[~known]]
            columns, brings = columns[known], brings[:, known]
        matrix = np.concatenate([brings, np.full(shares.shape, 1.0 if last else -1.0)], axis=1)
        of = np.concatenate([np.broadcast_to(columns, brings.shape), shares], axis=1)
        highs.add_dense_rows(self._model, matrix, of, most)
        whose = np.stack([np.full(rows.size, number), rows], axis=1) if last else np.full((rows.size, 2), -1)
        self._note(whose, most, margin, loose=True)

    def _note(self, of: IntArray, upper: FloatArray, margin: FloatArray, *, loose: bool) -> None:
        """The rows that were just added to the model."""
        self._of = np.concatenate([self._of, of])
        self._upper = np.concatenate([self._upper, upper])
        self._margin = np.concatenate([self._margin, margin])
        self._loose = np.concatenate([self._loose, np.full(of.shape[0], loose)])

    def _solve(self) -> FloatArray:
        """(W·b,) quantities; SolverError if the solver fails."""
        highs.solve(self._model)
        self._values, self._duals = highs.values(self._model)
        return np.clip(self._values[: self.offered.size], 0.0, self.offered)

    def _drop_slack(self) -> None:
        """Forget the cuts that leave something."""
        leaves = self._upper - highs.row_values(self._model)
        slack = (leaves > SLACK * np.maximum(self._margin, 0.1)) & self._loose
        highs.delete_rows(self._model, np.flatnonzero(slack))
        self._of, self._loose, self._margin = self._of[~slack], self._loose[~slack], self._margin[~slack]
        self._upper, self._duals = self._upper[~slack], self._duals[~slack]


def _leading(beyond: FloatArray, place: IntArray) -> IntArray:
    """The worst violated row of every element and side."""
    bad = np.flatnonzero(beyond > TOLERANCE_MW)
    bad = bad[np.argsort(beyond[bad], kind="stable")]
    leading = np.full(int(place[bad].max(initial=-1)) + 1, -1)
    leading[place[bad]] = bad  # of those in one place the last one, which is the worst
    return np.asarray(leading[leading >= 0])
