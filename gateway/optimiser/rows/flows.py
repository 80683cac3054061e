"""Flow changes that accepted bids cause in one grid, against the margin its limits leave.

A limit is relaxed to the base flow where the base flow is already beyond it (relieving bids stay,
worsening ones go). Every row reserves its margin m and the share ε of its own change
(`GridArrays.accuracy`), `change + ε |change| + m ≤ upper − base`, so with

    margin⁺ = max(upper − base − m, 0) / (1 + ε)        margin⁻ = max(base − lower − m, 0) / (1 + ε)

every row reads

    change⁺[k, l] ≤ margin⁺[k, t, l]        change⁻[k, l] ≤ margin⁻[k, t, l]

where change⁺ counts relieving bids only with the relief share ρ of the netting policy:
`change⁺ = Σ_b max(e_b, 0) q_b − ρ Σ_b max(−e_b, 0) q_b`, e_b the effect of one accepted MW of bid b, and
change⁻ the same for −e_b. With ρ = 1 both are the signed flow change and its negative.

Where a demand comes first (`DemandRule.MEET_DEMAND`), rows whose operator agreed may go as far as their
emergency limit leaves `most⁺` and `most⁻`, made of it as the margins are of the limit; all other rows have
most = margin.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gateway.domain.gate import DemandRule
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.problem import Problem

CELLS = 100_000  # of a matrix per step, which bounds memory
NEGLIGIBLE_MW = 1e-9
"""A sensitivity is left out of a row if all of the bid moves the row by less: ten thousand such bids together
stay below what answers are verified to, however large the bids and small the sensitivities are."""

LEAST_SENSITIVITY = 2e-12  # MW per MW; a solver ignores those below half of it


@dataclass(frozen=True, eq=False)
class GridFlows:
    """One grid seen from the bids that hang on it.

    Attributes:
        grid: the grid.
        bids: (Bg,) indices of its bids, ascending.
        starts: (Bg,) where the injections of each bid start among those of the grid.
        signed: (I,) MW injected per MW accepted, negative for down bids.
        least: (Bg,) sensitivity of each bid from which on it counts.
        relief_share: ρ of the netting policy.
        meet_demand: whether agreed emergency limits count.
    """

    grid: GridArrays
    bids: IntArray
    starts: IntArray
    signed: FloatArray
    least: FloatArray
    relief_share: float
    meet_demand: bool = False

    @staticmethod
    def of(problem: Problem) -> tuple["GridFlows", ...]:
        """One per grid of the problem."""
        largest = problem.bids.quantity_mw.max(axis=1, initial=0.0)
        least = np.maximum(NEGLIGIBLE_MW / np.maximum(largest, NEGLIGIBLE_MW), LEAST_SENSITIVITY)
        return tuple(
            GridFlows._build(
                grid,
                problem.bids.direction,
                least,
                problem.relief_share,
                problem.rule is DemandRule.MEET_DEMAND,
            )
            for grid in problem.grids
        )

    @staticmethod
    def _build(
        grid: GridArrays, direction: IntArray, least: FloatArray, relief_share: float, meet_demand: bool
    ) -> "GridFlows":
        hung = grid.injections
        starts = np.flatnonzero(np.diff(hung.bid, prepend=-1))
        bids, signed = hung.bid[starts], hung.factor * direction[hung.bid]
        return GridFlows(grid, bids, starts, signed, least[bids], relief_share, meet_demand)

    def effects(self) -> FloatArray:
        """(K, L, Bg) flow change per accepted MW; as large as the PTDF, so not stored."""
        return self._per_bid(self.grid.ptdf)

    def _per_bid(self, ptdf: FloatArray) -> FloatArray:
        """(…, Bg) flow change per accepted MW of PTDF rows (…, N)."""
        effect = ptdf.take(self.grid.injections.node, axis=-1)
        effect *= self.signed
        if self.bids.size < self.signed.size:
            effect = np.add.reduceat(effect, self.starts, axis=-1)
        effect[np.abs(effect) < self.least] = 0.0
        return effect

    @cached_property
    def _signed_effects(self) -> tuple[FloatArray, FloatArray]:
        effects = self.effects()
        return np.maximum(effects, 0.0), np.maximum(-effects, 0.0)

    def flow_change(self, accepted_mw: FloatArray) -> FloatArray:
        """(K, L, M) signed flow change in MW of `accepted_mw` (B, M), all bids delivered."""
        points, elements, nodes = self.grid.ptdf.shape
        change = self.grid.ptdf.reshape(-1, nodes) @ self._injection(accepted_mw)
        return change.reshape(points, elements, -1)

    def _injection(self, accepted_mw: FloatArray) -> FloatArray:
        """(N, M) MW injected at every node by `accepted_mw` (B, M)."""
        hung, count = self.grid.injections, accepted_mw.shape[1]
        each = accepted_mw[hung.bid] * self.signed[:, None]
        place = hung.node[:, None] * count + np.arange(count)
        size = len(self.grid.node_ids)
        injection = np.bincount(place.ravel(), each.ravel(), size * count)
        return np.asarray(injection.reshape(size, count), np.float64)

    def changes(self, accepted_mw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """change⁺ and change⁻, each (K, L, M), of `accepted_mw` (B, M)."""
        if self.relief_share == 1.0:
            change = self.flow_change(accepted_mw)
            return change, -change
        accepted = accepted_mw[self.bids]
        positive, negative = self._signed_effects
        rise, fall = positive @ accepted, negative @ accepted
        return rise - self.relief_share * fall, fall - self.relief_share * rise

    def margins(self, mtus: IntArray) -> tuple[FloatArray, FloatArray]:
        """margin⁺ and margin⁻, each (K, L, M), at the given MTUs; infinite where a point does not count."""
        base, grid = self.base(mtus), self.grid
        return self._left(grid.upper_mw[:, None] - base, base - grid.lower_mw[:, None], mtus)

    def most(self, mtus: IntArray) -> tuple[FloatArray, FloatArray]:
        """most⁺ and most⁻, each (K, L, M): how far rows may be exceeded at all, at the given MTUs."""
        margins = self.margins(mtus)
        if not self.may_exceed.any():
            return margins
        base, grid = self.base(mtus), self.grid
        agreed = self._left(
            np.nan_to_num(grid.emergency_upper_mw, nan=-np.inf)[:, None] - base,
            base - np.nan_to_num(grid.emergency_lower_mw, nan=np.inf)[:, None],
            mtus,
        )
        return np.maximum(margins[0], agreed[0]), np.maximum(margins[1], agreed[1])

    @cached_property
    def may_exceed(self) -> BoolArray:
        """(2, L) upper and lower limits that a demand may exceed."""
        agreed = np.stack([self.grid.emergency_upper_mw, self.grid.emergency_lower_mw])
        return np.isfinite(agreed) & self.meet_demand

    def _left(
        self, upwards: FloatArray, downwards: FloatArray, mtus: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Margins of what lies between base and limits, (K, L, M) each."""
        reserve, share = self.grid.margin_mw[:, None], 1.0 + self.grid.accuracy[:, None]
        margins = np.maximum(upwards - reserve, 0.0) / share, np.maximum(downwards - reserve, 0.0) / share
        if self.grid.counted is None:
            return margins
        counted = self.grid.counted[:, None, mtus]
        return np.where(counted, margins[0], np.inf), np.where(counted, margins[1], np.inf)

    def base(self, mtus: IntArray) -> FloatArray:
        """(K, L, M) base flow at the given MTUs."""
        base = self.grid.base_mw
        return base[:, mtus if base.shape[1] > 1 else np.zeros_like(mtus)].transpose(0, 2, 1)

    def coefficients(self, element: IntArray, point: IntArray, side: IntArray) -> FloatArray:
        """(R, Bg) change of the row's side per accepted MW, for R rows."""
        result = self._per_bid(self.grid.ptdf[point, element])
        result *= side[:, None]
        if self.relief_share < 1.0:
            result[result < 0] *= self.relief_share
        return result

    def margins_of(
        self, element: IntArray, point: IntArray, side: IntArray, mtus: IntArray, *, emergency: bool = False
    ) -> FloatArray:
        """(R, M) margin in MW of R rows at the given MTUs; of their emergency limits if requested."""
        base = self.grid.base_mw
        base_mw = base[point[:, None], mtus if base.shape[1] > 1 else np.zeros_like(mtus), element[:, None]]
        grid = self.grid
        limits = (
            (grid.emergency_upper_mw, grid.emergency_lower_mw)
            if emergency
            else (grid.upper_mw, grid.lower_mw)
        )
        limit = np.where(side > 0, limits[0][element], limits[1][element])
        left = side[:, None] * (limit[:, None] - base_mw) - self.grid.margin_mw[element, None]
        margin = np.maximum(left, 0.0) / (1.0 + self.grid.accuracy[element, None])
        if self.grid.counted is not None:
            margin = np.where(self.grid.counted[point][:, mtus], margin, np.inf)
        return margin


def loads(effects: FloatArray, quantity: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The most (R, M) that any of (b, M) quantities bring towards upper and lower limits, by effects (R, b).

    Blocks of rows, so that no second matrix of this size is made.
    """
    step = max(1, CELLS // max(effects.shape[1], 1))
    rise = np.empty((effects.shape[0], quantity.shape[1]))
    for first in range(0, effects.shape[0], step):
        rise[first : first + step] = np.maximum(effects[first : first + step], 0.0) @ quantity
    return rise, np.maximum(rise - effects @ quantity, 0.0)
