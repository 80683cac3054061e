"""The operating points that an activation reaches, and the margin that these leave it (see `levels`)."""

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.levels import level_effects, span
from gateway.optimiser.rows.flows import GridFlows


def reached(flow: GridFlows, direction: IntArray, accepted_mw: FloatArray) -> BoolArray:
    """(K, M) operating points that accepted (B, M) reaches; all of a grid without levels."""
    levels = flow.grid.levels_mw
    if levels is None:
        return np.ones((len(flow.grid.point_names), accepted_mw.shape[1]), np.bool_)
    each = level_effects(flow.grid, direction)[:, None] * accepted_mw
    rise, fall = np.maximum(each, 0.0), np.maximum(-each, 0.0)
    highest = rise.sum(axis=0) - flow.relief_share * fall.sum(axis=0)
    lowest = flow.relief_share * rise.sum(axis=0) - fall.sum(axis=0)
    return span(levels, np.minimum(lowest, 0.0), np.maximum(highest, 0.0))


def only_reached(
    flow: GridFlows, direction: IntArray, accepted_mw: FloatArray, margins_mw: FloatArray
) -> FloatArray:
    """Margins (2, K, L, M) of the points that accepted (B, M) reaches, without end elsewhere.

    Where a search has chosen the points (`GridArrays.counted`) its choice holds.
    """
    if flow.grid.levels_mw is None or flow.grid.counted is not None:
        return margins_mw
    met = reached(flow, direction, accepted_mw)[:, None]
    return np.where(met, margins_mw, np.inf)
