"""Why bids are limited: from the optimiser's numbers to those of the offers, with names of what limits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.domain.limiting import Limitations, LimitingRow
from gateway.domain.result import Outcome, SearchGap, Side
from gateway.optimiser.check.answer import Answer, LimitingRows
from gateway.processes.bid_check.problem.problem_builder import GateProblem

Numbers = NDArray[np.int64]


def limitations(gate_problem: GateProblem, found: LimitingRows, priced: Answer | None) -> Limitations:
    """The limitations found; without `priced`, of exact lists, there is no cost that a limit could lower."""
    mtu, grid, element, point, side = found.mtu, found.grid, found.element, found.point, found.side
    codes = _codes(gate_problem, grid, element, point, side)
    _, first, row = np.unique(codes, return_index=True, return_inverse=True)
    named = zip(*(column[first].tolist() for column in (grid, element, point, side)), strict=True)
    position = np.asarray(gate_problem.collected.decided, np.int32)[gate_problem.split_bids.bid]
    base_mw, limit_mw = _flows(gate_problem, found)
    return Limitations(
        rows=tuple(_row(gate_problem, *one) for one in named),
        bid=position[found.bid],
        mtu=mtu.astype(np.int32),
        row=row.astype(np.int32),
        full_at=found.full_at.astype(np.int32),
        share=found.share,
        margin_mw=found.margin_mw,
        base_mw=base_mw,
        limit_mw=limit_mw,
        shadow_price=None if priced is None else _prices(gate_problem, found, priced, codes),
    )


def uncheckable(gate_problem: GateProblem) -> Limitations:
    """Bids that are withheld because grids cannot check them; of several grids each counts alike."""
    collected, split_bids, why = (
        gate_problem.collected,
        gate_problem.split_bids,
        gate_problem.grids.uncheckable,
    )
    number = {row: at for at, row in enumerate(dict.fromkeys(row for rows in why.values() for row in rows))}
    offered = split_bids.cut(collected.quantity_mw[collected.decided]) > 0
    parts = [Limitations.none()]
    for piece, rows in sorted(why.items()):
        mtu = np.tile(np.flatnonzero(offered[piece]), len(rows)).astype(np.int32)
        row = np.repeat([number[one] for one in rows], mtu.size // len(rows)).astype(np.int32)
        bid = np.full(mtu.size, collected.decided[split_bids.bid[piece]], np.int32)
        share, unknown = np.full(mtu.size, 1 / len(rows)), np.full(mtu.size, np.nan)
        parts.append(Limitations((), bid, mtu, row, mtu, share, unknown, unknown, unknown, None))
    columns = ("bid", "mtu", "row", "full_at", "share", "margin_mw", "base_mw", "limit_mw")
    joined = {name: np.concatenate([getattr(one, name) for one in parts]) for name in columns}
    return Limitations(rows=tuple(number), **joined, shadow_price=None)


def not_found(
    gate_problem: GateProblem,
    found: Limitations,
    limited: NDArray[np.bool_],
    gaps: Sequence[NDArray[np.int8]],
) -> Limitations:
    """Bids (B, T) that are limited without anything that `found` names, because the search was not complete:
    every grid that such a bid is connected to and whose search was not counts alike.

    Args:
        gaps: one per grid of the question, (T,): 0 where its search was through, else the number of the
            reason among `SearchGap`, from 1.
    """
    collected, split_bids, grids = gate_problem.collected, gate_problem.split_bids, gate_problem.problem.grids
    unnamed = limited.copy()
    unnamed[found.bid, found.mtu] = False
    parts: list[Numbers] = []
    rows: dict[LimitingRow, int] = {}
    count = np.zeros(limited.shape, np.int32)
    position = np.asarray(collected.decided, np.intp)[split_bids.bid]
    for grid, gap in zip(grids, gaps, strict=True):
        bids = np.unique(position[np.unique(grid.injections.bid)])
        for number, because in enumerate(SearchGap, start=1):
            selected, mtu = np.nonzero(unnamed[bids] & (gap == number))
            if selected.size:
                row = rows.setdefault(LimitingRow.not_found(grid.grid_id, because), len(rows))
                parts.append(np.stack([bids[selected], mtu, np.full(selected.size, row)]))
                count[bids[selected], mtu] += 1
    if not parts:
        return Limitations.none()
    bid, mtu, row = np.concatenate(parts, axis=1).astype(np.int32)
    unknown, share = np.full(bid.size, np.nan), 1.0 / count[bid, mtu]
    return Limitations(tuple(rows), bid, mtu, row, mtu, share, unknown, unknown, unknown, None)


def _flows(gate_problem: GateProblem, found: LimitingRows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Flow before any bid, and limit, of each entry's row in the unit in which it is full."""
    base_mw, limit_mw = np.zeros(len(found)), np.zeros(len(found))
    for number in np.unique(found.grid).tolist():
        selected, grid = np.flatnonzero(found.grid == number), gate_problem.problem.grids[number]
        element, units = found.element[selected], grid.base_mw.shape[1]
        base_mw[selected] = grid.base_mw[
            found.point[selected], np.minimum(found.full_at[selected], units - 1), element
        ]
        limit_mw[selected] = np.where(
            found.side[selected] > 0, grid.upper_mw[element], grid.lower_mw[element]
        )
    return base_mw, limit_mw


