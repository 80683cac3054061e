"""Cover a demand where operating points count only for the activation levels that are reached (see `levels`).

Begin with the points next to level 0, which count whatever is accepted, and solve; points that the answer
reaches count from then on. The first solution is a bound of all that could be had; the last one enforces
every point it reaches. It costs no more than all points enforced, and is proven best where it meets the
bound: a cheaper answer that reaches fewer points is not looked for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.check.verify import claim_tolerance, objectives
from gateway.optimiser.model.checks import BoolArray
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.levels import span
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.active_points import reached
from gateway.optimiser.rows.flows import GridFlows

Decide = Callable[[Problem, tuple[GridFlows, ...], Sequence[int]], Iterator[MtuDecision]]
ROUNDS = 5  # in which points are added; then all count


def has_levels(problem: Problem) -> bool:
    """Whether points are still to be chosen for some grid."""
    return any(grid.levels_mw is not None and grid.counted is None for grid in problem.grids)


def decide_by_level(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int], decide: Decide
) -> Iterator[MtuDecision]:
    """Decisions of `decide` for `mtus`, each with every point it reaches enforced."""
    search = _Search(problem, flows)
    todo = list(mtus)
    for number in range(ROUNDS + 1):
        if number == ROUNDS:
            search.count_all(todo)
        posed = search.problem()
        found = list(decide(posed, GridFlows.of(posed), todo))
        grown = [decision.mtu for decision in found if search.grow(decision)]
        if problem.ties_mtus and grown:
            grown = todo
        for decision in found:
            if decision.mtu not in grown:
                yield search.judged(decision)
        todo = grown
        if not todo:
            return


class _Search:
    """Which points count so far, by grid; and what the first round has proven."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...]) -> None:
        self._problem, self._flows = problem, flows
        self._bound: dict[int, float] = {}
        self._counted: dict[int, BoolArray] = {}
        for number, grid in enumerate(problem.grids):
            if grid.levels_mw is not None:
                nothing = np.zeros(problem.mtus)
                self._counted[number] = span(grid.levels_mw, nothing, nothing)

    def problem(self) -> Problem:
        """The problem in which the points chosen so far count."""
        grids = list(self._problem.grids)
        for number, counted in self._counted.items():
            grids[number] = replace(grids[number], counted=counted)
        return replace(self._problem, grids=tuple(grids))

    def grow(self, decision: MtuDecision) -> bool:
        """Count what a decision reaches; whether that is more than counted before."""
        mtu, grown = decision.mtu, False
        self._bound.setdefault(mtu, decision.bound_eur_per_h)
        for number, counted in self._counted.items():
            direction, accepted = self._problem.bids.direction, decision.accepted_mw[:, None]
            met = reached(self._flows[number], direction, accepted)[:, 0]
            grown |= bool((met & ~counted[:, mtu]).any())
            counted[:, mtu] |= met
        return grown

    def count_all(self, mtus: Sequence[int]) -> None:
        """Give up choosing for these."""
        for counted in self._counted.values():
            counted[:, list(mtus)] = True

    def judged(self, decision: MtuDecision) -> MtuDecision:
        """With the cost of what is reached, and how good the first round proves it to be."""
        accepted, mtu = decision.accepted_mw[:, None], np.array([decision.mtu])
        objective = float(objectives(self._problem, self._flows, accepted, mtu)[0])
        bound = min(self._bound[decision.mtu], objective)
        off = claim_tolerance(self._problem, accepted, mtu)[0]
        close = objective - bound <= off
        proven = decision.rung == Rung.OPTIMAL and close
        return replace(
            decision,
            objective_eur_per_h=objective,
            bound_eur_per_h=objective if proven else bound,
            rung=Rung.OPTIMAL if proven else Rung.BEST_FOUND,
        )
