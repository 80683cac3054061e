"""The documents a platform is given: right order, right stretches, valid in its version."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from esmp import validate
from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import bids_from
from gateway.domain.document import BidAvailability, DocumentKind, MeritOrderList, MeritOrderSeries
from gateway.domain.gate import UseOfLists
from gateway.domain.grid import ElementKind
from gateway.domain.market_time import Interval
from gateway.domain.reason import ReasonCode
from gateway.domain.result import Availability
from gateway.domain.role import TenantRole
from gateway.processes.bid_check.problem.collected_bids import read_offers
from gateway.processes.bid_check.problem.reasons import ReasonTable
from gateway.processes.bid_check.result.documents import VERSIONS, PlatformResult, merit_order_documents
from gateway.records.market import runs
from gateway.records.messages import outbox
from mappings import read, write
from tests.processes.world import AREA, DAY, GATEWAY, RESOURCES, TENANTS, World, bid, document, gate, model

QUARTER = np.timedelta64(15, "m")


def written(world: World, kind: type, to: str = "east") -> list:  # type: ignore[type-arg]
    receiver = TENANTS[to].parties[0]
    return [one for one in world.written if isinstance(one, kind) and one.header.receiver.party == receiver]


def first_unit(series: MeritOrderSeries) -> int:
    unit: int = (series.period.start - DAY) // QUARTER.astype(object)
    return unit


@pytest.fixture
def decided(ready: World) -> World:
    """North's line carries 4 MW up to the first quarter, 3 in the second; up and down, dear and cheap."""
    ready.put("north", model("north", 4.0, base_mw=[0.0, 1.0]))
    ready.submit(
        "east",
        document(
            "east",
            [
                bid("cheap", "u1", 10, [20, 25], minimum=1),
                bid("dear", "free", 10, 50),
                bid("mixed", "pool", 1, [70, 10]),
                bid("buys", "s1", 4, 30, direction=Direction.DOWN),
                bid("buys-more", "s1", 4, 60, direction=Direction.DOWN),
            ],
        ),
    )
    ready.demand("g1", up=10, down=5)
    ready.close_and_run()
    return ready


def test_availability_names_each_limited_bid_with_quantity_reason_and_operator(decided: World) -> None:
    first, second = written(decided, BidAvailability)
    assert first.period == Interval(DAY, DAY + QUARTER.astype(object))
    assert second.period.end == DAY + 2 * QUARTER.astype(object)
    (limit,) = (one for one in first.limits if one.bid_id == "cheap")
    assert {(one.bid_id, one.business_type, one.reasons[0].code) for one in first.limits} - {
        ("cheap", "C41", ReasonCode.INTERNAL_CONGESTION)
    } == {(name, "B74", ReasonCode.BID_NOT_ACCEPTED) for name in ("dear", "mixed", "buys")}
    assert (limit.bid_id, limit.available_mw, limit.business_type) == ("cheap", 4.0, "C41")
    assert limit.bid_document is not None
    assert limit.bid_document.mrid == "doc-1"
    assert limit.domain.code == AREA
    assert (limit.requesting_party, limit.requesting_party_role) == (TENANTS["north"].parties[0], "A50")
    assert [reason.code for reason in limit.reasons] == [ReasonCode.INTERNAL_CONGESTION]
    assert limit.reasons[0].text
    (limit,) = (one for one in second.limits if one.bid_id == "cheap")
    assert limit.available_mw == pytest.approx(2.75)


