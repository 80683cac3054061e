"""A curve keeps its meaning: blocks are written out where the target has no curve type to say they last."""

import re
from copy import deepcopy
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

import esmp
from benchmarks.meaning import differences, steps_of
from esmp.profiles import profile
from gateway.domain.market_time import local_day
from mappings import Fate, UnwritableError, convert, read
from mappings.curves import WRITTEN_OUT
from mappings.mapping_context import Allowance
from tests.mappings.specimens import document

FILLED = [
    ("ReserveBid", "7.6", "7.4"),
    ("ReserveBid", "7.6", "6.0"),
    ("PlannedResourceSchedule", "6.3", "6.1"),
    ("ReserveAllocationResult", "6.5", "6.1"),
    ("Activation", "6.5", "6.4"),
]
BOTH = [
    ("PlannedResourceSchedule", "6.3", "6.2"),
    ("ReserveAllocationResult", "6.5", "6.2"),
    ("ReserveAllocationResult", "6.2", "6.4"),
]


def sparse(family: str, version: str, curve: str) -> bytes:
    """A document whose first period is an hour of quarter hours with points 1 and 3."""
    data = document(profile(family, version), full=True)
    root = etree.fromstring(data)
    for element in root.iter("{*}curveType"):
        element.text = curve
    period = next(each for each in root.iter("{*}Period", "{*}Series_Period"))
    period.find("{*}timeInterval/{*}end").text = "2026-03-29T00:00Z"
    first, second = period.findall("{*}Point")
    first[0].text, second[0].text = "1", "3"
    for point, quantity in ((first, "7"), (second, "9")):
        next(each for each in point if "uantity" in etree.QName(each).localname).text = quantity
    later = list(period.itersiblings(period.tag))
    for each in later:
        each.getparent().remove(each)
    return etree.tostring(root)


def points(data: bytes) -> list[tuple[str, str]]:
    period = next(each for each in etree.fromstring(data).iter("{*}Period", "{*}Series_Period"))
    return [
        (point[0].text, next(each for each in point if "uantity" in etree.QName(each).localname).text)
        for point in period.findall("{*}Point")
    ]


@pytest.mark.feature(id="B3")
@pytest.mark.parametrize(("family", "source", "target"), FILLED)
def test_variable_blocks_are_written_out_where_there_is_no_curve_type(
    family: str, source: str, target: str
) -> None:
    made = convert(sparse(family, source, "A03"), family, target)
    assert points(made.data) == [("1", "7"), ("2", "7"), ("3", "9"), ("4", "9")]
    assert [change.fate for change in made.report if change.reason == WRITTEN_OUT] == [Fate.ADDED]
    assert not [change for change in made.report if "curveType" in change.path]


@pytest.mark.parametrize(("family", "source", "target"), BOTH)
def test_variable_blocks_stay_where_the_target_says_the_curve_too(
    family: str, source: str, target: str
) -> None:
    made = convert(sparse(family, source, "A03"), family, target)
    assert points(made.data) == [("1", "7"), ("3", "9")]
    assert b">A03</" in made.data


@pytest.mark.parametrize(("family", "source", "target"), FILLED)
@pytest.mark.parametrize("curve", ["A02", "A04", "A05"])
def test_what_is_no_block_cannot_become_one(family: str, source: str, target: str, curve: str) -> None:
    with pytest.raises(UnwritableError, match=f"curve type {curve}"):
        convert(sparse(family, source, curve), family, target)


@pytest.mark.parametrize(("family", "source", "target"), FILLED)
def test_fixed_blocks_are_no_loss_without_a_curve_type(family: str, source: str, target: str) -> None:
    data = document(profile(family, source), full=True)
    assert b">A01</curveType>" in data
    made = convert(data, family, target)
    assert not re.search("curve", " ".join(change.path + change.reason for change in made.report))


def test_a_document_cannot_grow_without_bound() -> None:
    spare = Allowance(10)
    spare.spend(10)
    with pytest.raises(ValueError, match="written out"):
        spare.spend(1)


CLOCK_CHANGES = {
    "2026-03-28T23:00Z": ("2026-03-29T22:00Z", 23),
    "2026-10-24T22:00Z": ("2026-10-25T23:00Z", 25),
}


def of_one_day(family: str, version: str, start: str) -> etree._Element:
    """A document whose series have one period, of one unit: the market day that starts then."""
    root = etree.fromstring(document(profile(family, version), full=True))
    for period in list(root.iter("{*}Period", "{*}Series_Period")):
        for later in [*period.itersiblings(period.tag), *period.findall("{*}Point")[1:]]:
            later.getparent().remove(later)
    for interval in (each for each in root.iter() if len(each) == 2 and "start" in str(each[0].tag)):
        interval[0].text, interval[1].text = start, CLOCK_CHANGES[start][0]
    for resolution in root.iter("{*}resolution"):
        resolution.text = "P1D"
    return root


@pytest.mark.feature(id="B9")
@pytest.mark.parametrize("start", CLOCK_CHANGES)
@pytest.mark.parametrize(
    ("family", "source", "target"),
    [*FILLED, ("MeritOrderList", "7.3", "7.1"), ("MeritOrderList", "7.1", "7.3")],
)
def test_a_day_of_23_or_25_hours_is_one_unit(start: str, family: str, source: str, target: str) -> None:
    end, _ = CLOCK_CHANGES[start]
    root = of_one_day(family, source, start)
    made = convert(etree.tostring(root), family, target)
    period = next(etree.fromstring(made.data).iter("{*}Period", "{*}Series_Period"))
    assert (period[0][0].text, period[0][1].text) == (start, end)
    assert period.findtext("{*}resolution") == "P1D"
    assert [point[0].text for point in period.findall("{*}Point")] == ["1"]


