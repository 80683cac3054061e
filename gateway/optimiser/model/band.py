"""For which activations the model of a grid holds (`Band`), as rows next to those of its elements.

A band bounds the sum of all that is injected more (ups) and the sum of all that is injected less (downs),
each by itself: at different places they do not cancel, because a line between them carries both. A row of a
grid, however, only adds up injections with their signs. So a grid with a band has two columns for every
connection point, one for ups and one for downs, with the same sensitivities for every element. The row of ups
has 1 in the columns of ups alone, the row of downs in those of downs alone. The row of one connection point
has 1 in both of its columns, because there ups and downs do cancel.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gateway.domain.grid import Band, band_names
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.grid_arrays import GridArrays, Injections

_NEVER_MW: Final = 1.0
"""A limit that a sum of one sign never exceeds: it is on the other side of 0."""


def columns(nodes: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns of a grid with a band: of all that is injected more, then of all that is less."""
    return (*(f"{node} up" for node in nodes), *(f"{node} down" for node in nodes))


def hung(nodes: int, direction: IntArray, bid: IntArray, node: IntArray, factor: FloatArray) -> Injections:
    """Injections with the column of ups or of downs in place of the connection point.

    Args:
        nodes: number of connection points.
        direction: (B,) +1 or −1 of each bid.
        bid, node, factor: (I,) a bid, its connection point, and MW injected there per MW of the bid.
    """
    less = direction[bid] * factor < 0
    return Injections(bid, node + nodes * less, factor)


def with_band(grid: GridArrays, band: Band, crowded: IntArray) -> GridArrays:
    """The grid with two columns for each of its N nodes, and a band.

    Args:
        grid: with a column for each connection point, no bid on it yet.
        band: for which its model holds.
        crowded: (P,) nodes at which more may be activated than the band allows at one.
    """
    points, _, nodes = grid.ptdf.shape
    ups, downs = np.r_[np.ones(nodes), np.zeros(nodes)], np.r_[np.zeros(nodes), np.ones(nodes)]
    one_each = np.zeros((crowded.size, 2 * nodes))
    one_each[np.arange(crowded.size), crowded] = one_each[np.arange(crowded.size), crowded + nodes] = 1.0
    rows = np.vstack([ups, downs, one_each])
    most = np.full(crowded.size, band.point_mw)
    base = np.zeros((points, grid.base_mw.shape[1], len(rows)))

    def longer(column: FloatArray, value: float) -> FloatArray:
        return np.append(column, np.full(len(rows), value))

    return replace(
        grid,
        element_ids=(*grid.element_ids, *band_names(grid.node_ids[node] for node in crowded)),
        node_ids=columns(grid.node_ids),
        ptdf=np.concatenate(
            [np.concatenate([grid.ptdf, grid.ptdf], axis=2), np.broadcast_to(rows, (points, *rows.shape))],
            axis=1,
        ),
        base_mw=np.concatenate([grid.base_mw, base], axis=2),
        lower_mw=np.r_[grid.lower_mw, -_NEVER_MW, band.lowest_mw, -most],
        upper_mw=np.r_[grid.upper_mw, band.highest_mw, _NEVER_MW, most],
        emergency_lower_mw=longer(grid.emergency_lower_mw, np.nan),
        emergency_upper_mw=longer(grid.emergency_upper_mw, np.nan),
        of_element=np.r_[grid.of_element, grid.of_element.max() + 1 + np.arange(len(rows))],
        scale=longer(grid.scale, 1.0),
        accuracy=longer(grid.accuracy, 0.0),
        margin_mw=longer(grid.margin_mw, 0.0),
        band_rows=len(rows),
    )


def crowded(hung_bids: Injections, nodes: int, delivering_mw: FloatArray, point_mw: float) -> IntArray:
    """(P,) nodes at which bids that deliver (B, T) MW can bring more than `point_mw` in one direction."""
    if not np.isfinite(point_mw) or not hung_bids.bid.size:
        return np.zeros(0, np.int64)
    most = np.zeros((2 * nodes, delivering_mw.shape[1]))
    np.add.at(most, hung_bids.node, np.abs(hung_bids.factor)[:, None] * delivering_mw[hung_bids.bid])
    return np.flatnonzero((most.reshape(2, nodes, -1) > point_mw).any(axis=(0, 2)))


def without_idle_columns(grid: GridArrays) -> GridArrays:
    """The grid without the columns on which no bid hangs; the first stays where none hangs on any."""
    used, column = np.unique(grid.injections.node, return_inverse=True)
    if not used.size:
        used = np.zeros(1, np.int64)
    injections = Injections(grid.injections.bid, column.astype(np.int64), grid.injections.factor)
    return replace(
        grid,
        node_ids=tuple(grid.node_ids[node] for node in used.tolist()),
        ptdf=grid.ptdf[:, :, used],
        injections=injections,
    )
