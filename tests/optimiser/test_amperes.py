"""Rows of which a MW moves hundreds of units, such as amperes: no bid is reported a watt too much."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.domain.gate import ListObjective
from gateway.domain.result import Outcome, Rung
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import ComponentAnswer
from gateway.optimiser.safe.gather import Fallback, Gathered
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid

Floats = NDArray[np.float64]
LARGE = [1.0, 15.0, 548.44884656, 1443.0, 25_000.0]


def behind_one_row(coefficients: list[float], limit: float, **others: Any) -> Problem:
    """Bids of 5 MW at 10, 20, … EUR/MWh, each with its coefficient on the only row; more is asked for."""
    count = len(coefficients)
    offer = bids([5.0] * count, 10.0 * np.arange(1, count + 1), **others)
    one = grid([[coefficients]], [[[0.0]]], limit, range(count))
    return Problem(bids=offer, grids=(one,), lists=Lists.of_directions([50.0], [0.0]))


def covered(problem: Problem) -> Floats:
    """What is accepted for the demand, by an answer that holds."""
    answer = cover_demand(problem)
    assert answer.verification.holds
    assert answer.worst_outcome is Outcome.SHORTAGE
    assert not len(answer.overloads)
    return answer.accepted_mw


def kept(problem: Problem) -> Floats:
    """What stays in a safe list that was found, not fallen back on."""
    safe = safe_merit_order(problem)
    assert safe.max_violation_mw <= 1e-5
    assert safe.worst_rung is Rung.OPTIMAL
    return safe.available_mw


@pytest.mark.parametrize("decided", [covered, kept])
@pytest.mark.parametrize("coefficient", LARGE)
@pytest.mark.parametrize("watts", [0.94, 0.99, 0.5, 0.0, 1e-7])
def test_a_quantity_just_below_a_watt_is_not_reported_as_the_next(
    coefficient: float, watts: float, decided: Callable[[Problem], Floats]
) -> None:
    limit = coefficient * (1.234567 + watts * 1e-6)
    reported = decided(behind_one_row([coefficient], limit))
    assert coefficient * reported.sum() <= limit + 1e-5
    assert reported.sum() >= 1.234566


@pytest.mark.parametrize("decided", [covered, kept])
@pytest.mark.parametrize("seed", range(12))
def test_relief_rounded_down_is_made_up_for(seed: int, decided: Callable[[Problem], Floats]) -> None:
    """Bids that load and relieve a row of amperes, one of which is held back by a row of its own."""
    draw = np.random.default_rng(seed)
    amperes = draw.uniform(200, 2_000, 6) * [-1, 1, -1, 1, 1, -1]
    own = draw.uniform(0.1, 3, 6)
    ptdf = np.zeros((1, 7, 6))
    ptdf[0, 0], ptdf[0, 1:] = amperes, np.eye(6)
    limit = np.r_[draw.uniform(0, 500), own]
    offer = bids([5.0] * 6, 10.0 * np.arange(1, 7))
    one = grid(ptdf, [[[0.0] * 7]], limit, range(6))
    problem = Problem(bids=offer, grids=(one,), lists=Lists.of_directions([50.0], [0.0]))
    reported = decided(problem)[:, 0]
    assert amperes @ reported <= limit[0] + 1e-5
    assert (reported <= own + 1e-5).all()
    if decided is kept:  # whatever part of the list is activated
        assert max(0.0, *np.cumsum(amperes * reported)) <= limit[0] + 1e-5


@pytest.mark.parametrize("objective", ListObjective)
def test_contracted_capacity_that_fits_is_kept_to_the_watt(objective: ListObjective) -> None:
    offer = bids([5.0] * 3, [10, 20, 30], contracted=np.array([False, False, True]))
    one = grid([[[1.0]]], [[[0.0]]], 7.0, [0, 0, 0])
    lists = Lists.of_directions([10.0], [0.0])
    problem = Problem(bids=offer, grids=(one,), lists=lists, objective=objective)
    assert safe_merit_order(problem).available_mw[:, 0].tolist() == [2.0, 0.0, 5.0]
    assert cover_demand(problem).accepted_mw[:, 0].tolist() == [2.0, 0.0, 5.0]


def test_before_a_deadline_it_is_the_same_and_nothing_is_reported_late() -> None:
    problem = behind_one_row([1443.0], 1443 * 1.23456794)
    safe = safe_merit_order_with_deadline(problem, 20.0)
    assert (safe.worst_rung, safe.notes, safe.available_mw.tolist()) == (Rung.OPTIMAL, (), [[1.234567]])
    fallback = safe_merit_order_with_deadline(problem, 0.2)
    assert fallback.worst_rung is Rung.CONSERVATIVE
    assert fallback.max_violation_mw <= 1e-5
    assert fallback.available_mw.tolist() == [[1.234567]]
    assert solve_with_deadline(problem, 0.2).verification.violations == 0


def test_what_holds_when_checked_no_more_is_withdrawn_with_its_reason() -> None:
    problem = behind_one_row([1.0, 1.0], 4.0)
    flows_of = GridFlows.of(problem)
    gathered = Gathered(problem, flows_of)
    no_rows, none = MtuDecision.nothing(problem, 0).rows, np.zeros(0)
    unsafe = ComponentAnswer(
        0, 0, np.array([[5.0], [5.0]]), no_rows, none.astype(np.int64), none, np.array([10.0]), True
    )
    assert not gathered.add(unsafe)
    assert gathered.notes() == ("of 1 of 1 parts nothing was found that holds when checked",)
    unsafe_fallback = Fallback(np.array([[5.0], [5.0]]), np.ones((1, 1), np.bool_))
    fresh = Gathered(problem, flows_of)
    for _ in range(2):
        answer = fresh.answer(unsafe_fallback)
        assert not answer.available_mw.any()
        assert answer.worst_rung is Rung.NOT_ASSESSED
        assert answer.max_violation_mw == 0
        assert "did not hold when checked" in fresh.notes()[-1]
