"""Rounding of quantities to the steps of documents: once, before anything is verified or explained.

Documents have at most 17 digits and no meter resolves less than a watt, so a quantity is stated to the watt,
rounded down. A quantity of a solver within a tenth of a watt of the next step is that step, unless a row is
then exceeded (`reduced_by_watts`, `safe.rounded_lists`). A quantity that is the complete offer, or the least
that may be taken, stays what it is, whatever digits it has.
"""

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.overload import TOLERANCE_MW

STEPS = 1e6
"""In a MW: one watt each. Divided by, so that a result has no more digits than it needs."""

STEP_MW = 1.0 / STEPS

NOISE = 0.1
"""Of a step: what a solver's answer is short of the next one by is its tolerance, not its meaning."""

EXACT = 1e-6
"""Of a step: what arithmetic loses; nothing is rounded up by more."""


def rounded_down(
    problem: Problem, quantity_mw: FloatArray, bids: IntArray, mtus: IntArray, noise: float = NOISE
) -> FloatArray:
    """(b, M) quantities of some bids (b,) at some MTUs (M,), between 0 and what is available.

    A quantity short of the next step by less than `noise` is that step.
    """
    offer, cells = problem.bids, np.ix_(bids, mtus)
    most = offer.available_mw[cells]
    least = np.where(offer.divisible[bids, None], offer.minimum_mw[cells], most)
    result = np.floor(quantity_mw * STEPS * (1.0 + 1e-15) + noise) / STEPS
    result = np.where((result < least) & (quantity_mw > least - STEP_MW), least, result)
    result = np.where(quantity_mw > most - noise * STEP_MW, most, np.minimum(result, most))
    return np.asarray(np.where(result < STEP_MW / 2, 0.0, result))


def rounded_alike(problem: Problem, accepted_mw: FloatArray) -> FloatArray:
    """(B, T) acceptances, of which each list meets as much of its demand as before, to a step.

    Rounding down would leave a list short by up to as many steps as it has bids in part: those that lose most
    are rounded up instead (largest remainder method). A list that a solver's tolerance lets exceed its demand
    removes the steps again.
    """
    bids = problem.bids
    result = rounded_down(problem, accepted_mw, np.arange(len(bids.ids)), np.arange(problem.mtus))
    lost = accepted_mw - result
    raised = np.where(result + STEP_MW <= bids.available_mw, lost, 0.0)
    for mtu in np.flatnonzero((raised > 0).any(axis=0)).tolist():
        for number in np.unique(bids.list_index[raised[:, mtu] > 0]).tolist():
            listed = bids.list_index == number
            mine = np.flatnonzero(listed & (raised[:, mtu] > 0))
            steps = max(int(np.floor(lost[listed, mtu].sum() * STEPS)), 0)
            most = mine[np.argsort(-raised[mine, mtu], kind="stable")][:steps]
            result[most, mtu] = np.round(result[most, mtu] * STEPS + 1.0) / STEPS
    _take_back(problem, result)
    return result


def _take_back(problem: Problem, accepted: FloatArray) -> None:
    """Remove the watts that a solver's tolerance leaves beyond a demand from (B, T), in place.

    The dearest first; where a list has no demand, nothing is accepted. What is beyond by more than a
    tolerance stays, for the verification to see.
    """
    bids, demand = problem.bids, problem.lists.demand_mw
    met = np.zeros(demand.shape)
    np.add.at(met, bids.list_index, accepted)
    close = met - demand <= TOLERANCE_MW
    accepted[((demand == 0.0) & close)[bids.list_index]] = 0.0
    beyond = np.where((demand > 0.0) & close, np.floor((met - demand) * STEPS + EXACT), 0.0)
    least = least_mw(problem) if (beyond >= 1.0).any() else accepted
    for number, mtu in zip(*np.nonzero(beyond >= 1.0), strict=True):
        listed = bids.list_index == number
        for bid in np.argsort(-bids.price_eur_per_mwh[:, mtu], kind="stable").tolist():
            spare = np.floor((accepted[bid, mtu] - least[bid, mtu]) * STEPS + EXACT) if listed[bid] else 0.0
            steps = min(beyond[number, mtu], spare)
            if steps >= 1.0:
                accepted[bid, mtu] = np.round(accepted[bid, mtu] * STEPS - steps) / STEPS
                beyond[number, mtu] -= steps
