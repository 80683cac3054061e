"""The mixed-integer programme of a problem: minimum quantities, indivisible bids and links.

An accepted quantity is semi-continuous: `q = least · on + extra`, `0 ≤ extra ≤ (most − least) · on`. Rounding
cuts substitute that bound. Bids that need no switch have no `on`. Columns: one extra per offered (bid, MTU),
the switches, then shortage and surplus per list and MTU, one share per inclusive group and MTU and per block
bid, one `full` per multipart parent and MTU, one overload per element that may be exceeded and MTU. Limit
rows are lazy constraints; those that may be exceeded have a twin for the most they may
(`linear.restricted_master`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack

from gateway.optimiser.check.quantity_steps import STEP_MW
from gateway.optimiser.integer.mixed_links import add_links
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.order import Aim
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.rows import Agreed
from gateway.optimiser.solver import highs
from gateway.optimiser.solver.branch_cut import BranchCut, Complete
from gateway.optimiser.solver.rounding import ColumnKinds

FEW_SWITCHES = 1500  # beyond, HiGHS is the better search


@dataclass(frozen=True, slots=True, eq=False)
class Incumbent:
    """A feasible point of the rows known so far, with the prices that hold once its switches are fixed.

    Attributes:
        accepted_mw: (B, T), zero outside the model's MTUs.
        objective, bound: of what was aimed at, per hour, and what is proven to be its lower bound.
        unmet_mw, overload, contracted_mw: over the model's MTUs.
        list_price: (L, M) EUR per MWh of demand at the model's MTUs; empty without balances.
        shadow_price: (R, M) ≥ 0 of the limit rows added so far.
    """

    accepted_mw: FloatArray
    objective: float
    bound: float
    unmet_mw: float
    overload: float
    contracted_mw: float
    list_price: FloatArray
    shadow_price: FloatArray


class Mixed:
    """A HiGHS model of some MTUs of `problem`; prices (L,) replace the balances if given.

    Links to other MTUs hold against `past` (B, T), what was activated there, and are left out without it.
    """

    def __init__(
        self,
        problem: Problem,
        mtus: Sequence[int],
        prices: FloatArray | None = None,
        past: BoolArray | None = None,
    ) -> None:
        self.problem, self.mtus, self.past = problem, list(mtus), past
        self.available, self._least = problem.bids.available_mw, least_mw(problem)
        chosen = np.zeros(problem.mtus, np.bool_)
        chosen[self.mtus] = True
        self._bid, self._mtu = np.nonzero((self.available > 0) & chosen)
        self._count = self._bid.size
        self.place = np.full(self.available.shape, -1)
        self.place[self._bid, self._mtu] = np.arange(self._count)
        self._model = highs.new_model()
        self._branch_cut = BranchCut(self._model)
        self._width = 0
        self._integers: list[IntArray] = []
        self._limit_rows: list[IntArray] = []
        self._twin_rows: list[tuple[IntArray, IntArray]] = []  # where in the limit rows, and in the model
        self._unmet: list[IntArray] = []
        self._surplus: list[IntArray] = []  # per list
        self._overload: dict[tuple[int, int], int] = {}  # column by element and MTU
        self._held: dict[Aim, int] = {}  # row by what is held
        self._aim = Aim.PRICED
        self._balance_count = 0 if prices is not None else len(problem.lists) * len(self.mtus)
        least = self._least[self._bid, self._mtu]
        self._switched = np.flatnonzero(least > 0)
        self._quantity = self._columns(least, prices)
        if prices is None:
            self._balances()
        self._limit_extras(least)
        if prices is None and problem.surplus_mw:
            self._limit_surplus(least)
        add_links(self)

    def add_limits(self, matrix: csr_array, margins: FloatArray, agreed: Agreed) -> None:
        """Append limit rows (R, B) with margins (R, T), for every MTU of the model."""
        count, added = margins.shape[0], []
        soft = np.flatnonzero(agreed.element >= 0)
        for column, mtu in enumerate(self.mtus):
            picked = np.flatnonzero(self._mtu == mtu)
            rows = csr_array(matrix[:, self._bid[picked]] @ self._quantity[picked])
            over = [self._overload_column(element, mtu) for element in agreed.element[soft].tolist()]
            rows.resize((count, self._width))
            added.append(self._model.getNumRow() + np.arange(count))
            exceeded = csr_array((-agreed.scale[soft], (soft, np.array(over, np.int64))), shape=rows.shape)
            self._at_most(csr_array(rows + exceeded) if soft.size else rows, margins[:, mtu])
            if soft.size:
                place = sum(len(one) for one in self._limit_rows) + soft
                twins = self._model.getNumRow() + np.arange(soft.size)
                self._twin_rows.append((place * len(self.mtus) + column, twins))
                self._at_most(csr_array(rows[soft]), agreed.most[soft, mtu])
        self._limit_rows.append(np.stack(added, axis=1))

    def _at_most(self, rows: csr_array, upper: FloatArray) -> None:
        highs.add_rows(self._model, rows, np.full(upper.size, -highs.INFINITY), upper)

    def _overload_column(self, element: int, mtu: int) -> int:
        """The overload of one element at one MTU; it counts where overload is held."""
        known = self._overload.get((element, mtu))
        if known is None:
            held = self._held.get(Aim.OVERLOAD)
            entries = None
            if held is not None:
                shape = (self._model.getNumRow(), 1)
                entries = csc_array((np.ones(1), (np.array([held]), np.zeros(1, np.int64))), shape=shape)
            known = self.new_columns(np.array([self._overload_cost()]), entries=entries)
            self._overload[element, mtu] = known
        return known

    def aim(self, aim: Aim) -> None:
        """Set the aim that the next `solve` minimises; the model begins as `PRICED`."""
        self._aim = aim
        cost = np.zeros(self._width)
        if aim in (Aim.PRICED, Aim.COST):
            cost[: self._quantity.shape[1]] = self._quantity_cost
        if aim is Aim.CONTRACTED:
            cost[: self._quantity.shape[1]] = -(self._quantity.T @ self._contracted())
        unmet = {Aim.PRICED: self.problem.shortage_eur_per_mw, Aim.UNMET: 1.0}.get(aim, 0.0)
        cost[np.concatenate([np.zeros(0, np.int64), *self._unmet])] = unmet
        cost[list(self._overload.values())] = self._overload_cost()
        highs.set_costs(self._model, np.arange(self._width), cost)
        self._branch_cut = BranchCut(self._model)

    def hold(self, reached: Incumbent, slack: float) -> None:
        """Allow no more of what was aimed at than was reached (of contracted MW: no less)."""
        unmet: IntArray = np.concatenate([np.zeros(0, np.int64), *self._unmet])
        rows: dict[Aim, tuple[dict[int, float], float]] = {
            Aim.UNMET: (dict.fromkeys(unmet.tolist(), 1.0), reached.unmet_mw),
            Aim.OVERLOAD: (dict.fromkeys(self._overload.values(), 1.0), reached.overload),
        }
        if self._aim is Aim.CONTRACTED:
            weight = -(self._quantity.T @ self._contracted())
            columns = np.flatnonzero(weight)
            terms = dict(zip(columns.tolist(), weight[columns].tolist(), strict=True))
            rows[Aim.CONTRACTED] = terms, -reached.contracted_mw
        if self._aim in rows:
            self._held[self._aim] = self._model.getNumRow()
            terms, most = rows[self._aim]
            self.row(terms, upper=most + slack)

    def release(self) -> None:
        """Hold nothing any more."""
        rows: IntArray = np.array(list(self._held.values()), np.int64)
        free = np.full(rows.size, highs.INFINITY)
        highs.set_row_bounds(self._model, rows, -free, free)
        self._held = {}

    def solve(self, gap: float, absolute_gap: float, complete: Complete) -> Incumbent:
        """Best point within the relative or the absolute gap of the bound; SolverError if there is none.

        `complete` adds the limit rows that accepted quantities (B, T) violate; True if there are none. Then
        the switches are fixed and a linear programme is solved, for exact quantities and duals.
        """
        switches = np.concatenate([np.zeros(0, np.int64), *self._integers])
        chosen, bound = self._choose(switches, gap, absolute_gap, complete)
        highs.set_column_bounds(self._model, switches, chosen, chosen)
        highs.solve(self._model)
        columns, duals = highs.values(self._model)
        objective = float(self._model.getInfo().objective_function_value)
        highs.set_column_bounds(self._model, switches, np.zeros(switches.size), np.ones(switches.size))
        rows = np.concatenate([np.zeros((0, len(self.mtus)), np.int64), *self._limit_rows])
        shadow = np.maximum(-duals[rows], 0.0)
        for place, twins in self._twin_rows:
            shadow.ravel()[place] += np.maximum(-duals[twins], 0.0)
        unmet: IntArray = np.concatenate([np.zeros(0, np.int64), *self._unmet])
        return Incumbent(
            accepted_mw=self._accepted(columns),
            objective=objective,
            bound=min(bound, objective),
            unmet_mw=float(np.maximum(columns[unmet], 0.0).sum()),
            overload=float(np.maximum(columns[list(self._overload.values())], 0.0).sum()),
            contracted_mw=float(self._contracted() @ (self._quantity @ columns[: self._quantity.shape[1]])),
            list_price=duals[: self._balance_count].reshape(-1, len(self.mtus)),
            shadow_price=shadow,
        )

    def _contracted(self) -> FloatArray:
        """(E,) whether each offered quantity fills contracted capacity."""
        return self.problem.bids.contracted[self._bid].astype(np.float64)

    def _overload_cost(self) -> float:
        return {Aim.PRICED: self.problem.overload_eur_per_mw, Aim.OVERLOAD: 1.0}.get(self._aim, 0.0)

    def _choose(
        self, switches: IntArray, gap: float, absolute_gap: float, complete: Complete
    ) -> tuple[FloatArray, float]:
        """Values of the switches, and the bound proven."""
        if not switches.size:
            return np.zeros(0), np.inf
        if switches.size <= FEW_SWITCHES:
            found = self._branch_cut.search(
                self._kinds, gap, absolute_gap, lambda columns: complete(self._accepted(columns))
            )
            if found is not None:
                return np.round(found[0][switches]), found[1]
        for name, value in (("mip_rel_gap", gap), ("mip_abs_gap", absolute_gap)):
            highs.accept(self._model.setOptionValue(name, float(value)), f"option {name}")
        highs.set_integer(self._model, switches)
        highs.solve_mixed(self._model)
        bound = float(self._model.getInfo().mip_dual_bound)
        chosen = np.round(highs.values(self._model)[0][switches])
        highs.set_continuous(self._model, switches)
        return chosen, bound

    def _accepted(self, columns: FloatArray) -> FloatArray:
        """(B, T) accepted quantities."""
        accepted = np.zeros(self.available.shape)
        accepted[self._bid, self._mtu] = self._quantity @ columns[: self._quantity.shape[1]]
        return np.clip(accepted, 0.0, self.available)

    def _kinds(self) -> ColumnKinds:
        """Meaning of the columns of the model."""
        most, entries = self.available[self._bid, self._mtu], self._switched
        return ColumnKinds(
            switches=np.concatenate(self._integers),
            extras=entries,
            switch_of=self._count + np.arange(entries.size),
            ratio=most[entries] - self._least[self._bid, self._mtu][entries],
            others=np.setdiff1d(np.arange(self._width), np.concatenate([entries, *self._integers])),
        )

    def new_columns(
        self,
        cost: FloatArray,
        upper: FloatArray | None = None,
        *,
        integer: bool = False,
        entries: csc_array | None = None,
    ) -> int:
        """Append columns from zero to `upper`; the first one's position."""
        first = self._width
        top = np.full(cost.size, highs.INFINITY) if upper is None else upper
        highs.add_columns(self._model, cost, np.zeros(cost.size), top, entries)
        if integer and cost.size:
            which = first + np.arange(cost.size)
            self._integers.append(which)
        self._width += cost.size
        return first

    def _columns(self, least: FloatArray, prices: FloatArray | None) -> csr_array:
        """Extras and switches; returns the quantities (E, E + S) they make up."""
        problem, entries = self.problem, np.arange(self._count)
        cost = problem.bids.price_eur_per_mwh[self._bid, self._mtu].copy()
        if prices is not None:
            cost -= prices[problem.bids.list_index[self._bid]]
        most = self.available[self._bid, self._mtu]
        self.new_columns(cost, most - least)
        on = self._switched
        self.new_columns(cost[on] * least[on], np.ones(on.size), integer=True)
        self._quantity_cost = np.r_[cost, cost[on] * least[on]]
        return csr_array(
            (
                np.r_[np.ones(self._count), least[on]],
                (np.r_[entries, on], np.r_[entries, self._count + np.arange(on.size)]),
            ),
            shape=(self._count, self._width),
        )

    def _balances(self) -> None:
        problem, count = self.problem, len(self.mtus)
        row = np.searchsorted(self.mtus, self._mtu)
        for number, demand in enumerate(problem.lists.demand_mw):
            picked = np.flatnonzero(problem.bids.list_index[self._bid] == number)
            shape = (count, self._count)
            sums = csr_array((np.ones(picked.size), (row[picked], picked)), shape=shape)
            total = sums @ self._quantity
            short = self.new_columns(np.full(count, problem.shortage_eur_per_mw))
            self._unmet.append(short + np.arange(count))
            surplus = self.new_columns(np.zeros(count), np.full(count, problem.surplus_mw))
            self._surplus.append(surplus + np.arange(count))
            between, unit = csr_array((count, short - total.shape[1])), eye_array(count)
            rows = hstack([total, between, unit, -unit], format="csr")
            highs.add_rows(self._model, rows, demand[self.mtus], demand[self.mtus])

    def _limit_extras(self, least: FloatArray) -> None:
        """extra ≤ (most − least) · on, where a quantity may lie between."""
        most = self.available[self._bid, self._mtu]
        loose = np.flatnonzero(most[self._switched] > least[self._switched])
        for number in loose.tolist():
            entry = int(self._switched[number])
            margin = float(most[entry] - least[entry])
            self.row({entry: 1.0, self._count + number: -margin}, upper=0.0)

    def _limit_surplus(self, least: FloatArray) -> None:
        """No surplus but what is unavoidable: a switch `allowed` per list and MTU permits it.

            surplus ≤ most · allowed,  Σ extra ≤ demand · (1 − allowed),  and for each bid of the list
            surplus ≤ most − (most − least + step) · on, redundant where least ≥ most + step

        So accepted bids are at their least quantity and needed. Bids without one of their own are off.
        """
        bids, most = self.problem.bids, self.problem.surplus_mw
        own = np.where(bids.divisible[self._bid], bids.minimum_mw[self._bid, self._mtu], least)
        where = np.full(self._count, -1)
        where[self._switched] = self._count + np.arange(self._switched.size)
        for number, columns in enumerate(self._surplus):
            listed = bids.list_index[self._bid] == number
            for mtu, surplus in zip(self.mtus, columns.tolist(), strict=True):
                entries = np.flatnonzero(listed & (self._mtu == mtu))
                allowed = self.new_columns(np.zeros(1), np.ones(1), integer=True)
                self.row({surplus: 1.0, allowed: -most}, upper=0.0)
                demand = float(self.problem.lists.demand_mw[number, mtu])
                self.row(dict.fromkeys(entries.tolist(), 1.0) | {allowed: demand}, upper=demand)
                for entry in entries[where[entries] >= 0].tolist():
                    on = int(where[entry])
                    if own[entry] < max(least[entry], STEP_MW):
                        self.row({on: 1.0, allowed: 1.0}, upper=1.0)
                    elif own[entry] - STEP_MW < most:
                        self.row({surplus: 1.0, on: most - own[entry] + STEP_MW}, upper=most)

    def switch(self, bid: int, mtu: int) -> int | None:
        """Column of the bid's `on`, None if it is not offered."""
        entry = self.place[bid, mtu] if mtu >= 0 else -1
        if entry < 0:
            return None
        return self._count + int(np.searchsorted(self._switched, entry))

    def terms(self, bid: int, mtu: int) -> dict[int, float]:
        """The accepted quantity as columns and coefficients."""
        entry = self.place[[bid], [mtu]]
        row = self._quantity[entry].tocoo()
        return dict(zip(row.coords[1].tolist(), row.data.tolist(), strict=True))

    def row(self, terms: dict[int, float], *, upper: float, lower: float = -highs.INFINITY) -> None:
        """Append lower ≤ Σ coefficient · column ≤ upper."""
        column: IntArray = np.array(sorted(terms))
        value = np.array([terms[c] for c in sorted(terms)])
        start = np.array([0, column.size])
        row = csr_array((value, column, start), shape=(1, self._width))
        highs.add_rows(self._model, row, np.array([lower]), np.array([upper]))
