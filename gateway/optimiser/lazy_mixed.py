"""A mixed-integer model that starts with few limit rows and adds the ones its answers violate."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from gateway.optimiser import highs
from gateway.optimiser.decision import RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.mixed import Incumbent, Mixed
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import TOLERANCE_MW, Search, constraint_matrix, rooms


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
        """Best point that violates no row unpaid, with the best bound proven on the way.

        A gap left open may hide an overload that nothing calls for: where keeping every limit costs no more
        than the gap allows, the limits are kept. The bound stays that of the priced problem.
        """
        end = perf_counter() + time_s
        priced = self._until_clean(gap, absolute_gap, end)
        if priced.overload_mw <= TOLERANCE_MW:
            return priced
        self._mixed.forbid_overload()
        kept = self._until_clean(gap, absolute_gap, end)
        allowed = max(gap * abs(priced.objective), absolute_gap)
        if kept.objective - priced.objective > allowed:
            return priced
        return replace(kept, bound=min(priced.bound, kept.objective))

    def _until_clean(self, gap: float, absolute_gap: float, end: float) -> Incumbent:
        """Solve, add what is violated, until nothing is."""
        bound = -np.inf
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
