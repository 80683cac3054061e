"""A gate run again in the middle of its delivery: units in preparation are retained, the others decided
again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from gateway.domain.bid import BidTerm, ConditionalLink
from gateway.domain.bids import Bids, SimpleBid, bids_from
from gateway.domain.document import BidAvailability, MeritOrderList
from gateway.domain.gate import GateState, TechnicalLink, UseOfLists
from gateway.domain.result import Run
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.problem import Problem
from gateway.processes.bid_check.run.run import RunGivenUpError
from gateway.processes.errors import GateClosedError
from gateway.records.market import runs
from tests.processes.world import CLOSES, DAY, RESOURCES, TENANTS, World, bid, document, gate, model

OPERATOR = TENANTS["operator"]
MINUTE = timedelta(minutes=1)
UNITS = 4


@pytest.fixture
def day(world: World) -> World:
    """Units are assigned; a run has five minutes."""
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("south", model("south", 100.0, units=UNITS))
    return world


def publish(
    world: World, bids: Sequence[SimpleBid] | Bids, limit_mw: float, up_mw: float = 10.0, **terms: object
) -> Run:
    """Run a gate of four quarter hours, of which north's line carries so much."""
    one = gate(units=UNITS, **terms)
    world.gates.create(one)
    limit(world, limit_mw)
    assert not world.submit("east", document("east", bids))
    if one.use is UseOfLists.EXACT:
        world.demand("g1", up=up_mw, units=UNITS)
    world.clock.moment = CLOSES
    world.gates.close("g1", OPERATOR)
    return world.bid_check.run("g1")


def limit(world: World, mw: float) -> None:
    world.put("north", model("north", mw, units=UNITS))


def again(world: World, limit_mw: float, minutes: float = 5) -> Run:
    """Run again so many minutes after delivery has begun: from the unit on that begins five later."""
    world.clock.moment = DAY + minutes * MINUTE
    limit(world, limit_mw)
    world.gates.run_again("g1")
    return world.bid_check.run("g1")


def available(world: World, run: Run) -> Mapping[str, list[float]]:
    rows = world.availability(run.run_id, TENANTS["east"])["east"]
    return {row.bid_id: row.available_mw.tolist() for row in rows}


@pytest.mark.feature(id="A23")
def test_units_in_preparation_are_kept_and_the_others_are_decided_again(day: World) -> None:
    bids = [bid("cheap", "u1", 10, 20, units=4), bid("dear", "free", 10, 50, units=4)]
    first = publish(day, bids, 4)
    assert available(day, first) == {"cheap": [4] * 4, "dear": [6] * 4}
    second = again(day, 100, minutes=5)
    assert available(day, second) == {"cheap": [4, 10, 10, 10], "dear": [6, 0, 0, 0]}
    third = again(day, 1, minutes=20)
    assert available(day, third) == {"cheap": [4, 10, 1, 1], "dear": [6, 0, 9, 9]}
    assert third.notes[0].startswith("decided again from 2026-03-01T23:30Z on; run 2 is retained before")


def test_figures_count_all_units_also_those_decided_before(day: World) -> None:
    bids = [bid("cheap", "u1", 10, 20, units=4), bid("dear", "free", 4, 50, units=4)]
    first = publish(day, bids, 4)
    assert (first.cost, first.shortage_mwh) == (pytest.approx(280.0), pytest.approx(2.0))
    assert first.max_loading_before_pct == pytest.approx(250.0)
    second = again(day, 100)
    assert second.cost == pytest.approx((4 * 20 + 4 * 50 + 3 * 200) / 4)
    assert second.cost_unconstrained == pytest.approx(200)
    assert second.shortage_mwh == pytest.approx(0.5)
    assert second.outcome == first.outcome == "shortage"
    assert second.verification.rows_checked == first.verification.rows_checked
    assert (second.verification.violations, second.limited_bids) == (0, 1)
    assert (second.offered_mwh, second.available_mwh) == (14.0, pytest.approx(9.5))
    assert second.max_loading_before_pct == pytest.approx(250.0)
    shares = {one.name: one for one in day.results.limited_shares(second.run_id, OPERATOR)}
    assert shares["east"].wanted_mwh == pytest.approx(10.0)
    assert shares["east"].limited_mwh == pytest.approx(1.5)
    (kept_back,) = day.results.withheld(second.run_id, OPERATOR)
    assert (kept_back.grid_id, kept_back.mwh) == ("north", pytest.approx(1.5))
    (cause,) = day.results.explanations(second.run_id, TENANTS["north"])
    assert (cause.bid_id, cause.mtu, cause.cut_mw) == ("cheap", 0, 6.0)


