"""What schemas cannot see in a bid document: found, located, and the series left out."""

from datetime import UTC, datetime

import numpy as np
import pytest
from lxml import etree

import esmp
from esmp.profiles import Family, profile
from gateway.domain.bid import BidTerm
from gateway.domain.reason import ReasonCode, Stage
from mappings import Reading, read, write
from mappings.families import plan
from tests.mappings.specimens import document

PROFILE = profile(Family.RESERVE_BID, "7.6")


def element(root: etree._Element, place: str) -> etree._Element:
    path = plan(PROFILE.family, PROFILE.version).locate(place)
    found = root.find("/".join(f"{{{PROFILE.namespace}}}{step}" for step in path.split("/")))
    assert found is not None, path
    return found


def reading(codes: str = "regional", **texts: str) -> Reading:
    """The two-bid document with some texts of the second bid replaced."""
    root = etree.fromstring(document(PROFILE))
    for place, text in texts.items():
        element(root, f"series[2]/{place}").text = text
    report = esmp.validate(etree.tostring(root), codes=codes)
    assert report.valid, report.findings
    return read(root, report.identity)


@pytest.mark.parametrize(
    ("texts", "code", "place", "words"),
    [
        (
            {"periods[1]/end": "2026-03-28T22:00Z"},
            "A04",
            "Period[1]/timeInterval/end",
            "at or before its start",
        ),
        ({"periods[1]/resolution": "P1M"}, "A41", "Period[1]/resolution", "no fixed length"),
        ({"periods[2]/resolution": "PT7M"}, "A41", "Period[2]/resolution", "whole number"),
        ({"periods[1]/points[2]/position": "1"}, "A49", "Period[1]/Point[2]/position", "do not rise"),
        ({"periods[1]/points[2]/position": "9"}, "A49", "Period[1]/Point[2]/position", "after the end"),
        ({"periods[2]/points[1]/position": "2"}, "A49", "Period[2]/Point[2]/position", "do not rise"),
        ({"periods[1]/end": "2026-03-29T00:00Z"}, "A49", "Period[1]/Point", "do not fill"),
        ({"quantity_unit": "C62"}, "A42", "quantity_Measurement_Unit.name", "unit of power"),
        ({"energy_price_unit": "C62"}, "A42", "energyPrice_Measurement_Unit.name", "C62"),
        ({"energy_price_unit": "MAW"}, "A42", "energyPrice_Measurement_Unit.name", "unit of energy"),
        ({"capacity_price_unit": "MWH"}, "A42", "price_Measurement_Unit.name", "unit of power"),
        ({"capacity_price_unit": "KWH"}, "A42", "price_Measurement_Unit.name", "unit of power"),
        (
            {"validity_end": "2026-03-01T00:00Z"},
            "A04",
            "validity_Period.timeInterval/end",
            "before its start",
        ),
    ],
)
def test_contradictions_are_located(texts: dict[str, str], code: str, place: str, words: str) -> None:
    result = reading(**texts)
    finding = result.findings[0]
    assert (finding.stage, finding.code) == (Stage.RULES, ReasonCode(code))
    assert finding.path == f"/ReserveBid_MarketDocument/Bid_TimeSeries[2]/{place}"
    assert words in finding.message
    assert finding.series == "TEST-0027"
    assert finding.line is not None
    assert len(result.document.bids) == 1
    assert result.document.bids.bid_id == ["TEST-0006"]


def test_an_open_code_set_does_not_let_nonsense_through() -> None:
    result = reading("v91", direction="Q77", divisible="QQ")
    assert {(each.code, each.series) for each in result.findings} == {("999", "TEST-0027")}
    assert len(result.document.bids) == 1


def test_a_document_without_a_period_is_none() -> None:
    root = etree.fromstring(document(PROFILE))
    element(root, "end").text = "2026-03-28T22:00Z"
    result = read(root, esmp.identify(etree.tostring(root)))
    assert result.document is None
    assert result.findings[0].series is None
    assert result.findings[0].code == ReasonCode.TIME_INTERVAL_INCORRECT


def test_variable_blocks_last_until_the_next_one() -> None:
    bids = reading(**{"curve": "A03", "periods[1]/end": "2026-03-29T00:00Z"}).document.bids
    mine = np.flatnonzero(bids.point_bid == 1)[:2]
    start = int(datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp())
    assert (bids.point_start_s[mine] - start).tolist() == [0, 900]
    assert (bids.point_end_s[mine] - start).tolist() == [900, 3600]


def test_units_are_canonical_inside_and_leave_as_they_came() -> None:
    texts = {
        "quantity_unit": "KWT",
        "energy_price_unit": "KWH",
        "step_quantity": "500",
        "periods[1]/points[1]/quantity": "1.1",
        "periods[1]/points[1]/energy_price": "0.0512",
    }
    document = reading(**texts).document
    bids = document.bids
    first = int(np.flatnonzero(bids.point_bid == 1)[0])
    assert bids.quantity_mw[first] == 0.0011
    assert bids.energy_price[first] == 51.2
    assert bids.term(BidTerm.STEP_QUANTITY, 1) == "0.5"
    left = write(document).data.decode()
    for text in ("KWT", "KWH", ">500<", ">1.1<", ">0.0512<"):
        assert text in left


def test_digits_beyond_a_float_are_reported() -> None:
    long = "1234567890.12345678"
    result = reading(**{"periods[1]/points[1]/quantity": long})
    change = next(iter(result.report))
    assert change.path == "Bid_TimeSeries[2]/Period[1]/Point[1]/quantity.quantity"
    assert change.before == long
    assert float(change.after) == float(long)


def test_fifteen_digits_leave_unchanged() -> None:
    result = reading(
        **{"periods[1]/points[1]/quantity": "123456789.012345", "periods[1]/points[2]/quantity": "0.50"}
    )
    assert result.report.lossless
    left = write(result.document).data.decode()
    assert ">123456789.012345<" in left
    assert ">0.5<" in left


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: data.replace(b">TEST-0006<", b">TEST-<!-- c -->0006<"),
        lambda data: data.replace(b">TEST-0006<", b"><![CDATA[TEST-0006]]><"),
        lambda data: data.replace(b">TEST-0006<", b">TEST-<?p?>0006<"),
        lambda data: data.replace(b">TEST-0006<", b">TEST&#45;0006<"),
        lambda data: data.replace(b"<position>1<", b"<position> 1 <"),
        lambda data: data.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        lambda data: data.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    ],
    ids=["comment", "cdata", "instruction", "reference", "blanks", "utf-16", "latin-1"],
)
def test_notation_changes_nothing(wrap) -> None:
    plain = document(PROFILE).replace(b"'", b'"')
    dressed = wrap(plain)
    assert dressed != plain
    report = esmp.validate(dressed)
    assert report.valid, report.findings
    result = read(etree.fromstring(dressed), report.identity)
    assert result.report.lossless
    assert result.document.bids.bid_id == ["TEST-0006", "TEST-0027"]
    assert write(result.document).data == write(read(plain, report.identity).document).data
