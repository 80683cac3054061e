"""Answers that were wrong once, each with further shapes of its kind, by hand and against the full model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.domain.gate import DemandRule
from gateway.domain.grid import Band
from gateway.domain.result import Outcome, Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.band import hung, with_band
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.links import Links, TechnicalRule
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from tests.optimiser.agreement import agree
from tests.optimiser.cases import bids, grid, two_bids_behind_one_line


def answered(problem: Problem) -> Answer:
    """The answer, optimal and equal to the full model's; what is available is what is accepted."""
    answer = cover_demand(problem, gap=1e-7)
    agree(problem, answer, "by hand")
    assert answer.available_mw == pytest.approx(answer.accepted_mw)
    return answer


def one_bid(one: GridArrays, **others: Any) -> Problem:
    """5 MW asked of one bid."""
    return two_bids_behind_one_line(bids=bids([5], [50]), grids=(one,), demand_up_mw=[5.0], **others)


def described(points: int, elements: int, **terms: Any) -> GridArrays:
    """One line of 3 MW, as so many operating points and elements in series."""
    one = grid(np.ones((points, elements, 1)), np.zeros((points, 1, elements)), 3.0, [0])
    return replace(one, **terms)


@pytest.mark.feature(id="A6")
@pytest.mark.parametrize(("points", "elements"), [(1, 1), (12, 1), (3, 4), (5, 9)])
@pytest.mark.parametrize("rule", list(DemandRule))
def test_the_number_of_rows_that_describe_a_line_changes_nothing(
    points: int, elements: int, rule: DemandRule
) -> None:
    answer = answered(one_bid(described(points, elements), rule=rule))
    assert answer.accepted_mw[0, 0] == pytest.approx(3)
    assert (answer.worst_outcome, answer.shortage_mw[0, 0]) == (Outcome.SHORTAGE, pytest.approx(2))


@pytest.mark.parametrize(("points", "elements"), [(1, 1), (12, 1), (3, 4)])
def test_the_overload_of_an_element_counts_once_however_many_rows_it_has(points: int, elements: int) -> None:
    soft = described(
        points, elements, emergency_upper_mw=[4.5] * elements, of_element=np.zeros(elements, np.int64)
    )
    answer = answered(one_bid(soft, rule=DemandRule.MEET_DEMAND))
    assert (answer.shortage_mw[0, 0], answer.overload[0]) == (pytest.approx(0.5), pytest.approx(1.5))


@pytest.mark.parametrize(
    ("rule", "agreed", "outcome", "taken"),
    [
        (DemandRule.KEEP_LIMITS, np.nan, Outcome.SHORTAGE, 5),
        (DemandRule.KEEP_LIMITS, 10.0, Outcome.SHORTAGE, 5),
        (DemandRule.MEET_DEMAND, np.nan, Outcome.SHORTAGE, 5),
        (DemandRule.MEET_DEMAND, 7.0, Outcome.LEAST_OVERLOAD, 7),
        (DemandRule.MEET_DEMAND, 10.0, Outcome.LEAST_OVERLOAD, 10),
    ],
)
@pytest.mark.parametrize("side", [1, -1])
def test_a_demand_beyond_a_line(
    rule: DemandRule, agreed: float, outcome: Outcome, taken: float, side: int
) -> None:
    one = grid([[[side, side]]], [[[0.0]]], 5.0, [0, 1])
    limits = {"emergency_upper_mw": [agreed]} if side > 0 else {"emergency_lower_mw": [-agreed]}
    offer = bids([6, 6], [50, 60])
    answer = answered(
        two_bids_behind_one_line(bids=offer, grids=(replace(one, **limits),), rule=rule, demand_up_mw=[10.0])
    )
    assert answer.accepted_mw.sum() == pytest.approx(taken)
    assert answer.worst_outcome is outcome


