"""Bids that stand or fall as a whole: where a grid is what stops them they are limited, and told by what."""

from dataclasses import replace

import pytest

from gateway.domain.bid import BidTerm
from gateway.domain.bids import SimpleBid
from gateway.domain.gate import UseOfLists
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
    told = world.results.run(run_id, TENANTS["operator"]).figures
    assert told is not None
    assert told.limited_bids == 2
    rows = world.availability(run_id, TENANTS["operator"])["east"]
    assert [(row.available_mw.tolist(), row.reason and row.reason.code) for row in rows] == [
        ([0.0], ReasonCode.INTERNAL_CONGESTION)
    ] * 2
    explained = list(world.results.explanations(run_id, TENANTS["north"]))
    assert [(one.bid_id, one.element_id, one.share) for one in explained] == [
        ("a", element, 1.0),
        ("b", element, 1.0),
    ]


def test_a_group_that_nobody_needs_whole_is_not_limited(world: World) -> None:
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
