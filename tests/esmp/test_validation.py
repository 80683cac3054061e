"""A valid document is valid; a fault is found at its place, once, with a stable code."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from esmp import (
    DocumentLimits,
    Identity,
    SchemaFinding,
    Stage,
    UnknownCodeSet,
    UnknownDocument,
    identify,
    validate,
)
from esmp.catalogue import own_catalogue
from esmp.profiles import Profile
from tests.esmp.documents import BID, document, tag


def ids(profile: Profile) -> str:
    return f"{profile.family}-{profile.version}"


def only(data: bytes, **how: str) -> SchemaFinding:
    findings = validate(data, **how).findings
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize("profile", own_catalogue().profiles(), ids=ids)
@pytest.mark.parametrize("full", [True, False], ids=["full", "minimal"])
def test_a_document_written_from_its_table_is_valid_and_identified(profile: Profile, full: bool) -> None:
    data = document(profile, full=full, series=3)
    assert identify(data) == Identity(profile.family, profile.version, profile.namespace, profile.root)
    report = validate(data)
    assert report.findings == ()
    assert report.valid


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "US-ASCII"])
def test_the_declared_encoding_decides(encoding: str) -> None:
    root = etree.fromstring(document())
    reason = root.find(f".//{tag('Reason')}/{tag('text')}")
    assert reason is not None
    reason.text = "Überlast"
    data = etree.tostring(root, xml_declaration=True, encoding=encoding)
    report = validate(data)
    assert report.valid
    assert report.root is not None
    assert report.root.findtext(f".//{tag('Reason')}/{tag('text')}") == "Überlast"


def test_a_value_fault_names_line_path_series_and_period() -> None:
    root = etree.fromstring(document(series=2))
    quantity = root.findall(f".//{tag('quantity.quantity')}")[-1]
    quantity.text = "1E1"
    data = etree.tostring(root)
    found = only(data)
    assert (found.stage, found.code) == (Stage.SCHEMA, "invalid-value")
    assert found.line is not None
    assert b"1E1" in data.splitlines()[found.line - 1]
    assert found.path == ("/ReserveBid_MarketDocument/Bid_TimeSeries[2]/Period[2]/Point[2]/quantity.quantity")
    assert found.series == root.findall(tag("Bid_TimeSeries"))[1].findtext(tag("mRID"))
    assert found.period == "2026-03-29T01:00Z/2026-03-29T01:00Z"
    assert "1E1" in found.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: s.remove(s[0]), "missing-element"),
        (lambda s: s.clear(), "missing-element"),
        (lambda s: s.insert(3, s[0]), "unexpected-element"),
        (lambda s: s.set("note", "x"), "unexpected-attribute"),
        (lambda s: s.find(tag("acquiring_Domain.mRID")).attrib.clear(), "missing-attribute"),
        (lambda s: setattr(s, "text", "stray"), "unexpected-content"),
        (lambda s: setattr(s[0], "text", "x" * 61), "invalid-value"),
    ],
    ids=["removed", "emptied", "moved", "attribute added", "attribute missing", "stray text", "too long"],
)
def test_each_kind_of_schema_fault_has_its_code(change: object, code: str) -> None:
    root = etree.fromstring(document(full=False))
    change(root.find(tag("Bid_TimeSeries")))  # type: ignore[operator]
    found = only(etree.tostring(root))
    assert (found.stage, found.code) == (Stage.SCHEMA, code)


def test_a_code_outside_its_list_is_a_finding_of_the_code_stage() -> None:
    root = etree.fromstring(document(full=False))
    root.find(f".//{tag('flowDirection.direction')}").text = "Q77"
    data = etree.tostring(root)
    found = only(data, codes="v94")
    assert (found.stage, found.code) == (Stage.CODES, "unknown-code")
    stated = "flowDirection.direction: 'Q77' is not in its code list: A01, A02, A03, A04 (code set v94)"
    assert found.message == stated
    assert validate(data, codes="v91").valid, "directions are an open list in v91"


def test_regional_codes_pass_where_their_extension_is_in_force() -> None:
    root = etree.fromstring(document())
    root.find(tag("process.processType")).text = "Z14"
    data = etree.tostring(root)
    assert validate(data).valid
    assert validate(data, codes="v91").valid
    assert only(data, codes="v94").stage == Stage.CODES


def test_an_unknown_code_set_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownCodeSet, match=r"no code set 'v90'; there are regional, v94, v91"):
        validate(document(), codes="v90")


def test_an_unknown_version_is_answered_with_those_we_know() -> None:
    data = document().replace(b"reservebiddocument:7:4", b"reservebiddocument:9:9")
    with pytest.raises(UnknownDocument, match=r"of ReserveBid we know 6\.0, 7\.0, TERRE-7\.0, .*7\.6$"):
        identify(data)
    found = only(data)
    assert (found.stage, found.code) == (Stage.IDENTIFIED, "unknown-version")


def test_an_unknown_document_is_answered_with_the_families_we_know() -> None:
    found = only(b"<Order/>")
    assert (found.stage, found.code) == (Stage.IDENTIFIED, "unknown-document")
    assert "Order in no namespace" in found.message
    assert "ReserveBid" in found.message


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (
            b'<Order xmlns="urn:x">\n  <a>\n  </b></Order>',
            3,
            7,
            "not well-formed XML: Opening and ending tag mismatch: a line 2 and b",
        ),
        (b"<Order><a>&nbsp;</a></Order>", 1, 17, "not well-formed XML: Entity 'nbsp' not defined"),
        (
            b"<Order>\n<a/></Order>trailing",
            2,
            13,
            "not well-formed XML: Extra content at the end of the document",
        ),
        (
            b"\xef\xbb\xbf<Order>\n<a/>",
            2,
            5,
            "not well-formed XML: Premature end of data in tag Order line 1",
        ),
    ],
)
def test_an_unknown_document_that_is_no_xml_is_answered_with_what_is_wrong_in_it(
    data: bytes, line: int, column: int, message: str
) -> None:
    found = only(data)
    assert (found.stage, found.code) == (Stage.WELL_FORMED, "not-well-formed")
    assert (found.line, found.column, found.message) == (line, column, message)


def test_a_prefix_changes_nothing() -> None:
    data = document().replace(b"<", b"<p:").replace(b"<p:/", b"</p:").replace(b"<p:?", b"<?")
    assert validate(data.replace(b"xmlns=", b"xmlns:p=")).valid
    wrong = data.replace(b"xmlns=", b"xmlns:p=").replace(b">12.5<", b">many<")
    assert validate(wrong).findings[0].path.startswith("/ReserveBid_MarketDocument/Bid_TimeSeries/")  # type: ignore[union-attr]


def test_findings_stop_at_their_limit() -> None:
    data = document(series=30).replace(b">12.5<", b">many<")
    assert len(validate(data, limits=DocumentLimits(findings=7)).findings) == 7


def test_threads_do_not_see_each_others_findings() -> None:
    good = document()
    bad = [good.replace(b"<divisible>A01", b"<divisible>%s" % code) for code in (b"Q1", b"Q2", b"Q3")]
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(validate, [good, *bad] * 50))
    for index, report in enumerate(reports):
        which = index % 4
        assert report.valid == (which == 0)
        assert all(f"'Q{which}'" in finding.message for finding in report.findings)


def test_the_profile_of_a_series_is_its_bulk() -> None:
    assert BID.series is not None
    assert BID.series.name == "Bid_TimeSeries"
