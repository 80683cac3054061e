"""Which elements keep how much of a bid out of a safe merit order.

A row (element, side, operating point) limits a bid when some activation of the list fills it and the bid,
raised alone, would overload it: the bid loads the row and stands within a prefix that fills it. Of the rows
that limit a bid each weighs `price_r · c_rb`: the MW of list that one more MW of limit would free, times
the MW that one MW of the bid brings there. Shares are these weights over their sum.
"""

from collections.abc import Iterator

import numpy as np

from gateway.optimiser.answer import Limits
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.parts import Part
from gateway.optimiser.prefix_rows import PartRows
from gateway.optimiser.problem import Problem
from gateway.optimiser.safe_answer import SafeMeritOrder


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
    rows: PartRows | None = None
    place = safe.rows.grid * problem.mtus + safe.mtu
    order = np.argsort(place, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        if not at.size:
            continue
        grid, mtu = int(safe.rows.grid[at[0]]), int(safe.mtu[at[0]])
        if rows is None or rows.keys.grid[0] != grid:
            rows = PartRows(problem, flows, Part(np.array([grid]), flows[grid].bids))
        # A row that several activations fill has a price for each of them.
        number, same = np.unique(rows.numbers(safe.rows[at]), return_inverse=True)
        price = np.bincount(same.ravel(), weights=safe.price[at]).astype(np.float64)
        yield from _limited(rows, safe, mtu, number, price)


def _limited(
    rows: PartRows, safe: SafeMeritOrder, mtu: int, number: IntArray, price: FloatArray
) -> Iterator[tuple[IntArray | FloatArray, ...]]:
    """Of rows with these numbers, stream by stream; a bid that still delivers is limited at its own MTU."""
    sheet, count = rows.sheet(mtu, number), rows.bids.size
    times = [mtu, mtu - 1] if mtu else [mtu]
    kept = np.concatenate([safe.available_mw[rows.bids, time] for time in times])
    limited = np.concatenate([safe.limited[rows.bids, time] for time in times])
    for one, coefficient in sheet.streams:
        filling = one.filling(coefficient * kept[one.columns, None])
        weight = price * np.maximum(coefficient, 0.0) * filling * limited[one.columns, None]
        column, row = np.nonzero(weight)
        place, keys = one.columns[column], rows.keys[number[row]]
        at = np.where(place < count, mtu, mtu - 1)
        where = keys.grid, keys.element, keys.point, keys.side
        yield rows.bids[place % count], at, *where, weight[column, row]