@pytest.mark.feature(id="B9")
@pytest.mark.parametrize("start", CLOCK_CHANGES)
def test_a_bid_for_such_a_day_covers_all_of_it(start: str) -> None:
    _, hours = CLOCK_CHANGES[start]
    root = of_one_day("ReserveBid", "7.4", start)
    report = esmp.validate(etree.tostring(root))
    reading = read(root, report.identity)
    assert reading.findings == ()
    bids = reading.document.bids
    assert (bids.point_end_s - bids.point_start_s).tolist() == [hours * 3600] * len(bids)


WEEKS = {"2026-03-27T23:00Z": "2026-04-02T22:00Z", "2026-10-23T22:00Z": "2026-10-26T23:00Z"}
"""Whole market days, one of which the clocks change."""


def of_days(family: str, version: str, start: str, curve: str | None) -> tuple[bytes, int]:
    """A document whose series have one period with a point for each of some days, and how many they are."""
    root = of_one_day(family, version, min(CLOCK_CHANGES))
    days = round((datetime.fromisoformat(WEEKS[start]) - datetime.fromisoformat(start)) / timedelta(days=1))
    for interval in (each for each in root.iter() if len(each) == 2 and "start" in str(each[0].tag)):
        interval[0].text, interval[1].text = start, WEEKS[start]
    for element in root.iter("{*}curveType"):
        element.text = curve or "A01"
    for period in list(root.iter("{*}Period", "{*}Series_Period")):
        (first,) = period.findall("{*}Point")
        for number in range(days, 1, -1):
            if curve != "A03" or number == days:
                point = deepcopy(first)
                point[0].text = str(number)
                first.addnext(point)
    return etree.tostring(root), days


@pytest.mark.parametrize("start", WEEKS)
@pytest.mark.parametrize("curve", ["A01", "A03"])
@pytest.mark.parametrize(
    ("family", "source", "target"),
    [
        *FILLED,
        ("MeritOrderList", "7.3", "7.1"),
        ("MeritOrderList", "7.1", "7.3"),
        ("Activation", "6.2", "6.3"),
    ],
)
def test_several_days_of_which_one_is_longer_or_shorter(
    start: str, curve: str, family: str, source: str, target: str
) -> None:
    if (family, source) not in {way[:2] for way in FILLED}:
        curve = "A01"  # the only one that this version knows
    data, days = of_days(family, source, start, curve)
    assert esmp.validate(data).valid
    made = convert(data, family, target)
    assert list(differences(steps_of(data), made)) == []
    period = next(etree.fromstring(made.data).iter("{*}Period", "{*}Series_Period"))
    assert (period[0][0].text, period[0][1].text) == (start, WEEKS[start])
    assert len(period.findall("{*}Point")) == days


@pytest.mark.parametrize("start", WEEKS)
@pytest.mark.parametrize("curve", ["A01", "A03"])
def test_bids_for_several_days_begin_at_midnights(start: str, curve: str) -> None:
    data, days = of_days("ReserveBid", "7.6", start, curve)
    reading = read(data, esmp.validate(data).identity)
    assert reading.findings == ()
    bids = reading.document.bids
    first = datetime.fromisoformat(start).astimezone(ZoneInfo("Europe/Brussels")).date()
    midnights = [int(local_day(first + timedelta(days=day)).start.timestamp()) for day in range(days + 1)]
    edges = midnights if curve == "A01" else [midnights[0], *midnights[-2:]]
    for bid in range(len(bids)):
        own = bids.point_bid == bid
        assert bids.point_start_s[own].tolist() == edges[:-1]
        assert bids.point_end_s[own].tolist() == edges[1:]


def shaped(family: str, source: str, positions: dict[str, str], end: str = "2026-03-29T00:00Z") -> bytes:
    """A document whose first period has these points, of quarter hours, with variable blocks."""
    root = etree.fromstring(sparse(family, source, "A03"))
    period = next(each for each in root.iter("{*}Period", "{*}Series_Period"))
    period.find("{*}timeInterval/{*}end").text = end
    first, *others = period.findall("{*}Point")
    for other in others:
        period.remove(other)
    for position, quantity in reversed(positions.items()):
        point = deepcopy(first)
        point[0].text = position
        next(each for each in point if "uantity" in etree.QName(each).localname).text = quantity
        first.addnext(point)
    period.remove(first)
    return etree.tostring(root)


@pytest.mark.feature(id="B3")
@pytest.mark.parametrize(("family", "source", "target"), FILLED)
@pytest.mark.parametrize(
    ("stated", "end", "meant"),
    [
        ({"1": "7"}, "2026-03-29T00:00Z", ["7", "7", "7", "7"]),
        ({"1": "7", "4": "9"}, "2026-03-29T00:00Z", ["7", "7", "7", "9"]),
        ({"1": "7", "2": "0", "3": "7"}, "2026-03-29T00:00Z", ["7", "0", "7", "7"]),
        ({"1": "7", "8": "9"}, "2026-03-29T01:00Z", ["7"] * 7 + ["9"]),
    ],
    ids=["one for all", "last alone", "nothing between", "over the change of clocks"],
)
def test_variable_blocks_of_any_shape_are_written_out(
    family: str, source: str, target: str, stated: dict[str, str], end: str, meant: list[str]
) -> None:
    made = convert(shaped(family, source, stated, end), family, target)
    assert points(made.data) == [(str(number), quantity) for number, quantity in enumerate(meant, start=1)]
