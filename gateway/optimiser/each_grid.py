"""Each grid alone: when the joint problem cannot be had, every grid serves its own part of the demand.

A grid's part is what the merit order takes from its bids. Shortage is made cheaper than overload, so no
grid overloads itself; a bid on several grids gets the least any of them allows, and whatever that upsets
(a relieving bid cut by another grid) is curtailed conservatively. A grid whose solver fails is curtailed too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.optimiser.answer import Rung
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.conservative import curtail
from gateway.optimiser.decision import Decision
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.grid_arrays import Injections
from gateway.optimiser.highs import SolverError
from gateway.optimiser.linear import Linear
from gateway.optimiser.links import Links
from gateway.optimiser.price_order import merit_order
from gateway.optimiser.problem import Bids, Problem


def decide_alone(problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int]) -> Iterator[Decision]:
    """Feasible decisions for `mtus`, one grid after the other."""
    by_price, _ = merit_order(problem)
    allowed = by_price.copy()
    for number, flow in enumerate(flows):
        if not flow.bids.size:
            continue
        part = grid_part(problem, number, flow.bids, by_price)
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


def grid_part(problem: Problem, number: int, bids: IntArray, by_price: FloatArray) -> Problem:
    """The problem of one grid with its own bids, asked for what `by_price` (B, T) takes from them."""
    whole, grid = problem.bids, problem.grids[number]
    column = np.searchsorted(bids, grid.injections.bid)
    hung = Injections(column, grid.injections.node, grid.injections.factor)
    direction = whole.direction[bids]
    return Problem(
        bids=Bids(
            ids=tuple(whole.ids[b] for b in bids),
            direction=direction,
            quantity_mw=whole.quantity_mw[bids],
            price_eur_per_mwh=whole.price_eur_per_mwh[bids],
            minimum_mw=whole.minimum_mw[bids],
            divisible=whole.divisible[bids],
            cap_mw=None if whole.cap_mw is None else whole.cap_mw[bids],
        ),
        grids=(replace(grid, injections=hung),),
        demand_up_mw=by_price[bids[direction > 0]].sum(axis=0),
        demand_down_mw=by_price[bids[direction < 0]].sum(axis=0),
        mtu_hours=problem.mtu_hours,
        relief_share=problem.relief_share,
        links=Links(),
        overload_eur_per_mw=100 * problem.shortage_eur_per_mw,
        shortage_eur_per_mw=problem.shortage_eur_per_mw,
    )
