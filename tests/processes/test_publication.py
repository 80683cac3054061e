"""Publication of a run in documents: to platforms, system operators, grid operators."""

import pickle
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import text

from gateway.domain.document import BidAvailability, MeritOrderList
from gateway.domain.tenant import Tenant
from gateway.processes.bid_check.helper_process import HelperGoneError
from gateway.processes.bid_check.result import parallel_publication, publish
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.result.result_rows import Result
from gateway.records.market import runs
from gateway.records.messages import acknowledgements
from mappings import DocumentStreams
from tests.processes.world import GATEWAY, TENANTS, World, bid, document, model

PUBLISHED = (
    "SELECT bid_id, offered_mw, available_mw, limited, reasons FROM availability ORDER BY bid_id",
    "SELECT bid_id, mtu, limiting_row, cut_mw, share FROM explanations ORDER BY place",
    "SELECT platform, bid_id, available_mw FROM merit_orders ORDER BY platform, bid_id",
    "SELECT kind, version, payload, conversation, gate_id FROM outbox ORDER BY id",
)


def reported(world: World, name: str) -> list[BidAvailability | MeritOrderList]:
    return [one for one in world.written if one.header.receiver.party == TENANTS[name].parties[0]]


def lists(world: World, name: str) -> list[set[str]]:
    return [
        {one.bid_id for one in each.series}
        for each in reported(world, name)
        if isinstance(each, MeritOrderList)
    ]


def limits(world: World, name: str) -> list[tuple[int, str, float]]:
    return [
        (each.header.revision, limit.bid_id, limit.available_mw)
        for each in reported(world, name)
        if isinstance(each, BidAvailability)
        for limit in each.limits
    ]


def with_tenants(world: World, **changed: Tenant) -> World:
    tenants = {**TENANTS, **changed}
    world.publisher = Publisher(world.stores, tenants, GATEWAY, world.clock, new_writer=lambda: world.write)
    world.bid_check = world.check_with(world.bid_check._solve)
    return world


def decided(world: World) -> None:
    world.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    world.submit("west", document("west", [bid("dear", "s1", 10, 50), bid("dearest", "free", 10, 90)]))
    world.demand("g1", up=20)
    world.close_and_run()


@pytest.mark.feature(id="C12")
def test_a_system_operator_that_takes_lists_has_those_of_every_platform(ready: World) -> None:
    decided(with_tenants(ready, tso=replace(TENANTS["tso"], merit_order_lists=True)))
    assert lists(ready, "tso") == [{"cheap"}, {"dear", "dearest"}]
    assert len({one.header.mrid for one in ready.written}) == len(ready.written)
    assert limits(ready, "tso") == []
    assert reported(ready, "tso2") == []
    assert reported(ready, "operator") == []


def test_a_platform_may_do_without_lists(ready: World) -> None:
    decided(with_tenants(ready, east=replace(TENANTS["east"], merit_order_lists=False)))
    assert lists(ready, "east") == []
    assert lists(ready, "west") == [{"dear", "dearest"}]
    assert {name for _, name, _ in limits(ready, "east")} == {"cheap"}


@pytest.mark.feature(id="C12")
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
    assert {one.header.revision for one in reported(ready, "south")} == {2}


def test_the_acknowledgement_of_every_receiver_is_awaited(ready: World) -> None:
    ready.put("south", model("south", 6.0))
    decided(with_tenants(ready, tso=replace(TENANTS["tso"], merit_order_lists=True)))
    for name in ("east", "west", "north", "south", "tso"):
        with ready.stores.of(name).reading() as uow:
            sent = [row.id for row in uow.execute(text("SELECT id FROM outbox ORDER BY id"))]
            awaited = acknowledgements.of(uow, sent)
        assert sent, name
        assert sorted(awaited) == sent, name


@pytest.mark.parametrize("name", ["north", "tso"])
def test_who_has_no_party_is_notified_by_the_interface_alone(ready: World, name: str) -> None:
    silent = replace(TENANTS[name], parties=(), merit_order_lists=None)
    decided(with_tenants(ready, **{name: silent}))
    assert reported(ready, name) == []


def all_reported(world: World) -> dict[str, tuple[list[tuple[object, ...]], ...]]:
    """What is in the store of each participant, without the name of the run."""
    found = {}
    for name in TENANTS:
        with world.stores.of(name).reading() as uow:
            found[name] = tuple(
                [tuple(row) for row in uow.execute(text(gate_problem))] for gate_problem in PUBLISHED
            )
    return found


@pytest.mark.parametrize("dies", [False, True])
def test_another_process_tells_platforms_the_same(
    ready: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, dies: bool
) -> None:
    monkeypatch.setattr(publish, "MANY_PLATFORMS", 1)
    monkeypatch.setattr(parallel_publication, "HANDED_ON_LEAST", 1)
    monkeypatch.setattr(runs, "uuid", SimpleNamespace(uuid4=lambda: UUID(int=1)))  # mRIDs follow from it
    ready.put("south", model("south", 6.0))
    ready.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    ready.submit("west", document("west", [bid("dear", "s1", 10, 50), bid("dearest", "free", 10, 90)]))
    ready.demand("g1", up=20)
    ready.stores.close()
    shutil.copytree(tmp_path / "data", tmp_path / "helper")
    world = World.at(tmp_path / "helper")
    handed_on: list[str] = []

    def helper(result: Result, platforms: Sequence[str]) -> Sequence[str]:
        handed_on.extend(platforms)
        if dies:
            raise HelperGoneError
        part: Result = pickle.loads(pickle.dumps(result))  # noqa: S301
        assert set(part.collected.platform) == set(platforms)
        return world.publisher.publish_to_platforms(part, platforms)

    world.publisher._helper = helper
    for one in (ready, world):
        one.publisher._new_writer = DocumentStreams()
        one.close_and_run()
    assert handed_on
    assert all_reported(world) == all_reported(ready)
    assert all(all_reported(world)["east"][number] for number in (0, 3))
