"""A run whose search was not through says so to everybody, and names no element that was not found."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway.domain.document import BidAvailability
from gateway.domain.gate import UseOfLists
from gateway.domain.reason import ReasonCode
from gateway.domain.result import Rung, SearchGap
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import assemble, judge
from gateway.optimiser.deadline.conservative import curtail
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.optimiser.safe.every_subset import every_subset
from gateway.optimiser.safe.gather import Fallback, Gathered
from tests.processes.world import RESOURCES, TENANTS, World, bid, connected, document, gate, model

EVERYBODY = ("north", "tso", "operator", "east")


def curtailed(problem: Problem, _budget_s: float) -> Answer:
    """The first unit on the emergency rung, of the others nothing is known."""
    flows, (by_price, _) = GridFlows.of(problem), merit_order(problem)
    return replace(
        assemble(problem, flows, curtail(problem, flows, by_price, np.array([0])), {}), cut_short=True
    )


def every_subset_is_safe(problem: Problem, _budget_s: float) -> SafeMeritOrder:
    flows = GridFlows.of(problem)
    answer = Gathered(problem, flows).answer(Fallback(*every_subset(problem, flows, lambda: False)))
    return replace(answer, cut_short=True)


def ran(world: World) -> str:
    """Of 10 MW behind north's line of 4 MW, and of 10 MW behind both lines."""
    bids = [bid("load", "u1", 10, 20), bid("both", "both", 10, 30), bid("free", "free", 10, 40)]
    world.submit("east", document("east", bids))
    world.gates.close("g1", TENANTS["operator"])
    return world.check_with(curtailed, every_subset_is_safe).run("g1").run_id


def test_bids_of_the_emergency_rung_are_explained_as_such(ready: World) -> None:
    ready.demand("g1", up=30)
    run_id = ran(ready)
    through, nothing = SearchGap.NOT_THROUGH, SearchGap.NOT_ASSESSED
    reported = {(one.bid_id, one.mtu): one for one in ready.results.explanations(run_id, TENANTS["north"])}
    assert {place: one.withheld_because for place, one in reported.items()} == {
        ("load", 0): through,
        ("load", 1): nothing,
        ("both", 0): through,
        ("both", 1): nothing,
        ("free", 1): nothing,
    }
    assert {one.grid_id for one in reported.values()} == {"north"}
    assert {place: one.share for place, one in reported.items() if place[0] == "both"} == {
        ("both", 0): 0.5,
        ("both", 1): 0.5,
    }
    load = reported["load", 0]
    assert (load.element_id, load.side, load.margin_mw, load.shadow_price) == (None, None, None, None)
    assert 6 < load.cut_mw < 10
    assert reported["load", 1].cut_mw == 10
    rows = {row.bid_id: row for row in ready.availability(run_id, TENANTS["east"])["east"]}
    assert rows["load"].limited.all()
    assert [(one.code, one.text) for one in rows["load"].reasons] == [
        (ReasonCode.OPERATIONAL_SECURITY, "limited by a cautious rule, for want of time"),
        (ReasonCode.OPERATIONAL_SECURITY, "not assessed in time, so nothing is safe"),
    ]


def best_found(problem: Problem, _budget_s: float) -> Answer:
    """A search cut short that had taken no bid but the dearest."""
    taken = np.zeros_like(problem.bids.quantity_mw)
    taken[problem.bids.price_eur_per_mwh.argmax(axis=0), range(problem.mtus)] = 1.0
    return replace(judge(problem, taken, Rung.BEST_FOUND), cut_short=True)


def test_the_best_found_blames_no_grid_for_what_was_not_found_out(ready: World) -> None:
    ready.demand("g1", up=30)
    ready.submit("east", document("east", [bid("load", "u1", 3, 20), bid("free", "free", 10, 40)]))
    ready.gates.close("g1", TENANTS["operator"])
    run_id = ready.check_with(best_found).run("g1").run_id
    reported = [one for one in ready.results.explanations(run_id, TENANTS["north"]) if one.bid_id == "load"]
    assert {one.withheld_because for one in reported} == {SearchGap.NOT_THROUGH}
    for viewer in ("east", "operator", "tso"):
        found = ready.availability(run_id, TENANTS[viewer]).values()
        (load,) = (row for rows in found for row in rows if row.bid_id == "load")
        (reason,) = load.reasons
        assert reason.code == ReasonCode.OPERATIONAL_SECURITY
        assert reason.text == "the search was not through; more of it may be possible"
    documents = [one for one in ready.written if isinstance(one, BidAvailability)]
    stated = [reason.code for one in documents for limit in one.limits for reason in limit.reasons]
    assert stated
    assert set(stated) == {ReasonCode.OPERATIONAL_SECURITY}
    kept_back = ready.results.withheld(run_id, TENANTS["operator"])
    assert {one.reason for one in kept_back} == {ReasonCode.OPERATIONAL_SECURITY}


