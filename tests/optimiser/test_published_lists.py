"""Quantities leave as documents can say them: rounded once, down to the watt, and verified so."""

from dataclasses import replace

import numpy as np
import pytest

from gateway.domain.result import Outcome
from gateway.optimiser.check.quantity_steps import rounded_alike, rounded_down
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid, random_problem


def whole_watts(problem: Problem, reported: np.ndarray) -> bool:
    """Every quantity is in watts, all of an offer, or the least of it."""
    offer = problem.bids
    least = np.where(offer.divisible[:, None], offer.minimum_mw, offer.quantity_mw)
    as_stated = np.round(reported, 6) == reported
    return bool((as_stated | (reported == offer.available_mw) | (reported == least)).all())


@pytest.mark.parametrize("seed", range(25))
def test_what_is_published_is_in_watts_and_what_is_verified(seed: int) -> None:
    problem = random_problem(seed)
    answer, safe = cover_demand(problem), safe_merit_order(problem)
    assert whole_watts(problem, answer.available_mw)
    assert whole_watts(problem, safe.available_mw)
    assert answer.verification.holds
    assert safe.max_violation_mw <= 1e-5


def test_rounding_goes_down_but_keeps_offers_minima_and_what_noise_took() -> None:
    given = np.array([[1.2345678], [3.9999999999], [4e-9], [5.00000004], [0.99999951]])
    offer = bids(
        [2, 5, 1, 5.00000005, 2], [1, 2, 3, 4, 5], minimum_mw=np.array([[0], [0], [0], [0], [0.9999995]])
    )
    one = Problem(bids=offer, grids=(), lists=Lists.of_directions([9.0], [0.0]))
    reported = rounded_down(one, given, np.arange(5), np.arange(1))
    assert reported[:, 0].tolist() == [1.234567, 4.0, 0.0, 5.00000005, 0.9999995]


def test_a_list_rounded_down_bid_by_bid_still_meets_its_demand() -> None:
    """A thousand bids in part would be short by up to a thousand watts."""
    accepted = np.random.default_rng(1).uniform(0, 1, (1_000, 1))
    offer = bids(np.ones((1_000, 1)), 50.0)
    demand = float(accepted.sum())
    problem = Problem(bids=offer, grids=(), lists=Lists.of_directions([demand], [0.0]))
    reported = rounded_alike(problem, accepted)
    assert np.abs(reported - accepted).max() <= 1e-6
    assert 0 <= demand - reported.sum() < 1e-6
    assert whole_watts(problem, reported)


def test_a_demand_no_document_can_say_is_met() -> None:
    offer = bids([1.0, 1.0], [20, 30])
    one = grid([[[1.0]]], [[[0.0]]], 5.0, [0, 0])
    demand = [1.00000049]
    answer = cover_demand(Problem(bids=offer, grids=(one,), lists=Lists.of_directions(demand, [0.0])))
    assert answer.worst_outcome is Outcome.WITHIN_LIMITS
    assert answer.shortage_mw.sum() == 0
    assert answer.verification.holds


@pytest.mark.parametrize("q", [1e6, 1e3, 1.0, 1e-3])
@pytest.mark.parametrize("coefficient", [1e-6, 1e-8, 1e-9, 5e-10, 1e-10])
def test_a_sensitivity_counts_by_what_the_bid_can_move_not_by_its_own_size(
    coefficient: float, q: float
) -> None:
    """Two bids behind a row that takes 1.3 of one: what is kept moves it by no more than it takes."""
    limit = 1.3 * coefficient * q
    one = grid([[[coefficient, coefficient]]], [[[0.0]]], limit, [0, 1])
    lists = Lists.of_directions([min(2 * q, 1e6)], [0.0])
    problem = Problem(bids=bids([q, q], [30, 40]), grids=(one,), lists=lists)
    for kept in (cover_demand(problem).accepted_mw, safe_merit_order(problem).available_mw):
        assert coefficient * kept.sum() <= limit + 1e-5
        assert coefficient * kept.sum() >= min(limit, coefficient * problem.lists.demand_mw.sum()) - 1e-5


def test_many_bids_below_the_least_sensitivity_stay_below_what_is_verified() -> None:
    """Each moves the row by less than is counted; ten thousand of them by less than the tolerance."""
    count = 10_000
    one = grid([np.full((1, count), 0.9e-9)], [[[0.0]]], 1e-7, np.arange(count))
    problem = Problem(
        bids=bids(np.ones(count), np.arange(count) + 1.0),
        grids=(one,),
        lists=Lists.of_directions([0.0], [0.0]),
    )
    assert safe_merit_order(replace(problem)).max_violation_mw <= 1e-5
