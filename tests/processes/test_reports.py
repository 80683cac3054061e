"""Whom limits hit, and what a bid would overload by not delivering."""

from datetime import timedelta

import pytest

from gateway.domain.bid import BidTerm
from gateway.domain.gate import GateMode
from gateway.domain.resource import ResourceMap
from gateway.domain.result import GroupedBy, LimitedShare, Side
from gateway.processes.bid_check import reports
from gateway.processes.errors import RunNotPublishedError, UnknownRunError
from gateway.records import runs
from gateway.records.reports import FailingBidRow
from tests.processes.world import CLOSES, TENANTS, World, bid, connected, document, gate, model

TSO, OPERATOR = TENANTS["tso"], TENANTS["operator"]


def prepare(world: World, **terms: object) -> None:
    """North's line carries 4 MW; `load` brings 1 MW per MW, `relief` takes half of that away."""
    world.gates.create(gate(**terms))  # type: ignore[arg-type]
    units = connected(load=(("north", "n1"),), relief=(("north", "far"),), free=(("north", "ref"),))
    world.resources.take(TSO, ResourceMap(units, {}))
    world.put("north", model("north", 4.0))
    by_a, by_b = {BidTerm.PROVIDER: "TEST-A"}, {BidTerm.PROVIDER: "TEST-B"}
    bids = [bid("load", "load", 10, [20, 10], terms=by_a), bid("relief", "relief", 8, 15, terms=by_b)]
    world.submit("east", document("east", bids))
    world.submit("west", document("west", [bid("dear", "free", 30, 90)]))
    if terms.get("mode") is not GateMode.SAFE_MERIT_ORDER:
        world.demand("g1", up=20)


def test_limits_are_set_against_the_part_of_the_merit_order(world: World) -> None:
    """By price: 10 MW of A, 8 of B, 2 of nobody; the line leaves A 8 MW. Two quarter hours."""
    prepare(world)
    run_id = world.close_and_run()
    shares = world.results.limited_shares(run_id, OPERATOR)
    assert shares == world.results.limited_shares(run_id, TSO)
    assert [(one.by, one.name) for one in shares] == [
        (GroupedBy.PROVIDER, "TEST-A"),
        (GroupedBy.PROVIDER, ""),
        (GroupedBy.PROVIDER, "TEST-B"),
        (GroupedBy.PLATFORM, "east"),
        (GroupedBy.PLATFORM, "west"),
    ]
    assert shares[0] == LimitedShare(GroupedBy.PROVIDER, "TEST-A", 5.0, 1.0, 0.5, 1.0)
    assert shares[2] == LimitedShare(GroupedBy.PROVIDER, "TEST-B", 4.0, 0.0, 0.4, 0.0)
    assert shares[4] == LimitedShare(GroupedBy.PLATFORM, "west", 1.0, 0.0, 0.1, 0.0)


def test_a_bid_on_whose_relief_a_limit_relies_is_named(world: World) -> None:
    """8 MW of load and 8 MW of relief fill the line; without the relief it carries twice its limit."""
    prepare(world)
    run_id = world.close_and_run()
    (failing,) = world.results.failing_bids(run_id, OPERATOR)
    assert failing == FailingBidRow(
        "east", "relief", 2, 0, "north", "north-line", Side.FORWARD, "normal", pytest.approx(4.0)
    )
    told = world.results.run(run_id, OPERATOR).figures
    assert told is not None
    assert (told.failing_bids, told.notes) == (1, ())


def test_without_netting_no_failure_matters_and_that_was_looked_at(world: World) -> None:
    prepare(world, netting_share=0.0)
    run_id = world.close_and_run()
    assert world.results.failing_bids(run_id, OPERATOR) == []
    told = world.results.run(run_id, OPERATOR).figures
    assert told is not None
    assert told.failing_bids == 0


def test_of_several_market_time_units_the_worst_is_told(world: World) -> None:
    """In the second, 2.5 MW flow back: 10 − 2.5 without the relief, −2.5 − 4 without the load."""
    prepare(world)
    world.put("north", model("north", 4.0, base_mw=[0.0, -2.5]))
    relief, load = world.results.failing_bids(world.close_and_run(), OPERATOR)
    assert (relief.bid_id, relief.units, relief.mtu, relief.side) == ("relief", 2, 0, Side.FORWARD)
    assert relief.overload_mw == pytest.approx(4.0)
    assert (load.bid_id, load.units, load.mtu, load.side) == ("load", 1, 1, Side.REVERSE)
    assert load.overload_mw == pytest.approx(2.5)


def test_publication_comes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_EFFECTS_PER_S", 1e-3)
    prepare(world)
    run_id = world.close_and_run()
    told = world.results.run(run_id, OPERATOR).figures
    assert told is not None
    assert told.failing_bids is None
    assert "no time" in told.notes[0]
    assert world.results.failing_bids(run_id, OPERATOR) == []
    assert world.results.limited_shares(run_id, OPERATOR)


def test_a_safe_merit_order_has_neither(world: World) -> None:
    prepare(world, mode=GateMode.SAFE_MERIT_ORDER)
    run_id = world.close_and_run()
    assert world.results.limited_shares(run_id, OPERATOR) == []
    assert world.results.failing_bids(run_id, OPERATOR) == []
    told = world.results.run(run_id, OPERATOR).figures
    assert told is not None
    assert told.failing_bids is None


def test_nobody_else_learns_of_either(world: World) -> None:
    prepare(world)
    run_id = world.close_and_run()
    for name in ("east", "west", "north"):
        assert world.results.limited_shares(run_id, TENANTS[name]) == ()
        assert world.results.failing_bids(run_id, TENANTS[name]) == ()
        shown = world.results.run(run_id, TENANTS[name]).figures
        assert shown is not None
        assert shown.failing_bids is None
    for ask in (world.results.limited_shares, world.results.failing_bids):
        with pytest.raises(UnknownRunError):
            ask(run_id, TENANTS["late"])


def test_both_wait_for_the_publication(world: World) -> None:
    prepare(world)
    world.clock.moment = CLOSES + timedelta(seconds=1)
    world.gates.close("g1", OPERATOR)
    with world.store.house.writing() as house:
        begun = runs.start(house, "g1", world.clock.now())
    for ask in (world.results.limited_shares, world.results.failing_bids):
        with pytest.raises(RunNotPublishedError):
            ask(begun.run_id, OPERATOR)
