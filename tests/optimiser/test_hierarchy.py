"""Level by level is never better than jointly, and shows what it breaks."""

from dataclasses import replace

import numpy as np
import pytest

from gateway.domain.result import Rung
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.cover.hierarchy import compare_levels
from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.reference import cover_by_reference
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line


def two_levels() -> Problem:
    """A local line of 4 MW for the first bid; an upper one that the dear third bid relieves."""
    offer = bids([10, 10, 10], [20, 50, 90])
    local = grid([[[1.0, 0.0, 0.0]]], [[[0.0]]], 4.0, [0, 1, 2], "local")
    upper = grid([[[1.0, 1.0, -1.0]]], [[[0.0]]], 6.0, [0, 1, 2], "upper")
    return two_bids_behind_one_line(bids=offer, grids=(local, upper), demand_up_mw=[10.0])


@pytest.mark.feature(id="A8")
def test_levels_joint_and_by_hand() -> None:
    found = compare_levels(two_levels(), [["local"], ["upper"]])
    assert found.levels[0].accepted_mw[:, 0] == pytest.approx([4, 6, 0])
    assert found.joint.accepted_mw[:, 0] == pytest.approx([4, 4, 2])
    assert found.joint.verification.violations == 0
    assert found.in_sequence.shortage_mw.sum() >= found.joint.shortage_mw.sum() - 1e-6


@pytest.mark.feature(id="A8")
@pytest.mark.parametrize("seed", range(20))
def test_the_joint_answer_keeps_every_limit_and_is_never_worse_than_a_sequence_that_does(seed: int) -> None:
    found = compare_levels(random_problem(seed), [["G0"], ["G1"]])
    assert found.joint.verification.holds
    kept = not found.in_sequence.verification.violations
    assert not kept or found.joint.objective_eur.sum() <= found.in_sequence.objective_eur.sum() + 1e-3


@pytest.mark.parametrize("levels", [[["local"]], [["local"], ["upper"], ["local"]], [["local"], ["nowhere"]]])
def test_levels_must_name_every_grid_once(levels: list[list[str]]) -> None:
    with pytest.raises(InvalidProblemError):
        compare_levels(two_levels(), levels)


def test_another_engine_gives_the_same_answer() -> None:
    problem = replace(random_problem(2), mtu_hours=1.0)
    other = cover_by_reference(problem, "appsi_highs")
    assert other.objective_eur == pytest.approx(cover_demand(problem).objective_eur, rel=1e-6)
    assert other.verification.holds
    assert other.worst_rung is Rung.OPTIMAL
    assert np.isnan(other.list_price).all()
