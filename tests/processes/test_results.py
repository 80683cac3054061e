"""What each participant may know of a run."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from msgspec import structs

from gateway.domain.bid import Direction
from gateway.domain.reason import ReasonCode
from gateway.domain.resource import ResourceMap
from gateway.domain.result import GridGapCause
from gateway.processes.errors import (
    ForgottenError,
    NotOfTheGateError,
    RunNotPublishedError,
    UnknownGateError,
    UnknownRunError,
)
from gateway.records.market import bids, demands, results, runs
from gateway.records.privacy.retention import forget
from tests.processes.world import RESOURCES, TENANTS, World, bid, connected, document, gate, model

OPERATOR = TENANTS["operator"]


@pytest.fixture
def run_id(ready: World) -> str:
    """One overloaded line of north, a bid in a group, down bids, two platforms."""
    ready.submit(
        "east",
        document(
            "east",
            [
                bid("cheap", "u1", 10, 20),
                bid("down-30", "free", 4, 30, direction=Direction.DOWN),
                bid("down-60", "free", 4, 60, direction=Direction.DOWN),
            ],
        ),
    )
    ready.submit("west", document("west", [bid("dear", "free", [10, 0], 50)]))
    ready.demand("g1", up=15, down=5)
    return ready.close_and_run()


def test_the_merit_order_is_for_tso_and_operator(ready: World, run_id: str) -> None:
    for name in ("tso", "operator"):
        order = list(ready.results.merit_order(run_id, TENANTS[name]))
        assert [(s.mtu, s.direction, s.place, s.bid_id) for s in order] == [
            (0, Direction.UP, 1, "cheap"),
            (0, Direction.UP, 2, "dear"),
            (0, Direction.DOWN, 1, "down-60"),
            (0, Direction.DOWN, 2, "down-30"),
            (1, Direction.UP, 1, "cheap"),
            (1, Direction.DOWN, 1, "down-60"),
            (1, Direction.DOWN, 2, "down-30"),
        ]
        assert list(ready.results.merit_order(run_id, TENANTS[name], mtu=1)) == order[4:]
    for name in ("east", "west", "north", "south"):
        with pytest.raises(NotOfTheGateError):
            ready.results.merit_order(run_id, TENANTS[name])


def test_availability_is_a_platforms_own_and_never_beyond_the_offer(ready: World, run_id: str) -> None:
    for name, own in (("east", {"cheap", "down-30", "down-60"}), ("west", {"dear"})):
        found = ready.availability(run_id, TENANTS[name])
        assert found.keys() == {name}
        assert {row.bid_id for row in found[name]} == own
    assert ready.availability(run_id, TENANTS["north"]) == {}
    for name in ("operator", "tso"):
        everything = ready.availability(run_id, TENANTS[name])
        assert everything.keys() == {"east", "west"}
        for rows in everything.values():
            for row in rows:
                assert (row.accepted_mw <= row.available_mw).all()
                assert (row.available_mw <= row.offered_mw).all()


def test_a_tso_of_the_gate_sees_why_a_bid_is_cut_to_nothing_and_another_no_run(world: World) -> None:
    world.gates.create(gate(system_operators=("tso",)))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 6.0))
    world.put("south", model("south", 10.0))
    gone = replace(bid("gone", "u1", 9, 20), divisible=False, points=[(9.0, None, 20.0)] * 2)
    world.submit("east", document("east", [gone]))
    world.demand("g1", up=9)
    run_id = world.close_and_run()
    assert list(world.results.merit_order(run_id, TENANTS["tso"])) == []
    (row,) = world.availability(run_id, TENANTS["tso"])["east"]
    assert (row.bid_id, row.available_mw.tolist()) == ("gone", [0.0, 0.0])
    assert [one.code for one in row.reasons] == [ReasonCode.INTERNAL_CONGESTION]
    explained = list(world.results.explanations(run_id, TENANTS["tso"]))
    assert {(one.bid_id, one.grid_id, one.element_id) for one in explained} == {
        ("gone", "north", "north-line")
    }
    for ask in (world.results.availability, world.results.explanations):
        with pytest.raises(UnknownRunError):
            ask(run_id, TENANTS["tso2"])


def test_explanations_are_all_for_a_tso_and_else_an_operators_own_elements(ready: World, run_id: str) -> None:
    assert {e.element_id for e in ready.results.explanations(run_id, TENANTS["north"])} == {"north-line"}
    assert list(ready.results.explanations(run_id, TENANTS["south"])) == []
    assert list(ready.results.explanations(run_id, TENANTS["east"])) == []
    of_north = list(ready.results.explanations(run_id, TENANTS["north"]))
    assert {(one.base_flow_mw, one.limit_mw) for one in of_north} == {(0.0, 4.0)}
    assert {one.platform for one in of_north} == {None}
    of_others = [structs.replace(one, platform="east", base_flow_mw=None, limit_mw=None) for one in of_north]
    for name in ("operator", "tso"):
        assert list(ready.results.explanations(run_id, TENANTS[name])) == of_others


def test_explanations_name_the_platform_and_the_offer_of_bids_with_one_name(world: World) -> None:
    """The offers are read from what was submitted; with what is available they add up."""
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 4.0))
    for platform, mw in (("east", 6.0), ("west", 7.0)):
        world.submit(platform, document(platform, [bid("same", "u1", mw, 10)]))
    world.demand("g1", up=13)
    run_id = world.close_and_run()
    available = world.availability(run_id, OPERATOR)
    reported = {(one.platform, one.offered_mw): one for one in world.results.explanations(run_id, OPERATOR)}
    assert reported.keys() == {("east", 6.0), ("west", 7.0)}
    for (platform, offered), one in reported.items():
        (row,) = available[platform]
        assert offered - one.cut_mw == pytest.approx(row.available_mw[one.mtu])
    of_dso = [(one.platform, one.offered_mw) for one in world.results.explanations(run_id, TENANTS["north"])]
    assert set(of_dso) == {(None, 6.0), (None, 7.0)}


def test_a_tso_that_is_named_for_its_grid_alone_learns_what_that_limits(world: World) -> None:
    world.gates.create(gate(system_operators=("tso2",), grid_operators=("north", "tso")))
    resources = connected(u1=(("north", "n1"),), both=(("north", "n1"), ("high", "n1")))
    world.resources.replace(TENANTS["tso"], ResourceMap(resources, {}))
    world.put("north", model("north", 6.0))
    world.put("tso", model("high", 2.0))
    world.submit("east", document("east", [bid("local", "u1", 9, 20), bid("upper", "both", 9, 10)]))
    world.demands.state("g1", TENANTS["tso2"], [9.0, 9.0], [0.0, 0.0])
    run_id = world.close_and_run()
    of_tso = list(world.results.explanations(run_id, TENANTS["tso"]))
    assert {(one.bid_id, one.element_id) for one in of_tso} == {("upper", "high-line")}
    assert world.availability(run_id, TENANTS["tso"]) == {}
    of_dso = list(world.results.explanations(run_id, TENANTS["north"]))
    for all_seeing in (OPERATOR, TENANTS["tso2"]):
        assert len(list(world.results.explanations(run_id, all_seeing))) == len(of_tso) + len(of_dso)


def test_who_sees_all_reads_what_is_withheld_for_a_grid_without_an_operator_of_the_gate_once(
    world: World,
) -> None:
    """One unit hangs on an unregistered grid beside north's, one on the grid of a DSO that the gate does not
    name; a TSO of the gate is grid operator, too, so several keep the same."""
    world.gates.create(gate(system_operators=("tso", "tso2"), grid_operators=("north", "tso")))
    units = connected(
        u1=(("north", "n1"),), nowhere=(("north", "n1"), ("feeder", "x")), s1=(("south", "n1"),)
    )
    world.resources.replace(TENANTS["tso"], ResourceMap(units, {}))
    world.put("north", model("north", 6.0))
    world.put("south", model("south", 6.0))
    bids = [bid("local", "u1", 9, 20), bid("feeder", "nowhere", 3, 10), bid("other", "s1", 3, 10)]
    world.submit("east", document("east", bids))
    world.demand("g1", up=9)
    run_id = world.close_and_run()
    withheld = GridGapCause.NO_MODEL
    for all_seeing in (OPERATOR, TENANTS["tso"], TENANTS["tso2"]):
        reported = [
            (one.bid_id, one.mtu, one.grid_id, one.withheld_because, one.share)
            for one in world.results.explanations(run_id, all_seeing)
        ]
        assert sorted(reported) == [
            *(("feeder", mtu, "feeder", withheld, 1.0) for mtu in (0, 1)),
            *(("local", mtu, "north", None, 1.0) for mtu in (0, 1)),
            *(("other", mtu, "south", withheld, 1.0) for mtu in (0, 1)),
        ]
    assert {one.grid_id for one in world.results.explanations(run_id, TENANTS["north"])} == {"north"}


@pytest.mark.feature(id="A27")
def test_what_a_tso_that_the_gate_does_not_name_states_does_not_count(world: World) -> None:
    world.gates.create(gate(system_operators=("tso",), grid_operators=("north", "tso2")))
    world.resources.replace(TENANTS["tso"], ResourceMap(connected(u1=(("north", "n1"),)), {}))
    world.put("north", model("north", 100.0))
    world.submit("east", document("east", [bid("a", "u1", 9, 20)]))
    world.demand("g1", up=2)
    much = np.array([7.0, 7.0])
    with world.stores.of("tso2").writing() as uow:
        demands.put(uow, demands.Demand("g1", world.clock.now(), world.clock.now(), much, much))
    run_id = world.close_and_run()
    (row,) = world.availability(run_id, TENANTS["east"])["east"]
    assert row.accepted_mw is not None
    assert row.accepted_mw.tolist() == [2, 2]
    with world.stores.of("tso2").reading() as uow:
        assert not results.merit_order_bids(uow, run_id)


def test_figures_tell_no_participant_of_another(ready: World, run_id: str) -> None:
    whole = ready.results.run(run_id, TENANTS["operator"]).figures
    assert whole is not None
    assert whole.shortage_mwh > 0
    for name, elements in (("north", whole.overloads_remaining), ("south", ()), ("east", ())):
        shown = ready.results.run(run_id, TENANTS[name]).figures
        assert shown is not None
        assert (shown.overloads_remaining, shown.undecided, shown.notes) == (elements, (), ())
        assert (shown.rung, shown.verification) == (whole.rung, whole.verification)
        hidden = ("bids", "limited_bids", "cost", "cost_unconstrained")
        energies = ("offered_mwh", "available_mwh", "shortage_mwh")
        loadings = ("max_loading_before_pct", "max_loading_after_pct")
        assert {getattr(shown, name) for name in (*hidden, *energies, *loadings)} == {None}


@pytest.mark.feature(id="E2")
def test_strangers_find_no_run(ready: World, run_id: str) -> None:
    late = TENANTS["late"]
    with pytest.raises(UnknownGateError):
        ready.results.runs("g1", late)
    for ask in (
        ready.results.run,
        ready.results.availability,
        ready.results.explanations,
        ready.results.merit_order,
        ready.results.gate_of,
    ):
        with pytest.raises(UnknownRunError):
            ask(run_id, late)
        with pytest.raises(UnknownRunError):
            ask("no-such-run", OPERATOR)


def test_results_are_shown_when_everybody_was_notified(world: World) -> None:
    world.gates.create(gate())
    assert world.results.runs("g1", TENANTS["east"]) == ()
    world.gates.close("g1", OPERATOR)
    with world.stores.shared.writing() as shared:
        begun = runs.start(shared, "g1", world.clock.now())
    assert world.results.runs("g1", TENANTS["east"]) == (begun,)
    for ask in (world.results.availability, world.results.explanations, world.results.merit_order):
        with pytest.raises(RunNotPublishedError):
            ask(begun.run_id, OPERATOR)


def kept_bids(world: World) -> int:
    with world.stores.of("east").reading() as uow:
        return len(bids.of_gate(uow, "g1"))


@pytest.mark.parametrize("rows", [1, 2])
def test_results_are_the_same_however_little_is_read_at_a_time(
    ready: World, run_id: str, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    def read() -> list[object]:
        reported = ready.availability(run_id, OPERATOR)
        bids = [(name, row.bid_id, row.available_mw.tolist()) for name, of in reported.items() for row in of]
        order = list(ready.results.merit_order(run_id, TENANTS["operator"]))
        return [bids, order, list(ready.results.explanations(run_id, TENANTS["operator"]))]

    whole = read()
    assert all(whole)
    monkeypatch.setattr("gateway.processes.merit_order_steps.CELLS", 1)
    monkeypatch.setattr("gateway.processes.merit_order_steps.ROWS_OF_PAGE", rows)
    for module in ("results", "explanations"):
        monkeypatch.setattr(f"gateway.records.{module}.ROWS_OF_PAGE", rows)
    assert read() == whole


def test_prices_of_a_merit_order_are_kept_no_longer_than_those_of_bids(ready: World) -> None:
    assert not ready.submit("east", document("east", [bid("b1", "u1", 6.0, 10.0)]))
    ready.demand("g1", up=5)
    run_id = ready.close_and_run()
    (status,) = ready.gates.listed(TENANTS["operator"], None, 10)
    end = status.gate.delivery.end
    forget(ready.stores, end + timedelta(days=90))
    assert list(ready.results.merit_order(run_id, TENANTS["tso"]))
    assert kept_bids(ready)
    forget(ready.stores, end + timedelta(days=90, seconds=1))
    assert not kept_bids(ready)
    with pytest.raises(ForgottenError, match="not stored any more"):
        ready.results.merit_order(run_id, TENANTS["tso"])
    assert ready.availability(run_id, TENANTS["east"])["east"]
