"""Explanation of an answer to limited bids: congestion prices."""

import numpy as np

from gateway.optimiser.check.answer import Answer
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.problem import Problem


def node_prices(problem: Problem, answer: Answer, mtu: int) -> tuple[FloatArray, ...]:
    """Per grid the congestion price (N,) of each connection point, in EUR per MWh injected there.

    `Σ_r μ_r · side_r · ptdf_r,n` over the rows with a shadow price μ: what one more MW costs through the
    limits it loads; negative where it relieves them. An up bid at n earns the balance price less this.
    """
    found = answer.shadow_prices
    result = []
    for number, grid in enumerate(problem.grids):
        rows = np.flatnonzero((found.grid == number) & (found.mtu == mtu))
        weight = found.value[rows] * found.side[rows]
        result.append(weight @ grid.ptdf[found.point[rows], found.element[rows]])
    return tuple(result)