def _codes(
    gate_problem: GateProblem, grid: Numbers, element: Numbers, point: Numbers, side: Numbers
) -> Numbers:
    """A number for each row of all grids, the same one for the same row."""
    grids = gate_problem.problem.grids
    elements = max((len(one.element_ids) for one in grids), default=1)
    points = max((len(one.point_names) for one in grids), default=1)
    return np.asarray(((grid * elements + element) * points + point) * 2 + (side > 0))


def _prices(
    gate_problem: GateProblem, found: LimitingRows, answer: Answer, codes: Numbers
) -> NDArray[np.float64]:
    """Saving per hour by one more MW of the limit of each entry; NaN where that is not known.

    A row that reserves a share of its change gains less than its limit does. Where demand is left or limits
    are exceeded, more of a limit lets more be met, whatever that costs; where the base flow is beyond what a
    row allows, it is held there, and the limit may rise for nothing.
    """
    mtus, mtu, prices = gate_problem.problem.mtus, found.mtu, answer.shadow_prices
    priced = _codes(gate_problem, prices.grid, prices.element, prices.point, prices.side) * mtus + prices.mtu
    order = np.argsort(priced, kind="stable")
    wanted = codes * mtus + mtu
    place = np.searchsorted(priced[order], wanted, side="right") - 1
    if not order.size:
        return np.full(wanted.shape, np.nan)
    at = order[place]
    holds = np.array([one is Outcome.WITHIN_LIMITS for one in answer.outcome], dtype=np.bool_)[mtu]
    price = np.where((place >= 0) & (priced[at] == wanted) & holds, prices.value[at], np.nan)
    base_mw, limit_mw = _flows(gate_problem, found)
    for number in np.unique(found.grid).tolist():
        selected, grid = np.flatnonzero(found.grid == number), gate_problem.problem.grids[number]
        element = found.element[selected]
        left = found.side[selected] * (limit_mw[selected] - base_mw[selected]) - grid.margin_mw[element]
        price[selected] = np.where(left < 0, np.nan, price[selected] / (1.0 + grid.accuracy[element]))
    return price


def _row(gate_problem: GateProblem, number: int, element: int, point: int, side: int) -> LimitingRow:
    grid = gate_problem.problem.grids[number]
    return LimitingRow(
        grid_id=grid.grid_id,
        element_id=grid.element_ids[element],
        kind=gate_problem.grids.kinds[grid.grid_id][element],
        side=Side.FORWARD if side > 0 else Side.REVERSE,
        operating_point=grid.point_names[point],
        unit=gate_problem.grids.units[grid.grid_id][element],
    )
