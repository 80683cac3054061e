"""Minimum quantities, indivisible bids and links, with a proven gap.

The relaxation (every bid divisible, no links) is solved first: it bounds the cost from below, finds the
limit rows that matter and often settles everything. Then one mixed-integer programme over those rows; rows
its answer violates are added and it runs again. MTUs that no link ties together are solved one by one,
those of a day that links tie into one by `windows`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.check.quantity_steps import STEP_MW
from gateway.optimiser.check.verify import objectives
from gateway.optimiser.integer.decompose import Composed, Decomposition
from gateway.optimiser.integer.lazy_mixed import EXACT_MW, LazyMixed
from gateway.optimiser.integer.windows import windows_of
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.linear.restricted_master import SHADOW_MIN
from gateway.optimiser.model.checks import BoolArray
from gateway.optimiser.model.decision import MtuDecision, RowKeys
from gateway.optimiser.model.links import LEAST_MW
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.solver.parallel import parallel_map

GAP = 1e-4
EXACT_GAP = 1e-6  # relative of the cost
LEAST_SPLIT_GAP = 3e-3  # what parts at prices, or windows of a day, can be expected to close
Shared = tuple[Problem, tuple[GridFlows, ...]]


def needs_integers(problem: Problem) -> bool:
    """Whether some bid has a minimum or is all-or-nothing, or some link ties bids together."""
    return bool(problem.links) or bool((least_mw(problem) > 0).any())


def decide_integers(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int], gap: float, processes: int = 1
) -> Iterator[MtuDecision]:
    """Decisions that honour minimum quantities, indivisible bids and links.

    Raises:
        SolverError: the solver failed.
    """
    problem = _without_too_large(problem)
    clusters = [list(mtus)] if problem.ties_mtus else [[mtu] for mtu in mtus]
    relaxation, split = Linear(problem, flows, problem.surplus_mw), Decomposition(problem, flows, processes)
    for cluster in clusters:
        relaxed = list(relaxation.decide(cluster, strictly=False))
        strict = list(relaxation.decide(cluster)) if _settled(problem, relaxed) else []
        if strict and _settled(problem, strict):
            yield from strict
        elif len(cluster) == 1 and split.pays(cluster[0]):
            yield _composed(problem, relaxed[0], split.compose(relaxed[0], max(gap, LEAST_SPLIT_GAP)))
        else:
            yield from _decide_together(problem, flows, relaxed, gap, processes)


def _without_too_large(problem: Problem) -> Problem:
    """The problem without offers whose least quantity exceeds the demand; they weaken every bound.

    They stay offers to the links, which look at what was offered.
    """
    offer, wanted = problem.bids, problem.lists.demand_mw + problem.surplus_mw
    fits = least_mw(problem) <= wanted[offer.list_index] + STEP_MW
    return problem if fits.all() else replace(problem, bids=replace(offer, cap_mw=offer.available_mw * fits))


def _settled(problem: Problem, relaxed: Sequence[MtuDecision]) -> bool:
    """Whether the relaxation happens to honour everything it ignored: then it has no surplus."""
    if problem.links:
        return False
    accepted = np.stack([decision.accepted_mw for decision in relaxed], axis=1)
    mtus = np.array([decision.mtu for decision in relaxed])
    met = np.zeros((len(problem.lists), mtus.size))
    np.add.at(met, problem.bids.list_index, accepted)
    if (met > problem.lists.demand_mw[:, mtus] + STEP_MW).any():
        return False
    least = least_mw(problem)[:, mtus]
    return not ((accepted > 0) & (accepted < least - 1e-9)).any()


def _decide_together(
    problem: Problem, flows: tuple[GridFlows, ...], relaxed: Sequence[MtuDecision], gap: float, processes: int
) -> Iterator[MtuDecision]:
    """MTUs decided as one, or in windows in order of time where links make that too large a model."""
    places = windows_of(problem, [decision.mtu for decision in relaxed])
    windows = [_Window(relaxed[first:last], max(gap, LEAST_SPLIT_GAP)) for first, last in places]
    if len(windows) == 1:
        yield from _decide_window((problem, flows), _Window(relaxed, gap), None, _Free())
        return
    past = np.zeros(problem.bids.available_mw.shape, np.bool_)
    alone = list(parallel_map(_free, (problem, flows), windows, processes))
    for window, free in zip(windows, alone, strict=True):
        decided = list(_decide_window((problem, flows), window, past, free))
        for decision in decided:
            past[:, decision.mtu] = decision.accepted_mw >= LEAST_MW / 2
        yield from decided


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """MTUs decided as one: their divisible optima, and the relative gap that is good enough."""

    relaxed: Sequence[MtuDecision]
    gap: float

    @property
    def mtus(self) -> list[int]:
        return [decision.mtu for decision in self.relaxed]

    def model(self, shared: Shared, past: BoolArray | None, found: RowKeys) -> LazyMixed:
        """The model of the window, on the rows of its divisible optima and `found`; `past` as in `Mixed`."""
        model = LazyMixed(*shared, self.mtus, past=past)
        model.add(RowKeys.distinct([found, *(decision.rows for decision in self.relaxed)])[0])
        return model


@dataclass(frozen=True, slots=True, eq=False)
class _Free:
    """Lower bound of a window's cost, whatever is decided before and after it, and the rows it met."""

    bound: float = -np.inf
    rows: RowKeys = field(default_factory=lambda: RowKeys.join([]))


