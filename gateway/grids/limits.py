"""Limits in MW of the elements of a model: from their ratings, then from AC power flows over samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gateway.domain.grid import Band, Floats
from gateway.grids.ac import PowerFlowError
from gateway.grids.accuracy import Accuracy, Measuring
from gateway.grids.linear import LinearPoint
from gateway.grids.pandapower_grid import NetworkError
from gateway.grids.sampling import LIMIT_SAMPLES, samples_of
from gateway.grids.tightening import tightened

_LEAST_SHARE: Final = 1 / 19
"""Of its own base flow, where reactive power alone loads an element to its rating: only relief is allowed."""
_LEAST_LIMIT: Final = 1e-3
"""MW or A."""


@dataclass(frozen=True, eq=False)
class MeasuredLimits:
    """Limits that AC power flows have confirmed, and how well the linear model held in them.

    Attributes:
        limits_mw: forward and reverse, shape (2, L).
        remaining: each as a share of the limit before the AC check, shape (2, L).
        accuracies: of each operating point.
    """

    limits_mw: Floats
    remaining: Floats
    accuracies: Sequence[Accuracy]


def measured_limits(points: Sequence[LinearPoint], band: Band) -> MeasuredLimits:
    """The limits of the elements, each as tight as AC power flows of activations within the band need it.

    Raises:
        NetworkError: the grid cannot carry an activation of the band.
    """
    untightened = base_limits(points)
    at_limits = LIMIT_SAMPLES // len(points)
    samples = [samples_of(point, band, untightened, at_limits=at_limits) for point in points]
    measuring = [Measuring(each.point, band, each.measured) for each in samples]
    try:
        limits = tightened(samples, untightened, measuring)
    except PowerFlowError as error:
        raise NetworkError(
            f"the grid cannot carry activations of the complete band, narrow it: {error}"
        ) from error
    step = 10.0 ** (points[0].rows.decimals - 2)
    limits = np.maximum(np.floor(limits * step) / step, least_limits(points))
    with np.errstate(invalid="ignore"):
        remaining = np.where(points[0].rows.limited, limits / untightened, 1.0)
    return MeasuredLimits(limits, remaining, [each.accuracy() for each in measuring])


def base_limits(points: Sequence[LinearPoint]) -> Floats:
    """What the ratings leave, shape (2, R): of a flow, at the base states' voltages and reactive flows.

    Where reactive power alone uses all of it, the limit is a small share of the active flow: the element
    counts as overloaded, and nothing may load it more.
    """
    rows = points[0].rows
    least = np.where(np.isnan(rows.limit), np.inf, rows.limit)
    flows = np.flatnonzero(np.isnan(rows.limit))
    if flows.size:
        for point in points:
            power, apparent = rows[flows].power_and_rating(point.ac, point.voltage)
            left = np.maximum(apparent**2 - power.imag**2, 0.0).min(axis=1)
            least[flows] = np.minimum(least[flows], np.sqrt(left))
    limits = np.maximum(np.stack([least, least]), least_limits(points))
    return np.where(rows.limited, limits, np.inf)


def least_limits(points: Sequence[LinearPoint]) -> Floats:
    """No limit is smaller than this, shape (R,): zero would allow no flow at all."""
    largest = np.max([np.abs(point.base).max(axis=1) for point in points], axis=0)
    step = 10.0 ** (points[0].rows.decimals - 2)
    least: Floats = np.maximum(np.ceil(_LEAST_SHARE * largest * step) / step, _LEAST_LIMIT * 1e4 / step)
    return least
