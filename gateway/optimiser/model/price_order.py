"""The merit order without a grid: contracted capacity first, then cheapest first, ties by position."""

from collections.abc import Sequence

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem


def by_price(problem: Problem, number: int, mtu: int) -> IntArray:
    """Indices of the bids of one list in the order in which they are taken.

    Contracted capacity before all else, then the cheapest; equal prices in the order of the bids.
    """
    offer = problem.bids
    bids = np.flatnonzero(offer.list_index == number)
    return bids[np.lexsort((offer.price_eur_per_mwh[bids, mtu], ~offer.contracted[bids]))]


def merit_order(
    problem: Problem, mtus: Sequence[int] | IntArray | None = None, surplus_mw: float = 0.0
) -> tuple[FloatArray, IntArray]:
    """Accepted MW (B, M) by price alone at `mtus` (all if None), all bids taken as divisible; marginal bids.

    With a surplus, bids with negative prices are accepted beyond the demand as far as it allows: no answer
    does so, but none that uses it for indivisible bids costs less. The second result is (L, M): the marginal
    bid of each list, −1 where its offers fall short.
    """
    chosen = range(problem.mtus) if mtus is None else mtus
    available, lists = problem.bids.available_mw, len(problem.lists)
    accepted = np.zeros((available.shape[0], len(chosen)))
    marginal = np.full((lists, len(chosen)), -1)
    for column, mtu in enumerate(chosen):
        for number in range(lists):
            demand = problem.lists.demand_mw[number, mtu]
            order = by_price(problem, number, mtu)
            offered = available[order, mtu]
            reached = np.cumsum(offered)
            paid = offered[problem.bids.price_eur_per_mwh[order, mtu] < 0].sum()
            target = np.clip(paid, demand, demand + surplus_mw)
            accepted[order, column] = np.clip(target - (reached - offered), 0.0, offered)
            last = int(np.searchsorted(reached, target))
            if last < order.size:
                marginal[number, column] = order[last]
    return accepted, marginal


def tie_breaks(problem: Problem, mtu: int) -> FloatArray:
    """(B,) tiny additions to the price, in EUR per MWh, that prefer the earlier of equal bids.

    Steps of 1e-7 within a group of equal price and list, at most 1e-5 over a group: seen by
    the solver (dual tolerance 1e-9), not by a cost compared to a relative 1e-6.
    """
    additions = np.zeros(len(problem.bids.ids))
    for number in range(len(problem.lists)):
        offered = problem.bids.price_eur_per_mwh[problem.bids.list_index == number, mtu]
        if np.diff(np.sort(offered)).all():  # far cheaper than to order them by place in the list, too
            continue
        order = by_price(problem, number, mtu)
        price = problem.bids.price_eur_per_mwh[order, mtu]
        starts = np.r_[True, np.diff(price) != 0]
        first = np.flatnonzero(starts)
        size = np.diff(np.r_[first, price.size])
        rank = np.arange(price.size) - np.repeat(first, size)
        additions[order] = rank * np.minimum(1e-7, 1e-5 / np.repeat(size, size))
    return additions
