"""Minimum quantities, indivisible bids and links, with a proven gap.

The relaxation (every bid divisible, no links) is solved first: it bounds the cost from below, finds the
limit rows that matter and often settles everything. Then one mixed-integer programme over those rows; rows
its answer violates are added and it runs again. MTUs that no link ties together are solved one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.decision import Decision, RowKeys
from gateway.optimiser.decompose import WORTH_IT, Composed, Decomposition
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.lazy_mixed import LazyMixed
from gateway.optimiser.linear import Linear
from gateway.optimiser.master import SHADOW_MIN
from gateway.optimiser.mixed import least_mw
from gateway.optimiser.problem import Problem
from gateway.optimiser.verify import objectives

GAP = 1e-4
EXACT_GAP = 1e-6
LEAST_SPLIT_GAP = 3e-3  # what parts solved at prices can be expected to close


def needs_integers(problem: Problem) -> bool:
    """Whether some bid has a minimum or is all-or-nothing, or some link ties bids together."""
    return bool(problem.links) or bool((least_mw(problem) > 0).any())


def decide_integers(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int], gap: float, processes: int = 1
) -> Iterator[Decision]:
    """Decisions that honour minimum quantities, indivisible bids and links.

    Raises:
        SolverError: the solver failed.
    """
    clusters = [list(mtus)] if problem.links.across_mtus else [[mtu] for mtu in mtus]
    relaxation, split = Linear(problem, flows), Decomposition(problem, flows, processes)
    for cluster in clusters:
        relaxed = list(relaxation.decide(cluster))
        if _settled(problem, relaxed):
            yield from relaxed
        elif len(cluster) == 1 and len(split.parts) >= WORTH_IT:
            yield _composed(relaxed[0], split.compose(relaxed[0], max(gap, LEAST_SPLIT_GAP)))
        else:
            yield from _decide_cluster(problem, flows, relaxed, gap)


def _settled(problem: Problem, relaxed: Sequence[Decision]) -> bool:
    """Whether the relaxation happens to honour everything it ignored."""
    if problem.links:
        return False
    accepted = np.stack([decision.accepted_mw for decision in relaxed], axis=1)
    mtus = np.array([decision.mtu for decision in relaxed])
    least = least_mw(problem)[:, mtus]
    return not ((accepted > 0) & (accepted < least - 1e-9)).any()


def _decide_cluster(
    problem: Problem, flows: tuple[GridFlows, ...], relaxed: Sequence[Decision], gap: float
) -> Iterator[Decision]:
    mtus = [decision.mtu for decision in relaxed]
    model = LazyMixed(problem, flows, mtus)
    model.add(RowKeys.distinct([decision.rows for decision in relaxed]))
    best = model.solve(gap)
    lowest = max(best.bound, sum(decision.bound_eur_per_h for decision in relaxed))
    bound = min(lowest, best.objective)
    proven = best.objective - bound <= EXACT_GAP * max(abs(best.objective), 1.0)
    costs = objectives(problem, flows, best.accepted_mw[:, mtus], np.array(mtus))
    for column, mtu in enumerate(mtus):
        binding = np.flatnonzero(best.shadow_price[:, column] > SHADOW_MIN)
        yield Decision(
            mtu=mtu,
            accepted_mw=best.accepted_mw[:, mtu],
            price_up=float(best.balance_price[0, column]),
            price_down=float(best.balance_price[1, column]),
            rows=model.rows[binding],
            shadow_price=best.shadow_price[binding, column],
            objective_eur_per_h=float(costs[column]),
            bound_eur_per_h=float(costs[column] - (best.objective - bound) / len(mtus)),
            rung=Rung.EXACT if proven else Rung.BEST_FOUND,
        )


def _composed(relaxed: Decision, found: Composed) -> Decision:
    """The rows and prices of the divisible optimum explain what the integer one could not change."""
    return replace(
        relaxed,
        accepted_mw=found.accepted_mw,
        price_up=found.prices[0],
        price_down=found.prices[1],
        objective_eur_per_h=found.objective,
        bound_eur_per_h=found.bound,
        rung=Rung.BEST_FOUND,
    )
