"""The same question as a readable Pyomo model: every row, every link, no tricks, one aim after the other.

The second opinion for tests, and the way to any solver Pyomo knows (`engine`). The model shares no code with
the fast path but the problem itself and is meant for small cases: all grids, operating points, sides and MTUs
are written out.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
import pyomo.environ as pyo

from gateway.domain.gate import DemandRule
from gateway.domain.result import Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import judge
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.links import LEAST_MW, TechnicalRule
from gateway.optimiser.model.problem import Problem

WATT_MW = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Optimum of the full model.

    Attributes:
        unmet_mw: unmet demand over all lists and MTUs. overload: scaled, over all MTUs.
        contracted_mw: accepted of contracted bids. cost_eur: of the accepted bids.
        objective_eur: cost with unmet demand and overload at the problem's prices, as in `Answer`.
        accepted_mw: (B, T).
    """

    unmet_mw: float
    overload: float
    contracted_mw: float
    cost_eur: float
    objective_eur: float
    accepted_mw: FloatArray


def solve_reference(problem: Problem, engine: str = "appsi_highs", gap: float = 1e-9) -> Reference:
    """Solve the full model with a Pyomo solver: unmet demand, overload, contracted capacity, cost, in this
    order.

    Raises:
        RuntimeError: the solver did not reach an optimum.
    """
    model = build(problem)
    solver = pyo.SolverFactory(engine)
    if engine == "appsi_highs":
        close = {"mip_rel_gap": gap, "mip_abs_gap": 1e-9, "mip_feasibility_tolerance": 1e-9}
        solver.highs_options = close | {"presolve": "off"}  # that close, presolve was seen to miss optima
        solver.config.load_solution = True
    model.held = pyo.ConstraintList()
    for expression in model.aims:
        if isinstance(expression, int | float):  # nothing to decide
            continue
        model.aim = pyo.Objective(expr=expression)
        result = solver.solve(model)
        if result.solver.termination_condition != pyo.TerminationCondition.optimal:
            raise RuntimeError(f"{engine} ended with {result.solver.termination_condition}")
        model.del_component("aim")
        if expression is not model.aims[-1]:
            model.held.add(expression <= float(pyo.value(expression)) + 1e-8)
    accepted = np.array([[pyo.value(model.q[b, t]) for t in model.T] for b in model.B])
    unmet, overload, untaken, cost = (float(pyo.value(aim)) for aim in model.aims)
    penalties = problem.shortage_eur_per_mw * unmet + problem.overload_eur_per_mw * overload
    return Reference(
        unmet_mw=unmet,
        overload=overload,
        contracted_mw=-untaken,
        cost_eur=cost,
        objective_eur=cost + problem.mtu_hours * penalties,
        accepted_mw=accepted.reshape(len(problem.bids.ids), problem.mtus),
    )


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
    """The complete problem as one mixed-integer model."""
    bids = problem.bids
    available = bids.available_mw
    model = pyo.ConcreteModel()
    model.B = pyo.RangeSet(0, len(bids.ids) - 1)
    model.T = pyo.RangeSet(0, problem.mtus - 1)
    model.q = pyo.Var(model.B, model.T, bounds=lambda _, b, t: (0, float(available[b, t])))
    model.on = pyo.Var(model.B, model.T, domain=pyo.Binary)
    lists = range(len(problem.lists))
    model.short = pyo.Var(lists, model.T, domain=pyo.NonNegativeReals)
    model.surplus = pyo.Var(lists, model.T, bounds=(0, problem.surplus_mw))

    model.balance = pyo.ConstraintList()
    for number in lists:
        for t in model.T:
            accepted = sum(model.q[b, t] for b in model.B if bids.list_index[b] == number)
            met = accepted + model.short[number, t] - model.surplus[number, t]
            model.balance.add(met == float(problem.lists.demand_mw[number, t]))
    if problem.surplus_mw:
        _no_avoidable_surplus(model, problem)
    over = _limits(model, problem)
    _activation(model, problem)
    _groups(model, problem)
    _chains(model, problem)
    contracted = sum(model.q[b, t] for b in model.B for t in model.T if bids.contracted[b])
    cost = sum(float(bids.price_eur_per_mwh[b, t]) * model.q[b, t] for b in model.B for t in model.T)
    model.aims = [sum(model.short.values()), sum(over.values()), -contracted, problem.mtu_hours * cost]
    return model


def _no_avoidable_surplus(model: pyo.ConcreteModel, problem: Problem) -> None:
    """More than the demand only where each accepted bid of the list is at its least, and needed."""
    bids, available = problem.bids, problem.bids.available_mw
    model.beyond = pyo.Var(range(len(problem.lists)), model.T, domain=pyo.Binary)
    model.unavoidable = pyo.ConstraintList()
    for number in range(len(problem.lists)):
        for t in model.T:
            surplus, beyond = model.surplus[number, t], model.beyond[number, t]
            model.unavoidable.add(surplus <= problem.surplus_mw * beyond)
            for b in model.B:
                if bids.list_index[b] == number:
                    most = float(available[b, t])
                    least = float(bids.minimum_mw[b, t]) if bids.divisible[b] else most
                    model.unavoidable.add(model.q[b, t] <= most - (most - least) * beyond)
                    least_surplus_mw = max(least - WATT_MW, 0.0)
                    model.unavoidable.add(
                        surplus <= least_surplus_mw + problem.surplus_mw * (1 - model.on[b, t])
                    )


