"""Overloads by the failure of single bids to deliver (N−1 over bids)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gateway.optimiser.check.answer import Answer
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.active_points import reached
from gateway.optimiser.rows.flows import GridFlows

TOLERANCE_MW = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class NonDelivery:
    """Effects of the failure of one bid, for every bid and MTU that would overload an element.

    Attributes:
        bid, mtu: (M,) the bid that fails to deliver.
        grid, element, point, side: (M,) the row that is then worst.
        overload_mw: (M,) how far beyond its margin.
    """

    bid: IntArray
    mtu: IntArray
    grid: IntArray
    element: IntArray
    point: IntArray
    side: IntArray
    overload_mw: FloatArray

    @staticmethod
    def worst(parts: "Sequence[NonDelivery]") -> "NonDelivery":
        """Of all parts the worst row of each bid and MTU."""
        none, names = np.zeros(0, np.int64), [one.name for one in fields(NonDelivery)]
        columns = [np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in names]
        bid, mtu, overload = columns[0], columns[1], columns[-1]
        order = np.lexsort((-overload, mtu, bid))
        leads = (np.diff(bid[order], prepend=-1) != 0) | (np.diff(mtu[order], prepend=-1) != 0)
        return NonDelivery(*(column[order[leads]] for column in columns))


def non_delivery(problem: Problem, answer: Answer) -> NonDelivery:
    """Every bid that would overload a row by not delivering what was accepted (N−1 over bids).

    Only bids that relieve something can: those with a negative effect on a row that then exceeds its margin.
    Empty under the netting policy `relief_share` 0, by construction.
    """
    direction = problem.bids.direction
    parts = [
        _failures(number, flow, answer.accepted_mw)
        if flow.grid.levels_mw is None
        else _failures_by_level(number, flow, direction, answer.accepted_mw)
        for number, flow in enumerate(GridFlows.of(problem))
    ]
    return NonDelivery.worst(parts)


def _failures(number: int, flow: GridFlows, accepted_mw: FloatArray) -> NonDelivery:
    """Of one grid, per bid and MTU the worst row beyond its margin when the bid fails.

    Only rows are looked at that have less margin than the most any bid relieves them by: a few of all.
    """
    effects = flow.effects()
    points, elements, _ = effects.shape
    change = flow.flow_change(accepted_mw)
    accepted, mtus = accepted_mw[flow.bids], np.arange(accepted_mw.shape[1])
    keys, bids, times, overloads = [], [], [], []
    for side, margin in zip((1, -1), flow.margins(mtus), strict=True):
        remaining = np.maximum((margin - side * change).reshape(points * elements, -1), 0.0)
        relief = -np.minimum(side * effects, 0.0).reshape(points * elements, -1)
        most = (relief * accepted.max(axis=1, initial=0.0)).max(axis=1, initial=0.0)
        near = most[:, None] - remaining > TOLERANCE_MW
        for mtu in np.flatnonzero(near.any(axis=0)).tolist():
            reached = np.flatnonzero(near[:, mtu])
            excess = relief[reached] * accepted[:, mtu] - remaining[reached, mtu, None]
            row = excess.argmax(axis=0)
            worst = excess[row, np.arange(row.size)]
            bad = np.flatnonzero(worst > TOLERANCE_MW)
            point, element = np.divmod(reached[row[bad]], elements)
            same = np.full(bad.size, number)
            keys.append(RowKeys(same, element, point, np.full(bad.size, side)))
            bids.append(flow.bids[bad])
            times.append(np.full(bad.size, mtu))
            overloads.append(worst[bad])
    rows = RowKeys.join(keys)
    none = np.zeros(0, np.int64)
    bid, mtu_, overload = (np.concatenate([none, *parts]) for parts in (bids, times, overloads))
    return NonDelivery(bid, mtu_, rows.grid, rows.element, rows.point, rows.side, overload)


def _failures_by_level(
    number: int, flow: GridFlows, direction: IntArray, accepted_mw: FloatArray
) -> NonDelivery:
    """The same of a grid with activation levels: a failure moves the level, too."""
    effects, change = flow.effects(), flow.flow_change(accepted_mw)
    mtus = np.arange(accepted_mw.shape[1])
    before = reached(flow, direction, accepted_mw)[:, None]
    found = []
    for column, bid in enumerate(flow.bids.tolist()):
        without = accepted_mw.copy()
        without[bid] = 0.0
        counted = reached(flow, direction, without)[:, None]
        alone = change - effects[:, :, column, None] * accepted_mw[bid]
        for side, margin in zip((1, -1), flow.margins(mtus), strict=True):
            allowed = np.where(before, np.maximum(margin, side * change), margin)
            excess = np.where(counted, side * alone - allowed, -np.inf).reshape(-1, mtus.size)
            row = excess.argmax(axis=0)
            worst = excess[row, mtus]
            bad = np.flatnonzero(worst > TOLERANCE_MW)
            point, element = np.divmod(row[bad], change.shape[1])
            same = np.ones(bad.size, np.int64)
            found.append(NonDelivery(bid * same, bad, number * same, element, point, side * same, worst[bad]))
    return NonDelivery.worst(found)
