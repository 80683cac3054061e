"""The worst activation a price-ordered list allows, row by row.

A list holds the bids of one direction or, where platforms activate independently, of one platform and
direction. Of every list a prefix is activated; the last bid of a prefix may be activated in part, bids of
equal price in any order, and a bid that is indivisible, has a minimum or is linked may be passed over. With
x_b the flow change of bid b towards a limit, a prefix that ends within price group g brings at most

    Σ_{b before g} x_b + Σ_{b in g} max(x_b, 0)

because partial and any-order activation only take convex combinations and subsets of group g, and a bid that
may be passed over enters every sum with max(x_b, 0). Prefixes of different lists are chosen independently, so
the worst combination is the sum of the worst ones; none at all brings 0.
"""

from dataclasses import dataclass

import numpy as np

from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class PriceList:
    """One direction's bids in the order in which they are activated.

    Attributes:
        order: (n,) positions of the bids, cheapest first. group: (n,) price group of each, ascending from 0.
        first: (g,) where each group begins.
    """

    order: IntArray
    group: IntArray
    first: IntArray

    @staticmethod
    def of(bids: IntArray, price: FloatArray) -> "PriceList":
        """From positions of bids and the prices (B,) of all."""
        order = bids[np.argsort(price[bids], kind="stable")]
        starts = np.diff(price[order], prepend=np.nan) != 0
        return PriceList(order, np.cumsum(starts) - 1, np.flatnonzero(starts))

    def worst(self, change: FloatArray) -> tuple[FloatArray, IntArray]:
        """(R,) worst prefix sum ≥ 0 of per-bid changes (R, B), and the group it ends in, −1 for none."""
        rows = change.shape[0]
        if not self.order.size:
            return np.zeros(rows), np.full(rows, -1)
        ends = self.by_end(change)
        group = ends.argmax(axis=1)
        most = ends[np.arange(rows), group]
        return np.maximum(most, 0.0), np.where(most > 0, group, -1)

    def by_end(self, change: FloatArray) -> FloatArray:
        """(R, g) the most that prefixes ending in each price group bring, of per-bid changes (R, B)."""
        whole = change[:, self.order]
        ends = np.maximum(whole, 0.0)
        if self.first.size < self.order.size:  # equal prices
            ends = np.add.reduceat(ends, self.first, axis=1)
            whole = np.add.reduceat(whole, self.first, axis=1)
        ends[:, 1:] += np.cumsum(whole, axis=1)[:, :-1]
        return np.asarray(ends)

    def without(self, change: FloatArray) -> FloatArray:
        """(R, n) `worst` if the bid at each place of the list, once activated, brings no relief."""
        ends = self.by_end(change)
        until = np.maximum.accumulate(ends, axis=1)[:, self.group]
        after = np.full((change.shape[0], self.first.size + 1), -np.inf)
        after[:, :-1] = np.maximum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
        relief = np.minimum(change[:, self.order], 0.0)
        return np.asarray(np.maximum(np.maximum(until, after[:, self.group + 1] - relief), 0.0))

    def cut(self, coefficients: FloatArray, group: IntArray) -> FloatArray:
        """(R, n) coefficients, in list order, of the prefixes that end in `group` (R,)."""
        mine = coefficients[:, self.order]
        before = self.group < group[:, None]
        last = self.group == group[:, None]
        return np.where(before, mine, np.where(last, np.maximum(mine, 0.0), 0.0))


def dependable(coefficients: FloatArray, relief_share: float, may_be_skipped: BoolArray) -> FloatArray:
    """(R, B) coefficients with relief counted as far as the netting policy and the bid allow."""
    share = np.where(may_be_skipped, 0.0, relief_share)
    return np.where(coefficients > 0, coefficients, coefficients * share)


def price_lists(problem: Problem, bids: IntArray, mtu: int) -> list[PriceList]:
    """The lists that are activated independently of each other; positions are those within `bids`."""
    price, direction = problem.bids.price_eur_per_mwh[bids, mtu], problem.bids.direction[bids]
    listed = direction if problem.one_buyer else problem.bids.list_index[bids]
    return [PriceList.of(np.flatnonzero(listed == one), price) for one in np.unique(listed).tolist()[::-1]]
