"""A mixed-integer model that starts with few limit rows and adds the ones its answers violate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gateway.optimiser.checks import BoolArray, FloatArray
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
        past: BoolArray | None = None,
    ) -> None:
        self._problem, self._flows, self._mtus = problem, flows, mtus
        self._mixed, self._search = Mixed(problem, mtus, prices, past), Search(flows)
        self.rows = RowKeys.join([])

    def add(self, rows: RowKeys) -> None:
        """Watch these rows, which no later search names again."""
        self._search.name(rows)
        matrix = constraint_matrix(self._flows, rows, len(self._problem.bids.ids))
        self._mixed.add_limits(matrix, rooms(self._flows, rows, self._problem.mtus))
        self.rows = RowKeys.join([self.rows, rows])

    def solve(self, gap: float, absolute_gap: float = 0.0, *, keep_limits: bool = False) -> Incumbent:
        """Best point that violates no row unpaid, with the best bound proven on the way.

        A gap left open may hide an overload that nothing calls for: where keeping every limit costs no more
        than the gap allows (with `keep_limits`: whatever it costs), the limits are kept. The bound stays that
        of the priced problem.
        """
        priced = self._until_clean(gap, absolute_gap)
        if priced.overload_mw <= TOLERANCE_MW:
            return priced
        self._mixed.forbid_overload()
        kept = self._until_clean(gap, absolute_gap)
        allowed = np.inf if keep_limits else max(gap * abs(priced.objective), absolute_gap)
        if kept.objective - priced.objective > allowed:
            return priced
        return replace(kept, bound=min(priced.bound, kept.objective))

    def _until_clean(self, gap: float, absolute_gap: float) -> Incumbent:
        """Solve, add what is violated, until nothing is."""
        bound = -np.inf
        while True:
            found = self._mixed.solve(gap, absolute_gap, self._complete)
            bound = max(bound, found.bound)
            if self._complete(found.accepted_mw):
                return replace(found, bound=min(bound, found.objective))

    def _complete(self, accepted_mw: FloatArray) -> bool:
        """Add the rows that `accepted_mw` (B, T) violates; whether there are none."""
        clean = True
        for mtu in self._mtus:
            # Another search costs more than rows that turn out not to matter.
            rows = self._search.new_rows(accepted_mw[:, mtu], mtu, every_point=True)
            if len(rows):
                clean = False
                self.add(rows)
        return clean
