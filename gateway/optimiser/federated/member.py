"""A member of a federation with its reduced model at hand: what it would deliver at given prices."""

from dataclasses import replace
from time import perf_counter

import numpy as np

from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import assemble
from gateway.optimiser.federated.coordinator import Member, Report, cover_federated
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.components import component_problem, independent_components
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.overload import excesses
from gateway.optimiser.rows.rows import Search, constraint_matrix, margins
from gateway.optimiser.solver import highs

NOT_EXPLAINED = "what limits a bid is known to its own grid only; bids below the merit order count as limited"


class ModelAnswerer:
    """Its own bids and grids as a problem of their own; the demands of the problem play no part.

    One warm linear programme: limit rows are added once violated and stay for later prices and MTUs.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem, self._flows = problem, GridFlows.of(problem)
        self._available, self._listed = problem.bids.available_mw, problem.bids.list_index
        self._search = Search(self._flows)
        self._rows, self._margins = RowKeys.join([]), np.zeros((0, problem.mtus))
        self._model = highs.new_model()
        count = np.zeros(len(problem.bids.ids))
        highs.add_columns(self._model, count, count, count)

    def answer(self, mtus: IntArray, price_eur_per_mwh: FloatArray, cost_counts: BoolArray) -> FloatArray:
        """See `PriceAnswerer`."""
        each = zip(mtus.tolist(), price_eur_per_mwh.T, cost_counts.tolist(), strict=True)
        return np.stack([self._at(mtu, prices, counts) for mtu, prices, counts in each], axis=1)

    def exceeded_mw(self, mtus: IntArray, accepted_mw: FloatArray) -> FloatArray:
        """See `PriceAnswerer`."""
        worst = np.zeros(mtus.size)
        for flow in self._flows:
            excess, _ = excesses(flow, self._problem.bids.direction, accepted_mw, mtus)
            worst = np.maximum(worst, excess.max(axis=(0, 1, 2)))
        return worst

    def _at(self, mtu: int, prices: FloatArray, cost_counts: bool) -> FloatArray:
        """(b,) the optimum at one MTU."""
        problem, bids = self._problem, np.arange(self._listed.size)
        cost = problem.bids.price_eur_per_mwh[:, mtu] * cost_counts - prices[self._listed]
        highs.set_costs(self._model, bids, cost)
        highs.set_column_bounds(self._model, bids, np.zeros(bids.size), self._available[:, mtu])
        rows = np.arange(len(self._rows))
        highs.set_row_bounds(self._model, rows, np.full(rows.size, -highs.INFINITY), self._margins[:, mtu])
        while True:
            highs.solve(self._model)
            values, _ = highs.values(self._model)
            accepted = np.clip(values[: bids.size], 0.0, self._available[:, mtu])
            new = self._search.new_rows(accepted, mtu)
            if not len(new):
                return accepted
            self._add(new, mtu)

    def _add(self, rows: RowKeys, mtu: int) -> None:
        margin = margins(self._flows, rows, self._problem.mtus)
        matrix = constraint_matrix(self._flows, rows, self._listed.size)
        highs.add_rows(self._model, matrix, np.full(len(rows), -highs.INFINITY), margin[:, mtu])
        self._rows = RowKeys.join([self._rows, rows])
        self._margins = np.vstack([self._margins, margin])


def members_of(problem: Problem) -> list[Member]:
    """The grids of a problem as members that answer with their models: one per group that shares bids.

    Bids on no grid are a member, too.
    """
    nothing = np.zeros_like(problem.lists.demand_mw)
    return [
        Member(
            name=", ".join(problem.grids[grid].grid_id for grid in part.grids) or "no grid",
            bids=part.bids,
            answerer=ModelAnswerer(component_problem(problem, part, nothing)),
        )
        for part in independent_components(problem, GridFlows.of(problem))
        if part.bids.size
    ]


def cover_by_members(problem: Problem, budget_s: float = np.inf, report: Report = lambda _: None) -> Answer:
    """As if every grid of a problem were a member of a federation; checked, other than there, on all rows.

    Raises:
        InvalidProblemError, SolverError: see `cover_federated`.
    """
    started = perf_counter()
    bare = replace(problem, grids=())
    decisions = cover_federated(bare, members_of(problem), budget_s=budget_s, report=report)
    seconds = {"decide": perf_counter() - started}
    return assemble(problem, GridFlows.of(problem), decisions, seconds, notes=(NOT_EXPLAINED,))
