"""Safe lists in price order by linear programmes, where a sweep cannot have them: links, contracted capacity.

Bid by bid, MTU by MTU, each quantity is made the most and held while the next is. What is at its most already
needs no programme. A bid that cannot reach its minimum gets nothing, nor do later parts of a group after
one that is not complete; later decisions never change that.
"""

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.prefix.conditions import Conditions
from gateway.optimiser.prefix.rows import TOLERANCE_MW, ComponentRows
from gateway.optimiser.prefix.search import Search

HELD_MW = 3e-6
"""Of what is held, where cuts found later, within tolerance, would leave no solution."""

TIGHTLY_HELD_MW = 5e-8
"""Of what is held otherwise: less than `quantity_steps` allows for a solver's tolerance."""


def price_order(rows: ComponentRows, mtus: range) -> IntArray:
    """Numbers of the quantities (W·b,) of a window, MTU by MTU, cheapest first."""
    price = rows.problem.bids.price_eur_per_mwh[rows.bids, mtus.start : mtus.stop]
    order = np.argsort(price, axis=0, kind="stable") + np.arange(len(mtus)) * rows.bids.size
    return order.T.ravel()


def in_price_order(
    search: Search, conditions: Conditions, order: IntArray, available: FloatArray, held_mw: float
) -> FloatArray:
    """Quantities (W·b,) from `available` on, which the programme allows as it is; it holds them afterwards,
    to `held_mw`.

    Raises:
        SolverError: the solver failed.
    """
    least, stale = conditions.least_together(), False
    for number in order.tolist():
        offered = float(search.offered[number])
        if offered <= TOLERANCE_MW:
            continue
        if stale or available[number] < offered - HELD_MW:
            aim = np.zeros(search.offered.size)
            aim[number] = -1.0
            search.aim(aim)
            available, _ = search.converge()
            stale = False
        stays = available[number] >= max(least[number], TOLERANCE_MW) - HELD_MW
        most = float(available[number]) if stays else 0.0
        out = conditions.parts[conditions.parts[:, 0] == number, 1] if most < offered - HELD_MW else order[:0]
        stale = bool((available[out] > 0).any()) or (not stays and available[number] > 0)
        search.confine(out, np.zeros(out.size), np.zeros(out.size))
        search.confine(np.array([number]), np.array([max(most - held_mw, 0.0)]), np.array([most]))
    if stale:
        available, _ = search.converge()
    return np.where(available >= HELD_MW, np.maximum(available, np.minimum(least, available + HELD_MW)), 0.0)
