"""What a safe merit order means for those it limits, and what it relies on: fairness, non-delivery."""

import numpy as np

from gateway.optimiser.explain import ProviderShare, shares
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.merit_order import SafeMeritOrder
from gateway.optimiser.non_delivery import TOLERANCE_MW, NonDelivery
from gateway.optimiser.prefix_search import may_be_skipped
from gateway.optimiser.prefixes import dependable, price_lists
from gateway.optimiser.problem import Problem


def safe_discrimination(
    problem: Problem, safe: SafeMeritOrder, *, by: str = "provider"
) -> tuple[ProviderShare, ...]:
    """Whom the limits hit, against what is offered: any part of the list may be wanted."""
    offered = problem.bids.quantity_mw
    return shares(problem, offered, np.where(safe.limited, offered - safe.available_mw, 0.0), by)


def safe_non_delivery(problem: Problem, safe: SafeMeritOrder) -> NonDelivery:
    """Every bid that would overload a row in some activation of the list by not delivering its part of it.

    Only bids whose relief the list relies on can: never one that may be passed over, and none under the
    netting policy `relief_share` 0.
    """
    parts = []
    for number, flow in enumerate(GridFlows.of(problem)):
        if flow.bids.size:
            effects = flow.effects()
            parts += [_failures(problem, safe, (number, flow), effects, mtu) for mtu in range(problem.mtus)]
    return NonDelivery.worst(parts)


def _failures(
    problem: Problem, safe: SafeMeritOrder, grid: tuple[int, GridFlows], effects: np.ndarray, mtu: int
) -> NonDelivery:
    """Of one grid and MTU, per bid the worst row of either side."""
    number, flow = grid
    points, elements, count = effects.shape
    skipped = may_be_skipped(problem, mtu)[flow.bids]
    lists = price_lists(problem, flow.bids, mtu)
    found = []
    for side, room in zip((1, -1), flow.rooms(np.array([mtu])), strict=True):
        towards = side * effects.reshape(points * elements, count)
        change = dependable(towards, problem.relief_share, skipped) * safe.available_mw[flow.bids, mtu]
        loaded = np.flatnonzero(np.maximum(change, 0.0).sum(axis=1) > room.ravel())
        change, left = change[loaded], room.ravel()[loaded]
        worst = [one.worst(change)[0] for one in lists]
        for one, own in zip(lists, worst, strict=True):
            if not (loaded.size and one.order.size):
                continue
            excess = one.without(change) + (sum(worst) - own - left)[:, None]
            row = excess.argmax(axis=0)
            overload = excess[row, np.arange(row.size)]
            bad = np.flatnonzero((overload > TOLERANCE_MW) & (change[row, one.order] < 0))
            point, element = np.divmod(loaded[row[bad]], elements)
            same = np.ones(bad.size, np.int64)
            bids = flow.bids[one.order[bad]]
            found.append(
                NonDelivery(bids, mtu * same, number * same, element, point, side * same, overload[bad])
            )
    return NonDelivery.worst(found)