def test_the_last_document_says_everything(day: World) -> None:
    bids = [bid("cheap", "u1", 10, 20, units=4), bid("dear", "free", 10, 50, units=4)]
    publish(day, bids, 4)
    day.written.clear()
    again(day, 100)
    east = [one for one in day.written if one.header.receiver.party == TENANTS["east"].parties[0]]
    assert {one.header.revision for one in east} == {2}
    (order,) = [one for one in east if isinstance(one, MeritOrderList)]
    reported = {one.bid_id: np.nan_to_num(one.quantity_mw).tolist() for one in order.series}
    assert reported == {"cheap": [4, 10, 10, 10], "dear": [6]}
    limits = {
        (one.period.start - DAY) // (15 * MINUTE): {each.bid_id: each.available_mw for each in one.limits}
        for one in east
        if isinstance(one, BidAvailability)
    }
    assert limits == {0: {"cheap": 4, "dear": 6}, **{unit: {"cheap": 10, "dear": 0} for unit in (1, 2, 3)}}


def test_the_same_inputs_give_the_same_answer(day: World) -> None:
    bids = [
        bid("a", "u1", [9, 8, 7, 6], 20),
        bid("b", "u2", 5, 30, units=4),
        bid("c", "free", 9, 40, units=4),
    ]
    first = publish(day, bids, 7)
    second, third = again(day, 7), again(day, 7)
    assert available(day, first) == available(day, second) == available(day, third)
    assert second.input_hash == third.input_hash != first.input_hash
    assert (first.cost, first.outcome) == (pytest.approx(second.cost), second.outcome)


def test_a_block_that_has_begun_is_kept_and_the_rest_gives_way(day: World) -> None:
    block = bid("block", "u1", 6, 10, units=4, terms={BidTerm.BLOCK: "A01"})
    later = bid("later", "u1", 2, 5, units=2, start=2, terms={BidTerm.BLOCK: "A01"})
    bids = [block, later, bid("other", "u2", 10, 20, units=4), bid("free", "free", 10, 50, units=4)]
    publish(day, bids, 100)
    second = again(day, 8)
    assert available(day, second) == {
        "block": [6, 6, 6, 6],
        "later": [0, 0, 2, 2],
        "other": [4, 2, 0, 0],
        "free": [0, 2, 2, 2],
    }
    assert (second.outcome, second.shortage_mwh) == ("within-limits", 0.0)
    assert "1 bid is retained after it, too, tied to the time before" in second.notes
    third = again(day, 5)
    assert available(day, third)["block"] == [6, 6, 6, 6]
    assert ("north", "north-line") in third.overloads_remaining


def test_a_group_of_a_block_that_has_begun_is_kept_with_it(day: World) -> None:
    group = {BidTerm.EXCLUSIVE_GROUP: "either"}
    bids = [
        bid("block", "u1", 6, 30, units=4, terms={BidTerm.BLOCK: "A01", **group}),
        bid("instead", "free", 10, 10, units=3, start=1, terms=group),
        bid("dear", "free", 10, 200, units=4),
    ]
    first = publish(day, bids, 100, up_mw=6)
    second = again(day, 100)
    is_kept = {"block": [6] * 4, "instead": [0] * 4, "dear": [0] * 4}
    assert available(day, first) == available(day, second) == is_kept


def chained(*members: SimpleBid) -> list[SimpleBid]:
    return [*members, bid("dear", "free", 10, 90, units=4)]


CHAIN = {BidTerm.TECHNICAL_LINK: "chain"}


def test_what_may_not_follow_does_not_follow_a_decided_unit(day: World) -> None:
    x = bid("x", "free", 10, 10, units=1, terms=CHAIN)
    y = bid("y", "u1", 10, 20, units=1, start=1, terms=CHAIN)
    z = bid("z", "u1", 10, 20, units=1, start=2, terms=CHAIN)
    first = publish(day, chained(x, y, z), 2, technical_link=TechnicalLink.MAY_NOT_FOLLOW)
    assert available(day, first) == {
        "x": [10, 0, 0, 0],
        "y": [0] * 4,
        "z": [0, 0, 2, 0],
        "dear": [0, 10, 8, 10],
    }
    second = again(day, 100)
    assert available(day, second) == {
        "x": [10, 0, 0, 0],
        "y": [0] * 4,
        "z": [0, 0, 10, 0],
        "dear": [0, 10, 0, 10],
    }


def test_what_must_follow_a_decided_unit_is_decided_too(day: World) -> None:
    x = bid("x", "free", 10, 10, units=1, terms=CHAIN)
    y = bid("y", "u1", 10, 60, units=1, start=1, divisible=False, terms=CHAIN)
    cheap = bid("cheap", "u2", 10, 20, units=3, start=1)
    publish(day, chained(x, y, cheap), 10, technical_link=TechnicalLink.MUST_FOLLOW)
    second = again(day, 100)
    reported = available(day, second)
    assert (reported["y"], reported["cheap"]) == ([0, 10, 0, 0], [0, 0, 10, 10])


