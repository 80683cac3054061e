"""Curve types that are no blocks are refused by name, wherever a process reads the values."""

from datetime import UTC, datetime

import pytest

from esmp.profiles import profile
from gateway.domain.reason import Finding, ReasonCode
from gateway.intake.examination import examine
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


def bid_findings(curve: str) -> list[Finding]:
    data = specimen("ReserveBid", "7.6", ">A01</curveType>", f">{curve}</curveType>")
    return [each for each in examine(data, "application/xml", NOW).findings if "curve" in each.message]


@pytest.mark.parametrize("curve", REFUSED)
def test_bids_of_another_curve_type_are_refused_by_name(curve: str) -> None:
    found = bid_findings(curve)
    assert {each.code for each in found} == {ReasonCode.CANNOT_BE_PROCESSED}
    assert {each.message for each in found} == {f"curve type {curve} is not taken here; A01 and A03 are"}
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
