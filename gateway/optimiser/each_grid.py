"""Each grid alone: when the joint problem cannot be had, every grid serves its own part of the demand.

A grid's part is what the merit order takes from its bids. Limits are kept whatever the rule is; a bid on
several grids gets the least any of them allows, and whatever that upsets (a relieving bid cut by another
grid) is curtailed conservatively. A grid whose solver fails is curtailed too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.domain.gate import DemandRule
from gateway.domain.result import Rung
from gateway.optimiser.conservative import curtail
from gateway.optimiser.decision import Decision
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.highs import SolverError
from gateway.optimiser.linear import Linear
from gateway.optimiser.links import Links
from gateway.optimiser.parts import Part, part_of
from gateway.optimiser.price_order import merit_order
from gateway.optimiser.problem import Problem


def decide_alone(problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int]) -> Iterator[Decision]:
    """Feasible decisions for `mtus`, one grid after the other."""
    by_price, _ = merit_order(problem)
    allowed = by_price.copy()
    undecided = replace(problem, links=Links(), surplus_mw=0.0, rule=DemandRule.KEEP_LIMITS)
    for number, flow in enumerate(flows):
        if not flow.bids.size:
            continue
        listed = problem.bids.list_index[flow.bids]
        asked = np.stack(
            [by_price[flow.bids[listed == one]].sum(axis=0) for one in range(len(problem.lists))]
        )
        one = Part(np.array([number]), flow.bids)
        part = part_of(undecided, one, asked)
        own = GridFlows.of(part)
        try:
            for decision in Linear(part, own).decide(mtus):
                mine = flow.bids, decision.mtu
                allowed[mine] = np.minimum(allowed[mine], decision.accepted_mw)
        except SolverError:
            for decision in curtail(part, own, by_price[flow.bids], np.array(mtus)):
                mine = flow.bids, decision.mtu
                allowed[mine] = np.minimum(allowed[mine], decision.accepted_mw)
    for decision in curtail(problem, flows, allowed, np.array(mtus), keep_netting=True):
        yield replace(decision, rung=Rung.EACH_GRID_ALONE)
