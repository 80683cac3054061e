"""Demands that name no zone or product: no bid can make them void."""

from collections.abc import Mapping, Sequence

import pytest

from gateway.domain.bid import BidTerm
from gateway.processes.errors import DemandInvalidError
from tests.processes.world import AREA, TENANTS, World, bid, document, gate

ODD = pytest.mark.parametrize(
    ("odd", "note"),
    [
        ({BidTerm.CONNECTING_AREA: "FOO"}, f"names no bidding zone; bids of {AREA}, FOO stand in one list"),
        ({BidTerm.PRODUCT: "A02"}, "names no product; bids of A01, A02 stand in one list"),
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


@ODD
def test_what_another_statement_names_is_meant(ready: World, odd: Mapping[BidTerm, str], note: str) -> None:
    """12 MW in all: more than the good bid has, and still none of the odd one, which is in another list."""
    ready.demand("g1", up=8)
    ready.demands.state("g1", TENANTS["tso"], [4, 4], [0, 0], zone=AREA, product="A01")
    taken, notes = available(ready, odd)
    assert taken == {"good": 10, "odd": 0}
    assert not any(note in one for one in notes)


def test_where_others_name_several_zones_only_theirs_counts(ready: World) -> None:
    ready.demand("g1", up=1)
    for zone, mw in ((AREA, 3), ("FOO", 2)):
        ready.demands.state("g1", TENANTS["tso"], [mw, mw], [0, 0], zone=zone, product="A01")
    taken, notes = available(ready, {BidTerm.CONNECTING_AREA: "FOO"})
    assert taken == {"good": 3, "odd": pytest.approx(0.001)}
    assert f"a demand that names no bidding zone is not counted: others name {AREA}, FOO" in notes


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
