"""What is said of a fault: the form that is wanted and what stood there, in few words, at its place."""

import json
import re
from copy import deepcopy

import pytest
from lxml import etree
from typer.testing import CliRunner

from esmp import DocumentLimits, validate
from esmp.error_location import Offsets, schema_findings
from esmp.error_messages import LONGEST, worded
from esmp.findings import SchemaFinding
from esmp.libxml2_errors import LONG, complaints
from esmp.profiles import Family, profile
from esmp.schemas import compiled
from gateway.cli.commands import app
from tests.esmp.documents import BID, document, tag

INTERVAL = "YYYY-MM-DDThh:mmZ (UTC, no seconds, hours from 00 to 23)"
MOMENT = "YYYY-MM-DDThh:mm:ssZ (UTC)"


def found_with(name: str, text: str, *, full: bool = False) -> SchemaFinding:
    root = etree.fromstring(document(full=full))
    next(root.iter(tag(name))).text = text
    return validate(etree.tostring(root)).findings[0]


@pytest.mark.parametrize(
    ("element", "text", "message"),
    [
        ("start", "2026-03-01T06:00:00Z", f"start: found '2026-03-01T06:00:00Z', wanted {INTERVAL}"),
        ("end", "2026-03-01T24:00Z", f"end: found '2026-03-01T24:00Z', wanted {INTERVAL}"),
        ("end", "2026-02-30T23:00Z", f"end: found '2026-02-30T23:00Z', wanted {INTERVAL}"),
        ("start", "2026-03-01T06:00+01:00", f"start: found '2026-03-01T06:00+01:00', wanted {INTERVAL}"),
        ("start", "", f"start: found '', wanted {INTERVAL}"),
        (
            "createdDateTime",
            "2026-03-01T06:00Z",
            f"createdDateTime: found '2026-03-01T06:00Z', wanted {MOMENT}",
        ),
        (
            "createdDateTime",
            "2026-03-01T06:00:00",
            f"createdDateTime: found '2026-03-01T06:00:00', wanted {MOMENT}",
        ),
        ("createdDateTime", "1.3.2026", f"createdDateTime: found '1.3.2026', wanted {MOMENT}"),
        ("revisionNumber", "1000", "revisionNumber: found '1000', wanted a whole number from 1 to 999"),
        ("revisionNumber", "01", "revisionNumber: found '01', wanted a whole number from 1 to 999"),
        ("revisionNumber", "1.0", "revisionNumber: found '1.0', wanted a whole number from 1 to 999"),
        ("revisionNumber", "{n}", "revisionNumber: found '{n}', wanted a whole number from 1 to 999"),
        ("quantity.quantity", "1,5", "quantity.quantity: found '1,5', wanted a number like 12 or -3.5"),
        ("position", "0", "position: '0' is below 1"),
        ("position", "1000000", "position: '1000000' is above 999999"),
        ("position", "one", "position: found 'one', wanted a whole number from 1 to 999999"),
        ("resolution", "15 min", "resolution: found '15 min', wanted a duration like PT15M"),
        ("mRID", "x" * 61, "mRID: 61 characters, at most 60 are allowed"),
        ("divisible", "yes", "divisible: 'yes' is not in its code list: A01, A02 (code set regional)"),
    ],
)
def test_a_message_says_what_is_wanted_and_what_stood_there(element: str, text: str, message: str) -> None:
    assert found_with(element, text).message == message


def test_too_many_digits_are_counted() -> None:
    fault = "[facet 'totalDigits'] The value '123' has more digits than are allowed ('2')."
    assert worded(f"Element '{{urn:a}}x': {fault}", "v94") == "x: '123' has more than 2 digits"


@pytest.mark.parametrize("text", ["B7O", "A" * 100_000, "{" * 300, "'" * 300, "\u20ac" * 500])
@pytest.mark.parametrize("element", ["businessType", "start", "quantity.quantity", "mRID", "position"])
def test_a_message_is_short_whatever_stood_there(element: str, text: str) -> None:
    if element == "mRID" and text == "B7O":
        text *= 100  # an identifier may well be B7O, but not that long
    found = found_with(element, text)
    assert len(found.message) <= LONGEST
    assert found.message.startswith(f"{element}: ")


def test_a_long_list_of_codes_is_counted() -> None:
    message = found_with("businessType", "B7O").message
    shown = re.findall(r"\b[A-Z]\d\d\b", message.partition("list: ")[2])
    more = re.search(
        r"… and (\d+) more \(all: (flexgate schemas codes businessType --codes regional)\)$", message
    )
    assert more is not None
    assert len(shown) > 10
    assert shown[0] == "B07", "the most similar one is the first"
    listed = CliRunner().invoke(app, [*more[2].split()[1:], "--json"])
    (codes,) = json.loads(listed.stdout)["lists"].values()
    assert set(shown) <= set(codes)
    assert len(codes) == len(shown) + int(more[1])


