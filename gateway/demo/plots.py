"""The report's plots: the merit order of one market time unit, and loadings over the day."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch
from numpy.typing import NDArray

from gateway.demo import drawing
from gateway.demo.recount import Recount
from gateway.demo.scenario import Scenario
from gateway.domain.bid import Direction
from gateway.domain.result import merit_order

Floats = NDArray[np.float64]

_NOTHING_MW: Final = 1e-3
_WORST: Final = 6
_TOGETHER: Final = 0.97


def clearest_unit(count: Recount) -> int:
    """The market time unit that shows most: where the grid changes both directions, and changes much."""
    moved = np.abs(count.accepted_mw - count.merit_order_mw)
    up, down = (moved[count.books.sign == sign].sum(axis=0) for sign in (1, -1))
    return int(np.argmax(np.minimum(up, down) * 1e3 + up + down))


def merit_order_plot(day: Scenario, count: Recount, unit: int, page: drawing.Page) -> str:
    """Merit order of one market time unit, up and down: by price alone, and as the grid allows it."""
    figure = drawing.figure(page, (6.4, 11.0))
    if page is drawing.Page.WIDE:
        grid = drawing.axes(figure, 2, 2, sharey="row", sharex="row")
    else:
        ((up,), (up_checked,), (down,), (down_checked,)) = drawing.axes(figure, 4)
        grid = [[up, up_checked], [down, down_checked]]
        for first, second in grid:
            second.sharey(first)
    for row, direction, demand in (
        (grid[0], Direction.UP, day.demand_up_mw[unit]),
        (grid[1], Direction.DOWN, day.demand_down_mw[unit]),
    ):
        title = "Up" if direction is Direction.UP else "Down"
        _stack(row[0], count, unit, direction, checked=False)
        _stack(row[1], count, unit, direction, checked=True)
        row[0].set_title(f"{title}: by price alone")
        row[1].set_title(f"{title}: as the grid can carry it")
        row[0].set_ylabel("price, €/MWh")
        for ax in row:
            ax.axhline(0, color=drawing.MUTED, linewidth=0.8)
            ax.grid(axis="y")
        row[0].axvline(demand, color=drawing.INK, linewidth=1.2, linestyle=(0, (4, 2)))
        row[0].annotate(
            f"demand {demand:.1f} MW",
            (demand, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(5, -3),
            textcoords="offset points",
            va="top",
            fontsize=8.5,
        )
    for ax in grid[1][-1:] if page is drawing.Page.NARROW else grid[1]:
        ax.set_xlabel("offered, MW, in price order")
    figure.legend(
        handles=[
            Patch(facecolor=drawing.TAKEN, label="activated"),
            Patch(
                facecolor=drawing.SURFACE,
                edgecolor=drawing.LIMITED,
                hatch="////",
                label="limited by the grid",
            ),
            Patch(
                facecolor=drawing.SURFACE, edgecolor=drawing.TAKEN, label="gives way to bids that relieve it"
            ),
            Patch(facecolor=drawing.ADDED, label="activated instead"),
            Patch(facecolor=drawing.FREE, label="not needed"),
        ],
        loc="lower center",
        ncols=5 if page is drawing.Page.WIDE else 2,
        fontsize=9,
    )
    return drawing.svg(
        figure, page, "merit-order", "Merit order of one quarter hour before and after the grid check"
    )


def _shown(count: Recount, unit: int, direction: Direction) -> NDArray[np.intp]:
    """Bids of a direction in price order, to somewhat beyond the last that anybody takes."""
    books = count.books
    rows = np.flatnonzero(books.sign == direction)
    names = [books.bid_id[row] for row in rows]
    order = rows[merit_order(direction, books.price[rows, unit], books.offered_mw[rows, unit], names)]
    ends = np.cumsum(books.offered_mw[order, unit])
    taken = np.maximum(count.merit_order_mw, count.accepted_mw)[order, unit] > _NOTHING_MW
    near: NDArray[np.intp] = order[ends <= 1.25 * ends[taken].max(initial=1.0)]
    return near


def _stack(ax: Axes, count: Recount, unit: int, direction: Direction, *, checked: bool) -> None:
    """Every bid as a step, width = MW offered, height = price; coloured by the state of its parts."""
    books = count.books
    order = _shown(count, unit, direction)
    offered, price = books.offered_mw[order, unit], books.price[order, unit]
    left = np.concatenate(([0.0], np.cumsum(offered)[:-1]))
    by_price = count.merit_order_mw[order, unit]
    accepted = count.accepted_mw[order, unit] if checked else by_price
    cut = np.where(by_price - accepted > _NOTHING_MW, by_price - accepted, 0.0)
    kept = np.minimum(accepted, by_price)
    added = np.maximum(accepted - by_price, 0.0)
    for start, width, colour in (
        (left, offered, drawing.FREE),
        (left, kept, drawing.TAKEN),
        (left + kept, added, drawing.ADDED),
    ):
        _steps(ax, start, width, price, facecolor=colour, edgecolor=drawing.SURFACE, linewidth=0.4)
    limited = (count.available_mw < books.offered_mw - _NOTHING_MW)[order, unit] & (cut > 0)
    for chosen, colour, hatch in (
        (limited, drawing.LIMITED, "////"),
        ((cut > 0) & ~limited, drawing.TAKEN, None),
    ):
        _steps(
            ax,
            (left + kept)[chosen],
            cut[chosen],
            price[chosen],
            facecolor=drawing.SURFACE,
            edgecolor=colour,
            hatch=hatch,
            linewidth=0.9,
        )
    ax.autoscale_view()
    ax.set_xlim(0, float(offered.sum()) or 1.0)


def _steps(ax: Axes, left: Floats, width: Floats, height: Floats, **look: Any) -> None:
    """Rectangles from 0 up or down, as one artist: hundreds of bars would take a second to draw."""
    right, floor = left + width, np.zeros_like(height)
    corners = [(left, floor), (left, height), (right, height), (right, floor)]
    ax.add_collection(PolyCollection(list(np.moveaxis(np.array(corners), 2, 0)), **look))


def loading_plot(day: Scenario, count: Recount, page: drawing.Page) -> str:
    """Loading of the worst elements over the day, before and after, with the 100 % line."""
    figure = drawing.figure(page, (5.2, 12.0))
    rows, columns = (2, 3) if page is drawing.Page.WIDE else (6, 1)
    panels = [ax for row in drawing.axes(figure, rows, columns, sharex=True, sharey=True) for ax in row]
    hours = np.arange(len(day.units) + 1) * day.units.hours
    for ax, (grid, element) in zip(panels, worst_elements(count, _WORST), strict=False):
        loading = count.loadings[grid]
        base, before, after = (
            np.append(part[:, element], part[-1, element])
            for part in (loading.base_pct, loading.before_pct, loading.after_pct)
        )
        over = np.maximum(before, 100.0)
        ax.fill_between(hours, 100.0, over, step="post", color=drawing.LIMITED, alpha=0.25, linewidth=0)
        ax.step(
            hours,
            base,
            where="post",
            color=drawing.MUTED,
            linewidth=1.2,
            linestyle=(0, (1, 1.5)),
            label="no bids",
        )
        ax.step(
            hours, before, where="post", color=drawing.LIMITED, linewidth=1.1, label="merit order by price"
        )
        ax.step(hours, after, where="post", color=drawing.TAKEN, linewidth=1.6, label="grid-checked")
        ax.axhline(100, color=drawing.INK, linewidth=1.0)
        ax.set_title(loading.elements[element])
        ax.set_title(loading.grid_id, loc="right", fontsize=8.5, fontweight="normal", color=drawing.MUTED)
        ax.grid(axis="y")
        ax.set_xlim(0, hours[-1])
        ax.set_xticks(np.arange(0, hours[-1] + 1, 6))
    panels[0].set_ylim(0, None)
    for ax in panels[::columns]:
        ax.set_ylabel("loading, %")
    for ax in panels[-columns:]:
        ax.set_xlabel("hour of the day")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=3, fontsize=9)
    return drawing.svg(figure, page, "loading", "Loading of the worst elements over the day before and after")


def worst_elements(count: Recount, number: int) -> list[tuple[int, int]]:
    """(grid, element) positions of the elements that price alone would load most, worst first.

    Of lines in a row, which rise and fall together, only the worst is named.
    """
    ranked = sorted(
        (-float(worst), grid, element)
        for grid, loading in enumerate(count.loadings)
        for element, worst in enumerate(loading.before_pct.max(axis=0))
    )
    chosen: list[tuple[int, int]] = []
    for _, grid, element in ranked:
        course = count.loadings[grid].before_pct
        similar = any(
            other == grid and np.corrcoef(course[:, element], course[:, known])[0, 1] > _TOGETHER
            for other, known in chosen
        )
        if not similar:
            chosen.append((grid, element))
        if len(chosen) == number:
            break
    return chosen
