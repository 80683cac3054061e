"""Operating points that belong to activation levels: safe at every level, and no dearer than all points."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import judge
from gateway.optimiser.check.non_delivery import non_delivery
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.reference import solve_reference
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line

TOLERANCE_MW = 1e-5


def with_levels(problem: Problem, points: int, seed: int) -> Problem:
    """The grids of a problem with operating points that drift apart with the level, as an AC grid's do."""
    draw = np.random.default_rng(seed)
    grids = tuple(_drifting(problem, one, points, draw) for one in problem.grids)
    return replace(problem, grids=grids)


def _drifting(problem: Problem, one: GridArrays, points: int, draw: np.random.Generator) -> GridArrays:
    hung = one.injections
    signed = np.bincount(
        hung.bid, hung.factor * problem.bids.direction[hung.bid], minlength=len(problem.bids.ids)
    )
    reach = signed[:, None] * problem.bids.quantity_mw
    highest = np.maximum(reach, 0).sum(0).max() + 0.1
    lowest = np.minimum(reach, 0).sum(0).min() - 0.1
    levels = np.linspace(lowest, highest, points)
    drift = draw.normal(0, 0.15, one.ptdf.shape[1:])
    ptdf = one.ptdf[:1] + drift * (levels / max(highest, -lowest))[:, None, None]
    base = np.repeat(one.base_mw[:1], points, axis=0)
    names = tuple(f"level {number}" for number in range(points))
    return replace(one, ptdf=ptdf, base_mw=base, point_names=names, levels_mw=levels)


def all_points(problem: Problem) -> Problem:
    return replace(problem, grids=tuple(replace(one, levels_mw=None) for one in problem.grids))


def flow_at_level(problem: Problem, one: GridArrays, activated: np.ndarray, mtu: int) -> tuple[Any, Any]:
    """By the plain formula: interpolated flow (L,), and the limits relaxed to the base flow (2, L)."""
    assert one.levels_mw is not None
    injection = np.zeros(len(one.node_ids))
    for bid, node, factor in zip(one.injections.bid, one.injections.node, one.injections.factor, strict=True):
        injection[node] += factor * problem.bids.direction[bid] * activated[bid]
    level = injection.sum()
    base = one.base_mw[:, min(mtu, one.base_mw.shape[1] - 1)]
    flows = base + one.ptdf @ injection
    most, least = np.maximum(one.upper_mw, base), np.minimum(one.lower_mw, base)
    mix = [
        np.array([np.interp(level, one.levels_mw, column[:, e]) for e in range(len(one.element_ids))])
        for column in (flows, least, most)
    ]
    return mix[0], mix[1:]


def worst_excess(problem: Problem, accepted: np.ndarray) -> float:
    worst = -np.inf
    for one in problem.grids:
        for mtu in range(problem.mtus):
            for part in (0.25, 0.5, 0.75, 1.0):
                flow, (least, most) = flow_at_level(problem, one, part * accepted[:, mtu], mtu)
                worst = max(worst, float(np.maximum(flow - most, least - flow).max()))
    return worst


def clean(answer: Answer) -> bool:
    return answer.verification.holds and not answer.verification.violations


@pytest.fixture
def bent_line() -> Problem:
    """One line whose sensitivity rises from 0.5 at rest to 1 at 8 MW; limit 4 MW, demand 10 MW."""
    one = grid([[[0.5, 0.0]], [[0.5, 0.0]], [[1.0, 0.0]]], np.zeros((3, 1, 1)), 4.0, [0, 1])
    one = replace(one, levels_mw=np.array([0.0, 4.0, 20.0]))
    return two_bids_behind_one_line(grids=(one,))


def test_a_point_counts_only_from_the_level_before_it(bent_line: Problem) -> None:
    """The far bid raises the level too: with it the level is 10 MW, so the steep point is reached."""
    assert cover_demand(all_points(bent_line)).accepted_mw[:, 0] == pytest.approx([4, 6])
    assert cover_demand(bent_line).accepted_mw[:, 0] == pytest.approx([4, 6])
    low = replace(bent_line, lists=Lists.of_directions([4.0], [0.0]), bids=bids([10, 10], [20, 50]))
    steep = replace(low.grids[0], upper_mw=np.array([3.0]), lower_mw=np.array([-3.0]))
    low = replace(low, grids=(steep,))
    assert cover_demand(all_points(low)).accepted_mw[:, 0] == pytest.approx([3, 1])
    answer = cover_demand(low)
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 0])
    assert answer.rung == (Rung.OPTIMAL,)
    assert answer.loadings[0].after[0, 0] == pytest.approx(2 / 3), "half of 4 MW, over 3"


@pytest.mark.parametrize("share", [1.0, 0.4])
@pytest.mark.parametrize("seed", range(15))
def test_between_the_bound_and_all_points_and_equal_to_the_reference_where_proven(
    seed: int, share: float
) -> None:
    problem = with_levels(random_problem(seed), 5, seed)
    problem = replace(problem, relief_share=share)
    answer = cover_demand(problem)
    assert answer.verification.holds
    reference, everything = solve_reference(problem), cover_demand(all_points(problem))
    slack = 1e-5 * max(1.0, abs(reference.objective_eur))
    assert answer.bound_eur.sum() <= reference.objective_eur + slack
    assert reference.objective_eur <= answer.objective_eur.sum() + slack
    assert answer.objective_eur.sum() <= everything.objective_eur.sum() + slack
    if answer.worst_rung is Rung.OPTIMAL:
        assert answer.objective_eur.sum() == pytest.approx(reference.objective_eur, abs=slack)


