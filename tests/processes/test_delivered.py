"""What is reported as activated loads the grids of other gates, whatever was published."""

from datetime import timedelta

import pytest

from gateway.domain.bid import BidTerm
from gateway.domain.gate import UseOfLists
from gateway.domain.market_time import Interval
from gateway.domain.reason import ReasonCode
from tests.processes.test_committed import BOTH, SCHEDULED, available, decided, quarter, reported
from tests.processes.test_earlier import DIRECT, RESPONSE, activate
from tests.processes.world import CLOSES, DAY, OPENS, RESOURCES, TENANTS, World, bid, gate, model

QUARTER = timedelta(minutes=15)


@pytest.fixture
def line(world: World) -> World:
    """A line of 5 MW over four quarter hours, u1 and u2 load it by their MW."""
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 5.0, units=4))
    world.put("south", model("south", 10.0, units=4))
    return world


def exact_then_prefix(world: World, mw: float, demand: float) -> None:
    """An exact gate of the first half hour, decided; a prefix gate of the quarter hour after it."""
    half = Interval(DAY, DAY + 2 * QUARTER)
    terms = {"use": UseOfLists.EXACT, "platforms": ("east",), "units": 2}
    world.gates.create(gate("x1", **terms | {"delivery": half}))
    world.gates.create(quarter(2))
    world.demand("x1", up=demand)
    decided(world, "x1", bid("a", "u1", mw, 20, terms=BOTH))


def left_to_next(world: World) -> float:
    found = decided(world, "q2", bid("b", "u2", 20, 20, units=1, start=2, terms=SCHEDULED))
    return found["b"][0]


@pytest.mark.feature(id="A29")
def test_direct_activation_of_an_exact_gate_reaches_into_the_next_gate(line: World) -> None:
    exact_then_prefix(line, 4.0, 4.0)
    (remark,) = activate(line, "a", kind=DIRECT, number=1, mw=4.0)
    assert remark.code is ReasonCode.COMPLEMENTARY
    assert "lists of gate 'x1' are used exact, which is scheduled" in remark.message
    assert left_to_next(line) == 1.0
    (note,) = reported(line, "q2").notes
    assert note == (
        "what was reported as activated of bids of gate x1 counts as used; of east/a it is more than was "
        "published, or with another activation type than the lists are used"
    )


@pytest.mark.parametrize("number", [0, 1])
def test_scheduled_activation_of_an_exact_gate_ends_with_its_unit(line: World, number: int) -> None:
    exact_then_prefix(line, 4.0, 4.0)
    assert activate(line, "a", number=number, mw=4.0) == []
    assert left_to_next(line) == 5.0
    assert reported(line, "q2").notes == ()


def test_direct_activation_of_an_earlier_unit_ends_within_the_gate(line: World) -> None:
    exact_then_prefix(line, 4.0, 4.0)
    activate(line, "a", kind=DIRECT, number=0, mw=4.0)
    assert left_to_next(line) == 5.0


def test_scheduled_and_direct_activation_of_one_bid_load_the_grid_together(line: World) -> None:
    line.gates.create(quarter(0, UseOfLists.PREFIX))
    line.gates.create(gate("other", process="A51", use=UseOfLists.PREFIX, platforms=("east",), units=1))
    decided(line, "q0", bid("a", "u1", 4, 20, units=1, terms=BOTH))
    activate(line, "a", mw=1.0)
    activate(line, "a", kind=DIRECT, mw=3.0)
    line.clock.moment = CLOSES - timedelta(minutes=30)
    assert decided(line, "other", bid("b", "u2", 20, 20, units=1), process="A51") == {"b": [1.0]}


@pytest.mark.parametrize("use", UseOfLists)
def test_more_than_was_published_counts_as_reported_and_is_remarked(line: World, use: UseOfLists) -> None:
    """Of 6 MW behind a line of 5 MW 5 MW are published, or 3 MW as demanded; 6 MW are reported."""
    line.gates.create(quarter(0, use))
    line.gates.create(gate("other", process="A51", use=UseOfLists.PREFIX, platforms=("east",), units=1))
    if use is UseOfLists.EXACT:
        line.demand("q0", up=3.0, units=1)
    decided(line, "q0", bid("a", "u1", 6, 20, units=1, terms=SCHEDULED))
    published = {UseOfLists.EXACT: 3, UseOfLists.PREFIX: 5}[use]
    line.clock.moment = CLOSES - timedelta(minutes=30)
    line.put("north", model("north", 8.0, units=4))
    (remark,) = activate(line, "a", mw=6.0)
    assert remark.code is ReasonCode.COMPLEMENTARY
    assert (
        f"6 MW are reported from {DAY:%Y-%m-%dT%H:%MZ} on, of which {published} MW were published"
        in remark.message
    )
    assert decided(line, "other", bid("b", "u2", 20, 20, units=1), process="A51") == {"b": [2.0]}
    assert any("of east/a it is more than was published" in one for one in reported(line, "other").notes)


