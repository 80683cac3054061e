"""What a gate knows of its market is asked of every document: type, areas, products, business types."""

from dataclasses import replace

import pytest

from gateway.domain.bid import BidTerm
from gateway.domain.document import DocumentKind
from gateway.domain.party import CodedId
from gateway.domain.reason import Finding, ReasonCode
from tests.placing import path_of
from tests.processes.test_collect import in_gate
from tests.processes.test_earlier import activation, hand_in
from tests.processes.test_schedules import reported, schedule, series
from tests.processes.world import AREA, RESOURCES, TENANTS, World, bid, document, gate

BIDS = DocumentKind.RESERVE_BID
ACTIVATION = DocumentKind.ACTIVATION
PLANS = DocumentKind.PLANNED_RESOURCE_SCHEDULE

ELSEWHERE = "10YTEST-ELSE---9"


def opened(world: World, **terms: object) -> World:
    world.gates.create(gate(**terms))  # type: ignore[arg-type]
    world.resources.replace(TENANTS["tso"], RESOURCES)
    return world


def test_bids_come_in_documents_for_bids(ready: World) -> None:
    sent = document("east", [bid("a", "u1", 5, 20)])
    for kind in ("A24", "A26", "A38", "A43"):
        (found,) = ready.submit("east", replace(sent, header=replace(sent.header, type=kind)))
        assert (found.code, found.series, path_of(found, BIDS)) == (
            ReasonCode.CANNOT_BE_PROCESSED,
            None,
            "type",
        )
        assert f"document type {kind} (" in found.message
        assert "come in A37 (Reserve tender document)" in found.message
    assert in_gate(ready) == {}


def test_a_process_that_no_guide_describes_takes_tenders_and_bid_documents(world: World) -> None:
    opened(world, process="A41")
    for number, kind in enumerate(("A24", "A37")):
        sent = document("east", [bid(f"b{number}", "u1", 5, 20)], process="A41", mrid=f"doc-{number}")
        assert world.submit("east", replace(sent, header=replace(sent.header, type=kind))) == []


def test_a_document_of_another_domain_is_refused_as_a_whole(world: World) -> None:
    opened(world, domains=(AREA, "10Y1001A1001A91G"))
    sent = document("east", [bid("a", "u1", 5, 20)])
    (found,) = world.submit("east", replace(sent, domain=CodedId(ELSEWHERE)))
    assert (found.code, found.series, path_of(found, BIDS)) == (
        ReasonCode.DOMAIN_INVALID,
        None,
        "domain.mRID",
    )
    assert found.message == f"domain {ELSEWHERE}; gate 'g1' accepts 10Y1001A1001A91G, {AREA}"
    assert world.submit("east", sent) == []


@pytest.mark.parametrize(
    ("terms", "code", "path"),
    [
        ({BidTerm.CONNECTING_AREA: ELSEWHERE}, ReasonCode.AREA_INVALID, "connecting_Domain.mRID"),
        ({BidTerm.ACQUIRING_AREA: ELSEWHERE}, ReasonCode.AREA_INVALID, "acquiring_Domain.mRID"),
        ({BidTerm.BUSINESS_TYPE: "A96"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        ({BidTerm.BUSINESS_TYPE: "C26"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        ({BidTerm.BUSINESS_TYPE: "B52"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        (
            {BidTerm.PRODUCT: "A02"},
            ReasonCode.LOCAL_MARKET_RULE,
            "standard_MarketProduct.marketProductType",
        ),
    ],
)
def test_a_bid_of_another_market_is_named(
    world: World, terms: dict[BidTerm, str], code: ReasonCode, path: str
) -> None:
    opened(world, zones=(AREA,), domains=(AREA,), products=("A01",))
    wrong = bid("b", "u1", 5, 20, terms=terms)
    findings = world.submit("east", document("east", [bid("a", "u1", 5, 20), wrong]))
    assert [(found.series, found.code, path_of(found, BIDS)) for found in findings] == [("b", code, path)]
    assert "gate 'g1' accepts " in findings[0].message
    assert in_gate(world).keys() == {"a"}


def test_what_a_gate_does_not_name_may_vary(ready: World) -> None:
    areas = {BidTerm.CONNECTING_AREA: ELSEWHERE, BidTerm.ACQUIRING_AREA: ELSEWHERE}
    sent = [
        bid("a", "u1", 5, 20, terms={**areas, BidTerm.PRODUCT: "A02"}),
        bid("b", "u1", 5, 20, terms={BidTerm.BUSINESS_TYPE: "A97"}),
        bid("c", "u1", 5, 20, terms={BidTerm.BUSINESS_TYPE: "B95"}),
    ]
    assert ready.submit("east", document("east", sent)) == []


def test_how_the_standard_product_is_activated_makes_no_other_product(world: World) -> None:
    opened(world, products=("A01",))
    sent = [bid(name, "u1", 5, 20, terms={BidTerm.PRODUCT: name}) for name in ("A01", "A05", "A06", "A07")]
    assert world.submit("east", document("east", sent)) == []


def test_a_revision_that_leaves_bids_out_says_so(ready: World) -> None:
    first = document("east", [bid(name, "u1", 5, 20) for name in "abc"])
    assert ready.submit("east", first) == []
    second = document("east", [bid("a", "u1", 6, 20)], revision=2)
    (remark,) = ready.submit("east", second)
    assert remark == Finding(
        remark.stage,
        ReasonCode.COMPLEMENTARY,
        "withdrawn, as revision 2 leaves them out or has them with a fault: b, c",
    )
    assert in_gate(ready) == {"a": [6, 6]}


def test_who_withdraws_what_was_never_there_reads_so(ready: World) -> None:
    """A slip in the id of a bid: the one that was meant stays on offer."""
    assert ready.submit("east", document("east", [bid("a", "u1", 5, 20)])) == []
    gone = {BidTerm.STATUS: "A13"}
    sent = [bid("a ", "u1", 5, 20, terms=gone), bid("b", "u1", 0, 20)]
    (remark,) = ready.submit("east", document("east", sent, mrid="slip"))
    text = "nothing to withdraw, as these bids were not there: a , b"
    assert remark == Finding(remark.stage, ReasonCode.COMPLEMENTARY, text)
    assert ready.submit("east", document("east", [bid("a", "u1", 5, 20, terms=gone)], mrid="right")) == []
    assert in_gate(ready)["a"] == [0, 0]


def test_activations_and_schedules_of_another_area_are_refused(world: World) -> None:
    opened(world, zones=(AREA,), domains=(AREA,))
    assert world.submit("east", document("east", [bid("a", "u1", 5, 20, units=1)])) == []
    there = CodedId(ELSEWHERE)
    (found,) = hand_in(world, replace(activation("a"), domain=there))
    assert (found.code, path_of(found, ACTIVATION), found.series) == (
        ReasonCode.DOMAIN_INVALID,
        "domain.mRID",
        None,
    )
    assert hand_in(world, activation("a")) == []
    plan = series("u1", 3, 2)
    (found,) = reported(world, replace(schedule(plan), domain=there))
    assert (found.code, path_of(found, PLANS), found.series) == (
        ReasonCode.DOMAIN_INVALID,
        "domain.mRID",
        None,
    )
    (found,) = reported(world, schedule(replace(plan, connecting_area=there)))
    assert (found.code, path_of(found, PLANS)) == (
        ReasonCode.AREA_INVALID,
        "connecting_Domain.mRID",
    )
    assert reported(world, schedule(plan)) == []
