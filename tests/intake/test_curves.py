"""Curve types that are no blocks, and blocks that leave holes, are refused before a process reads them."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest
from lxml import etree

from esmp.profiles import profile
from gateway.domain.reason import Finding, ReasonCode
from gateway.intake.check.examination import examine
from tests.mappings.specimens import document

NOW = datetime(2026, 3, 30, tzinfo=UTC)
TAKEN = ("A01", "A03")
REFUSED = ("A02", "A04", "A05")


def specimen(family: str, version: str, old: str = "", new: str = "") -> bytes:
    data = document(profile(family, version), full=True)
    return data.replace(old.encode(), new.encode())


def schedule_findings(old: str, new: str) -> list[Finding]:
    data = specimen("PlannedResourceSchedule", "6.3", old, new)
    found = examine(data, "application/xml", NOW)
    return list(found.places.located(found.findings))


def holed(family: str, version: str, curve: str, positions: tuple[int, ...]) -> list[Finding]:
    """Findings on a document whose first series says only these units of an hour of quarter hours."""
    root = etree.fromstring(specimen(family, version))
    for element in root.iter("{*}curveType"):
        element.text = curve
    period = next(root.iter("{*}Period", "{*}Series_Period"))
    for later in list(period.itersiblings(period.tag)):
        later.getparent().remove(later)
    period.find("{*}timeInterval/{*}end").text = "2026-03-29T00:00Z"
    period.find("{*}resolution").text = "PT15M"
    first, *others = period.findall("{*}Point")
    for each in others:
        period.remove(each)
    for position in reversed(positions[1:]):
        first.addnext(deepcopy(first))
        first.getnext()[0].text = str(position)
    first[0].text = str(positions[0])
    found = examine(etree.tostring(root), "application/xml", NOW)
    return [each for each in found.places.located(found.findings) if each.code == "A49"]


def bid_findings(curve: str) -> list[Finding]:
    data = specimen("ReserveBid", "7.6", ">A01</curveType>", f">{curve}</curveType>")
    return [each for each in examine(data, "application/xml", NOW).findings if "curve" in each.message]


@pytest.mark.parametrize("curve", REFUSED)
def test_bids_of_another_curve_type_are_refused_by_name(curve: str) -> None:
    found = bid_findings(curve)
    assert {each.code for each in found} == {ReasonCode.CANNOT_BE_PROCESSED}
    assert {each.message for each in found} == {f"curve type {curve} is not accepted; A01 and A03 are"}
    assert all(each.path is not None and each.path.endswith("/curveType") and each.line for each in found)
    assert len({each.series for each in found}) == 2


@pytest.mark.parametrize("curve", TAKEN)
def test_blocks_are_taken(curve: str) -> None:
    assert bid_findings(curve) == []
    assert schedule_findings(">A01</curveType>", f">{curve}</curveType>") == []


@pytest.mark.parametrize("curve", REFUSED)
def test_schedules_of_another_curve_type_are_refused_by_name(curve: str) -> None:
    found = schedule_findings(">A01</curveType>", f">{curve}</curveType>")
    assert {each.code for each in found} == {ReasonCode.CANNOT_BE_PROCESSED}
    assert all(f"curve type {curve}" in each.message and each.line for each in found)


def test_a_schedule_has_no_signed_quantity() -> None:
    found = schedule_findings("<quantity>", "<quantity>-")
    assert {each.code for each in found} == {ReasonCode.QUANTITY_SIGNED}


WITH_POINTS = [("PlannedResourceSchedule", "6.3"), ("ReserveAllocationResult", "6.5"), ("Activation", "6.5")]


@pytest.mark.parametrize(("family", "version"), WITH_POINTS)
@pytest.mark.parametrize("positions", [(1, 2, 4), (1, 2, 3), (2, 3, 4), (1,)])
def test_fixed_blocks_leave_no_hole(family: str, version: str, positions: tuple[int, ...]) -> None:
    (found,) = holed(family, version, "A01", positions)
    assert found.series is not None
    assert "Period/Point" in (found.path or "")
    assert found.line


@pytest.mark.parametrize(("family", "version"), WITH_POINTS)
def test_blocks_that_fill_their_period_leave_none(family: str, version: str) -> None:
    assert holed(family, version, "A01", (1, 2, 3, 4)) == []
    assert holed(family, version, "A03", (1, 3)) == []
    assert [each.message for each in holed(family, version, "A03", (2, 3))] == ["the first position is not 1"]


def test_a_schedule_says_nothing_outside_its_period() -> None:
    root = etree.fromstring(specimen("PlannedResourceSchedule", "6.3"))
    root.find("{*}schedule_Period.timeInterval/{*}end").text = "2026-03-28T23:30Z"
    found = examine(etree.tostring(root), "application/xml", NOW)
    messages = {each.message for each in found.findings if each.code == "A04"}
    assert messages
    assert all("is outside the document's period" in message for message in messages)
