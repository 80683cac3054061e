"""The sweep gives the first safe list in price order, by the check apart and by trying it out bid by bid."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.domain.gate import ListObjective
from gateway.domain.result import Rung
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.prefix.sweep import swept
from gateway.optimiser.prefix.window import decide_window
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import BELIEVED_MW
from gateway.optimiser.safe.check import ListCheck
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid, random_problem


def problem_of(seed: int) -> Problem:
    """Both kinds of activation, minima, whole bids, equal prices, netting, one buyer: by chance."""
    draw, count = np.random.default_rng(seed), 7
    problem = random_problem(seed, bid_count=count, mtus=3, grid_count=2)
    kind = draw.integers(0, 3, count) if seed % 2 else np.full(count, int(draw.integers(0, 3)))
    offer = replace(
        problem.bids,
        scheduled=kind != 1,
        direct=kind != 0,
        divisible=draw.random(count) < 0.7,
        minimum_mw=problem.bids.quantity_mw * draw.choice([0.0, 0.0, 0.5], (count, 1)),
        price_eur_per_mwh=problem.bids.price_eur_per_mwh if seed % 3 else np.full((count, 3), 50.0),
    )
    return replace(problem, bids=offer, relief_share=[1.0, 0.5][seed % 5 == 0], one_buyer=seed % 7 == 0)


def whole(problem: Problem) -> ComponentRows:
    flows = GridFlows.of(problem)
    return ComponentRows(problem, flows, Component(np.arange(len(flows)), np.arange(len(problem.bids.ids))))


def unsafe(problem: Problem, kept: FloatArray, tolerance_mw: float = 2e-6) -> bool:
    """By the check apart."""
    worst = [ListCheck(problem, one).worst(kept, range(3)).max() for one in problem.grids]
    return bool(max(worst) > tolerance_mw)


def first_in_price_order(problem: Problem) -> FloatArray:
    """MTU by MTU, bid by bid in price order: as far as the check apart lets it go, by halving."""
    offer, kept = problem.bids, np.zeros(problem.bids.quantity_mw.shape)
    least = np.where(offer.divisible[:, None], offer.minimum_mw, offer.quantity_mw)
    for mtu in range(problem.mtus):
        for bid in np.argsort(offer.price_eur_per_mwh[:, mtu], kind="stable"):
            low, high = 0.0, float(offer.quantity_mw[bid, mtu])
            kept[bid, mtu] = high
            for _ in range(40 if unsafe(problem, kept) else 0):
                kept[bid, mtu] = (low + high) / 2
                low, high = (low, kept[bid, mtu]) if unsafe(problem, kept) else (kept[bid, mtu], high)
                kept[bid, mtu] = low
            if kept[bid, mtu] < least[bid, mtu] - 1e-4:
                kept[bid, mtu] = 0.0
    return kept


@pytest.mark.parametrize("seed", range(40))
def test_each_bid_goes_as_far_as_cheaper_ones_let_it(seed: int) -> None:
    problem = problem_of(seed)
    kept = swept(whole(problem), range(problem.mtus))
    assert not unsafe(problem, kept)
    np.testing.assert_allclose(kept, first_in_price_order(problem), atol=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_late_keeps_nothing_and_the_rest_is_safe(seed: int) -> None:
    problem = problem_of(seed)
    looks = iter([False, True])
    kept = swept(whole(problem), range(problem.mtus), late=lambda: next(looks, True))
    assert not unsafe(problem, kept)
    assert not kept[:, 1:].any()


def test_bids_of_links_keep_nothing() -> None:
    problem = problem_of(2)
    tied = replace(problem, links=Links(exclusive=((0, 1),), technical=(((3, 0), (3, 1)),)))
    kept = swept(whole(tied), range(problem.mtus))
    assert not kept[[0, 1, 3]].any()
    assert not unsafe(tied, kept)


def in_order(problem: Problem) -> Problem:
    return replace(problem, objective=ListObjective.PRICE_ORDER)


@pytest.mark.parametrize("seed", range(20))
def test_a_safe_merit_order_in_price_order_is_that_of_trying_it_out(seed: int) -> None:
    problem = in_order(problem_of(seed))
    safe = safe_merit_order(problem)
    assert safe.worst_rung is Rung.OPTIMAL
    assert safe.gap == pytest.approx(0.0, abs=1e-6)
    assert not unsafe(problem, safe.available_mw)
    np.testing.assert_allclose(safe.available_mw, first_in_price_order(problem), atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_linear_programmes_in_price_order_find_what_a_sweep_does(seed: int) -> None:
    problem = in_order(problem_of(seed))
    (answer,) = decide_window(whole(problem), range(problem.mtus), None)
    assert not unsafe(problem, answer.available, BELIEVED_MW)
    np.testing.assert_allclose(answer.available, swept(whole(problem), range(problem.mtus)), atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_volume_is_never_less_than_that_of_the_price_order(seed: int) -> None:
    problem = problem_of(seed)
    most = safe_merit_order(problem)
    least = safe_merit_order(in_order(problem)).available_mw.sum()
    assert most.available_mw.sum() >= least * (1 - 1e-4) - 1e-3 or most.worst_rung is not Rung.OPTIMAL
    assert most.bound_mw.sum() >= least - 1e-3


def behind_one_line(quantity: list[float], price: list[float], factor: list[float], **others: Any) -> Problem:
    """Up bids on a line of 6 MW, of which each loads it by its factor."""
    one = grid([[factor]], [[[0.0]]], 6.0, list(range(len(factor))))
    lists = Lists.of_directions([0.0], [0.0])
    links = others.pop("links", Links())
    return Problem(bids=bids(quantity, price, **others), grids=(one,), lists=lists, links=links)


@pytest.mark.parametrize(
    ("others", "volume", "ordered"),
    [
        ({}, [0, 6, 6], [6, 0, 0]),
        ({"contracted": np.array([False, True, False])}, [0, 6, 6], [3, 6, 0]),
        (
            {"contracted": np.array([False, False, True]), "divisible": [True, True, False]},
            [0, 6, 6],
            [3, 0, 6],
        ),
        ({"divisible": np.arange(3) > 0}, [0, 6, 6], [6, 0, 0]),
        ({"minimum_mw": [[0.0], [4.0], [0.0]], "links": Links(inclusive=((1, 2),))}, [0, 6, 6], [6, 0, 0]),
        ({"links": Links(multipart=((0, 1),))}, [3, 0, 6], [6, 0, 0]),
    ],
)
def test_what_comes_first(others: dict[str, Any], volume: list[float], ordered: list[float]) -> None:
    """The cheapest bid loads the line twice as much as the others; contracted capacity goes first."""
    problem = behind_one_line([6.0, 6.0, 6.0], [10, 20, 30], [1.0, 0.5, 0.5], **others)
    assert safe_merit_order(problem).available_mw[:, 0] == pytest.approx(volume, abs=1e-3)
    assert safe_merit_order(in_order(problem)).available_mw[:, 0] == pytest.approx(ordered, abs=1e-3)
