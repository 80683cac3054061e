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

_WHOLE_DAYS: Final = re.compile(r"P(\d{1,6})D")
"""Resolutions in market days, each 23, 24 or 25 hours long."""


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
            where they are.
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


def days_in(text: str) -> int | None:
    """How many market days a resolution is; None for one that is no number of days."""
    match = _WHOLE_DAYS.fullmatch(text)
    return int(match[1]) or None if match else None


def length_from(start: datetime, text: str) -> timedelta:
    """The length of a unit that starts there: `P1D` from a local midnight lasts until the next one.

    Raises:
        MarketTimeError: as for `resolution`; or it would end outside the calendar.
    """
    length, days = resolution(text), days_in(text)
    local = start.astimezone(MARKET_ZONE)
    if days is None or local.time() != time():
        return length
    return _midnight(local.date(), days) - start


def units_of(period: Interval, text: str) -> "Units":
    """The units into which the resolution in a document cuts a period.

    Days from a local midnight to another are market days, of 23, 24 or 25 hours; others have 24 hours.

    Raises:
        MarketTimeError: as for `resolution`; or the period is no whole number of units.
    """
    length, days = resolution(text), days_in(text)
    first, last = (moment.astimezone(MARKET_ZONE) for moment in (period.start, period.end))
    if days is not None and first.time() == last.time() == time():
        if (last.date() - first.date()).days % days == 0:
            return Units(period, length, days)
        raise MarketTimeError(f"{period} is no whole number of units of {text}")
    if period.duration % length:
        raise MarketTimeError(f"{period} is no whole number of units of {text}")
    return Units(period, length)


def _midnight(day: date, later: int) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=later), time(), MARKET_ZONE).astimezone(UTC)
    except OverflowError:
        raise MarketTimeError(f"{later} days after {day} lies outside the calendar") from None


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one period of a document, numbered from 0, one after the other.

    Attributes:
        length: of a unit; of market days, what they have without a change of clocks.
        days: how many market days a unit is, of a period of market days; None: each has the same length.
    """

    period: Interval
    length: timedelta
    days: int | None = None

    def __len__(self) -> int:
        if self.days is None:
            return self.period.duration // self.length
        first, last = (moment.astimezone(MARKET_ZONE) for moment in (self.period.start, self.period.end))
        return (last.date() - first.date()).days // self.days

    def start_of(self, index: int) -> datetime:
        """When unit `index` starts (`len(self)`: the end of the period)."""
        if self.days is None:
            return self.period.start + index * self.length
        return _midnight(self.period.start.astimezone(MARKET_ZONE).date(), index * self.days)

    def starts_s(self, indices: "NDArray[np.integer] | None" = None) -> "NDArray[np.int64]":
        """Starts of units as seconds since 1970, of those named or of all; the shape is that of `indices`."""
        import numpy as np  # noqa: PLC0415  (its import is slower than commands that only name a gate)

        which = np.arange(len(self)) if indices is None else indices
        if self.days is None:
            first = int(self.period.start.timestamp())
            return first + int(self.length.total_seconds()) * which.astype(np.int64)
        different, place = np.unique(which, return_inverse=True)
        starts = [int(self.start_of(index).timestamp()) for index in different.tolist()]
        return np.array(starts, dtype=np.int64)[place]


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
        """When unit `index` starts (`len(self)`: the end of the period)."""
        return self.period.start + index * self.mtu

    def interval(self, index: int) -> Interval:
        """Unit `index` as an interval."""
        return Interval(self.start_of(index), self.start_of(index + 1))

    def starts_s(self) -> "NDArray[np.int64]":
        """Starts of all units as seconds since 1970, shape (T,)."""
        import numpy as np  # noqa: PLC0415  (its import is slower than commands that only name a gate)

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
