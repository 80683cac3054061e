"""Market time: intervals in UTC, resolutions, market time units, and local days of 23, 24 or 25 hours."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARKET_ZONE: Final = ZoneInfo("Europe/Brussels")
"""The clock of European market days (CET/CEST)."""

_DURATION: Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)

_LONGEST_DURATION: Final = 64

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9999
"""Times before the first year and from the last one on are none of a market: slips, and marks for "none" or
"for ever" that other software writes. Some of them no calendar can count on from."""

ONE_DAY: Final = "P1D"
"""The resolution of a market day, which is 23, 24 or 25 hours long."""


class MarketTimeError(ValueError):
    """A time, interval or resolution that cannot be what it claims to be."""


def utc(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        MarketTimeError: the moment has no time zone, and a guess would be wrong twice a year; or it lies
            outside the calendar.
    """
    if moment.tzinfo is None:
        raise MarketTimeError(f"{moment.isoformat()} has no time zone")
    try:
        at = moment.astimezone(UTC)
    except OverflowError:
        at = None
    if at is None or not FIRST_YEAR <= at.year < LAST_YEAR:
        raise MarketTimeError(f"{moment.isoformat()} lies outside the calendar")
    return at


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` (in) to `end` (out), both UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", utc(self.start))
        object.__setattr__(self, "end", utc(self.end))
        if self.end <= self.start:
            raise MarketTimeError(f"the interval ends ({self.end:%Y-%m-%dT%H:%MZ}) at or before its start")

    @property
    def duration(self) -> timedelta:
        """Length in real time: a local day may have 23, 24 or 25 hours."""
        return self.end - self.start

    def contains(self, other: "Interval") -> bool:
        """Whether `other` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Interval") -> bool:
        """Whether any moment belongs to both."""
        return self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%MZ}/{self.end:%Y-%m-%dT%H:%MZ}"


def local_day(day: date, zone: ZoneInfo = MARKET_ZONE) -> Interval:
    """The market day `day`, from local midnight to local midnight: 23, 24 or 25 hours."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return Interval(start, end)


def resolution(text: str) -> timedelta:
    """The length of an ISO 8601 duration without calendar parts (`PT15M`, `PT1H`, `P1D`).

    Raises:
        MarketTimeError: not a duration, of length zero, or in months or years, whose length depends on
            where they stand.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise MarketTimeError(f"{text[:40]!r} is not an ISO 8601 duration")
    if len(text) > _LONGEST_DURATION:
        raise MarketTimeError(f"a duration of {len(text)} characters is none")
    parts = {name: int(value) for name, value in match.groupdict().items() if value}
    if parts.pop("years", 0) or parts.pop("months", 0):
        raise MarketTimeError(f"{text!r} has no fixed length; use days, hours or minutes")
    try:
        length = timedelta(**parts)
    except OverflowError:
        raise MarketTimeError(f"{text!r} is longer than any calendar") from None
    if not length:
        raise MarketTimeError(f"{text!r} has no length")
    return length


def length_from(start: datetime, text: str) -> timedelta:
    """The length of a unit that starts there: `P1D` from a local midnight lasts until the next one.

    Raises:
        MarketTimeError: as for `resolution`.
    """
    length = resolution(text)
    if text == ONE_DAY:
        day = local_day(start.astimezone(MARKET_ZONE).date())
        return day.duration if day.start == start else length
    return length


def unit_length(period: Interval, text: str) -> timedelta:
    """The length of one unit of a period whose resolution a document says.

    `P1D` on one whole market day is that day, though it has 23 or 25 hours; anywhere else a day has 24.

    Raises:
        MarketTimeError: as for `resolution`.
    """
    length = length_from(period.start, text)
    return length if length == period.duration else resolution(text)


def units_of(period: Interval, text: str) -> "MtuGrid":
    """The units into which a resolution that a document says cuts a period.

    Raises:
        MarketTimeError: as for `resolution`; or the period is no whole number of units.
    """
    return MtuGrid(period, unit_length(period, text))


def resolution_text(length: timedelta) -> str:
    """Write a resolution in the form market documents use: minutes up to an hour, else the shortest."""
    seconds = int(length.total_seconds())
    if seconds <= 0 or seconds != length.total_seconds():
        raise MarketTimeError(f"{length} is no resolution")
    if seconds % 86400 == 0:
        return f"P{seconds // 86400}D"
    if seconds % 60 == 0:
        return f"PT{seconds // 60}M"
    return f"PT{seconds}S"


@dataclass(frozen=True, slots=True)
class MtuGrid:
    """The market time units of one delivery period, numbered from 0."""

    period: Interval
    mtu: timedelta

    def __post_init__(self) -> None:
        if self.mtu <= timedelta(0):
            raise MarketTimeError("a market time unit has a length above zero")
        if self.period.duration % self.mtu:
            raise MarketTimeError(f"{self.period} is no whole number of units of {resolution_text(self.mtu)}")

    def __len__(self) -> int:
        return self.period.duration // self.mtu

    @property
    def hours(self) -> float:
        """Length of one unit in hours, to turn MW into MWh."""
        return self.mtu / timedelta(hours=1)

    def start_of(self, index: int) -> datetime:
        """When unit `index` starts (`len(self)` gives the end of the period)."""
        return self.period.start + index * self.mtu

    def interval(self, index: int) -> Interval:
        """Unit `index` as an interval."""
        return Interval(self.start_of(index), self.start_of(index + 1))

    def starts_s(self) -> "NDArray[np.int64]":
        """Starts of all units as seconds since 1970, shape (T,)."""
        import numpy as np  # noqa: PLC0415  (it takes longer to load than commands that only name a gate)

        first = int(self.period.start.timestamp())
        return first + int(self.mtu.total_seconds()) * np.arange(len(self), dtype=np.int64)

    def index_of(self, moment: datetime) -> int:
        """The unit in which `moment` lies.

        Raises:
            MarketTimeError: the moment lies outside the period.
        """
        if not self.period.start <= utc(moment) < self.period.end:
            raise MarketTimeError(f"{moment.isoformat()} lies outside {self.period}")
        return (utc(moment) - self.period.start) // self.mtu
