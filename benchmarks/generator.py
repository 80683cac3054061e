"""Synthetic distribution grids with bids, reproducible from a seed.

Each grid is meshed slightly around a tree of 241 nodes with 248 lines and has three operating points; 241
bids hang on its nodes. 110 grids with one MTU are the joint case with the known check values `CHECK`.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve

from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import OfferColumns, Problem

CHECK = {"merit_order_cost": 373_578.0, "violations": 8_310, "optimum": 400_559.0148}
POINTS = 3
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One grid with its bids; arrays as in GridArrays and Bids."""

    ptdf: Array
    base: Array
    limit: Array
    node: NDArray[np.int64]
    direction: NDArray[np.int64]
    quantity: Array
    price: Array


def branches(draw: np.random.Generator, nodes: int) -> NDArray[np.int64]:
    """(L, 2) from and to nodes: eight feeders from the slack, mostly straight, and eight loops."""
    ends = [(0, i) for i in range(1, 9)]
    ends += [
        (i - 8 if draw.random() < 0.75 else int(draw.integers(max(1, i - 40), i)), i) for i in range(9, nodes)
    ]
    for _ in range(8):
        a, b = draw.integers(1, nodes, 2)
        if a != b:
            ends.append((int(a), int(b)))
    return np.array(ends)


def sensitivities(ends: NDArray[np.int64], susceptance: Array, nodes: int) -> Array:
    """(L, N) DC PTDF with node 0 as slack."""
    lines = np.arange(len(ends))
    incidence = np.zeros((len(ends), nodes))
    incidence[lines, ends[:, 0]], incidence[lines, ends[:, 1]] = 1.0, -1.0
    weighted = susceptance[:, None] * incidence
    laplacian = incidence[:, 1:].T @ weighted[:, 1:]
    ptdf = np.zeros((len(ends), nodes))
    ptdf[:, 1:] = lu_solve(lu_factor(laplacian), weighted[:, 1:].T).T
    ptdf[np.abs(ptdf) < 1e-9] = 0.0
    return ptdf


def case(seed: int, mtus: int = 1, nodes: int = 241, bids: int = 241) -> Case:
    """One grid of `seed` with its bids over `mtus`."""
    draw = np.random.default_rng(seed)
    ends = branches(draw, nodes)
    reactance = draw.uniform(0.05, 0.3, len(ends))
    ptdf = np.stack(
        [
            sensitivities(ends, 1 / (reactance * (1 + 0.02 * k * draw.standard_normal(len(ends)))), nodes)
            for k in range(POINTS)
        ]
    )
    draw = np.random.default_rng(seed + 1000)
    if bids == nodes:
        node = np.append(draw.permutation(np.arange(1, nodes)), draw.integers(1, nodes))
    else:
        node = draw.integers(1, nodes, bids)
    up = draw.random(bids) < 0.55
    day = 1 + 0.35 * np.sin(2 * np.pi * np.arange(mtus) / mtus)
    load = draw.gamma(2, 0.15, nodes) * day[:, None] * draw.uniform(0.9, 1.1, (mtus, nodes))
    load[:, 0] = 0.0
    quantity = draw.gamma(2, 0.25, bids)[:, None] * draw.uniform(0.7, 1.0, (bids, mtus))
    price = draw.uniform(20, 300, bids)[:, None] * draw.uniform(0.95, 1.05, (bids, mtus))
    base = np.stack([(ptdf[k] @ -load.T).T * (1 + 0.03 * k) for k in range(POINTS)])
    limit = 1.15 * np.abs(base[0]).max(axis=0) + 0.3
    return Case(ptdf, base, limit, node, np.where(up, 1, -1), quantity, price)


def joint(grids: int, mtus: int = 1, *, first_seed: int = 0, nodes: int = 241, bids: int = 241) -> Problem:
    """Grids of consecutive seeds with one common demand: half of the offered up volume, 0.3 of the down."""
    cases = [case(first_seed + g, mtus, nodes, bids) for g in range(grids)]
    direction = np.concatenate([c.direction for c in cases])
    quantity = np.concatenate([c.quantity for c in cases])
    arrays = tuple(_grid(c, first_seed + g, g * bids) for g, c in enumerate(cases))
    return Problem(
        bids=OfferColumns(
            ids=tuple(f"{first_seed + g}/{b}" for g in range(grids) for b in range(bids)),
            direction=direction,
            quantity_mw=quantity,
            price_eur_per_mwh=np.concatenate([c.price for c in cases]),
            minimum_mw=np.zeros_like(quantity),
            divisible=np.ones(len(direction), bool),
        ),
        grids=arrays,
        lists=Lists.of_directions(
            0.5 * quantity[direction > 0].sum(axis=0), 0.3 * quantity[direction < 0].sum(axis=0)
        ),
        mtu_hours=1.0,
        links=Links(),
    )


def direct(problem: Problem) -> Problem:
    """A third of the bids activated directly too, a third directly only."""
    kind = np.random.default_rng(6).integers(0, 3, len(problem.bids.ids))
    return replace(problem, bids=replace(problem.bids, scheduled=kind != 1, direct=kind != 0))


def _grid(case: Case, seed: int, first_bid: int) -> GridArrays:
    _, lines, nodes = case.ptdf.shape
    return GridArrays(
        grid_id=f"grid-{seed}",
        element_ids=tuple(f"line-{i}" for i in range(lines)),
        node_ids=tuple(f"node-{i}" for i in range(nodes)),
        point_names=tuple(f"point-{k}" for k in range(POINTS)),
        ptdf=case.ptdf,
        base_mw=case.base,
        lower_mw=-case.limit,
        upper_mw=case.limit,
        injections=Injections(
            bid=first_bid + np.arange(len(case.node)), node=case.node, factor=np.ones(len(case.node))
        ),
    )