@pytest.mark.parametrize(
    ("name", "first"), [("sender_MarketParticipant.marketRole.type", "A01"), ("x" * 150, "A01")]
)
def test_whatever_the_name_the_way_to_the_codes_is_whole(name: str, first: str) -> None:
    codes = ", ".join(f"'A{number:02}'" for number in range(1, 100))
    fault = f"[facet 'enumeration'] The value 'X' is not an element of the set {{{codes}}}."
    message = worded(f"Element '{{urn:a}}{name}': {fault}", "v94")
    assert len(message) <= LONGEST
    if len(name) < 100:
        assert first in message
        assert message.endswith(f"flexgate schemas codes {name} --codes v94)")


def test_an_attribute_of_codes() -> None:
    root = etree.fromstring(document(full=False))
    next(root.iter(tag("domain.mRID"))).set("codingScheme", "A1")
    message = validate(etree.tostring(root)).findings[0].message
    assert message.endswith("more (all: flexgate schemas codes codingScheme --codes regional)")


@pytest.mark.parametrize(
    ("element", "times", "stated"),
    [
        (
            "revisionNumber",
            2,
            "revisionNumber: occurs twice in ReserveBid_MarketDocument, at most once is right",
        ),
        ("divisible", 3, "divisible: occurs 3 times in Bid_TimeSeries, at most once is right"),
        (
            "flowDirection.direction",
            2,
            "flowDirection.direction: occurs twice in Bid_TimeSeries, at most once is right",
        ),
        ("position", 2, "position: occurs twice in Point, at most once is right"),
        ("start", 2, "start: occurs twice in reserveBid_Period.timeInterval, at most once is right"),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_what_is_repeated_is_reported_as_repeated(element: str, times: int, stated: str, apart: bool) -> None:
    root = etree.fromstring(document(full=False))
    first = next(root.iter(tag(element)))
    for _ in range(times - 1):
        first.getparent().append(deepcopy(first)) if apart else first.addnext(deepcopy(first))
    reported = [found.message for found in validate(etree.tostring(root)).findings]
    assert stated in reported


def test_what_may_be_repeated_is_not_reported_as_repeated() -> None:
    root = etree.fromstring(document(full=False, series=2))
    first = next(root.iter(tag("Bid_TimeSeries")))
    root.insert(0, deepcopy(first))
    assert all("at most once" not in found.message for found in validate(etree.tostring(root)).findings)


def test_a_pattern_without_a_description_is_quoted_verbatim() -> None:
    fault = "[facet 'pattern'] The value 'a' is not accepted by the pattern '[A-Z]{2}[0-9]{1,3}'."
    complaint = f"Element '{{urn:a}}x': {fault}"
    assert worded(complaint, "v94") == "x: found 'a', wanted the form [A-Z]{2}[0-9]{1,3}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bid: bid.remove(bid.find(tag("divisible"))), "Bid_TimeSeries: divisible is missing in it"),
        (lambda bid: bid.set("a", "1"), "Bid_TimeSeries/@a: the attribute does not belong here"),
        (lambda bid: etree.SubElement(bid, tag("x")), "x: does not belong here"),
        (lambda bid: setattr(bid, "text", "hello"), "Bid_TimeSeries: text where only elements are allowed"),
        (lambda bid: etree.SubElement(bid[0], tag("x")), "mRID: elements where only text is allowed"),
        (
            lambda bid: bid.find(tag("acquiring_Domain.mRID")).attrib.clear(),
            "acquiring_Domain.mRID: the attribute codingScheme is missing",
        ),
        (
            lambda bid: bid.find(tag("Period")).clear(),
            "Period: timeInterval, resolution and Point are missing in it",
        ),
    ],
)
def test_faults_of_structure_are_described_in_words(change: object, message: str) -> None:
    root = etree.fromstring(document(full=False))
    change(root.find(tag("Bid_TimeSeries")))  # type: ignore[operator]
    reported = validate(etree.tostring(root)).findings[0].message
    assert message in reported
    assert "{" not in reported


@pytest.mark.parametrize("element", ["revisionNumber", "divisible", "position"])
@pytest.mark.parametrize("before", ["", "<!-- <position> -->", "\n"], ids=["plain", "comment", "line end"])
def test_on_one_line_the_column_is_stated(element: str, before: str) -> None:
    root = etree.fromstring(document(full=False, series=20))
    list(root.iter(tag(element)))[-1].text = "wrong \u20ac"
    text = "".join(line.strip() for line in etree.tostring(root, encoding="unicode").splitlines())
    text = text.replace("<type>", f"{before}<type>", 1)
    found = validate(text.encode()).findings[0]
    line = text.split("\n")[found.line - 1]  # type: ignore[operator]
    assert found.column is not None
    assert line[found.column - 1 :].startswith(f"<{element}>wrong")


