"""The activations for which a model holds bound every answer: sums taken here from bids and nodes alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from gateway.domain.gate import DemandRule
from gateway.domain.grid import Band
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.deadline.price_sweep import PriceSweep
from gateway.optimiser.federated.member import cover_by_members
from gateway.optimiser.model.band import crowded, hung, with_band, without_idle_columns
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.check import ListCheck
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.agreement import agree
from tests.optimiser.cases import bids

NODES, MTUS, COUNT = 4, 2, 16
BAND = Band(-3.0, 4.0, 1.5)
NEAR_MW = 1e-5


@dataclass(frozen=True, eq=False)
class Case:
    """Bids of both directions, far more than the band, that hang each on one of four nodes by a factor."""

    problem: Problem
    node: IntArray
    factor: FloatArray

    def sums(self, accepted_mw: FloatArray) -> tuple[float, float, float]:
        """Of (B,) accepted: all that is injected more, all that is injected less, the most at one node."""
        injected = self.problem.bids.direction * self.factor * accepted_mw
        at_node = np.bincount(self.node, weights=injected, minlength=NODES)
        up, down = np.maximum(injected, 0).sum(), np.minimum(injected, 0).sum()
        return float(up), float(down), float(np.abs(at_node).max())

    def is_within(self, accepted_mw: FloatArray) -> bool:
        up, down, most = self.sums(accepted_mw)
        return (
            up <= BAND.highest_mw + NEAR_MW
            and down >= BAND.lowest_mw - NEAR_MW
            and most <= BAND.point_mw + NEAR_MW
        )


def case(seed: int, *, backwards: bool = False, direct: bool = False, **others: Any) -> Case:
    """With `backwards` some bids inject less where they are up, as behind a factor below 0."""
    draw = np.random.default_rng(seed)
    node, direction = draw.integers(0, NODES, COUNT), np.where(draw.random(COUNT) < 0.5, 1, -1)
    sign = np.where(np.arange(COUNT) % 5 == 0, -1.0, 1.0) if backwards else np.ones(COUNT)
    factor = draw.choice([0.5, 1.0], COUNT) * sign
    quantity, price = (
        draw.uniform(0.2, 1.5, (COUNT, MTUS)).round(3),
        draw.uniform(5, 200, (COUNT, MTUS)).round(2),
    )
    offered = bids(quantity, price, direction, direct=np.full(COUNT, direct))
    grid = GridArrays(
        grid_id="G",
        element_ids=("e0", "e1", "e2"),
        node_ids=tuple(f"n{number}" for number in range(NODES)),
        ptdf=draw.normal(0, 0.5, (1, 3, NODES)),
        base_mw=np.zeros((1, 1, 3)),
        lower_mw=np.full(3, -2.0),
        upper_mw=np.full(3, 2.0),
        injections=Injections(node[:0], node[:0], np.zeros(0)),
        emergency_lower_mw=np.full(3, -50.0),
        emergency_upper_mw=np.full(3, 50.0),
    )
    hanging = hung(NODES, direction, np.arange(COUNT), node, factor)
    still = np.roll(quantity, 1, axis=1) if direct else np.zeros_like(quantity)
    banded = with_band(grid, BAND, crowded(hanging, NODES, quantity + still, BAND.point_mw))
    whole = without_idle_columns(replace(banded, injections=hanging))
    demand = Lists.of_directions([6.0, 5.0], [3.5, 2.0])
    return Case(Problem(offered, (whole,), demand, **others), node, factor)


def swept(problem: Problem) -> FloatArray:
    sweep = PriceSweep(problem, GridFlows.of(problem))
    return np.stack([sweep.decide(mtu).accepted_mw for mtu in range(problem.mtus)], axis=1)


WAYS: dict[str, Callable[[Problem], FloatArray]] = {
    "covered": lambda problem: cover_demand(problem).accepted_mw,
    "by members": lambda problem: cover_by_members(problem).accepted_mw,
    "swept": swept,
}


@pytest.mark.feature(id="A10")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_accepted_is_within_the_band(seed: int, backwards: bool, way: str) -> None:
    mine = case(seed, backwards=backwards)
    accepted = WAYS[way](mine.problem)
    assert all(mine.is_within(accepted[:, mtu]) for mtu in range(MTUS))
    free = WAYS[way](replace(mine.problem, grids=()))
    assert not all(mine.is_within(free[:, mtu]) for mtu in range(MTUS)), "the band limits nothing"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_no_better_answer_within_the_band_is_missed(seed: int, share: float) -> None:
    problem = case(seed, relief_share=share).problem
    agree(problem, cover_demand(problem, gap=1e-7), seed)


@pytest.mark.parametrize("seed", range(4))
def test_a_demand_that_comes_first_does_not_exceed_the_band(seed: int) -> None:
    mine = case(seed, rule=DemandRule.MEET_DEMAND)
    answer: Answer = cover_demand(mine.problem)
    assert all(mine.is_within(answer.accepted_mw[:, mtu]) for mtu in range(MTUS))
    free: Answer = cover_demand(replace(mine.problem, grids=()))
    assert not all(mine.is_within(free.accepted_mw[:, mtu]) for mtu in range(MTUS)), "the band limits nothing"


def activations(problem: Problem, kept: FloatArray, seed: int) -> Iterator[FloatArray]:
    """(B, T) activations of both lists in price order, to any end, in both MTUs."""
    draw, offer = np.random.default_rng(seed), problem.bids
    for ends in [*np.ndindex(2, 2, 2, 2), *draw.random((30, 4)).tolist()]:
        activated = np.zeros_like(kept)
        for number, end in enumerate(ends):
            direction, mtu = (1, -1)[number // 2], number % 2
            mine = np.flatnonzero(offer.direction == direction)
            mine = mine[np.argsort(offer.price_eur_per_mwh[mine, mtu], kind="stable")]
            left = end * kept[mine, mtu].sum()
            before = np.cumsum(kept[mine, mtu]) - kept[mine, mtu]
            activated[mine, mtu] = np.clip(left - before, 0.0, kept[mine, mtu])
        yield activated


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_every_use_of_a_safe_list_is_within_the_band(seed: int, direct: bool, share: float) -> None:
    """What is activated directly still delivers in the MTU after its own."""
    mine = case(seed, direct=direct, relief_share=share)
    kept = safe_merit_order(mine.problem, patience_s=0).available_mw
    assert kept.sum() > 1
    for activated in activations(mine.problem, kept, seed):
        assert mine.is_within(activated[:, 0])
        assert mine.is_within(activated[:, 1] + (activated[:, 0] if direct else 0.0))
    check = ListCheck(mine.problem, mine.problem.grids[0])
    assert check.worst(kept, range(MTUS)).max() <= NEAR_MW
    assert check.worst(mine.problem.bids.quantity_mw, range(MTUS)).min() > 0.1


def test_only_points_that_offers_can_crowd_have_a_row() -> None:
    problem = case(1).problem
    (grid,) = problem.grids
    named = grid.element_ids[-grid.band_rows :]
    assert named[:2] == ("activation band up", "activation band down")
    assert all(name.startswith("connection point n") for name in named[2:])
    hanging = Injections(np.array([0, 1]), np.array([0, 2]), np.ones(2))
    assert crowded(hanging, 2, np.array([[1.0], [1.0]]), 1.0).tolist() == []
    assert crowded(hanging, 2, np.array([[1.0], [1.1]]), 1.0).tolist() == [0]
    assert crowded(hanging, 2, np.array([[1.0], [1.1]]), np.inf).tolist() == []
