"""Which elements keep how much of a bid out of a safe merit order.

A row (element, side, operating point) limits a bid when some activation of the list fills it and the bid,
raised alone, would overload it: the bid loads the row and stands within a prefix that fills it. Of the rows
that limit a bid each weighs `price_r · c_rb`: the MW of list that one more MW of limit would free, times
the MW that one MW of the bid brings there. Shares are these weights over their sum.
"""

from collections.abc import Iterator

import numpy as np

from gateway.optimiser.answer import Limits
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.merit_order import SafeMeritOrder
from gateway.optimiser.prefix_search import may_be_skipped
from gateway.optimiser.prefixes import dependable, price_lists
from gateway.optimiser.problem import Problem

FULL_MW = 1e-5
"""A prefix this close to the worst one fills its row too."""


def safe_limits(problem: Problem, safe: SafeMeritOrder) -> Limits:
    """One entry per limited bid, market time unit and row that limits it.

    The margin is 0: a row with a price is full at the worst activation.
    """
    parts = [part for part in _parts(problem, safe) if part[0].size]
    if not parts:
        return Limits.none()
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    bid, mtu, grid, element, point, side, weight = columns
    place = bid * problem.mtus + mtu
    share = weight / np.bincount(place, weights=weight)[place]
    return Limits(bid, mtu, grid, element, point, side, share, np.zeros(share.size))


def _parts(problem: Problem, safe: SafeMeritOrder) -> Iterator[tuple[IntArray | FloatArray, ...]]:
    """By grid and market time unit: bid, mtu, grid, element, point, side, weight."""
    flows = GridFlows.of(problem)
    skipped = {mtu: may_be_skipped(problem, mtu) for mtu in np.unique(safe.mtu).tolist()}
    place = safe.rows.grid * problem.mtus + safe.mtu
    order = np.argsort(place, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        if not at.size:
            continue
        grid, mtu = int(safe.rows.grid[at[0]]), int(safe.mtu[at[0]])
        # A row that several prefixes fill has a price for each of them.
        rows = np.stack([safe.rows.element[at], safe.rows.point[at], safe.rows.side[at]])
        (element, point, side), same = np.unique(rows, axis=1, return_inverse=True)
        price = np.bincount(same.ravel(), weights=safe.price[at])
        flow = flows[grid]
        effect = flow.coefficients(element, point, side)
        effect = dependable(effect, 1.0, skipped[mtu][flow.bids])  # the relief share is in it already
        filling = _filling(problem, flow, effect * safe.available_mw[flow.bids, mtu], mtu)
        weight = price[:, None] * np.maximum(effect, 0.0) * filling * safe.limited[flow.bids, mtu]
        row, column = np.nonzero(weight)
        where = np.full(row.size, mtu), np.full(row.size, grid)
        yield flow.bids[column], *where, element[row], point[row], side[row], weight[row, column]


def _filling(problem: Problem, flow: GridFlows, change: FloatArray, mtu: int) -> BoolArray:
    """(R, b) whether a bid stands within a prefix of its list that brings a row the most it can be brought.

    `change` (R, b) is what the kept quantity of each bid brings to each row.
    """
    within = np.zeros(change.shape, np.bool_)
    for listed in price_lists(problem, flow.bids, mtu):
        if not listed.order.size:
            continue
        brings = listed.by_end(change)
        most = np.maximum(brings.max(axis=1, keepdims=True), 0.0)
        fills = brings >= most - FULL_MW
        last = np.where(fills.any(axis=1), fills.shape[1] - 1 - fills[:, ::-1].argmax(axis=1), -1)
        within[:, listed.order] = listed.group <= last[:, None]
    return within
