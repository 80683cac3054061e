"""There is always an answer, on time, and it says how good it is: whatever the solver process does."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np
import pytest

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.non_delivery import non_delivery
from gateway.optimiser.check.verify import believable, objectives, quantities_broken
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.deadline import price_sweep
from gateway.optimiser.deadline.conservative import curtail
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.deadline.each_grid import decide_alone
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline
from gateway.optimiser.deadline.price_sweep import PriceSweep
from gateway.optimiser.model.decision import shortage
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.order import is_better
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import violated
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line
from tests.optimiser.faults import BROKEN, HANGS_S, child
from tests.optimiser.test_merit_order import worst_excess


def test_a_healthy_solver_answers_exactly_and_early() -> None:
    problem = random_problem(3, mtus=4)
    answer = solve_with_deadline(problem, 600.0)
    assert answer.seconds["decide"] < 600
    assert answer.worst_rung is Rung.OPTIMAL
    assert not answer.cut_short
    assert answer.explained.all()
    assert answer.verification.holds
    np.testing.assert_array_equal(answer.accepted_mw, cover_demand(problem).accepted_mw)


@pytest.mark.feature(id="A9")
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_solver_leaves_a_feasible_answer_on_time(fault: str) -> None:
    problem, budget_s = random_problem(3, mtus=2), 1.0
    started = perf_counter()
    answer = solve_with_deadline(problem, budget_s, command=child(BROKEN[fault]))
    assert perf_counter() - started < HANGS_S
    assert set(answer.rung) == {Rung.BEST_FOUND}, "a sweep, in this process"
    assert np.isfinite(answer.gap)
    assert answer.verification.violations == 0
    assert answer.verification.holds
    assert any("not believed" in note or "ended" in note or "deadline" in note for note in answer.notes)


@pytest.mark.parametrize("fault", ["killed", "claims a lower cost"])
def test_what_a_cautious_answer_takes_away_is_not_passed_on_as_available(fault: str) -> None:
    """The line carries 4 of the 10 MW that the merit order wants; no time is left to find which row it is."""
    answer = solve_with_deadline(two_bids_behind_one_line(), 1.0, command=child(BROKEN[fault]))
    assert answer.rung == (Rung.BEST_FOUND,)
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 6])
    assert answer.available_mw[:, 0] == pytest.approx([4, 6])
    assert answer.limited[:, 0].tolist() == [True, False]
    assert (len(answer.limits), answer.explained.tolist()) == (0, [False])


@pytest.mark.feature(id="A9")
def test_when_the_joint_solver_crashes_each_grid_answers_alone() -> None:
    only_alone = """
        import sys
        sys.argv[1] == "joint" and sys.exit(1)
        from gateway.optimiser.deadline.child import main
        main()
    """
    answer = solve_with_deadline(random_problem(3), 20.0, command=child(only_alone))
    assert Rung.EACH_GRID_ALONE in answer.rung
    assert set(answer.rung) <= {Rung.EACH_GRID_ALONE, Rung.BEST_FOUND}, "the best of those known"
    assert answer.verification.holds
    assert answer.verification.violations == 0


def test_a_program_that_does_not_exist_is_noted() -> None:
    answer = solve_with_deadline(random_problem(3), 1.0, command=("/no/such/program",))
    assert answer.worst_rung is Rung.BEST_FOUND
    assert any("could not be started" in note for note in answer.notes)


@pytest.mark.parametrize("solve", [solve_with_deadline, safe_merit_order_with_deadline])
def test_a_budget_that_starts_no_solver_cuts_the_search_short(
    solve: Callable[[Problem, float], Answer | SafeMeritOrder],
) -> None:
    assert solve(random_problem(3), 0.2).cut_short


def test_a_solver_that_hangs_is_cut_short_and_one_that_crashes_is_not() -> None:
    hanging = solve_with_deadline(random_problem(3), 1.0, command=child("import time; time.sleep(60)"))
    assert hanging.cut_short
    crashed = solve_with_deadline(random_problem(3), 600.0, command=child(BROKEN["killed"]))
    assert not crashed.cut_short
    safe = safe_merit_order_with_deadline(random_problem(3), 600.0, command=child(BROKEN["killed"]))
    assert not safe.cut_short


def test_a_memory_limit_ends_the_solver_not_the_answer() -> None:
    answer = solve_with_deadline(random_problem(3), 3.0, memory_mb=64)
    assert answer.worst_rung is Rung.BEST_FOUND


@pytest.mark.parametrize("seed", range(30))
def test_every_rung_is_feasible_and_none_beats_a_higher_one(seed: int) -> None:
    problem = replace(random_problem(seed, grid_count=3), relief_share=[1.0, 0.5][seed % 2])
    flows, mtus = GridFlows.of(problem), np.arange(problem.mtus)
    by_price, _ = merit_order(problem)
    exact = cover_demand(problem).objective_eur / problem.mtu_hours
    for decisions in (
        curtail(problem, flows, by_price, mtus),
        list(decide_alone(problem, flows, range(problem.mtus))),
    ):
        accepted = np.stack([decision.accepted_mw for decision in decisions], axis=1)
        assert not any(violated(flow, accepted, mtus).any() for flow in flows)
        assert (accepted <= by_price + 1e-9).all() or decisions[0].rung is Rung.EACH_GRID_ALONE
        objective = objectives(problem, flows, accepted, mtus)
        assert [d.objective_eur_per_h for d in decisions] == pytest.approx(objective.tolist())
        assert (objective >= exact - 1e-6 * np.maximum(1, np.abs(exact))).all()


def _none_left(looking: Iterator[int]) -> bool:
    return next(looking, None) is None


@pytest.mark.parametrize("seed", range(40))
def test_a_sweep_ended_at_any_time_keeps_every_limit_and_minimum(seed: int) -> None:
    draw = np.random.default_rng(seed)
    problem = random_problem(seed, bid_count=14, mtus=1, grid_count=3)
    problem, offer = replace(problem, relief_share=[1.0, 0.5, 0.0][seed % 3]), problem.bids
    whole, least = draw.random(14) < 0.3, offer.quantity_mw * draw.uniform(0, 0.6, (14, 1))
    problem = replace(problem, bids=replace(offer, divisible=~whole, minimum_mw=least))
    flows = GridFlows.of(problem)
    best = float(cover_demand(problem).shortage_mw.sum())
    for at_once, looks in ((1, seed % 14), (64, 10**6)):
        looking = iter(range(looks))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(price_sweep, "AT_ONCE", at_once)
            found = PriceSweep(problem, flows).decide(0, partial(_none_left, looking))
        accepted = found.accepted_mw[:, None]
        assert believable(problem, flows, [found]) == [found]
        assert worst_excess(problem, accepted) < 1e-9
        assert not quantities_broken(problem, accepted, np.array([0])).any()
        assert shortage(problem, found.accepted_mw, 0).sum() >= best - 1e-6


def test_up_and_down_relieve_each_other_in_a_sweep() -> None:
    """Neither list fits whole before the other: the line carries 1 MW more of one than of the other."""
    offer = bids([1, 5, 1, 5], [10, 20, 10, 20], [1, 1, -1, -1])
    one = grid([[[1.0, 1.0, 1.0, 1.0]]], [[[0.0]]], 1.0, [0, 1, 2, 3])
    problem = Problem(bids=offer, grids=(one,), lists=Lists.of_directions([6.0], [6.0]))
    taken = PriceSweep(problem, GridFlows.of(problem)).decide(0).accepted_mw
    assert taken[:2].sum() == pytest.approx(taken[2:].sum(), abs=1.0 + 1e-9)
    assert taken.sum() > 5


def test_contracted_capacity_comes_before_cost_in_every_method() -> None:
    """The sweep would be cheaper than the optimum if it did not take contracted bids first; it never wins."""
    offer = bids([10, 10], [20, 50], contracted=np.array([False, True]))
    answer = solve_with_deadline(two_bids_behind_one_line(bids=offer), 30.0)
    assert answer.worst_rung is Rung.OPTIMAL
    assert answer.accepted_mw[:, 0] == pytest.approx([0, 10])
    assert is_better((0, 0, -10, 500), (0, 0, -6, 380))
    assert is_better((0, 0, -6, 500), (1, 0, -10, 380))
    assert not is_better((0, 0, -10, 500 + 1e-5), (0, 0, -10, 500))
    assert not is_better((0, 0, -10, 500 - 1e-5), (0, 0, -10, 500))


@pytest.mark.parametrize("seed", range(30))
def test_without_a_solver_the_bound_is_none_that_an_optimum_undercuts(seed: int) -> None:
    problem = random_problem(seed, grid_count=3)
    answer = solve_with_deadline(problem, 1.0, command=("/no/such/program",))
    optimum = cover_demand(problem).objective_eur
    assert (answer.bound_eur <= optimum + 1e-6 * np.maximum(np.abs(optimum), 1)).all()
    assert (answer.objective_eur >= optimum - 1e-6 * np.maximum(np.abs(optimum), 1)).all()


@pytest.mark.parametrize("seed", range(10))
def test_any_subset_of_a_conservative_answer_is_safe(seed: int) -> None:
    problem = random_problem(seed, mtus=1)
    flows = GridFlows.of(problem)
    (decision,) = curtail(problem, flows, merit_order(problem)[0], np.array([0]))
    delivered = np.random.default_rng(seed).random((len(problem.bids.ids), 200)) < 0.5
    subsets = decision.accepted_mw[:, None] * delivered
    for flow in flows:
        for change, margin in zip(flow.changes(subsets), flow.margins(np.array([0])), strict=True):
            assert (change <= margin + 1e-9).all()


def test_a_budget_of_nothing_is_answered_as_not_assessed() -> None:
    answer = solve_with_deadline(two_bids_behind_one_line(), 0.0)
    assert answer.worst_rung is Rung.NOT_ASSESSED
    assert not answer.accepted_mw.any()


def test_the_safe_merit_order_comes_from_the_child_as_it_would_from_here() -> None:
    problem = random_problem(3, grid_count=3)
    answer = safe_merit_order_with_deadline(problem, 30.0)
    assert set(answer.rung) == {Rung.OPTIMAL}
    np.testing.assert_array_equal(answer.available_mw, safe_merit_order(problem).available_mw)


def test_what_was_found_before_the_joint_search_ended_is_not_lost() -> None:
    """The search sends a first answer, then hangs: the answer is used, with its proven gap."""
    problem = random_problem(3, mtus=2, grid_count=1)
    problem = replace(problem, bids=replace(problem.bids, divisible=np.arange(8) % 2 == 0))
    first_only = """
        import itertools, sys, time
        from gateway.optimiser.deadline.child import received, decisions
        problem, say = received()
        if sys.argv[1] == "joint":
            for one in itertools.islice(decisions(problem, "joint"), problem.mtus):
                say(one)
        time.sleep(60)
    """
    answer = solve_with_deadline(problem, 10.0, command=child(first_only))
    assert Rung.BEST_FOUND in answer.rung
    assert answer.verification.holds
    assert answer.gap >= 0
    best = cover_demand(problem).objective_eur
    assert (answer.objective_eur >= best - 1e-6 * np.abs(best)).all()


def test_joint_where_ready_and_each_grid_alone_elsewhere() -> None:
    one_ready = """
        import itertools, sys
        from gateway.optimiser.deadline.child import received, decisions
        problem, say = received()
        found = decisions(problem, sys.argv[1])
        if sys.argv[1] == "joint":
            found = itertools.islice(found, 1)
        for one in found:
            say(one)
    """
    answer = solve_with_deadline(random_problem(3), 20.0, command=child(one_ready))
    assert answer.rung[0] is Rung.OPTIMAL
    assert answer.worst_rung in {Rung.JOINT_WHERE_READY, Rung.BEST_FOUND}
    assert answer.verification.holds


SAFE_LIAR = """
    import sys
    from dataclasses import replace
    from gateway.optimiser.deadline.child import received, decisions
    problem, say = received()
    for kept in decisions(problem, sys.argv[1]):
        say(replace(kept, available_mw={lie}))
