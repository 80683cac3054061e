"""Any version to any other: what the target can say is said, everything else is named."""

import json
import re
from itertools import groupby, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

import esmp
from esmp.profiles import Family, Profile, profile
from gateway.domain.document import ReserveBids
from mappings import ConversionError, Fate, UnwritableError, convert, read, write
from mappings.canonical_json import canonical_hash, dumps
from mappings.coercion import shorter_id
from mappings.element_plan import Record
from mappings.families import mapped_kinds, plan
from mappings.record_reader import record_of
from mappings.report import Report
from tests.mappings.bids import bid_documents
from tests.mappings.specimens import MAPPED, document

PAIRS = [
    pair
    for _, versions in groupby(MAPPED, key=lambda each: each.family)
    for pair in permutations(list(versions), 2)
]
UUID = "8a55a8bb-6d62-54ef-bc64-654321abcdef"


def places(data: bytes, version: Profile) -> dict[str, str]:
    """Every value of a document by its canonical place."""
    root = etree.fromstring(data)
    found: dict[str, str] = {}

    def walk(record: Record, place: str) -> None:
        for name, value in record.items():
            if isinstance(value, list):
                for number, row in enumerate(value, start=1):
                    walk(row, f"{place}{name}[{number}]/")
            elif not name.endswith("_scheme"):
                found[place + name] = value

    walk(record_of(root, plan(version.family, version.version), Report()), "")
    return found


def settled(place: str) -> str:
    """Version 6.0 says a bid's minimum once, later ones at each point: the same value, elsewhere."""
    return re.sub(r"periods\[\d+\]/points\[\d+\]/minimum", "minimum", place)


def check(data: bytes, source: Profile, target: Profile) -> None:
    """Every value of the source is in the target or the report, every value of the target in either."""
    conversion = convert(data, target.family, target.version)
    report = conversion.report
    before, after = places(data, source), places(conversion.data, target)
    kept = {(settled(place), text) for place, text in after.items()}
    # A01 is what no curve type means, too.
    implied = [place for place, text in before.items() if place.endswith("/curve") and text == "A01"]
    kept |= {(place, "A01") for place in implied}
    home, there = (plan(each.family, each.version) for each in (source, target))
    named = {change.path for change in report if change.fate is not Fate.ADDED}
    for place, text in before.items():
        assert (settled(place), text) in kept or home.locate(place) in named, place
    added = {change.path for change in report if change.fate is Fate.ADDED}
    came = {settled(place) for place in before}
    for place in after:
        assert settled(place) in came or there.locate(place) in added, place
    assert all(change.reason for change in report)
    assert report.unchanged == len(before) - len(named)


@pytest.mark.feature(id="B3")
@pytest.mark.parametrize(
    ("source", "target"), PAIRS, ids=[f"{a.family}-{a.version}-{b.version}" for a, b in PAIRS]
)
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
def test_nothing_disappears_silently(source: Profile, target: Profile, full: bool) -> None:
    check(document(source, full=full), source, target)


@pytest.mark.feature(id="B3")
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=bid_documents(max_bids=2), pair=st.sampled_from([p for p in PAIRS if p[0].family == "ReserveBid"])
)
def test_nothing_of_random_bids_disappears_silently(made: ReserveBids, pair: tuple[Profile, Profile]) -> None:
    source, target = pair
    check(write(made, source.version).data, source, target)


@pytest.mark.feature(id="B3")
@pytest.mark.parametrize(
    ("source", "target"), PAIRS, ids=[f"{a.family}-{a.version}-{b.version}" for a, b in PAIRS]
)
def test_a_lossless_way_is_a_way_back(source: Profile, target: Profile) -> None:
    data = document(source, full=False)
    there = convert(data, target.family, target.version)
    back = convert(there.data, source.family, source.version)
    if there.report.lossless and back.report.lossless:
        first, last = (read(each, esmp.identify(each)).document for each in (data, back.data))
        assert canonical_hash(first) == canonical_hash(last)
    else:
        assert len(there.report) + len(back.report) > 0


def bid_document(version: str, **values: str) -> bytes:
    """A full ReserveBid with some texts replaced, by canonical place."""
    found = profile(Family.RESERVE_BID, version)
    data = document(found, full=True, series=1)
    home = plan(found.family, found.version)
    root = etree.fromstring(data)
    for place, text in values.items():
        path = home.locate(place)
        steps = "/".join(f"{{{found.namespace}}}{step}" for step in path.split("/"))
        root.find(steps).text = text
    reading = read(root, esmp.identify(data))
    return write(reading.document).data


def test_a_hyphenated_uuid_becomes_its_digits_where_ids_are_short() -> None:
    conversion = convert(bid_document("7.2", mrid=UUID), "ReserveBid", "7.1")
    change = next(change for change in conversion.report if change.path == "mRID")
    assert (change.fate, change.before, change.after) == (Fate.ALTERED, UUID, UUID.replace("-", ""))


def test_the_same_long_id_always_becomes_the_same_shorter_one() -> None:
    long = "TEST-" + "x" * 55
    assert shorter_id(long, 35) == shorter_id(long, 35)
    assert len(shorter_id(long, 35)) == 35
    assert shorter_id(long, 35) != shorter_id(long[:-1] + "y", 35)


def test_inclusive_groups_travel_only_where_there_is_an_element_for_them() -> None:
    data = bid_document("7.4")
    lost = {change.path for change in convert(data, "ReserveBid", "7.2").report}
    assert "Bid_TimeSeries[1]/inclusiveBidsIdentification" in lost
    kept = convert(data, "ReserveBid", "NBM-7.2")
    assert "Bid_TimeSeries[1]/inclusiveBidsIdentification" not in {change.path for change in kept.report}


def test_json_is_a_source_and_a_target() -> None:
    data = bid_document("7.4")
    as_json = convert(data, "ReserveBid", "json")
    assert json.loads(as_json.data)["kind"] == "ReserveBid"
    again = convert(as_json.data, "ReserveBid", "7.4")
    assert again.report.lossless
    assert dumps(read(again.data, esmp.identify(again.data)).document) == as_json.data


def test_an_invalid_source_is_refused_with_its_findings() -> None:
    with pytest.raises(ConversionError) as caught:
        convert(bid_document("7.4").replace(b"<divisible>A01</divisible>", b""), "ReserveBid", "7.2")
    assert caught.value.findings[0].path.startswith("/ReserveBid_MarketDocument/Bid_TimeSeries")


def test_a_document_stays_in_its_family() -> None:
    with pytest.raises(ConversionError, match="ReserveBid"):
        convert(bid_document("7.4"), "Activation", "6.3")


def test_what_a_version_demands_and_a_document_lacks_is_named() -> None:
    data = document(profile(Family.BID_AVAILABILITY, "1.1"), full=False)
    reading = read(data, esmp.identify(data))
    bare = type(reading.document)(reading.document.header, reading.document.period, ())
    with pytest.raises(UnwritableError, match="demands BidTimeSeries"):
        write(bare, "1.1")


def test_every_mapped_family_has_pairs() -> None:
    assert {pair[0].family for pair in PAIRS} == {kind.value for kind in mapped_kinds()}
