"""The linear programme of one MTU, kept warm over rows, bids and MTUs.

Columns: shortage and surplus per direction, the bids that entered, one overload per row. Rows: one balance
per direction (accepted + shortage − surplus = demand) and, one-sided and soft, the limit rows added so far:
`Σ_b c_rb q_b − overload_r ≤ room_r`. Costs and right-hand sides change with the MTU, coefficients never do.

Most bids are so far from the margin that nothing moves them from where the merit order puts them, all or
nothing. They rest outside the model and count on its right-hand sides; `solve` prices them with its duals
and names those that do not rest where they should. When none is left, the optimum is that of all bids.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from gateway.optimiser import highs
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.price_order import tie_breaks
from gateway.optimiser.problem import Problem

BALANCES = 2
SHADOW_MIN = 1e-7  # EUR per MWh; smaller duals are round-off


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """One solved MTU: accepted MW (B,), the objective per hour, balance prices and row shadow prices ≥ 0.

    `misplaced` bids rest where these prices do not want them: they must enter, unless there are none.
    """

    accepted_mw: FloatArray
    objective_eur_per_h: float
    price_up: float
    price_down: float
    shadow_price: FloatArray
    misplaced: IntArray


class Master:
    """A persistent HiGHS model: `load` an MTU, `add` rows, `enter` bids, `solve`."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._available = problem.bids.available_mw
        count = len(problem.bids.ids)
        self._up = problem.bids.direction > 0
        self._price, self._offered, self._rest = np.zeros(count), np.zeros(count), np.zeros(count)
        self._demand = np.zeros(BALANCES)
        self._column = np.full(count, -1)  # of the bid in the model
        self._entered = np.zeros(0, np.int64)
        self._matrix, self._room = csr_array((0, count)), np.zeros(0)
        self._model = highs.new_model()
        highs.add_rows(self._model, csr_array((BALANCES, 0)), self._demand, self._demand)
        shortage, most, both = problem.shortage_eur_per_mw, problem.surplus_mw, np.arange(BALANCES)
        for cost, upper, sign in ((shortage, highs.INFINITY, 1.0), (0.0, most, -1.0)):
            entries = csc_array((np.full(BALANCES, sign), both, np.arange(BALANCES + 1)))
            self._columns(np.full(BALANCES, cost), np.full(BALANCES, upper), entries)

    def load(self, mtu: int, by_price: FloatArray, room: FloatArray) -> None:
        """Turn to an MTU: prices, quantities, demands, the merit order (B,) and the rooms (R,) of the rows.

        The basis stays.
        """
        problem, entered = self._problem, self._entered
        self._price = problem.bids.price_eur_per_mwh[:, mtu] + tie_breaks(problem, mtu)
        self._offered = self._available[:, mtu]
        self._rest = np.where(by_price < self._offered, 0.0, self._offered)
        self._demand = np.array([problem.demand_up_mw[mtu], problem.demand_down_mw[mtu]])
        self._room = room
        columns = self._column[entered]
        highs.set_costs(self._model, columns, self._price[entered])
        highs.set_column_bounds(self._model, columns, np.zeros(entered.size), self._offered[entered])

    def enter(self, bids: IntArray) -> None:
        """Take bids that are not in the model yet into it."""
        limits = self._matrix[:, bids].tocsc()
        balances = csr_array(
            (np.ones(bids.size), np.where(self._up[bids], 0, 1), np.arange(bids.size + 1)),
            shape=(bids.size, BALANCES),
        ).T
        entries = vstack([balances, limits], format="csc")
        self._column[bids] = self._columns(self._price[bids], self._offered[bids], entries)
        self._entered = np.r_[self._entered, bids]

    def start_from(self, marginal: IntArray) -> None:
        """Begin at the merit order of the loaded MTU: a 26,000-column start in milliseconds, not seconds.

        Accepted bids stand at their upper bound; the marginal bid (or the shortage) of each direction and
        all limit rows are basic. `marginal` (2,) as in `merit_order`.
        """
        columns = [highs.AT_LOWER] * self._model.getNumCol()
        for column in self._column[self._entered[self._rest[self._entered] > 0]].tolist():
            columns[column] = highs.AT_UPPER
        for side, bid in enumerate(marginal.tolist()):
            columns[self._column[bid] if bid >= 0 else side] = highs.BASIC
        limits = [highs.BASIC] * self._room.size
        highs.set_basis(self._model, columns, [highs.AT_LOWER] * BALANCES + limits)

    def add(self, matrix: csr_array, room: FloatArray) -> None:
        """Append soft limit rows (R, B) with their rooms (R,) at the loaded MTU."""
        count = room.size
        column = self._column[matrix.indices]
        inside = column >= 0
        start = np.r_[0, np.cumsum(inside)][matrix.indptr]
        width = self._model.getNumCol()
        limits = csr_array((matrix.data[inside], column[inside], start), shape=(count, width))
        highs.add_rows(self._model, limits, np.full(count, -highs.INFINITY), room)
        rows = BALANCES + self._room.size + np.arange(count)
        self._matrix = vstack([self._matrix, matrix], format="csr") if self._room.size else matrix
        self._room = np.r_[self._room, room]
        overload = csc_array(
            (np.full(count, -1.0), rows, np.arange(count + 1)), shape=(BALANCES + self._room.size, count)
        )
        unlimited = np.full(count, highs.INFINITY)
        self._columns(np.full(count, self._problem.overload_eur_per_mw), unlimited, overload)

    def solve(self) -> Optimum:
        """Optimum of the loaded MTU under the rows and bids so far; SolverError if there is none."""
        resting = self._column < 0
        rest = np.where(resting, self._rest, 0.0)
        asked = self._demand - np.array([rest[self._up].sum(), rest[~self._up].sum()])
        limits = self._room.size
        lower, upper = (
            np.r_[asked, np.full(limits, -highs.INFINITY)],
            np.r_[asked, self._room - self._matrix @ rest],
        )
        highs.set_row_bounds(self._model, np.arange(BALANCES + limits), lower, upper)
        highs.solve(self._model)
        columns, duals = highs.values(self._model)
        entered = self._entered
        rest[entered] = np.clip(columns[self._column[entered]], 0.0, self._offered[entered])
        shadow = -duals[BALANCES:]
        misplaced = np.flatnonzero(resting & self._misplaced(duals))
        shadow[shadow < SHADOW_MIN] = 0.0
        inside = float(self._model.getInfo().objective_function_value)
        return Optimum(
            accepted_mw=rest,
            objective_eur_per_h=inside + float(self._price[resting] @ rest[resting]),
            price_up=float(duals[0]),
            price_down=float(duals[1]),
            shadow_price=shadow,
            misplaced=misplaced,
        )

    def _misplaced(self, duals: FloatArray) -> BoolArray:
        """(B,) whether a bid's reduced cost wants it elsewhere than at rest."""
        reduced = self._price - np.where(self._up, duals[0], duals[1]) - self._matrix.T @ duals[BALANCES:]
        wanted = np.where(self._rest > 0, reduced > highs.DUAL_TOLERANCE, reduced < -highs.DUAL_TOLERANCE)
        return np.asarray(wanted & (self._offered > 0))

    def _columns(self, cost: FloatArray, upper: FloatArray, entries: csc_array) -> IntArray:
        """Append columns from zero to `upper`; their positions."""
        first = self._model.getNumCol()
        highs.add_columns(self._model, cost, np.zeros(cost.size), upper, entries)
        return first + np.arange(cost.size)
