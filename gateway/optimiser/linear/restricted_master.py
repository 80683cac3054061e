"""The linear programme of one MTU, warm-started over rows, bids and MTUs.

Columns: shortage and surplus per list, the bids that entered, one overload per element that may be exceeded.
Rows: one balance per list (accepted + shortage − surplus = demand), three rows that hold what an earlier aim
has reached (see `order`), and, one-sided, the limit rows added so far: `Σ_b c_rb q_b ≤ margin_r`. Rows of
element e that may be exceeded read `Σ_b c_rb q_b − scale_r · overload_e ≤ margin_r` and have a twin `Σ_b c_rb
q_b ≤ most_r`. Costs and right-hand sides change with MTU and aim, coefficients never do.

Limit rows are elastic at first, at the price of overload: with few bids inside there may be no solution.
Once the optimum of all bids is found, `harden` makes exceeded ones hard, for every later aim too.

Most bids are so far from the margin that nothing moves them from where the merit order puts them, all or
nothing. They rest outside the model and count on its right-hand sides; `solve` prices them with its duals
and names those that do not rest where they should. When none is left, the optimum is that of all bids.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.order import Aim
from gateway.optimiser.model.price_order import tie_breaks
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.rows import Agreed
from gateway.optimiser.solver import highs

HELD = (Aim.UNMET, Aim.OVERLOAD, Aim.CONTRACTED)  # one row each, after the balances
SHADOW_MIN = 1e-7  # EUR per MWh; smaller duals are round-off


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """One solved MTU: accepted MW (B,), unmet demand, overload, contracted MW, MW beyond the worst elastic
    row, list prices (L,) and row shadow prices (R,) ≥ 0.

    `misplaced` bids rest where these prices do not want them: they must enter, unless there are none.
    """

    accepted_mw: FloatArray
    unmet_mw: float
    overload: float
    contracted_mw: float
    exceeded_mw: float
    list_price: FloatArray
    shadow_price: FloatArray
    misplaced: IntArray


class RestrictedMaster:
    """A persistent HiGHS model: `load` an MTU, `add` rows, `enter` bids, `aim` at something, `solve`."""

    def __init__(self, problem: Problem, surplus_mw: float) -> None:
        self._problem = problem
        self._available, self._list = problem.bids.available_mw, problem.bids.list_index
        self._contracted = problem.bids.contracted.astype(np.float64)
        count, lists = len(problem.bids.ids), len(problem.lists)
        self._lists, self._fixed = lists, lists + len(HELD)
        self._price, self._offered, self._rest = np.zeros(count), np.zeros(count), np.zeros(count)
        self._demand, self._held = np.zeros(lists), np.full(len(HELD), highs.INFINITY)
        self._column = np.full(count, -1)  # of the bid in the model
        self._entered = np.zeros(0, np.int64)
        self._overload: dict[int, int] = {}  # its column, by element
        self._matrix, self._margin = csr_array((0, count)), np.zeros(0)
        self._row_of = np.zeros(0, np.int64)  # each limit row of the model: the row it was added as
        self._twin = np.zeros(0, np.bool_)
        self._rows = 0
        self._elastic = np.zeros(0, np.int64)  # column of each limit row of the model
        self._hard = False
        self._aim = Aim.PRICED
        self._model = highs.new_model()
        free = np.full(self._fixed, highs.INFINITY)
        highs.add_rows(self._model, csr_array((self._fixed, 0)), -free, free)
        each, unmet = np.arange(lists), np.full(lists, lists)
        short = csc_array(
            (np.ones(2 * lists), np.stack([each, unmet], axis=1).ravel(), 2 * np.arange(lists + 1)),
            shape=(self._fixed, lists),
        )
        self._columns(np.full(lists, problem.shortage_eur_per_mw), np.full(lists, highs.INFINITY), short)
        surplus = csc_array((np.full(lists, -1.0), each, np.arange(lists + 1)), shape=(self._fixed, lists))
        self._columns(np.zeros(lists), np.full(lists, surplus_mw), surplus)

    def load(self, mtu: int, by_price: FloatArray, margin: FloatArray, most: FloatArray) -> None:
        """Turn to an MTU: prices, quantities, demands, the merit order (B,), the margins (R,) of the rows and
        the most (R,) they may be exceeded to.

        The basis stays; nothing is held, and unmet demand and overload are priced.
        """
        problem, entered = self._problem, self._entered
        self._price = problem.bids.price_eur_per_mwh[:, mtu] + tie_breaks(problem, mtu)
        self._offered = self._available[:, mtu]
        self._rest = np.where(by_price < self._offered, 0.0, self._offered)
        self._demand = problem.lists.demand_mw[:, mtu]
        self._margin = np.where(self._twin, most[self._row_of], margin[self._row_of])
        self.release()
        columns = self._column[entered]
        highs.set_column_bounds(self._model, columns, np.zeros(entered.size), self._offered[entered])
        if self._hard:
            self._stretch(highs.INFINITY)
        self.aim(Aim.PRICED)

    def aim(self, aim: Aim) -> None:
        """The aim that `solve` minimises."""
        self._aim, lists = aim, np.arange(self._lists)
        price = {Aim.PRICED: self._problem.shortage_eur_per_mw, Aim.UNMET: 1.0}.get(aim, 0.0)
        highs.set_costs(self._model, lists, np.full(lists.size, price))
        over = np.array(list(self._overload.values()), np.int64)
        highs.set_costs(self._model, over, np.full(over.size, self._overload_cost()))
        highs.set_costs(self._model, self._column[self._entered], self._costs()[self._entered])

    def harden(self) -> None:
        """Let no limit row of the loaded MTU be exceeded any more."""
        if not self._hard:
            self._stretch(0.0)

    def _stretch(self, most: float) -> None:
        self._hard = most == 0
        zero = np.zeros(self._elastic.size)
        highs.set_column_bounds(self._model, self._elastic, zero, zero + most)

    def hold(self, aim: Aim, reached: Optimum, slack: float) -> None:
        """Allow no more of what was aimed at than was reached (of contracted MW: no less)."""
        values = reached.unmet_mw, reached.overload, reached.contracted_mw
        if aim in HELD:
            less = -slack if aim is Aim.CONTRACTED else slack
            self._held[HELD.index(aim)] = values[HELD.index(aim)] + less

    def release(self) -> None:
        """Hold nothing any more."""
        self._held[:] = highs.INFINITY

    def enter(self, bids: IntArray) -> None:
        """Add bids that are not in the model yet."""
        limits = self._matrix[:, bids].tocsc()
        both = np.stack([np.ones(bids.size), self._contracted[bids]], axis=1).ravel()
        last = np.full(bids.size, self._lists + HELD.index(Aim.CONTRACTED))
        rows = np.stack([self._list[bids], last], axis=1).ravel()
        fixed = csr_array(
            (both, rows, 2 * np.arange(bids.size + 1)), shape=(bids.size, self._fixed)
        ).T.tocsc()
        fixed.eliminate_zeros()
        entries = vstack([fixed, limits], format="csc")
        self._column[bids] = self._columns(self._costs()[bids], self._offered[bids], entries)
        self._entered = np.r_[self._entered, bids]

    def enter_what_may_help(self) -> bool:
        """Add more bids where those inside cannot satisfy all rows: first those that load one, then all.

        Whether there were any left.
        """
        outside = (self._column < 0) & (self._offered > 0)
        loads = np.zeros(outside.size, np.bool_)
        loads[self._matrix.indices[self._matrix.data > 0]] = True
        loading = outside & loads & (self._rest > 0)
        chosen = np.flatnonzero(loading if loading.any() else outside)
        self.enter(chosen)
        return bool(chosen.size)

    def start_from(self, marginal: IntArray) -> None:
        """Begin at the merit order of the loaded MTU: a 26,000-column start in milliseconds, not seconds.

        Accepted bids are at their upper bound; the marginal bid (or the shortage) of each list and all
        limit rows are basic. `marginal` (L,) as in `merit_order`.
        """
        columns = [highs.AT_LOWER] * self._model.getNumCol()
        for column in self._column[self._entered[self._rest[self._entered] > 0]].tolist():
            columns[column] = highs.AT_UPPER
        for number, bid in enumerate(marginal.tolist()):
            columns[self._column[bid] if bid >= 0 else number] = highs.BASIC
        others = [highs.BASIC] * (len(HELD) + self._margin.size)
        highs.set_basis(self._model, columns, [highs.AT_LOWER] * self._lists + others)

    def add(self, matrix: csr_array, margin: FloatArray, agreed: Agreed) -> None:
        """Append limit rows (R, B) with margins (R,) at the loaded MTU; `agreed` (R,) with its `most`."""
        soft = np.flatnonzero(agreed.element >= 0)
        which = np.r_[np.arange(margin.size), soft]
        grown = matrix if not soft.size else vstack([matrix, matrix[soft]], format="csr")
        new = [one for one in np.unique(agreed.element[soft]).tolist() if one not in self._overload]
        held = np.full(len(new), self._lists + HELD.index(Aim.OVERLOAD))
        entry = csc_array(
            (np.ones(len(new)), held, np.arange(len(new) + 1)),
            shape=(self._fixed + self._margin.size, len(new)),
        )
        cost = np.full(len(new), self._overload_cost())
        columns = self._columns(cost, np.full(len(new), highs.INFINITY), entry)
        self._overload |= dict(zip(new, columns.tolist(), strict=True))
        column = self._column[grown.indices]
        inside = column >= 0
        start = np.r_[0, np.cumsum(inside)][grown.indptr]
        shape = (which.size, self._model.getNumCol())
        limits = csr_array((grown.data[inside], column[inside], start), shape=shape)
        if soft.size:
            over = np.array([self._overload[element] for element in agreed.element[soft].tolist()])
            limits = csr_array(limits + csr_array((-agreed.scale[soft], (soft, over)), shape=shape))
        margins = np.r_[margin, agreed.most[soft]]
        highs.add_rows(self._model, limits, np.full(margins.size, -highs.INFINITY), margins)
        at = self._fixed + self._margin.size + np.arange(margins.size)
        stretch = csc_array(
            (np.full(margins.size, -1.0), at, np.arange(margins.size + 1)),
            shape=(self._fixed + self._margin.size + margins.size, margins.size),
        )
        price, top = self._problem.overload_eur_per_mw, 0.0 if self._hard else highs.INFINITY
        elastic = self._columns(np.full(margins.size, price), np.full(margins.size, top), stretch)
        self._elastic = np.r_[self._elastic, elastic]
        self._matrix = vstack([self._matrix, grown], format="csr") if self._margin.size else grown
        self._margin = np.r_[self._margin, margins]
        self._row_of = np.r_[self._row_of, self._rows + which]
        self._twin = np.r_[self._twin, np.arange(which.size) >= margin.size]
        self._rows += margin.size

    def solve(self) -> Optimum:
        """Optimum of the loaded MTU under the rows and bids so far; SolverError if there is none."""
        resting = self._column < 0
        rest = np.where(resting, self._rest, 0.0)
        demand = self._demand - np.bincount(self._list, weights=rest, minlength=self._lists)
        upper = np.r_[demand, self._held, self._margin - self._matrix @ rest]
        lower = np.r_[demand, np.full(len(HELD) + self._margin.size, -highs.INFINITY)]
        last = self._lists + HELD.index(Aim.CONTRACTED)
        if np.isfinite(self._held[-1]):
            lower[last], upper[last] = self._held[-1] - float(self._contracted @ rest), highs.INFINITY
        highs.set_row_bounds(self._model, np.arange(lower.size), lower, upper)
        highs.solve(self._model)
        columns, duals = highs.values(self._model)
        entered, over = self._entered, list(self._overload.values())
        rest[entered] = np.clip(columns[self._column[entered]], 0.0, self._offered[entered])
        shadow = np.bincount(self._row_of, weights=-duals[self._fixed :], minlength=self._rows)
        misplaced = np.flatnonzero(resting & self._misplaced(duals))
        shadow[shadow < SHADOW_MIN] = 0.0
        return Optimum(
            accepted_mw=rest,
            unmet_mw=float(np.maximum(columns[: self._lists], 0.0).sum()),
            overload=float(np.maximum(columns[over], 0.0).sum()),
            contracted_mw=float(self._contracted @ rest),
            exceeded_mw=float(columns[self._elastic].max(initial=0.0)),
            list_price=duals[: self._lists],
            shadow_price=shadow.astype(np.float64),
            misplaced=misplaced,
        )

    def _costs(self) -> FloatArray:
        """(B,) cost of one MW of each bid, by the aim."""
        if self._aim in (Aim.PRICED, Aim.COST):
            return self._price
        return -self._contracted if self._aim is Aim.CONTRACTED else np.zeros(self._price.size)

    def _overload_cost(self) -> float:
        return {Aim.PRICED: self._problem.overload_eur_per_mw, Aim.OVERLOAD: 1.0}.get(self._aim, 0.0)

    def _misplaced(self, duals: FloatArray) -> BoolArray:
        """(B,) whether a bid's reduced cost wants it elsewhere than at rest."""
        reduced = self._costs() - duals[self._list] - self._matrix.T @ duals[self._fixed :]
        reduced -= self._contracted * duals[self._fixed - 1]
        wanted = np.where(self._rest > 0, reduced > highs.DUAL_TOLERANCE, reduced < -highs.DUAL_TOLERANCE)
        return np.asarray(wanted & (self._offered > 0))

    def _columns(self, cost: FloatArray, upper: FloatArray, entries: csc_array) -> IntArray:
        """Append columns from zero to `upper`; their positions."""
        first = self._model.getNumCol()
        highs.add_columns(self._model, cost, np.zeros(cost.size), upper, entries)
        return first + np.arange(cost.size)
