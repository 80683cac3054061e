"""A safe list as it is told, to the watt: what rounding does to relief that others rely on is made up for.

Rounded down, a bid relieves by a little less, too; and what a solver leaves a tenth of a watt short of the
next step is told as that. Rows of which a MW moves thousands of units, such as amperes, may feel either. Then
the whole list is told a little less: what activations bring falls by the same share as the list, so every row
gains that share of its margin.
"""

from collections.abc import Callable

import numpy as np

from gateway.optimiser.check.quantity_steps import EXACT, NOISE, rounded_down
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.parts import Part
from gateway.optimiser.safe.answer import BELIEVED_MW
from gateway.optimiser.safe.check import ListCheck

LESS = 0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2
"""Shares by which a list is told less, until it holds."""


class ListRounding:
    """Tells lists of a problem to the watt; `check` has the check of a grid by its number."""

    def __init__(self, problem: Problem, check: Callable[[int], ListCheck]) -> None:
        self._problem, self._check = problem, check
        self._tried = np.zeros_like(problem.bids.quantity_mw)

    def told(self, part: Part, mtus: IntArray, available_mw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Quantities (b, W) of a part to the watt, and by how much (G, W) activations of them exceed its
        grids, nothing else being kept."""
        told, excess = self._tell(part, mtus, available_mw, NOISE)
        if excess.max(initial=0.0) <= BELIEVED_MW:
            return told, excess
        least = np.minimum(least_mw(self._problem)[np.ix_(part.bids, mtus)], available_mw)
        for share in LESS:
            fewer = np.maximum(available_mw * (1.0 - share), least)
            told, excess = self._tell(part, mtus, fewer, EXACT)
            if excess.max(initial=0.0) <= BELIEVED_MW:
                break
        return told, excess

    def _tell(
        self, part: Part, mtus: IntArray, available_mw: FloatArray, noise: float
    ) -> tuple[FloatArray, FloatArray]:
        here = np.ix_(part.bids, mtus)
        told = rounded_down(self._problem, available_mw, part.bids, mtus, noise)
        self._tried[here] = told
        worst = [self._check(grid).worst(self._tried, mtus.tolist()) for grid in part.grids.tolist()]
        self._tried[here] = 0.0
        return told, np.array(worst)
