"""Remarks on an accepted model."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from gateway.domain.counted import counted
from gateway.domain.grid import ReducedGridModel, Unit

COARSE_PCT: Final = 30.0
"""From this stated error on a model is remarked."""
_A_WATT_MW: Final = 1e-6


def remarks(model: ReducedGridModel) -> tuple[str, ...]:
    """Remarks for its operator, one line each; empty for a model without anything unusual.

    It names flows and limits, which no other party may read.
    """
    return (*accuracy_remarks(model), *_beyond_limits(model))


def accuracy_remarks(model: ReducedGridModel) -> tuple[str, ...]:
    """Of these, the remarks that every run with the model repeats."""
    error = model.error_band_pct or 0.0
    if error < COARSE_PCT:
        return ()
    reserve = "its limits include it" if model.limits_include_error else "each row reserves it of its change"
    return (f"the model of grid {model.grid_id} states an error of {error:g} %; {reserve}",)


def _beyond_limits(model: ReducedGridModel) -> Iterator[str]:
    """Elements whose base flow is beyond a limit: true of a grid that is full, or the limit is wrong."""
    lower, upper = model.limits_mw()
    points = model.operating_points
    highest = np.stack([point.base_flow_mw.max(axis=0) for point in points])
    lowest = np.stack([point.base_flow_mw.min(axis=0) for point in points])
    excess = np.maximum(highest - upper, lower - lowest)  # (K, L)
    beyond = excess.max(axis=0) > _A_WATT_MW
    if not beyond.any():
        return
    side_up = highest - upper >= lower - lowest
    flow, limit = np.where(side_up, highest, -lowest), np.where(side_up, upper, -lower)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A limit of 0 is the worst there is.
        loading = np.where(excess > _A_WATT_MW, np.abs(1 + excess / np.abs(limit)), 0.0)
    point, element = np.unravel_index(loading.argmax(), loading.shape)
    worst = loading[point, element]
    unit = model.elements[element].unit
    by = (
        f"{100 * worst:.1f} %"
        if np.isfinite(worst)
        else f"{flow[point, element]:g} {unit} at a limit of 0 {unit}"
    )
    if unit is not Unit.MW:
        sign = 1.0 if side_up[point, element] else -1.0
        value, most = sign * flow[point, element], sign * limit[point, element]
        by = f"{value:.4g} {unit} at a limit of {most:.4g} {unit}"
    count = int(beyond.sum())
    of = "" if count == 1 else f" (worst of {counted(count, 'element')})"
    yield (
        f"base flow beyond its limit: {model.elements[element].element_id} {by}{of} at point "
        f"{points[point].name}; bids that load such an element are available at most as far as others "
        "relieve it"
    )
