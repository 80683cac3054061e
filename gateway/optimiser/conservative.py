"""Conservative curtailment: an answer in milliseconds that needs no solver and cannot overload anything.

Every bid of the merit order is scaled down to

    q_b = q_b⁰ · min over rows r with c_rb > 0 of min(1, room_r / W_r),   W_r = Σ_b max(c_rb, 0) q_b⁰

so that `Σ_b max(c_rb, 0) q_b ≤ room_r` for every row: any subset of the deliveries is safe, without
relying on a single relieving bid. Minimum quantities and links then only remove bids, which keeps that true.
"""

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.decision import Decision, shortage
from gateway.optimiser.every_subset import least_allowed
from gateway.optimiser.flows import GridFlows, loads
from gateway.optimiser.links import LEAST_MW, tied_bids
from gateway.optimiser.order import priced
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import violated


def curtail(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    wanted: FloatArray,
    mtus: IntArray,
    *,
    keep_netting: bool = False,
) -> list[Decision]:
    """Decisions for `mtus` that accept at most `wanted` (B, T).

    With `keep_netting`, a grid that `wanted` leaves within its limits is curtailed only once the
    curtailment of another grid upsets it.
    """
    accepted = wanted[:, mtus]
    done = np.zeros((len(flows), mtus.size), np.bool_)
    while True:
        for column, mtu in enumerate(mtus.tolist()):
            accepted[:, column] = _whole(problem, accepted[:, column], mtu)
        todo = ~done
        if keep_netting:
            todo &= np.array([violated(flow, accepted, mtus) for flow in flows]).reshape(done.shape)
        if not todo.any():
            break
        for number in np.flatnonzero(todo.any(axis=1)).tolist():
            _scale_down(flows[number], accepted, mtus, np.flatnonzero(todo[number]))
        done |= todo
    return [_decision(problem, accepted[:, column], mtu) for column, mtu in enumerate(mtus.tolist())]


def _scale_down(flow: GridFlows, accepted: FloatArray, mtus: IntArray, columns: IntArray) -> None:
    """Make every subset of `accepted` (B, M) safe for one grid at some of the MTUs, in place."""
    whole = flow.effects()
    effects = whole.reshape(whole.shape[0] * whole.shape[1], -1)
    start = accepted[np.ix_(flow.bids, columns)]
    share = np.ones_like(start)
    loading = effects > 0, effects < 0
    for who, load, room in zip(loading, loads(effects, start), flow.rooms(mtus[columns]), strict=True):
        allowed = np.where(load > 0, room.reshape(load.shape) / np.where(load > 0, load, 1.0), 1.0)
        for column in np.flatnonzero((allowed < 1.0).any(axis=0)).tolist():
            rows = np.flatnonzero(allowed[:, column] < 1.0)
            least = least_allowed(who, rows, allowed[rows, column])
            share[:, column] = np.minimum(share[:, column], least)
    accepted[np.ix_(flow.bids, columns)] = start * share


def _whole(problem: Problem, accepted: FloatArray, mtu: int) -> FloatArray:
    """Without bids below their minimum, and without every bid that a link ties to others."""
    bids = problem.bids
    available = bids.available_mw[:, mtu]
    least = np.where(bids.divisible, bids.minimum_mw[:, mtu], available)
    kept = np.where(accepted < np.maximum(least - 1e-9, 0.0), 0.0, accepted)
    kept[sorted(tied_bids(problem.links))] = 0.0
    return np.where(kept < LEAST_MW, 0.0, kept)


def _decision(problem: Problem, accepted: FloatArray, mtu: int) -> Decision:
    cost = float(problem.bids.price_eur_per_mwh[:, mtu] @ accepted)
    unmet = float(shortage(problem, accepted, mtu).sum())
    objective = float(priced(problem, cost, unmet, 0.0))
    return Decision.without_prices(problem, mtu, accepted, objective, Rung.CONSERVATIVE)
