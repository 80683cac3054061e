"""Time series as in documents: periods of points of equal length."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.market_time import Interval, units_of
from gateway.domain.reason import Reason

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]

FIXED_BLOCKS: Final = "A01"
"""Curve type in which every point is given and lasts one resolution; also meant where none is stated."""

VARIABLE_BLOCKS: Final = "A03"
"""Curve type in which a point lasts until the next one given, or to the end of its period."""

CURVES_ACCEPTED: Final = (None, FIXED_BLOCKS, VARIABLE_BLOCKS)
"""Curve types that state power in blocks; points (A02) and breakpoints (A04, A05) do not."""


def curve_not_accepted(curve: str | None) -> str:
    """The message to the sender of another curve type."""
    return f"curve type {curve} is not accepted; {FIXED_BLOCKS} and {VARIABLE_BLOCKS} are"


FIRST_NOT_1: Final = "the first position is not 1"
NOT_FILLED: Final = "the points do not fill the period"


def hole_in(period: Interval, resolution: str, position: Indices, curve: str | None) -> str | None:
    """Text on units that a period omits though its curve type must state each; None if there are none.

    Raises:
        MarketTimeError: the resolution does not divide the period.
    """
    if curve not in CURVES_ACCEPTED:
        return None
    if not len(position) or position[0] != 1:
        return FIRST_NOT_1
    if curve != VARIABLE_BLOCKS and len(position) != len(units_of(period, resolution)):
        return NOT_FILLED
    return None


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
