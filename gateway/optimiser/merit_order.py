"""The safe merit order: what may stay in a list that a platform activates in price order, demand unknown.

Available quantities q ≤ offered such that the worst prefixes (see `prefixes`) of every row stay within
its room; the most volume, and between equal volumes the cheaper. Grids that share no bid are independent, so
every group of connected grids is one small problem (`prefix_search`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.decision import RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.parts import Part, independent_parts
from gateway.optimiser.prefix_search import TOLERANCE_MW, SafePart
from gateway.optimiser.problem import Problem
from gateway.optimiser.spread import spread

BELIEVED_MW = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class SafeMeritOrder:
    """Quantities that stay safe whatever part of the list is activated.

    Attributes:
        available_mw: (B, T) ≤ offered.
        limited: (B, T) bids that keep less than they offer.
        rows, mtu: (R,) limiting rows and their MTUs.
        price: (R,) MW of volume that one more MW of limit would free.
        rung: per grid, how its quantities were found: exact (the most there is), conservative (every
            subset is safe) or not assessed (nothing is available).
        rows_checked: (row, MTU) pairs whose worst prefixes were recomputed outside the solver.
        max_violation_mw: the worst of them beyond its room.
        seconds: wall time.
        notes: what the reader must know, e.g. why a lower rung was taken.
    """

    available_mw: FloatArray
    limited: BoolArray
    rows: RowKeys
    mtu: IntArray
    price: FloatArray
    rung: tuple[Rung, ...]
    rows_checked: int
    max_violation_mw: float
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """One part's quantities (b, T), and its limiting rows with their MTUs and prices."""

    part: int
    available_mw: FloatArray
    rows: RowKeys
    mtu: IntArray
    price: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fallback:
    """Quantities (B, T) known to be safe without a solver, and the rung they stand on."""

    available_mw: FloatArray
    rung: Rung


def safe_merit_order(problem: Problem, processes: int = 1) -> SafeMeritOrder:
    """Available quantities of every bid at every MTU; the demands of the problem play no part.

    Honours the netting policy: `relief_share` 0 makes every subset of the list safe. Bids left with less than
    their minimum (all of it if indivisible) are taken out. More than one of `processes` forks: only for a
    process without threads of its own.

    Raises:
        SolverError: the solver failed; `safe_worker` never raises it.
    """
    started = perf_counter()
    flows = GridFlows.of(problem)
    kept = {each.part: each for each in keep(problem, flows, processes)}
    nothing = Fallback(np.zeros_like(problem.bids.quantity_mw), Rung.NOT_ASSESSED)
    answer = gather(problem, flows, kept, nothing)
    return replace(answer, seconds=perf_counter() - started)


def grid_parts(problem: Problem, flows: tuple[GridFlows, ...]) -> list[Part]:
    """The independent parts that have a grid; bids on no grid keep what they offer."""
    return [part for part in independent_parts(problem, flows) if part.grids.size and part.bids.size]


def keep(problem: Problem, flows: tuple[GridFlows, ...], processes: int = 1) -> Iterator[Kept]:
    """What every part may keep, one after the other."""
    numbered = list(enumerate(grid_parts(problem, flows)))
    return spread(_solve_part, (problem, flows), numbered, processes)


def gather(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    kept: Mapping[int, Kept],
    fallback: Fallback,
) -> SafeMeritOrder:
    """Join the parts; those without an answer, or with one that does not hold, keep the fallback."""
    available = problem.bids.available_mw.copy()
    started = perf_counter()
    rung, worst, held = [Rung.OPTIMAL] * len(flows), 0.0, []
    for number, part in enumerate(grid_parts(problem, flows)):
        solver, mine = SafePart(problem, flows, part), kept.get(number)
        error = _error(solver, mine.available_mw) if mine is not None else np.inf
        if mine is not None and error <= BELIEVED_MW:
            available[part.bids] = mine.available_mw
            held.append(mine)
        else:
            available[part.bids] = fallback.available_mw[part.bids]
            error = _error(solver, fallback.available_mw[part.bids])
            for grid in part.grids:
                rung[grid] = fallback.rung
        worst = max(worst, error)
    return SafeMeritOrder(
        available_mw=available,
        limited=available < problem.bids.quantity_mw - TOLERANCE_MW,
        rows=RowKeys.join([each.rows for each in held]),
        mtu=np.concatenate([np.zeros(0, np.int64), *(each.mtu for each in held)]),
        price=np.concatenate([np.zeros(0), *(each.price for each in held)]),
        rung=tuple(rung),
        rows_checked=sum(2 * grid.ptdf[:, :, 0].size for grid in problem.grids) * problem.mtus,
        max_violation_mw=worst,
        seconds=perf_counter() - started,
    )


def _solve_part(shared: tuple[Problem, tuple[GridFlows, ...]], task: tuple[int, Part]) -> Kept:
    problem, flows = shared
    number, part = task
    solver = SafePart(problem, flows, part)
    solved = [solver.solve(mtu) for mtu in range(problem.mtus)]
    return Kept(
        part=number,
        available_mw=np.stack([quantity for quantity, _, _ in solved], axis=1),
        rows=RowKeys.join([rows for _, rows, _ in solved]),
        mtu=np.repeat(np.arange(problem.mtus), [len(rows) for _, rows, _ in solved]),
        price=np.concatenate([price for _, _, price in solved]),
    )


def _error(solver: SafePart, quantity: FloatArray) -> float:
    """Worst violation of (b, T) quantities in MW, infinite if they are none."""
    offered = solver.offered()
    if quantity.shape != offered.shape or not np.isfinite(quantity).all():
        return np.inf
    if (quantity < 0).any() or (quantity > offered + BELIEVED_MW).any():
        return np.inf
    return max(solver.worst_excess(quantity[:, mtu], mtu) for mtu in range(offered.shape[1]))
