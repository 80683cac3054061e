"""Random problems against the full model written in Pyomo: every figure equal, in strict order.

`make acceptance` looks at 800: 300 with withheld members, 200 with overloaded bases, 300 that meet a demand
first; the suite at a sample of each.
"""

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.domain.gate import DemandRule
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.links import TechnicalRule
from gateway.optimiser.model.problem import Problem
from tests.optimiser.agreement import agree
from tests.optimiser.cases import random_problem
from tests.optimiser.test_integer import random_links

EVERY = 1 if "FLEXGATE_ACCEPTANCE" in os.environ else 25
BLOCK = 25


def of_seed(seed: int, kind: str) -> Problem:
    """Divisible and whole bids, links of every kind; what else is there is of the kind."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(4, 8))
    problem = random_problem(seed, bid_count=count, mtus=1 + seed % 2)
    quantity = problem.bids.quantity_mw
    divisible = draw.random(count) < 0.7
    terms: dict[str, Any] = {
        "divisible": divisible,
        "minimum_mw": np.where(divisible[:, None], quantity * draw.choice([0, 0.3], (count, 1)), 0),
        "direct": draw.random(count) < 0.4,
        "contracted": draw.random(count) < 0.2,
    }
    terms["scheduled"] = ~terms["direct"] | (draw.random(count) < 0.5)
    if kind == "withheld":
        terms["cap_mw"] = quantity * draw.choice([0.0, 0.5, 1.0, 1.0], (count, 1))
    links = random_links(seed, count, problem.mtus, problem.bids.direction)
    rule = draw.choice([TechnicalRule.DIRECT_BLOCKS, TechnicalRule.MAY_NOT_FOLLOW])
    links = replace(links, technical_rule=TechnicalRule(rule))
    grids = problem.grids
    if kind == "base":
        grids = tuple(replace(one, base_mw=2.5 * one.base_mw) for one in grids)
    if kind == "demand":
        grids = tuple(_agreed(replace(one, accuracy=0.1 + 0 * one.upper_mw), draw) for one in grids)
    return replace(
        problem,
        bids=replace(problem.bids, **terms),
        grids=grids,
        links=links,
        relief_share=[1.0, 0.5][seed % 2],
        rule=DemandRule.MEET_DEMAND if kind == "demand" else DemandRule.KEEP_LIMITS,
    )


def _agreed(one: Any, draw: np.random.Generator) -> Any:
    """Some limits may be exceeded by up to half, and neighbours in the list of rows are one element."""
    rows = one.upper_mw.size
    upper = np.where(draw.random(rows) < 0.6, 1.5 * one.upper_mw, np.nan)
    lower = np.where(draw.random(rows) < 0.6, 1.5 * one.lower_mw, np.nan)
    scale = draw.choice([1.0, 2.0], rows)
    of_element = np.arange(rows) // 2
    return replace(
        one, emergency_upper_mw=upper, emergency_lower_mw=lower, scale=scale, of_element=of_element
    )


CASES = [
    (kind, first)
    for kind, count in (("withheld", 300), ("base", 200), ("demand", 300))
    for first in range(0, count, BLOCK)
]


@pytest.mark.feature(id="A4")
@pytest.mark.parametrize(("kind", "first"), CASES)
def test_every_figure_equals_that_of_the_full_model(kind: str, first: int) -> None:
    for seed in range(first, first + BLOCK, EVERY):
        problem = of_seed(seed, kind)
        agree(problem, cover_demand(problem, gap=1e-7), (kind, seed), optimal=False)