@pytest.mark.feature(id="A5")
def test_the_merit_order_is_right_in_every_market_time_unit(decided: World) -> None:
    (order,) = written(decided, MeritOrderList)
    assert [series.bid_id for series in order.series] == ["mixed", "cheap", "dear", "buys-more", "buys"]
    prices = [
        {
            series.bid_id: price
            for series in order.series
            for at, price in enumerate(series.energy_price.tolist(), first_unit(series))
            if at == unit
        }
        for unit in range(2)
    ]
    assert prices == [
        {"cheap": 20, "dear": 50, "buys-more": 60, "buys": 30},
        {"mixed": 10, "cheap": 25, "dear": 50, "buys-more": 60, "buys": 30},
    ]
    (cheap,) = [series for series in order.series if series.bid_id == "cheap"]
    assert (cheap.quantity_mw.tolist(), cheap.minimum_mw) == ([4.0, 2.75], 1.0)
    (dear,) = [series for series in order.series if series.bid_id == "dear"]
    assert dear.quantity_mw.tolist() == [6, 6.25]
    assert dear.activated_mw.tolist() == [6, 6.25]


@pytest.mark.parametrize("version", ["7.1", "7.3"])
def test_prices_of_capacity_are_in_the_list(ready: World, version: str) -> None:
    bids = [bid("a", "u1", 10, [20, 25]), bid("b", "free", [4, 0], 50), bid("c", "s1", 4, 30)]
    terms = {BidTerm.CAPACITY_PRICE_UNIT: "KWT", BidTerm.QUANTITY_UNIT: "MAW"}
    bids[0] = replace(bids[0], terms={**(bids[0].terms or {}), **terms})
    paid = replace(bids_from(bids), capacity_price=np.array([7.5, -1.25, 3.0, 9.0, np.nan, np.nan]))
    assert ready.submit("east", document("east", paid)) == []
    ready.demand("g1", up=100, down=0)
    ready.close_and_run()
    (order,) = written(ready, MeritOrderList)
    found = {one.bid_id: one for one in order.series}
    assert found["a"].capacity_price.tolist() == [7.5, -1.25]
    assert found["b"].capacity_price.tolist() == [3.0]
    assert np.isnan(found["c"].capacity_price).all()
    units = {name: one.capacity_price_unit for name, one in found.items()}
    assert units == {"a": "KWT", "b": "MAW", "c": None}
    again = write(order, version).data
    report = validate(again)
    assert report.valid
    assert report.identity is not None
    listed = read(again, report.identity).document
    assert isinstance(listed, MeritOrderList)
    back = {one.bid_id: one.capacity_price.tolist() for one in listed.series}
    assert (back["a"], back["b"]) == ([7.5, -1.25], [3.0])
    assert b">0.0075<" in again


@pytest.mark.feature(id="A5")
def test_both_documents_are_valid_in_the_platforms_version(decided: World) -> None:
    for one in written(decided, BidAvailability) + written(decided, MeritOrderList):
        version = one.header.version
        assert version == VERSIONS[one.header.kind]
        report = validate(write(one, version).data)
        assert report.valid, report.findings
        assert report.identity is not None
        assert (str(report.identity.family), report.identity.version) == (one.header.kind, version)


def test_a_platform_reads_of_its_own_bids_only(ready: World) -> None:
    ready.submit("east", document("east", [bid("e", "u1", 10, 20)]))
    ready.submit("west", document("west", [bid("w", "free", 10, 50)]))
    ready.demand("g1", up=10)
    ready.close_and_run()
    assert [s.bid_id for s in written(ready, MeritOrderList, "east")[0].series] == ["e"]
    assert [s.bid_id for s in written(ready, MeritOrderList, "west")[0].series] == ["w"]
    (availability,) = written(ready, BidAvailability, "west")
    assert [(limit.bid_id, limit.available_mw) for limit in availability.limits] == [("w", 6.0)]


def test_documents_wait_in_the_outbox_and_answer_the_run(decided: World) -> None:
    with decided.stores.shared.reading() as shared:
        run = runs.find_of_gate(shared, "g1")
    assert run is not None
    with decided.stores.of("east").reading() as uow:
        waiting = outbox.answering(uow, run.run_id)
    assert [message.kind for message in waiting] == [
        DocumentKind.BID_AVAILABILITY,
        DocumentKind.BID_AVAILABILITY,
        DocumentKind.MERIT_ORDER_LIST,
    ]


