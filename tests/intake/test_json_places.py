"""Whatever kind a document is of: what is wrong with it is reported where its JSON has it."""

import json
from typing import Any

import pytest

from gateway.domain.bid import BidTerm
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.check.examination import Examination, examine
from tests.docs.test_json_examples import EXAMPLES, NOW

PLACES = {
    "received_MarketDocument.mRID": Place(Part.RECEIVED),
    "sender_MarketParticipant.mRID": Place(Part.SENDER),
    "receiver_MarketParticipant.marketRole.type": Place(Part.RECEIVER_ROLE),
    "createdDateTime": Place(Part.CREATED_AT),
    "AttributeInstanceComponent/attributeValue": Place(Part.ATTRIBUTE_VALUE),
    "revisionNumber": Place(Part.REVISION),
    "process.processType": Place(Part.PROCESS),
    "mRID": Place(Part.MRID),
    "registeredResource.mRID": Place(BidTerm.RESOURCE),
    "curveType": Place(BidTerm.CURVE),
    "Series_Period/resolution": Place(Part.RESOLUTION),
    "Series_Period[1]/Point": Place(Part.POINTS, 1),
    "Series_Period/Point[1]/quantity": Place(Part.QUANTITY, 1, 1),
    "Series_Period/timeInterval": Place(Part.INTERVAL),
    "start_DateAndOrTime.date": Place(Part.START_DATE),
    "market_RegisteredResource.mRID": Place(Part.MARKET_RESOURCE),
    "RegisteredResource[1]/mRID": Place(Part.UNIT),
    "domain.mRID": Place(Part.DOMAIN),
    "currency_Unit.name": Place(BidTerm.CURRENCY),
}
"""What elements say."""


def json_examples() -> dict[str, Any]:
    return {example["kind"]: example for example in map(json.loads, EXAMPLES)}


def examined(kind: str, **changes: Any) -> Examination:
    return examine(json.dumps(json_examples()[kind] | changes).encode(), "application/json", NOW)


@pytest.mark.parametrize(
    ("kind", "series", "element", "pointer"),
    [
        ("Acknowledgement", None, "received_MarketDocument.mRID", "/received/mrid"),
        ("Acknowledgement", None, "sender_MarketParticipant.mRID", "/sender/party/code"),
        ("Acknowledgement", None, "receiver_MarketParticipant.marketRole.type", "/receiver/role"),
        ("Acknowledgement", None, "createdDateTime", "/created_at"),
        ("StatusRequest", None, "AttributeInstanceComponent/attributeValue", "/attributes/0/value"),
        ("StatusRequest", None, "revisionNumber", "/revision"),
        ("PlannedResourceSchedule", None, "process.processType", "/process"),
        ("PlannedResourceSchedule", "PLAN-1", "mRID", "/planned/0/mrid"),
        ("PlannedResourceSchedule", "PLAN-1", "registeredResource.mRID", "/planned/0/resource/code"),
        ("PlannedResourceSchedule", "PLAN-1", "curveType", "/planned/0/curve"),
        ("PlannedResourceSchedule", "PLAN-1", "Series_Period/resolution", "/planned/0/periods/0/resolution"),
        ("PlannedResourceSchedule", "PLAN-1", "Series_Period[1]/Point", "/planned/0/periods/0/position/0"),
        (
            "PlannedResourceSchedule",
            "PLAN-1",
            "Series_Period/Point[1]/quantity",
            "/planned/0/periods/0/quantity_mw/0",
        ),
        (
            "PlannedResourceSchedule",
            "PLAN-1",
            "Series_Period/timeInterval",
            "/planned/0/periods/0/period/start",
        ),
        ("ResourceMapping", "COMPOSITION-1", "start_DateAndOrTime.date", "/compositions/0/start_date"),
        (
            "ResourceMapping",
            "COMPOSITION-1",
            "market_RegisteredResource.mRID",
            "/compositions/0/market_resource/resource/code",
        ),
        (
            "ResourceMapping",
            "COMPOSITION-1",
            "RegisteredResource[1]/mRID",
            "/compositions/0/resources/0/resource/code",
        ),
        ("ReserveBid", None, "domain.mRID", "/domain/code"),
        ("ReserveBid", "MY-BID-1", "currency_Unit.name", "/bids/0/terms/currency"),
    ],
)
def test_what_is_found_later(kind: str, series: str | None, element: str, pointer: str) -> None:
    place = PLACES[element]
    found = Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, "odd", place=place, series=series)
    (located,) = examined(kind).places.located([found])
    assert located.path == pointer


@pytest.mark.parametrize(
    ("kind", "member", "value", "pointer"),
    [
        ("StatusRequest", "type", "B99", "/type"),
        ("PlannedResourceSchedule", "process", "Z99", "/process"),
        ("Acknowledgement", "reasons", [{"code": "Z98"}], "/reasons/0/code"),
    ],
)
def test_codes_that_are_in_no_list(kind: str, member: str, value: Any, pointer: str) -> None:
    (found,) = examined(kind, **{member: value}).findings
    assert found.path == pointer


@pytest.mark.parametrize(
    ("kind", "left_out", "pointers"),
    [
        ("ReserveBid", [["type"], ["receiver", "role"]], {"/type", "/receiver/role"}),
        ("ReserveBid", [["bids", 0, "terms", "business_type"]], {"/bids/0/terms/business_type"}),
        ("ReserveBid", [["sender"], ["period", "end"]], {"/sender", "/period/end"}),
        ("PlannedResourceSchedule", [["type"]], {"/type"}),
    ],
)
def test_what_is_missing_is_reported_where_it_would_be(
    kind: str, left_out: list[list[Any]], pointers: set[str]
) -> None:
    whole = json_examples()[kind]
    for *way, name in left_out:
        at = whole
        for step in way:
            at = at[step]
        del at[name]
    found = examine(json.dumps(whole).encode(), "application/json", NOW).findings
    assert {one.path for one in found} == pointers


def test_points_left_out_where_a_version_has_no_curve_type() -> None:
    (found,) = examined("ReserveBid", version="7.4").findings
    assert found.path == "/bids/0/periods/0/points/0"
    assert found.message == (
        "points are left out, and ReserveBid 7.4 has no curve type for that: "
        "write every point, or use version 7.6"
    )


def test_a_code_in_a_series() -> None:
    plan = json_examples()["PlannedResourceSchedule"]
    plan["planned"][0]["business_type"] = "Q99"
    (found,) = examined("PlannedResourceSchedule", planned=plan["planned"]).findings
    assert found.path == "/planned/0/business_type"
