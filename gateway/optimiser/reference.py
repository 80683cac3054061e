"""The same question as a readable Pyomo model: every row, every link, no tricks.

The second opinion for tests, and the door to any solver Pyomo knows (`engine`). The model shares no code with
the fast path but the problem itself and is meant for small cases: all grids, operating points, sides and MTUs
are written out.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
import pyomo.environ as pyo

from gateway.domain.result import Rung
from gateway.optimiser.answer import Answer
from gateway.optimiser.assemble import judge
from gateway.optimiser.checks import FloatArray
from gateway.optimiser.grid_arrays import GridArrays
from gateway.optimiser.links import LEAST_MW
from gateway.optimiser.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Optimum of the full model: objective in EUR with penalties, and accepted MW (B, T)."""

    objective_eur: float
    accepted_mw: FloatArray


def solve_reference(problem: Problem, engine: str = "appsi_highs", gap: float = 1e-9) -> Reference:
    """Solve the full model with a Pyomo solver.

    Raises:
        RuntimeError: the solver did not reach an optimum.
    """
    model = build(problem)
    solver = pyo.SolverFactory(engine)
    if engine == "appsi_highs":
        solver.highs_options = {"mip_rel_gap": gap, "mip_abs_gap": 1e-9, "mip_feasibility_tolerance": 1e-9}
        solver.config.load_solution = True
    result = solver.solve(model)
    if result.solver.termination_condition != pyo.TerminationCondition.optimal:
        raise RuntimeError(f"{engine} ended with {result.solver.termination_condition}")
    bids, mtus = len(problem.bids.ids), problem.mtus
    accepted = [[pyo.value(model.q[b, t]) for t in range(mtus)] for b in range(bids)]
    return Reference(float(pyo.value(model.cost)), np.array(accepted))


def cover_by_reference(problem: Problem, engine: str) -> Answer:
    """The answer of a Pyomo solver, recomputed and reported like any other; without prices.

    Raises:
        RuntimeError: the solver did not reach an optimum.
    """
    started = perf_counter()
    accepted = np.clip(solve_reference(problem, engine).accepted_mw, 0.0, problem.bids.available_mw)
    answer = judge(problem, accepted, Rung.OPTIMAL, {"solve": perf_counter() - started})
    return replace(answer, bound_eur=answer.objective_eur)


def build(problem: Problem) -> pyo.ConcreteModel:
    """The whole problem as one mixed-integer model."""
    bids = problem.bids
    available = bids.available_mw
    model = pyo.ConcreteModel()
    model.B = pyo.RangeSet(0, len(bids.ids) - 1)
    model.T = pyo.RangeSet(0, problem.mtus - 1)
    model.q = pyo.Var(model.B, model.T, bounds=lambda _, b, t: (0, float(available[b, t])))
    model.on = pyo.Var(model.B, model.T, domain=pyo.Binary)
    model.short = pyo.Var([1, -1], model.T, domain=pyo.NonNegativeReals)
    model.surplus = pyo.Var([1, -1], model.T, bounds=(0, problem.surplus_mw))
    demand = {1: problem.demand_up_mw, -1: problem.demand_down_mw}

    model.balance = pyo.ConstraintList()
    for side in (1, -1):
        for t in model.T:
            accepted = sum(model.q[b, t] for b in model.B if bids.direction[b] == side)
            met = accepted + model.short[side, t] - model.surplus[side, t]
            model.balance.add(met == float(demand[side][t]))
    over = _limits(model, problem)
    _activation(model, problem)
    _groups(model, problem)
    _chains(model, problem)
    cost = sum(float(bids.price_eur_per_mwh[b, t]) * model.q[b, t] for b in model.B for t in model.T)
    penalty = problem.overload_eur_per_mw * sum(over) + problem.shortage_eur_per_mw * sum(
        model.short.values()
    )
    model.cost = pyo.Objective(expr=problem.mtu_hours * (cost + penalty))
    return model


def _limits(model: pyo.ConcreteModel, problem: Problem) -> list[pyo.Var]:
    """One soft row per grid, operating point, element, side and MTU; returns the overloads."""
    model.over = pyo.VarList(domain=pyo.NonNegativeReals)
    model.rows = pyo.ConstraintList()
    model.passed = pyo.VarList(domain=pyo.Binary)
    overloads = []
    for grid in problem.grids:
        counts = _reach(model, problem, grid)
        hung = list(zip(grid.injections.bid, grid.injections.node, grid.injections.factor, strict=True))
        for point in range(len(grid.point_names)):
            for element in range(len(grid.element_ids)):
                effect: dict[int, float] = {}
                for bid, node, factor in hung:
                    each = float(problem.bids.direction[bid] * factor * grid.ptdf[point, element, node])
                    effect[int(bid)] = effect.get(int(bid), 0.0) + each
                for t in model.T:
                    base = float(grid.base_mw[point, t if grid.base_mw.shape[1] > 1 else 0, element])
                    for side, limit in ((1, grid.upper_mw[element]), (-1, grid.lower_mw[element])):
                        most = max(side * float(limit), side * base)
                        overload = model.over.add()
                        overloads.append(overload)
                        flow = sum(
                            (e if (e := side * effect[b]) > 0 else e * problem.relief_share) * model.q[b, t]
                            for b in effect
                        )
                        free = _more_than_any(problem, effect, side * base - most, t)
                        spared = 0 if (point, t) not in counts else free * (1 - counts[point, t])
                        model.rows.add(side * base + flow <= most + overload + spared)
    return overloads


