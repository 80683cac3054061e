"""Flow changes that accepted bids cause in one grid, against the room its limits leave.

A limit is relaxed to the base flow where the base flow is already beyond it (DESIGN: relieving bids stay,
worsening ones go), so with `room⁺ = max(upper − base, 0)` and `room⁻ = max(base − lower, 0)` every row reads

    change⁺[k, l] ≤ room⁺[k, t, l]        change⁻[k, l] ≤ room⁻[k, t, l]

where change⁺ counts relieving bids only with the relief share ρ of the netting policy:
`change⁺ = Σ_b max(e_b, 0) q_b − ρ Σ_b max(−e_b, 0) q_b`, e_b the effect of one accepted MW of bid b, and
change⁻ the same for −e_b. With ρ = 1 both are the signed flow change and its negative.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.grid_arrays import GridArrays
from gateway.optimiser.problem import Problem

NEGLIGIBLE = 1e-9  # MW per MW; smaller sensitivities are numerical noise


@dataclass(frozen=True, eq=False)
class GridFlows:
    """One grid seen from the bids that hang on it.

    Attributes:
        grid: the grid.
        bids: (Bg,) indices of its bids, ascending.
        starts: (Bg,) where the injections of each bid start among those of the grid.
        signed: (I,) MW injected per MW accepted, negative for down bids.
        relief_share: ρ of the netting policy.
    """

    grid: GridArrays
    bids: IntArray
    starts: IntArray
    signed: FloatArray
    relief_share: float

    @staticmethod
    def of(problem: Problem) -> tuple["GridFlows", ...]:
        """One per grid of the problem."""
        return tuple(
            GridFlows._build(grid, problem.bids.direction, problem.relief_share) for grid in problem.grids
        )

    @staticmethod
    def _build(grid: GridArrays, direction: IntArray, relief_share: float) -> "GridFlows":
        hung = grid.injections
        starts = np.flatnonzero(np.diff(hung.bid, prepend=-1))
        return GridFlows(grid, hung.bid[starts], starts, hung.factor * direction[hung.bid], relief_share)

    def effects(self) -> FloatArray:
        """(K, L, Bg) flow change per accepted MW; as large as the PTDF, so not kept."""
        return self._per_bid(self.grid.ptdf)

    def _per_bid(self, ptdf: FloatArray) -> FloatArray:
        """(…, Bg) flow change per accepted MW of PTDF rows (…, N)."""
        effect = ptdf.take(self.grid.injections.node, axis=-1)
        effect *= self.signed
        if self.bids.size < self.signed.size:
            effect = np.add.reduceat(effect, self.starts, axis=-1)
        effect[np.abs(effect) < NEGLIGIBLE] = 0.0
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

    def rooms(self, mtus: IntArray) -> tuple[FloatArray, FloatArray]:
        """room⁺ and room⁻, each (K, L, M), at the given MTUs; without end where a point does not count."""
        base = self.base(mtus)
        upper, lower = self.grid.upper_mw[:, None], self.grid.lower_mw[:, None]
        rooms = np.maximum(upper - base, 0.0), np.maximum(base - lower, 0.0)
        if self.grid.counted is None:
            return rooms
        counted = self.grid.counted[:, None, mtus]
        return np.where(counted, rooms[0], np.inf), np.where(counted, rooms[1], np.inf)

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

    def rooms_of(self, element: IntArray, point: IntArray, side: IntArray, mtus: IntArray) -> FloatArray:
        """(R, M) room in MW of R rows at the given MTUs."""
        base = self.grid.base_mw
        here = base[point[:, None], mtus if base.shape[1] > 1 else np.zeros_like(mtus), element[:, None]]
        limit = np.where(side > 0, self.grid.upper_mw[element], self.grid.lower_mw[element])
        room = np.maximum(side[:, None] * (limit[:, None] - here), 0.0)
        if self.grid.counted is not None:
            room = np.where(self.grid.counted[point][:, mtus], room, np.inf)
        return room
