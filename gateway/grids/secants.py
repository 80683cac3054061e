"""Sensitivities of each row along its own way to its limit, not around the state without activation.

What a row changes from no activation to an activation x is its slope half way there, times x, up to terms of
third order: so each side of a row gets the slopes at half of the activation that brings it to its limit. Near
its limit, where alone a row matters, it then errs far less than with the slopes at no activation, and its
limit need not be tightened for what these would miss.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gateway.domain.grid import Band, Floats, Unit
from gateway.grids.ac import Numbers
from gateway.grids.accuracy import allowed
from gateway.grids.limits import base_limits
from gateway.grids.linear import LinearPoint, selected, stacked
from gateway.grids.rows import Rows
from gateway.grids.sampling import reach_of, to_the_limit

_NEAR: Final = 0.8
"""Of a limit: where the band brings a row to less, it has no limit on that side."""
_BLOCK: Final = 256


def along_own_ways(points: Sequence[LinearPoint], band: Band) -> list[LinearPoint]:
    """The points with sensitivities of each row along its way to its limit; flows in MW stay as they are.

    A row limits on one side; one that can come near both limits becomes two.

    Raises:
        PowerFlowError: the grid cannot carry such an activation.
    """
    flows = np.array([about.unit is Unit.MW for about in points[0].rows.about], dtype=np.bool_)
    others = [selected(point, np.flatnonzero(~flows)) for point in points]
    limits = base_limits(others)
    reach = reach_of(others, limits, band)
    near = reach >= _NEAR
    near[reach.argmax(axis=0), np.arange(near.shape[1])] = True
    row, side = np.nonzero(near.T)
    rows = _one_sided(others[0].rows, row, side)
    found = []
    for point, other in zip(points, others, strict=True):
        own = replace(other, rows=rows, ptdf=_slopes(other, rows, row, limits, band))
        found.append(stacked([selected(point, np.flatnonzero(flows)), own]))
    return found


def _one_sided(rows: Rows, row: Numbers, side: Numbers) -> Rows:
    """These rows, each with the limit of its side alone; those of two sides called by them."""
    twice = np.bincount(row, minlength=len(rows))[row] > 1
    found = rows[row]
    about = [
        replace(each, name=f"{each.name}, {'lower' if below else 'upper'}") if both else each
        for each, below, both in zip(found.about, side.tolist(), twice.tolist(), strict=True)
    ]
    return replace(found, about=tuple(about), only=1 - 2 * side)


def _slopes(point: LinearPoint, rows: Rows, row: Numbers, limits: Floats, band: Band) -> Floats:
    """Sensitivities (rows, N) half way from the state that is nearest to the limit to the limit.

    `rows` are one-sided, each of the point's row `row`, whose limits (2, R) are `limits`.
    """
    rng = np.random.default_rng(0)
    found = np.empty((len(rows), len(point.nodes)))
    for start in range(0, len(rows), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(rows)))
        sign = rows.only[block].astype(np.float64)
        base = sign[:, None] * point.base[row[block]]
        state = base.argmax(axis=1)
        margin = limits[(1 - rows.only[block]) // 2, row[block]] - base[np.arange(len(block)), state]
        way = to_the_limit(rng, sign[:, None] * point.ptdf[row[block]], np.maximum(margin, 0.0), band, 1)
        way = allowed(point, way, state, limits)  # no further than other rows let it come
        voltage = point.ac.solve(point.activated(way / 2, state), point.voltage[:, state])
        active, reactive = point.ac.slopes(voltage, rows[block].gradient(point.ac, voltage))
        of_nodes = active[point.nodes] + point.reactive * reactive[point.nodes]
        found[block] = of_nodes.T / point.ac.base_mva
    return rows.rounded(found, -1)