"""


@pytest.mark.feature(id="A9")
@pytest.mark.parametrize(
    "source",
    [
        BROKEN["killed"],
        BROKEN["hangs before reading"],
        BROKEN["prints garbage"],
        BROKEN["sends something else"],
        SAFE_LIAR.format(lie="kept.available_mw * 0 + 9"),
        SAFE_LIAR.format(lie="kept.available_mw * float('nan')"),
        SAFE_LIAR.format(lie="kept.available_mw[:1]"),
    ],
)
def test_a_broken_solver_leaves_a_list_of_which_every_subset_is_safe(source: str) -> None:
    problem, budget_s = random_problem(3, mtus=1), 1.0
    started = perf_counter()
    answer = safe_merit_order_with_deadline(problem, budget_s, command=child(source))
    assert perf_counter() - started < HANGS_S
    assert set(answer.rung) == {Rung.CONSERVATIVE}
    assert answer.max_violation_mw < 1e-5
    delivered = np.random.default_rng(0).random((len(problem.bids.ids), 500)) < 0.5
    for flow in GridFlows.of(problem):
        assert not violated(flow, answer.available_mw * delivered, np.zeros(500, int)).any()


def test_a_grid_without_bids_limits_no_bid() -> None:
    problem = random_problem(3, grid_count=2)
    empty = replace(grid([[[1.0]]], [[[0.0]]], 1.0, [-1]), grid_id="empty")
    wider = replace(problem, grids=(*problem.grids, empty))
    flows, mtus = GridFlows.of(wider), np.arange(wider.mtus)
    by_price, _ = merit_order(wider)
    assert len(curtail(wider, flows, by_price, mtus)) == wider.mtus
    assert len(list(decide_alone(wider, flows, range(wider.mtus)))) == wider.mtus
    np.testing.assert_array_equal(cover_demand(wider).accepted_mw, cover_demand(problem).accepted_mw)
    safe = safe_merit_order(wider).available_mw
    np.testing.assert_array_equal(safe, safe_merit_order(problem).available_mw)
    assert non_delivery(wider, cover_demand(wider)).overload_mw.ndim == 1
