"""Bids passed over against merit, and the rows for which they are.

A bid is passed over in exact lists when it is not taken in full although a dearer one of its list is, or
although demand is left. In an optimum with shadow prices μ and coefficients c, the bid b passed over and the
dearer bid d fulfil `Σ_r μ_r (c_rb − c_rd) ≥ price_d − price_b > 0`: the rows with a positive term are those
for which b gives way, each with its term as its weight. A row may so limit a bid that does not load it at
all: the dearer bid relieves it.
"""

import numpy as np
from numpy.typing import NDArray

from gateway.optimiser.answer import Answer, Limits
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.problem import Problem

TOLERANCE_MW = 1e-5
_SAME_PRICE = 1e-9
_NO_WEIGHT = 1e-9

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def passed_over(problem: Problem, accepted_mw: Floats) -> Flags:
    """(B, T) where of what is accepted, (B, T), a bid is passed over."""
    bids, demand = problem.bids, problem.lists.demand_mw
    found = np.zeros(accepted_mw.shape, dtype=np.bool_)
    left = bids.quantity_mw - accepted_mw > TOLERANCE_MW
    for number in range(len(problem.lists)):
        own = np.flatnonzero(bids.list_index == number)
        price, taken = bids.price_eur_per_mwh[own], accepted_mw[own]
        dearest = np.where(taken > TOLERANCE_MW, price, -np.inf).max(axis=0, initial=-np.inf)
        unmet = demand[number] - taken.sum(axis=0) > TOLERANCE_MW
        found[own] = left[own] & ((price < dearest - _SAME_PRICE) | unmet)
    return found


def limits_passed_over(problem: Problem, answer: Answer, over: Flags) -> Limits:
    """For which rows these bids (B, T) give way, as far as the answer does not say it already."""
    told = np.zeros(over.shape, dtype=np.bool_)
    told[answer.limits.bid, answer.limits.mtu] = True
    open_cells = over & ~told
    rows = answer.shadow_prices
    flows, parts = GridFlows.of(problem), []
    for mtu in np.unique(np.nonzero(open_cells)[1]).tolist():
        dearest = _dearest(problem, answer.accepted_mw[:, mtu], mtu)
        given = np.flatnonzero(open_cells[:, mtu] & (dearest >= 0))
        here = np.flatnonzero(rows.mtu == mtu)
        for grid in np.unique(rows.grid[here]).tolist():
            at = here[rows.grid[here] == grid]
            effects = np.zeros((at.size, len(problem.bids.ids)))
            effects[:, flows[grid].bids] = flows[grid].coefficients(
                rows.element[at], rows.point[at], rows.side[at]
            )
            weight = rows.value[at][:, None] * (effects[:, given] - effects[:, dearest[given]])
            row, column = np.nonzero(weight > _NO_WEIGHT)
            parts.append((given[column], np.full(row.size, mtu), at[row], weight[row, column]))
    if not parts:
        return Limits.none()
    bid, when, row, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    place = bid * problem.mtus + when
    whole = np.bincount(place, weights=weight, minlength=1)[place]
    return Limits(
        bid,
        when,
        rows.grid[row],
        rows.element[row],
        rows.point[row],
        rows.side[row],
        weight / whole,
        np.zeros(row.size),
    )


def _dearest(problem: Problem, accepted_mw: Floats, mtu: int) -> NDArray[np.int64]:
    """(B,) of the list of each bid the dearest bid that is taken, −1 for none."""
    bids = problem.bids
    found = np.full(len(bids.ids), -1, np.int64)
    for number in range(len(problem.lists)):
        own = np.flatnonzero(bids.list_index == number)
        taken = own[accepted_mw[own] > TOLERANCE_MW]
        if taken.size:
            found[own] = taken[bids.price_eur_per_mwh[taken, mtu].argmax()]
    return found
