"""Absurd numbers are refused where they are, in every form and family, before anything counts with them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import pytest
from lxml import etree

import esmp
import mappings
from esmp.profiles import Family, profile
from gateway.domain.bounds import DEFAULT_BOUNDS, NumberBounds, numbers_beyond
from gateway.domain.reason import Finding, ReasonCode
from gateway.intake.check.examination import examine
from mappings import canonical_json
from tests.mappings.specimens import document as specimen_of
from tests.specimens import RESERVE_BID_7_4, RESERVE_BID_TABLE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
XML, JSON, CSV = "application/xml", "application/json", "text/csv"
validate = partial(esmp.validate, codes=esmp.DEFAULT_CODES)


def found_in(data: bytes, media_type: str, bounds: NumberBounds = DEFAULT_BOUNDS) -> list[Finding]:
    examination = examine(data, media_type, NOW, validate, bounds)
    return [found for found in examination.findings if found.code is ReasonCode.OUT_OF_RANGE]


def as_json() -> dict[str, Any]:
    document = examine(RESERVE_BID_7_4.data, XML, NOW).document
    assert document is not None
    return json.loads(canonical_json.dumps(document))  # type: ignore[no-any-return]


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize("number", ["10000000000000000", "100000.01", "99999999999999999", "-200000"])
@pytest.mark.parametrize("element", ["quantity.quantity", "minimum_Quantity.quantity", "energy_Price.amount"])
def test_in_xml_the_element_and_line_are_named(number: str, element: str) -> None:
    root = etree.fromstring(RESERVE_BID_7_4.data)
    at = next(root.iter(f"{{*}}{element}"))
    at.text = number
    data = etree.tostring(root)
    (found,) = found_in(data, XML)
    assert (found.path or "").endswith(f"/{element}")
    assert element in data.decode().splitlines()[found.line - 1]  # type: ignore[operator]
    assert "is beyond 100,000" in found.message
    assert found.series is not None


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize("number", [1e17, -1e300, 100_000.5, 10**30])
@pytest.mark.parametrize("member", ["quantity_mw", "minimum_mw", "energy_price", "capacity_price"])
def test_in_json_the_pointer_is_named(number: float, member: str) -> None:
    content = as_json()
    content["bids"][1]["periods"][0]["points"][0][member] = (
        number if member != "capacity_price" else number * 1e3
    )
    found = found_in(json.dumps(content).encode(), JSON)
    assert [each.path for each in found] == [f"/bids/1/periods/0/points/0/{member}"]


def test_in_json_as_in_xml_only_its_series_is_refused() -> None:
    content = as_json()
    content["bids"][1]["periods"][0]["points"][0]["quantity_mw"] = 1e17
    examination = examine(json.dumps(content).encode(), JSON, NOW, validate)
    assert examination.document is not None
    assert {each.series for each in examination.findings} == {content["bids"][1]["id"]}


def test_other_faults_are_still_located() -> None:
    content = as_json()
    content["bids"][0]["periods"][0]["points"][0]["quantity_mw"] = 1e17
    content["bids"][1]["terms"]["currency"] = "NONE"
    examination = examine(json.dumps(content).encode(), JSON, NOW, validate)
    assert examination.document is None
    assert [each.path for each in examination.findings] == [
        "/bids/0/periods/0/points/0/quantity_mw",
        "/bids/1/terms/currency",
    ]


@pytest.mark.parametrize("number", [True, "10", None, [1], "1e3"])
def test_neither_truth_nor_text_is_a_number(number: object) -> None:
    content = as_json()
    content["bids"][0]["periods"][0]["points"][0]["quantity_mw"] = number
    examination = examine(json.dumps(content).encode(), JSON, NOW, validate)
    (found,) = examination.findings
    assert found.path == "/bids/0/periods/0/points/0/quantity_mw"
    assert "wanted a number" in found.message
    assert "<class" not in found.message


@pytest.mark.parametrize("number", ["100001", "999999999999999", "-250000.5"])
@pytest.mark.parametrize("column", ["quantity_mw", "minimum_mw", "energy_price"])
def test_in_a_table_line_and_column_are_named(number: str, column: str) -> None:
    lines = RESERVE_BID_TABLE.decode().splitlines()
    at = lines[0].split(",").index(column)
    cells = lines[1].split(",")
    cells[at] = number
    data = "\n".join([lines[0], ",".join(cells), *lines[2:]]).encode()
    (found,) = found_in(data, CSV)
    assert (found.line, found.path) == (2, column)


@pytest.mark.parametrize(
    "family", [Family.PLANNED_RESOURCE_SCHEDULE, Family.ACTIVATION, Family.MERIT_ORDER_LIST]
)
def test_other_families_are_held_to_them_too(family: Family) -> None:
    version = {"PlannedResourceSchedule": "6.0", "Activation": "6.1", "MeritOrderList": "7.3"}[str(family)]
    data = specimen_of(profile(family, version), full=True)
    assert not found_in(data, XML)
    huge = re.sub(rb"(<quantity(?:\.quantity)?>)[^<]*", rb"\g<1>12345678", data)
    assert huge != data
    found = found_in(huge, XML)
    assert found
    assert all("12,345,678 MW is beyond 100,000 MW" in each.message for each in found)
    assert all(each.series for each in found)


def test_a_tenant_may_have_narrower_ones() -> None:
    assert not found_in(RESERVE_BID_7_4.data, XML)
    narrow = replace(DEFAULT_BOUNDS, power_mw=1.0)
    assert {each.series for each in found_in(RESERVE_BID_7_4.data, XML, narrow)}


def test_a_step_has_a_bound() -> None:
    content = as_json()
    content["bids"][0]["terms"]["step_quantity"] = "900000"
    found = found_in(json.dumps(content).encode(), JSON)
    assert [each.path for each in found] == ["/bids/0/terms/step_quantity"]


def test_numbers_are_found_wherever_they_are() -> None:
    data = specimen_of(profile(Family.MERIT_ORDER_LIST, "7.3"), full=False)
    report = esmp.validate(data)
    assert report.identity is not None
    document: Any = mappings.read(data, report.identity).document
    series = replace(document.series[1], energy_price=np.array([1.0, np.nan, -1e9]), minimum_mw=np.inf)
    changed = replace(document, series=(document.series[0], series))
    assert [each.steps for each in numbers_beyond(changed, DEFAULT_BOUNDS)] == [
        ("series", 1, "energy_price", 2),
        ("series", 1, "minimum_mw"),
    ]


@pytest.mark.parametrize("unit", ["MAW", "KWT", "A90"])
def test_a_price_per_power_is_no_price_per_energy(unit: str) -> None:
    root = etree.fromstring(RESERVE_BID_7_4.data)
    for at in root.iter("{*}energyPrice_Measurement_Unit.name"):
        at.text = unit
    examination = examine(etree.tostring(root), XML, NOW)
    assert examination.findings
    assert f"{unit!r} is not a unit of energy" in examination.findings[0].message
