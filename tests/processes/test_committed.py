"""Gates of several markets on the same grids: each counts what the others have decided as used."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import SimpleBid
from gateway.domain.gate import DemandRule, Gate, UseOfLists
from gateway.domain.market_time import Interval
from gateway.domain.result import Outcome, Run
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.optimiser.safe.merit_order import safe_merit_order
from gateway.processes.bid_check.result.publish import Publisher
from gateway.records.market import runs
from tests.patience import eventually
from tests.processes.world import CLOSES, DAY, GATEWAY, RESOURCES, TENANTS, World, bid, document, gate, model

QUARTER = timedelta(minutes=15)
BOTH, DIRECT, SCHEDULED = ({BidTerm.PRODUCT: code} for code in ("A07", "A06", "A05"))


def quarter(number: int, use: UseOfLists = UseOfLists.PREFIX, **changes: object) -> Gate:
    delivery = Interval(DAY + number * QUARTER, DAY + (number + 1) * QUARTER)
    return gate(f"q{number}", **{"delivery": delivery, "use": use, "platforms": ("east",)} | changes)


def send(world: World, gate_id: str, *bids: SimpleBid, process: str = "A47", platform: str = "east") -> None:
    world.clock.moment = CLOSES - timedelta(hours=1)
    sent = document(platform, list(bids), mrid=f"doc-{gate_id}", process=process)
    assert world.submit(platform, sent, f"d-{gate_id}") == []


def available(world: World, run_id: str, platform: str = "east") -> dict[str, list[float]]:
    rows = world.availability(run_id, TENANTS["operator"])[platform]
    return {row.bid_id: [round(mw, 5) for mw in row.available_mw.tolist()] for row in rows}


def decided(world: World, gate_id: str, *bids: SimpleBid, process: str = "A47") -> dict[str, list[float]]:
    """Send bids to a gate, close and run it."""
    send(world, gate_id, *bids, process=process)
    return available(world, world.close_and_run(gate_id))


def reported(world: World, gate_id: str) -> Run:
    with world.stores.shared.reading() as shared:
        found = runs.last_decided(shared, gate_id)
    assert found is not None
    return found


@pytest.fixture
def rolling(world: World) -> World:
    """A line of 10 MW over three quarter hours, u1 and u2 load it by their MW."""
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 10.0, units=3))
    world.put("south", model("south", 10.0, units=3))
    for number in range(3):
        world.gates.create(quarter(number))
    return world


@pytest.fixture
def beside(rolling: World) -> Callable[..., Gate]:
    """Opens a gate of another market for the first quarter hours."""

    def opened(use: UseOfLists = UseOfLists.PREFIX, units: int = 1, **changes: object) -> Gate:
        terms = {"process": "A51", "use": use, "system_operators": ("tso",), "units": units} | changes
        other = gate("other", **terms)
        rolling.gates.create(other)
        return other

    return opened


@pytest.mark.feature(id="A29")
@pytest.mark.parametrize(("terms", "left"), [(BOTH, 4.0), (DIRECT, 4.0), (SCHEDULED, 9.0)])
def test_what_may_be_activated_directly_leaves_less_to_the_next_gate(
    rolling: World, terms: dict[BidTerm, str], left: float
) -> None:
    assert decided(rolling, "q0", bid("a", "u1", 6, 20, units=1, terms=terms)) == {"a": [6.0]}
    assert decided(rolling, "q1", bid("b", "u2", 9, 20, units=1, start=1, terms=SCHEDULED)) == {"b": [left]}
    assert decided(rolling, "q2", bid("c", "u2", 9, 20, units=1, start=2, terms=SCHEDULED)) == {"c": [9.0]}


def test_only_what_was_published_counts(rolling: World) -> None:
    assert decided(rolling, "q0", bid("a", "u1", 60, 20, units=1, terms=BOTH)) == {"a": [10.0]}
    assert decided(rolling, "q1", bid("b", "u2", 9, 20, units=1, start=1, terms=SCHEDULED)) == {"b": [0.0]}


def test_the_earlier_gate_counts_the_later_one_where_that_was_decided_first(rolling: World) -> None:
    send(rolling, "q0", bid("a", "u1", 3, 20, units=1, terms=BOTH))
    assert decided(rolling, "q1", bid("b", "u2", 9, 20, units=1, start=1, terms=SCHEDULED)) == {"b": [9.0]}
    assert available(rolling, rolling.close_and_run("q0")) == {"a": [1.0]}


def test_relief_by_another_gate_is_not_relied_on(rolling: World, beside: Callable[..., Gate]) -> None:
    beside()
    down = bid("down", "u1", 6, 20, units=1, direction=Direction.DOWN, terms=BOTH)
    assert decided(rolling, "q0", down) == {"down": [6.0]}
    assert decided(rolling, "other", bid("up", "u2", 15, 20, units=1), process="A51") == {"up": [10.0]}
    assert decided(rolling, "q1", bid("b", "u2", 15, 20, units=1, start=1, terms=SCHEDULED)) == {"b": [10.0]}


@pytest.mark.parametrize(
    ("direction", "point"),
    [
        (Direction.UP, "normal, other gates at most forward"),
        (Direction.DOWN, "normal, other gates at most in reverse"),
    ],
)
def test_a_full_limit_names_the_use_of_other_gates_that_fills_it(
    rolling: World, beside: Callable[..., Gate], direction: Direction, point: str
) -> None:
    beside()
    decided(rolling, "other", bid("a", "u1", 6, 20, units=1, direction=direction), process="A51")
    send(rolling, "q0", bid("b", "u2", 9, 20, units=1, direction=direction))
    explained = rolling.results.explanations(rolling.close_and_run("q0"), TENANTS["north"])
    assert {(one.operating_point, abs(one.base_flow_mw or 0.0)) for one in explained} == {(point, 6.0)}


@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize("other_use", UseOfLists)
def test_two_gates_of_one_time_share_a_line(
    rolling: World, beside: Callable[..., Gate], use: UseOfLists, other_use: UseOfLists
) -> None:
    beside(other_use, units=2, netting_platform=False)
    rolling.gates.create(gate("g1", use=use, platforms=("west",), units=2))
    for name, one in (("g1", use), ("other", other_use)):
        if one is UseOfLists.EXACT:
            rolling.demand(name, up=100.0)
    send(rolling, "g1", bid("a", "u1", [6, 4], 20), platform="west")
    run_id = rolling.close_and_run("g1")
    assert available(rolling, run_id, "west") == {"a": [6.0, 4.0]}
    assert reported(rolling, "g1").notes == ()
    assert decided(rolling, "other", bid("b", "u2", [9, 9], 20), process="A51") == {"b": [4.0, 6.0]}
    assert "what gate g1 has published counts as used" in reported(rolling, "other").notes


def test_the_worst_of_a_list_counts_and_not_all_of_it(rolling: World, beside: Callable[..., Gate]) -> None:
    """In price order the dearer bid comes after the cheaper one that relieves the row for it."""
    beside()
    relieving = bid("relieving", "u1", 5, 90, units=1, direction=Direction.DOWN, terms=SCHEDULED)
    first = bid("first", "u1", 4, 10, units=1, terms=SCHEDULED)
    assert decided(rolling, "q0", relieving, first) == {"first": [4.0], "relieving": [5.0]}
    both = [
        bid("up", "u2", 20, 20, units=1),
        bid("down", "u2", 20, 20, units=1, direction=Direction.DOWN),
    ]
    assert decided(rolling, "other", *both, process="A51") == {"up": [6.0], "down": [5.0]}


def test_acceptances_count_as_a_whole(rolling: World, beside: Callable[..., Gate]) -> None:
    beside(UseOfLists.EXACT, netting_platform=False)
    rolling.demands.state("other", TENANTS["tso"], [8.0], [6.0])
    both = [bid("up", "u2", 8, 20, units=1), bid("down", "u2", 6, 20, units=1, direction=Direction.DOWN)]
    assert decided(rolling, "other", *both, process="A51") == {"up": [8.0], "down": [6.0]}
    assert decided(rolling, "q0", bid("a", "u1", 20, 20, units=1)) == {"a": [8.0]}


def test_units_of_other_lengths_meet(rolling: World, beside: Callable[..., Gate]) -> None:
    """An hour may load the line by what is left of it in the fullest of its quarter hours."""
    rolling.clock.moment = CLOSES - timedelta(minutes=30)
    rolling.put("north", model("north", 10.0, units=4))
    beside(delivery=Interval(DAY, DAY + 4 * QUARTER), mtu=4 * QUARTER)
    assert decided(rolling, "q0", bid("a", "u1", 3, 20, units=1)) == {"a": [3.0]}
    assert decided(rolling, "q1", bid("b", "u1", 5, 20, units=1, start=1)) == {"b": [5.0]}
    hour = bid("c", "u2", 20, 20, units=1, hours=True, terms=SCHEDULED)
    assert decided(rolling, "other", hour, process="A51") == {"c": [5.0]}
    assert decided(rolling, "q2", bid("d", "u1", 20, 20, units=1, start=2)) == {"d": [5.0]}


def test_a_further_run_counts_what_the_other_published_meanwhile(
    rolling: World, beside: Callable[..., Gate]
) -> None:
    beside()
    assert decided(rolling, "q0", bid("a", "u1", 20, 20, units=1)) == {"a": [10.0]}
    assert decided(rolling, "other", bid("b", "u2", 9, 20, units=1), process="A51") == {"b": [0.0]}
    rolling.put("north", model("north", 12.0, units=3))
    rolling.gates.run_again("other")
    assert available(rolling, rolling.bid_check.run("other").run_id) == {"b": [2.0]}
    rolling.gates.run_again("q0")
    assert available(rolling, rolling.bid_check.run("q0").run_id) == {"a": [10.0]}


def test_a_limit_that_falls_below_what_others_published_leaves_nothing_and_is_named(
    rolling: World, beside: Callable[..., Gate]
) -> None:
    beside()
    assert decided(rolling, "q0", bid("a", "u1", 9, 20, units=1)) == {"a": [9.0]}
    rolling.clock.moment = CLOSES - timedelta(minutes=30)
    rolling.put("north", model("north", 5.0, units=3))
    assert decided(rolling, "other", bid("b", "u2", 9, 20, units=1), process="A51") == {"b": [0.0]}
    assert reported(rolling, "other").overloads_remaining == (("north", "north-line"),)


def test_emergency_limits_are_not_used_twice(rolling: World, beside: Callable[..., Gate]) -> None:
    grid = model("north", 10.0, units=3)
    line = replace(grid.elements[0], emergency_upper=14.0)
    rolling.clock.moment = CLOSES - timedelta(minutes=30)
    rolling.put("north", replace(grid, elements=(line,)))
    beside(UseOfLists.EXACT, netting_platform=False, demand_rule=DemandRule.MEET_DEMAND)
    rolling.gates.create(
        gate(
            "g1",
            units=1,
            platforms=("west",),
            demand_rule=DemandRule.MEET_DEMAND,
            system_operators=("tso",),
        )
    )
    for name in ("g1", "other"):
        rolling.demand(name, up=13.0, units=1)
    send(rolling, "g1", bid("a", "u1", 20, 20, units=1), platform="west")
    run_id = rolling.close_and_run("g1")
    assert available(rolling, run_id, "west") == {"a": [13.0]}
    assert decided(rolling, "other", bid("b", "u2", 20, 20, units=1), process="A51") == {"b": [1.0]}
    assert reported(rolling, "other").outcome is Outcome.LEAST_OVERLOAD


def test_what_is_decided_counts_before_it_is_reported(rolling: World, beside: Callable[..., Gate]) -> None:
    class Silent(Publisher):
        def publish(self, *_: object, **__: object) -> None:
            raise OSError("no paper")

    beside()
    send(rolling, "q0", bid("a", "u1", 6, 20, units=1))
    whole, rolling.publisher = (
        rolling.publisher,
        Silent(rolling.stores, TENANTS, GATEWAY, rolling.clock, new_writer=lambda: rolling.write),
    )
    rolling.bid_check = rolling.check_with(rolling.bid_check._solve)
    with pytest.raises(OSError, match="no paper"):
        rolling.close_and_run("q0")
    rolling.publisher = whole
    rolling.bid_check = rolling.check_with(rolling.bid_check._solve)
    assert decided(rolling, "other", bid("b", "u2", 9, 20, units=1), process="A51") == {"b": [4.0]}


def test_a_gate_that_was_overtaken_decides_again(rolling: World, beside: Callable[..., Gate]) -> None:
    beside()
    send(rolling, "q0", bid("a", "u1", 6, 20, units=1))
    send(rolling, "other", bid("b", "u2", 9, 20, units=1), process="A51")
    times = []

    def overtaken(problem: Problem, _: float) -> SafeMeritOrder:
        times.append(problem)
        if len(times) == 1:
            rolling.close_and_run("q0")
        return safe_merit_order(problem)

    slow = rolling.check_with(rolling.bid_check._solve, overtaken)
    rolling.clock.moment = CLOSES
    rolling.gates.close("other", TENANTS["operator"])
    run = slow.run("other")
    assert len(times) == 2
    assert available(rolling, run.run_id) == {"b": [4.0]}


def test_gates_that_meet_wait_for_each_other_as_long_as_they_can(
    rolling: World, beside: Callable[..., Gate]
) -> None:
    """The more urgent one goes first; the other begins beside it only when it would be late."""
    urgent = beside(publish_by=CLOSES + timedelta(minutes=8))
    begun: list[str] = []
    go_on = threading.Event()

    def waiting(problem: Problem, _: float) -> SafeMeritOrder:
        begun.append(problem.bids.ids[0])
        assert go_on.wait(60)
        return safe_merit_order(problem)

    send(rolling, "q0", bid("a", "u1", 6, 20, units=1))
    send(rolling, "other", bid("b", "u2", 9, 20, units=1), process="A51")
    rolling.keeper._bid_check = rolling.check_with(rolling.bid_check._solve, waiting)
    rolling.clock.moment = CLOSES
    for name in ("q0", "other"):
        rolling.gates.close(name, TENANTS["operator"])
    rolling.keeper.start()
    try:
        eventually(lambda: begun == ["east/b"])
        eventually(lambda: list(rolling.keeper._busy) == ["other"])
        rolling.clock.moment = urgent.publish_by + timedelta(minutes=2) - timedelta(seconds=20)
        eventually(lambda: begun == ["east/b", "east/a"])
    finally:
        go_on.set()
        eventually(lambda: not rolling.keeper._busy)
        rolling.keeper.stop()
    for name in ("q0", "other"):
        rolling.bid_check.run(name)
    with rolling.stores.shared.reading() as shared:
        ids = [run.run_id for name in ("q0", "other") if (run := runs.find_of_gate(shared, name))]
    left = {name: mw[0] for run_id in ids for name, mw in available(rolling, run_id).items()}
    assert sum(left.values()) == pytest.approx(10.0)


@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize(
    ("bound", "second", "left"),
    [
        ({"connection_point_activation_mw": 5.0}, "u2", 1.0),
        ({"connection_point_activation_mw": 5.0}, "free", 5.0),
        ({"activation_band_mw": (-5.0, 5.0)}, "free", 1.0),
    ],
    ids=["at their point", "at another point", "in all"],
)
def test_gates_share_the_activations_for_which_a_model_holds(
    rolling: World,
    beside: Callable[..., Gate],
    use: UseOfLists,
    bound: dict[str, object],
    second: str,
    left: float,
) -> None:
    """Neither offers more than 5 MW at one point: only both do."""
    grid = model("north", 10.0, units=3)
    points = tuple(replace(point, **bound) for point in grid.operating_points)  # type: ignore[arg-type]
    rolling.clock.moment = CLOSES - timedelta(minutes=30)
    rolling.put("north", replace(grid, operating_points=points))
    beside(use, netting_platform=False)
    if use is UseOfLists.EXACT:
        rolling.demand("other", up=100.0, units=1)
    assert decided(rolling, "q0", bid("a", "u1", 4, 20, units=1)) == {"a": [4.0]}
    assert decided(rolling, "other", bid("b", second, 5, 20, units=1), process="A51") == {"b": [left]}
