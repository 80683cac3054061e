"""Each grid alone: when the joint problem has no answer, every grid serves its own part of the demand.

A grid's part is what the merit order accepts of its bids; its own dearer bids replace those that do not
fit. Limits are respected whatever the rule is. A bid on several grids gets the least any of them allows, and
no more than the merit order wants; what the grids then accept beyond the demand is given up, dearest first,
and whatever that upsets (a relieving bid cut by another grid) is curtailed conservatively. A grid whose
solver fails is curtailed too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.domain.gate import DemandRule
from gateway.domain.result import Rung
from gateway.optimiser.deadline.conservative import curtail
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.price_order import by_price, merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.components import Component, component_problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.solver.highs import SolverError


def decide_alone(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int]
) -> Iterator[MtuDecision]:
    """Feasible decisions for `mtus`, one grid after the other."""
    wanted, _ = merit_order(problem)
    allowed = wanted.copy()
    grids_of = np.zeros(len(problem.bids.ids), np.int64)
    for flow in flows:
        grids_of[flow.bids] += 1
    undecided = replace(problem, links=Links(), surplus_mw=0.0, rule=DemandRule.KEEP_LIMITS)
    for number, flow in enumerate(flows):
        if not flow.bids.size:
            continue
        listed = problem.bids.list_index[flow.bids]
        demand = np.stack([wanted[flow.bids[listed == one]].sum(axis=0) for one in range(len(problem.lists))])
        one = Component(np.array([number]), flow.bids)
        component = component_problem(undecided, one, demand)
        own = GridFlows.of(component)
        try:
            decisions = list(Linear(component, own).decide(mtus))
        except SolverError:
            decisions = curtail(component, own, wanted[flow.bids], np.array(mtus))
        for decision in decisions:
            mine, found = (flow.bids, decision.mtu), decision.accepted_mw
            allowed[mine] = np.where(grids_of[flow.bids] > 1, np.minimum(allowed[mine], found), found)
    for mtu in mtus:
        _give_up_surplus(problem, allowed[:, mtu], mtu)
    for decision in curtail(problem, flows, allowed, np.array(mtus), keep_netting=True):
        yield replace(decision, rung=Rung.EACH_GRID_ALONE)


def _give_up_surplus(problem: Problem, accepted: FloatArray, mtu: int) -> None:
    """Remove accepted quantities (B,) beyond the demand of each list, dearest first, in place."""
    for number in range(len(problem.lists)):
        order = by_price(problem, number, mtu)
        before = np.cumsum(accepted[order]) - accepted[order]
        accepted[order] = np.clip(problem.lists.demand_mw[number, mtu] - before, 0.0, accepted[order])