def _limits(model: pyo.ConcreteModel, problem: Problem) -> dict[tuple[str, int, int], Any]:
    """One row per grid, operating point, element, side and MTU; the overload of each element and MTU.

    The overload of an element is an upper bound of all its scaled excesses. Only rows whose operator agreed
    to an emergency limit may be exceeded, and none unless the demand comes first.
    """
    model.over = pyo.VarList(domain=pyo.NonNegativeReals)
    model.rows = pyo.ConstraintList()
    model.passed = pyo.VarList(domain=pyo.Binary)
    overloads: dict[tuple[str, int, int], Any] = {}
    meets_demand = problem.rule is DemandRule.MEET_DEMAND
    for grid in problem.grids:
        counts = _reach(model, problem, grid)
        hung = list(zip(grid.injections.bid, grid.injections.node, grid.injections.factor, strict=True))
        sides = ((1, grid.upper_mw, grid.emergency_upper_mw), (-1, grid.lower_mw, grid.emergency_lower_mw))
        for point in range(len(grid.point_names)):
            for element in range(len(grid.element_ids)):
                effect: dict[int, float] = {}
                for bid, node, factor in hung:
                    each = float(problem.bids.direction[bid] * factor * grid.ptdf[point, element, node])
                    effect[int(bid)] = effect.get(int(bid), 0.0) + each
                weight, reserve = 1.0 + float(grid.accuracy[element]), float(grid.margin_mw[element])
                for t in model.T:
                    base = float(grid.base_mw[point, t if grid.base_mw.shape[1] > 1 else 0, element])
                    for side, limits, emergency in sides:
                        left = max(side * (float(limits[element]) - base) - reserve, 0.0)
                        change = weight * sum(
                            (e if (e := side * effect[b]) > 0 else e * problem.relief_share) * model.q[b, t]
                            for b in effect
                        )
                        free = _more_than_any(problem, effect, t) * weight
                        spared = 0 if (point, t) not in counts else free * (1 - counts[point, t])
                        agreed = float(emergency[element])
                        if not meets_demand or np.isnan(agreed):
                            model.rows.add(change <= left + spared)
                            continue
                        key = grid.grid_id, int(grid.of_element[element]), t
                        if key not in overloads:
                            overloads[key] = model.over.add()
                        excess = weight * float(grid.scale[element]) * overloads[key]
                        model.rows.add(change <= left + excess + spared)
                        model.rows.add(change <= max(side * (agreed - base) - reserve, left) + spared)
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


def _more_than_any(problem: Problem, effect: dict[int, float], mtu: int) -> float:
    """MW of change that no activation can exceed."""
    available = problem.bids.available_mw[:, mtu]
    return sum(abs(each) * float(available[bid]) for bid, each in effect.items())


def _activation(model: pyo.ConcreteModel, problem: Problem) -> None:
    """Accepted within [least, available] or 0; `on` states which, for bids that need a switch."""
    bids, links = problem.bids, problem.links
    linked = {b for group in links.exclusive for b in group}
    linked |= {b for chain in links.technical for b, _ in chain if _matters(problem, b)}
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


def _matters(problem: Problem, bid: int) -> bool:
    """Whether its place in a technical chain ties a bid to its neighbours, by the market's rule."""
    chains, rule = problem.links.technical, problem.links.technical_rule
    mine = [chain for chain in chains if any(b == bid for b, _ in chain)]
    return rule is not TechnicalRule.DIRECT_BLOCKS or any(
        problem.bids.direct[b] and not problem.bids.scheduled[b] for chain in mine for b, _ in chain
    )


def _groups(model: pyo.ConcreteModel, problem: Problem) -> None:
    offered, links = problem.bids.quantity_mw, problem.links
    model.groups = pyo.ConstraintList()
    model.full = pyo.Var(model.B, model.T, domain=pyo.Binary)
    model.share = pyo.VarList(bounds=(0, 1))
    for t in model.T:
        for group in links.exclusive:
            if any(offered[b, t] > 0 for b in group):
                model.groups.add(sum(model.on[b, t] for b in group) <= 1)
        for group in links.multipart:
            there = [b for b in group if offered[b, t] > 0]
            for parent, part in pairwise(there):
                model.groups.add(model.q[parent, t] >= float(offered[parent, t]) * model.full[parent, t])
                model.groups.add(model.q[part, t] <= float(offered[part, t]) * model.full[parent, t])
        for group in links.inclusive:
            share = model.share.add()
            for b in group:
                model.groups.add(model.q[b, t] == float(offered[b, t]) * share)
    for b in links.blocks:
        share = model.share.add()
        for t in model.T:
            model.groups.add(model.q[b, t] == float(offered[b, t]) * share)


def _chains(model: pyo.ConcreteModel, problem: Problem) -> None:
    links, bids = problem.links, problem.bids
    available = bids.available_mw
    model.chains = pyo.ConstraintList()

    def active(b: int, t: int) -> Any:
        if t < 0:
            return int((b, t) in links.activated_before)
        return model.on[b, t] if available[b, t] > 0 else 0

    def add(expression: Any) -> None:
        if not isinstance(expression, bool | np.bool_):  # nothing to decide: both are known
            model.chains.add(expression)

    for chain in links.technical:
        for (b, t), (c, u) in pairwise(chain):
            direct = bids.direct[b] and not bids.scheduled[b]
            if links.technical_rule is TechnicalRule.MUST_FOLLOW:
                if t >= 0:
                    add(active(b, t) <= active(c, u))
            elif direct or links.technical_rule is TechnicalRule.MAY_NOT_FOLLOW:
                add(active(b, t) + active(c, u) <= 1)
    for link in links.conditional:
        met = [active(c.bid, c.mtu) if c.activated else 1 - active(c.bid, c.mtu) for c in link.conditions]
        for needed in [sum(met)] if link.any_of else met:
            add(active(link.bid, link.mtu) <= needed)
