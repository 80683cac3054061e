"""The drawing of one market time unit: both merit orders, and how loaded the worst elements are."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gateway.cli.outcome import OptimiseOutcome
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows

_OFFERED: Final = "#c9d1da"
_ACCEPTED_COLOUR: Final = "#1f6fb2"
_CUT: Final = "#d9480f"
_PALE: Final = "#fbd9c8"
_LIMITED: Final[dict[str, Any]] = {"facecolor": _PALE, "edgecolor": _CUT, "hatch": "////"}
_INK: Final = "#333333"
_MOST_ELEMENTS: Final = 12
_MOST_OUTLINES: Final = 300
"""Bids of one direction; outlines of more would hide the bids."""
_MOST_PCT: Final = 1_000.0
"""Loadings beyond it, infinite ones too, end at the edge of the drawing."""


def draw(problem: Problem, outcome: OptimiseOutcome, file: Path) -> None:
    """Draw the market time unit in which the grids limit most, in the format of the file's ending."""
    mtu = int(np.where(outcome.limited, problem.bids.quantity_mw - outcome.available_mw, 0.0).sum(0).argmax())
    figure = Figure(figsize=(11, 7), layout="constrained")
    figure.suptitle(f"Market time unit {mtu} (of 0 to {problem.mtus - 1})")
    grid = figure.add_gridspec(2, 2)
    _merit_order(figure.add_subplot(grid[0, 0]), problem, outcome, mtu, 1)
    _merit_order(figure.add_subplot(grid[1, 0]), problem, outcome, mtu, -1)
    _loadings(figure.add_subplot(grid[:, 1]), problem, outcome, mtu)
    accepted = "may stay in the list" if outcome.accepted_mw is None else "accepted"
    figure.legend(
        handles=[
            Patch(facecolor=_OFFERED, label="offered"),
            Patch(facecolor=_ACCEPTED_COLOUR, label=accepted),
            Patch(**_LIMITED, label="limited by a grid"),
        ],
        loc="outside lower center",
        ncols=3,
    )
    figure.savefig(file, dpi=150)


def _merit_order(ax: Axes, problem: Problem, outcome: OptimiseOutcome, mtu: int, direction: int) -> None:
    """Every bid of a direction as a step: width MW offered, height cost."""
    bids = problem.bids
    mine = np.flatnonzero((bids.direction == direction) & (bids.quantity_mw[:, mtu] > 0))
    order = mine[np.argsort(bids.price_eur_per_mwh[mine, mtu], kind="stable")]
    offered, price = bids.quantity_mw[order, mtu], bids.price_eur_per_mwh[order, mtu]
    taken = outcome.available_mw if outcome.accepted_mw is None else outcome.accepted_mw
    accepted = taken[order, mtu]
    left = np.cumsum(offered) - offered
    cut = outcome.limited[order, mtu]
    few = order.size <= _MOST_OUTLINES
    _steps(ax, left, offered, price, facecolor=_OFFERED, edgecolor="white", linewidth=0.4 if few else 0.0)
    _steps(ax, left, accepted, price, facecolor=_ACCEPTED_COLOUR, linewidth=0.0)
    rest = (left + accepted)[cut], (offered - accepted)[cut], price[cut]
    _steps(ax, *rest, **(_LIMITED if few else {"facecolor": _PALE, "linewidth": 0.0}))
    ax.autoscale_view()
    demand = problem.demand_up_mw if direction > 0 else problem.demand_down_mw
    if outcome.accepted_mw is not None:
        ax.axvline(float(demand[mtu]), color=_INK, linestyle="--", linewidth=1)
    ax.axhline(0, color=_INK, linewidth=0.6)
    ax.set(title="Up" if direction > 0 else "Down", ylabel="cost, EUR/MWh", xlabel="MW, in price order")


def _steps(ax: Axes, left: FloatArray, width: FloatArray, height: FloatArray, **style: Any) -> None:
    """Rectangles on the axis as one collection: tens of thousands of single bars would need minutes."""
    right, zero = left + width, np.zeros_like(left)
    corners = [(left, zero), (left, height), (right, height), (right, zero)]
    outlines = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    # Without snapping, bids narrower than a pixel mix in their proportions instead of hiding each other.
    ax.add_collection(PolyCollection(list(outlines), snap=False, **style))


def _loadings(ax: Axes, problem: Problem, outcome: OptimiseOutcome, mtu: int) -> None:
    """The worst elements, before and after, as bars against 100 %."""
    if outcome.accepted_mw is None:
        title = "Loading by the worst activation of the list, %"
        before = worst_activation(problem, problem.bids.quantity_mw, mtu)
        after = worst_activation(problem, outcome.available_mw, mtu)
    else:
        title = "Loading by price alone, and as answered, %"
        before = [one.before[mtu] for one in outcome.loadings]
        after = [one.after[mtu] for one in outcome.loadings]
    names = [f"{grid.grid_id}: {element}" for grid in problem.grids for element in grid.element_ids]
    was, now = (100 * np.concatenate([np.zeros(0), *parts]) for parts in (before, after))
    worst = np.argsort(-np.maximum(was, now), kind="stable")[:_MOST_ELEMENTS][::-1]
    place = np.arange(worst.size)
    ax.barh(place + 0.2, np.minimum(was[worst], _MOST_PCT), 0.36, color=_OFFERED)
    ax.barh(place - 0.2, np.minimum(now[worst], _MOST_PCT), 0.36, color=_ACCEPTED_COLOUR)
    ax.axvline(100, color=_CUT, linewidth=1)
    ax.set_yticks(place, [names[number] for number in worst])
    ax.set_title(title)


def worst_activation(problem: Problem, quantity_mw: FloatArray, mtu: int) -> list[FloatArray]:
    """Per grid (L,) the loading of each element at an MTU by the worst activation of lists (B, T)."""
    result, flows = [], GridFlows.of(problem)
    for number, flow in enumerate(flows):
        rows = ComponentRows(problem, flows, Component(np.array([number]), flow.bids))
        every = np.arange(len(rows.keys))
        met = [
            quantity_mw[flow.bids, time] if time >= 0 else np.zeros(flow.bids.size) for time in (mtu, mtu - 1)
        ]
        most = rows.sheet(mtu, every).excess(np.concatenate(met)) + rows.margin[:, mtu]
        base = flow.base(np.array([mtu]))[..., 0]
        limits = (1, flow.grid.upper_mw), (-1, -flow.grid.lower_mw)
        sides = []
        for (side, limit), brought in zip(limits, np.split(most, 2), strict=True):
            reached = np.maximum(side * base + brought.reshape(base.shape), 0.0)
            sides.append(np.divide(reached, limit, out=np.zeros_like(reached), where=limit > 0))
        result.append(np.maximum(*sides).max(axis=0))
    return result
