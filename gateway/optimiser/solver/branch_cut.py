"""Branch and cut over a HiGHS linear programme with few switches.

The mixed-integer search of HiGHS spends most of its time on these models on cuts of long aggregations of
rows, and restarts for every limit row found. Rounding cuts of the rows and of the simplex tableau close
nearly all of the gap in a few rounds; a best-first search that dives while that is close to the best does the
rest. Limit rows are lazy constraints: those that an integral point violates are added at once, in the same
search.

Cuts are made at the root only and are valid everywhere, as they are derived from rows without the bounds of
any node. A node differs from another by bounds alone, so its linear programme starts dual feasible from the
last basis, and the dual simplex method needs few iterations.

Sources: for cuts of the rows see `rounding`; a rounding cut of a tableau row is a Gomory mixed-integer cut
(Gomory, "An algorithm for the mixed integer problem", RAND RM-2597, 1960; Cornuéjols, "Valid inequalities for
mixed integer linear programs", Mathematical Programming 112, 2008). For the branching see `branching`.
"""

from collections.abc import Callable

import highspy
import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.solver import highs
from gateway.optimiser.solver.branching import Fixed, Gains, Tree
from gateway.optimiser.solver.rounding import ColumnKinds, Cuts, RelaxationRows, deep, rounded

MOST_ROUNDS = 15  # of cuts, before the first branch: afterwards they cost more than branching
LEAST_GAIN = 1e-4  # relative, of a round of cuts
TIGHT = 1e-6  # slack
MOST_TABLEAU_ROWS, LEAST_SPLIT = 20, 0.01  # the latter: how far from 0 and 1 their switches must be
MOST_MULTIPLIER = 1e4  # of rows in a tableau row: beyond, rounding errors grow
MOST_NODES = 1000  # then HiGHS is the better search
DIVE_GAP = 1e-3  # relative, from the best bound: deeper down nothing is found that could end the search
Complete = Callable[[FloatArray], bool]


