"""Time series as documents carry them: periods of points of equal length."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.domain.market_time import Interval
from gateway.domain.reason import Reason

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PointReason:
    """A reason given for one point of a period, counted from 0."""

    point: int
    reason: Reason


@dataclass(frozen=True, eq=False)
class SeriesPeriod:
    """P points of one length by position; one left out says nothing, or with curve A03 no change.

    Attributes:
        resolution: length of one point, ISO 8601.
        position: number of the point in the period, from 1, rising, shape (P,).
        quantity_mw: never signed, shape (P,).
    """

    period: Interval
    resolution: str
    position: Indices
    quantity_mw: Floats
    reasons: tuple[PointReason, ...] = ()
