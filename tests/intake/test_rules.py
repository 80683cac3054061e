"""Business rules: what no schema refuses and no market can use; and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from esmp.profiles import Family, profile, versions
from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import Bids, SimpleBid, bids_from
from gateway.domain.document import DocumentHeader, DocumentKind, ReserveBids
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import ReasonCode, Stage
from gateway.intake.check.examination import examine
from gateway.intake.check.rules import CLOCK_TOLERANCE, bid_findings, created_findings, remarks
from mappings.places import places
from tests.mappings import specimens
from tests.specimens import AREA, GATEWAY, NORTH, RESERVE_BID_7_2, RESERVE_BID_7_4, UNITS, replaced

START = datetime(2026, 2, 28, 23, tzinfo=UTC)
DAY = Interval(START, START + timedelta(days=1))


def document(bids: Bids) -> ReserveBids:
    header = DocumentHeader(
        kind=DocumentKind.RESERVE_BID,
        version="7.4",
        mrid="TEST-DOC",
        revision=1,
        type="A37",
        process="A47",
        sender=Role(CodedId(NORTH), "A46"),
        receiver=Role(CodedId(GATEWAY), "A34"),
        created_at=START - timedelta(hours=12),
    )
    return ReserveBids(header, DAY, CodedId(AREA), None, bids)


Point = tuple[float, float | None, float | None]


def bid(mrid: str = "b1", points: tuple[Point, ...] = ((5.0, 1.0, 40.0),), **changes: object) -> SimpleBid:
    simple = SimpleBid(
        mrid,
        Direction.UP,
        divisible=True,
        start_s=int(START.timestamp()),
        resolution_s=900,
        resolution="PT15M",
        points=points,
        terms={BidTerm.CURRENCY: "EUR", BidTerm.RESOURCE: UNITS[0], BidTerm.RESOURCE_SCHEME: "A01"},
    )
    return replace(simple, **changes)  # type: ignore[arg-type]


def found(*bids: SimpleBid) -> list[tuple[str | None, ReasonCode]]:
    return [(finding.series, finding.code) for finding in bid_findings(document(bids_from(bids)))]


def test_a_bid_in_order_is_not_found_fault_with() -> None:
    assert found(bid()) == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (bid(points=((-5.0, None, 40.0),)), ReasonCode.QUANTITY_SIGNED),
        (bid(points=((5.0, -1.0, 40.0),)), ReasonCode.QUANTITY_SIGNED),
        (bid(points=((5.0, 6.0, 40.0),)), ReasonCode.QUANTITY_INCONSISTENT),
        (bid(points=((5.0, 1.0, 40.0),), divisible=False), ReasonCode.QUANTITY_INCONSISTENT),
        (bid(points=((5.0, 1.0, None),)), ReasonCode.MANDATORY_MISSING),
        (bid(points=((float("nan"), None, 40.0),)), ReasonCode.MANDATORY_MISSING),
        (bid(terms={}), ReasonCode.CURRENCY_INVALID),
        (bid(start_s=int(START.timestamp()) - 900), ReasonCode.TIME_INTERVAL_INCORRECT),
        (bid(start_s=int(DAY.end.timestamp())), ReasonCode.TIME_INTERVAL_INCORRECT),
    ],
)
def test_a_fault_is_found_at_its_series_only(wrong: SimpleBid, code: ReasonCode) -> None:
    assert found(bid("good"), replace(wrong, bid_id="wrong"), bid("fine")) == [("wrong", code)]


@pytest.mark.parametrize(
    "usual",
    [
        bid(points=((0.0, None, None),)),  # cancelled
        bid(points=((0.0, 1.0, 40.0),)),  # cancelled, everything else left as it was
        bid(points=((5.0, None, 40.0),)),  # fully divisible, no minimum said
        bid(points=((5.0, 5.0, 40.0),), divisible=False),  # minimum repeats the quantity
        bid(points=((5.0, None, -9999.0),), divisible=False),  # negative prices are allowed
        bid(points=((5.0, 0.0, 0.0),)),
        bid(points=tuple((1.0, 0.0, float(price)) for price in range(96))),
        bid(points=((0.0, None, None),), terms={}),
    ],
)
def test_usual_bids_pass(usual: SimpleBid) -> None:
    assert found(usual) == []


def test_a_capacity_price_is_a_price() -> None:
    bids = bids_from([bid(points=((5.0, 1.0, None),))])
    assert bid_findings(document(replace(bids, capacity_price=np.array([3.0])))) == []


def test_series_of_the_same_name_are_all_refused() -> None:
    conflict = ReasonCode.SERIES_ID_CONFLICT
    assert found(bid("a"), bid("b"), bid("a"), bid("a")) == [("a", conflict)] * 3


def test_overlapping_periods_are_found_and_touching_ones_not() -> None:
    bids = bids_from([bid("a"), bid("b")])
    start = bids.period_start_s[0]
    as_one = replace(bids, bid_id=["a"], period_bid=np.zeros(2, np.int32), terms={BidTerm.CURRENCY: ["EUR"]})
    one = replace(as_one, direction=bids.direction[:1], divisible=bids.divisible[:1])

    def second_from(offset: int) -> list[ReasonCode]:
        starts = np.array([start, start + offset])
        moved = replace(one, period_start_s=starts, period_end_s=starts + 900)
        return [finding.code for finding in bid_findings(document(moved))]

    assert second_from(900) == []
    assert second_from(899) == [ReasonCode.TIME_INTERVAL_INCORRECT]
    assert second_from(0) == [ReasonCode.TIME_INTERVAL_INCORRECT]


def test_a_document_without_bids_says_nothing() -> None:
    (finding,) = bid_findings(document(bids_from([])))
    assert (finding.series, finding.code) == (None, ReasonCode.MANDATORY_MISSING)


def test_clocks_may_differ_a_little() -> None:
    header = document(bids_from([bid()])).header
    assert created_findings(header.created_at, header.created_at) == []
    assert created_findings(header.created_at, header.created_at - CLOCK_TOLERANCE) == []
    (finding,) = created_findings(
        header.created_at, header.created_at - CLOCK_TOLERANCE - timedelta(seconds=1)
    )
    assert finding.code is ReasonCode.TIME_INTERVAL_INCORRECT


def test_codes_with_a_wrong_check_character_are_remarked() -> None:
    assert remarks(document(bids_from([bid()]))) == ()
    terms = {BidTerm.RESOURCE: "11WTEST-UNIT-1-X", BidTerm.RESOURCE_SCHEME: "A01", BidTerm.CURRENCY: "EUR"}
    (remark,) = remarks(document(bids_from([bid(terms=terms)])))
    assert "11WTEST-UNIT-1-X" in remark
    national = {**terms, BidTerm.RESOURCE_SCHEME: "NNO"}
    assert remarks(document(bids_from([bid(terms=national)]))) == ()


@pytest.mark.parametrize(
    ("change", "path", "line_of"),
    [
        (
            replaced("<minimum_Quantity.quantity>0.5<", "<minimum_Quantity.quantity>9<"),
            "/ReserveBid_MarketDocument/Bid_TimeSeries[2]/Period[1]/Point/minimum_Quantity.quantity",
            b"<minimum_Quantity.quantity>9<",
        ),
        (
            replaced("<quantity.quantity>20<", "<quantity.quantity>-20<"),
            "/ReserveBid_MarketDocument/Bid_TimeSeries[1]/Period/Point[2]/quantity.quantity",
            b"<quantity.quantity>-20<",
        ),
        (
            replaced("        <energy_Price.amount>38.2</energy_Price.amount>\n", ""),
            "/ReserveBid_MarketDocument/Bid_TimeSeries[1]/Period/Point[2]",
            b"<position>2<",
        ),
    ],
)
def test_findings_name_element_and_line(change: Callable[[bytes], bytes], path: str, line_of: bytes) -> None:
    data = change(RESERVE_BID_7_4.data)
    findings = examine(data, "application/xml", START).findings
    (finding,) = findings
    line = data[: data.index(line_of)].count(b"\n") + 1
    assert (finding.stage, finding.path) == (Stage.RULES, path)
    assert finding.line == (line - 1 if b"position" in line_of else line)  # a missing price: the Point itself


@pytest.mark.parametrize("blank", ["", " ", "\n  "])
@pytest.mark.parametrize(
    ("mrid", "path"),
    [
        ("TEST-DOC-74", "/ReserveBid_MarketDocument/mRID"),
        ("TEST-BID-11", "/ReserveBid_MarketDocument/Bid_TimeSeries[1]/mRID"),
    ],
)
def test_an_empty_or_blank_mrid_is_refused_at_its_place(mrid: str, path: str, blank: str) -> None:
    change = replaced(f"<mRID>{mrid}</mRID>", f"<mRID>{blank}</mRID>")
    data = change(RESERVE_BID_7_4.data)
    examination = examine(data, "application/xml", START)
    (finding,) = examination.places.located(examination.findings)
    assert (finding.stage, finding.code) == (Stage.RULES, ReasonCode.MANDATORY_MISSING)
    assert finding.path == path
    assert finding.line is not None
    assert (finding.series is None) == (mrid == "TEST-DOC-74")


@pytest.mark.parametrize("family", ["Activation", "PlannedResourceSchedule", "ReserveAllocationResult"])
def test_a_series_of_another_family_without_a_name_is_refused(family: str) -> None:
    version = versions(Family(family))[-1]
    root = etree.fromstring(specimens.document(profile(Family(family), version), series=1))
    series = next(each for each in root if etree.QName(each).localname.endswith("TimeSeries"))
    series[0].text = " "
    codes = {
        (finding.code, finding.series)
        for finding in examine(etree.tostring(root), "application/xml", START).findings
    }
    assert (ReasonCode.MANDATORY_MISSING, " ") in codes


def test_very_many_findings_are_all_made_but_not_all_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    most = places.MOST_PLACES
    monkeypatch.setattr(places, "MOST_PLACES", 2)
    data = RESERVE_BID_7_2.data.replace(b"<quantity.quantity>", b"<quantity.quantity>-")
    findings = examine(data, "application/xml", START).findings
    signed = [finding for finding in findings if finding.code is ReasonCode.QUANTITY_SIGNED]
    assert {finding.series for finding in signed} == {f"TEST-BID-{n}" for n in range(1, 9)}
    assert sum(finding.line is not None for finding in findings) == 2
    assert most > 2


quantities = st.floats(0, 9999, allow_nan=False)
prices = st.floats(-99999, 99999, allow_nan=False)


@st.composite
def good_bids(draw: st.DrawFn) -> list[SimpleBid]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        divisible = draw(st.booleans())
        points = []
        for _ in range(draw(st.integers(1, 4))):
            quantity = draw(quantities)
            minimum = draw(st.none() | st.floats(0, 1).map(lambda part, q=quantity: part * q))  # type: ignore[misc]
            points.append((quantity, minimum if divisible else None, draw(prices)))
        start_s = int(START.timestamp()) + 900 * draw(st.integers(0, 92))
        made.append(bid(f"b{number}", tuple(points), divisible=divisible, start_s=start_s))
    return made


@settings(max_examples=100, deadline=None)
@given(good_bids(), st.data())
def test_exactly_the_spoilt_bids_are_found(bids: list[SimpleBid], data: st.DataObject) -> None:
    spoilt = data.draw(st.sets(st.sampled_from([each.bid_id for each in bids])))
    changed = [
        replace(each, points=((-1.0 - each.points[0][0], *each.points[0][1:]), *each.points[1:]))
        if each.bid_id in spoilt
        else each
        for each in bids
    ]
    assert {series for series, _ in found(*changed)} == spoilt


def stated(**terms: str) -> SimpleBid:
    """A bid of a quarter hour with these terms."""
    usual = bid()
    return replace(usual, terms={**usual.terms, **{BidTerm(name): text for name, text in terms.items()}})


@pytest.mark.parametrize(
    ("wrong", "code", "text"),
    [
        (
            stated(minimum_duration="PT30M", maximum_duration="PT15M", technical_link="t"),
            ReasonCode.LOCAL_MARKET_RULE,
            "the minimum duration is above the maximum",
        ),
        (stated(minimum_duration="PT30M"), ReasonCode.LOCAL_MARKET_RULE, "above the time offered"),
        (stated(resting_duration="-PT15M"), ReasonCode.LOCAL_MARKET_RULE, "no length of time"),
        (stated(maximum_duration="P1M"), ReasonCode.LOCAL_MARKET_RULE, "no length of time"),
        (stated(step_quantity="20"), ReasonCode.QUANTITY_INCONSISTENT, "the step is above the quantity"),
        (bid(" b1"), ReasonCode.CANNOT_BE_PROCESSED, "begins or ends with a blank"),
        (bid("b1\t"), ReasonCode.CANNOT_BE_PROCESSED, "begins or ends with a blank"),
        (bid(" "), ReasonCode.MANDATORY_MISSING, "empty or blank"),
    ],
)
def test_terms_that_contradict_each_other_are_named(wrong: SimpleBid, code: ReasonCode, text: str) -> None:
    (found,) = bid_findings(document(bids_from([bid("good"), wrong])))
    assert (found.series, found.code) == (wrong.bid_id, code)
    assert text in found.message


@pytest.mark.parametrize(
    "usual",
    [
        stated(minimum_duration="PT30M", technical_link="t"),
        stated(minimum_duration="PT15M", maximum_duration="PT15M"),
        stated(activation_duration="PT0M", resting_duration="PT15M", maximum_duration="PT45M"),
        stated(step_quantity="5"),
    ],
)
def test_durations_in_order_pass(usual: SimpleBid) -> None:
    assert found(usual) == []


def test_numbers_that_a_float_does_not_hold_are_a_remark() -> None:
    """XML may carry 17 digits; which of them are kept as others is said, and nothing is refused for it."""
    data = RESERVE_BID_7_4.data.replace(b">31.1<", b">99999.999999999999<", 1)
    found = examine(data, "application/xml", START)
    assert found.findings == ()
    (remark,) = found.remarks
    assert remark.startswith("more digits than a 64-bit number holds: 1 time, first Bid_TimeSeries[1]")
    assert not found.forgiven


def test_a_year_of_no_market_is_named() -> None:
    data = RESERVE_BID_7_4.data.replace(b"2026-02-28T23:00Z", b"0001-02-28T23:00Z", 1)
    (found,) = examine(data, "application/xml", START).findings
    assert found.message == "0001-02-28T23:00:00+00:00 lies outside the calendar"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("100000.4", "100,000.4 MW is beyond 100,000 MW"),
        ("100000.0000001", "100,000.0000001 MW is beyond 100,000"),
    ],
)
def test_a_number_beyond_its_bound_is_reported_with_what_is_beyond(text: str, stated: str) -> None:
    data = RESERVE_BID_7_4.data.replace(b"<quantity.quantity>10<", f"<quantity.quantity>{text}<".encode(), 1)
    assert stated in examine(data, "application/xml", START).findings[0].message


@pytest.mark.parametrize(
    ("family", "version"),
    [
        (Family.RESERVE_BID, "7.4"),
        (Family.ACTIVATION, "6.2"),
        (Family.PLANNED_RESOURCE_SCHEDULE, "6.3"),
        (Family.RESERVE_ALLOCATION_RESULT, "6.4"),
    ],
)
@pytest.mark.parametrize("text", ["", " \t"])
def test_a_code_that_names_nothing_is_refused_at_its_place(family: Family, version: str, text: str) -> None:
    """Schemas bound the length of a code from above only."""
    names = ("registeredResource.mRID", "connecting_Domain.mRID", "subject_MarketParticipant.mRID")
    before = {one.path for one in examine(full(family, version), "application/xml", NOW).findings}
    for name in names:
        root = etree.fromstring(full(family, version))
        one = next(root.iter(f"{{*}}{name}"), None)
        if one is None:
            continue
        one.text = text
        found = examine(etree.tostring(root), "application/xml", NOW).findings
        reported = [each for each in found if each.path not in before]
        assert [each.code for each in reported] == [ReasonCode.MANDATORY_MISSING], (family, name, found)
        assert (reported[0].path or "").endswith(name)


def full(family: Family, version: str) -> bytes:
    return specimens.document(profile(family, version), full=True)


NOW = datetime(2030, 1, 1, tzinfo=UTC)
