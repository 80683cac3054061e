"""The elements that limit each bid of a safe merit order, and by how much.

A row (element, side, operating point) limits a bid when some activation of the list fills it and the bid,
raised alone, would overload it: the bid loads the row and is within a prefix that fills it. Of the rows
that limit a bid each weighs `price_r · c_rb`: the MW of list that one more MW of limit would free, times
the MW that one MW of the bid brings there. Shares are these weights over their sum.

Where no row with a price is full, as between bids that are indivisible, the row limits a bid
that is exceeded most if the rest of the bid, or of its inclusive group, is listed too, of those that leave no
margin for the least more of it. Grids that are too large for this are omitted.
"""

from collections.abc import Iterator

import numpy as np

from gateway.optimiser.check.answer import LimitingRows
from gateway.optimiser.check.limits import FULL_MW, least_more
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import LIMITED_MW, SafeMeritOrder

Columns = tuple[IntArray | FloatArray, ...]

MOST_EFFECTS = 10_000_000
"""Of bids on rows in MTUs of one grid, looked at for rows that have no price: about half a second."""


def safe_limits(problem: Problem, safe: SafeMeritOrder) -> LimitingRows:
    """One entry per limited bid, market time unit and row that limits it.

    The margin is 0: a row with a price is full at the worst activation.
    """
    flows = GridFlows.of(problem)
    columns = [each for each in _limit_columns(problem, flows, safe) if each[0].size]
    unpriced = safe.limited.copy()
    for bid, mtu, *_ in columns:
        unpriced[bid, mtu] = False
    columns += _by_what_is_left(problem, flows, safe, unpriced)
    if not columns:
        return LimitingRows.none()
    *numbers, weight = (np.concatenate(column) for column in zip(*columns, strict=True))
    bid, mtu, full_at, grid, element, point, side = (column.astype(np.int64) for column in numbers)
    place = bid * problem.mtus + mtu
    share = weight / np.bincount(place, weights=weight)[place]
    return LimitingRows(bid, mtu, full_at, grid, element, point, side, share, np.zeros(share.size))


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
    """By grid and MTU, and where a bid still delivers: bid, mtu, full at, grid, element, point, side, excess
    in MW."""
    for grid, flow in enumerate(flows):
        bids = flow.bids
        times = np.flatnonzero(unpriced[bids].any(axis=0))
        if not times.size or times.size * flow.grid.ptdf[:, :, 0].size * bids.size > MOST_EFFECTS:
            continue
        rows = ComponentRows(problem, flows, Component(np.array([grid]), bids))
        for mtu in times.tolist():
            for at in range(mtu, min(mtu + 2, problem.mtus)):
                yield from _exceeded_at(rows, safe, unpriced[bids, mtu], mtu, at)


def _exceeded_at(
    rows: ComponentRows, safe: SafeMeritOrder, considered: BoolArray, mtu: int, at: int
) -> Iterator[Columns]:
    """Of the rows of an MTU `at` that leave no margin for the least more of a bid `considered` (b,) at `mtu`,
    the one that the rest of it, and of its group, exceeds most."""
    problem, bids, available = rows.problem, rows.bids, safe.available_mw
    delivers = problem.bids.direct[bids] if at > mtu else np.ones(bids.size, np.bool_)
    rest = np.where(delivers, problem.bids.available_mw[bids, mtu] - available[bids, mtu], 0.0)
    step = np.where(delivers, least_more(problem, available, mtu)[bids], 0.0)
    met = np.r_[available[bids, at], available[bids, at - 1] if at else np.zeros(bids.size)]
    column = np.arange(bids.size) + (bids.size if at > mtu else 0)
    sheet = rows.sheet(at, rows.reached_with(met, column, rest))
    candidates = np.flatnonzero(considered & (rest > LIMITED_MW))
    if candidates.size * sheet.rows.size * bids.size > MOST_EFFECTS:
        return
    full = sheet.excess(met) > -FULL_MW
    for bid in candidates.tolist():
        group = _with_group(problem, bids, bid)
        excess, least = met.copy(), met.copy()
        excess[column[group]] += rest[group]
        least[column[group]] += step[group]
        blocks = full if not step[group].any() else sheet.excess(least) > LIMITED_MW
        beyond = np.where(blocks, sheet.excess(excess), -np.inf)
        row = int(beyond.argmax()) if beyond.size else -1
        if row >= 0 and beyond[row] > LIMITED_MW:
            keys = rows.keys[sheet.rows[[row]]]
            where = keys.grid, keys.element, keys.point, keys.side
            yield bids[[bid]], np.array([mtu]), np.array([at]), *where, beyond[[row]]


def _with_group(problem: Problem, bids: IntArray, bid: int) -> IntArray:
    """Places of a bid, or of the members of its inclusive group among `bids` (b,)."""
    for group in problem.links.inclusive:
        if int(bids[bid]) in group:
            return np.flatnonzero(np.isin(bids, group))
    return np.array([bid])


def _limit_columns(problem: Problem, flows: tuple[GridFlows, ...], safe: SafeMeritOrder) -> Iterator[Columns]:
    """By grid and market time unit: bid, mtu, full at, grid, element, point, side, weight."""
    rows: ComponentRows | None = None
    place = safe.rows.grid * problem.mtus + safe.mtu
    order = np.argsort(place, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        if not at.size:
            continue
        grid, mtu = int(safe.rows.grid[at[0]]), int(safe.mtu[at[0]])
        if rows is None or rows.keys.grid[0] != grid:
            rows = ComponentRows(problem, flows, Component(np.array([grid]), flows[grid].bids))
        # A row that several activations fill has a price for each of them.
        number, same = np.unique(rows.numbers(safe.rows[at]), return_inverse=True)
        price = np.bincount(same.ravel(), weights=safe.price[at]).astype(np.float64)
        yield from _limited(rows, safe, mtu, number, price)


def _limited(
    rows: ComponentRows, safe: SafeMeritOrder, mtu: int, number: IntArray, price: FloatArray
) -> Iterator[Columns]:
    """Of rows with these numbers, stream by stream; a bid that still delivers is limited at its own MTU."""
    sheet, count = rows.sheet(mtu, number), rows.bids.size
    times = [mtu, mtu - 1] if mtu else [mtu]
    available = np.concatenate([safe.available_mw[rows.bids, time] for time in times])
    limited = np.concatenate([safe.limited[rows.bids, time] for time in times])
    # Prices may be those of another answer: only what is full limits anything.
    full = sheet.excess(np.r_[available, np.zeros(0 if mtu else count)]) > -FULL_MW
    for one, coefficient in sheet.streams:
        filling = one.filling(coefficient * available[one.columns, None])
        weight = full * price * np.maximum(coefficient, 0.0) * filling * limited[one.columns, None]
        column, row = np.nonzero(weight)
        place, keys = one.columns[column], rows.keys[number[row]]
        at = np.where(place < count, mtu, mtu - 1)
        where = keys.grid, keys.element, keys.point, keys.side
        yield rows.bids[place % count], at, np.full(at.size, mtu), *where, weight[column, row]
