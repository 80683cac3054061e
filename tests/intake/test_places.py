"""A document too large for a tree is judged like any other: the same findings, at the same places."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from lxml import etree

import esmp
from gateway.domain.bid import BidTerm
from gateway.domain.document import DocumentKind
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.check.examination import Examination, examine
from mappings.places import Places, XmlPlaces, xml
from mappings.places.places import Position, Where
from tests.intake.local_gateway import NOW
from tests.placing import VERSIONS
from tests.specimens import RESERVE_BID_7_2, RESERVE_BID_7_4, replaced

IN_PARTS = partial(esmp.validate, limits=esmp.DocumentLimits(tree=48_000))


def many(data: bytes, times: int = 20) -> bytes:
    """The document with its bids again and again, under other names and in other groups."""
    head, tail = data.index(b"  <Bid_TimeSeries>"), data.rindex(b"</ReserveBid")
    bids = data[head:tail]
    more = (bids.replace(b">TEST-", b">TEST-%d-" % number) for number in range(1, times))
    return data[:head] + bids + b"".join(more) + data[tail:]


Both = Callable[[bytes], tuple[Examination, Examination, list[Finding]]]


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Both:
    """Examines a document as a whole, and in parts of which none is kept; gives also where, by its tree, the
    findings of the whole are."""

    def examined(data: bytes) -> tuple[Examination, Examination, list[Finding]]:
        whole = examine(data, "application/xml", NOW)
        located = whole.places.located(whole.findings)
        monkeypatch.setattr(xml, "LARGEST", 0)
        parts = examine(data, "application/xml", NOW, IN_PARTS)
        assert IN_PARTS(data).root is None
        return whole, parts, located

    return examined


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: data,
    "a comment": replaced(">TEST-7-BID-13<", ">TEST-7-BID-13<!-- 13 --><"),
    "points": lambda data: data.replace(
        b"<minimum_Quantity.quantity>0.5<", b"<minimum_Quantity.quantity>99<"
    ),
    "the same name twice": replaced(">TEST-9-BID-12<", ">TEST-9-BID-11<"),
    "a resolution": replaced("<resolution>PT15M<", "<resolution>PT7M<", 3),
    "created later": replaced("<createdDateTime>2026", "<createdDateTime>2027"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_findings_are_the_same_in_parts(change: Callable[[bytes], bytes], encoding: str, both: Both) -> None:
    data = change(many(RESERVE_BID_7_4.data))
    data = data.decode().replace('"UTF-8"', f'"{encoding}"').encode(encoding)
    whole, parts, located = both(data)
    assert parts.findings == whole.findings
    assert parts.label == whole.label
    assert parts.places.located(parts.findings) == located


def test_a_series_that_cannot_be_read_takes_its_group_along(both: Both) -> None:
    data = many(RESERVE_BID_7_4.data)
    start, name, rest = data.partition(b"TEST-5-BID-13")
    data = start + name + rest.replace(b"<resolution>PT15M<", b"<resolution>PT7M<", 1)
    whole, parts, by_tree = both(data)
    assert parts.findings == whole.findings
    assert parts.document is not None
    assert {finding.series: finding.code for finding in parts.findings} == {
        "TEST-5-BID-13": ReasonCode.RESOLUTION_INCONSISTENT,
        "TEST-5-BID-14": ReasonCode.LINKED_BID_REJECTED,
    }
    located = parts.places.located(parts.findings)
    assert located == by_tree
    assert all(finding.line and finding.path for finding in located)


PlacesIn = Callable[[bytes], XmlPlaces]


@pytest.fixture(params=["tree", "bytes", "series by series"])
def places_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> PlacesIn:
    """Places of a document of which there is a tree, or its bytes, or more of them than are held."""
    if request.param == "series by series":
        monkeypatch.setattr(xml, "LARGEST", 0)

    def places(data: bytes) -> XmlPlaces:
        tree = etree.fromstring(data)
        kind = DocumentKind(etree.QName(tree).localname.removesuffix("_MarketDocument"))
        return XmlPlaces(data, kind, VERSIONS[kind], tree if request.param == "tree" else None)

    return places


def test_what_comes_later_finds_its_place(places_in: PlacesIn) -> None:
    data = many(RESERVE_BID_7_2.data, 3)
    there = places_in(data)
    late = Finding(Stage.PROCESS, ReasonCode.RESOURCE_INVALID, "unknown", series="TEST-2-BID-3")
    sender = Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, "unknown", place=Place(Part.SENDER))
    absent = Finding(Stage.PROCESS, ReasonCode.RESOURCE_INVALID, "unknown", series="TEST-3-BID-3")
    found = there.located([late, sender, absent])
    assert found[0].path == "/ReserveBid_MarketDocument/Bid_TimeSeries[19]"
    assert found[1].path == "/ReserveBid_MarketDocument/sender_MarketParticipant.mRID"
    assert found[2] == absent
    lines = data.splitlines()
    assert b"TEST-2-BID-3" in lines[found[0].line or 0]  # one below the start tag
    assert b"<sender_MarketParticipant.mRID" in lines[(found[1].line or 0) - 1]
    asked = [Position("TEST-1-BID-1", 0, Place(Part.QUANTITY, 1, 7)), Position("TEST-1-BID-1", 1)]
    place, second = there.of(asked)
    assert place.path == "/ReserveBid_MarketDocument/Bid_TimeSeries[9]/Period"  # there is no seventh point
    assert second == Where()


def test_what_came_as_json_has_no_places() -> None:
    nowhere = Places()
    finding = Finding(Stage.PROCESS, ReasonCode.RESOURCE_INVALID, "unknown", series="TEST-BID-3")
    assert nowhere.located([finding]) == [finding]
    assert nowhere.groups == {}


SCHEDULE = b"""<PlannedResourceSchedule_MarketDocument xmlns="urn:test">
  <mRID>TEST-SCHEDULE</mRID>
  <PlannedResource_TimeSeries>
    <mRID>TEST-1</mRID>
    <registeredResource.mRID>TEST-UNIT-1</registeredResource.mRID>
  </PlannedResource_TimeSeries>
  <PlannedResource_TimeSeries>
    <mRID>TEST-2</mRID>
    <registeredResource.mRID>TEST-UNIT-2</registeredResource.mRID>
    <Series_Period><resolution>PT1H</resolution></Series_Period>
    <Series_Period>
      <resolution>PT15M</resolution>
    </Series_Period>
  </PlannedResource_TimeSeries>
  <UnavailableReserves_TimeSeries>
    <mRID>TEST-3</mRID>
  </UnavailableReserves_TimeSeries>
