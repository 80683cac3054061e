"""From decisions to an answer, which follows from the problem and the accepted quantities alone.

Nothing is taken over from the solver but the accepted quantities and the prices; flows, costs, overloads
and the verification are computed again, for all rows of all grids, one product per grid over all MTUs.
"""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import (
    Answer,
    GridLoading,
    RowValues,
)
from gateway.optimiser.check.forced_rejections import removals_of
from gateway.optimiser.check.limits import limits_of, passed_over
from gateway.optimiser.check.loading import interpolated_loading, loading_of
from gateway.optimiser.check.quantity_steps import STEP_MW, rounded_alike
from gateway.optimiser.check.verify import objectives, verify
from gateway.optimiser.check.watt_rounding import reduced_by_watts
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.decision import MtuDecision, shortage
from gateway.optimiser.model.levels import weights
from gateway.optimiser.model.order import priced
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.overload import TOLERANCE_MW, excesses, overload_of, tolerance_of


def assemble(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    decisions: Sequence[MtuDecision],
    seconds: dict[str, float],
    *,
    notes: tuple[str, ...] = (),
) -> Answer:
    """The answer of one decision per MTU; MTUs without a decision accept nothing and are not assessed."""
    started = perf_counter()
    by_mtu = {decision.mtu: decision for decision in decisions}
    ordered = [by_mtu.get(mtu) or MtuDecision.nothing(problem, mtu) for mtu in range(problem.mtus)]
    decided = np.stack([decision.accepted_mw for decision in ordered], axis=1)
    accepted = rounded_alike(problem, decided)
    by_price, _ = merit_order(problem)
    loadings, overloads, overload, broken = _grids(problem, flows, by_price, accepted)
    if len(overloads):
        rounded, exceeded = accepted, np.unique(overloads.mtu).tolist()
        accepted = reduced_by_watts(problem, flows, decided, rounded, exceeded)
        if (accepted != rounded).any():
            ordered = _claiming_less(problem, ordered, rounded, accepted)
            loadings, overloads, overload, broken = _grids(problem, flows, by_price, accepted)
    ordered = [replace(one, accepted_mw=accepted[:, mtu]) for mtu, one in enumerate(ordered)]
    hours, price = problem.mtu_hours, problem.bids.price_eur_per_mwh
    short = _shortages(problem, accepted)
    short[short < STEP_MW] = 0.0  # less than a document can state
    cost = np.einsum("bt,bt->t", price, accepted)
    objective = priced(problem, cost, short.sum(axis=0), overload)
    passed = passed_over(problem, by_price, accepted)
    limits = limits_of(problem, flows, passed, accepted, ordered)
    limited = np.zeros(accepted.shape, np.bool_)
    limited[limits.bid, limits.mtu] = True
    explained = np.array([one.explained for one in ordered])
    removals = removals_of(problem, passed, accepted, limited, explained)
    named = np.zeros(accepted.shape, np.bool_)
    named[[one.bid for one in removals], [one.mtu for one in removals]] = True
    limited |= passed & ~named
    limited |= np.array([one.rung is Rung.NOT_ASSESSED for one in ordered]) & (problem.bids.quantity_mw > 0)
    not_needed = (problem.bids.quantity_mw > 0) & (accepted <= TOLERANCE_MW) & ~limited & ~named
    verdict = verify(problem, ordered, overloads, objective, broken)
    spent = perf_counter() - started
    bound = np.array([decision.bound_eur_per_h for decision in ordered])
    return Answer(
        accepted_mw=accepted,
        available_mw=accepted,
        merit_order_mw=by_price,
        cost_eur=cost * hours,
        merit_order_cost_eur=np.einsum("bt,bt->t", price, by_price) * hours,
        objective_eur=objective * hours,
        bound_eur=np.minimum(bound, objective) * hours,
        shortage_mw=short,
        overload=overload,
        list_price=np.stack([decision.list_price for decision in ordered], axis=1),
        loadings=loadings,
        overloads=overloads,
        shadow_prices=_shadow_prices(ordered),
        limited=limited,
        not_needed=not_needed,
        limits=limits,
        removals=removals,
        rung=tuple(decision.rung for decision in ordered),
        verification=verdict,
        seconds=seconds | {"assemble": spent, "total": sum(seconds.values()) + spent},
        notes=notes,
    )


