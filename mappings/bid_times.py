"""When the points of bids apply: positions and resolutions → seconds, with every contradiction found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bids import Indices, Seconds
from gateway.domain.market_time import Interval, MarketTimeError, Units, days_in, resolution, units_of
from gateway.domain.reason import ReasonCode
from gateway.domain.series import FIRST_NOT_1, FIXED_BLOCKS, NOT_FILLED, VARIABLE_BLOCKS
from mappings.texts import seconds

Flags = NDArray[np.bool_]
PlacedFlags = tuple[Flags, ReasonCode, str, Callable[[int], str]]
"""Which periods are wrong, the code, the message, and the place of the fault in a period of some row."""

_BACKWARDS: Final = "the period ends ({1}) at or before its start ({0})"
_NOT_MULTIPLE: Final = "the period is no whole number of {2}"


@dataclass(frozen=True, slots=True)
class PeriodTexts:
    """The periods of all series as in the document, Q of them, and P positions of their points."""

    start: Sequence[str]
    end: Sequence[str]
    resolution: Sequence[str]
    curve: Sequence[str | None]
    point_count: Sequence[int]
    position: Indices


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds since 1970. Shapes: periods (Q,), points (P,)."""

    period_start: Seconds
    period_end: Seconds
    point_period: Indices
    point_start: Seconds
    point_end: Seconds


Fault = Callable[[int, ReasonCode, str, str], None]
"""Called with the period's row, the code, the message and the field it is about."""


def times_of(periods: PeriodTexts, fault: Fault) -> Times:
    """Work out what every point covers; a period with a fault gets times that mean nothing."""
    start = _each(periods.start, seconds, fault, ReasonCode.TIME_INTERVAL_INCORRECT, "start")
    end = _each(periods.end, seconds, fault, ReasonCode.TIME_INTERVAL_INCORRECT, "end")
    step = _each(periods.resolution, _length, fault, ReasonCode.RESOLUTION_INCONSISTENT, "resolution")
    length, step_s = end - start, np.abs(step)
    capacity, rest = length // step_s, length % step_s
    days = market_days(periods.resolution, start, end)
    for row, units in days.items():
        capacity[row], rest[row] = len(units), 0
    count = np.asarray(periods.point_count, dtype=np.int32)
    point_period = np.arange(len(count), dtype=np.int32).repeat(count)
    broken = (start < 0) | (end < 0) | (step < 0)
    variable = np.array([curve == VARIABLE_BLOCKS for curve in periods.curve], dtype=np.bool_)
    faults: list[PlacedFlags] = [
        (length <= 0, ReasonCode.TIME_INTERVAL_INCORRECT, _BACKWARDS, lambda _: "end"),
        (rest != 0, ReasonCode.RESOLUTION_INCONSISTENT, _NOT_MULTIPLE, lambda _: "resolution"),
        *_position_faults(periods, variable, capacity, count, point_period),
    ]
    for wrong, code, message, place_in in faults:
        if np.count_nonzero(wrong):
            for row in (wrong & ~broken).nonzero()[0].tolist():
                values = periods.start[row], periods.end[row], periods.resolution[row]
                fault(row, code, message.format(*values), place_in(row))
            broken |= wrong
    point_step = step[point_period]
    point_start = start[point_period] + (periods.position.astype(np.int64) - 1) * point_step
    point_end = point_start + point_step
    ends = count.cumsum()
    for row, units in days.items():
        if not broken[row]:
            points = slice(ends[row] - count[row], ends[row])
            point_start[points] = units.starts_s(periods.position[points] - 1)
            point_end[points] = units.starts_s(periods.position[points])
    if np.count_nonzero(variable):
        until_next = np.append(point_start[1:], 0)
        until_next[ends - 1] = end
        point_end = np.where(variable[point_period], until_next, point_end)
    return Times(start, end, point_period, point_start, point_end)


def _position_faults(
    periods: PeriodTexts, variable: Flags, capacity: Seconds, count: Indices, point_period: Indices
) -> list[PlacedFlags]:
    """Positions rise, start at 1, and fit into the period; in blocks of fixed size none is missing."""
    position = periods.position
    last = count.cumsum() - 1
    first = last - count + 1
    falling = (position[1:] <= position[:-1]) & (point_period[1:] == point_period[:-1])
    steps_back = falling.nonzero()[0] + 1
    falls = np.zeros(len(count), dtype=np.bool_)
    falls[point_period[steps_back]] = True

    def first_fall(row: int) -> str:
        point = int(steps_back[np.searchsorted(steps_back, first[row])])
        return f"points[{point - int(first[row]) + 1}]/position"

    fixed = np.array([curve in (None, FIXED_BLOCKS) for curve in periods.curve], dtype=np.bool_)
    wrong = (
        (falls, "positions do not rise", first_fall),
        (
            position[last] > capacity,
            "a position lies after the end of the period",
            lambda row: f"points[{count[row]}]/position",
        ),
        ((fixed | variable) & (position[first] != 1), FIRST_NOT_1, lambda _: "points[1]/position"),
        (fixed & (count != capacity), NOT_FILLED, lambda _: "points"),
    )
    return [(rows, ReasonCode.POSITION_INCONSISTENT, message, place_in) for rows, message, place_in in wrong]


def market_days(resolutions: Sequence[str], start: Seconds, end: Seconds) -> dict[int, Units]:
    """The units of those periods that are whole market days in days, which may differ in length, by row."""
    found = {}
    for row, text in enumerate(resolutions):
        if (
            text[-1:] == "D"
            and 0 <= start[row] < end[row]
            and (units := _days(int(start[row]), int(end[row]), text))
        ):
            found[row] = units
    return found


@lru_cache(maxsize=256)
def _days(start: int, end: int, text: str) -> Units | None:
    if days_in(text) is None:
        return None
    try:
        units = units_of(Interval(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)), text)
    except MarketTimeError:
        return None
    return None if units.days is None else units


def unit_length_s(text: str) -> int:
    """The length of a unit in seconds, where a day has 24 hours.

    Raises:
        MarketTimeError: not a resolution, or no whole number of seconds.
    """
    return _length(text)


@lru_cache(maxsize=256)
def _length(text: str) -> int:
    length = resolution(text).total_seconds()
    if length != int(length):
        raise MarketTimeError(f"{text[:40]!r} is no whole number of seconds")
    return int(length)


def _each(
    texts: Sequence[str], read: Callable[[str], int], fault: Fault, code: ReasonCode, place: str
) -> Seconds:
    """Read each text; one that cannot be read is a fault and becomes -1."""
    known: dict[str, int] = {}
    failed: dict[str, str] = {}
    for text in set(texts):
        try:
            known[text] = read(text)
        except MarketTimeError as error:
            known[text], failed[text] = -1, str(error)
    for row, text in enumerate(texts) if failed else ():
        if text in failed:
            fault(row, code, failed[text], place)
    return np.array([known[text] for text in texts], dtype=np.int64)
