"""An answer recomputed outside the solver: flows of all rows, costs, shortages, quantities and links.

Sensitivities too small for a solver are left out of its rows; in the verification they count, with all
others.
"""

from collections.abc import Sequence

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import OBJECTIVE_TOLERANCE, RowValues, Verification
from gateway.optimiser.check.link_rules import broken_links
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.decision import MtuDecision, shortage
from gateway.optimiser.model.order import priced
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.overload import TOLERANCE_MW, excesses, overload_of, tolerance_of

FEASIBILITY_MW = 1e-6
_ROUND_OFF_MW = 1e-9  # of sums


def verify(
    problem: Problem,
    decisions: Sequence[MtuDecision],
    overloads: RowValues,
    objective_per_h: FloatArray,
    broken_mw: FloatArray,
) -> Verification:
    """The verdict on one decision per MTU, given what was recomputed from all rows: overloads, objective, and
    by how much (V,) rows are exceeded beyond what was agreed."""
    accepted = np.stack([decision.accepted_mw for decision in decisions], axis=1)
    mtus = np.arange(problem.mtus)
    claimed = np.array([decision.objective_eur_per_h for decision in decisions])
    assessed = np.array([decision.rung != Rung.NOT_ASSESSED for decision in decisions])
    error = np.abs(claimed - objective_per_h) / claim_tolerance(problem, accepted, mtus)
    return Verification(
        rows_checked=sum(2 * grid.ptdf[:, :, 0].size for grid in problem.grids) * problem.mtus,
        violations=broken_mw.size,
        max_violation_mw=float(broken_mw.max(initial=0.0)),
        agreed_overloads=len(overloads) - broken_mw.size,
        bids_violated=int(quantities_broken(problem, accepted, mtus).sum())
        + len(broken_links(problem, accepted)),
        surplus_error_mw=float(_surplus_error(problem, accepted, mtus).max(initial=0.0)),
        objective_error=float(error[assessed].max(initial=0.0)),
        tolerance_mw=TOLERANCE_MW,
    )


def believable(
    problem: Problem, flows: tuple[GridFlows, ...], decisions: Sequence[MtuDecision]
) -> list[MtuDecision]:
    """The decisions that are what they claim: right shape, within quantities, objective as recomputed."""
    sound = [decision for decision in decisions if _well_formed(problem, decision)]
    if not sound:
        return []
    mtus = np.array([d.mtu for d in sound])
    accepted = np.stack([d.accepted_mw for d in sound], axis=1)
    objective, beyond = _judged(problem, flows, accepted, mtus)
    claimed = np.array([d.objective_eur_per_h for d in sound])
    fits = np.abs(claimed - objective) <= claim_tolerance(problem, accepted, mtus)
    fits &= beyond <= 0.0
    fits &= ~quantities_broken(problem, accepted, mtus).any(axis=0)
    fits &= _surplus_error(problem, accepted, mtus) <= TOLERANCE_MW
    return [decision for decision, good in zip(sound, fits.tolist(), strict=True) if good]


def objectives(
    problem: Problem, flows: tuple[GridFlows, ...], accepted: FloatArray, mtus: IntArray
) -> FloatArray:
    """(M,) cost per hour of accepted (B, M) at `mtus`, unmet demand and overload at the problem's prices."""
    return _judged(problem, flows, accepted, mtus)[0]


def _judged(
    problem: Problem, flows: tuple[GridFlows, ...], accepted: FloatArray, mtus: IntArray
) -> tuple[FloatArray, FloatArray]:
    """The objectives (M,), and by how much (M,) each is beyond a limit without agreed overload, and its
    tolerance."""
    overload, worst = np.zeros(mtus.size), np.full(mtus.size, -np.inf)
    for flow in flows:
        excess, beyond = excesses(flow, problem.bids.direction, accepted, mtus)
        overload += overload_of(flow, excess)
        worst = np.maximum(worst, (beyond - tolerance_of(flow)).max(axis=(0, 1, 2)))
    unmet = np.array([shortage(problem, accepted[:, m], t).sum() for m, t in enumerate(mtus.tolist())])
    cost = np.einsum("bm,bm->m", problem.bids.price_eur_per_mwh[:, mtus], accepted)
    return priced(problem, cost, unmet.reshape(mtus.size), overload), worst


def claim_tolerance(problem: Problem, accepted: FloatArray, mtus: IntArray) -> FloatArray:
    """(M,) EUR per hour by which a claimed objective may be off.

    A solver satisfies every row and bound to a feasibility tolerance, so its objective is known to that many
    MW times the prices; however near zero the objective is, it is not known better.
    """
    price = np.abs(problem.bids.price_eur_per_mwh[:, mtus])
    spent = np.einsum("bm,bm->m", price, accepted)
    lists = len(problem.lists) * problem.shortage_eur_per_mw
    return np.asarray(
        OBJECTIVE_TOLERANCE * np.maximum(spent, 1.0) + FEASIBILITY_MW * (price.sum(axis=0) + lists)
    )


def quantities_broken(problem: Problem, accepted: FloatArray, mtus: IntArray) -> BoolArray:
    """(B, M) accepted neither 0 nor within [least, available]."""
    bids = problem.bids
    available = bids.available_mw[:, mtus]
    least = np.where(bids.divisible[:, None], bids.minimum_mw[:, mtus], available)
    inside = (accepted >= least - TOLERANCE_MW) & (accepted <= available + TOLERANCE_MW)
    return np.asarray(~inside & (np.abs(accepted) > TOLERANCE_MW))


def _surplus_error(problem: Problem, accepted: FloatArray, mtus: IntArray) -> FloatArray:
    """(M,) MW accepted beyond a demand that are not allowed, or not needed."""
    met = np.zeros((len(problem.lists), mtus.size))
    np.add.at(met, problem.bids.list_index, accepted)
    excess = met - problem.lists.demand_mw[:, mtus]
    beyond = np.maximum(excess - problem.surplus_mw, 0.0)
    for number, column in zip(*np.nonzero(excess > 0.0), strict=True):
        beyond[number, column] = max(
            beyond[number, column],
            _avoidable(problem, accepted[:, column], number, int(mtus[column]), excess[number, column]),
        )
    return np.asarray(beyond.max(axis=0, initial=0.0))


def _avoidable(problem: Problem, accepted: FloatArray, number: int, mtu: int, excess: float) -> float:
    """MW of what is accepted (B,) of a list beyond its demand that one bid could be taken less for, or be
    left out for."""
    bids = problem.bids
    mine = np.flatnonzero((bids.list_index == number) & (accepted > 0))
    taken = accepted[mine]
    floor = np.where(bids.divisible[mine], bids.minimum_mw[mine, mtu], taken)
    spare = np.where(taken <= excess + _ROUND_OFF_MW, taken, taken - floor)
    return float(min(spare.max(initial=0.0), excess))


def _well_formed(problem: Problem, decision: MtuDecision) -> bool:
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
