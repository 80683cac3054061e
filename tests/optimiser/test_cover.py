"""Covering a demand: the optimum, by hand, against the full model written in Pyomo, and by its laws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.domain.gate import DemandRule
from gateway.domain.result import Outcome, Rung
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.linear import needed_bids as margin
from tests.optimiser.agreement import agree
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line

STEP_MW = 0.01


def test_the_cheap_bid_is_limited_to_what_its_line_carries() -> None:
    answer = cover_demand(two_bids_behind_one_line())
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 6])
    assert answer.merit_order_mw[:, 0] == pytest.approx([10, 0])
    assert answer.cost_eur[0] == pytest.approx(4 * 20 + 6 * 50)
    assert answer.merit_order_cost_eur[0] == pytest.approx(200)
    assert answer.list_price[0, 0] == pytest.approx(50)
    assert answer.available_mw[:, 0] == pytest.approx([4, 6])
    assert answer.limited[:, 0].tolist() == [True, False]
    assert (answer.limits.element[0], answer.limits.side[0], answer.limits.share[0]) == (0, 1, 1.0)
    assert answer.shadow_prices.value == pytest.approx([30])
    assert answer.loadings[0].before[0, 0] == pytest.approx(2.5)
    assert answer.loadings[0].after[0, 0] == pytest.approx(1.0)
    assert answer.verification.holds
    assert answer.verification.violations == 0
    assert answer.rung == (Rung.OPTIMAL,)


def test_shares_of_two_limiting_rows_follow_their_prices() -> None:
    one = grid([[[1.0, 0.0], [1.0, 1.0]]], [[[0.0, 0.0]]], [4.0, 7.0], [0, 1, -1])
    problem = two_bids_behind_one_line(bids=bids([10, 10, 10], [20, 50, 90]), grids=(one,))
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 3, 3])
    mine = answer.limits.bid == 0
    assert answer.limits.share[mine] == pytest.approx([30 / 70, 40 / 70])


@pytest.mark.feature(id="A6")
def test_where_both_cannot_be_kept_limits_hold_and_the_shortage_is_named() -> None:
    one = grid([[[1.0, 1.0]]], [[[0.0]]], 4.0, [0, 1])
    answer = cover_demand(two_bids_behind_one_line(grids=(one,)))
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 0])
    assert answer.shortage_mw[:, 0] == pytest.approx([6, 0])
    assert answer.overloads.value.size == 0
    assert (answer.worst_outcome, answer.worst_rung) == (Outcome.SHORTAGE, Rung.OPTIMAL)
    assert answer.limited[:, 0].tolist() == [True, True]
    assert answer.verification.holds
    assert answer.verification.violations == 0


@pytest.mark.feature(id="A6")
def test_meeting_a_demand_may_exceed_only_what_was_agreed_and_no_more_than_that() -> None:
    one = grid([[[1.0, 1.0]]], [[[0.0]]], 4.0, [0, 1])
    problem = two_bids_behind_one_line(grids=(one,), rule=DemandRule.MEET_DEMAND)
    assert cover_demand(problem).shortage_mw[0, 0] == pytest.approx(6), "no overload is agreed"
    for agreed, unmet in ((9.0, 1.0), (30.0, 0.0)):
        soft = replace(one, emergency_upper_mw=[agreed])
        answer = cover_demand(replace(problem, grids=(soft,)))
        assert answer.shortage_mw[0, 0] == pytest.approx(unmet, abs=1e-6)
        assert answer.overload == pytest.approx([6 - unmet])
        assert (answer.worst_outcome, answer.verification.holds) == (Outcome.LEAST_OVERLOAD, True)


def test_least_overload_comes_before_cost_and_after_unmet_demand() -> None:
    """10 MW behind a line of 4 MW that may take 20; a dear bid elsewhere covers 3 MW at any price."""
    one = grid([[[1.0, 0.0]]], [[[0.0]]], 4.0, [0, 1])
    soft = replace(one, emergency_upper_mw=[20.0])
    offer = bids([10, 3], [20, 9_000])
    problem = two_bids_behind_one_line(bids=offer, grids=(soft,), rule=DemandRule.MEET_DEMAND)
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx([7, 3])
    assert answer.overload == pytest.approx([3])


def test_in_an_overloaded_base_relieving_bids_stay_and_worsening_ones_go() -> None:
    one = grid([[[1.0, -1.0, 0.0]]], [[[6.0]]], 4.0, [0, 1, 2])
    offer = bids([5, 5, 50], [20, 30, 90])
    answer = cover_demand(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[8.0]))
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 4, 0])
    assert answer.overloads.value.size == 0
    assert answer.loadings[0].after[0, 0] <= answer.loadings[0].base[0, 0] + 1e-9


def test_demand_above_all_offers_is_a_stated_shortage() -> None:
    uncongested = two_bids_behind_one_line(demand_up_mw=[25.0], grids=())
    assert cover_demand(uncongested).shortage_mw[0, 0] == pytest.approx(5)
    answer = cover_demand(two_bids_behind_one_line(demand_up_mw=[25.0]))
    assert answer.shortage_mw[0, 0] == pytest.approx(11)  # the line takes away 6 MW more
    assert answer.overloads.value.size == 0


def test_without_netting_a_relieving_bid_gives_no_margin() -> None:
    one = grid([[[1.0, -1.0]]], [[[0.0]]], 4.0, [0, 1])
    full = two_bids_behind_one_line(grids=(one,), demand_up_mw=[8.0])
    assert cover_demand(full).accepted_mw[0, 0] == pytest.approx(6)
    assert cover_demand(replace(full, relief_share=0.0)).accepted_mw[0, 0] == pytest.approx(4)
    assert cover_demand(replace(full, relief_share=0.5)).accepted_mw[0, 0] == pytest.approx(8 / 1.5)


def test_equal_bids_are_accepted_in_the_order_of_the_list() -> None:
    offer = bids([3, 3, 3, 3], [50, 20, 20, 20])
    one = grid([[[1.0, 0.0, 0.0, 0.0]]], [[[0.0]]], 1.0, [0, 1, 2, 3])
    answer = cover_demand(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[5.0]))
    assert answer.accepted_mw[:, 0] == pytest.approx([0, 3, 2, 0])
    congested = grid([[[0.0, 1.0, 1.0, 1.0]]], [[[0.0]]], 4.0, [0, 1, 2, 3])
    answer = cover_demand(two_bids_behind_one_line(bids=offer, grids=(congested,), demand_up_mw=[5.0]))
    assert answer.accepted_mw[:, 0] == pytest.approx([1, 3, 1, 0])


@pytest.mark.parametrize(("demand", "taken"), [(2.0, [2.0, 0.0]), (0.0, [0.0, 0.0])])
@pytest.mark.parametrize("grids", [0, 1])
def test_a_divisible_bid_takes_no_surplus_however_well_it_pays(
    demand: float, taken: list[float], grids: int
) -> None:
    problem = two_bids_behind_one_line(
        bids=bids([4, 10], [-5, -1]), demand_up_mw=[demand], surplus_mw=1.5, rule=DemandRule.MEET_DEMAND
    )
    problem = replace(problem, grids=problem.grids[:grids])
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0].tolist() == taken
    assert (answer.worst_rung, answer.merit_order_mw[:, 0].tolist()) == (Rung.OPTIMAL, taken)
    agree(problem, answer, demand)


@pytest.mark.feature(id="A4")
@pytest.mark.parametrize("first", range(0, 100, 25))
def test_the_optimum_equals_the_full_model(first: int) -> None:
    for seed in range(first, first + 25):
        problem = random_problem(seed, mtus=1 + seed % 3, grid_count=1 + seed % 3)
        problem = replace(problem, relief_share=[1.0, 1.0, 0.5, 0.0][seed % 4])
        agree(problem, cover_demand(problem), seed)


def test_the_optimum_is_the_same_when_only_bids_near_the_margin_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = [cover_demand(random_problem(seed, bid_count=40, mtus=3)) for seed in range(25)]
    monkeypatch.setattr(margin, "MANY_BIDS", 0)
    monkeypatch.setattr(margin, "ALWAYS", 0.05)
    for seed, expected in enumerate(whole):
        answer = cover_demand(random_problem(seed, bid_count=40, mtus=3))
        assert answer.accepted_mw == pytest.approx(expected.accepted_mw, abs=1e-6), seed
        assert answer.cost_eur == pytest.approx(expected.cost_eur, rel=1e-6), seed
        assert answer.verification.holds, seed


def test_the_same_inputs_give_the_same_answer_bit_for_bit() -> None:
    first, second = (cover_demand(random_problem(7, bid_count=20)) for _ in range(2))
    assert first.accepted_mw.tobytes() == second.accepted_mw.tobytes()
    assert first.shadow_prices.value.tobytes() == second.shadow_prices.value.tobytes()


@pytest.mark.feature(id="A18")
@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_shadow_prices_are_finite_differences_of_the_cost(seed: int) -> None:
    problem = random_problem(seed, mtus=1, grid_count=1)
    answer = cover_demand(problem)
    assume(answer.worst_outcome is Outcome.WITHIN_LIMITS)
    found, one = answer.shadow_prices, problem.grids[0]
    for element, side in set(zip(found.element.tolist(), found.side.tolist(), strict=True)):
        rows = (found.element == element) & (found.side == side)  # one limit, several operating points
        base = (side * one.base_mw[:, 0, element]).max()
        limit = side * (one.upper_mw if side > 0 else one.lower_mw)[element]
        if base > limit - 2 * STEP_MW:  # relaxed to the base flow: moving the limit moves nothing
            continue
        price = found.value[rows].sum() * problem.mtu_hours
        costs = []
        for step in (STEP_MW, -STEP_MW):
            upper, lower = one.upper_mw.copy(), one.lower_mw.copy()
            (upper if side > 0 else lower)[element] += side * step
            moved = replace(problem, grids=(replace(one, upper_mw=upper, lower_mw=lower),))
            changed = cover_demand(moved)
            short = changed.worst_outcome is Outcome.SHORTAGE
            costs.append(np.inf if short else changed.cost_eur[0])
        wider, middle, tighter = costs[0], answer.cost_eur[0], costs[1]
        # A subgradient of a convex cost, of quantities that are reported to the watt.
        reported = 2e-6 * np.abs(problem.bids.price_eur_per_mwh).sum() * problem.mtu_hours
        assert middle - wider <= price * STEP_MW + reported
        assert tighter - middle >= price * STEP_MW - reported


@given(st.integers(0, 10_000), st.floats(0.1, 3.0))
@settings(max_examples=30, deadline=None)
def test_wider_limits_never_leave_more_unmet_nor_cost_more(seed: int, factor: float) -> None:
    problem = random_problem(seed)
    wider = [replace(g, lower_mw=g.lower_mw - factor, upper_mw=g.upper_mw + factor) for g in problem.grids]
    narrow, wide = cover_demand(problem), cover_demand(replace(problem, grids=tuple(wider)))
    assert (wide.shortage_mw.sum(axis=0) <= narrow.shortage_mw.sum(axis=0) + 1e-5).all()
    met = wide.shortage_mw.sum(axis=0) > narrow.shortage_mw.sum(axis=0) - 1e-5
    assert (wide.cost_eur <= narrow.cost_eur + 1e-3)[met].all(), "for the same demand met"
