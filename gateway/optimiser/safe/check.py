"""Lists recomputed outside the solver: by how much any activation of them exceeds a row.

Independent of the search and its rules: the verdict uses no code of `prefixes`, `activations`, `flows` or
their like. Per row and list an activation is followed bid by bid in order of price (dynamic programming),
with the most that it can have brought so far in every state it can be in:

* now: scheduled and direct activation both go on; only one of them does, as the other has stopped;
* still delivering from the MTU before: scheduled activation still includes every bid that offers it, so that
  only bids offering direct activation alone deliver on; or it has stopped, and all that follow do.

An activation stops before a bid, after it, or within it; among bids of equal price it may include any.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.problem import Problem

NOTHING_MW = 1e-6  # an excess of a limit that counts as none
CELLS = 30_000  # of a matrix per step, which bounds memory


class ListCheck:
    """The check of one grid."""

    def __init__(self, problem: Problem, grid: GridArrays) -> None:
        self._problem, self._grid = problem, grid
        hung = grid.injections
        self.bids: IntArray = np.unique(hung.bid)
        points, elements, nodes = grid.ptdf.shape
        each = grid.ptdf.reshape(-1, nodes).take(hung.node, axis=1)
        each *= hung.factor * problem.bids.direction[hung.bid]
        first_of_bid = np.flatnonzero(np.diff(hung.bid, prepend=-1))  # bids come in their order
        brings = each if first_of_bid.size == hung.bid.size else np.add.reduceat(each, first_of_bid, axis=1)
        self._brings = brings  # (R, b)
        forced = problem.links.technical_rule == "must-follow"
        self._pairs = {} if forced else _pairs(problem, self.bids)
        self._forced = _forced(problem, self.bids) if forced else {}
        self._never_relied_on = _tied(problem)[self.bids]
        rows = points * elements
        self._accuracy = np.tile(grid.accuracy, points) if grid.accuracy.size else np.zeros(rows)
        reserve = np.tile(grid.margin_mw, points) if grid.margin_mw.size else np.zeros(rows)
        self._sides = [
            (1.0, np.tile(grid.upper_mw, points) - reserve),
            (-1.0, np.tile(-grid.lower_mw, points) - reserve),
        ]

    def worst(self, available: FloatArray, mtus: Iterable[int]) -> FloatArray:
        """(M,) by how many MW activations of available (B, T) exceed any row at each MTU, 0 if they do
        not."""
        times = np.array(list(mtus), np.int64)
        offer, base = self._problem.bids, self._grid.base_mw
        now = available[np.ix_(self.bids, times)]
        before = np.where(times > 0, available[np.ix_(self.bids, np.maximum(times - 1, 0))], 0.0)
        before *= offer.direct[self.bids, None]
        worst = np.zeros(times.size)
        if not (now.any() or before.any()):
            return worst
        flow = base[:, times if base.shape[1] > 1 else np.zeros_like(times)]
        flow = flow.transpose(0, 2, 1).reshape(self._brings.shape[0], -1)
        counted = np.ones_like(flow, np.bool_)
        if self._grid.counted is not None:
            counted = np.repeat(self._grid.counted[:, times], self._grid.ptdf.shape[1], axis=0)
        rise = self._rise(now + before)
        fall = rise - self._brings @ (now + before)
        for (side, limit), most in zip(self._sides, (rise, fall), strict=True):
            margin = np.maximum(limit[:, None] - side * flow, 0.0) / (1.0 + self._accuracy[:, None])
            margin = np.where(counted, margin, np.inf)
            loaded = most > margin + NOTHING_MW / 2
            for column in np.flatnonzero(loaded.any(axis=0)).tolist():
                rows, mtu = np.flatnonzero(loaded[:, column]), int(times[column])
                towards = np.ascontiguousarray(side * self._brings[rows].T)
                brought = self._reliable(towards, mtu) * now[:, column, None]
                still = self._reliable(towards, mtu - 1) * before[:, column, None]
                excess = self._activated(brought, still, mtu) - margin[rows, column]
                worst[column] = max(worst[column], float(excess.max()))
        return worst

    def _rise(self, most: FloatArray) -> FloatArray:
        """(R, M) what all that brings anything brings of most (b, M); in blocks, which stay in the cache."""
        step, found = max(1, CELLS // max(self.bids.size, 1)), np.empty((len(self._brings), most.shape[1]))
        for first in range(0, len(found), step):
            found[first : first + step] = np.maximum(self._brings[first : first + step], 0.0) @ most
        return found

    def _reliable(self, brings: FloatArray, mtu: int) -> FloatArray:
        """(b, R) with relief only as far as it may be relied upon."""
        if mtu < 0:
            return brings
        offer = self._problem.bids
        whole = ~offer.divisible[self.bids] | (offer.minimum_mw[self.bids, mtu] > 0)
        share = np.where(whole | self._never_relied_on, 0.0, self._problem.relief_share)[:, None]
        return np.where(brings < 0, brings * share, brings)

    def _activated(self, now: FloatArray, before: FloatArray, mtu: int) -> FloatArray:
        """(R,) the most that any activation brings of what each bid brings now and still (b, R)."""
        total = np.zeros(now.shape[1])
        for bid in self._forced.get(mtu, ()):  # whenever the one before was
            total += np.maximum(now[bid], 0.0)
            now[bid] = 0.0
        for first, second in self._pairs.get(mtu, ()):  # one of the two at most
            total += np.maximum(np.maximum(before[first], now[second]), 0.0)
            before[first], now[second] = 0.0, 0.0
        offer = self._problem.bids
        whose = offer.direction if self._problem.one_buyer else offer.list_index
        for one in np.unique(whose[self.bids]).tolist():
            mine = np.flatnonzero(whose[self.bids] == one)
            total += self._one_list(mine, now, mtu)
            if mtu and (offer.direct[self.bids[mine]]).any():
                total += self._still(mine, before, mtu)
        return total

    def _one_list(self, mine: IntArray, now: FloatArray, mtu: int) -> FloatArray:
        offer = self._problem.bids
        listed = mine[offer.quantity_mw[self.bids[mine], mtu] > 0]
        scheduled, direct = offer.scheduled[self.bids], offer.direct[self.bids]
        kinds = {(bool(s), bool(d)) for s, d in zip(scheduled[listed], direct[listed], strict=True)}
        alike = len(kinds) <= 1
        best = np.zeros(now.shape[1])
        both_go, only_scheduled, only_direct = best.copy(), best.copy(), best.copy()
        reached: dict[int, FloatArray] = {}
        group_of = (
            {b: n for n, group in enumerate(self._problem.links.exclusive) for b in group} if alike else {}
        )
        if alike and not group_of:
            listed = listed[now[listed].any(axis=1)]
        in_order = _by_price(listed, offer.price_eur_per_mwh[self.bids, mtu])
        if alike and not group_of:
            for tied in in_order:
                if len(tied) > 1:
                    np.maximum(best, both_go + np.maximum(now[tied], 0.0).sum(axis=0), out=best)
                both_go += now[tied].sum(axis=0) if len(tied) > 1 else now[tied[0]]
                np.maximum(best, both_go, out=best)  # of one bid all of it or nothing is the worst
            return best
        for tied in in_order:
            whole, part = np.zeros((3, best.size)), np.zeros((3, best.size))
            for bid in tied.tolist():
                kind = 2 if alike or (scheduled[bid] and direct[bid]) else (0 if scheduled[bid] else 1)
                value = now[bid]
                exclusive = group_of.get(int(self.bids[bid]))
                if exclusive is not None:  # only as far as it brings more than one before it
                    known = reached.get(exclusive, np.zeros(best.size))
                    reached[exclusive] = np.maximum(known, value)
                    value = reached[exclusive] - known
                whole[kind] += value
                part[kind] += np.maximum(value, 0.0)
            only_scheduled, only_direct = (
                np.maximum(only_scheduled, both_go),
                np.maximum(only_direct, both_go),
            )
            if alike:
                best = np.maximum(best, both_go + part[2])
                both_go = both_go + whole[2]
                continue
            stops = (
                both_go + part.sum(axis=0),
                only_scheduled + part[0] + part[2],
                only_direct + part[1] + part[2],
            )
            goes = whole[2] + np.stack(
                [
                    np.maximum(only_scheduled + whole[0], both_go + whole[0] + part[1]),
                    np.maximum(only_direct + whole[1], both_go + part[0] + whole[1]),
                    both_go + whole[0] + whole[1],
                ]
            )
            only_scheduled, only_direct, both_go = goes
            best = np.maximum.reduce([best, *stops, *goes])
        return best

    def _still(self, mine: IntArray, before: FloatArray, mtu: int) -> FloatArray:
        offer = self._problem.bids
        listed = mine[offer.direct[self.bids[mine]] & (offer.quantity_mw[self.bids[mine], mtu - 1] > 0)]
        best = np.zeros(before.shape[1])
        taking, stopped = best.copy(), best.copy()
        for tied in _by_price(listed, offer.price_eur_per_mwh[self.bids, mtu - 1]):
            either = offer.scheduled[self.bids[tied]]
            alone, shared = before[tied[~either]], before[tied[either]]
            part = np.maximum(alone, 0.0).sum(axis=0), np.maximum(shared, 0.0).sum(axis=0)
            whole = alone.sum(axis=0), shared.sum(axis=0)
            stopped = np.maximum(stopped, taking)
            ends = stopped + part[0] + part[1], taking + part[0] + part[1]
            stopped = np.maximum(stopped + whole[0] + whole[1], taking + whole[0] + part[1])
            taking = taking + whole[0]
            best = np.maximum.reduce([best, *ends, stopped, taking])
        return best


def _by_price(bids: IntArray, price: FloatArray) -> list[IntArray]:
    """Groups of equal price, cheapest first."""
    order = bids[np.argsort(price[bids], kind="stable")]
    starts = [0, *(np.flatnonzero(np.diff(price[order]) != 0) + 1).tolist(), order.size]
    return [order[first:end] for first, end in pairwise(starts)] if order.size else []


def _pairs(problem: Problem, bids: IntArray) -> dict[int, list[tuple[int, int]]]:
    """Per MTU, the bid that was activated directly before it and the one that may not follow, as places."""
    place = {int(bid): number for number, bid in enumerate(bids)}
    found: dict[int, list[tuple[int, int]]] = {}
    seen: set[tuple[int, int, bool]] = set()
    for chain in problem.links.technical:
        for (b, t), (c, u) in pairwise(chain):
            ends = {(b, t, True), (c, u, False)}
            if t >= 0 and b in place and c in place and problem.bids.direct[b] and not ends & seen:
                seen |= ends
                found.setdefault(u, []).append((place[b], place[c]))
    return found


def _forced(problem: Problem, bids: IntArray) -> dict[int, set[int]]:
    """Per MTU the bids, as places, that are activated with the one before them in their chain."""
    place = {int(bid): number for number, bid in enumerate(bids)}
    found: dict[int, set[int]] = {}
    for chain in problem.links.technical:
        for (_, t), (c, u) in pairwise(chain):
            if t >= 0 and c in place:
                found.setdefault(u, set()).add(place[c])
    return found


def _tied(problem: Problem) -> BoolArray:
    """(B,) bids that a link names."""
    links, tied = problem.links, np.zeros(len(problem.bids.ids), np.bool_)
    named = {b for group in (*links.exclusive, *links.multipart, *links.inclusive) for b in group}
    named |= {b for chain in links.technical for b, _ in chain} | set(links.blocks) | set(links.skippable)
    named |= {link.bid for link in links.conditional}
    named |= {condition.bid for link in links.conditional for condition in link.conditions}
    tied[sorted(named)] = True
    return tied