@pytest.mark.feature(id="A6")
@pytest.mark.parametrize("rule", list(DemandRule))
@pytest.mark.parametrize("dear", [100.0, 9_000.0])
def test_no_limit_is_exceeded_while_a_dear_safe_bid_is_left(rule: DemandRule, dear: float) -> None:
    one = replace(grid([[[1.0, 0.0]]], [[[0.0]]], 10.0, [0, 1]), emergency_upper_mw=[11.0])
    offer = bids([20, 30], [10, dear])
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[20.0], rule=rule))
    assert answer.accepted_mw[:, 0] == pytest.approx([10, 10])
    assert answer.worst_outcome is Outcome.WITHIN_LIMITS


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6])
@pytest.mark.parametrize("least", [0.0, 0.005])
def test_tiny_sensitivities_and_quantities_cost_no_answer(noise: float, least: float) -> None:
    """A linked pair has switches of 1 kW, which meet a sensitivity far below what a solver keeps."""
    one = grid([[[1.0, 0.5, noise, -noise]]], [[[0.0]]], 2.0, [0, 1, 2, 3])
    offer = bids([3, 3, 3, 3], [10, 20, 30, 40], minimum_mw=np.full((4, 1), least))
    links = Links(exclusive=((2, 3),))
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(one,), links=links, demand_up_mw=[5.4]))
    assert answer.worst_rung is Rung.OPTIMAL
    assert answer.shortage_mw.sum() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("price", [[0, 0, 0], [0, 0, 50], [1e-6, 0, 0], [-5, 0, 5]])
@pytest.mark.parametrize("whole", [False, True])
def test_prices_of_nothing_cost_no_volume(price: list[float], whole: bool) -> None:
    one = grid([[[1.0, 1.0, 0.2]]], [[[0.0]]], 4.0, [0, 1, 2])
    divisible = np.array([not whole, True, True])
    offer = bids([3, 3, 6], price, divisible=divisible)
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[8.0]))
    assert answer.shortage_mw.sum() == pytest.approx(0, abs=1e-5)


def withheld(links: Links, cap: list[float], quantity: list[float]) -> Answer:
    """Bids of rising price, the last one dear and free; `cap` is what is left of each."""
    count = len(quantity)
    offer = bids(quantity, [10 * (n + 1) for n in range(count - 1)] + [400], cap_mw=np.array([cap]).T)
    return answered(two_bids_behind_one_line(bids=offer, grids=(), links=links, demand_up_mw=[6.0]))


@pytest.mark.parametrize(
    ("cap", "accepted"),
    [([0, 5, 9], [0, 0, 6]), ([2.5, 5, 9], [2.5, 2.5, 1]), ([5, 5, 9], [3, 3, 0]), ([5, 1, 9], [1, 1, 4])],
)
def test_an_inclusive_group_is_decided_by_the_member_capped_most(
    cap: list[float], accepted: list[float]
) -> None:
    answer = withheld(Links(inclusive=((0, 1),)), cap, [5, 5, 9])
    assert answer.accepted_mw[:, 0] == pytest.approx(accepted)


@pytest.mark.parametrize(
    ("cap", "accepted"),
    [([0, 2, 2, 9], [0, 0, 0, 6]), ([1, 2, 2, 9], [1, 0, 0, 5]), ([2, 1, 2, 9], [2, 1, 0, 3])],
)
def test_later_parts_wait_for_what_was_offered_of_the_first(cap: list[float], accepted: list[float]) -> None:
    answer = withheld(Links(multipart=((0, 1, 2),)), cap, [2, 2, 2, 9])
    assert answer.accepted_mw[:, 0] == pytest.approx(accepted)


@pytest.mark.parametrize(("left", "taken"), [(0.0, [0, 0]), (2.0, [2, 1]), (4.0, [4, 2])])
def test_a_block_takes_no_more_anywhere_than_its_worst_unit_leaves(left: float, taken: list[float]) -> None:
    offer = bids([[4, 2], [9, 9]], [[10, 10], [90, 90]], cap_mw=np.array([[left, 2], [9, 9]]))
    lists = Lists.of_directions([4, 4], [0, 0])
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(), lists=lists, links=Links(blocks=(0,))))
    assert answer.accepted_mw[0] == pytest.approx(taken)


