"""Cover a demand with divisible bids: least cost within all limits of all grids, MTU by MTU.

Most limits never bind, so rows are found, not written down: the merit order first, then every violated
(element, side) at its worst operating point as one one-sided row, until nothing is violated. Most bids
never move either: the model starts with those near the margin and adds those that its prices require. MTUs go
through one warm model; blocks of them are checked against all rows of all grids by one product per grid.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from gateway.domain.result import Rung
from gateway.optimiser.linear.needed_bids import near_margin
from gateway.optimiser.linear.restricted_master import Optimum, RestrictedMaster
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.decision import MtuDecision, RowKeys, shortage
from gateway.optimiser.model.order import ATTEMPTS, MOST_SLACK, NOTHING, Aim, aims_left, priced, slack_of
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import Agreed, Search, agreed, constraint_matrix, margins
from gateway.optimiser.solver.highs import Infeasible

BLOCK = 24  # MTUs whose merit orders are checked by one product per grid


class Linear:
    """The lazy loop over one warm model; MTUs are decided one after the other.

    `surplus_mw` may be taken beyond each demand: for a bound of what indivisible bids allow. Divisible bids
    never need it.
    """

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...], surplus_mw: float = 0.0) -> None:
        self._problem, self._flows, self._surplus_mw = problem, flows, surplus_mw
        self._master, self._search = RestrictedMaster(problem, surplus_mw), Search(flows)
        self._rows = RowKeys.join([])
        self._agreed = agreed(flows, self._rows, np.zeros((0, problem.mtus)))
        self._begun, self._strictly = False, True

    def decide(self, mtus: Sequence[int], *, strictly: bool = True) -> Iterator[MtuDecision]:
        """Optimal decisions for `mtus`, all bids taken as divisible and unlinked; SolverError if it fails.

        In strict order (see `order`); or else as priced, which is a bound for whatever honours more.
        """
        self._strictly = strictly
        for first in range(0, len(mtus), BLOCK):
            block = np.array(mtus[first : first + BLOCK])
            orders, marginal = merit_order(self._problem, block, self._surplus_mw)
            congested = np.ones(1, np.bool_)
            if block.size > 1:  # a single MTU finds out when it looks for its first rows
                congested = self._search.any_violated(orders, block)
            each = zip(block.tolist(), congested.tolist(), orders.T, marginal.T, strict=True)
            for mtu, needs_solver, by_price, last in each:
                solves = needs_solver or bool(self._aims_left(mtu, 0.0, 0.0))
                optimum = self._solve(mtu, by_price, last) if solves else None
                if optimum is not None:
                    yield _solved(self._problem, mtu, optimum, self._rows)
                else:
                    yield _by_price_alone(self._problem, mtu, by_price, last)

    def _solve(self, mtu: int, by_price: FloatArray, marginal: IntArray) -> Optimum | None:
        """Solve, add what is violated or misplaced; None if the merit order is the answer."""
        rows = RowKeys.join([]) if self._begun else self._search.new_rows(by_price, mtu)
        if not (self._begun or len(rows) or self._aims_left(mtu, 0.0, 0.0)):
            return None
        margin, most = self._search.margins_of(self._rows, mtu), self._agreed.most[:, mtu]
        self._master.load(mtu, by_price, margin, most)
        if not self._begun:
            self._begun = True
            matrix = constraint_matrix(self._flows, rows, by_price.size)
            self._master.enter(near_margin(self._problem, mtu, by_price, marginal, matrix))
            self._add(rows, mtu, matrix)
            self._master.start_from(marginal)
        optimum = self._settle(mtu)
        if optimum.exceeded_mw > NOTHING:
            self._master.harden()
            optimum = self._settle(mtu)
        aims = self._aims_left(mtu, optimum.unmet_mw, optimum.overload)
        for number in range(ATTEMPTS if aims else 0):
            try:
                return self._in_order(mtu, aims, slack_of(number))
            except Infeasible:
                self._master.release()
        return optimum if not aims else self._in_order(mtu, aims, MOST_SLACK)

    def _in_order(self, mtu: int, aims: tuple[Aim, ...], slack: float) -> Optimum:
        """The optimum of the last aim with what the others reached."""
        self._master.harden()
        for aim in aims:
            self._master.aim(aim)
            optimum = self._settle(mtu)
            self._master.hold(aim, optimum, slack)
        return optimum

    def _aims_left(self, mtu: int, unmet: float, overload: float) -> tuple[Aim, ...]:
        return aims_left(self._problem, np.array([mtu]), unmet, overload) if self._strictly else ()

    def _settle(self, mtu: int) -> Optimum:
        """The optimum of all rows and bids, by what the model aims at."""
        while True:
            try:
                optimum = self._master.solve()
            except Infeasible:
                if not self._master.enter_what_may_help():
                    raise
                continue
            rows = self._search.new_rows(optimum.accepted_mw, mtu)
            if not len(rows) and not optimum.misplaced.size:
                return optimum
            self._master.enter(optimum.misplaced)
            if len(rows):
                self._add(rows, mtu, constraint_matrix(self._flows, rows, optimum.accepted_mw.size))

    def _add(self, rows: RowKeys, mtu: int, matrix: csr_array) -> None:
        margin = margins(self._flows, rows, self._problem.mtus)
        own = agreed(self._flows, rows, margin)
        self._master.add(matrix, margin[:, mtu], own.at(mtu))
        self._rows = RowKeys.join([self._rows, rows])
        self._agreed = Agreed.join([self._agreed, own])


def _solved(problem: Problem, mtu: int, optimum: Optimum, rows: RowKeys) -> MtuDecision:
    binding = np.flatnonzero(optimum.shadow_price)
    cost = problem.bids.price_eur_per_mwh[:, mtu] @ optimum.accepted_mw
    objective = float(priced(problem, cost, optimum.unmet_mw, optimum.overload))
    return MtuDecision(
        mtu=mtu,
        accepted_mw=optimum.accepted_mw,
        list_price=optimum.list_price,
        rows=rows[binding],
        shadow_price=optimum.shadow_price[binding],
        objective_eur_per_h=objective,
        bound_eur_per_h=objective,
        rung=Rung.OPTIMAL,
    )


def _by_price_alone(problem: Problem, mtu: int, accepted_mw: FloatArray, marginal: IntArray) -> MtuDecision:
    """The merit order violates nothing: no solver could do better."""
    price = problem.bids.price_eur_per_mwh[:, mtu]
    each = np.where(marginal >= 0, price[marginal] if price.size else 0.0, problem.shortage_eur_per_mw)
    unmet = shortage(problem, accepted_mw, mtu).sum()
    cost = float(priced(problem, price @ accepted_mw, unmet, 0.0))
    nothing = RowKeys.join([])
    return MtuDecision(mtu, accepted_mw, each, nothing, np.zeros(0), cost, cost, Rung.OPTIMAL)
