"""A first answer with indivisible bids and minima: the divisible optimum, less what does not fit.

Bids accepted with less than their minimum are taken out, those furthest from it first, and the rest is
decided again, until none is left. Every step only removes offers, so its answer respects all limits; the
divisible optimum bounds what could be better. For problems without links.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.check.verify import objectives
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.model.checks import BoolArray
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.solver.parallel import parallel_map

TOGETHER = 4  # of so many bids that do not fit, one is taken out at a time
SHORT_MW = 1e-9
Shared = tuple[Problem, tuple[GridFlows, ...]]


def dive(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int], processes: int = 1
) -> Iterator[MtuDecision]:
    """Feasible decisions for `mtus` as they are found; SolverError if the solver fails."""
    yield from parallel_map(_dive, (problem, flows), mtus, processes)


def _dive(shared: Shared, mtu: int) -> MtuDecision:
    problem, flows = shared
    (relaxed,) = Linear(problem, flows, problem.surplus_mw).decide([mtu])
    decided = relaxed
    if problem.surplus_mw:  # which is for indivisible bids only; this looks for none of them
        (decided,) = Linear(problem, flows).decide([mtu])
    least, stays = least_mw(problem)[:, mtu], np.ones(len(problem.bids.ids), np.bool_)
    while True:
        accepted = decided.accepted_mw
        short = np.flatnonzero((accepted > SHORT_MW) & (accepted < least - SHORT_MW))
        if not short.size:
            break
        order = np.argsort(accepted[short] / least[short], kind="stable")
        stays[short[order[: max(1, short.size // TOGETHER)]]] = False
        rest = _only(problem, stays)
        (decided,) = Linear(rest, flows).decide([mtu])
    accepted = np.where(decided.accepted_mw > SHORT_MW, decided.accepted_mw, 0.0)
    objective = float(objectives(problem, flows, accepted[:, None], np.array([mtu]))[0])
    return replace(
        decided,
        accepted_mw=accepted,
        objective_eur_per_h=objective,
        bound_eur_per_h=min(relaxed.bound_eur_per_h, objective),
        rung=Rung.BEST_FOUND,
    )


def _only(problem: Problem, stays: BoolArray) -> Problem:
    """The problem in which only the bids that stay offer anything."""
    offer, there = problem.bids, stays[:, None]
    quantity, minimum = (np.where(there, column, 0.0) for column in (offer.quantity_mw, offer.minimum_mw))
    return replace(problem, bids=replace(offer, quantity_mw=quantity, minimum_mw=minimum))
