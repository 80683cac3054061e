"""Which activations of the bids of a part are independent of each other, as streams (see `prefixes`)."""

from itertools import pairwise

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.links import TechnicalRule
from gateway.optimiser.model.problem import Problem, following_pairs, least_mw
from gateway.optimiser.prefix.prefixes import Prefix, PriceList, Stream
from gateway.optimiser.prefix.tails import Apart, Tail


def may_be_skipped(problem: Problem, mtu: int) -> BoolArray:
    """(B,) bids a platform may pass over within a prefix: indivisible, with a minimum, or linked."""
    links = problem.links
    skipped = least_mw(problem)[:, mtu] > 0
    skipped[[b for group in (*links.multipart, *links.inclusive) for b in group]] = True
    skipped[[b for chain in links.technical for b, _ in chain]] = True
    skipped[list(links.blocks)] = True
    skipped[list(links.skippable)] = True
    skipped[[link.bid for link in links.conditional]] = True
    return np.asarray(skipped)


def dependable(coefficients: FloatArray, relief_share: float, may_be_skipped: BoolArray) -> FloatArray:
    """(R, B) coefficients with relief counted as far as the netting policy and the bid allow.

    A bid that may be passed over brings none: the activation without it is possible, and worse.
    """
    if relief_share == 1.0 and not may_be_skipped.any():
        return coefficients
    share = np.where(may_be_skipped, 0.0, relief_share)
    return np.where(coefficients > 0, coefficients, coefficients * share)


def streams(problem: Problem, bids: IntArray, mtu: int) -> list[Stream]:
    """Possible activations of `bids` (b,) at one MTU, independent of others.

    Columns 0 to b − 1 are the bids at the MTU, b to 2b − 1 the same bids at the MTU before, as far as they
    are activated directly and still deliver.
    """
    offer, count = problem.bids, bids.size
    sets = _excluded(problem, bids, mtu) + _out_of_turn(problem, bids, mtu)
    taken = np.zeros(2 * count, np.bool_)
    taken[[column for one in sets for column in one]] = True
    found: list[Stream] = [Apart.of(sets)] if sets else []
    for mine in _lists(problem, bids):
        now = mine[(offer.quantity_mw[bids[mine], mtu] > 0) & ~taken[mine]]
        if now.size:
            listed = PriceList.of(now, offer.price_eur_per_mwh[bids, mtu])
            whose = bids[listed.order]
            scheduled, direct = offer.scheduled[whose], offer.direct[whose]
            alike = bool((scheduled == scheduled[:1]).all() and (direct == direct[:1]).all())
            exclusive = _exclusive(problem, bids, listed.order) if alike else ()
            found.append(Prefix(listed, scheduled, direct, alike, exclusive))
        if mtu == 0:
            continue
        before = mine[offer.direct[bids[mine]] & (offer.quantity_mw[bids[mine], mtu - 1] > 0)]
        before = before[~taken[count + before]]
        if before.size:
            listed = PriceList.of(before, offer.price_eur_per_mwh[bids, mtu - 1])
            scheduled = offer.scheduled[bids[listed.order]]
            there = PriceList(listed.order + count, listed.group, listed.first)
            found.append(Tail(there, scheduled))
    return found


def _lists(problem: Problem, bids: IntArray) -> list[IntArray]:
    """Places of the bids of each list; of each direction, where one buyer activates all of it as one list."""
    listed = problem.bids.direction[bids] if problem.one_buyer else problem.bids.list_index[bids]
    order = np.argsort(listed, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(listed[order])) + 1) if order.size else []


def _exclusive(problem: Problem, bids: IntArray, order: IntArray) -> tuple[IntArray, ...]:
    """Places in `order` of the groups of which at most one is activated."""
    if not problem.links.exclusive:
        return ()
    place = {int(bid): number for number, bid in enumerate(bids[order])}
    groups = [sorted(place[b] for b in group if b in place) for group in problem.links.exclusive]
    return tuple(np.array(group) for group in groups if len(group) > 1)


def _out_of_turn(problem: Problem, bids: IntArray, mtu: int) -> list[list[int]]:
    """Columns of bids that are activated because one was in the MTU before, wherever they are in a list."""
    place = {int(bid): number for number, bid in enumerate(bids)}
    following = {c for _, (c, u) in following_pairs(problem) if u == mtu and c in place}
    return [[place[c]] for c in sorted(following)]


def _excluded(problem: Problem, bids: IntArray, mtu: int) -> list[list[int]]:
    """Pairs of columns of which at most one delivers: a bid that may not follow another, and that one."""
    if mtu == 0 or problem.links.technical_rule is TechnicalRule.MUST_FOLLOW:
        return []
    place = {int(bid): number for number, bid in enumerate(bids)}
    direct, taken, pairs = problem.bids.direct, set[int](), list[list[int]]()
    for chain in problem.links.technical:
        for (b, _), (c, u) in pairwise(chain):
            if u == mtu and direct[b] and b in place and c in place:
                pair = [place[c], bids.size + place[b]]
                if not taken & set(pair):
                    pairs.append(pair)
                    taken |= set(pair)
    return pairs