def test_a_further_run_that_is_worse_on_the_same_input_says_so(ready: World) -> None:
    ready.demand("g1", up=8)
    ready.submit("east", document("east", [bid("load", "u1", 3, 20), bid("free", "free", 10, 40)]))
    ready.gates.close("g1", TENANTS["operator"])
    first = ready.bid_check.run("g1")
    reported = []
    for check in (ready.check_with(best_found), ready.bid_check):
        ready.gates.run_again("g1")
        reported.append(check.run("g1"))
    assert {one.input_hash for one in reported} == {first.input_hash}
    (note,) = [one for one in reported[0].notes if one.startswith("worse than")]
    assert note == "worse than run 1 on the same input: 3.500 MWh more of the demand is left"
    assert not [one for run in (first, reported[1]) for one in run.notes if one.startswith("worse than")]


def test_a_safe_merit_order_of_the_emergency_rung_is_explained_as_such(world: World) -> None:
    """Relief comes first in the list, so the line is never full; the cautious rule does not rely on it."""
    world.gates.create(gate(use=UseOfLists.PREFIX, one_buyer=True))
    hangs = {**RESOURCES.connections, **connected(relief=(("north", "far"),))}
    world.resources.replace(TENANTS["tso"], replace(RESOURCES, connections=hangs))
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    bids = [bid("relief", "relief", 8, 10), bid("load", "u1", 10, 20)]
    world.submit("east", document("east", bids))
    world.gates.close("g1", TENANTS["operator"])
    run_id = world.check_with(curtailed, every_subset_is_safe).run("g1").run_id
    reported = list(world.results.explanations(run_id, TENANTS["north"]))
    assert [(one.bid_id, one.mtu, one.withheld_because) for one in reported] == [
        ("load", mtu, SearchGap.NOT_THROUGH) for mtu in (0, 1)
    ]
    assert [one.cut_mw for one in reported] == pytest.approx([6, 6])


@pytest.mark.parametrize("use", UseOfLists)
def test_everybody_hears_that_the_budget_cut_the_search_short(ready: World, use: UseOfLists) -> None:
    ready.gates.amend(gate(use=use))
    if use is UseOfLists.EXACT:
        ready.demand("g1", up=30)
    with capture_logs() as logs:
        run_id = ran(ready)
    (warned,) = [line for line in logs if line["event"] == "search was not through"]
    assert (warned["log_level"], warned["cut_short"], warned["budget_s"]) == ("warning", True, 20.0)
    for name in EVERYBODY:
        figures = ready.results.run(run_id, TENANTS[name]).figures
        assert figures is not None
        assert figures.cut_short
        assert figures.rung in (Rung.CONSERVATIVE, Rung.NOT_ASSESSED)
        assert figures.rung == warned["rung"]
        assert figures.gap is not None
        (note,) = [one for one in figures.notes if "cut short by the budget (at most 20 s" in one]
        assert f"rung {figures.rung}, at most {figures.gap:.1%} from the best there may be" in note
        assert "`flexgate gate rerun --budget` runs this gate again with a larger one" in note
        assert "for the next gate, state a larger `budget` and a later `publish_by`" in note


def test_a_further_run_has_the_budget_it_was_given_and_says_so_to_everybody(ready: World) -> None:
    ready.demand("g1", up=30)
    ready.submit("east", document("east", [bid("load", "u1", 10, 20)]))
    ready.gates.close("g1", TENANTS["operator"])
    taken: list[float] = []

    def solve(problem: Problem, budget_s: float) -> Answer:
        taken.append(budget_s)
        return curtailed(problem, budget_s)

    check = ready.check_with(solve)
    check.run("g1")
    for budget in (timedelta(minutes=2), timedelta(seconds=7), None):
        assert ready.gates.run_again("g1", budget=budget).budget == budget
        run_id = check.run("g1").run_id
        most = 20 if budget is None else budget.total_seconds()
        for name in EVERYBODY:
            record = ready.results.run(run_id, TENANTS[name])
            assert (record.run_id, record.budget) == (run_id, budget)
            assert record.figures is not None
            assert [one for one in record.figures.notes if f"by the budget (at most {most:g} s," in one]
    assert taken == [20, 120, 7, 20]


def test_a_search_that_was_through_warns_of_nothing(ready: World) -> None:
    ready.demand("g1", up=8)
    ready.submit("east", document("east", [bid("load", "u1", 10, 20)]))
    with capture_logs() as logs:
        run_id = ready.close_and_run()
    assert not [line for line in logs if line["event"] == "search was not through"]
    figures = ready.results.run(run_id, TENANTS["north"]).figures
    assert figures is not None
    assert (figures.cut_short, figures.notes) == (False, ())
    assert {one.withheld_because for one in ready.results.explanations(run_id, TENANTS["north"])} == {None}
