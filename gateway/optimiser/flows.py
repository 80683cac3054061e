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
from scipy.sparse import csr_array

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
        incidence: (N, Bg) signed injection at each node per accepted MW.
        relief_share: ρ of the netting policy.
    """

    grid: GridArrays
    bids: IntArray
    incidence: csr_array
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
        bids, column = np.unique(hung.bid, return_inverse=True)
        signed = hung.factor * direction[hung.bid]
        shape = (len(grid.node_ids), bids.size)
        return GridFlows(grid, bids, csr_array((signed, (hung.node, column)), shape=shape), relief_share)

    def effects(self) -> FloatArray:
        """(K, L, Bg) flow change per accepted MW; as large as the PTDF, so not kept."""
        points, elements, nodes = self.grid.ptdf.shape
        product = np.asarray(self.grid.ptdf.reshape(-1, nodes) @ self.incidence)
        product[np.abs(product) < NEGLIGIBLE] = 0.0
        return product.reshape(points, elements, -1)

    @cached_property
    def _signed_effects(self) -> tuple[FloatArray, FloatArray]:
        effects = self.effects()
        return np.maximum(effects, 0.0), np.maximum(-effects, 0.0)

    def flow_change(self, accepted_mw: FloatArray) -> FloatArray:
        """(K, L, M) signed flow change in MW of `accepted_mw` (B, M), all bids delivered."""
        points, elements, nodes = self.grid.ptdf.shape
        injection = np.asarray(self.incidence @ accepted_mw[self.bids])
        change: FloatArray = self.grid.ptdf.reshape(-1, nodes) @ injection
        return change.reshape(points, elements, -1)

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
        """room⁺ and room⁻, each (K, L, M), at the given MTUs."""
        base = self.base(mtus)
        upper, lower = self.grid.upper_mw[:, None], self.grid.lower_mw[:, None]
        return np.maximum(upper - base, 0.0), np.maximum(base - lower, 0.0)

    def base(self, mtus: IntArray) -> FloatArray:
        """(K, L, M) base flow at the given MTUs."""
        base = self.grid.base_mw
        return np.moveaxis(base[:, mtus if base.shape[1] > 1 else np.zeros_like(mtus)], 1, 2)

    def coefficients(self, element: IntArray, point: IntArray, side: IntArray) -> FloatArray:
        """(R, Bg) change of the row's side per accepted MW, for R rows."""
        rows = self.grid.ptdf[point, element] * side[:, None]
        result = np.asarray(rows @ self.incidence)
        result[np.abs(result) < NEGLIGIBLE] = 0.0
        if self.relief_share < 1.0:
            result[result < 0] *= self.relief_share
        return result

    def rooms_of(self, element: IntArray, point: IntArray, side: IntArray, mtus: int) -> FloatArray:
        """(R, T) room in MW of R rows at every MTU."""
        base = self.grid.base_mw[point, :, element]
        limit = np.where(side > 0, self.grid.upper_mw[element], self.grid.lower_mw[element])
        room = np.maximum(side[:, None] * (limit[:, None] - base), 0.0)
        return np.broadcast_to(room, (element.size, mtus))
