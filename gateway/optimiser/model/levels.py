"""Operating points that belong to activation levels: what flows between them, and which of them count.

The level A of an activation is the net power it injects into a grid, up minus down. A grid with levels
a_1 < … < a_K around 0 has sensitivities for each and one base flow; between two levels the flow is

    flow(q) = λ flow_k(q) + (1 − λ) flow_k+1(q),    λ = (a_k+1 − A) / (a_k+1 − a_k)

which is not convex in q, because λ depends on q. Enforced are therefore the points an activation *reaches*:
both ends of every bracket from the one 0 lies in to the one A lies in. If they respect a limit so does every
convex combination of them, and so does every level between 0 and A. Under a netting policy
ρ < 1 relief of a level is as uncertain as relief of a flow, so a span of levels is reached, not one.
"""

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.grid_arrays import GridArrays

TOLERANCE_MW = 1e-5


def level_effects(grid: GridArrays, direction: IntArray) -> FloatArray:
    """(B,) MW by which an accepted MW of each bid raises the level of a grid."""
    hung = grid.injections
    signed = hung.factor * direction[hung.bid]
    return np.bincount(hung.bid, weights=signed, minlength=direction.size).astype(np.float64)


def span(levels: FloatArray, lowest: FloatArray, highest: FloatArray) -> BoolArray:
    """(K, M) points of all brackets between the levels `lowest` and `highest`, each (M,)."""
    first = np.searchsorted(levels, lowest + TOLERANCE_MW, side="right") - 1
    last = np.searchsorted(levels, highest - TOLERANCE_MW, side="left")
    point = np.arange(levels.size)[:, None]
    return (point >= first) & (point <= last)


def weights(grid: GridArrays, direction: IntArray, accepted_mw: FloatArray) -> FloatArray:
    """(K, M) parts of the operating points in the interpolated flow, if accepted (B, M) is all delivered."""
    levels = grid.levels_mw
    if levels is None:
        raise ValueError(f"grid {grid.grid_id} has no activation levels")
    level = np.clip(level_effects(grid, direction) @ accepted_mw, levels[0], levels[-1])
    above = np.clip(np.searchsorted(levels, level), 1, levels.size - 1)
    share = (level - levels[above - 1]) / (levels[above] - levels[above - 1])
    result, column = np.zeros((levels.size, level.size)), np.arange(level.size)
    result[above - 1, column], result[above, column] = 1.0 - share, share
    return result


def beyond_levels(grid: GridArrays, direction: IntArray, quantity_mw: FloatArray) -> tuple[int, float] | None:
    """The first MTU in which offers (B, T) can leave the levels and how far; None if they cannot."""
    levels = grid.levels_mw
    if levels is None:
        return None
    each = level_effects(grid, direction)[:, None] * quantity_mw
    highest, lowest = np.maximum(each, 0.0).sum(axis=0), np.minimum(each, 0.0).sum(axis=0)
    bad = np.flatnonzero((highest > levels[-1] + TOLERANCE_MW) | (lowest < levels[0] - TOLERANCE_MW))
    if not bad.size:
        return None
    mtu = int(bad[0])
    over = highest[mtu] > levels[-1] + TOLERANCE_MW
    return mtu, float(highest[mtu] if over else lowest[mtu])
