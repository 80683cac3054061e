"""Minimum quantities, indivisible bids and links, with a proven gap.

The relaxation (every bid divisible, no links) is solved first: it bounds the cost from below, finds the
limit rows that matter and often settles everything. Then one mixed-integer programme over those rows; rows
its answer violates are added and it runs again. MTUs that no link ties together are solved one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from gateway.optimiser import highs
from gateway.optimiser.answer import Rung
from gateway.optimiser.decision import Decision, RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.linear import Linear
from gateway.optimiser.master import SHADOW_MIN
from gateway.optimiser.mixed import Incumbent, Mixed, least_mw
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import Search, constraint_matrix, rooms
from gateway.optimiser.verify import objectives

GAP = 1e-4
EXACT_GAP = 1e-6


def needs_integers(problem: Problem) -> bool:
    """Whether some bid has a minimum or is all-or-nothing, or some link ties bids together."""
    return bool(problem.links) or bool((least_mw(problem) > 0).any())


class LazyMixed:
    """A mixed-integer model of some MTUs that finds its own limit rows."""

    def __init__(
        self,
        problem: Problem,
        flows: tuple[GridFlows, ...],
        mtus: Sequence[int],
        prices: tuple[float, float] | None = None,
    ) -> None:
        self._problem, self._flows, self._mtus = problem, flows, mtus
        self._mixed, self._search = Mixed(problem, mtus, prices), Search(flows)
        self.rows = RowKeys.join([])

    def add(self, rows: RowKeys) -> None:
        """Watch these rows, which no later search names again."""
        self._search.name(rows)
        matrix = constraint_matrix(self._flows, rows, len(self._problem.bids.ids))
        self._mixed.add_limits(matrix, rooms(self._flows, rows, self._problem.mtus))
        self.rows = RowKeys.join([self.rows, rows])

    def solve(self, gap: float, absolute_gap: float = 0.0, time_s: float = highs.INFINITY) -> Incumbent:
        """Best point that violates no row unpaid, with the best bound proven on the way."""
        bound, end = -np.inf, perf_counter() + time_s
        while True:
            found = self._mixed.solve(gap, absolute_gap, max(end - perf_counter(), 0.1))
            bound = max(bound, found.bound)
            clean = True
            for mtu in self._mtus:
                rows = self._search.new_rows(found.accepted_mw[:, mtu], mtu)
                if len(rows):
                    clean = False
                    self.add(rows)
            if clean:
                return replace(found, bound=min(bound, found.objective))


def decide_integers(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int], gap: float
) -> Iterator[Decision]:
    """Decisions that honour minimum quantities, indivisible bids and links.

    Raises:
        SolverError: the solver failed.
    """
    clusters = [list(mtus)] if problem.links.across_mtus else [[mtu] for mtu in mtus]
    relaxation = Linear(problem, flows)
    for cluster in clusters:
        relaxed = list(relaxation.decide(cluster))
        if _settled(problem, relaxed):
            yield from relaxed
        else:
            yield from _decide_cluster(problem, flows, relaxed, gap)


def _settled(problem: Problem, relaxed: Sequence[Decision]) -> bool:
    """Whether the relaxation happens to honour everything it ignored."""
    if problem.links:
        return False
    accepted = np.stack([decision.accepted_mw for decision in relaxed], axis=1)
    mtus = np.array([decision.mtu for decision in relaxed])
    least = least_mw(problem)[:, mtus]
    return not ((accepted > 0) & (accepted < least - 1e-9)).any()


def _decide_cluster(
    problem: Problem, flows: tuple[GridFlows, ...], relaxed: Sequence[Decision], gap: float
) -> Iterator[Decision]:
    mtus = [decision.mtu for decision in relaxed]
    model = LazyMixed(problem, flows, mtus)
    model.add(RowKeys.distinct([decision.rows for decision in relaxed]))
    best = model.solve(gap)
    lowest = max(best.bound, sum(decision.bound_eur_per_h for decision in relaxed))
    bound = min(lowest, best.objective)
    proven = best.objective - bound <= EXACT_GAP * max(abs(best.objective), 1.0)
    costs = objectives(problem, flows, best.accepted_mw[:, mtus], np.array(mtus))
    for column, mtu in enumerate(mtus):
        binding = np.flatnonzero(best.shadow_price[:, column] > SHADOW_MIN)
        yield Decision(
            mtu=mtu,
            accepted_mw=best.accepted_mw[:, mtu],
            price_up=float(best.balance_price[0, column]),
            price_down=float(best.balance_price[1, column]),
            rows=model.rows[binding],
            shadow_price=best.shadow_price[binding, column],
            objective_eur_per_h=float(costs[column]),
            bound_eur_per_h=float(costs[column] - (best.objective - bound) / len(mtus)),
            rung=Rung.EXACT if proven else Rung.BEST_FOUND,
        )
