"""A large document looked at in parts gets the verdict it gets in one piece."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from esmp import DocumentLimits, Report, stream, validate
from esmp.catalogue import own_catalogue
from esmp.profiles import Profile
from esmp.splitting import Lines, cut, flatten, is_flat
from tests.esmp.documents import BID, document, tag

SMALL = DocumentLimits(tree=48_000)
WITH_SERIES = [p for p in own_catalogue().profiles() if p.series is not None]


def parts(data: bytes, limits: DocumentLimits = SMALL) -> list[Report]:
    return list(stream(data, limits=limits))


def ids(profile: Profile) -> str:
    return f"{profile.family}-{profile.version}"


@pytest.mark.parametrize("profile", WITH_SERIES, ids=ids)
def test_parts_hold_every_series_once_and_in_order(profile: Profile) -> None:
    assert profile.series is not None
    data = document(profile, series=120)
    series = tag(profile.series.name, profile)
    without_blanks = etree.fromstring(data, etree.XMLParser(remove_blank_text=True))
    whole = [etree.tostring(s, method="c14n") for s in without_blanks.findall(series)]
    reports = parts(data, DocumentLimits(tree=len(data) // 3))
    assert len(reports) > 1
    assert all(report.valid and report.root is not None for report in reports)
    joined = [etree.tostring(s, method="c14n") for r in reports for s in r.root.findall(series)]  # type: ignore[union-attr]
    assert joined == whole
    assert [r.first_series for r in reports] == _running(r.root.findall(series) for r in reports)  # type: ignore[union-attr]


def _running(groups: object) -> list[int]:
    starts, total = [], 0
    for group in groups:  # type: ignore[attr-defined]
        starts.append(total)
        total += len(group)
    return starts


def test_each_part_has_header_and_tail() -> None:
    root = etree.fromstring(document(WITH_SERIES[0], series=200))
    assert WITH_SERIES[0].family == "Acknowledgement"
    for report in parts(etree.tostring(root)):
        assert report.root is not None
        assert report.root[0].tag == root[0].tag
        assert report.root[-1].tag == root[-1].tag


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_findings_of_the_whole_are_among_those_of_its_parts(seed: int) -> None:
    chance = random.Random(seed)
    lines = document(series=60).splitlines(keepends=True)
    for number in chance.sample(range(1, len(lines) - 1), 3):
        line = lines[number]
        lines[number] = chance.choice(
            [line.replace(b">", b">x", 1), b"", line + b"<y/>", line.replace(b"TEST", b"T")]
        )
    data = b"".join(lines)
    whole = validate(data, limits=DocumentLimits(tree=2**24))
    cut_up = validate(data, limits=SMALL)
    assert cut_up.valid == whole.valid
    if whole.findings and whole.root is None:  # not even well-formed
        assert cut_up.findings
    else:
        assert cut_up.root is None
        # After an element out of place libxml2 looks at none of its later siblings; the next part's it does.
        assert set(cut_up.findings) >= set(whole.findings)
        if not any(finding.code == "unexpected-element" for finding in whole.findings):
            assert set(cut_up.findings) == set(whole.findings)


@pytest.mark.parametrize("place", ["<domain.mRID", "<Bid_TimeSeries>", "<Period>", "</ReserveBid"])
@pytest.mark.parametrize("extra", ["<!-- <Bid_TimeSeries> -->", "<?note </Bid_TimeSeries>?>", "\n\n", "\r\n"])
def test_comments_and_instructions_are_looked_through(place: str, extra: str) -> None:
    data = document(series=60).replace(place.encode(), extra.encode() + place.encode())
    assert validate(data, limits=SMALL).valid
    wrong = data.replace(b">12.5<", b">many<", 1)
    assert validate(wrong, limits=SMALL).findings[0].code == "invalid-value"


def test_cdata_keeps_its_text() -> None:
    data = document(series=60).replace(b"TEST text", b"<![CDATA[a < b & </Bid_TimeSeries>]]>")
    reports = parts(data)
    assert all(report.valid for report in reports)
    assert reports[-1].root is not None
    assert reports[-1].root.findtext(f".//{tag('Reason')}/{tag('text')}") == "a < b & </Bid_TimeSeries>"


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "ISO-8859-1", "UTF-8"])
def test_encodings(encoding: str) -> None:
    text = document(series=60).decode().replace("TEST text", "Überlast").replace("UTF-8", encoding)
    data = text.encode(encoding)
    reports = parts(data)
    assert [f for r in reports for f in r.findings] == []
    assert reports[-1].root is not None
    assert reports[-1].root.findtext(f".//{tag('Reason')}/{tag('text')}") == "Überlast"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"</Bid_TimeSeries>", b"</Bid_TimeSeries><Reason/>", "unexpected-element"),
        (b"</Bid_TimeSeries>", b"</Bid_TimeSeries>stray", "unexpected-content"),
        (b"</Bid_TimeSeries>", b"</Bid_TimeSeries></ReserveBid_MarketDocument>", "not-well-formed"),
        (b"</Bid_TimeSeries>", b"", "not-well-formed"),
        (b"<Period>", b"<Bid_TimeSeries></Bid_TimeSeries><Period>", "unexpected-element"),
        (b"<Bid_TimeSeries>", b"<Bid_TimeSeries/><Bid_TimeSeries>", "missing-element"),
    ],
)
@pytest.mark.parametrize("occurrence", [1, 20, 60])
def test_a_fault_at_a_seam_is_found(old: bytes, new: bytes, code: str, occurrence: int) -> None:
    pieces = document(series=60).split(old)
    occurrence = min(occurrence, len(pieces) - 1)
    data = old.join(pieces[:occurrence]) + new + old.join(pieces[occurrence:])
    assert not validate(data, limits=DocumentLimits(tree=2**24)).valid
    report = validate(data, limits=SMALL)
    assert report.findings[0].code == code
    assert report.findings[0].line is not None


def test_series_that_are_not_adjacent_are_refused() -> None:
    """A document Reason between two acknowledged series is allowed in neither place but after the last."""
    profile = WITH_SERIES[0]
    data = document(profile, series=200)
    end = b"</Rejected_TimeSeries>"
    reason = b"<Reason><code>A01</code></Reason>"
    pieces = data.split(end)
    for position in range(1, len(pieces) - 1, 7):
        astray = end.join(pieces[:position]) + end + reason + end.join(pieces[position:])
        assert not validate(astray, limits=DocumentLimits(tree=2**24)).valid
        assert not validate(astray, limits=SMALL).valid


def test_what_cannot_be_cut_small_enough_is_refused() -> None:
    assert validate(document(), limits=DocumentLimits(tree=2_000)).findings[0].code == "part-too-large"
    no_series = document().split(b"<Bid_TimeSeries>")[0] + b"</ReserveBid_MarketDocument>"
    assert validate(no_series, limits=DocumentLimits(tree=100)).findings[0].code == "part-too-large"


def test_a_cut_document_is_its_pieces() -> None:
    data = document(series=30)
    pieces = cut(data, "Bid_TimeSeries", 5_000)
    assert pieces is not None
    bulk = b"".join(data[p.start : p.end] for p in pieces.parts())
    assert data[: pieces.first] + bulk + data[pieces.last :] == data
    lines = Lines(data)
    assert all(data[: p.start].count(b"\n") + 1 == lines.at(p.start) for p in pieces.parts())
    assert cut(b"<r/>", "Bid_TimeSeries", 10) is None


def test_a_prefixed_series_is_cut_too() -> None:
    data = b'<p:r xmlns:p="u">' + b"<p:TimeSeries>x</p:TimeSeries>" * 10 + b"</p:r>"
    pieces = cut(data, "TimeSeries", 50)
    assert pieces is not None
    assert len(list(pieces.parts())) > 1


def test_flat_documents_are_recognised_and_others_are_flattened() -> None:
    assert is_flat(b'<?xml version="1.0"?><!-- a --><r/>')
    assert not is_flat(b"<r><!-- a --></r>")
    assert not is_flat(b"<r><?a b?></r>")
    assert not is_flat("<r/>".encode("utf-16"))
    assert flatten(b"<r><?a b?>1<!-- -- -->2<![CDATA[<&]]></r>") == b"<r>12&lt;&amp;</r>"


def test_the_bid_has_series_to_cut_at() -> None:
    assert BID in WITH_SERIES
