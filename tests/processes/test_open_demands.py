"""Demands that name no zone or product: no bid can make them void."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from gateway.domain.bid import BidTerm
from gateway.processes.errors import DemandInvalidError, DemandOverlapError
from gateway.records.market import demands
from tests.processes.world import AREA, DAY, RESOURCES, TENANTS, World, bid, document, gate, model

ODD = pytest.mark.parametrize(
    ("odd", "note"),
    [
        ({BidTerm.CONNECTING_AREA: "FOO"}, f"names no bidding zone; bids of {AREA}, FOO share one list"),
        ({BidTerm.PRODUCT: "A02"}, "names no product; bids of A01, A02 share one list"),
    ],
)


def available(world: World, odd: Mapping[BidTerm, str]) -> tuple[dict[str, float], Sequence[str]]:
    """MW of each bid in the first unit, and the notes of the run: a good bid, and a tiny, dear, odd one."""
    world.submit("east", document("east", [bid("good", "free", 10, 20)]))
    world.submit("west", document("west", [bid("odd", "free", 0.001, 9999, terms=odd)]))
    run_id = world.close_and_run()
    found = world.availability(run_id, TENANTS["operator"])
    figures = world.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    return {row.bid_id: row.available_mw[0] for rows in found.values() for row in rows}, figures.notes


@ODD
def test_an_odd_bid_leaves_the_others_their_demand(
    ready: World, odd: Mapping[BidTerm, str], note: str
) -> None:
    ready.demand("g1", up=8)
    taken, notes = available(ready, odd)
    assert taken == {"good": 8, "odd": 0}
    assert any(note in one for one in notes)


def test_a_bid_without_a_stated_demand_has_that_as_its_reason(ready: World) -> None:
    ready.demands.state("g1", TENANTS["tso"], [8, 8], [0, 0], zone=AREA)
    ready.submit("east", document("east", [bid("good", "free", 10, 20), bid("dear", "free", 10, 90)]))
    ready.submit("west", document("west", [bid("odd", "free", 5, 1, terms={BidTerm.CONNECTING_AREA: "FOO"})]))
    found = ready.availability(ready.close_and_run(), TENANTS["operator"])
    text = {row.bid_id: row.reason and row.reason.text for rows in found.values() for row in rows}
    assert text["dear"] == "not needed"
    assert text["odd"] == "not needed: no demand was stated for its list (FOO A01 up)"


UNCLEAR = pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ({}, {"zone": AREA}, "stated a demand without a zone, which bids of any zone may meet"),
        ({"zone": AREA}, {}, f"stated a demand of zone {AREA}; a further one without a zone"),
        (
            {"zone": AREA},
            {"zone": AREA, "product": "A01"},
            "stated a demand without a product, which bids of any product may meet",
        ),
        (
            {"zone": AREA, "product": "A01"},
            {"zone": AREA},
            "stated a demand of product A01; a further one without a product",
        ),
        ({"product": "A01"}, {}, "stated a demand of product A01; a further one without a product"),
    ],
)


@UNCLEAR
@pytest.mark.parametrize("who", ["tso", "tso2"])
def test_a_demand_that_may_be_a_part_of_another_is_refused(
    ready: World, first: dict[str, str], second: dict[str, str], text: str, who: str
) -> None:
    ready.demands.state("g1", TENANTS["tso"], [8, 8], [0, 0], **first)
    with pytest.raises(DemandOverlapError, match=text) as refused:
        ready.demands.state("g1", TENANTS[who], [4, 4], [0, 0], **second)
    assert str(refused.value).startswith("you" if who == "tso" else "tso")
    assert refused.value.place == ("/zone" if "zone" in text else "/product")
    ((_, is_kept),) = ready.demands.stated("g1", TENANTS["operator"])
    assert is_kept.up_mw.tolist() == [8, 8]
    ready.demands.withdraw("g1", TENANTS["tso"], **first)
    ready.demands.state("g1", TENANTS[who], [4, 4], [0, 0], **second)


def test_demands_of_other_zones_may_leave_the_product_open(ready: World) -> None:
    ready.demands.state("g1", TENANTS["tso"], [3, 3], [0, 0], zone=AREA, product="A01")
    ready.demands.state("g1", TENANTS["tso2"], [2, 2], [0, 0], zone="FOO")
    taken, notes = available(ready, {BidTerm.CONNECTING_AREA: "FOO"})
    assert taken == {"good": 3, "odd": pytest.approx(0.001)}
    assert not any("names no" in one for one in notes)


@pytest.mark.parametrize("named", [(AREA,), (AREA, "FOO")])
def test_a_demand_of_a_participant_that_came_back_adds_to_no_other(
    ready: World, named: tuple[str, ...]
) -> None:
    """As if its system operator left the configuration, others stated theirs, and it is back."""
    for zone in named:
        ready.demands.state("g1", TENANTS["tso"], [3, 3], [0, 0], zone=zone, product="A01")
    mw = np.ones(2)
    with ready.stores.of("tso2").writing() as uow:
        demands.put(uow, demands.Demand("g1", ready.clock.now(), DAY, mw, mw))
    taken, notes = available(ready, {BidTerm.CONNECTING_AREA: "FOO"})
    assert taken["good"] == 3
    assert f"a demand that names no bidding zone is not counted: others name {', '.join(named)}" in notes


def test_a_bid_without_a_zone_is_of_the_one_that_its_gate_has(world: World) -> None:
    world.gates.create(gate(zones=(AREA,)))
    world.put("north", model("north", 100))
    world.put("south", model("south", 100))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    left_out = bid("good", "free", 10, 20)
    del left_out.terms[BidTerm.CONNECTING_AREA]
    world.submit("east", document("east", [left_out]))
    world.demand("g1", up=8)
    (row,) = world.availability(world.close_and_run(), TENANTS["operator"])["east"]
    assert row.available_mw.tolist() == [8, 8]


@pytest.mark.parametrize(("zone", "product", "part"), [("FOO", "A01", "zone"), (AREA, "A02", "product")])
def test_a_demand_for_what_the_gate_does_not_have_is_refused(
    world: World, zone: str, product: str, part: str
) -> None:
    world.gates.create(gate(zones=(AREA,), products=("A01",)))
    with pytest.raises(DemandInvalidError, match=f"the gate has no {part}") as refused:
        world.demands.state("g1", TENANTS["tso"], [1, 1], [0, 0], zone=zone, product=product)
    assert refused.value.place == f"/{part}"
    assert world.demands.stated("g1", TENANTS["operator"]) == []
    world.demands.state("g1", TENANTS["tso"], [1, 1], [0, 0], zone=AREA, product="A01")
