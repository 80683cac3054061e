"""The report's map: both areas, every line by its worst loading of the day, before and after."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from gateway.demo import drawing
from gateway.demo.area import DemoGrid
from gateway.demo.plots import worst_elements
from gateway.demo.recount import Recount
from gateway.demo.scenario import Scenario

_CLASSES: Final = (
    (50.0, drawing.BASE, 1.1, "below 50 %"),
    (80.0, drawing.CALM, 1.8, "50–80 %"),
    (100.0 + 1e-3, drawing.FULL, 2.8, "80–100 %"),
    (np.inf, drawing.LIMITED, 4.2, "over 100 %"),
)
_NAMED: Final = 6
_RING_PER_MWH: Final = 60.0


def map_plot(
    day: Scenario,
    grids: Sequence[DemoGrid],
    count: Recount,
    cut_mwh: Mapping[str, float],
    page: drawing.Page,
) -> str:
    """The grid before and after, with the connection points of limited bids.

    Args:
        day: where units hang.
        grids: geometry of the areas.
        count: loadings.
        cut_mwh: energy that the grid keeps back, by bid.
        page: what it is drawn for.
    """
    figure = drawing.figure(page, (6.0, 9.6))
    rows, columns = (1, 2) if page is drawing.Page.WIDE else (2, 1)
    before, after = (ax for row in drawing.axes(figure, rows, columns) for ax in row)
    for grid, loading in zip(grids, count.loadings, strict=True):
        _lines(before, grid, loading.elements, loading.before_pct.max(axis=0))
        _lines(after, grid, loading.elements, loading.after_pct.max(axis=0))
    _name_bottlenecks(before, grids, count)
    _limited_points(after, day, grids, count, cut_mwh)
    before.set_title("By price alone: worst loading of the day")
    after.set_title("Grid-checked: worst loading of the day")
    for ax in (before, after):
        _as_map(ax)
    handles: list[Line2D] = [
        Line2D([], [], color=colour, linewidth=width, label=label) for _, colour, width, label in _CLASSES
    ]
    handles.append(
        Line2D(
            [], [], linestyle="", marker="o", markersize=8, markerfacecolor="none",
            markeredgecolor=drawing.INK, label="bids limited here (area ∝ energy)",
        )
    )  # fmt: skip
    figure.legend(
        handles=handles, loc="lower center", ncols=5 if page is drawing.Page.WIDE else 2, fontsize=9
    )
    return drawing.svg(figure, page, "map", "Map of both areas with lines coloured by their worst loading")


def _lines(ax: Axes, grid: DemoGrid, elements: Sequence[str], worst_pct: np.ndarray) -> None:
    """Every element by the class of its loading; what lies in one place (a transformer) as a square."""
    for place, (limit, colour, width, _) in enumerate(_CLASSES):
        floor = _CLASSES[place - 1][0] if place else 0.0
        chosen = [
            np.asarray(grid.segments[element])
            for element, loading in zip(elements, worst_pct, strict=True)
            if floor <= loading < limit
        ]
        lines = [points for points in chosen if np.ptp(points, axis=0).any()]
        stations = [points[0] for points in chosen if not np.ptp(points, axis=0).any()]
        ax.add_collection(
            LineCollection(lines, colors=colour, linewidths=width, capstyle="round", zorder=2 + place)
        )
        if stations:
            ax.plot(
                *np.array(stations).T, "s", markersize=10, color=colour,
                markeredgecolor=drawing.SURFACE, zorder=8,
            )  # fmt: skip


def _name_bottlenecks(ax: Axes, grids: Sequence[DemoGrid], count: Recount) -> None:
    """Name and worst loading beside the elements that price alone would overload."""
    for grid, element in worst_elements(count, _NAMED):
        loading = count.loadings[grid]
        worst = loading.before_pct[:, element].max()
        if worst <= 100.0:
            continue
        points = np.asarray(grids[grid].segments[loading.elements[element]])
        ax.annotate(
            f"{loading.elements[element]}  {worst:.0f} %",
            tuple(points[len(points) // 2]),
            xytext=(8, 8) if np.ptp(points, axis=0).any() else (-8, 20),
            textcoords="offset points",
            fontsize=8.5,
            zorder=10,
            bbox={"facecolor": drawing.SURFACE, "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
        )


def _limited_points(
    ax: Axes, day: Scenario, grids: Sequence[DemoGrid], count: Recount, cut_mwh: Mapping[str, float]
) -> None:
    """A ring at every connection point whose units' bids are limited, its area by the energy kept back."""
    resource_of = dict(zip(count.books.bid_id, count.books.resource, strict=True))
    energy: dict[tuple[str, str], float] = {}
    for bid, mwh in cut_mwh.items():
        resource = resource_of[bid]
        for unit, share in day.pools.get(resource, {resource: 1.0}).items():
            place = day.locations[unit]
            key = place.grid_id, place.node
            energy[key] = energy.get(key, 0.0) + share * mwh
    coordinates = {(grid.model.grid_id, node): at for grid in grids for node, at in grid.coordinates.items()}
    if not energy:
        return
    at = np.array([coordinates[key] for key in energy])
    area = 14.0 + _RING_PER_MWH * np.array(list(energy.values()))
    ax.scatter(
        at[:, 0], at[:, 1], s=area, facecolors="none", edgecolors=drawing.INK, linewidths=1.1, zorder=9
    )


def _as_map(ax: Axes) -> None:
    ax.autoscale_view()
    low, high = ax.get_ylim()
    ax.set_aspect(1.0 / np.cos(np.radians((low + high) / 2)))
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