@pytest.mark.feature(id="B6")
@pytest.mark.parametrize(
    ("kind", "business_type"),
    [("line", "C41"), ("transformer", "C41"), ("voltage", "C43"), ("current", "C44"), ("other", "B74")],
)
def test_a_limit_is_reported_by_its_kind_and_never_as_a_condition(
    ready: World, kind: str, business_type: str
) -> None:
    """C40 is a bid that depends on others outside the platform; what is too dear keeps its own type."""
    north = model("north", 4.0)
    elements = tuple(replace(one, kind=ElementKind(kind)) for one in north.elements)
    ready.put("north", replace(north, elements=elements))
    ready.submit("east", document("east", [bid("cheap", "u1", 10, 20), bid("dear", "free", 10, 50)]))
    ready.demand("g1", up=5)
    ready.close_and_run()
    reported = {(one.bid_id, one.business_type) for one in written(ready, BidAvailability)[0].limits}
    assert reported == {("cheap", business_type), ("dear", "B74")}


@pytest.mark.parametrize("agreed", [False, True])
def test_what_cannot_be_decided_is_withheld_unless_the_grid_operator_agreed(
    world: World, agreed: bool
) -> None:
    if agreed:
        world.agree("north")
    world.gates.create(gate(use=UseOfLists.PREFIX))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    symmetric = bid("both", "u1", 10, 20)
    sent = document(
        "east",
        [
            replace(symmetric, direction=Direction.BOTH),
            bid("grouped", "u1", 10, 20, terms={BidTerm.EXCLUSIVE_GROUP: "x"}),
            bid("unpriced", "u1", 10, None, terms={BidTerm.EXCLUSIVE_GROUP: "x"}),
            bid("plain", "u1", 10, 20),
        ],
    )
    world.submit("east", sent)
    run_id = world.close_and_run()
    figures = world.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.partly_unchecked == agreed
    assert {name.removeprefix("east/"): why for name, why in figures.undecided} == {
        "both": "direction both is neither up nor down",
        "grouped": "tied by its exclusive group x to a bid that is not decided",
        "unpriced": "no energy price",
    }
    for name, seen in (("east", figures.undecided), ("west", ())):
        shown = world.results.run(run_id, TENANTS[name]).figures
        assert shown is not None
        assert shown.undecided == seen, "a platform sees its own"
    rows = {row.bid_id: row for row in world.availability(run_id, TENANTS["east"])["east"]}
    for name in ("both", "grouped", "unpriced"):
        assert rows[name].available_mw.tolist() == ([10, 10] if agreed else [0, 0])
        reason = rows[name].reason
        assert reason is not None
        assert ("passed on unchecked" if agreed else "nothing of it is available") in (reason.text or "")
    (order,) = written(world, MeritOrderList)
    assert [series.bid_id for series in order.series if series.bid_id != "plain"] == (
        ["grouped", "both", "unpriced"] if agreed else []
    )
    assert validate(write(order, "7.3").data).valid


def test_a_platform_without_bids_gets_an_empty_merit_order(ready: World) -> None:
    ready.close_and_run()
    (order,) = written(ready, MeritOrderList, "west")
    assert order.series == ()
    assert validate(write(order, "7.3").data).valid


def test_a_whole_day_has_one_series_per_constant_bid(world: World) -> None:
    world.gates.create(gate(units=96))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0, units=96))
    world.put("south", model("south", 9.0, units=96))
    bids = [bid("a", "u1", 10, 20, units=96), bid("b", "free", 10, 40, units=96)]
    world.submit("east", document("east", bids))
    world.demand("g1", up=8, units=96)
    world.close_and_run()
    (order,) = written(world, MeritOrderList)
    assert [(s.bid_id, len(s.quantity_mw)) for s in order.series] == [("a", 96), ("b", 96)]
    (only,) = written(world, BidAvailability)
    assert only.period == order.period


