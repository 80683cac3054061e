"""What may be taken beyond a demand: only what whole bids and minimum quantities make unavoidable."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from gateway.domain.result import Rung
from gateway.optimiser.check.assemble import assemble, judge
from gateway.optimiser.check.quantity_steps import rounded_alike
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.integer import decompose
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from tests.optimiser.agreement import agree
from tests.optimiser.cases import bids, random_problem
from tests.optimiser.test_decompose import lines

WHOLE, PARTS = False, True


def asked(demand_mw: float, quantity: list[float], price: list[float], **others: object) -> Problem:
    """One list up with a surplus of 1 MW, no grid; `divisible`, `minimum` by bid."""
    divisible = np.array(others.pop("divisible", [WHOLE] * len(quantity)))
    minimum = np.array(others.pop("minimum", [0.0] * len(quantity)), float)[:, None]
    offer = bids(quantity, price, divisible=divisible, minimum_mw=minimum)
    lists = Lists.of_directions([demand_mw], [0.0])
    return Problem(bids=offer, grids=(), lists=lists, surplus_mw=1.0, mtu_hours=1.0)


@pytest.mark.parametrize(
    ("problem", "taken"),
    [
        (asked(3.5, [4], [10]), [4]),
        (asked(2.5, [4], [-10]), [0]),
        (asked(0.0, [0.5], [-10]), [0]),
        (asked(4.0, [4, 1], [10, -10]), [4, 0]),
        (asked(4.0, [4.5, 4], [-1, 10]), [4.5, 0]),
        (asked(3.5, [4, 5], [10, -10], divisible=[PARTS, PARTS], minimum=[4, 0]), [0, 3.5]),
        (asked(3.5, [6], [-10], divisible=[PARTS], minimum=[4]), [4]),
        (asked(5.0, [4.5, 2], [10, -10], divisible=[WHOLE, PARTS]), [4.5, 0.5]),
        (asked(4.0, [4.5, 2], [-10, -20], divisible=[WHOLE, PARTS]), [4.5, 0]),
    ],
    ids=[
        "a whole bid meets what it exceeds",
        "not by more than is allowed",
        "nothing is asked",
        "a bid beside one that meets the demand",
        "what is paid may be taken for what costs",
        "what can be cut is cut",
        "a minimum and no more",
        "a part beside a whole",
        "no part beside a whole that is enough",
    ],
)
def test_a_surplus_is_what_cannot_be_avoided(problem: Problem, taken: list[float]) -> None:
    answer = cover_demand(problem)
    assert answer.accepted_mw[:, 0] == pytest.approx(taken, abs=1e-9)
    assert (answer.worst_rung, answer.gap) == (Rung.OPTIMAL, 0.0)
    agree(problem, answer, taken)


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_with_prices_of_both_signs_the_optimum_equals_the_full_model(first: int) -> None:
    for seed in range(first, first + 25):
        draw = np.random.default_rng(seed)
        problem = random_problem(seed, bid_count=7, mtus=1)
        offer, demand = problem.bids, problem.lists.demand_mw * draw.choice([0, 1, 1], (2, 1))
        divisible = draw.random(7) < 0.5
        minimum = np.where(divisible[:, None], offer.quantity_mw * draw.choice([0, 0.4], (7, 1)), 0)
        price = offer.price_eur_per_mwh * draw.choice([-1, 1], (7, 1))
        offer = replace(offer, divisible=divisible, minimum_mw=minimum, price_eur_per_mwh=price)
        ups = np.flatnonzero(offer.direction > 0)[:2].tolist()
        links = Links(exclusive=(tuple(ups),)) if seed % 3 == 0 and len(ups) == 2 else Links()
        lists = replace(problem.lists, demand_mw=demand)
        problem = replace(problem, bids=offer, lists=lists, links=links, surplus_mw=0.8)
        agree(problem, cover_demand(problem, gap=1e-7), seed)


@pytest.mark.parametrize("seed", range(10))
def test_whole_bids_taken_in_price_order_until_the_demand_is_met_are_those_accepted(seed: int) -> None:
    """By enumeration: of all sets of which every bid is needed, the one that costs least."""
    draw = np.random.default_rng(seed)
    quantity, price = draw.uniform(0.5, 4, 9).round(2), draw.uniform(-100, 100, 9).round(1)
    demand = float((draw.uniform(0.2, 0.9) * quantity.sum()).round(2))
    answer = cover_demand(asked(demand, quantity.tolist(), price.tolist()), gap=1e-9)
    best: tuple[float, float] = (np.inf, np.inf)
    for chosen in product([0, 1], repeat=9):
        taken = np.array(chosen) * quantity
        surplus = taken.sum() - demand
        if surplus <= 1.0 and (surplus <= 0 or (taken[taken > 0] > surplus).all()):
            best = min(best, (round(max(-surplus, 0.0), 6), float(price @ taken)))
    assert (answer.shortage_mw.sum(), answer.cost_eur[0]) == pytest.approx(best, abs=1e-4)
    left = demand
    for bid in np.argsort(price).tolist():
        if answer.accepted_mw[bid, 0] > 0:
            assert left > 0, "the demand is met before all that is accepted is taken"
            left -= answer.accepted_mw[bid, 0]


@pytest.mark.parametrize(
    ("accepted", "error"),
    [([4.0, 0.5], 0.5), ([4.0, 0.0], 0.0), ([4.5, 0.0], 0.5), ([0.0, 5.0], 1.0), ([4.0, 2.0], 2.0)],
)
def test_the_check_counts_what_could_be_left_out(accepted: list[float], error: float) -> None:
    problem = asked(4.0, [6, 5], [-10, -20], divisible=[PARTS, PARTS], minimum=[4, 0])
    verdict = judge(problem, np.array(accepted)[:, None], Rung.BEST_FOUND).verification
    assert verdict.surplus_error_mw == pytest.approx(error, abs=1e-9)
    assert verdict.holds == (error == 0.0)


@pytest.mark.parametrize("joint", [True, False])
def test_over_many_grids_no_surplus_can_be_avoided(joint: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not joint:
        monkeypatch.setattr(decompose, "FEW_SWITCHES", 0)
        monkeypatch.setattr(decompose, "SWING", 4)
        monkeypatch.setattr(decompose, "MOST_SWING", 8)
    for demand in (0.0, 2.5, 4.4):
        problem = replace(lines(1.0, demand, divisible=np.full(10, WHOLE)), surplus_mw=0.7)
        answer = cover_demand(problem)
        assert answer.verification.holds
        assert answer.accepted_mw.sum() == pytest.approx(np.ceil(demand))


@pytest.mark.parametrize("demand", [0.0, 2.0])
def test_what_a_solver_takes_beyond_a_demand_by_its_tolerance_is_not_reported(demand: float) -> None:
    offer = bids([5, 5], [-10, 20])
    problem = Problem(bids=offer, grids=(), lists=Lists.of_directions([demand], [0.0]))
    decided = np.array([[demand + 1.5e-6], [1.5e-6]])
    assert rounded_alike(problem, decided).sum() == demand
    assert demand or not rounded_alike(problem, decided / 2).any(), "less than a watt"
    decision = MtuDecision.without_prices(problem, 0, decided[:, 0], float(-10 * demand), Rung.BEST_FOUND)
    answer = assemble(problem, GridFlows.of(problem), [decision], {})
    assert answer.accepted_mw.tolist() == [[demand], [0.0]]
    assert answer.verification.holds