@pytest.mark.parametrize(
    ("terms", "rule", "before", "taken"),
    [
        ({}, TechnicalRule.DIRECT_BLOCKS, False, [10, 10, 10, 10]),
        ({"direct": [True, False]}, TechnicalRule.DIRECT_BLOCKS, False, [10, 10, 10, 10]),
        (
            {"direct": [True, False], "scheduled": [False, True]},
            TechnicalRule.DIRECT_BLOCKS,
            False,
            [10, 0, 10, 0],
        ),
        (
            {"direct": [True, False], "scheduled": [False, True]},
            TechnicalRule.DIRECT_BLOCKS,
            True,
            [0, 10, 0, 10],
        ),
        ({}, TechnicalRule.MAY_NOT_FOLLOW, False, [10, 0, 10, 0]),
        ({}, TechnicalRule.MAY_NOT_FOLLOW, True, [0, 10, 0, 10]),
        ({}, TechnicalRule.MUST_FOLLOW, False, [10, 10, 10, 10]),
    ],
)
def test_what_a_technical_chain_means_is_market_data(
    terms: dict[str, Any], rule: TechnicalRule, before: bool, taken: list[float]
) -> None:
    price = [[20, 21, 20, 21], [90] * 4] if not before else [[21, 20, 21, 20], [90] * 4]
    offer = bids(np.full((2, 4), 10.0), price, **{name: np.array(flags) for name, flags in terms.items()})
    chain = tuple((0, mtu) for mtu in range(-1, 4))
    links = Links(
        technical=(chain,),
        technical_rule=rule,
        activated_before=frozenset({(0, -1)}) if before else frozenset(),
    )
    lists = Lists.of_directions([10] * 4, [0] * 4)
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(), lists=lists, links=links))
    assert answer.accepted_mw[0] == pytest.approx(taken)


@pytest.mark.feature(id="A33")
def test_contracted_capacity_comes_before_cost_and_after_unmet_demand() -> None:
    one = grid([[[1.0, 1.0, 0.0]]], [[[0.0]]], 6.0, [0, 1, 2])
    offer = bids([5, 5, 5], [10, 60, 30], contracted=np.array([False, True, False]))
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[9.0]))
    assert answer.accepted_mw[:, 0] == pytest.approx([1, 5, 3])


def test_a_demand_is_met_by_its_own_list() -> None:
    lists = Lists(("fast", "slow", "down"), np.array([1, 1, -1]), np.array([[4.0], [3.0], [1.0]]))
    offer = bids([10, 10, 2], [20, 10, 5], [1, 1, -1], list_index=np.array([0, 1, 2]))
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(), lists=lists))
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 3, 1])


def test_accuracy_and_margin_are_kept_free() -> None:
    one = replace(grid([[[1.0]]], [[[1.0]]], 10.0, [0]), accuracy=[0.25], margin_mw=[1.5])
    offer = bids([20], [10])
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[20.0]))
    assert answer.accepted_mw[0, 0] == pytest.approx((10 - 1 - 1.5) / 1.25)


def test_the_band_of_a_grid_is_a_row_of_it_but_no_loading() -> None:
    one = grid([[[0.1, -0.1]]], [[[0.0]]], 10.0, [0, 1])
    offer = bids([20, 20], [10, 20], [1, -1])
    banded = replace(
        with_band(one, Band(-3.0, 5.0), np.array([], dtype=np.int64)),
        injections=hung(2, np.array([1, -1]), np.array([0, 1]), np.array([0, 1]), np.ones(2)),
    )
    problem = two_bids_behind_one_line(bids=offer, grids=(banded,), demand_up_mw=[20.0])
    answer = answered(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx([5, 0])
    assert answer.loadings[0].after[0] == pytest.approx([0.05, 0, 0])
    netted = answered(replace(problem, lists=Lists.of_directions([20.0], [16.0])))
    assert netted.accepted_mw[:, 0] == pytest.approx([5, 3])


def test_too_dear_is_not_limited_and_passed_over_is() -> None:
    """b1 is passed over for b2 behind another line; b3 is merely too dear."""
    one = grid([[[1.0, 1.0, 0.0, 0.0]]], [[[0.0]]], 4.0, [0, 1, 2, 3])
    offer = bids([4, 4, 9, 9], [10, 20, 30, 40])
    answer = answered(two_bids_behind_one_line(bids=offer, grids=(one,), demand_up_mw=[10.0]))
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 0, 6, 0])
    assert answer.limited[:, 0].tolist() == [False, True, False, False]
    assert answer.not_needed[:, 0].tolist() == [False, False, False, True]
    assert answer.limits.bid.tolist() == [1]
