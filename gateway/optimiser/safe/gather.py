"""Answers of components and MTUs as one safe merit order, each checked by `check` before it is believed."""

from dataclasses import dataclass, replace

import numpy as np

from gateway.domain.gate import ListObjective
from gateway.domain.result import Rung
from gateway.optimiser.check.quantity_steps import EXACT, rounded_down
from gateway.optimiser.model.checks import BoolArray, FloatArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.conditions import honoured
from gateway.optimiser.rows.components import Component, independent_components
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import BELIEVED_MW, LIMITED_MW, ComponentAnswer, SafeMeritOrder
from gateway.optimiser.safe.check import ListCheck
from gateway.optimiser.safe.rounded_lists import ListRounding

UNCHECKED = -1.0
GAP = 1e-4  # share of a list that rounding may lose, and it still counts as the most there is
CACHED_CHECKS = 8  # each as large as the sensitivities of its grid; components of few grids come at a time


@dataclass(frozen=True, slots=True, eq=False)
class Fallback:
    """Quantities (B, T) of which every subset is safe, in the grids and MTUs (G, T) that were done."""

    available_mw: FloatArray
    done: BoolArray

    @staticmethod
    def nothing(problem: Problem) -> "Fallback":
        """Nothing is available."""
        done = np.zeros((len(problem.grids), problem.mtus), np.bool_)
        return Fallback(np.zeros_like(problem.bids.quantity_mw), done)


