"""A safe list rounded to the watt, with the lost relief that other bids rely on made up for.

Rounded down, a bid relieves by a little less, too; and a quantity that a solver leaves a tenth of a watt
short of the next step is rounded up to it. Rows in which a MW moves thousands of units, such as amperes, can
exceed their limits by either. Then the complete list is scaled down: the effect of activations falls by the
same share as the list, so every row gains that share of its margin.
"""

from collections.abc import Callable

import numpy as np

from gateway.optimiser.check.quantity_steps import EXACT, NOISE, rounded_down
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.components import Component
from gateway.optimiser.safe.answer import BELIEVED_MW
from gateway.optimiser.safe.check import ListCheck

LESS = 0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2
"""Shares by which a list is scaled down, until it is safe."""


class ListRounding:
    """Rounds lists of a problem to the watt; `check` has the check of a grid by its number."""

    def __init__(self, problem: Problem, check: Callable[[int], ListCheck]) -> None:
        self._problem, self._check = problem, check
        self._tried = np.zeros_like(problem.bids.quantity_mw)

    def rounded(
        self, component: Component, mtus: IntArray, available_mw: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Round a component; quantities (b, W) to the watt, and by how much (G, W) activations of them exceed
        its grids, without other bids."""
        rounded, excess = self._round(component, mtus, available_mw, NOISE)
        if excess.max(initial=0.0) <= BELIEVED_MW:
            return rounded, excess
        least = np.minimum(least_mw(self._problem)[np.ix_(component.bids, mtus)], available_mw)
        for share in LESS:
            fewer = np.maximum(available_mw * (1.0 - share), least)
            rounded, excess = self._round(component, mtus, fewer, EXACT)
            if excess.max(initial=0.0) <= BELIEVED_MW:
                break
        return rounded, excess

    def _round(
        self, component: Component, mtus: IntArray, available_mw: FloatArray, noise: float
    ) -> tuple[FloatArray, FloatArray]:
        cells = np.ix_(component.bids, mtus)
        rounded = rounded_down(self._problem, available_mw, component.bids, mtus, noise)
        self._tried[cells] = rounded
        worst = [self._check(grid).worst(self._tried, mtus.tolist()) for grid in component.grids.tolist()]
        self._tried[cells] = 0.0
        return rounded, np.array(worst)