@pytest.mark.parametrize(
    ("mw", "terms"),
    [(5.0, {}), (2.0, {}), (5.0, {BidTerm.EXCLUSIVE_GROUP: "g"}), (5.0, {BidTerm.INCLUSIVE_GROUP: "g"})],
)
def test_what_is_reported_as_published_is_counted_once(
    line: World, mw: float, terms: dict[BidTerm, str]
) -> None:
    line.gates.create(quarter(0))
    line.gates.create(gate("other", process="A51", use=UseOfLists.PREFIX, platforms=("east",), units=1))
    decided(line, "q0", bid("a", "u1", 5, 20, units=1, terms=SCHEDULED | terms))
    line.clock.moment = CLOSES - timedelta(minutes=30)
    line.put("north", model("north", 8.0, units=4))
    assert activate(line, "a", mw=mw) == []
    assert decided(line, "other", bid("b", "u2", 20, 20, units=1), process="A51") == {"b": [3.0]}
    assert not any("more than was published" in one for one in reported(line, "other").notes)


def test_what_was_reported_as_not_activated_adds_nothing(line: World) -> None:
    exact_then_prefix(line, 4.0, 4.0)
    assert activate(line, "a", kind=DIRECT, number=1, status="A11") == []
    assert left_to_next(line) == 5.0


def test_a_response_that_refuses_an_order_cancels_what_was_reported(line: World) -> None:
    exact_then_prefix(line, 4.0, 4.0)
    assert activate(line, "a", kind=DIRECT, number=1) != []
    later = OPENS + timedelta(minutes=1)
    assert activate(line, "a", kind=RESPONSE, number=1, status="A11", created_at=later) == []
    assert left_to_next(line) == 5.0


def test_direct_activation_counts_in_a_further_run_of_the_same_gate(line: World) -> None:
    """Where an exact gate keeps its first quarter hour, what is delivered directly loads the second."""
    half = Interval(DAY, DAY + 2 * QUARTER)
    known = gate("x1", use=UseOfLists.EXACT, platforms=("east",), units=2, preparation=timedelta(minutes=5))
    line.gates.create(known)
    assert known.delivery == half
    line.demands.state("x1", TENANTS["tso"], [4.0, 5.0], [0.0, 0.0])
    both = [bid("a", "u1", 4, 20, units=1, terms=BOTH), bid("b", "u2", 5, 20, units=1, start=1)]
    assert decided(line, "x1", *both) == {"a": [4.0, 0.0], "b": [0.0, 5.0]}
    activate(line, "a", kind=DIRECT, mw=4.0)
    line.clock.moment = DAY - timedelta(minutes=8)
    line.gates.run_again("x1")
    assert available(line, line.bid_check.run("x1").run_id) == {"a": [4.0, 0.0], "b": [0.0, 1.0]}


def test_a_further_run_names_bids_of_which_more_is_reported_than_it_makes_available(line: World) -> None:
    """Reported as published; then the demand falls, and the unit is decided again without the bid."""
    line.gates.create(gate("x1", use=UseOfLists.EXACT, platforms=("east",), units=2))
    line.demand("x1", up=4.0)
    assert decided(line, "x1", bid("a", "u1", 4, 20)) == {"a": [4.0, 4.0]}
    assert not any("reported" in note for note in reported(line, "x1").notes)
    activate(line, "a", number=1, mw=4.0)
    line.put("north", model("north", 1.5, units=4))
    line.gates.run_again("x1")
    again = line.bid_check.run("x1").run_id
    assert available(line, again) == {"a": [1.5, 1.5]}
    note = (
        "this run does not count what is reported as activated in the time that it decides; of 1 bid that is "
        "more than it makes available: east/a: 4 MW reported, 1.5 MW available from 2026-03-01T23:15Z on"
    )
    for name in ("operator", "tso"):
        figures = line.results.run(again, TENANTS[name]).figures
        assert figures is not None
        assert note in figures.notes
    for name in ("east", "north"):
        figures = line.results.run(again, TENANTS[name]).figures
        assert figures is not None
        assert not any("reported" in one for one in figures.notes)


@pytest.mark.parametrize("mw", [1.5, 4.0])
def test_a_further_run_says_nothing_of_activations_that_it_makes_available_or_retains(
    line: World, mw: float
) -> None:
    """1.5 MW still fit; 4 MW do not, but are kept as decided, because their unit is in preparation."""
    line.gates.create(gate("x1", use=UseOfLists.EXACT, platforms=("east",), preparation=timedelta(minutes=5)))
    line.demand("x1", up=4.0)
    assert decided(line, "x1", bid("a", "u1", 4, 20)) == {"a": [4.0, 4.0]}
    activate(line, "a", number=0, mw=mw)
    line.put("north", model("north", 1.5, units=4))
    if mw > 1.5:
        line.clock.moment = DAY - timedelta(minutes=8)
    line.gates.run_again("x1")
    run = line.bid_check.run("x1")
    assert available(line, run.run_id) == {"a": [4.0 if mw > 1.5 else 1.5, 1.5]}
    assert not any("does not count" in one for one in run.notes)
