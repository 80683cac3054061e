"""The safe merit order survives every activation it promises, and keeps as much as that allows."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generator import joint
from gateway.domain.result import Rung
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.links import Links, TechnicalRule
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.prefix.window import first_lists
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import BELIEVED_MW
from gateway.optimiser.safe.check import ListCheck
from gateway.optimiser.safe.gather import grid_components
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line


def activate(problem: Problem, kept: FloatArray, count: int, seed: int) -> FloatArray:
    """(B, count) random activations at MTU 0: a demand per list, in price order, ties shuffled."""
    draw, result = np.random.default_rng(seed), np.zeros((kept.size, count))
    offer = problem.bids
    least = np.where(offer.divisible, offer.minimum_mw[:, 0], kept)
    listed = offer.direction if problem.one_buyer else offer.list_index
    for whose in np.unique(listed):
        mine = np.flatnonzero(listed == whose)
        for column in range(count):
            order = mine[np.lexsort((draw.random(mine.size), offer.price_eur_per_mwh[mine, 0]))]
            left = kept[mine].sum() * draw.random()
            for bid in order:
                given = min(kept[bid], left)
                if given >= least[bid] > 0 or (given > 0 and least[bid] == 0):
                    result[bid, column] = given
                    left -= given
    return result


def worst_excess(problem: Problem, activations: FloatArray) -> float:
    """Physically: all delivered, full signed flows; recomputed by the plain formula."""
    worst = -np.inf
    for one in problem.grids:
        injection = np.zeros((len(one.node_ids), activations.shape[1]))
        for bid, node, factor in zip(
            one.injections.bid, one.injections.node, one.injections.factor, strict=True
        ):
            injection[node] += factor * problem.bids.direction[bid] * activations[bid]
        for point in range(len(one.point_names)):
            base = one.base_mw[point, 0][:, None]
            flow = base + one.ptdf[point] @ injection
            over = np.maximum(flow - np.maximum(one.upper_mw[:, None], base), 0)
            under = np.maximum(np.minimum(one.lower_mw[:, None], base) - flow, 0)
            worst = max(worst, float(np.maximum(over, under).max()))
    return worst


def test_a_bid_that_relieves_only_after_the_damage_does_not_help() -> None:
    one = grid([[[1.0, -1.0]]], [[[0.0]]], 4.0, [0, 1])
    dear_relief = two_bids_behind_one_line(grids=(one,))
    assert safe_merit_order(dear_relief).available_mw[:, 0] == pytest.approx([4, 8])
    cheap_relief = replace(dear_relief, bids=bids([10, 10], [50, 20]))
    assert safe_merit_order(cheap_relief).available_mw[:, 0] == pytest.approx([8, 4])


def test_a_bid_of_the_other_direction_is_never_counted_on() -> None:
    one = grid([[[1.0, 1.0]]], [[[0.0]]], 4.0, [0, 1])
    problem = two_bids_behind_one_line(grids=(one,), bids=bids([10, 10], [20, 50], [1, -1]))
    assert safe_merit_order(problem).available_mw[:, 0] == pytest.approx([4, 4])


@pytest.mark.parametrize("change", [{"divisible": [True, False]}, {"minimum_mw": [[0.0], [1.0]]}])
def test_a_bid_that_may_be_passed_over_never_counts_as_relief(change: dict[str, object]) -> None:
    one = grid([[[1.0, -1.0]]], [[[0.0]]], 4.0, [0, 1])
    offer = replace(bids([10, 3], [50, 20]), **change)
    problem = two_bids_behind_one_line(grids=(one,), bids=offer)
    assert safe_merit_order(problem).available_mw[:, 0] == pytest.approx([4, 3])
    tied = replace(problem, bids=bids([10, 3], [50, 20]), links=Links(exclusive=((0, 1),)))
    assert safe_merit_order(tied).available_mw[0, 0] == pytest.approx(4)


@pytest.mark.feature(id="A11")
@pytest.mark.parametrize("seed", range(6))
def test_ten_thousand_random_activations_stay_within_every_limit(seed: int) -> None:
    problem = random_problem(seed, bid_count=12, mtus=1, grid_count=3)
    if seed % 3 == 1:
        problem = replace(problem, bids=replace(problem.bids, price_eur_per_mwh=np.full((12, 1), 50.0)))
    if seed % 3 == 2:
        problem = replace(problem, bids=replace(problem.bids, divisible=np.arange(12) % 2 == 0))
    safe = safe_merit_order(problem)
    activations = activate(problem, safe.available_mw[:, 0], 10_000, seed)
    assert worst_excess(problem, activations) < 1e-5
    assert safe.max_violation_mw < 1e-5


def on_platforms(problem: Problem, count: int, seed: int = 0) -> Problem:
    """The bids spread at random over platforms that activate independently."""
    platform = np.random.default_rng(seed).integers(0, count, len(problem.bids.ids))
    names = [f"p{number} {way}" for number in range(count) for way in ("up", "down")]
    lists = Lists.without_demand(names, [1, -1] * count, problem.mtus)
    offer = replace(problem.bids, list_index=2 * platform + (problem.bids.direction < 0))
    return replace(problem, bids=offer, lists=lists)


@pytest.mark.feature(id="A11")
@pytest.mark.parametrize(("seed", "platforms"), [(0, 2), (1, 3), (2, 2), (3, 4), (4, 3), (5, 2)])
def test_ten_thousand_independent_activations_stay_within_every_limit(seed: int, platforms: int) -> None:
    problem = on_platforms(random_problem(seed, bid_count=12, mtus=1, grid_count=3), platforms, seed)
    if seed % 3 == 1:
        problem = replace(problem, bids=replace(problem.bids, price_eur_per_mwh=np.full((12, 1), 50.0)))
    if seed % 3 == 2:
        problem = replace(problem, bids=replace(problem.bids, divisible=np.arange(12) % 2 == 0))
    safe = safe_merit_order(problem)
    activations = activate(problem, safe.available_mw[:, 0], 10_000, seed)
    assert worst_excess(problem, activations) < 1e-5
    assert safe.max_violation_mw < 1e-5


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_lists_changes_nothing(seed: int, platforms: int) -> None:
    problem = on_platforms(random_problem(seed, mtus=1), platforms, seed)
    turned = np.arange(2 * platforms)[::-1]
    lists = Lists.without_demand(
        [problem.lists.names[n] for n in turned], problem.lists.direction[turned], problem.mtus
    )
    offer = replace(problem.bids, list_index=turned[problem.bids.list_index])
    kept = safe_merit_order(problem).available_mw
    again = safe_merit_order(replace(problem, bids=offer, lists=lists)).available_mw
    assert again.sum() == pytest.approx(kept.sum(), rel=1e-6, abs=1e-5)


def test_what_is_safe_in_one_common_order_is_not_when_platforms_activate_independently() -> None:
    """The relief comes first in price order, but on another platform, which may activate nothing."""
    one = grid([[[1.0, -1.0]]], [[[0.0]]], 4.0, [0, 1])
    lists = Lists.without_demand(("east", "west"), [1, 1], 1)
    offer = bids([10, 3], [50, 20], list_index=np.array([0, 1]))
    independent = two_bids_behind_one_line(grids=(one,), bids=offer, lists=lists)
    common = replace(independent, one_buyer=True)
    assert safe_merit_order(common).available_mw[:, 0] == pytest.approx([7, 3])
    assert safe_merit_order(independent).available_mw[:, 0] == pytest.approx([4, 3])
    alone = replace(independent, bids=replace(offer, list_index=np.array([0, 0])))
    assert safe_merit_order(alone).available_mw[:, 0] == pytest.approx([7, 3])


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_independence_is_between_one_list_and_no_netting(seed: int, platforms: int) -> None:
    problem = on_platforms(random_problem(seed, mtus=1), platforms, seed)
    ladder = (
        replace(problem, relief_share=0.0),
        problem,
        replace(problem, one_buyer=True),
    )
    kept = [safe_merit_order(one).available_mw.sum() for one in ladder]
    assert all(less <= more * (1 + 2e-3) + 1e-6 for less, more in pairwise(kept))


@pytest.mark.feature(id="A13")
@pytest.mark.parametrize("seed", range(12))
def test_without_netting_every_subset_is_safe(seed: int) -> None:
    problem = replace(random_problem(seed, bid_count=12, mtus=1, grid_count=3), relief_share=0.0)
    kept = safe_merit_order(problem).available_mw[:, 0]
    draw = np.random.default_rng(seed)
    subsets = kept[:, None] * (draw.random((12, 10_000)) < 0.5)
    assert worst_excess(problem, subsets) < 1e-5


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_more_netting_never_keeps_less(seed: int) -> None:
    problem = random_problem(seed, mtus=1)
    kept = [safe_merit_order(replace(problem, relief_share=s)).available_mw.sum() for s in (0.0, 0.5, 1.0)]
    assert all(less <= more * (1 + 2e-3) + 1e-6 for less, more in pairwise(kept))


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_nothing_more_could_be_kept(seed: int) -> None:
    """Raising any single limited bid a little breaks the promise: the answer is maximal."""
    problem = random_problem(seed, bid_count=6, mtus=1)
    safe = safe_merit_order(problem)
    kept = safe.available_mw
    for bid in np.flatnonzero(safe.limited[:, 0]):
        raised = kept.copy()
        raised[bid] = min(raised[bid, 0] + 0.01, problem.bids.quantity_mw[bid, 0])
        offer = replace(problem.bids, quantity_mw=np.maximum(raised, 0))
        again = safe_merit_order(replace(problem, bids=offer)).available_mw
        assert again.sum() < raised.sum() - 1e-5


def test_mtus_are_decided_each_for_itself() -> None:
    problem = random_problem(5, mtus=3)
    safe = safe_merit_order(problem)
    assert safe.available_mw.shape == problem.bids.quantity_mw.shape
    assert set(safe.mtu.tolist()) <= {0, 1, 2}
    flows = GridFlows.of(problem)
    assert safe.rows_checked == 3 * sum(2 * flow.grid.ptdf[:, :, 0].size for flow in flows)


@pytest.mark.parametrize(("each", "count"), [(1e-11, 2), (3e-12, 6)])
def test_sensitivities_too_small_for_the_solver_cost_no_answer(each: float, count: int) -> None:
    """Offers of a million MW, 60 % of which fill the row; the solver left it exceeded for ever."""
    offer = bids(np.full(count, 1e6), np.arange(10.0, 10.0 + count))
    margin = 0.6 * each * 1e6 * count
    one = grid([[[each] * count]], [[[0.0]]], [margin], range(count))
    safe = safe_merit_order(Problem(bids=offer, grids=(one,), lists=Lists.of_directions([1.0], [0.0])))
    assert safe.available_mw.sum() * each == pytest.approx(margin, rel=1e-5)
    assert safe.bound_mw.sum() >= safe.available_mw.sum()


def test_what_one_unit_can_keep_tells_those_beside_it() -> None:
    """Of 24 units one is searched; the others keep more by its shares than in price order, and no more."""
    problem = joint(1, 24, nodes=121, bids=300)
    flows = GridFlows.of(problem)
    rows, mtus = ComponentRows(problem, flows, grid_components(problem, flows)[0]), range(problem.mtus)
    (kept, bound), (swept, _) = first_lists(rows, mtus, 6, alike=True), first_lists(rows, mtus, 0)
    assert kept.sum() > 1.2 * swept.sum()
    assert (bound < rows.offered.sum(axis=0)).sum() == 1
    listed = np.zeros(problem.bids.quantity_mw.shape)
    listed[rows.bids] = kept
    assert ListCheck(problem, problem.grids[0]).worst(listed, mtus).max() < BELIEVED_MW


@pytest.mark.parametrize("limit", [4.0, 5.0, 6.0, 10.0])
@pytest.mark.parametrize("scheduled", [False, True])
def test_what_must_be_followed_is_kept_with_its_follower(limit: float, *, scheduled: bool) -> None:
    """Direct activation still delivers beside the bid that follows: then both share the limit."""
    offer = bids(
        [[5.0, 5.0]], [[10.0, 10.0]], direct=np.array([not scheduled]), scheduled=np.array([scheduled])
    )
    one = grid([[[1.0]]], [[[0.0]]], limit, [0])
    links = Links(technical=(((0, 0), (0, 1)),), technical_rule=TechnicalRule.MUST_FOLLOW)
    lists = Lists.without_demand(["up"], [1], 2)
    safe = safe_merit_order(Problem(bids=offer, grids=(one,), lists=lists, links=links))
    kept = safe.available_mw[0]
    assert kept.sum() == pytest.approx(2 * min(limit, 5.0) if scheduled else limit)
    assert kept[1] > 0 or kept[0] == 0
    assert safe.worst_rung is Rung.OPTIMAL
