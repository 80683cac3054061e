"""What is known to be valid at a glance is valid by the schema, and what is written plainly is known."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mutations import CHANGES, mutants
from esmp import DEFAULT_CODES, DocumentLimits, stream, validate
from esmp.catalogue import own_catalogue
from esmp.codes import code_set
from esmp.fast_validation import surely_valid, validator
from esmp.profiles import DataType, Profile
from tests.esmp.documents import BID, document

PROFILES = own_catalogue().profiles()
MOST = DocumentLimits().tree


def known(data: bytes, of: Profile = BID) -> bool:
    return surely_valid(data, of, DEFAULT_CODES, MOST)


def valid(data: bytes) -> bool:
    """By tree and schema."""
    return all(report.valid for report in stream(data))


def name_of(of: Profile) -> str:
    return f"{of.family}-{of.version}"


def has_floats(of: Profile) -> bool:
    return any(kind.base == "xs:float" for kind in of.types.values())


@pytest.mark.parametrize("of", PROFILES, ids=name_of)
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
@pytest.mark.parametrize("blank", ["\n  ", "", "\r\n\t"])
def test_plain_documents_of_every_version_are_known(of: Profile, full: bool, blank: str) -> None:
    data = re.sub(rb">\s+<", f">{blank}<".encode(), document(of, full=full, series=3))
    data = data.replace(b"'", b'"', 4)  # as lxml declares
    assert known(data, of) != (full and has_floats(of))
    report = validate(data)
    assert report.valid
    assert valid(data)
    assert (report.root is None) == known(data, of)


@pytest.mark.parametrize("of", PROFILES, ids=name_of)
def test_no_mutant_is_taken_for_valid(of: Profile) -> None:
    verdicts = {True: 0, False: 0}
    for change, data in mutants(of, code_set(DEFAULT_CODES), 4 * len(CHANGES), seed=11):
        if (at_a_glance := known(data, of)) and data.count(of.namespace.encode()):
            assert valid(data), change
        verdicts[at_a_glance] += 1
    assert min(verdicts.values()) > 0


SAID = document(BID, series=2)
PIECES = (
    b"<",
    b">",
    b"/",
    b"&",
    b"&amp;",
    b"]]>",
    b"<!--x-->",
    b"<?x?>",
    b"\x00",
    b"\x0b",
    b"\xc3\xa4",
    b"\xff",
)
PIECES += (
    b" ",
    b"\n",
    b'"',
    b"'",
    b"0",
    b"9",
    b"-",
    b"+",
    b".",
    b"e",
    b"A",
    b"Z",
    b":",
    b"x",
    b"A01",
    b"<x/>",
)


@settings(max_examples=3000, deadline=None)
@given(st.data())
def test_no_damaged_byte_goes_unseen(data: st.DataObject) -> None:
    """Bytes are taken out, put in and put in the place of others, anywhere behind the start tag."""
    damaged = SAID
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(SAID.index(b"<mRID>"), len(damaged)))
        damaged = (
            damaged[:at]
            + data.draw(st.sampled_from((b"", *PIECES)))
            + damaged[at + data.draw(st.integers(0, 3)) :]
        )
    if known(damaged):
        assert valid(damaged)


def test_two_pieces_of_a_document_may_be_exchanged_only_where_the_schema_says_so() -> None:
    chance, tags = random.Random(5), [match.start() for match in re.finditer(rb"<(?!/)", SAID)]
    seen = set()
    for _ in range(2000):
        first = chance.randrange(len(tags) - 5)
        a, b, c, d = sorted(chance.sample(tags[first : first + 5], 4))
        exchanged = SAID[:a] + SAID[c:d] + SAID[b:c] + SAID[a:b] + SAID[d:]
        seen.add(known(exchanged))
        assert not known(exchanged) or valid(exchanged)
    assert seen == {True, False}


@pytest.mark.parametrize(
    "written",
    [
        SAID.replace(b"TEST text", b"\xc3\x9cberlast"),
        SAID.replace(b"<Reason>", b"<!-- why --><Reason>"),
        SAID.replace(b">12.5<", b">+12.5<"),
        SAID.replace(b">12.5<", b">12.<"),
        SAID.replace(b"TEST text", b"a &amp; b"),
        SAID.replace(b'codingScheme="A01"', b"codingScheme='A01'"),
    ],
    ids=["letters", "comment", "sign", "point", "reference", "apostrophes"],
)
def test_what_is_written_otherwise_is_looked_at_closely(written: bytes) -> None:
    assert written != SAID
    assert not known(written)
    assert validate(written).valid


@pytest.mark.parametrize(
    "day", ["2024-02-29", "2026-02-29", "1900-02-29", "2000-02-29", "2026-04-31", "2026-12-31"]
)
def test_days_are_those_of_the_calendar(day: str) -> None:
    data = re.sub(rb"(<createdDateTime>)[^T]+", rb"\g<1>" + day.encode(), SAID)
    assert known(data) == (valid(data) and day != "2000-02-29")


def test_pieces_that_would_not_be_held_as_a_tree_are_left_to_who_refuses_them() -> None:
    longest = len(SAID) // 3
    assert not surely_valid(SAID, BID, DEFAULT_CODES, longest)
    many = document(BID, series=200)
    assert surely_valid(many, BID, DEFAULT_CODES, len(SAID))
    assert validate(many, limits=DocumentLimits(tree=2 * len(SAID))).valid


def test_a_document_of_series_only_needs_as_many_as_the_schema() -> None:
    of = next(p for p in PROFILES if p.series is not None and p.series.required)
    data = document(of, full=False, series=1)
    series = f"{of.series.name}>".encode()  # type: ignore[union-attr]
    without = data[: data.index(b"<" + series)] + data[data.rindex(b"</" + series) + len(series) + 2 :]
    assert known(data, of)
    assert not known(without, of)
    assert not valid(without)


def changed(**kinds: DataType) -> Profile:
    """The profile of bids with other types."""
    return replace(BID, types={**BID.types, **kinds})


@pytest.mark.parametrize(
    "facet",
    [
        ("pattern", "[A-Z]*[A-Z]*"),
        ("pattern", "[A-Z-[AEIOU]]"),
        ("pattern", ".{1,3}"),
        ("pattern", "([0-9]{1,9}){1,9}"),
        ("pattern", "[0-9]{1,}"),
        ("whiteSpace", "collapse"),
    ],
)
def test_a_facet_without_an_expression_makes_no_document_known(facet: tuple[str, str]) -> None:
    of = changed(ESMPVersion_String=replace(BID.types["ESMPVersion_String"], facets=(facet,)))
    assert validator(of, DEFAULT_CODES) is None  # every document has a revision
    optional = changed(ReasonText_String=replace(BID.types["ReasonText_String"], facets=(facet,)))
    assert not surely_valid(SAID, optional, DEFAULT_CODES, MOST)
    assert surely_valid(document(BID, full=False), optional, DEFAULT_CODES, MOST)


@pytest.mark.parametrize(
    "long",
    [
        b" ",
        b"7",
        b"A",
        b"<",
        b"<Reason>",
        b"<Reason><code>A95</code></Reason>",
        b"<Point><position>1</position>",
    ],
)
@pytest.mark.parametrize("place", [b"<Bid_TimeSeries>", b"<Period>", b">12.5<", b"</ReserveBid"])
def test_no_text_is_looked_at_in_ever_so_many_ways(long: bytes, place: bytes) -> None:
    """Would time grow with the square of the length, nobody would wait for the end of this."""
    assert place in SAID
    at = SAID.index(place) + (1 if place.startswith(b">") else 0)
    hostile = SAID[:at] + long * (2**20 // len(long)) + SAID[at:]
    assert known(hostile) == (long == b" " and place != b">12.5<")


def test_the_code_set_in_force_decides() -> None:
    old, new = (code_set(name).lists["BusinessTypeList"] for name in ("v91", "v94"))
    code = min(new.keys() - old.keys()).encode()
    data = re.sub(rb"(<businessType>)[^<]+", rb"\g<1>" + code, document(BID, codes="v91", full=False))
    assert surely_valid(data, BID, "v94", MOST)
    assert not surely_valid(data, BID, "v91", MOST)