def _reach(model: pyo.ConcreteModel, problem: Problem, grid: GridArrays) -> dict[tuple[int, int], Any]:
    """Of points (and MTUs) that count only once the level passes that of the one before: whether it does."""
    if grid.levels_mw is None:
        return {}
    levels = [float(level) for level in grid.levels_mw]
    raises: dict[int, float] = {}
    for bid, factor in zip(grid.injections.bid, grid.injections.factor, strict=True):
        raises[int(bid)] = raises.get(int(bid), 0.0) + float(problem.bids.direction[bid] * factor)
    counts = {}
    for point in range(len(levels)):
        for side, before in ((1, point - 1), (-1, point + 1)):
            if not 0 <= before < len(levels) or side * levels[before] < 0:
                continue
            for t in model.T:
                passed = model.passed.add()
                level = sum(
                    (e if (e := side * raises[b]) > 0 else e * problem.relief_share) * model.q[b, t]
                    for b in raises
                )
                model.rows.add(level <= side * levels[before] + max(map(abs, levels)) * passed)
                counts[point, t] = passed
    return counts


def _more_than_any(problem: Problem, effect: dict[int, float], beyond: float, mtu: int) -> float:
    """MW by which no activation can exceed a limit that it is `beyond` already."""
    available = problem.bids.available_mw[:, mtu]
    return max(beyond, 0.0) + sum(abs(each) * float(available[bid]) for bid, each in effect.items())


def _activation(model: pyo.ConcreteModel, problem: Problem) -> None:
    """Accepted within [least, available] or 0; `on` says which, for bids that need to know."""
    bids, links = problem.bids, problem.links
    linked = {b for group in links.exclusive for b in group}
    linked |= {b for chain in links.technical for b, _ in chain}
    for link in links.conditional:
        linked |= {link.bid, *(condition.bid for condition in link.conditions)}
    available = bids.available_mw
    model.activation = pyo.ConstraintList()
    for b in model.B:
        for t in model.T:
            most = float(available[b, t])
            least = float(bids.minimum_mw[b, t]) if bids.divisible[b] else most
            if b in linked:
                least = max(least, min(most, LEAST_MW))
            model.activation.add(model.q[b, t] <= most * model.on[b, t])
            model.activation.add(model.q[b, t] >= least * model.on[b, t])


def _groups(model: pyo.ConcreteModel, problem: Problem) -> None:
    available, links = problem.bids.available_mw, problem.links
    model.groups = pyo.ConstraintList()
    model.full = pyo.Var(model.B, model.T, domain=pyo.Binary)
    model.share = pyo.VarList(bounds=(0, 1))
    for t in model.T:
        for group in links.exclusive:
            offered = [b for b in group if available[b, t] > 0]
            if offered:
                model.groups.add(sum(model.on[b, t] for b in offered) <= 1)
        for group in links.multipart:
            for parent, part in pairwise(group):
                model.groups.add(model.q[parent, t] >= float(available[parent, t]) * model.full[parent, t])
                model.groups.add(model.q[part, t] <= float(available[part, t]) * model.full[parent, t])
        for group in links.inclusive:
            share = model.share.add()
            for b in group:
                model.groups.add(model.q[b, t] == float(available[b, t]) * share)
    for b in links.blocks:
        share = model.share.add()
        for t in model.T:
            model.groups.add(model.q[b, t] == float(available[b, t]) * share)


def _chains(model: pyo.ConcreteModel, problem: Problem) -> None:
    available = problem.bids.available_mw
    model.chains = pyo.ConstraintList()

    def active(b: int, t: int) -> Any:
        return model.on[b, t] if available[b, t] > 0 else 0

    for chain in problem.links.technical:
        for (b, t), (c, u) in pairwise(chain):
            if available[b, t] > 0 and available[c, u] > 0:
                model.chains.add(model.on[b, t] + model.on[c, u] <= 1)
    for link in problem.links.conditional:
        if available[link.bid, link.mtu] == 0:
            continue
        met = [active(c.bid, c.mtu) if c.activated else 1 - active(c.bid, c.mtu) for c in link.conditions]
        for needed in [sum(met)] if link.any_of else met:
            model.chains.add(model.on[link.bid, link.mtu] <= needed)
