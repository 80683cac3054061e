"""Many grids with indivisible bids: feasible, bounded from below by a proof, and close."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.domain.result import Rung
from gateway.optimiser.check.verify import objectives, quantities_broken
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.integer import decompose
from gateway.optimiser.integer.decompose import WORTH_IT, Decomposition
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.reference import solve_reference
from gateway.optimiser.rows.components import independent_components
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import constraint_matrix
from tests.optimiser.cases import bids, grid


def many_small_grids(seed: int, grids: int = 10, each: int = 4) -> Problem:
    draw = np.random.default_rng(seed)
    count = grids * each
    direction = np.tile([1, 1, 1, -1], grids)[:count]
    quantity = draw.uniform(0.5, 4, count)
    divisible = draw.random(count) < 0.7
    minimum = np.where(divisible, 0.4 * quantity, 0)[:, None]
    offer = bids(quantity, draw.uniform(20, 300, count), direction, divisible=divisible, minimum_mw=minimum)
    built = []
    for number in range(grids):
        where = np.full(count, -1)
        where[number * each : (number + 1) * each] = range(each)
        ptdf = draw.uniform(-1, 1, (2, 3, each))
        built.append(grid(ptdf, draw.normal(0, 1, (2, 1, 3)), draw.uniform(1, 5, 3), where, f"G{number}"))
    return Problem(
        bids=offer,
        grids=tuple(built),
        lists=Lists.of_directions(
            [0.5 * quantity[direction > 0].sum()], [0.3 * quantity[direction < 0].sum()]
        ),
    )


def lines(quantity: float, demand_mw: float, grids: int = 10, **others: Any) -> Problem:
    """One bid on each grid, behind a line of 1 MW."""
    built = tuple(
        grid([[[1.0]]], [[[0.0]]], 1.0, np.where(np.arange(grids) == number, 0, -1), f"G{number}")
        for number in range(grids)
    )
    offer = bids(np.full(grids, quantity), np.arange(grids) + 5, **others)
    return Problem(bids=offer, grids=built, lists=Lists.of_directions([demand_mw], [0.0]))


PLAIN = pytest.mark.parametrize(
    ("least", "demand", "taken"),
    [(2.0, 20.0, 0.0), (2.0, 1.0, 0.0), (0.8, 0.5, 0.0), (0.8, 1.0, 1.0), (2.0, 0.0, 0.0)],
    ids=["no line carries a minimum", "nor has it a demand", "too large", "one fits", "nothing is asked"],
)


@PLAIN
@pytest.mark.parametrize("joint", [True, False])
def test_what_is_plainly_the_optimum_is_reported_as_optimal(
    least: float, demand: float, taken: float, joint: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not joint:
        monkeypatch.setattr(decompose, "FEW_SWITCHES", 0)
    answer = cover_demand(lines(4.0, demand, minimum_mw=np.full((10, 1), least)))
    assert answer.accepted_mw.sum() == pytest.approx(taken, abs=1e-9)
    assert (answer.worst_rung, answer.gap) == (Rung.OPTIMAL, 0.0)
    assert answer.bound_eur == pytest.approx(answer.objective_eur, rel=1e-6)
    assert answer.verification.holds


@PLAIN
def test_over_many_grids_the_bound_says_what_cannot_be_met(least: float, demand: float, taken: float) -> None:
    answer = cover_demand(lines(4.0, demand, 120, minimum_mw=np.full((120, 1), least)))
    assert answer.accepted_mw.sum() == pytest.approx(taken, abs=1e-9)
    assert answer.bound_eur == pytest.approx(answer.objective_eur, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_below_and_the_answer_above_the_true_optimum(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decompose, "FEW_SWITCHES", 0)
    problem = many_small_grids(seed)
    answer, reference = cover_demand(problem, gap=0.01), solve_reference(problem, gap=1e-6)
    assert answer.bound_eur[0] <= reference.objective_eur * (1 + 1e-6)
    assert answer.objective_eur[0] >= reference.objective_eur * (1 - 1e-6)
    assert answer.objective_eur[0] <= 1.01 * reference.objective_eur
    assert answer.verification.holds


@pytest.mark.parametrize("seed", range(3))
def test_a_small_swing_is_feasible_and_its_bound_holds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompose, "SWING", 8)
    monkeypatch.setattr(decompose, "MOST_SWING", 16)
    problem = many_small_grids(seed)
    flows = GridFlows.of(problem)
    (relaxed,) = Linear(problem, flows).decide([0])
    found = Decomposition(problem, flows).compose(relaxed, 0.01)
    best = solve_reference(problem, gap=1e-6).objective_eur / problem.mtu_hours
    assert found.bound <= best * (1 + 1e-6)
    assert found.objective >= best * (1 - 1e-6)
    accepted = found.accepted_mw[:, None]
    assert not quantities_broken(problem, accepted, np.array([0])).any()
    assert objectives(problem, flows, accepted, np.array([0]))[0] == pytest.approx(found.objective)


def test_processes_change_nothing() -> None:
    problem = many_small_grids(1)
    flows = GridFlows.of(problem)
    (relaxed,) = Linear(problem, flows).decide([0])
    one, two = (Decomposition(problem, flows, count).compose(relaxed, 0.01) for count in (1, 2))
    assert one.accepted_mw.tobytes() == two.accepted_mw.tobytes()
    assert one.bound == two.bound


def test_parts_follow_grids_shared_bids_and_links() -> None:
    problem = many_small_grids(2)
    assert len(independent_components(problem, GridFlows.of(problem))) == 10 >= WORTH_IT
    linked = replace(problem, links=Links(exclusive=((0, 5),)))
    components = independent_components(linked, GridFlows.of(linked))
    assert len(components) == 9
    assert components[0].bids.tolist() == list(range(8))


def test_bids_without_grid_are_one_part() -> None:
    problem = replace(many_small_grids(3), grids=())
    (component,) = independent_components(problem, ())
    assert component.bids.size == 40
    assert component.grids.size == 0


def test_rows_in_any_order_keep_their_coefficients() -> None:
    problem = many_small_grids(4)
    flows = GridFlows.of(problem)
    mixed = RowKeys(
        *(np.array(column) for column in ([7, 2, 7, 0], [1, 0, 2, 1], [0, 1, 1, 0], [1, -1, 1, -1]))
    )
    matrix = constraint_matrix(flows, mixed, 40).toarray()
    for row in range(4):
        alone = constraint_matrix(flows, mixed[np.array([row])], 40).toarray()[0]
        np.testing.assert_array_equal(matrix[row], alone)
        assert set(np.flatnonzero(alone)) <= set(flows[mixed.grid[row]].bids.tolist())