</PlannedResourceSchedule_MarketDocument>
"""
MAPPING = b"""<ResourceMapping_MarketDocument xmlns="urn:test">
  <mRID>TEST-MAPPING</mRID>
  <TimeSeries>
    <mRID>TEST-1</mRID>
    <market_RegisteredResource.mRID>TEST-MIX</market_RegisteredResource.mRID>
    <RegisteredResource><mRID>TEST-UNIT-1</mRID></RegisteredResource>
  </TimeSeries>
</ResourceMapping_MarketDocument>
"""


RESOURCE, MARKET_RESOURCE = "registeredResource.mRID", "market_RegisteredResource.mRID"
RESOLUTION = "Series_Period[2]/resolution"
PLACES = {
    RESOURCE: Place(BidTerm.RESOURCE),
    MARKET_RESOURCE: Place(Part.MARKET_RESOURCE),
    RESOLUTION: Place(Part.RESOLUTION, 2),
    "product": Place(BidTerm.PRODUCT),
    None: None,
}


@pytest.mark.parametrize(
    ("data", "series", "asked", "element", "found", "line"),
    [
        (SCHEDULE, "TEST-2", None, "PlannedResource_TimeSeries[2]", "", 7),
        (SCHEDULE, "TEST-2", *(RESOURCE, "PlannedResource_TimeSeries[2]", f"/{RESOURCE}"), 9),
        (SCHEDULE, "TEST-2", *(RESOLUTION, "PlannedResource_TimeSeries[2]", f"/{RESOLUTION}"), 12),
        (SCHEDULE, "TEST-2", "product", "PlannedResource_TimeSeries[2]", "", 7),
        (SCHEDULE, "TEST-3", None, "UnavailableReserves_TimeSeries[1]", "", 15),
        (MAPPING, "TEST-1", *(MARKET_RESOURCE, "TimeSeries[1]", f"/{MARKET_RESOURCE}"), 5),
        (MAPPING, "TEST-1", None, "TimeSeries[1]", "", 3),
    ],
)
def test_series_of_other_documents_have_places_too(
    data: bytes,
    series: str,
    asked: str | None,
    element: str,
    found: str,
    line: int,
    places_in: PlacesIn,
) -> None:
    finding = Finding(
        Stage.PROCESS, ReasonCode.RESOURCE_INVALID, "unknown", place=PLACES[asked], series=series
    )
    (located,) = places_in(data).located([finding])
    root = etree.QName(etree.fromstring(data)).localname
    assert (located.path, located.line) == (f"/{root}/{element}{found}", line)


def test_a_place_that_is_known_already_stays() -> None:
    known = Finding(
        Stage.RULES, ReasonCode.RESOURCE_INVALID, "unknown", path="/Somewhere/else", series="TEST-2"
    )
    gone = Finding(
        Stage.PROCESS, ReasonCode.RESOURCE_INVALID, "unknown", place=Place(BidTerm.PRODUCT), series="TEST-9"
    )
    places = XmlPlaces(SCHEDULE, DocumentKind.PLANNED_RESOURCE_SCHEDULE, "6.3")
    assert places.located([known, gone]) == [known, replace(gone, path="product")]


def test_a_document_is_not_looked_through_while_there_is_nothing_to_find() -> None:
    found = Finding(Stage.RULES, ReasonCode.OTHER, "known", line=3, path="/Document/element")
    unreadable = XmlPlaces(b"<no document", DocumentKind.RESERVE_BID, "7.4")
    assert unreadable.located([]) == []
    assert unreadable.located([found]) == [found]
    assert unreadable.of([]) == []
