"""What is named as a limit has no margin left for the bid it limits; any other cause is reported."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from gateway.optimiser.check.answer import LimitingRows
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.merit_order import safe_merit_order
from gateway.processes.bid_check.result.safe_limits import safe_limits
from tests.optimiser.cases import bids, grid, random_problem

NOTHING_MW = 3e-5  # what answers are verified to, and what rounding to the watt moves


def test_with_demand_left_the_element_that_binds_is_named_not_the_one_furthest_exceeded() -> None:
    one = grid([[[0.5], [1.0]]], [[[0.0, 0.0]]], [2.0, 4.5], [0])
    problem = Problem(bids=bids([10], [30]), grids=(one,), lists=Lists.of_directions([17.0], [0.0]))
    answer = cover_demand(problem)
    assert answer.accepted_mw[0, 0] == pytest.approx(4)
    assert answer.limits.element.tolist() == [0]
    assert answer.limits.margin_mw == pytest.approx([0], abs=1e-6)


def contracted_first(limit: float, demand: float, price: tuple[float, float]) -> Problem:
    offer = replace(bids([10, 3], price), contracted=np.array([True, False]))
    one = grid([[[1.0]]], [[[0.0]]], limit, [0, 0])
    return Problem(bids=offer, grids=(one,), lists=Lists.of_directions([demand], [0.0]))


def test_what_only_contracted_capacity_keeps_out_is_not_needed_and_not_limited() -> None:
    answer = cover_demand(contracted_first(2.8, 2.0, (60, 40)))
    assert answer.accepted_mw[:, 0] == pytest.approx([2, 0])
    assert not answer.limited.any()
    assert not len(answer.limits)
    assert not answer.removals
    assert answer.not_needed[:, 0].tolist() == [False, True]
    assert answer.merit_order_mw[:, 0].tolist() == [2, 0]


def test_contracted_capacity_that_a_limit_keeps_out_is_limited_however_dear_it_is() -> None:
    one = grid([[[1.0, 0.0]]], [[[0.0]]], 2.8, [0, 1])
    problem = replace(contracted_first(2.8, 5.0, (60, 40)), grids=(one,))
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx([2.8, 2.2])
    assert answer.limited[:, 0].tolist() == [True, False]
    assert answer.limits.bid.tolist() == [0]
    assert answer.limits.margin_mw == pytest.approx([0], abs=1e-6)


def drawn(seed: int) -> Problem:
    """Random lists: whole bids and minima in half of them, contracted ones in a third, netting in part."""
    draw = np.random.default_rng(seed)
    problem = random_problem(
        seed, bid_count=int(draw.integers(2, 8)), mtus=1, grid_count=int(draw.integers(1, 3))
    )
    count, offer = len(problem.bids.ids), problem.bids
    if seed % 2:
        whole = draw.random(count) < 0.4
        least = np.where(draw.random((count, 1)) < 0.3, 0.5, 0.0) * offer.quantity_mw
        offer = replace(offer, divisible=~whole, minimum_mw=least)
    if seed % 3 == 0:
        offer = replace(offer, contracted=draw.random(count) < 0.3)
    return replace(problem, bids=offer, relief_share=float(draw.choice([1.0, 1.0, 0.5])))


def changes(problem: Problem, limits: LimitingRows, entry: int) -> tuple[np.ndarray, float]:
    """What a MW of each bid brings towards a limit, and what the base flow leaves, both from the arrays."""
    one = problem.grids[limits.grid[entry]]
    element, point, side = limits.element[entry], limits.point[entry], limits.side[entry]
    brings = np.zeros(len(problem.bids.ids))
    for bid, node, factor in zip(one.injections.bid, one.injections.node, one.injections.factor, strict=True):
        brings[bid] += side * problem.bids.direction[bid] * factor * one.ptdf[point, element, node]
    limit = one.upper_mw[element] if side > 0 else -one.lower_mw[element]
    return brings, max(limit - side * one.base_mw[point, 0, element], 0.0)


def least_more(problem: Problem, published: np.ndarray, bid: int) -> float:
    """The least that could be taken more of a bid."""
    offer = problem.bids
    whole = offer.minimum_mw[bid, 0] if offer.divisible[bid] else offer.quantity_mw[bid, 0]
    return max(float(whole - published[bid]), 0.0)


@pytest.mark.feature(id="A15")
@pytest.mark.parametrize("seed", range(300))
def test_in_exact_lists_what_is_named_leaves_no_margin_for_the_least_more(seed: int) -> None:
    problem = drawn(seed)
    answer = cover_demand(problem)
    taken = answer.accepted_mw[:, 0]
    for entry, bid in enumerate(answer.limits.bid.tolist()):
        brings, margin = changes(problem, answer.limits, entry)
        relied = np.where(brings < 0, problem.relief_share * brings, brings)
        margin = margin - relied @ taken
        assert margin <= max(relied[bid], 0.0) * least_more(problem, taken, bid) + NOTHING_MW
        assert answer.limits.margin_mw[entry] == pytest.approx(margin, abs=NOTHING_MW)


@pytest.mark.parametrize("seed", range(300))
def test_every_divisible_bid_that_is_limited_has_its_elements_named(seed: int) -> None:
    answer = cover_demand(drawn(2 * seed))
    assert set(np.flatnonzero(answer.limited[:, 0]).tolist()) == set(answer.limits.bid.tolist())


def prefixes(problem: Problem, brings: np.ndarray, listed: np.ndarray) -> Iterator[float]:
    """What every whole prefix of one list brings; bids that may be passed over bring no relief."""
    offer = problem.bids
    skipped = ~offer.divisible | (offer.minimum_mw[:, 0] > 0)
    relied = np.where(brings < 0, np.where(skipped, 0.0, problem.relief_share) * brings, brings)
    price, total = offer.price_eur_per_mwh[:, 0], 0.0
    yield total
    for level in np.unique(price[offer.quantity_mw[:, 0] > 0]).tolist():
        tied = np.flatnonzero((price == level) & (offer.quantity_mw[:, 0] > 0))
        brought = relied[tied] * listed[tied]
        yield total + float(np.maximum(brought, 0.0).sum())
        total += float(brought.sum())


def worst(problem: Problem, brings: np.ndarray, listed: np.ndarray) -> float:
    """What any activation of both lists brings at most."""
    up = problem.bids.direction > 0
    return sum(max(prefixes(problem, brings, np.where(mine, listed, 0.0))) for mine in (up, ~up))


@pytest.mark.feature(id="A15")
@pytest.mark.parametrize("seed", range(300))
def test_in_prefix_lists_what_is_named_leaves_no_margin_for_the_least_more(seed: int) -> None:
    problem = drawn(seed)
    safe = safe_merit_order(problem)
    listed, limits = safe.available_mw[:, 0], safe_limits(problem, safe)
    for entry, bid in enumerate(limits.bid.tolist()):
        brings, margin = changes(problem, limits, entry)
        more = listed.copy()
        more[bid] += least_more(problem, listed, bid)
        assert worst(problem, brings, more) >= margin - NOTHING_MW
        assert brings[bid] > 0


@pytest.mark.parametrize(
    ("demand", "dear", "accepted", "limited"),
    [
        (5.0, 30.0, [2, 0, 0, 3], [True, True, True, False]),  # a dearer one is taken
        (5.0, 20.0, [2, 0, 0, 3], [True, False, False, False]),  # one as dear is: no bid is passed over
        (2.0, 30.0, [2, 0, 0, 0], [False] * 4),  # the demand is met before them
        (12.0, 30.0, [2, 0, 0, 9], [True] * 4),  # demand is left
    ],
)
def test_which_of_two_equal_bids_behind_a_full_line_are_passed_over(
    demand: float, dear: float, accepted: list[float], limited: list[bool]
) -> None:
    """A cheap bid fills the line of the one grid, with two equal ones behind it; the last hangs on another
    grid. Without the line the cheap one, of 8 MW, would meet a demand of 5 MW alone."""
    offer = bids([8, 3, 3, 10], [10, 20, 20, dear])
    first = grid([[[1.0]]], [[[0.0]]], 2.0, [0, 0, 0, -1], "first")
    second = grid([[[1.0]]], [[[0.0]]], 9.0, [-1, -1, -1, 0], "second")
    problem = Problem(bids=offer, grids=(first, second), lists=Lists.of_directions([demand], [0.0]))
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx(accepted)
    assert answer.limited[:, 0].tolist() == limited
    assert sorted(answer.limits.bid.tolist()) == np.flatnonzero(limited).tolist()
