"""Bids of a prefix list that are limited in favour of dearer ones, because the gate maximises volume
first."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.optimiser.check.answer import LimitingRows
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows

_AVAILABLE_MW: Final = 1e-6
_LOADS: Final = 1e-6
"""MW a row gains per MW of a bid from which on the bid takes margin of it."""


def yields_to_dearer(
    problem: Problem, limits: LimitingRows, available_mw: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(B, T) bids limited by a row that a dearer bid of the same list loads and of which something is
    available.

    `available_mw` has shape (B, T).
    """
    found = np.zeros(available_mw.shape, dtype=np.bool_)
    price, of_list = problem.bids.price_eur_per_mwh, problem.bids.list_index
    flows = GridFlows.of(problem)
    for grid in np.unique(limits.grid).tolist():
        bids = flows[grid].bids
        mine = np.flatnonzero(limits.grid == grid)
        keys = np.stack([limits.element[mine], limits.point[mine], limits.side[mine], limits.mtu[mine]])
        rows, row_of = np.unique(keys, axis=1, return_inverse=True)
        order = np.argsort(row_of.ravel(), kind="stable")
        for at in np.split(order, np.flatnonzero(np.diff(row_of.ravel()[order])) + 1):
            element, point, side, mtu = rows[:, [row_of.ravel()[at[0]]]].astype(np.int64)
            effect = flows[grid].coefficients(element, point, side)[0]
            loading = bids[(effect > _LOADS) & (available_mw[bids, mtu[0]] > _AVAILABLE_MW)]
            dearest = np.full(len(problem.lists.demand_mw), -np.inf)
            np.maximum.at(dearest, of_list[loading], price[loading, mtu[0]])
            limited = limits.bid[mine[at]]
            found[limited, mtu[0]] |= price[limited, mtu[0]] < dearest[of_list[limited]]
    return found
