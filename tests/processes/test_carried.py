"""Gates of a rolling market: what one publishes for direct activation still delivers in the next one."""

from datetime import timedelta

import pytest

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import SimpleBid
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.market_time import Interval
from tests.processes.world import CLOSES, DAY, RESOURCES, TENANTS, World, bid, document, gate, model

QUARTER = timedelta(minutes=15)
DIRECT, SCHEDULED = {BidTerm.PRODUCT: "A07"}, {BidTerm.PRODUCT: "A05"}


def quarter(number: int, use: UseOfLists = UseOfLists.PREFIX) -> Gate:
    delivery = Interval(DAY + number * QUARTER, DAY + (number + 1) * QUARTER)
    return gate(f"q{number}", delivery=delivery, use=use)


def available(world: World, number: int, *bids: SimpleBid) -> dict[str, float]:
    """Send bids to a quarter hour, close and run it."""
    world.clock.moment = CLOSES - timedelta(hours=1)
    sent = document("east", list(bids), mrid=f"doc-{number}")
    assert world.submit("east", sent, f"d{number}") == []
    run_id = world.close_and_run(f"q{number}")
    rows = world.results.availability(run_id, TENANTS["operator"])["east"]
    return {row.bid_id: round(float(row.available_mw[0]), 5) for row in rows}


@pytest.fixture
def rolling(world: World) -> World:
    """A line of 10 MW over three quarter hours, u1 and u2 load it by their MW."""
    world.resources.take(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 10.0, units=3))
    world.put("south", model("south", 10.0, units=3))
    for number in range(3):
        world.gates.create(quarter(number))
    return world


@pytest.mark.parametrize(("terms", "left"), [(DIRECT, 4.0), (SCHEDULED, 9.0)])
def test_what_may_be_activated_directly_leaves_less_to_the_next_gate(
    rolling: World, terms: dict[BidTerm, str], left: float
) -> None:
    assert available(rolling, 0, bid("a", "u1", 6, 20, units=1, terms=terms)) == {"a": 6.0}
    assert available(rolling, 1, bid("b", "u2", 9, 20, units=1, start=1, terms=SCHEDULED)) == {"b": left}
    assert available(rolling, 2, bid("c", "u2", 9, 20, units=1, start=2, terms=SCHEDULED)) == {"c": 9.0}


def test_only_what_was_published_counts(rolling: World) -> None:
    assert available(rolling, 0, bid("a", "u1", 60, 20, units=1, terms=DIRECT)) == {"a": 10.0}
    assert available(rolling, 1, bid("b", "u2", 9, 20, units=1, start=1, terms=SCHEDULED)) == {"b": 0.0}


def test_before_it_has_published_all_that_is_offered_counts(rolling: World) -> None:
    sent = document("east", [bid("a", "u1", 3, 20, units=1, terms=DIRECT)], mrid="first")
    assert rolling.submit("east", sent, "first") == []
    assert available(rolling, 1, bid("b", "u2", 9, 20, units=1, start=1, terms=SCHEDULED)) == {"b": 7.0}


def test_relief_that_may_still_be_delivered_is_not_relied_on(rolling: World) -> None:
    down = bid("a", "u1", 6, 20, units=1, direction=Direction.DOWN, terms=DIRECT)
    assert available(rolling, 0, down) == {"a": 6.0}
    assert available(rolling, 1, bid("b", "u2", 15, 20, units=1, start=1, terms=SCHEDULED)) == {"b": 10.0}