def test_what_no_document_can_carry_is_in_the_platforms_own_result(ready: World) -> None:
    def write(document: BidAvailability | MeritOrderList, version: str) -> Iterable[bytes]:
        parts = document.series if isinstance(document, MeritOrderList) else document.limits
        if any(part.bid_id == "long" for part in parts):
            raise ValueError("too many digits")
        return ready.write(document, version)

    ready.publisher._new_writer = lambda: write
    ready.put("north", model("north", 4.0, base_mw=[0.0, 1.0]))
    ready.submit("east", document("east", [bid("long", "u1", 10, 20), bid("short", "free", 1, 30)]))
    ready.demand("g1", up=10)
    run_id = ready.close_and_run()
    rows = {
        row.bid_id: [reason.text or "" for reason in row.reasons]
        for row in ready.availability(run_id, TENANTS["east"])["east"]
    }
    congested, left_out = rows["long"]
    assert congested == "the grid cannot carry the whole bid"
    assert "cannot be written in MeritOrderList 7.3, so your document leaves the bid out" in left_out
    assert not any("cannot be written" in text for text in rows["short"])
    order = written(ready, MeritOrderList)[-1]
    assert [one.bid_id for one in order.series] == ["short"]


def test_a_list_too_large_for_one_document_is_parts_of_some_hours(ready: World) -> None:
    result = result_of_east(ready, units=96, bids=40)
    (whole,) = merit_order_documents(result, DAY)
    parts = list(merit_order_documents(replace(result, largest_bytes=200_000), DAY))
    assert len(parts) > 2
    assert [part.period.start for part in parts[1:]] == [part.period.end for part in parts[:-1]]
    assert (parts[0].period.start, parts[-1].period.end) == (whole.period.start, whole.period.end)
    assert len({part.header.mrid for part in parts}) == len(parts)
    assert [reason.code for part in parts for reason in part.reasons] == ["A95"] * len(parts)
    for part in parts:
        assert len(write(part, "7.3").data) <= 200_000
    for series in whole.series:
        mine = [one for part in parts for one in part.series if one.bid_id == series.bid_id]
        assert np.concatenate([one.quantity_mw for one in mine]).tolist() == series.quantity_mw.tolist()
        assert np.concatenate([one.energy_price for one in mine]).tolist() == series.energy_price.tolist()
    again = list(merit_order_documents(replace(result, largest_bytes=200_000, number=2), DAY))
    assert [part.header.mrid for part in again] == [part.header.mrid for part in parts]
    other = list(merit_order_documents(replace(result, largest_bytes=200_000, first_run="run-2"), DAY))
    assert {part.header.mrid for part in other}.isdisjoint(part.header.mrid for part in parts)


def result_of_east(world: World, units: int, bids: int) -> PlatformResult:
    """All of bids whose price changes with every unit."""
    of_day = gate(delivery=Interval(DAY, DAY + units * QUARTER.astype(object)), gate_id="whole")
    draw = np.random.default_rng(0)
    sent = [
        bid(f"bid-{number}", "free", 5, draw.integers(1, 90, units).tolist(), units=units)
        for number in range(bids)
    ]
    world.gates.cancel("g1")
    world.gates.create(of_day)
    world.submit("east", document("east", sent))
    collected = read_offers(world.stores, of_day)
    shape = collected.quantity_mw.shape
    availability = Availability(
        bid_id=[one.bid_id for one in collected.bids],
        platform=collected.platform,
        document=[one.document.mrid for one in collected.bids],
        offered_mw=collected.quantity_mw,
        available_mw=collected.quantity_mw,
        accepted_mw=None,
        limited=np.zeros(shape, dtype=np.bool_),
    )
    return PlatformResult(
        number=1,
        first_run="run-1",
        limited_before=np.zeros(shape, dtype=np.bool_),
        tenant=TENANTS["east"],
        role=TenantRole.PLATFORM,
        platform="east",
        gateway=GATEWAY,
        gate=of_day,
        collected=collected,
        bids=range(len(collected)),
        availability=availability,
        why=ReasonTable.empty(shape),
        limiting={},
    )