@pytest.mark.parametrize(("price", "taken"), [(10, True), (200, False)])
@pytest.mark.parametrize(("status", "wants"), [("A67", True), ("A68", False), ("A56", True), ("A55", False)])
def test_a_condition_on_a_decided_unit_is_a_fact(
    day: World, price: float, taken: bool, status: str, wants: bool
) -> None:
    x = bid("x", "free", 10, price, units=1, divisible=False)
    y = bid("y", "free", 10, 20, units=1, start=1)
    bids = replace(bids_from(chained(x, y)), conditional_links=(ConditionalLink(1, "x", status),))
    first = publish(day, bids, 100)
    assert available(day, first)["x"][0] == (10 if taken else 0)
    second = again(day, 50)
    assert second.undecided == ()
    assert available(day, second)["y"] == ([0, 10, 0, 0] if taken == wants else [0] * 4)


def test_direct_activation_of_a_decided_unit_reaches_into_the_next(day: World) -> None:
    direct = {BidTerm.PRODUCT: "A07"}
    bids = [bid("x", "u1", 10, 10, units=1, terms=direct), bid("y", "u2", 10, 20, units=3, start=1)]
    first = publish(day, bids, 100, use=UseOfLists.PREFIX)
    assert available(day, first) == {"x": [10, 0, 0, 0], "y": [0, 10, 10, 10]}
    second = again(day, 12)
    assert available(day, second) == {"x": [10, 0, 0, 0], "y": [0, 2, 10, 10]}
    assert "what run 1 has published and is retained counts as used" in second.notes


def test_another_gate_counts_all_units(day: World) -> None:
    publish(day, [bid("cheap", "u1", 10, 20, units=4)], 4)
    again(day, 7)
    times = {"closes_at": DAY + 6 * MINUTE, "grids_due_at": DAY + 7 * MINUTE, "publish_by": DAY + 20 * MINUTE}
    day.gates.create(gate("g2", units=UNITS, process="A51", platforms=("east",), **times))
    beside = document("east", [bid("beside", "u2", 10, 20, units=4)], mrid="doc-2", process="A51")
    assert not day.submit("east", beside)
    day.demand("g2", up=10, units=UNITS)
    limit(day, 9)
    day.clock.moment = DAY + 7 * MINUTE
    day.gates.close("g2", OPERATOR)
    assert available(day, day.bid_check.run("g2")) == {"beside": [5, 2, 2, 2]}


def test_units_that_are_prepared_while_it_is_decided_are_kept(day: World) -> None:
    publish(day, [bid("cheap", "u1", 10, 20, units=4), bid("dear", "free", 10, 50, units=4)], 4)
    limit(day, 100)
    day.clock.moment = DAY + 5 * MINUTE
    day.gates.run_again("g1")
    asked: list[int] = []

    def slow(problem: Problem, _budget: float) -> Answer:
        asked.append(problem.mtus)
        day.clock.moment = DAY + 20 * MINUTE
        return cover_demand(problem)

    reported = day.check_with(slow).run("g1")
    assert asked == [3, 2]
    assert available(day, reported)["cheap"] == [4, 4, 10, 10]


def test_a_run_that_comes_too_late_for_every_unit_changes_nothing(day: World) -> None:
    first = publish(day, [bid("cheap", "u1", 10, 20, units=4)], 4)
    limit(day, 100)
    day.clock.moment = DAY + 5 * MINUTE
    day.gates.run_again("g1")
    day.clock.moment = DAY + 46 * MINUTE
    day.written.clear()
    with pytest.raises(RunGivenUpError, match="in preparation to its end; run 2 changes nothing"):
        day.bid_check.run("g1")
    assert not day.written
    assert day.gates.find("g1", OPERATOR).state is GateState.PUBLISHED
    assert [run.run_id for run in day.results.runs("g1", OPERATOR)] == [first.run_id]
    assert day.keeper.due() == day.keeper._unpublished() == []
    with pytest.raises(GateClosedError, match="is prepared from"):
        day.gates.run_again("g1")


def test_a_run_without_the_decision_before_it_changes_nothing(day: World) -> None:
    publish(day, [bid("cheap", "u1", 10, 20, units=4)], 4)
    day.clock.moment = DAY + 5 * MINUTE
    day.gates.run_again("g1")
    with day.stores.shared.writing() as shared:
        shared.execute(runs.decisions.delete())
    with pytest.raises(RunGivenUpError, match="what run 1 of gate 'g1' decided is not stored"):
        day.bid_check.run("g1")
    assert day.gates.find("g1", OPERATOR).state is GateState.PUBLISHED


def test_what_cannot_be_decided_again_is_not_available(day: World) -> None:
    publish(day, [bid("cheap", "u1", 10, 20, units=4)], 4)
    day.clock.moment = DAY + 5 * MINUTE
    day.gates.run_again("g1")

    def fails(_problem: Problem, _budget: float) -> Answer:
        raise ZeroDivisionError

    reported = day.check_with(fails).run("g1")
    assert available(day, reported) == {"cheap": [4, 0, 0, 0]}
    assert (reported.rung, reported.cost) == ("not-assessed", pytest.approx(20.0))
