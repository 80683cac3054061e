"""Bids that are taken or left as a whole: where a grid stops them they are limited, and it is named."""

from dataclasses import replace

import pytest

from gateway.domain.bid import BidTerm
from gateway.domain.bids import SimpleBid
from gateway.domain.gate import ListObjective, UseOfLists
from gateway.domain.grid import ReducedGridModel
from gateway.domain.reason import ReasonCode
from tests.processes.world import RESOURCES, TENANTS, World, bid, document, gate, model


def banded(limit_mw: float, band_mw: float) -> ReducedGridModel:
    grid = model("north", limit_mw, units=1)
    points = tuple(replace(one, activation_band_mw=(-band_mw, band_mw)) for one in grid.operating_points)
    return replace(grid, operating_points=points)


LINE, BAND = (banded(3.0, 100.0), "north-line"), (banded(100.0, 3.0), "activation band up")


def whole(name: str, mw: float, price: float, **group: str) -> SimpleBid:
    terms = {BidTerm(term): text for term, text in group.items()}
    return bid(name, "u1", mw, price, units=1, divisible=False, minimum=None, terms=terms)


INCLUSIVE = [whole(name, 2, 20, inclusive_group="g") for name in "ab"]
EXCLUSIVE = [whole("a", 4, 20, exclusive_group="g"), whole("b", 5, 30, exclusive_group="g")]
ALONE = [whole("a", 4, 20), whole("b", 5, 30)]


@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize("bids", [INCLUSIVE, EXCLUSIVE, ALONE], ids=["inclusive", "exclusive", "alone"])
@pytest.mark.parametrize(("grid", "element"), [LINE, BAND], ids=["line", "band"])
def test_what_is_stopped_as_a_whole_is_limited_by_an_element(
    world: World, use: UseOfLists, bids: list[SimpleBid], grid: ReducedGridModel, element: str
) -> None:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", grid)
    world.put("south", model("south", 100.0, units=1))
    world.gates.create(gate(units=1, use=use))
    assert world.submit("east", document("east", bids)) == []
    if use is UseOfLists.EXACT:
        world.demand("g1", up=9.0, units=1)
    run_id = world.close_and_run()
    reported = world.results.run(run_id, TENANTS["operator"]).figures
    assert reported is not None
    assert reported.limited_bids == 2
    rows = world.availability(run_id, TENANTS["operator"])["east"]
    assert [(row.available_mw.tolist(), row.reason and row.reason.code) for row in rows] == [
        ([0.0], ReasonCode.INTERNAL_CONGESTION)
    ] * 2
    explained = list(world.results.explanations(run_id, TENANTS["north"]))
    assert [(one.bid_id, one.element_id, one.share) for one in explained] == [
        ("a", element, 1.0),
        ("b", element, 1.0),
    ]


def test_a_group_that_is_not_needed_whole_is_not_limited(world: World) -> None:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 100.0, units=1))
    world.put("south", model("south", 100.0, units=1))
    world.gates.create(gate(units=1))
    assert world.submit("east", document("east", INCLUSIVE)) == []
    world.demand("g1", up=3.0, units=1)
    run_id = world.close_and_run()
    rows = world.availability(run_id, TENANTS["operator"])["east"]
    assert [(row.limited.any(), row.reason and row.reason.code) for row in rows] == [
        (False, ReasonCode.LINKED_BID_REJECTED)
    ] * 2


@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize("divisible", [True, False])
def test_a_block_blames_the_grid_only_in_the_units_in_which_it_is_full(
    world: World, use: UseOfLists, divisible: bool
) -> None:
    """The cheap bid of the first unit fills 3 of 4 MW there; in the second unit the line is all but empty."""
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    world.gates.create(gate(use=use, objective=ListObjective.PRICE_ORDER))
    least = {} if divisible else {"minimum": None}
    block = bid("block", "u1", 3, 20, divisible=divisible, terms={BidTerm.BLOCK: "A01"}, **least)
    bids = [bid("cheap", "u1", 3, 5, units=1, divisible=False), block, bid("dear", "s1", 9, 30)]
    assert world.submit("east", document("east", bids)) == []
    if use is UseOfLists.EXACT:
        world.demand("g1", up=6.0)
    run_id = world.close_and_run()
    (row,) = [one for one in world.availability(run_id, TENANTS["east"])["east"] if one.bid_id == "block"]
    left = 1.0 if divisible else 0.0
    assert row.available_mw == pytest.approx([left, left])
    assert row.limited.tolist() == [True, False]
    codes = [reason.code for reason in row.reasons]
    assert sorted(codes) == [ReasonCode.LINKED_BID_REJECTED, ReasonCode.INTERNAL_CONGESTION]
    explained = [one for one in world.results.explanations(run_id, TENANTS["north"]) if one.bid_id == "block"]
    assert [(one.mtu, one.element_id) for one in explained] == [(0, "north-line")]
