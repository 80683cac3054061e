"""How loaded the elements of a grid are, worst over operating points."""

from collections.abc import Sequence

import numpy as np

from gateway.optimiser.check.answer import GridLoading
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.rows.flows import GridFlows


def loading_of(flow: GridFlows, before_mw: FloatArray, after_mw: FloatArray) -> GridLoading:
    """Loading of one grid under two flow changes (K, L, T)."""
    base = flow.base(np.arange(before_mw.shape[-1]))
    flow_mw = np.stack([base, base + before_mw, base + after_mw])
    by_point = _loading(flow, flow_mw)
    at_base, before, after = by_point.max(axis=1).transpose(0, 2, 1)
    before_point, after_point = by_point[1:].argmax(axis=1).transpose(0, 2, 1)
    return GridLoading(flow.grid.grid_id, at_base, before, after, before_point, after_point)


def interpolated_loading(
    flow: GridFlows, before_mw: FloatArray, after_mw: FloatArray, parts: Sequence[FloatArray]
) -> GridLoading:
    """As `loading_of`, of the flows between the operating points (see `levels`).

    Args:
        parts: (K, T) each, parts of the operating points at base, before and after; the point of a loading is
            the one with the largest part.
    """
    base, part = flow.base(np.arange(before_mw.shape[-1])), np.stack(parts)
    flow_mw = np.einsum("skt,sklt->slt", part, np.stack([base, base + before_mw, base + after_mw]))
    at_base, before, after = _loading(flow, flow_mw).transpose(0, 2, 1)
    points = np.broadcast_to(part.argmax(axis=1)[..., None], (len(parts), *after.shape))
    return GridLoading(flow.grid.grid_id, at_base, before, after, points[1], points[2])


def _loading(flow: GridFlows, flow_mw: FloatArray) -> FloatArray:
    """Flow (…, L, T) over the limit it goes towards; 0 of a band (see `band`), which has no loading.

    An upper limit ≤ 0 (or a lower one ≥ 0) is either respected and counts for nothing, or the loading is
    infinite.
    """
    upper, lower = flow.grid.upper_mw[:, None], flow.grid.lower_mw[:, None]
    loading = np.maximum(
        flow_mw / np.where(upper > 0, upper, np.inf), flow_mw / np.where(lower < 0, lower, -np.inf)
    )
    elements = len(upper) - flow.grid.band_rows
    loading[..., elements:, :] = 0.0
    odd = np.flatnonzero(((upper <= 0) | (lower >= 0))[:elements, 0])
    if odd.size:
        outside, upper, lower = flow_mw[..., odd, :], upper[odd], lower[odd]
        broken = ((upper <= 0) & (outside > upper)) | ((lower >= 0) & (outside < lower))
        loading[..., odd, :] = np.where(broken, np.inf, loading[..., odd, :])
    return loading
