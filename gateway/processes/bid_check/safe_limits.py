"""Which elements keep how much of a bid out of a safe merit order.

A row (element, side, operating point) limits a bid when some activation of the list fills it and the bid,
raised alone, would overload it: the bid loads the row and stands within a prefix that fills it. Of the rows
that limit a bid each weighs `price_r · c_rb`: the MW of list that one more MW of limit would free, times
the MW that one MW of the bid brings there. Shares are these weights over their sum.

Where no row has a price, as between bids that are listed whole or not at all, the row limits a bid that is
exceeded most if the rest of the bid, or of its inclusive group, comes to the worst activation of the others.
Grids so large that this would take longer than a moment are left out.
"""

from collections.abc import Iterator

import numpy as np

from gateway.optimiser.answer import Limits
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.limits import together
from gateway.optimiser.parts import Part
from gateway.optimiser.prefix_rows import PartRows
from gateway.optimiser.problem import Problem
from gateway.optimiser.safe_answer import LIMITED_MW, SafeMeritOrder

Columns = tuple[IntArray | FloatArray, ...]

MOST_EFFECTS = 10_000_000
"""Of bids on rows in MTUs of one grid, looked at for rows that have no price: about half a second."""


def safe_limits(problem: Problem, safe: SafeMeritOrder) -> Limits:
    """One entry per limited bid, market time unit and row that limits it.

    The margin is 0: a row with a price is full at the worst activation.
    """
    flows = GridFlows.of(problem)
    parts = [part for part in _parts(problem, flows, safe) if part[0].size]
    unpriced = safe.limited.copy()
    for bid, mtu, *_ in parts:
        unpriced[bid, mtu] = False
    parts += _by_what_is_left(problem, flows, safe, unpriced)
    if not parts:
        return Limits.none()
    *numbers, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    bid, mtu, grid, element, point, side = (column.astype(np.int64) for column in numbers)
    place = bid * problem.mtus + mtu
    share = weight / np.bincount(place, weights=weight)[place]
    return Limits(bid, mtu, grid, element, point, side, share, np.zeros(share.size))


def _by_what_is_left(
    problem: Problem, flows: tuple[GridFlows, ...], safe: SafeMeritOrder, unpriced: BoolArray
) -> list[Columns]:
    """One row for each of these bids and MTUs, (B, T): the one exceeded most."""
    found = list(_exceeded(problem, flows, safe, unpriced))
    if not found:
        return []
    *columns, excess = (np.concatenate(column) for column in zip(*found, strict=True))
    place = columns[0] * problem.mtus + columns[1]
    order = np.lexsort((-excess, place))
    worst = order[np.unique(place[order], return_index=True)[1]]
    return [(*(column[worst] for column in columns), np.ones(worst.size))]


def _exceeded(
    problem: Problem, flows: tuple[GridFlows, ...], safe: SafeMeritOrder, unpriced: BoolArray
) -> Iterator[Columns]:
    """By grid and MTU, and where a bid still delivers: bid, mtu, grid, element, point, side, excess in MW."""
    available = safe.available_mw
    rest = problem.bids.quantity_mw - available
    for grid, flow in enumerate(flows):
        bids = flow.bids
        times = np.flatnonzero(unpriced[bids].any(axis=0))
        if not times.size or times.size * flow.grid.ptdf[:, :, 0].size * bids.size > MOST_EFFECTS:
            continue
        rows, effects = PartRows(problem, flows, Part(np.array([grid]), bids)), flow.effects()
        effects = effects.reshape(-1, bids.size)
        for mtu in times.tolist():
            mine = np.flatnonzero(unpriced[bids, mtu])
            for at in range(mtu, min(mtu + 2, problem.mtus)):
                delivers = problem.bids.direct[bids] if at > mtu else True
                brought = effects * np.where(delivers, rest[bids, mtu], 0.0)
                brought = together(problem, bids, brought)[:, mine]
                before = available[bids, at - 1] if at else np.zeros(bids.size)
                met = rows.sheet(at, np.arange(len(rows.keys))).excess(np.r_[available[bids, at], before])
                excess = np.concatenate([brought, -brought]) + met[:, None]
                row = excess.argmax(axis=0)
                beyond = excess[row, np.arange(mine.size)]
                bad = np.flatnonzero(beyond > LIMITED_MW)
                keys = rows.keys[row[bad]]
                where = keys.grid, keys.element, keys.point, keys.side
                yield bids[mine[bad]], np.full(bad.size, mtu), *where, beyond[bad]


def _parts(problem: Problem, flows: tuple[GridFlows, ...], safe: SafeMeritOrder) -> Iterator[Columns]:
    """By grid and market time unit: bid, mtu, grid, element, point, side, weight."""
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
) -> Iterator[Columns]:
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
