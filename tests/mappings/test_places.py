"""What is wrong in a document is reported at its own element: by path, line, and on long lines column."""

import pytest
from lxml import etree

import esmp
from esmp import elements
from esmp.elements import Spot, spots
from esmp.profiles import profile
from gateway.domain.reason import Finding
from mappings import convert, read
from tests.mappings.specimens import document

RESERVE_BID = ("ReserveBid", "7.4", "Bid_TimeSeries")
SCHEDULE = ("PlannedResourceSchedule", "6.3", "PlannedResource_TimeSeries")
ALLOCATION = ("ReserveAllocationResult", "6.4", "TimeSeries")
ACTIVATION = ("Activation", "6.5", "TimeSeries")
MERIT_ORDER = ("MeritOrderList", "7.3", "TimeSeries")
FAMILIES = [RESERVE_BID, SCHEDULE, ALLOCATION, ACTIVATION, MERIT_ORDER]
FAULTS = {
    "an end before the start": ("timeInterval/end", "2026-03-28T22:00Z", "A04"),
    "a start outside the calendar": ("timeInterval/start", "1960-03-28T23:00Z", "A04"),
    "a resolution that does not fit": ("resolution", "PT7M", "A41"),
    "a position that does not rise": ("Point[2]/position", "1", "A49"),
    "a position after the end": ("Point[2]/position", "9999", "A49"),
}


def changed(family: str, version: str, series: str, place: str, text: str) -> tuple[bytes, str]:
    """A document with another text at an element of the first period of its second series; and its path."""
    root = etree.fromstring(document(profile(family, version)))
    one = root.findall(f"{{*}}{series}")[1]
    period = next(one.iterchildren("{*}Period", "{*}Series_Period"))
    element = period
    for step in place.split("/"):
        name, _, number = step.rstrip("]").partition("[")
        element = element.findall(f"{{*}}{name}")[int(number or 1) - 1]
    element.text = text
    way = f"/{etree.QName(root).localname}/{series}[2]/{etree.QName(period).localname}[1]/{place}"
    return etree.tostring(root), way


def found_in(data: bytes) -> Finding:
    report = esmp.validate(data)
    assert report.identity is not None
    assert report.valid, report.findings
    first, *_ = read(data, report.identity, report.root).findings
    return first


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("family", FAMILIES, ids=[name for name, _, _ in FAMILIES])
def test_a_fault_of_a_period_is_reported_at_its_own_element(
    family: tuple[str, str, str], fault: tuple[str, str, str]
) -> None:
    place, text, code = fault
    data, path = changed(*family, place, text)
    lines = data.replace(b"><", b">\n<")
    found = found_in(lines)
    assert (found.code, found.path, found.column) == (code, path, None)
    stated = lines.splitlines()[(found.line or 0) - 1].decode()
    assert text in stated
    assert stated.startswith(f"<{path.rpartition('/')[2].partition('[')[0]}>")


@pytest.mark.parametrize("family", FAMILIES, ids=[name for name, _, _ in FAMILIES])
def test_on_one_long_line_the_column_is_reported(family: tuple[str, str, str]) -> None:
    data, path = changed(*family, "timeInterval/end", "2026-03-28T22:00Z")
    found = found_in(data)
    assert (found.path, found.line) == (path, 1)
    assert data.decode()[(found.column or 0) - 1 :].startswith("<end>2026-03-28T22:00Z</end>")


def test_a_unit_of_something_else_is_reported_at_the_unit() -> None:
    for family, version, series in FAMILIES:
        root = etree.fromstring(document(profile(family, version)))
        one = root.findall(f"{{*}}{series}")[1]
        unit = next(each for each in one if "easure" in each.tag and "rice" not in each.tag)
        unit.text = "MWH"
        found = found_in(etree.tostring(root).replace(b"><", b">\n<"))
        assert found.code == "A42"
        assert found.path == f"/{etree.QName(root).localname}/{series}[2]/{etree.QName(unit).localname}"


def test_what_a_conversion_leaves_out_has_its_place_too() -> None:
    data, path = changed(*RESERVE_BID, "resolution", "PT7M")
    (left_out,) = convert(data, "ReserveBid", "7.2").left_out
    assert (left_out.path, left_out.line, left_out.column is not None) == (path, 1, True)


def test_places_in_a_document_too_large_for_a_tree_are_those_of_its_tree() -> None:
    data = document(profile("ReserveBid", "7.4"), series=5).replace(b"><", b">\n<")
    root = "/ReserveBid_MarketDocument"
    asked = [
        f"{root}/Bid_TimeSeries[4]/Period[2]/timeInterval/end",
        f"{root}/Bid_TimeSeries[2]/Period[1]/Point[2]/position",
        f"{root}/reserveBid_Period.timeInterval/start",
        f"{root}/Bid_TimeSeries[2]/Period[9]/resolution",
        f"{root}/mRID",
        root,
    ]
    streamed = spots(asked, data, None)
    assert streamed == spots(asked, data, etree.fromstring(data))
    assert len(set(streamed)) == len(asked)
    assert spots(asked, None, None) == []
    assert elements.steps_of("a/b[3]") == [("a", 1), ("b", 3)]
    assert Spot() == Spot(None, None)
