"""A mixed-integer model that starts with few limit rows and adds the ones its answers violate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gateway.optimiser.integer.mixed import Incumbent, Mixed
from gateway.optimiser.model.checks import BoolArray, FloatArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.order import ATTEMPTS, Aim, aims_left, priced, slack_of
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import Search, agreed, constraint_matrix, margins
from gateway.optimiser.solver.highs import Infeasible

CLOSE, EXACT_MW = 1e-7, 2e-6
"""MW or scaled MW of unmet demand and overload: how close to the least to solve, and what counts as it.

The solver's gap is below a watt, as other bids can save less than one; its tolerances add up to more.
"""


class LazyMixed:
    """A mixed-integer model of some MTUs that finds its own limit rows."""

    def __init__(
        self,
        problem: Problem,
        flows: tuple[GridFlows, ...],
        mtus: Sequence[int],
        prices: FloatArray | None = None,
        past: BoolArray | None = None,
    ) -> None:
        self._problem, self._flows, self._mtus, self._balanced = problem, flows, mtus, prices is None
        self._mixed, self._search = Mixed(problem, mtus, prices, past), Search(flows)
        self.rows = RowKeys.join([])

    def add(self, rows: RowKeys) -> None:
        """Watch these rows, which no later search names again."""
        self._search.name(rows)
        matrix = constraint_matrix(self._flows, rows, len(self._problem.bids.ids))
        margin = margins(self._flows, rows, self._problem.mtus)
        self._mixed.add_limits(matrix, margin, agreed(self._flows, rows, margin))
        self.rows = RowKeys.join([self.rows, rows])

    def solve(self, gap: float, absolute_gap: float = 0.0) -> Incumbent:
        """Best point that violates no row, with the best bound proven; in strict order (see
        `order`).

        `objective` and `bound` are those of the priced problem, whatever was aimed at last.
        """
        first = self._until_clean(gap, absolute_gap)
        if not self._balanced:
            return first
        aims = aims_left(self._problem, np.array(self._mtus), first.unmet_mw, first.overload)
        if not aims:
            return first
        if aims[0] is Aim.UNMET and self._may_be_met(first):
            try:
                self._mixed.aim(Aim.UNMET)
                self._mixed.hold(replace(first, unmet_mw=0.0), slack_of(0))
                return self._priced(*self._in_order(aims[1:], gap, absolute_gap, slack_of(0)), first)
            except Infeasible:
                self._mixed.release()
        for number in range(ATTEMPTS):
            try:
                found, proven = self._in_order(aims, gap, absolute_gap, slack_of(number))
            except Infeasible:
                self._mixed.release()
                if number == ATTEMPTS - 1:
                    raise
            else:
                break
        return self._priced(found, proven, first)

    def _may_be_met(self, first: Incumbent) -> bool:
        """Whether demand is unmet only as far as the gap of the priced search lets it.

        Then a search that meets all of it, guided by cost, ends much sooner than one for the least unmet
        demand, which nothing guides.
        """
        return first.unmet_mw * self._problem.shortage_eur_per_mw <= first.objective - first.bound

    def _priced(self, found: Incumbent, proven: bool, first: Incumbent) -> Incumbent:
        """`found` with objective and bound of the priced problem; `proven`: whether all aims are met."""
        objective, bound = (
            float(priced(self._problem, cost, found.unmet_mw, found.overload))
            for cost in (found.objective, found.bound)
        )
        return replace(found, objective=objective, bound=min(bound if proven else first.bound, objective))

    def _in_order(
        self, aims: tuple[Aim, ...], gap: float, absolute_gap: float, slack: float
    ) -> tuple[Incumbent, bool]:
        """The best point of the last aim with what the others reached; whether these are proven."""
        proven = True
        for aim in aims:
            self._mixed.aim(aim)
            last = aim is Aim.COST
            found = self._until_clean(gap if last else 0.0, absolute_gap if last else CLOSE)
            self._mixed.hold(found, slack)
            proven &= last or found.objective - found.bound <= EXACT_MW
        return found, proven

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