def test_where_lines_are_enough_no_column_is_reported() -> None:
    assert found_with("position", "wrong").column is None


def with_points(count: int, faulty: set[int]) -> bytes:
    points = "".join(
        f"<Point><position>{n if n not in faulty else 'x'}</position>"
        "<quantity.quantity>1</quantity.quantity></Point>\n"
        for n in range(1, count + 1)
    )
    text = document(full=False).decode()
    return re.sub(r"<Point>.*</Point>", points, text, count=1, flags=re.DOTALL).encode()


@pytest.mark.parametrize("faulty", [set(), {1}, {LONG, 1999}, set(range(3, 2000, 7)), set(range(1, 2000))])
def test_a_long_list_has_the_findings_of_a_tree(faulty: set[int]) -> None:
    data = with_points(2000, faulty)
    root = etree.fromstring(data)
    schema = compiled(BID, "regional")
    schema.validate(root)
    wanted = schema_findings(list(schema.error_log), root, "regional", 100, Offsets())
    assert validate(data, limits=DocumentLimits(findings=100)).findings == wanted
    assert len(wanted) == min(100, len(faulty))


def test_of_many_faults_only_the_beginning_is_looked_at_in_a_tree() -> None:
    data = with_points(20_000, set(range(1, 20_000)))
    reported = complaints(
        compiled(profile(Family.RESERVE_BID, BID.version), "regional"), etree.fromstring(data), data, 50
    )
    assert 50 <= len(reported) < 1000


def without(*names: str) -> bytes:
    root = etree.fromstring(document())
    for name in names:
        first = next(root.iter(tag(name)))
        parent = first.getparent()
        for element in parent.findall(first.tag):
            parent.remove(element)
    return etree.tostring(root)


@pytest.mark.parametrize(
    ("names", "parent", "message"),
    [
        (("businessType",), "Bid_TimeSeries", "Bid_TimeSeries: businessType is missing in it"),
        (
            ("businessType", "divisible", "Period"),
            "Bid_TimeSeries",
            "Bid_TimeSeries: businessType, divisible and Period are missing in it",
        ),
        (
            ("start", "end"),
            "reserveBid_Period.timeInterval",
            "reserveBid_Period.timeInterval: start and end are",
        ),
        (("type", "domain.mRID"), "ReserveBid_MarketDocument", "type and domain.mRID are missing in it"),
    ],
)
def test_all_that_is_missing_of_one_parent_is_named_at_once(
    names: tuple[str, ...], parent: str, message: str
) -> None:
    (found,) = validate(without(*names)).findings
    assert (found.code, found.line is not None) == ("missing-element", True)
    assert (found.path or "").rpartition("/")[2].partition("[")[0] == parent
    assert message in found.message


def test_what_does_not_belong_is_not_reported_as_missing() -> None:
    data = document().replace(b"<divisible>", b"<colour>red</colour><divisible>", 1)
    (found,) = validate(data).findings
    assert found.code == "unexpected-element"
    assert found.message.startswith("colour: does not belong here")


def test_an_element_of_another_namespace_says_so() -> None:
    data = document()
    root = etree.fromstring(data).tag
    namespace, name = root[1:].split("}")
    prefixed = data.replace(f"<{name} xmlns=".encode(), f"<p:{name} xmlns:p=".encode())
    prefixed = prefixed.replace(f"</{name}".encode(), f"</p:{name}".encode())
    found = validate(prefixed).findings[0]
    assert found.message == f"mRID: is in no namespace, wanted in {namespace}"
    other = data.replace(b"<revisionNumber>", b'<revisionNumber xmlns="urn:other">', 1)
    message = f"revisionNumber: is in namespace urn:other, wanted in {namespace}"
    assert validate(other).findings[0].message == message


def test_a_series_that_is_too_large_is_named_with_its_line() -> None:
    data = document(series=120)
    lines = data.decode().splitlines()
    start = [number for number, line in enumerate(lines) if "<Bid_TimeSeries>" in line][79]
    point = next(number for number in range(start, len(lines)) if "</Period>" in lines[number])
    lines[point : point + 1] = [lines[point], *[" " * 100] * 600]
    (found,) = validate("\n".join(lines).encode(), limits=DocumentLimits(tree=48_000)).findings
    assert (found.code, found.line) == ("part-too-large", start + 1)
    assert "one time series has up to 48,000" in found.message
