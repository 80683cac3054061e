"""Components of a problem: what falls apart without the common demand, and one of them as a problem."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.problem import OfferColumns, Problem
from gateway.optimiser.rows.flows import GridFlows


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """Grids and bids, by index, that no bid or link ties to any other."""

    grids: IntArray
    bids: IntArray


def independent_components(problem: Problem, flows: tuple[GridFlows, ...]) -> list[Component]:
    """All grids and bids in components; bids that neither hang on a grid nor on a link form one component."""
    grid_count, bid_count = len(flows), len(problem.bids.ids)
    pairs = [np.stack([np.full(f.bids.size, g), grid_count + f.bids]) for g, f in enumerate(flows)]
    groups = (*problem.links.exclusive, *problem.links.multipart, *problem.links.inclusive)
    pairs += [grid_count + np.stack([np.full(len(g), g[0]), np.array(g)]) for g in groups]
    ends = np.concatenate([np.zeros((2, 0), np.int64), *pairs], axis=1)
    size = grid_count + bid_count
    graph = csr_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    alone = (np.bincount(label, minlength=count) == 1)[label]
    label[alone & (np.arange(size) >= grid_count)] = count
    of_grid, of_bid = label[:grid_count], label[grid_count:]
    names = np.unique(label)
    return [Component(np.flatnonzero(of_grid == n), np.flatnonzero(of_bid == n)) for n in names]


def component_problem(problem: Problem, component: Component, demand_mw: FloatArray) -> Problem:
    """One component as a problem of its own, with other demands of the lists (L, T)."""
    problem_bids, bids = problem.bids, component.bids
    return replace(
        problem,
        bids=OfferColumns(
            ids=tuple(problem_bids.ids[b] for b in bids),
            direction=problem_bids.direction[bids],
            quantity_mw=problem_bids.quantity_mw[bids],
            price_eur_per_mwh=problem_bids.price_eur_per_mwh[bids],
            minimum_mw=problem_bids.minimum_mw[bids],
            divisible=problem_bids.divisible[bids],
            cap_mw=None if problem_bids.cap_mw is None else problem_bids.cap_mw[bids],
            list_index=problem_bids.list_index[bids],
            scheduled=problem_bids.scheduled[bids],
            direct=problem_bids.direct[bids],
            contracted=problem_bids.contracted[bids],
        ),
        grids=tuple(_own(problem, number, bids) for number in component.grids),
        lists=replace(problem.lists, demand_mw=demand_mw),
        links=_within(problem.links, bids),
    )


def join(components: Sequence[Component]) -> Component:
    """Several components as one."""
    none = np.zeros(0, np.int64)
    grids, bids = (
        [none, *(getattr(component, name) for component in components)] for name in ("grids", "bids")
    )
    return Component(np.sort(np.concatenate(grids)), np.sort(np.concatenate(bids)))


def _own(problem: Problem, number: int, bids: IntArray) -> GridArrays:
    grid = problem.grids[number]
    mine = np.isin(grid.injections.bid, bids)
    column = np.searchsorted(bids, grid.injections.bid[mine])
    hung = Injections(column, grid.injections.node[mine], grid.injections.factor[mine])
    return replace(grid, injections=hung)


def _within(links: Links, bids: IntArray) -> Links:
    """The groups among `bids`, renumbered; links across MTUs are left to the caller, which has all bids."""
    place = {int(bid): number for number, bid in enumerate(bids)}

    def inside(groups: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(place[b] for b in group) for group in groups if group[0] in place)

    return Links(inside(links.exclusive), inside(links.multipart), inside(links.inclusive))
