"""Bids that are cut by what they, or others, can only be taken as: no grid is named, nor their own nature."""

from typing import Any

import numpy as np
import pytest

from gateway.domain.gate import UseOfLists
from gateway.domain.reason import ReasonCode
from gateway.records.market.results import BidAvailabilityRow
from tests.processes.world import RESOURCES, TENANTS, World, bid, document, gate, model

ENOUGH = 1000.0
NOT_NEEDED = "not needed"
MET = "not needed: others, which cannot be taken with less, meet the demand"
EQUAL = "not needed: others at the same price come first, because the cost is the same either way"
REST = "the rest is "
WHOLE = "indivisible, and the whole is more than is still needed"
MINIMUM = "its minimum is more than is still needed"


def rows_of(world: World, bids: list[Any], *, demand: float | None, **terms: Any) -> list[BidAvailabilityRow]:
    """What became of the bids, behind lines that carry all of them."""
    world.gates.create(gate(**terms))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", ENOUGH))
    world.put("south", model("south", ENOUGH))
    world.submit("east", document("east", bids))
    if demand is not None:
        world.demand("g1", up=demand)
    rows = world.availability(world.close_and_run(), TENANTS["operator"])["east"]
    return sorted(rows, key=lambda row: row.bid_id)


@pytest.mark.parametrize(
    ("demand", "minimum", "other", "left", "why"),
    [
        (2.5, 0.5, None, 2.5, REST + NOT_NEEDED),
        (10, 0.5, {"mw": 9.5, "price": 10, "divisible": False}, 0.5, REST + MET),
        (10, 0.0, {"mw": 9.5, "price": 10, "divisible": False}, 0.5, REST + MET),
        (4, 0.5, {"mw": 3.5, "price": 10, "minimum": 1.0}, 3.0, REST + MET),
        (4, 0.5, {"mw": 3.5, "price": 5, "minimum": 0.5}, 0.5, REST + NOT_NEEDED),
        (0.3, 0.5, None, 0, MINIMUM),
    ],
    ids=["demand met", "a whole", "no minimum", "a minimum", "the same price", "too much"],
)
def test_a_divisible_bid_is_never_called_indivisible(
    world: World, demand: float, minimum: float, other: dict[str, Any] | None, left: float, why: str
) -> None:
    bids = [bid("b", "u1", 3.5, 5, minimum=minimum)]
    if other is not None:
        bids.append(bid("a", "u1", **other))
    row = rows_of(world, bids, demand=demand)[-1]
    assert row.available_mw == pytest.approx([left, left])
    assert not row.limited.any()
    assert row.reason is not None
    assert (row.reason.code, row.reason.text) == (ReasonCode.BID_NOT_ACCEPTED, why)


def test_a_bid_beside_a_divisible_one_of_its_price_names_no_others_that_cannot_be_taken_with_less(
    world: World,
) -> None:
    bids = [bid("a", "u1", 5, 5), bid("b", "u1", 2, 5), bid("c", "u1", 5, 6, divisible=False)]
    rows = rows_of(world, bids, demand=11)
    assert rows[2].available_mw == pytest.approx([5, 5])
    (cut,) = [row for row in rows if (row.available_mw < row.offered_mw).any()]
    assert not cut.limited.any()
    assert cut.reason is not None
    assert (cut.reason.code, cut.reason.text) == (ReasonCode.BID_NOT_ACCEPTED, REST + EQUAL)


def test_of_a_bid_that_is_taken_in_part_the_rest_is_not_needed_in_these_units_only(world: World) -> None:
    bids = [bid("cheap", "u1", [4, 10], 5), bid("dear", "u1", 4, 6)]
    _, dear = rows_of(world, bids, demand=6)
    assert dear.available_mw == pytest.approx([2, 0])
    assert [reason.text for reason in dear.reasons] == [REST + NOT_NEEDED, NOT_NEEDED]


def test_an_indivisible_bid_has_the_reason_that_the_whole_is_too_much(world: World) -> None:
    (row,) = rows_of(world, [bid("a", "u1", 3.5, 5, divisible=False)], demand=3.0)
    assert row.available_mw == pytest.approx([0, 0])
    assert row.reason is not None
    assert row.reason.text == WHOLE


@pytest.mark.parametrize("seed", range(6))
def test_without_a_limit_in_the_way_no_bid_names_one(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bids = [
        bid(
            f"b{number}",
            "u1",
            float(mw),
            float(rng.integers(1, 5)),
            divisible=bool(rng.random() < 0.6),
            minimum=float(mw) * float(rng.choice([0.0, 0.3, 0.8])),
        )
        for number, mw in enumerate(rng.integers(1, 9, size=10))
    ]
    rows = rows_of(world, bids, demand=float(rng.uniform(3, 30)))
    cut = [row for row in rows if (row.available_mw < row.offered_mw).any()]
    assert cut
    assert not any(row.limited.any() for row in rows)
    assert {row.reason.code if row.reason else None for row in cut} == {ReasonCode.BID_NOT_ACCEPTED}


def test_prefix_lists_know_no_need(world: World) -> None:
    bids = [bid("a", "u1", 3.5, 5, minimum=0.5), bid("b", "u1", 9.5, 10, divisible=False)]
    for row in rows_of(world, bids, demand=None, use=UseOfLists.PREFIX):
        assert row.available_mw == pytest.approx(row.offered_mw)
        assert row.reason is None


def test_a_demand_for_a_zone_without_bids_is_noted(world: World) -> None:
    world.gates.create(gate())
    world.demands.state("g1", TENANTS["tso"], [4, 4], [0, 0], zone="10YNOSUCH", product="A01")
    rows_of_run = world.results.run(world.close_and_run(), TENANTS["operator"]).figures
    assert rows_of_run is not None
    assert rows_of_run.shortage_mwh == pytest.approx(2)
    assert "2 MWh are demanded of the list 10YNOSUCH A01 up, in which there are no bids" in rows_of_run.notes
