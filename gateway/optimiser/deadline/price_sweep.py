"""A first answer to a demand, without a solver: bids in price order, each as far as limits and demand leave.

Lists take turns by the share of their demand that is met, so that up and down relieve each other; a list that
found no margin is tried again once relief has come. Accepted quantities respect every limit at every step,
so a sweep may end at any time. It finds nearly all the volume that there is, not the least cost. No limit is
exceeded, agreed or not, and bids that a link names are left out.
"""

from collections.abc import Callable

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.decision import MtuDecision, shortage
from gateway.optimiser.model.links import tied_bids
from gateway.optimiser.model.order import priced
from gateway.optimiser.model.price_order import by_price
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows

ROUNDS = 4
AT_ONCE = 64  # bids between two looks at the clock
LEAST_MW = 1e-6  # that is worth accepting
CLOSED_MW = 1e-12  # a margin below this is none
SHORT = 1.0 - 1e-9  # of what fills a row: round-off must not exceed it
Injection = tuple[int, float, FloatArray]
"""A grid, a signed factor, and the change (2R,) towards the limits of all its rows per MW injected."""


class PriceSweep:
    """The rows of all grids, node by node, and how every bid meets them."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...]) -> None:
        self._problem, self._flows = problem, flows
        self._injections: list[list[Injection]] = [[] for _ in problem.bids.ids]
        for number, flow in enumerate(flows):
            if flow.bids.size:
                self._hang(number, flow)
        self._tied = tied_bids(problem.links)

    def _hang(self, number: int, flow: GridFlows) -> None:
        ptdf = flow.grid.ptdf
        upwards = ptdf.reshape(-1, ptdf.shape[2]).T
        by_node = np.empty((len(upwards), 2 * upwards.shape[1]))
        by_node[:, : upwards.shape[1]] = upwards
        np.negative(by_node[:, : upwards.shape[1]], out=by_node[:, upwards.shape[1] :])
        node, signed = flow.grid.injections.node.tolist(), flow.signed.tolist()
        ends = np.append(flow.starts[1:], len(node)).tolist()
        for bid, first, end in zip(flow.bids.tolist(), flow.starts.tolist(), ends, strict=True):
            if end == first + 1:
                self._injections[bid].append((number, signed[first], by_node[node[first]]))
            else:
                change = np.asarray(flow.signed[first:end] @ by_node[node[first:end]])
                self._injections[bid].append((number, 1.0, change))

    def decide(self, mtu: int, late: Callable[[], bool] = lambda: False) -> MtuDecision:
        """Quantities that the sweep accepts at one MTU.

        Once it is `late`, what it has accepted until then: conservative, as the others were not tried.
        """
        problem, offer = self._problem, self._problem.bids
        taken, offered = np.zeros(len(offer.ids)), offer.available_mw[:, mtu]
        least = np.where(offer.divisible, offer.minimum_mw[:, mtu], offered)
        left = problem.lists.demand_mw[:, mtu].copy()
        margins = [_Margins(flow, mtu) for flow in self._flows]
        waiting, ended = self._order(mtu), False
        for _ in range(ROUNDS):
            before = float(left.sum())
            for place, bid in enumerate(waiting):
                ended = place % AT_ONCE == 0 and late()
                if ended:
                    break
                whose = offer.list_index[bid]
                wanted = min(offered[bid] - taken[bid], left[whose])
                if wanted < LEAST_MW or wanted + taken[bid] < least[bid]:
                    continue
                given = self._take(bid, wanted, max(least[bid] - taken[bid], LEAST_MW), margins)
                taken[bid] += given
                left[whose] -= given
            waiting = [bid for bid in waiting if offered[bid] - taken[bid] >= LEAST_MW]
            if ended or before - float(left.sum()) < LEAST_MW or not (left >= LEAST_MW).any():
                break
        cost = float(offer.price_eur_per_mwh[:, mtu] @ taken)
        unmet = float(shortage(problem, taken, mtu).sum())
        objective = float(priced(problem, cost, unmet, 0.0))
        rung = Rung.CONSERVATIVE if ended else Rung.BEST_FOUND
        return MtuDecision.without_prices(problem, mtu, taken, objective, rung)

    def _order(self, mtu: int) -> list[int]:
        """Bids with an offer: contracted capacity first, then cheapest first, lists by turns."""
        problem, offered = self._problem, self._problem.bids.available_mw[:, mtu]
        turn = np.full(offered.size, np.inf)
        for number in range(len(problem.lists)):
            order = by_price(problem, number, mtu)
            order = order[np.argsort(~problem.bids.contracted[order], kind="stable")]
            demand = max(float(problem.lists.demand_mw[number, mtu]), LEAST_MW)
            turn[order] = np.cumsum(offered[order]) / demand
        turn[list(self._tied)] = np.inf
        turn[offered < LEAST_MW] = np.inf
        order = np.argsort(turn, kind="stable")
        return [int(bid) for bid in order[: int(np.isfinite(turn).sum())]]

    def _take(self, bid: int, wanted: float, least: float, margins: list["_Margins"]) -> float:
        """Count in as much of what is `wanted` of a bid as all its grids leave, nothing below `least`; MW."""
        injections = self._injections[bid]
        if not all(margins[number].fits(factor * wanted, change) for number, factor, change in injections):
            for number, factor, change in injections:
                wanted = min(wanted, margins[number].most(factor, change))
            if wanted < least:
                return 0.0
            for number, factor, change in injections:
                margins[number].fits(factor * wanted, change)
        for number, _, _ in injections:
            margins[number].settle()
        return wanted


class _Margins:
    """Margins of all rows of a grid at one MTU, towards upper limits and then towards lower ones."""

    def __init__(self, flow: GridFlows, mtu: int) -> None:
        self._left = np.concatenate([side.ravel() for side in flow.margins(np.array([mtu]))])
        self._then = np.empty_like(self._left)
        self._relief_share = flow.relief_share

    def fits(self, injected: float, change: FloatArray) -> bool:
        """Whether so many MW, with a change per MW (2R,), respect all limits; `settle` includes them."""
        flow = injected * change
        if self._relief_share < 1.0:
            flow[flow < 0] *= self._relief_share
        np.subtract(self._left, flow, out=self._then)
        return bool(self._then.min() >= 0.0)

    def settle(self) -> None:
        """Accept what was tried last."""
        self._left, self._then = self._then, self._left

    def most(self, factor: float, change: FloatArray) -> float:
        """The MW that all rows leave, a trifle less than what fills one."""
        load = change / np.maximum(self._left, CLOSED_MW)
        highest = float(load.max() if factor > 0 else load.min())
        return SHORT / (factor * highest) if factor * highest > 0 else np.inf
