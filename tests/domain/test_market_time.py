from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.market_time import (
    Interval,
    MarketTimeError,
    MtuGrid,
    length_from,
    local_day,
    resolution,
    resolution_text,
    units_of,
    utc,
)

SPRING_FORWARD, FALL_BACK = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.feature(id="B9")
@pytest.mark.parametrize(
    ("day", "hours", "first"),
    [
        (SPRING_FORWARD, 23, "2026-03-28T23:00Z"),
        (FALL_BACK, 25, "2026-10-24T22:00Z"),
        (date(2026, 1, 15), 24, "2026-01-14T23:00Z"),
        (date(2026, 7, 15), 24, "2026-07-14T22:00Z"),
    ],
)
def test_a_market_day_has_23_24_or_25_hours(day: date, hours: int, first: str) -> None:
    interval = local_day(day)
    assert interval.duration == timedelta(hours=hours)
    assert str(interval).startswith(first)


@pytest.mark.feature(id="B9")
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from([5, 15, 30, 60]))
def test_market_time_units_tile_every_day_without_gap(day: date, minutes: int) -> None:
    interval = local_day(day)
    units = MtuGrid(interval, timedelta(minutes=minutes))
    starts = units.starts_s()
    assert len(units) == interval.duration.total_seconds() / (60 * minutes)
    assert np.all(np.diff(starts) == 60 * minutes)
    assert units.interval(len(units) - 1).end == interval.end
    assert local_day(day + timedelta(days=1)).start == interval.end


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 22 * 4 - 1), st.integers(0, 899))
def test_every_moment_is_in_the_unit_that_is_returned_for_it(day: date, index: int, offset_s: int) -> None:
    units = MtuGrid(local_day(day), timedelta(minutes=15))
    moment = units.start_of(index) + timedelta(seconds=offset_s)
    assert units.index_of(moment) == index


def test_a_moment_outside_is_refused() -> None:
    units = MtuGrid(local_day(SPRING_FORWARD), timedelta(minutes=15))
    with pytest.raises(MarketTimeError, match="outside"):
        units.index_of(units.period.end)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("PT15M", 15), ("PT1H", 60), ("PT60M", 60), ("P1D", 1440), ("PT1H30M", 90), ("PT21M", 21)],
)
def test_resolutions(text: str, minutes: int) -> None:
    assert resolution(text) == timedelta(minutes=minutes)
    assert resolution(resolution_text(resolution(text))) == resolution(text)


@pytest.mark.parametrize("text", ["", "15M", "PT", "P", "PT0M", "P1M", "P1Y", "PT-15M", "pt15m", "PT15M "])
def test_what_is_no_fixed_length_is_refused_by_name(text: str) -> None:
    with pytest.raises(MarketTimeError, match=r"P|length|duration"):
        resolution(text)


def test_a_time_without_zone_is_never_guessed() -> None:
    with pytest.raises(MarketTimeError, match="no time zone"):
        utc(datetime(2026, 3, 29, 2, 30))  # noqa: DTZ001  (the mistake under test)


def test_an_interval_ends_after_its_start() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(MarketTimeError, match="ends"):
        Interval(moment, moment)


def test_a_period_that_is_no_whole_number_of_units_is_refused() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(MarketTimeError, match="no whole number"):
        MtuGrid(Interval(moment, moment + timedelta(minutes=40)), timedelta(minutes=15))


def test_intervals_know_what_they_contain_and_touch() -> None:
    day = local_day(SPRING_FORWARD)
    hour = Interval(day.start, day.start + timedelta(hours=1))
    after = Interval(day.end, day.end + timedelta(hours=1))
    assert day.contains(hour)
    assert not hour.contains(day)
    assert day.overlaps(hour)
    assert not day.overlaps(after)


@pytest.mark.parametrize("text", ["P99999999999999D", "PT" + "9" * 5000 + "S", "P0Y1M"])
def test_lengths_beyond_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(MarketTimeError):
        resolution(text)


def test_moments_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(MarketTimeError):
        utc(datetime.fromisoformat("9999-12-31T23:59:59-23:59"))


@pytest.mark.parametrize(("day", "hours"), [(SPRING_FORWARD, 23), (FALL_BACK, 25), (date(2026, 1, 15), 24)])
def test_a_day_is_as_long_as_the_market_day_it_is(day: date, hours: int) -> None:
    period = local_day(day)
    assert len(units_of(period, "P1D")) == 1
    assert len(units_of(period, "PT1H")) == hours
    assert length_from(period.start, "P1D") == timedelta(hours=hours)


def test_elsewhere_a_day_has_24_hours() -> None:
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    units = units_of(Interval(noon, noon + timedelta(hours=48)), "P1D")
    assert units.starts_s().tolist() == [int(noon.timestamp()), int(noon.timestamp()) + 86400]
    assert length_from(noon, "P1D") == timedelta(hours=24)
    with pytest.raises(MarketTimeError, match="no whole number"):
        units_of(Interval(noon, noon + timedelta(hours=47)), "P1D")


@given(
    first=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    units=st.integers(1, 400),
    days=st.sampled_from([1, 2, 7]),
)
def test_days_of_several_lengths_are_units_of_one_period(first: date, units: int, days: int) -> None:
    """Each unit is the local days it covers, and together they are the period."""
    end = local_day(first + timedelta(days=units * days - 1)).end
    found = units_of(Interval(local_day(first).start, end), f"P{days}D")
    assert len(found) == units
    edges = [found.start_of(number) for number in range(units + 1)]
    assert edges == [local_day(first + timedelta(days=number * days)).start for number in range(units + 1)]
    assert edges[-1] == end
    assert found.starts_s().tolist() == [int(edge.timestamp()) for edge in edges[:-1]]
    assert length_from(edges[0], f"P{days}D") == edges[1] - edges[0]


def test_days_that_do_not_fill_the_period_are_refused() -> None:
    period = Interval(local_day(SPRING_FORWARD).start, local_day(SPRING_FORWARD + timedelta(days=2)).end)
    with pytest.raises(MarketTimeError, match="no whole number"):
        units_of(period, "P2D")
    with pytest.raises(MarketTimeError, match="calendar"):
        length_from(local_day(SPRING_FORWARD).start, "P999999D") and length_from(
            local_day(date(9000, 1, 1)).start, "P999999D"
        )


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+00:00", "1969-12-31T23:59:59+00:00", "9999-12-31T00:00:00+00:00"]
)
def test_a_time_that_no_market_has_is_refused(text: str) -> None:
    with pytest.raises(MarketTimeError, match="lies outside the calendar"):
        utc(datetime.fromisoformat(text))
