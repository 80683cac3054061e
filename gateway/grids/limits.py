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
from gateway.grids.tightening import Ratings, tightened

_LEAST_SHARE: Final = 1 / 19
"""Of its own base flow, where reactive power alone loads an element to its rating: only relief is allowed."""
_LEAST_LIMIT_MW: Final = 1e-3


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


def measured_limits(points: Sequence[LinearPoint], band: Band, ratings: Ratings) -> MeasuredLimits:
    """The limits of the elements, each as tight as AC power flows of activations within the band need it.

    Raises:
        NetworkError: the grid cannot carry an activation of the band.
    """
    untightened = base_limits(points, ratings)
    at_limits = LIMIT_SAMPLES // len(points)
    samples = [samples_of(point, band, untightened, at_limits=at_limits) for point in points]
    measuring = [Measuring(each.point, band, each.measured) for each in samples]
    try:
        limits = tightened(samples, untightened, ratings, measuring)
    except PowerFlowError as error:
        raise NetworkError(
            f"the grid cannot carry activations of the complete band, narrow it: {error}"
        ) from error
    limits = np.maximum(np.floor(limits * 1e4) / 1e4, least_limits(points))
    return MeasuredLimits(limits, limits / untightened, [each.accuracy() for each in measuring])


def base_limits(points: Sequence[LinearPoint], ratings: tuple[Floats, Floats]) -> Floats:
    """Active power that the rating leaves at the base states' voltages and reactive flows, shape (2, L).

    Where reactive power alone uses all of it, the limit is a small share of the active flow: the element
    counts as overloaded, and nothing may load it more.
    """
    least = np.full(len(ratings[0]), np.inf)
    for point in points:
        bus = np.where(point.to_end, point.ac.bus_to, point.ac.bus_from)
        rating = np.where(point.to_end, ratings[1], ratings[0])
        apparent = np.abs(point.voltage[bus]) * rating[:, None] * point.ac.base_mva
        reactive = point.counted_flow(point.voltage).imag
        least = np.minimum(least, (np.maximum(apparent**2 - reactive**2, 0.0)).min(axis=1))
    limits: Floats = np.maximum(np.sqrt(np.stack([least, least])), least_limits(points))
    return limits


def least_limits(points: Sequence[LinearPoint]) -> Floats:
    """No limit is smaller than this, shape (L,): zero would allow no flow at all."""
    largest = np.max([np.abs(point.base_mw).max(axis=1) for point in points], axis=0)
    least: Floats = np.maximum(np.ceil(_LEAST_SHARE * largest * 1e4) / 1e4, _LEAST_LIMIT_MW)
    return least
