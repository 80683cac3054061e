"""An answer recomputed outside the solver: flows of all rows, costs, shortages, quantities and links."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.answer import OBJECTIVE_TOLERANCE, Rows, Verification
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.decision import Decision, shortage
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.links import LEAST_MW, Condition
from gateway.optimiser.problem import Problem
from gateway.optimiser.reached import rooms_reached

TOLERANCE_MW = 1e-5


def verify(
    problem: Problem, decisions: Sequence[Decision], overloads: Rows, objective_per_h: FloatArray
) -> Verification:
    """The verdict on one decision per MTU, given the overloads and the objective recomputed from them."""
    accepted = np.stack([decision.accepted_mw for decision in decisions], axis=1)
    mtus = np.arange(problem.mtus)
    claimed = np.array([decision.objective_eur_per_h for decision in decisions])
    assessed = np.array([decision.rung != Rung.NOT_ASSESSED for decision in decisions])
    error = np.abs(claimed - objective_per_h) / np.maximum(np.abs(objective_per_h), 1.0)
    return Verification(
        rows_checked=sum(2 * grid.ptdf[:, :, 0].size for grid in problem.grids) * problem.mtus,
        violations=len(overloads),
        max_violation_mw=float(overloads.value.max(initial=0.0)),
        bids_violated=int(quantities_broken(problem, accepted, mtus).sum()) + links_broken(problem, accepted),
        surplus_error_mw=float(_surplus_error(problem, accepted, mtus).max(initial=0.0)),
        objective_error=float(error[assessed].max(initial=0.0)),
        tolerance_mw=TOLERANCE_MW,
    )


def believable(
    problem: Problem, flows: tuple[GridFlows, ...], decisions: Sequence[Decision]
) -> list[Decision]:
    """The decisions that are what they claim: right shape, within quantities, objective as recomputed."""
    sound = [decision for decision in decisions if _well_formed(problem, decision)]
    if not sound:
        return []
    mtus = np.array([d.mtu for d in sound])
    accepted = np.stack([d.accepted_mw for d in sound], axis=1)
    objective = objectives(problem, flows, accepted, mtus)
    claimed = np.array([d.objective_eur_per_h for d in sound])
    scale = np.maximum(np.abs(objective), 1.0)
    fits = np.abs(claimed - objective) <= OBJECTIVE_TOLERANCE * scale
    fits &= ~quantities_broken(problem, accepted, mtus).any(axis=0)
    fits &= _surplus_error(problem, accepted, mtus) <= TOLERANCE_MW
    return [decision for decision, good in zip(sound, fits.tolist(), strict=True) if good]


def objectives(
    problem: Problem, flows: tuple[GridFlows, ...], accepted: FloatArray, mtus: IntArray
) -> FloatArray:
    """(M,) cost with penalties per hour of accepted (B, M) at `mtus`."""
    overload = np.zeros(mtus.size)
    for flow in flows:
        rooms = rooms_reached(flow, problem.bids.direction, accepted, mtus)
        for change, room in zip(flow.changes(accepted), rooms, strict=True):
            excess = change - room
            excess[excess <= TOLERANCE_MW] = 0.0
            overload += excess.sum(axis=(0, 1))
    missing = np.array([sum(shortage(problem, accepted[:, m], t)) for m, t in enumerate(mtus.tolist())])
    cost = np.einsum("bm,bm->m", problem.bids.price_eur_per_mwh[:, mtus], accepted)
    return np.asarray(cost + problem.overload_eur_per_mw * overload + problem.shortage_eur_per_mw * missing)


def quantities_broken(problem: Problem, accepted: FloatArray, mtus: IntArray) -> BoolArray:
    """(B, M) accepted neither 0 nor within [least, available]."""
    bids = problem.bids
    available = bids.available_mw[:, mtus]
    least = np.where(bids.divisible[:, None], bids.minimum_mw[:, mtus], available)
    inside = (accepted >= least - TOLERANCE_MW) & (accepted <= available + TOLERANCE_MW)
    return np.asarray(~inside & (np.abs(accepted) > TOLERANCE_MW))


def links_broken(problem: Problem, accepted: FloatArray) -> int:
    """How many link conditions accepted (B, T) breaks."""
    links, available = problem.links, problem.bids.available_mw
    if not links:
        return 0
    active = accepted >= LEAST_MW / 2
    full = accepted >= available - TOLERANCE_MW
    offered = available > 0
    share = np.where(offered, accepted / np.where(offered, available, 1.0), np.nan)
    broken = 0
    for group in links.exclusive:
        broken += int((active[list(group)].sum(axis=0) > 1).sum())
    for group in links.multipart:
        for parent, part in pairwise(group):
            broken += int(((accepted[part] > TOLERANCE_MW) & ~full[parent]).sum())
    for group in links.inclusive:
        broken += int((_spread(share[list(group)] * 1.0, 0) > TOLERANCE_MW).sum())
    for bid in links.blocks:
        broken += int(_spread(share[bid], None) > TOLERANCE_MW)
    for chain in links.technical:
        broken += sum(bool(active[a] and active[b]) for a, b in pairwise(chain))
    for link in links.conditional:
        if active[link.bid, link.mtu]:
            met = [_met(active, condition) for condition in link.conditions]
            broken += not (any(met) if link.any_of else all(met))
    return broken


def _met(active: BoolArray, condition: Condition) -> bool:
    return bool(active[condition.bid, condition.mtu]) == condition.activated


def _spread(share: FloatArray, axis: int | None) -> FloatArray:
    """Largest minus smallest share among those offered."""
    highest = np.max(share, axis=axis, initial=0.0, where=~np.isnan(share))
    lowest = np.min(share, axis=axis, initial=1.0, where=~np.isnan(share))
    return np.asarray(highest - lowest)


def _surplus_error(problem: Problem, accepted: FloatArray, mtus: IntArray) -> FloatArray:
    up = problem.bids.direction > 0
    over_up = accepted[up].sum(axis=0) - problem.demand_up_mw[mtus]
    over_down = accepted[~up].sum(axis=0) - problem.demand_down_mw[mtus]
    return np.asarray(np.maximum(np.maximum(over_up, over_down) - problem.surplus_mw, 0.0))


def _well_formed(problem: Problem, decision: Decision) -> bool:
    """Whether it can be computed with at all: types, shapes, finite numbers, rows that exist."""
    accepted, rows = decision.accepted_mw, decision.rows
    if not isinstance(accepted, np.ndarray) or accepted.shape != (len(problem.bids.ids),):
        return False
    if not (0 <= decision.mtu < problem.mtus and isinstance(decision.rung, Rung)):
        return False
    sizes = np.array([grid.ptdf.shape[:2] for grid in problem.grids]).reshape(-1, 2)
    if len(rows) != decision.shadow_price.size or not np.isin(np.abs(rows.side), 1).all():
        return False
    exists = (rows.grid >= 0) & (rows.grid < len(sizes)) & (rows.point >= 0) & (rows.element >= 0)
    if not exists.all() or not (rows.point < sizes[rows.grid, 0]).all():
        return False
    numbers = np.r_[accepted, decision.shadow_price, decision.objective_eur_per_h]
    return bool((rows.element < sizes[rows.grid, 1]).all() and np.isfinite(numbers).all())
