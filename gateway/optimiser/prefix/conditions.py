"""Conditions of minima, groups and links on available quantities, compared with what was *offered*.

Members of an inclusive group and the MTUs of a block have the same share of their offers; a later part
of a multipart group stays only while all of the part before it is available; a bid that is available only
once another was activated is removed with the other, and one that must be followed is removed with its
follower. No relief of such bids is ever relied upon (`activations.may_be_skipped`), so removing any of them,
or a part of them, never makes a list unsafe.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.links import ConditionalLink
from gateway.optimiser.model.problem import Problem, following_pairs, least_mw
from gateway.optimiser.prefix.rows import TOLERANCE_MW, ComponentRows

At = tuple[int, int]
"""A bid and an MTU."""


class Conditions:
    """The conditions of one part within the MTUs `first` to `last`; quantities are numbered MTU by MTU.

    Attributes:
        least, offered: (W·b,) least quantity that is not 0; the offer.
        parts: (P, 2) pairs parent, part: the part only if all of the parent is available.
        follows: (F, 2) pairs one, next: the one only if some of the next is available.
    """

    def __init__(self, rows: ComponentRows, first: int, last: int) -> None:
        problem = rows.problem
        self._count, self._first = rows.bids.size, first
        self._place = {int(bid): number for number, bid in enumerate(rows.bids)}
        window, mtus = slice(first, last + 1), range(first, last + 1)
        quantity, links = problem.bids.quantity_mw, problem.links
        self.least = least_mw(problem)[rows.bids, window].T.ravel()
        self.offered = quantity[rows.bids, window].T.ravel()
        self.parts = self._numbers(
            pair
            for group in links.multipart
            for t in mtus
            for pair in pairwise(_offered(quantity, group, [t]))
        )
        offered = (
            (one, after) for one, after in following_pairs(problem) if quantity[one] and quantity[after]
        )
        self.follows = self._numbers(pair for pair in offered if all(t in mtus for _, t in pair))
        together = [(group, [t]) for group in links.inclusive for t in mtus]
        together += [((bid,), list(mtus)) for bid in links.blocks]
        self._same = self._numbers(
            pair for group, at in together for pair in pairwise(_offered(quantity, group, at))
        )

    @property
    def linear(self) -> bool:
        """Whether every answer of a linear programme with `same_shares` honours them."""
        return not ((self.least > 0).any() or self.parts.size or self.follows.size)

    @property
    def tied(self) -> bool:
        """Whether the quantity of some bid depends on that of another."""
        return bool(self.parts.size or self._same.size or self.follows.size)

    def least_together(self) -> FloatArray:
        """(W·b,) least quantities so that all with the same share have their minima."""
        share = self.least / np.where(self.offered > 0, self.offered, 1.0)
        for _ in range(self._same.shape[0]):
            before = share.copy()
            for one, other in self._same.tolist():
                share[[one, other]] = max(share[one], share[other])
            if (before == share).all():
                break
        return np.asarray(share * self.offered)

    def rest(self, available: FloatArray) -> FloatArray:
        """Quantities without those that break a condition; safe where `available` is, complete where none is
        tied."""
        rest = available.copy()
        rest[self.broken(available)[0]] = 0.0
        return rest

    def same_shares(self) -> csr_array:
        """Rows that are 0 where quantities have the same share of their offers."""
        first, second = self._same.T
        row = np.arange(first.size)
        entries = np.concatenate([self.offered[second], -self.offered[first]])
        scale = np.maximum(self.offered[first], self.offered[second])
        places = np.concatenate([row, row]), np.concatenate([first, second])
        shape = first.size, self.offered.size
        return csr_array((entries / np.concatenate([scale, scale]), places), shape=shape)

    def broken(self, available: FloatArray) -> tuple[IntArray, FloatArray]:
        """Quantities that cannot stay as they are, and how far each is from staying, 0 to 1."""
        short = np.flatnonzero((available > TOLERANCE_MW) & (available < self.least - TOLERANCE_MW))
        parent, part = self.parts.T
        bad = (available[part] > TOLERANCE_MW) & (available[parent] < self.offered[parent] - TOLERANCE_MW)
        missing = 1.0 - available[parent[bad]] / self.offered[parent[bad]]
        one, after = self.follows.T
        alone = (available[one] > TOLERANCE_MW) & (
            available[after] < np.maximum(self.least[after], TOLERANCE_MW)
        )
        far = np.concatenate([1.0 - available[short] / self.least[short], missing, np.ones(int(alone.sum()))])
        return np.concatenate([short, part[bad], one[alone]]), far

    def _numbers(self, pairs: Iterable[tuple[At, At]]) -> IntArray:
        found = [
            [(t - self._first) * self._count + self._place[b] for b, t in pair]
            for pair in pairs
            if all(b in self._place for b, _ in pair)
        ]
        return np.array(found, np.int64).reshape(-1, 2)


def honoured(problem: Problem, available: FloatArray) -> FloatArray:
    """Available quantities (B, T) without those that break a condition, over all bids and MTUs."""
    available, least = available.copy(), least_mw(problem)
    while True:
        before = available.copy()
        available[available < np.maximum(least - TOLERANCE_MW, TOLERANCE_MW)] = 0.0
        _honour_groups(problem, available)
        for one, next_ in following_pairs(problem):
            if problem.bids.quantity_mw[next_] > 0 and available[next_] == 0:
                available[one] = 0.0
        for link in problem.links.conditional:
            if not _possible(problem, link, available):
                available[link.bid, link.mtu] = 0.0
        if (before == available).all():
            return available


def _honour_groups(problem: Problem, available: FloatArray) -> None:
    """Same shares in inclusive groups and blocks, no part after one that is not completely available, in
    place."""
    quantity, links, mtus = problem.bids.quantity_mw, problem.links, range(problem.mtus)
    for bid in links.blocks:
        _share(available, quantity, _offered(quantity, (bid,), mtus))
    for mtu in mtus if links else ():
        for group in links.inclusive:
            _share(available, quantity, _offered(quantity, group, [mtu]))
        for group in links.multipart:
            for parent, part in pairwise(_offered(quantity, group, [mtu])):
                if available[parent] < quantity[parent] - TOLERANCE_MW:
                    available[part] = 0.0


def _share(available: FloatArray, quantity: FloatArray, members: list[At]) -> None:
    """Bring all members down to the least share among them, in place."""
    if not members:
        return
    shares = [available[at] / quantity[at] for at in members]
    least = min(shares)
    for at, share in zip(members, shares, strict=True):
        if share > least + 1e-9:
            available[at] = least * quantity[at]


def _possible(problem: Problem, link: ConditionalLink, available: FloatArray) -> bool:
    """Whether the bid of a link can become available: none that is withheld is activated."""
    can = []
    for one in link.conditions:
        if one.mtu < 0:
            can.append(((one.bid, one.mtu) in problem.links.activated_before) == one.activated)
        else:
            can.append(available[one.bid, one.mtu] > 0 or not one.activated)
    return any(can) if link.any_of else all(can)


def _offered(quantity: FloatArray, bids: Iterable[int], mtus: Iterable[int]) -> list[At]:
    """Those with a quantity, in their order."""
    return [(bid, mtu) for mtu in mtus for bid in bids if quantity[bid, mtu] > 0]
