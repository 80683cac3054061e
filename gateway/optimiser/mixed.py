"""The mixed-integer programme of a whole problem: minimum quantities, indivisible bids and links.

An accepted quantity is `q = least · on + extra` with `0 ≤ extra ≤ (most − least) · on`; bids that need no
switch have no `on`. Columns: one extra per offered (bid, MTU), the switches, then shortage and surplus per
direction and MTU, one share per inclusive group and MTU and per block bid, one `full` per multipart parent
and MTU, one overload per limit row. Limit rows are added as they are found, for every MTU at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from gateway.optimiser import highs
from gateway.optimiser.branch_cut import BranchCut, Complete
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.links import LEAST_MW, ConditionalLink
from gateway.optimiser.problem import Problem
from gateway.optimiser.rounding import Columns

FEW_SWITCHES = 1500  # beyond, HiGHS is the better search


@dataclass(frozen=True, slots=True, eq=False)
class Incumbent:
    """A feasible point of the rows known so far, with the prices that hold once its switches are fixed.

    Attributes:
        accepted_mw: (B, T), zero outside the model's MTUs.
        objective, bound: with penalties, per hour, and what is proven to be its lower bound.
        balance_price: (2, M) EUR per MWh of demand up and down at the model's MTUs; empty without balances.
        shadow_price: (R, M) ≥ 0 of the limit rows added so far.
        overload_mw: summed over the limit rows.
    """

    accepted_mw: FloatArray
    objective: float
    bound: float
    balance_price: FloatArray
    shadow_price: FloatArray
    overload_mw: float


def least_mw(problem: Problem) -> FloatArray:
    """(B, T) least quantity if activated: the minimum, all of it, or `LEAST_MW` for bids links look at."""
    bids, links = problem.bids, problem.links
    available = bids.available_mw
    least = np.where(bids.divisible[:, None], bids.minimum_mw, available)
    linked = {b for group in links.exclusive for b in group}
    linked |= {b for chain in links.technical for b, _ in chain}
    for link in links.conditional:
        linked |= {link.bid, *(condition.bid for condition in link.conditions)}
    rows = sorted(linked)
    least[rows] = np.maximum(least[rows], np.minimum(available[rows], LEAST_MW))
    return np.where(available > 0, least, 0.0)


class Mixed:
    """A HiGHS model of some MTUs of `problem`; prices (up, down) take the place of the balances if given.

    Links to other MTUs hold against `past` (B, T), what was activated there, and are left out without it.
    """

    def __init__(
        self,
        problem: Problem,
        mtus: Sequence[int],
        prices: tuple[float, float] | None = None,
        past: BoolArray | None = None,
    ) -> None:
        self._problem, self._mtus, self._past = problem, list(mtus), past
        self._available, self._least = problem.bids.available_mw, least_mw(problem)
        chosen = np.zeros(problem.mtus, np.bool_)
        chosen[self._mtus] = True
        self._bid, self._mtu = np.nonzero((self._available > 0) & chosen)
        self._count = self._bid.size
        self._place = np.full(self._available.shape, -1)
        self._place[self._bid, self._mtu] = np.arange(self._count)
        self._model = highs.new_model()
        self._branch_cut = BranchCut(self._model)
        self._width = 0
        self._integers: list[IntArray] = []
        self._limit_rows: list[IntArray] = []
        self._overloads: list[IntArray] = []
        self._most_overload = highs.INFINITY
        self._balance_count = 0 if prices else 2 * len(self._mtus)
        least = self._least[self._bid, self._mtu]
        self._switched = np.flatnonzero(least > 0)
        self._quantity = self._columns(least, prices)
        if prices is None:
            self._balances()
        self._limit_extras(least)
        self._groups()
        self._chains()

    def add_limits(self, matrix: csr_array, rooms: FloatArray) -> None:
        """Append soft limit rows (R, B) with rooms (R, T), for every MTU of the model."""
        count, added = rooms.shape[0], []
        for mtu in self._mtus:
            picked = np.flatnonzero(self._mtu == mtu)
            local = matrix[:, self._bid[picked]] @ self._quantity[picked]
            penalty = np.full(count, self._problem.overload_eur_per_mw)
            first = self._new_columns(penalty, np.full(count, self._most_overload))
            self._overloads.append(first + np.arange(count))
            between = csr_array((count, first - local.shape[1]))
            rows = hstack([local, between, -eye_array(count)], format="csr")
            added.append(self._model.getNumRow() + np.arange(count))
            highs.add_rows(self._model, rows, np.full(count, -highs.INFINITY), rooms[:, mtu])
        self._limit_rows.append(np.stack(added, axis=1))

    def solve(self, gap: float, absolute_gap: float, complete: Complete) -> Incumbent:
        """Best point within the relative or the absolute gap of the bound; SolverError if there is none.

        `complete` may be asked to add the limit rows that accepted quantities (B, T) violate, and says
        whether there are none. The switches are then fixed and the rest solved again as a linear programme:
        quantities are exact to linear tolerances and prices exist.
        """
        switches = np.concatenate([np.zeros(0, np.int64), *self._integers])
        chosen, bound = self._choose(switches, gap, absolute_gap, complete)
        highs.set_column_bounds(self._model, switches, chosen, chosen)
        highs.solve(self._model)
        columns, duals = highs.values(self._model)
        objective = float(self._model.getInfo().objective_function_value)
        highs.set_column_bounds(self._model, switches, np.zeros(switches.size), np.ones(switches.size))
        rows = np.concatenate([np.zeros((0, len(self._mtus)), np.int64), *self._limit_rows])
        return Incumbent(
            accepted_mw=self._accepted(columns),
            objective=objective,
            bound=min(bound, objective),
            balance_price=duals[: self._balance_count].reshape(-1, len(self._mtus)),
            shadow_price=np.maximum(-duals[rows], 0.0),
            overload_mw=float(sum(columns[over].sum() for over in self._overloads)),
        )

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
        accepted = np.zeros(self._available.shape)
        accepted[self._bid, self._mtu] = self._quantity @ columns[: self._quantity.shape[1]]
        return np.clip(accepted, 0.0, self._available)

    def _kinds(self) -> Columns:
        """What every column of the model is."""
        most, entries = self._available[self._bid, self._mtu], self._switched
        return Columns(
            switches=np.concatenate(self._integers),
            extras=entries,
            switch_of=self._count + np.arange(entries.size),
            ratio=most[entries] - self._least[self._bid, self._mtu][entries],
            others=np.setdiff1d(np.arange(self._width), np.concatenate([entries, *self._integers])),
        )

    def forbid_overload(self) -> None:
        """Make all limit rows hard, also those to come."""
        self._most_overload = 0.0
        for over in self._overloads:
            highs.set_column_bounds(self._model, over, np.zeros(over.size), np.zeros(over.size))

    def _new_columns(
        self, cost: FloatArray, upper: FloatArray | None = None, *, integer: bool = False
    ) -> int:
        first = self._width
        top = np.full(cost.size, highs.INFINITY) if upper is None else upper
        highs.add_columns(self._model, cost, np.zeros(cost.size), top)
        if integer and cost.size:
            which = first + np.arange(cost.size)
            self._integers.append(which)
        self._width += cost.size
        return first

    def _columns(self, least: FloatArray, prices: tuple[float, float] | None) -> csr_array:
        """Extras and switches; returns the quantities (E, E + S) they make up."""
        problem, entries = self._problem, np.arange(self._count)
        cost = problem.bids.price_eur_per_mwh[self._bid, self._mtu].copy()
        if prices is not None:
            cost -= np.where(problem.bids.direction[self._bid] > 0, *prices)
        most = self._available[self._bid, self._mtu]
        self._new_columns(cost, most - least)
        on = self._switched
        self._new_columns(cost[on] * least[on], np.ones(on.size), integer=True)
        return csr_array(
            (
                np.r_[np.ones(self._count), least[on]],
                (np.r_[entries, on], np.r_[entries, self._count + np.arange(on.size)]),
            ),
            shape=(self._count, self._width),
        )

    def _balances(self) -> None:
        problem, count = self._problem, len(self._mtus)
        row = np.searchsorted(self._mtus, self._mtu)
        for direction, demand in ((1, problem.demand_up_mw), (-1, problem.demand_down_mw)):
            picked = np.flatnonzero(problem.bids.direction[self._bid] == direction)
            shape = (count, self._count)
            sums = csr_array((np.ones(picked.size), (row[picked], picked)), shape=shape)
            total = sums @ self._quantity
            short = self._new_columns(np.full(count, problem.shortage_eur_per_mw))
            self._new_columns(np.zeros(count), np.full(count, problem.surplus_mw))
            between, unit = csr_array((count, short - total.shape[1])), eye_array(count)
            rows = hstack([total, between, unit, -unit], format="csr")
            highs.add_rows(self._model, rows, demand[self._mtus], demand[self._mtus])

    def _limit_extras(self, least: FloatArray) -> None:
        """extra ≤ (most − least) · on, where a quantity may lie between."""
        most = self._available[self._bid, self._mtu]
        loose = np.flatnonzero(most[self._switched] > least[self._switched])
        for number in loose.tolist():
            entry = int(self._switched[number])
            room = float(most[entry] - least[entry])
            self._row({entry: 1.0, self._count + number: -room}, upper=0.0)

    def _groups(self) -> None:
        links = self._problem.links
        for mtu in self._mtus:
            for group in links.exclusive:
                switches = [on for b in group if (on := self._switch(b, mtu)) is not None]
                self._row(dict.fromkeys(switches, 1.0), upper=1.0)
            for group in links.multipart:
                for parent, part in pairwise(group):
                    self._only_after(parent, part, mtu)
            for group in links.inclusive:
                self._same_share([(b, mtu) for b in group])
        for bid in links.blocks:
            self._same_share([(bid, mtu) for mtu in self._mtus])

    def _only_after(self, parent: int, part: int, mtu: int) -> None:
        """The part only if the parent is accepted in full; a parent not offered stands in nobody's way."""
        if self._place[part, mtu] < 0 or self._place[parent, mtu] < 0:
            return
        full = self._new_columns(np.zeros(1), np.ones(1), integer=True)
        above = self._terms(parent, mtu)
        self._row({c: -v for c, v in above.items()} | {full: float(self._available[parent, mtu])}, upper=0.0)
        self._row(self._terms(part, mtu) | {full: -float(self._available[part, mtu])}, upper=0.0)

    def _same_share(self, members: list[tuple[int, int]]) -> None:
        offered = [(b, t) for b, t in members if self._place[b, t] >= 0]
        share = self._new_columns(np.zeros(1), np.ones(1))
        for b, t in offered:
            row = self._terms(b, t) | {share: -float(self._available[b, t])}
            self._row(row, upper=0.0, lower=0.0)

    def _chains(self) -> None:
        for chain in self._problem.links.technical:
            for (b, t), (c, u) in pairwise(chain):
                both = [self._switch(b, t), self._switch(c, u)]
                switches = [on for on in both if on is not None]
                if len(switches) == 2 or (switches and (self._was_active(b, t) or self._was_active(c, u))):
                    self._row(dict.fromkeys(switches, 1.0), upper=len(switches) - 1.0)
        for link in self._problem.links.conditional:
            self._condition(link)

    def _condition(self, link: ConditionalLink) -> None:
        on = self._switch(link.bid, link.mtu)
        elsewhere = any(condition.mtu not in self._mtus for condition in link.conditions)
        if on is None or (elsewhere and self._past is None):
            return
        terms: list[tuple[dict[int, float], float]] = []  # each condition as row · x + constant ∈ {0, 1}
        for condition in link.conditions:
            other = self._switch(condition.bid, condition.mtu)
            sign = 1.0 if condition.activated else -1.0
            constant = sign * self._was_active(condition.bid, condition.mtu) + (not condition.activated)
            terms.append(({other: sign} if other is not None else {}, constant))
        if link.any_of:
            merged: dict[int, float] = {}
            for row, _ in terms:
                for column, value in row.items():
                    merged[column] = merged.get(column, 0.0) + value
            terms = [(merged, sum(constant for _, constant in terms))]
        for row, constant in terms:
            self._row({on: 1.0} | {c: -v for c, v in row.items()}, upper=constant)

    def _was_active(self, bid: int, mtu: int) -> bool:
        return self._past is not None and mtu not in self._mtus and bool(self._past[bid, mtu])

    def _switch(self, bid: int, mtu: int) -> int | None:
        """Column of the bid's `on`, None if it is not offered."""
        entry = self._place[bid, mtu]
        if entry < 0:
            return None
        return self._count + int(np.searchsorted(self._switched, entry))

    def _terms(self, bid: int, mtu: int) -> dict[int, float]:
        """The accepted quantity as columns and coefficients."""
        entry = self._place[[bid], [mtu]]
        row = self._quantity[entry].tocoo()
        return dict(zip(row.coords[1].tolist(), row.data.tolist(), strict=True))

    def _row(self, terms: dict[int, float], *, upper: float, lower: float = -highs.INFINITY) -> None:
        column: IntArray = np.array(sorted(terms))
        value = np.array([terms[c] for c in sorted(terms)])
        start = np.array([0, column.size])
        row = csr_array((value, column, start), shape=(1, self._width))
        highs.add_rows(self._model, row, np.array([lower]), np.array([upper]))
