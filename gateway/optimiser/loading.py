"""How loaded the elements of a grid are, worst over operating points."""

import numpy as np

from gateway.optimiser.answer import GridLoading
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.flows import GridFlows


def loading_of(flow: GridFlows, before_mw: FloatArray, after_mw: FloatArray) -> GridLoading:
    """Loading of one grid under two flow changes (K, L, T)."""
    mtus = np.arange(before_mw.shape[-1])
    base = flow.base(mtus)
    at_base, _ = _worst(flow, base)
    before, before_point = _worst(flow, base + before_mw)
    after, after_point = _worst(flow, base + after_mw)
    return GridLoading(flow.grid.grid_id, at_base, before, after, before_point, after_point)


def _worst(flow: GridFlows, flow_mw: FloatArray) -> tuple[FloatArray, IntArray]:
    """(T, L) loading of (K, L, T) flows at the worst operating point, and that point."""
    by_point = np.maximum(_side(flow_mw, flow.grid.upper_mw), _side(-flow_mw, -flow.grid.lower_mw))
    point = by_point.argmax(axis=0)
    return np.take_along_axis(by_point, point[None], axis=0)[0].T, point.T


def _side(flow_mw: FloatArray, limit_mw: FloatArray) -> FloatArray:
    """Flow towards one limit over that limit; a limit ≤ 0 is either kept (0) or violated (infinite)."""
    limit = limit_mw[:, None]
    scaled = flow_mw / np.where(limit > 0, limit, 1.0)
    return np.where(limit > 0, np.maximum(scaled, 0.0), np.where(flow_mw > limit, np.inf, 0.0))