class BranchCut:
    """Searches `source`, a linear programme that may have grown since the last search, in a copy with cuts.

    Its rows are `≤` or `=`. The cuts stay in the copy from one search to the next.
    """

    def __init__(self, source: highspy.Highs) -> None:
        self._source, self._model = source, highs.new_model()
        self._count = 0  # rows of the source; cuts come after them
        self._matrix, self._upper = np.zeros((0, 0)), np.zeros(0)

    def search(
        self, columns: Callable[[], ColumnKinds], gap: float, absolute_gap: float, complete: Complete
    ) -> tuple[FloatArray, float] | None:
        """Values of all columns within the relative or absolute gap of a bound, and the bound.

        `complete` adds rows that values violate; True if there are none. None if the search would need too
        many nodes.

        Raises:
            Infeasible: no point honours the rows.
        """
        self._columns_of = columns
        self._read()
        best: FloatArray | None = None
        objective = proven = np.inf
        known, tree, fixed = Gains(), Tree(), dict[int, float]()
        for _ in range(MOST_NODES):
            node = tree.next()
            if node is None:
                if best is None:
                    raise highs.Infeasible("no point honours all rows")
                return best, min(proven, objective)
            enough = objective - max(gap * abs(objective), absolute_gap) if best is not None else np.inf
            if node.bound >= enough:
                proven = min(proven, node.bound)
                continue
            self._fix(fixed, node.fixed)
            fixed = node.fixed
            value = highs.optimum(self._model) if fixed else self._cut()
            known.learn(node, value)
            if value >= enough:
                proven = min(proven, value)
                continue
            values = np.array(self._model.getSolution().col_value)
            split = self._columns.split(values)
            trifle = max(gap * abs(value), absolute_gap)
            if not split.size:
                split = self._leaning(values, value, trifle, fixed)
            if split.size:
                column = known.choose(split, values[split])
                tree.branch(node, value, column, float(values[column]), max(gap, DIVE_GAP) * abs(value))
            elif complete(values):
                best, objective, proven = values, value, min(proven, value)
            else:  # bounds found without a row that binds are weak: start from the root, with it and the cuts
                self._read()
                tree, fixed, proven = Tree(), {}, np.inf
        return None

    def _leaning(self, values: FloatArray, value: float, trifle: float, fixed: Fixed) -> IntArray:
        """The switch furthest from integral, where rounded ones cost more than `value` by more than `trifle`,
        or violate a row.

        A switch may be off by a tolerance, and a bid of many MW by as much of each of them.
        """
        switches = self._columns.switches
        off = np.abs(values[switches] - np.round(values[switches]))
        none = np.zeros(0, np.int64)
        if not off.max(initial=0.0) > 0:
            return none
        whole = dict(zip(switches.tolist(), np.round(values[switches]).tolist(), strict=True))
        self._fix(fixed, whole)
        cost = highs.optimum(self._model)
        self._fix(whole, fixed)
        return none if cost - value <= trifle else switches[[off.argmax()]]

    def _fix(self, before: Fixed, after: Fixed) -> None:
        """Go from one node to another."""
        changed = dict.fromkeys(before.keys() - after.keys(), (0.0, 1.0))
        changed |= {c: (v, v) for c, v in after.items() if before.get(c) != v}
        if changed:
            column: IntArray = np.array(sorted(changed))
            bounds = np.array([changed[c] for c in column.tolist()])
            highs.set_column_bounds(self._model, column, bounds[:, 0].copy(), bounds[:, 1].copy())

    def _read(self) -> None:
        """Copy the source again, keeping the cuts and the basis: new rows start basic, new columns at 0."""
        self._columns = self._columns_of()
        matrix, lower, upper = highs.rows_of(self._source)
        cuts, at_most = self._matrix[self._count :], self._upper[self._count :]
        cuts = np.pad(cuts, ((0, 0), (0, matrix.shape[1] - cuts.shape[1])))
        basis = self._model.getBasis()
        highs.take_over(self._model, self._source)
        highs.add_rows(self._model, csr_array(cuts), np.full(at_most.size, -highs.INFINITY), at_most)
        if basis.valid:
            more = matrix.shape[1] - len(basis.col_status), upper.size - self._count
            row = [*basis.row_status[: self._count], *[highs.BASIC] * more[1]]
            columns = [*basis.col_status, *[highs.AT_LOWER] * more[0]]
            highs.set_basis(self._model, columns, [*row, *basis.row_status[self._count :]])
        self._count = upper.size
        self._equal = np.concatenate([lower == upper, np.zeros(at_most.size, np.bool_)])
        self._matrix, self._upper = np.concatenate([matrix, cuts]), np.concatenate([upper, at_most])

    def _forget_loose(self) -> None:
        """Drop the cuts that are not active: their slack is basic."""
        loose = np.array(self._model.getBasis().row_status[self._count :]) == highs.BASIC
        rows = self._count + np.flatnonzero(loose)
        highs.delete_rows(self._model, rows)
        self._matrix, self._upper = np.delete(self._matrix, rows, axis=0), np.delete(self._upper, rows)
        self._equal = np.delete(self._equal, rows)

    def _cut(self) -> float:
        """Solve, and add cuts while that raises the objective; inf if nothing is feasible."""
        value = highs.optimum(self._model)
        for _ in range(MOST_ROUNDS):
            if np.isinf(value) or not self._add_cuts():
                break
            before, value = value, highs.optimum(self._model)
            if np.isfinite(value):
                self._forget_loose()
            if value - before < LEAST_GAIN * abs(value):
                break
        return value

    def _add_cuts(self) -> bool:
        """Add cuts that the solution violates; whether there are any."""
        values = np.array(self._model.getSolution().col_value)
        if not self._columns.split(values).size:
            return False
        slack = self._upper - self._matrix @ values
        matrix = np.concatenate([self._matrix[slack < TIGHT], -self._matrix[self._equal]])
        upper = np.concatenate([self._upper[slack < TIGHT], -self._upper[self._equal]])
        whole = rounded(self._columns, RelaxationRows(matrix, upper, np.zeros(upper.size)), values)
        cuts = deep(Cuts.join([whole, self._tableau_cuts(values, slack)]), values)
        if not cuts.upper.size:
            return False
        size = cuts.upper.size
        lower = np.full(size, -highs.INFINITY)
        highs.add_rows(self._model, csr_array(cuts.matrix), lower, cuts.upper)
        self._matrix = np.concatenate([self._matrix, cuts.matrix])
        self._upper = np.concatenate([self._upper, cuts.upper])
        self._equal = np.concatenate([self._equal, np.zeros(size, np.bool_)])
        return True

    def _tableau_cuts(self, values: FloatArray, slack: FloatArray) -> Cuts:
        """Cuts of the rows of the simplex tableau in which a split switch is basic.

        A tableau row is the sum of rows times multipliers, a row of the basis inverse. A row with a negative
        multiplier counts through its slack, `upper − matrix · x ≥ 0`, which is a continuous column with a
        negative coefficient to the rounding; equalities have none. The cut is expressed in the columns again
        by inserting that definition. Both signs of a tableau row are tried, as their cuts differ.
        """
        multipliers = highs.tableau(self._model, self._split_enough(values), MOST_TABLEAU_ROWS)
        multipliers = multipliers[np.abs(multipliers).max(axis=1, initial=0.0) < MOST_MULTIPLIER]
        ends = np.isfinite(self._upper)  # a row without an upper bound is no ≤ row to aggregate
        multipliers = multipliers[~multipliers[:, ~ends].any(axis=1)]
        multipliers = np.concatenate([multipliers, -multipliers])
        matrix = multipliers @ self._matrix
        scale = np.abs(matrix[:, self._columns.switches]).max(axis=1, initial=1.0)[:, None]
        multipliers, matrix = multipliers / scale, matrix / scale
        negative = np.where(self._equal, 0.0, np.minimum(multipliers, 0.0))
        upper, slack = np.where(ends, self._upper, 0.0), np.where(ends, slack, 0.0)
        rows = RelaxationRows(matrix, multipliers @ upper, negative @ slack)
        cuts = rounded(self._columns, rows, values)
        brought = negative[cuts.row]
        return Cuts(cuts.matrix - brought @ self._matrix, cuts.upper - brought @ upper, cuts.row)

    def _split_enough(self, values: FloatArray) -> IntArray:
        split = self._columns.split(values)
        return split[np.minimum(values[split], 1 - values[split]) > LEAST_SPLIT]
