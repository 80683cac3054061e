"""Who is told what of a run, in documents: platforms, system operators, grid operators."""

from dataclasses import replace

import pytest

from gateway.domain.document import BidAvailability, MeritOrderList
from gateway.domain.tenant import Tenant
from gateway.processes.bid_check.result.publish import Publisher
from tests.processes.world import GATEWAY, TENANTS, World, bid, document, model


def told(world: World, name: str) -> list[BidAvailability | MeritOrderList]:
    return [one for one in world.written if one.header.receiver.party == TENANTS[name].parties[0]]


def lists(world: World, name: str) -> list[set[str]]:
    return [
        {one.bid_id for one in each.series} for each in told(world, name) if isinstance(each, MeritOrderList)
    ]


def limits(world: World, name: str) -> list[tuple[int, str, float]]:
    return [
        (each.header.revision, limit.bid_id, limit.available_mw)
        for each in told(world, name)
        if isinstance(each, BidAvailability)
        for limit in each.limits
    ]


def with_tenants(world: World, **changed: Tenant) -> World:
    tenants = {**TENANTS, **changed}
    world.publisher = Publisher(world.store, tenants, GATEWAY, world.clock, new_writer=lambda: world.write)
    world.bid_check = world.check_with(world.bid_check._solve)
    return world


def decided(world: World) -> None:
    world.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    world.submit("west", document("west", [bid("dear", "s1", 10, 50), bid("dearest", "free", 10, 90)]))
    world.demand("g1", up=20)
    world.close_and_run()


def test_a_system_operator_that_takes_lists_has_those_of_every_platform(ready: World) -> None:
    decided(with_tenants(ready, tso=replace(TENANTS["tso"], merit_order_lists=True)))
    assert lists(ready, "tso") == [{"cheap"}, {"dear", "dearest"}]
    assert len({one.header.mrid for one in ready.written}) == len(ready.written)
    assert limits(ready, "tso") == []
    assert told(ready, "tso2") == []
    assert told(ready, "operator") == []


def test_a_platform_may_do_without_lists(ready: World) -> None:
    decided(with_tenants(ready, east=replace(TENANTS["east"], merit_order_lists=False)))
    assert lists(ready, "east") == []
    assert lists(ready, "west") == [{"dear", "dearest"}]
    assert {name for _, name, _ in limits(ready, "east")} == {"cheap"}


def test_grid_operators_hear_of_bids_that_their_own_elements_limit(ready: World) -> None:
    ready.put("south", model("south", 6.0))
    decided(ready)
    assert limits(ready, "north") == [(1, "cheap", 4.0)]
    assert limits(ready, "south") == [(1, "dear", 6.0)]
    assert lists(ready, "north") == []
    ready.written.clear()
    ready.put("north", model("north", 100.0))
    ready.gates.run_again("g1")
    ready.bid_check.run("g1")
    assert limits(ready, "north") == [(2, "cheap", 10.0), (2, "cheap", 10.0)]
    assert {one.header.revision for one in told(ready, "south")} == {2}


@pytest.mark.parametrize("name", ["north", "tso"])
def test_who_has_no_party_is_told_by_the_interface_alone(ready: World, name: str) -> None:
    silent = replace(TENANTS[name], parties=(), merit_order_lists=None)
    decided(with_tenants(ready, **{name: silent}))
    assert told(ready, name) == []
