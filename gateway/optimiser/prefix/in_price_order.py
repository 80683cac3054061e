"""Safe lists in price order by linear programmes, where a sweep cannot have them: links, contracted capacity.

Bid by bid, MTU by MTU, each quantity is made the most and held while the next is. What is at its most already
needs no programme. A bid that cannot reach its minimum keeps nothing, nor do later parts of a group after
one that is not whole; what is decided later never takes that back.
"""

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.prefix.rows import TOLERANCE_MW, PartRows
from gateway.optimiser.prefix.search import Search
from gateway.optimiser.prefix.whole import Wholes

HELD_MW = 3e-6
"""Of what is held, where cuts found later, within tolerance, would leave no solution."""

TIGHTLY_HELD_MW = 5e-8
"""Of what is held otherwise: less than `quantity_steps` takes for a solver's tolerance."""


def price_order(rows: PartRows, mtus: range) -> IntArray:
    """Numbers of the quantities (W·b,) of a window, MTU by MTU, cheapest first."""
    price = rows.problem.bids.price_eur_per_mwh[rows.bids, mtus.start : mtus.stop]
    order = np.argsort(price, axis=0, kind="stable") + np.arange(len(mtus)) * rows.bids.size
    return order.T.ravel()


def in_price_order(
    search: Search, wholes: Wholes, order: IntArray, kept: FloatArray, held_mw: float
) -> FloatArray:
    """Quantities (W·b,) from `kept` on, which the programme allows as it is; it holds them afterwards, to
    `held_mw`.

    Raises:
        SolverError: the solver failed.
    """
    least, stale = wholes.least_together(), False
    for number in order.tolist():
        offered = float(search.offered[number])
        if offered <= TOLERANCE_MW:
            continue
        if stale or kept[number] < offered - HELD_MW:
            aim = np.zeros(search.offered.size)
            aim[number] = -1.0
            search.aim(aim)
            kept, _ = search.converge()
            stale = False
        stays = kept[number] >= max(least[number], TOLERANCE_MW) - HELD_MW
        most = float(kept[number]) if stays else 0.0
        out = wholes.parts[wholes.parts[:, 0] == number, 1] if most < offered - HELD_MW else order[:0]
        stale = bool((kept[out] > 0).any()) or (not stays and kept[number] > 0)
        search.confine(out, np.zeros(out.size), np.zeros(out.size))
        search.confine(np.array([number]), np.array([max(most - held_mw, 0.0)]), np.array([most]))
    if stale:
        kept, _ = search.converge()
    return np.where(kept >= HELD_MW, np.maximum(kept, np.minimum(least, kept + HELD_MW)), 0.0)
