"""Every fault a schema finds has its standard reason code, and names element and line."""

from collections.abc import Callable

import pytest

import esmp
import mappings
from gateway.domain.reason import Finding, ReasonCode
from gateway.intake.check.examination import examine
from mappings import canonical_json
from tests.intake.local_gateway import NOW
from tests.specimens import RESERVE_BID_7_2, replaced


def findings_after(change: Callable[[bytes], bytes]) -> tuple[Finding, ...]:
    return examine(change(RESERVE_BID_7_2.data), "application/xml", NOW).findings


def with_code(element: str, value: str) -> Callable[[bytes], bytes]:
    """The change of an element's value to a code that no list has."""
    return replaced(f">{value}</{element}", f">Q{value[1:]}</{element}")


def with_scheme(element: str) -> Callable[[bytes], bytes]:
    """The change of an element's coding scheme to one that no list has."""
    return replaced(f'<{element} codingScheme="A01"', f'<{element} codingScheme="QQQ"')


def without_end(data: bytes) -> bytes:
    return data[: data.index(b"  <domain.mRID")] + b"</ReserveBid_MarketDocument>"


@pytest.mark.feature(id="B6")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (with_code("process.processType", "A47"), ReasonCode.PROCESS_INVALID),
        (with_code("businessType", "B74"), ReasonCode.BUSINESS_TYPE_INVALID),
        (with_code("currency_Unit.name", "EUR"), ReasonCode.CURRENCY_INVALID),
        (with_code("sender_MarketParticipant.marketRole.type", "A46"), ReasonCode.SENDER_INVALID),
        (with_scheme("receiver_MarketParticipant.mRID"), ReasonCode.RECEIVER_INCORRECT),
        (with_scheme("acquiring_Domain.mRID"), ReasonCode.AREA_INVALID),
        (with_scheme("connecting_Domain.mRID"), ReasonCode.AREA_INVALID),
        (with_scheme("domain.mRID"), ReasonCode.DOMAIN_INVALID),
        (with_scheme("registeredResource.mRID"), ReasonCode.RESOURCE_INVALID),
        (with_code("flowDirection.direction", "A01"), ReasonCode.OTHER),
        (replaced('<domain.mRID codingScheme="A01"', "<domain.mRID"), ReasonCode.MANDATORY_MISSING),
        (without_end, ReasonCode.MANDATORY_MISSING),
        (replaced("<type>A37</type>", "<type>A37</type><extra/>"), ReasonCode.CANNOT_BE_PROCESSED),
        (replaced(">TEST-BID-1<", f">{'x' * 61}<"), ReasonCode.CANNOT_BE_PROCESSED),
    ],
)
def test_a_fault_has_its_code_and_place(change: Callable[[bytes], bytes], code: ReasonCode) -> None:
    first = findings_after(change)[0]
    assert first.code is code
    assert first.line is not None
    assert f"line {first.line})" in (first.as_reason().text or "")


@pytest.mark.feature(id="B6")
@pytest.mark.parametrize("unit", ["QQQ", "KWH", "P1"])
def test_a_wrong_unit_has_one_code_in_every_form(unit: str) -> None:
    in_xml = findings_after(replaced(">MAW<", f">{unit}<"))
    report = esmp.validate(RESERVE_BID_7_2.data)
    assert report.identity is not None
    document = mappings.read(RESERVE_BID_7_2.data, report.identity).document
    assert document is not None
    text = canonical_json.dumps(document)
    in_json = examine(text.replace(b'"MAW"', f'"{unit}"'.encode()), "application/json", NOW).findings
    assert {found.code for found in in_xml if unit in found.message} == {ReasonCode.QUANTITY_INCONSISTENT}
    assert {found.code for found in in_json} == {ReasonCode.QUANTITY_INCONSISTENT}


def test_a_finding_knows_series_and_period() -> None:
    first = findings_after(replaced(">12</quantity", ">1E1</quantity"))[0]
    assert first.series == "TEST-BID-1"
    assert str(first.period) == "2026-03-01T08:00Z/2026-03-01T08:15Z"


@pytest.mark.parametrize("end", ["2026-03-01T08:00Z", "yesterday", "2026-03-01T08:15", "9999-99-99T99:99Z"])
def test_a_period_that_is_none_is_left_out(end: str) -> None:
    change = replaced("<end>2026-03-01T08:15Z<", f"<end>{end}<")
    quantity = replaced(">12</quantity", ">1E1</quantity")
    findings = findings_after(lambda data: quantity(change(data)))
    assert {finding.period for finding in findings} == {None}
