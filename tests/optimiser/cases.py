"""Small problems for tests: named pieces, and random ones that are congested often enough to matter."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import OfferColumns, Problem


def bids(
    quantity: ArrayLike, price: ArrayLike, direction: ArrayLike | None = None, **others: Any
) -> OfferColumns:
    """Bids b0, b1, … from (B, T) or (B,) columns; up and divisible unless said otherwise."""
    quantity_mw = np.atleast_2d(np.asarray(quantity, float).T).T
    count = len(quantity_mw)
    given = {
        "ids": tuple(f"b{i}" for i in range(count)),
        "direction": np.ones(count, int) if direction is None else direction,
        "price_eur_per_mwh": np.broadcast_to(np.atleast_2d(np.asarray(price, float).T).T, quantity_mw.shape),
        "minimum_mw": np.zeros_like(quantity_mw),
        "divisible": np.ones(count, bool),
    }
    return OfferColumns(quantity_mw=quantity_mw, **(given | others))


def grid(
    ptdf: ArrayLike, base: ArrayLike, limit: ArrayLike, bid_nodes: ArrayLike, grid_id: str = "G"
) -> GridArrays:
    """A grid with symmetric limits and bid b at node bid_nodes[b] (−1: not in this grid)."""
    matrix = np.asarray(ptdf, float)
    points, elements, nodes = matrix.shape
    upper = np.broadcast_to(np.asarray(limit, float), (elements,))
    where = np.asarray(bid_nodes, int)
    inside = np.flatnonzero(where >= 0)
    return GridArrays(
        grid_id=grid_id,
        element_ids=tuple(f"{grid_id}-line{i}" for i in range(elements)),
        node_ids=tuple(f"{grid_id}-node{i}" for i in range(nodes)),
        point_names=tuple(f"point{i}" for i in range(points)),
        ptdf=matrix,
        base_mw=np.broadcast_to(np.asarray(base, float), (points, np.shape(base)[-2], elements)),
        lower_mw=-upper,
        upper_mw=upper,
        injections=Injections(bid=inside, node=where[inside], factor=np.ones(inside.size)),
    )


def two_bids_behind_one_line(**others: Any) -> Problem:
    """Up bids of 10 MW at 20 and 50 EUR/MWh; the cheap one behind a line that carries 4 MW; demand 10 MW."""
    offer = bids([10, 10], [20, 50])
    one = grid([[[1.0, 0.0]]], [[[0.0]]], 4.0, [0, 1])
    lists = Lists.of_directions(others.pop("demand_up_mw", [10.0]), others.pop("demand_down_mw", [0.0]))
    given: dict[str, Any] = {"bids": offer, "grids": (one,), "mtu_hours": 1.0, "lists": lists}
    return Problem(**(given | others))


def random_problem(seed: int, *, bid_count: int = 8, mtus: int = 2, grid_count: int = 2) -> Problem:
    """Small grids with tight limits; some bids hang on two grids, some on none; some bases overload."""
    draw = np.random.default_rng(seed)
    direction = draw.choice([1, 1, -1], bid_count)
    quantity = draw.uniform(0.5, 5, (bid_count, mtus)) * (draw.random((bid_count, mtus)) < 0.9)
    price = draw.uniform(20, 300, (bid_count, mtus)).round(int(draw.integers(0, 3)))
    offer = bids(quantity, price, direction)
    grids = []
    for number in range(grid_count):
        nodes, elements, points = int(draw.integers(2, 5)), int(draw.integers(1, 6)), int(draw.integers(1, 4))
        ptdf = draw.uniform(-1, 1, (1, elements, nodes)) + draw.normal(0, 0.05, (points, elements, nodes))
        base = draw.normal(0, 2, (1, mtus, elements)) + draw.normal(0, 0.1, (points, mtus, elements))
        limit = draw.uniform(1, 6, elements)
        where = draw.integers(-1, nodes, bid_count)
        built = grid(ptdf, base, limit, where, f"G{number}")
        factor = draw.choice([0.5, 1.0], built.injections.factor.size)
        grids.append(replace(built, injections=replace(built.injections, factor=factor)))
    offered = (
        np.where(direction[:, None] > 0, quantity, 0).sum(0),
        np.where(direction[:, None] < 0, quantity, 0).sum(0),
    )
    return Problem(
        bids=offer,
        grids=tuple(grids),
        lists=Lists.of_directions(offered[0] * draw.uniform(0, 1.1), offered[1] * draw.uniform(0, 0.9)),
    )
