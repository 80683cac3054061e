"""Explanations follow from the model by hand."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from gateway.optimiser.check.explain import node_prices
from gateway.optimiser.check.non_delivery import non_delivery
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.explain import safe_non_delivery
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import grid, random_problem, two_bids_behind_one_line


@pytest.mark.feature(id="A18")
def test_the_price_of_a_connection_point_is_what_its_line_costs() -> None:
    problem = two_bids_behind_one_line()
    answer = cover_demand(problem)
    (prices,) = node_prices(problem, answer, 0)
    assert prices == pytest.approx([30, 0])
    assert answer.list_price[0, 0] - prices[0] == pytest.approx(20)  # what the limited bid asks


@pytest.mark.feature(id="A18")
@pytest.mark.parametrize("seed", range(20))
def test_bids_accepted_in_part_ask_exactly_the_price_at_their_nodes(seed: int) -> None:
    problem = random_problem(seed, mtus=1)
    answer = cover_demand(problem)
    prices = node_prices(problem, answer, 0)
    for bid in range(len(problem.bids.ids)):
        accepted, offered = answer.accepted_mw[bid, 0], problem.bids.quantity_mw[bid, 0]
        if not 1e-6 < accepted < offered - 1e-6:
            continue
        direction = problem.bids.direction[bid]
        balance = answer.list_price[problem.bids.list_index[bid], 0]
        congestion = 0.0
        for one, price in zip(problem.grids, prices, strict=True):
            mine = one.injections.bid == bid
            congestion += direction * (one.injections.factor[mine] * price[one.injections.node[mine]]).sum()
        assert balance - congestion == pytest.approx(problem.bids.price_eur_per_mwh[bid, 0], abs=1e-4)


def test_the_failure_of_a_relieving_bid_is_named_with_its_row() -> None:
    one = grid([[[1.0, -1.0]]], [[[0.0]]], 4.0, [0, 1])
    problem = two_bids_behind_one_line(grids=(one,), demand_up_mw=[8.0])
    answer = cover_demand(problem)  # 6 MW and 2 MW: the line carries 4 only while both deliver
    failing = non_delivery(problem, answer)
    assert failing.bid.tolist() == [1]
    assert (failing.element[0], failing.side[0]) == (0, 1)
    assert failing.overload_mw == pytest.approx([2])


@pytest.mark.feature(id="A13")
@pytest.mark.parametrize("seed", range(20))
def test_non_delivery_equals_taking_each_bid_out(seed: int) -> None:
    problem = random_problem(seed, grid_count=2)
    answer = cover_demand(problem)
    failing = non_delivery(problem, answer)
    named = set(zip(failing.bid.tolist(), failing.mtu.tolist(), strict=True))
    mtus = np.arange(problem.mtus)
    flows = GridFlows.of(problem)
    before = _excess(flows, answer.accepted_mw, mtus)
    for bid in range(len(problem.bids.ids)):
        without = answer.accepted_mw.copy()
        without[bid] = 0.0
        worse = _excess(flows, without, mtus) - np.maximum(before, 0.0) > 1e-5
        for mtu in mtus.tolist():
            assert ((bid, mtu) in named) == bool(worse[:, mtu].any())


def _excess(flows: tuple[GridFlows, ...], accepted: np.ndarray, mtus: np.ndarray) -> np.ndarray:
    rows = [
        (change - margin).reshape(-1, mtus.size)
        for flow in flows
        for change, margin in zip(flow.changes(accepted), flow.margins(mtus), strict=True)
    ]
    return np.concatenate(rows)


def test_without_netting_no_failure_overloads_anything() -> None:
    for seed in range(10):
        problem = replace(random_problem(seed), relief_share=0.0)
        answer = cover_demand(problem)
        if not answer.verification.violations:
            assert non_delivery(problem, answer).bid.size == 0


def _prefixes(problem: Problem, kept: np.ndarray) -> Iterator[np.ndarray]:
    """(B,) every combination of whole prefixes of the lists at MTU 0; no two prices may be equal."""
    offer = problem.bids
    listed = offer.direction if problem.one_buyer else offer.list_index
    lists = []
    for whose in np.unique(listed):
        mine = np.flatnonzero(listed == whose)
        lists.append(mine[np.argsort(offer.price_eur_per_mwh[mine, 0])])
    for ends in product(*(range(mine.size + 1) for mine in lists)):
        active = np.concatenate([mine[:end] for mine, end in zip(lists, ends, strict=True)])
        activated = np.zeros(kept.size)
        activated[active] = kept[active]
        yield activated


@pytest.mark.feature(id="A13")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("independent", [False, True])
def test_in_a_safe_list_non_delivery_equals_taking_each_bid_out_of_every_activation(
    seed: int, independent: bool
) -> None:
    problem = random_problem(seed, bid_count=7, mtus=1)
    draw = np.random.default_rng(seed)
    platform, price = draw.integers(0, 2, 7), draw.permutation(7)[:, None] + 1.0
    lists = Lists.without_demand(("a up", "a down", "b up", "b down"), [1, -1, 1, -1], 1)
    listed = 2 * platform + (problem.bids.direction < 0)
    offer = replace(problem.bids, list_index=listed, price_eur_per_mwh=price)
    problem = replace(problem, bids=offer, lists=lists, one_buyer=not independent)
    safe = safe_merit_order(problem)
    failing = safe_non_delivery(problem, safe)
    named = dict(zip(failing.bid.tolist(), failing.overload_mw.tolist(), strict=True))
    flows, mtus = GridFlows.of(problem), np.arange(1)
    worst = np.zeros(7)
    for activated in _prefixes(problem, safe.available_mw[:, 0]):
        for bid in np.flatnonzero(activated):
            without = np.where(np.arange(7) == bid, 0.0, activated)
            worst[bid] = max(worst[bid], _excess(flows, without[:, None], mtus).max())
    assert named == {bid: pytest.approx(worst[bid]) for bid in np.flatnonzero(worst > 1e-5).tolist()}