def _shortages(problem: Problem, accepted: FloatArray) -> FloatArray:
    """(L, T) demand that accepted (B, T) leaves unmet."""
    return np.stack([shortage(problem, accepted[:, mtu], mtu) for mtu in range(problem.mtus)], axis=1)


def _claiming_less(
    problem: Problem, decisions: Sequence[MtuDecision], rounded: FloatArray, accepted: FloatArray
) -> list[MtuDecision]:
    """Decisions whose objectives are those claimed, but for what was taken from rounded quantities (B, T)."""
    cost = np.einsum("bt,bt->t", problem.bids.price_eur_per_mwh, accepted - rounded)
    unmet = (_shortages(problem, accepted) - _shortages(problem, rounded)).sum(axis=0)
    less = (cost + unmet * problem.shortage_eur_per_mw).tolist()
    return [
        replace(one, objective_eur_per_h=one.objective_eur_per_h + change)
        for one, change in zip(decisions, less, strict=True)
    ]


def judge(
    problem: Problem, accepted_mw: FloatArray, rung: Rung, seconds: dict[str, float] | None = None
) -> Answer:
    """Quantities (B, T) found by other methods, as an answer: costs, loadings, overloads, but no prices."""
    flows, mtus = GridFlows.of(problem), np.arange(problem.mtus)
    costs = objectives(problem, flows, accepted_mw, mtus).tolist()
    decisions = [
        MtuDecision.without_prices(problem, mtu, accepted_mw[:, mtu], costs[mtu], rung)
        for mtu in mtus.tolist()
    ]
    return assemble(problem, flows, decisions, seconds or {})


def _grids(
    problem: Problem, flows: tuple[GridFlows, ...], by_price: FloatArray, accepted: FloatArray
) -> tuple[tuple[GridLoading, ...], RowValues, FloatArray, FloatArray]:
    """Loadings of every grid, every row the accepted bids bring beyond its relaxed limit, the overload (T,)
    they make up, and by how much (V,) rows are beyond what their operators agreed to."""
    mtus, direction = np.arange(accepted.shape[1]), problem.bids.direction
    stacked = np.hstack([by_price, accepted])
    loadings, found = [], []
    overload, broken = np.zeros(mtus.size), [np.zeros(0)]
    for number, flow in enumerate(flows):
        both = flow.flow_change(stacked)
        before, after = both[..., : mtus.size], both[..., mtus.size :]
        if flow.grid.levels_mw is None:
            loadings.append(loading_of(flow, before, after))
        else:
            parts = [weights(flow.grid, direction, mw) for mw in (0 * accepted, by_price, accepted)]
            loadings.append(interpolated_loading(flow, before, after, parts))
        changes = (after, -after) if flow.relief_share == 1.0 else flow.changes(accepted)
        excess, beyond = excesses(flow, direction, accepted, mtus, np.stack(changes))
        least = tolerance_of(flow)
        if (excess <= least).all():
            continue
        overload += overload_of(flow, excess)
        broken.append(beyond[beyond > least])
        side, point, element, mtu = np.nonzero(excess > least)
        value = excess[side, point, element, mtu]
        found.append((np.full(point.size, number), element, point, 1 - 2 * side, mtu, value))
    columns = [np.concatenate(column) for column in zip(*found, strict=True)] if found else None
    rows = RowValues(*columns) if columns else RowValues.none()
    return tuple(loadings), rows, overload, np.concatenate(broken)


def _shadow_prices(decisions: Sequence[MtuDecision]) -> RowValues:
    parts = [
        (
            d.rows.grid,
            d.rows.element,
            d.rows.point,
            d.rows.side,
            np.full(len(d.rows), d.mtu),
            d.shadow_price,
        )
        for d in decisions
    ]
    return (
        RowValues(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        if parts
        else RowValues.none()
    )