def _free(shared: Shared, window: _Window) -> _Free:
    model = window.model(shared, None, RowKeys.join([]))
    return _Free(model.solve(window.gap).bound, model.rows)


def _decide_window(
    shared: Shared, window: _Window, past: BoolArray | None, free: _Free
) -> Iterator[MtuDecision]:
    """The decisions of a window, held to `past` if there are others."""
    mtus, model = window.mtus, window.model(shared, past, free.rows)
    best = model.solve(window.gap)
    bound = best.bound if past is None else free.bound
    lowest = min(max(bound, sum(d.bound_eur_per_h for d in window.relaxed)), best.objective)
    spent = float((shared[0].bids.price_eur_per_mwh * best.accepted_mw).sum())
    proven = best.objective - lowest <= _closeness(shared[0], spent)
    costs = objectives(*shared, best.accepted_mw[:, mtus], np.array(mtus))
    for column, mtu in enumerate(mtus):
        binding = np.flatnonzero(best.shadow_price[:, column] > SHADOW_MIN)
        yield MtuDecision(
            mtu=mtu,
            accepted_mw=best.accepted_mw[:, mtu],
            list_price=best.list_price[:, column],
            rows=model.rows[binding],
            shadow_price=best.shadow_price[binding, column],
            objective_eur_per_h=float(costs[column]),
            bound_eur_per_h=float(costs[column] - (best.objective - lowest) / len(mtus)),
            rung=Rung.OPTIMAL if proven else Rung.BEST_FOUND,
        )


def _closeness(problem: Problem, cost: float) -> float:
    """EUR per hour within which an objective counts as equal to its bound."""
    return EXACT_GAP * max(abs(cost), 1.0) + EXACT_MW * problem.shortage_eur_per_mw


def _composed(problem: Problem, relaxed: MtuDecision, found: Composed) -> MtuDecision:
    """The rows and prices of the divisible optimum explain what the integer one could not change."""
    spent = float(problem.bids.price_eur_per_mwh[:, relaxed.mtu] @ found.accepted_mw)
    proven = found.objective - found.bound <= _closeness(problem, spent)
    return replace(
        relaxed,
        accepted_mw=found.accepted_mw,
        list_price=found.prices,
        objective_eur_per_h=found.objective,
        bound_eur_per_h=found.bound,
        rung=Rung.OPTIMAL if proven else Rung.BEST_FOUND,
    )