class Gathered:
    """The best answers so far that were found to hold, component by component and MTU by MTU."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...]) -> None:
        self.problem, self.flows = problem, flows
        self.components = grid_components(problem, flows)
        self._best: dict[tuple[int, int], ComponentAnswer] = {}
        self._checks: dict[int, ListCheck] = {}
        self._excess = np.full((len(flows), problem.mtus), UNCHECKED)
        self._rounding = ListRounding(problem, self._check)
        self._rounded = np.zeros_like(problem.bids.quantity_mw)  # of the best answers, to the watt
        self._refused: set[tuple[int, int]] = set()
        self._withdrawn = np.zeros((len(flows), problem.mtus), np.bool_)

    def notes(self) -> tuple[str, ...]:
        """Which (component, MTU) pairs are without an answer and why, and what the last answer withdrew."""
        every = len(self.components) * self.problem.mtus
        refused = len(self._refused - self._best.keys())
        late, withdrawn = every - len(self._best) - refused, int(self._withdrawn.sum())
        notes = (
            (late, f"{late} of {every} parts were not solved in time"),
            (refused, f"of {refused} of {every} parts nothing was found that holds when checked"),
            (
                withdrawn,
                f"lists of {withdrawn} grids and MTUs did not hold when checked: nothing is available",
            ),
        )
        return tuple(text for count, text in notes if count)

    def add(self, part_answer: ComponentAnswer) -> bool:
        """Add an answer that holds and is better than known ones; return whether it was added."""
        if not self._well_formed(part_answer):
            return False
        known = self._best.get((part_answer.component, part_answer.first))
        if known is not None:
            bound = np.minimum(known.bound_mw, part_answer.bound_mw)
            if self._worth(known) >= self._worth(part_answer):
                better = replace(known, bound_mw=bound, proven=known.proven or part_answer.proven)
                self._best |= {(part_answer.component, mtu): better for mtu in part_answer.mtus}
                return False
            part_answer = replace(part_answer, bound_mw=bound)
        component, mtus = self.components[part_answer.component], part_answer.mtus
        every = np.array(mtus)
        available, excess = self._rounding.rounded(component, every, part_answer.available_mw)
        if excess.max(initial=0.0) > BELIEVED_MW:
            self._refused |= {(part_answer.component, mtu) for mtu in mtus}
            return False
        lost = float((part_answer.available_mw - available).sum())
        if lost > GAP * max(float(available.sum()), 1.0):
            part_answer = replace(part_answer, proven=False)
        self._rounded[np.ix_(component.bids, every)] = available
        self._excess[np.ix_(component.grids, every)] = excess
        self._best |= {(part_answer.component, mtu): part_answer for mtu in mtus}
        return True

    def answer(self, fallback: Fallback) -> SafeMeritOrder:
        """All components; those without an answer have the fallback."""
        available = self.problem.bids.available_mw.copy()
        rung = [Rung.OPTIMAL] * len(self.flows)
        bound = np.zeros(self.problem.mtus)
        order = list(Rung)
        for number, component in enumerate(self.components):
            for mtu in range(self.problem.mtus):
                part_answer = self._best.get((number, mtu))
                if part_answer is None:
                    done = bool(fallback.done[component.grids, mtu].all())
                    available[component.bids, mtu] = (
                        fallback.available_mw[component.bids, mtu] if done else 0.0
                    )
                    reached = Rung.CONSERVATIVE if done else Rung.NOT_ASSESSED
                    bound[mtu] += self.problem.bids.available_mw[component.bids, mtu].sum()
                else:
                    available[component.bids, mtu] = self._rounded[component.bids, mtu]
                    reached = Rung.OPTIMAL if part_answer.proven else Rung.BEST_FOUND
                    bound[mtu] += part_answer.bound_mw[mtu - part_answer.first]
                for grid in component.grids.tolist():
                    rung[grid] = max(rung[grid], reached, key=order.index)
        free = np.ones(available.shape[0], np.bool_)
        free[[bid for component in self.components for bid in component.bids]] = False
        bound += available[free].sum(axis=0)
        found = list({id(part_answer): part_answer for part_answer in self._best.values()}.values())
        before, available = available, self._settled(available)
        for grid, flow in enumerate(self.flows):
            lost = (before[flow.bids] > available[flow.bids] + LIMITED_MW).any()
            if lost and rung[grid] is Rung.OPTIMAL:  # links reduced what was optimal by itself
                rung[grid] = Rung.BEST_FOUND
        for grid in np.flatnonzero(self._withdrawn.any(axis=1)).tolist():
            rung[grid] = Rung.NOT_ASSESSED
        return SafeMeritOrder(
            available_mw=available,
            limited=available < self.problem.bids.quantity_mw - LIMITED_MW,
            rows=RowKeys.join([each.rows for each in found]),
            mtu=np.concatenate([np.zeros(0, np.int64), *(each.mtu for each in found)]),
            price=np.concatenate([np.zeros(0), *(each.price for each in found)]),
            rung=tuple(rung),
            bound_mw=np.maximum(bound, available.sum(axis=0)),
            rows_checked=sum(2 * grid.ptdf[:, :, 0].size for grid in self.problem.grids) * self.problem.mtus,
            max_violation_mw=max(float(self._excess.max(initial=0.0)), 0.0),
            seconds=0.0,
        )

    def _settled(self, available: FloatArray) -> FloatArray:
        """Quantities that honour all links, to the watt, with every grid and MTU checked as published.

        Lists that do not hold are withdrawn: no list known to be unsafe is published.
        """
        every = np.arange(available.shape[0]), np.arange(available.shape[1])
        settled = available = rounded_down(self.problem, available, *every, EXACT)
        self._withdrawn[:] = False
        while True:
            settled = rounded_down(self.problem, honoured(self.problem, settled), *every, EXACT)
            moved = settled != available
            for number, flow in enumerate(self.flows):
                change = moved[flow.bids].any(axis=0)
                change[1:] |= change[:-1]
                due = np.flatnonzero(change | (self._excess[number] < 0))
                if not settled[flow.bids].any():
                    self._excess[number] = 0.0
                elif due.size:
                    self._excess[number, due] = self._check(number).worst(settled, due.tolist())
            over = self._excess > BELIEVED_MW
            if not over.any():
                break
            self._withdraw(settled, over)
        self._excess[self._withdrawn] = UNCHECKED  # what was checked is that nothing is left
        return settled

    def _withdraw(self, settled: FloatArray, over: BoolArray) -> None:
        """Set to 0, in place, bids that deliver where grids (G, T) are exceeded."""
        self._withdrawn |= over
        for grid, mtu in np.argwhere(over).tolist():
            settled[self.flows[grid].bids, max(mtu - 1, 0) : mtu + 1] = 0.0

    def _check(self, grid: int) -> ListCheck:
        check = self._checks.pop(grid, None) or ListCheck(self.problem, self.problem.grids[grid])
        if len(self._checks) >= CACHED_CHECKS:
            del self._checks[next(iter(self._checks))]  # the least recently used
        self._checks[grid] = check
        return check

    def _worth(self, part_answer: ComponentAnswer) -> tuple[float, ...]:
        """Contracted capacity, and volume or quantities in price order, to a tenth of a kW."""
        bids = self.components[part_answer.component].bids
        quantity, offer = part_answer.available_mw, self.problem.bids
        contracted = round(float(quantity[offer.contracted[bids]].sum()), 6)
        if self.problem.objective is ListObjective.VOLUME:
            return contracted, float(quantity.sum())
        price = offer.price_eur_per_mwh[bids, part_answer.first : part_answer.mtus.stop]
        ordered = np.take_along_axis(quantity, np.argsort(price, axis=0, kind="stable"), axis=0)
        return round(contracted, 4), *ordered.T.ravel().round(4).tolist()

    def _well_formed(self, part_answer: ComponentAnswer) -> bool:
        if not 0 <= part_answer.component < len(self.components):
            return False
        offered = self.problem.bids.available_mw[self.components[part_answer.component].bids]
        quantity = part_answer.available_mw
        if quantity.ndim != 2 or part_answer.first < 0 or part_answer.mtus.stop > self.problem.mtus:
            return False
        offered = offered[:, part_answer.first : part_answer.mtus.stop]
        if quantity.shape != offered.shape or not np.isfinite(quantity).all():
            return False
        return bool((quantity >= 0).all() and (quantity <= offered + BELIEVED_MW).all())


def grid_components(problem: Problem, flows: tuple[GridFlows, ...]) -> list[Component]:
    """The independent components that have a grid; bids on no grid are available as offered."""
    return [
        component
        for component in independent_components(problem, flows)
        if component.grids.size and component.bids.size
    ]
