"""Cover a demand with divisible bids: least cost within all limits of all grids, MTU by MTU.

Most limits never bind, so rows are found, not written down: the merit order first, then every violated
(element, side) at its worst operating point as one one-sided soft row, until nothing is violated. Most bids
never move either: the model starts with those near the margin and takes in what its prices ask for. MTUs go
through one warm model; blocks of them are checked against all rows of all grids by one product per grid.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from gateway.domain.result import Rung
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.decision import Decision, RowKeys, shortage
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.margin import near_margin
from gateway.optimiser.master import Master, Optimum
from gateway.optimiser.price_order import merit_order
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import Search, constraint_matrix

BLOCK = 24  # MTUs whose merit orders are checked by one product per grid


class Linear:
    """The lazy loop over one warm model; MTUs are decided one after the other."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...]) -> None:
        self._problem, self._flows = problem, flows
        self._master, self._search = Master(problem), Search(flows)
        self._rows = RowKeys.join([])

    def decide(self, mtus: Sequence[int]) -> Iterator[Decision]:
        """Exact decisions for `mtus`, all bids taken as divisible and unlinked; SolverError if it fails."""
        for first in range(0, len(mtus), BLOCK):
            block = np.array(mtus[first : first + BLOCK])
            orders, marginal = merit_order(self._problem, block)
            congested = np.ones(1, np.bool_)
            if block.size > 1:  # a single MTU finds out when it looks for its first rows
                congested = self._search.any_violated(orders, block)
            each = zip(block.tolist(), congested.tolist(), orders.T, marginal.T, strict=True)
            for mtu, needs_solver, by_price, last in each:
                optimum = self._solve(mtu, by_price, last) if needs_solver else None
                if optimum is not None:
                    yield _solved(mtu, optimum, self._rows)
                else:
                    yield _by_price_alone(self._problem, mtu, by_price, last)

    def _solve(self, mtu: int, by_price: FloatArray, marginal: IntArray) -> Optimum | None:
        """Solve, add what is violated or misplaced; None if the merit order violates nothing."""
        begun = len(self._rows) > 0
        rows = RowKeys.join([]) if begun else self._search.new_rows(by_price, mtu)
        if not begun and not len(rows):
            return None
        self._master.load(mtu, by_price, self._search.rooms_of(self._rows, mtu))
        if not begun:
            matrix = constraint_matrix(self._flows, rows, by_price.size)
            self._master.enter(near_margin(self._problem, mtu, by_price, marginal, matrix))
            self._add(rows, mtu, matrix)
            self._master.start_from(marginal)
        while True:
            optimum = self._master.solve()
            rows = self._search.new_rows(optimum.accepted_mw, mtu)
            if not len(rows) and not optimum.misplaced.size:
                return optimum
            self._master.enter(optimum.misplaced)
            if len(rows):
                self._add(rows, mtu, constraint_matrix(self._flows, rows, by_price.size))

    def _add(self, rows: RowKeys, mtu: int, matrix: csr_array) -> None:
        self._master.add(matrix, self._search.rooms_of(rows, mtu))
        self._rows = RowKeys.join([self._rows, rows])


def _solved(mtu: int, optimum: Optimum, rows: RowKeys) -> Decision:
    binding = np.flatnonzero(optimum.shadow_price)
    return Decision(
        mtu=mtu,
        accepted_mw=optimum.accepted_mw,
        price_up=optimum.price_up,
        price_down=optimum.price_down,
        rows=rows[binding],
        shadow_price=optimum.shadow_price[binding],
        objective_eur_per_h=optimum.objective_eur_per_h,
        bound_eur_per_h=optimum.objective_eur_per_h,
        rung=Rung.OPTIMAL,
    )


def _by_price_alone(problem: Problem, mtu: int, accepted_mw: FloatArray, marginal: IntArray) -> Decision:
    """The merit order violates nothing: no solver could do better."""
    price = problem.bids.price_eur_per_mwh[:, mtu]
    up, down = (float(price[bid]) if bid >= 0 else problem.shortage_eur_per_mw for bid in marginal)
    short = sum(shortage(problem, accepted_mw, mtu))
    cost = float(price @ accepted_mw) + problem.shortage_eur_per_mw * short
    nothing = RowKeys.join([])
    return Decision(mtu, accepted_mw, up, down, nothing, np.zeros(0), cost, cost, Rung.OPTIMAL)
