"""Reading bids from bytes gives exactly what reading them from a tree gives, however they are written."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

import esmp
from esmp.profiles import Family, Profile, profile
from gateway.domain.document import DocumentKind, ReserveBids
from mappings import Reading, bid_scanner, read, reading, write
from mappings.canonical_json import dumps
from mappings.families import plan
from mappings.point_index import word_of
from tests.mappings.bids import bid_documents
from tests.mappings.specimens import MAPPED, document, name_of

BIDS = [found for found in MAPPED if found.family == Family.RESERVE_BID]
NAMED = profile(Family.RESERVE_BID, "7.4")


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the ways around the scanner that were taken."""
    taken: list[str] = []
    walked = bid_scanner._walked
    whole = reading.record_of

    monkeypatch.setattr(bid_scanner, "_walked", lambda *a: (taken.append("stretch"), walked(*a))[1])
    monkeypatch.setattr(reading, "record_of", lambda *a: (taken.append("whole"), whole(*a))[1])
    return taken


def same(data: bytes) -> Reading:
    """Both ways of reading, compared."""
    report = esmp.validate(data)
    assert report.valid, report.findings
    tree = read(etree.fromstring(data), report.identity)
    scanned = read(data, report.identity)
    assert dumps(scanned.document) == dumps(tree.document)
    assert list(scanned.report) == list(tree.report)
    assert scanned.report.unchanged == tree.report.unchanged
    assert scanned.findings == tree.findings
    return scanned


@pytest.mark.parametrize("found", BIDS, ids=name_of)
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
def test_every_version_is_scanned(found: Profile, full: bool, walks: list[str]) -> None:
    data = write(read(document(found, full=full), esmp.identify(document(found))).document).data
    walks.clear()
    same(data)
    measured = full and found.version == "7.6"  # measurements of a resource are no plain head
    assert walks == (["whole", "stretch"] if measured else ["whole"])


@pytest.mark.parametrize("found", BIDS, ids=name_of)
def test_elements_of_a_point_differ_in_their_first_letters(found: Profile) -> None:
    names = bid_scanner.grammar(plan(DocumentKind.RESERVE_BID, found.version)).points.values()
    assert len({word_of(name) for name in names}) == len(names)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=bid_documents())
def test_random_bids_are_scanned_as_they_are_walked(made: ReserveBids) -> None:
    same(write(made, "7.4").data)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=bid_documents(max_bids=6))
def test_cutting_into_stretches_changes_nothing(made: ReserveBids, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bid_scanner, "CHUNK", 1)
    same(write(made, "7.5").data)


def written(made: bytes, before: str, after: str, count: int = 0) -> bytes:
    changed = re.sub(before, after, made.decode(), count=count)
    assert changed != made.decode()
    return changed.encode()


NOTATIONS = {
    "comment in a text": (r"<mRID>TEST", "<mRID>TE<!-- x -->ST", "stretch"),
    "comment between points": (r"<Point>", "<!-- x --><Point>", "stretch"),
    "comment in the header": (r"<type>", "<!-- x --><type>", None),
    "instruction": (r"<Period>", "<?x y?><Period>", "stretch"),
    "cdata": (r"<mRID>(TEST-\d+)</mRID>", r"<mRID><![CDATA[\1]]></mRID>", "stretch"),
    "cdata that looks like an end": (
        r"<Reason>(\s*<code>\w+</code>\s*)<text>[^<]*</text>",
        r"<Reason>\1<text><![CDATA[</Bid_TimeSeries>]]></text>",
        "stretch",
    ),
    "reference in a number": (r"<position>1<", "<position>&#49;<", "stretch"),
    "reference in an id": (r"<mRID>TEST", "<mRID>&#84;EST", "stretch"),
    "blanks in a number": (r"<position>1<", "<position> 1\n<", None),
    "sign in a number": (r"<quantity.quantity>", "<quantity.quantity>+", None),
    "blanks in a code": (r"<divisible>A01<", "<divisible> A01 <", "stretch"),
    "blank in a start tag": (r"<Point>", "<Point >", "stretch"),
    "blank in an end tag": (r"</price.amount>", "</price.amount >", None),
    "blank in the first series' tag": (r"<Bid_TimeSeries>", "<Bid_TimeSeries >", "whole"),
    "no blanks": (r">\s+<", "><", None),
    "blank lines": (r">\s*<", ">\r\n\r\n\t<", None),
    "single quotes": (r'codingScheme="(\w+)"', r"codingScheme='\1'", "stretch"),
    "schema location": (
        r" xmlns=",
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x x.xsd" xmlns=',
        None,
    ),
    "typed point": (
        r"<Point>",
        '<Point xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x x.xsd">',
        "stretch",
    ),
    "other letters": (r"<mRID>TEST", "<mRID>Ä€𝄞", None),
    "long decimals": (r"<quantity.quantity>\d+", "<quantity.quantity>1234567890123456789", None),
    "negative price": (r"<energy_Price.amount>", "<energy_Price.amount>-", None),
    "points only": (r"<price.amount>[\d.]+", "<price.amount>.5", None),
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_notation_changes_the_way_but_not_the_reading(name: str, walks: list[str]) -> None:
    before, after, way = NOTATIONS[name]
    plain = write(read(document(NAMED), esmp.identify(document(NAMED))).document).data
    data = written(plain, before, after, count="first" in name)
    walks.clear()
    same(data)
    assert walks[1:] == ([way] if way else [])


def test_a_cut_in_the_middle_of_a_text_is_noticed(walks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bid_scanner, "CHUNK", 1)
    before, after, _ = NOTATIONS["cdata that looks like an end"]
    plain = write(read(document(NAMED), esmp.identify(document(NAMED))).document).data
    same(written(plain, before, after))
    assert walks[-1] == "whole"


def test_a_prefix_changes_nothing(walks: list[str]) -> None:
    root = etree.fromstring(document(NAMED))
    prefixed = etree.Element(root.tag, nsmap={"rb": NAMED.namespace})
    prefixed.extend(list(root))
    same(etree.tostring(prefixed))
    assert walks[-1] == "whole"


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "US-ASCII", "UTF-16"])
def test_encodings_change_nothing(encoding: str) -> None:
    data = (
        document(NAMED).replace(b"TEST text", "Prüf ×".encode()).replace(b"'UTF-8'", f"'{encoding}'".encode())
    )
    same(data.decode().encode(encoding.lower(), "xmlcharrefreplace"))


@pytest.mark.parametrize("point", [b"<Point>", b"<!-- \n\n --><Point>"], ids=["plain", "with comments"])
@pytest.mark.parametrize("chunk", [1, 2**21])
def test_lines_are_those_of_the_document(point: bytes, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bid_scanner, "CHUNK", chunk)
    lines = document(NAMED, series=5).replace(b"><", b">\n<").replace(b"PT15M", b"PT7M")
    lines = lines.replace(b"<Point>", point)
    result = same(lines)
    assert len(result.findings) == 10
    resolutions = [number for number, text in enumerate(lines.splitlines(), 1) if b"<resolution>" in text]
    assert [finding.line for finding in result.findings] == resolutions
    assert result.findings[-1].path == ("/ReserveBid_MarketDocument/Bid_TimeSeries[5]/Period[2]/resolution")