def test_most_answers_are_the_best_there_is_and_more_than_with_all_points() -> None:
    best = best_with_all = 0
    for seed in range(20):
        problem = with_levels(random_problem(seed, mtus=1), 5, seed)
        least = solve_reference(problem).objective_eur + 1e-6 * problem.shortage_eur_per_mw  # for a watt
        best += cover_demand(problem).objective_eur[0] <= least
        best_with_all += cover_demand(all_points(problem)).objective_eur[0] <= least
    assert best >= 15
    assert best_with_all <= best - 5


@given(st.integers(0, 10_000), st.integers(2, 6), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_interpolated_flow_keeps_every_limit_at_every_level_on_the_way(
    seed: int, points: int, whole: bool
) -> None:
    problem = with_levels(random_problem(seed), points, seed)
    if whole:
        problem = replace(problem, bids=replace(problem.bids, divisible=np.arange(8) % 2 == 0))
    answer = cover_demand(problem)
    assert answer.verification.holds
    if clean(answer):
        assert worst_excess(problem, answer.accepted_mw) < TOLERANCE_MW


@pytest.mark.parametrize("seed", range(6))
def test_a_safe_merit_order_is_safe_at_the_level_of_every_activation(seed: int) -> None:
    problem = with_levels(random_problem(seed, mtus=1), 4, seed)
    kept = safe_merit_order(problem).available_mw[:, 0]
    draw = np.random.default_rng(seed)
    for _ in range(500):
        activated = np.zeros(kept.size)
        for way in (1, -1):
            mine = np.flatnonzero(problem.bids.direction == way)
            order = mine[np.argsort(problem.bids.price_eur_per_mwh[mine, 0], kind="stable")]
            before = np.cumsum(kept[order]) - kept[order]
            activated[order] = np.clip(draw.random() * kept[order].sum() - before, 0, kept[order])
        for one in problem.grids:
            flow, (least, most) = flow_at_level(problem, one, activated, 0)
            assert float(np.maximum(flow - most, least - flow).max()) < TOLERANCE_MW


def test_within_a_deadline_the_parent_believes_the_same() -> None:
    problem = with_levels(random_problem(3), 5, 3)
    answer, alone = solve_with_deadline(problem, 20.0), cover_demand(problem)
    np.testing.assert_array_equal(answer.accepted_mw, alone.accepted_mw)
    assert answer.rung == alone.rung
    assert not answer.notes


def test_a_failure_can_overload_by_moving_the_level(bent_line: Problem) -> None:
    """Up 6 MW load the line with 3; the down bid loads nothing, but without it the level passes the bend."""
    offer = bids([6, 3], [20, 30], [1, -1])
    one = replace(bent_line.grids[0], levels_mw=np.array([-3.0, 4.0, 20.0]))
    problem = replace(bent_line, bids=offer, grids=(one,), lists=Lists.of_directions([6.0], [3.0]))
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx([6, 3])
    failing = non_delivery(problem, answer)
    assert (failing.bid.tolist(), failing.point.tolist()) == ([1], [2])
    assert failing.overload_mw == pytest.approx([2])


@pytest.mark.parametrize("seed", range(10))
def test_non_delivery_equals_taking_each_bid_out(seed: int) -> None:
    problem = with_levels(random_problem(seed), 5, seed)
    answer = cover_demand(problem)
    if not clean(answer):
        return
    failing = non_delivery(problem, answer)
    named = set(zip(failing.bid.tolist(), failing.mtu.tolist(), strict=True))
    for bid in range(len(problem.bids.ids)):
        without = answer.accepted_mw.copy()
        without[bid] = 0.0
        beyond = judge(problem, without, Rung.BEST_FOUND).overloads
        assert {mtu for one, mtu in named if one == bid} == set(beyond.mtu.tolist())


def test_levels_share_their_base_flow(bent_line: Problem) -> None:
    with pytest.raises(InvalidProblemError, match="grid 'G': base_mw differs between levels"):
        replace(bent_line.grids[0], base_mw=np.array([[[0.0]], [[0.1]], [[0.0]]]))


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ([0.0], "shape"),
        ([0.0, 0.0, 20.0], "do not ascend"),
        ([1.0, 2.0, 20.0], "do not ascend from 0 or less"),
        ([-3.0, -2.0, -1.0], "do not ascend"),
        ([0.0, 4.0, np.nan], "do not ascend"),
        ([0.0, 4.0, 19.0], "grid 'G', MTU 0: offers can bring the activation level to 20 MW"),
    ],
)
def test_levels_that_are_none_are_refused_by_grid(bent_line: Problem, levels: Any, says: str) -> None:
    with pytest.raises(InvalidProblemError) as refused:
        replace(bent_line, grids=(replace(bent_line.grids[0], levels_mw=np.array(levels)),))
    assert "grid 'G'" in str(refused.value)
    assert says in str(refused.value)
