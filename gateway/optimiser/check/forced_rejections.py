"""Consequential removals: bids that are passed over (see `limits`) though no grid limit blocks them."""

from itertools import pairwise

import numpy as np

from gateway.optimiser.check.answer import Removal, RemovalCause
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.links import LEAST_MW, Links, TechnicalRule, tied_bids
from gateway.optimiser.model.problem import Problem, blocks

TOLERANCE_MW = 1e-5


def removals_of(
    problem: Problem, passed: BoolArray, accepted: FloatArray, limited: BoolArray, explained: BoolArray
) -> tuple[Removal, ...]:
    """One entry per (bid, MTU), with the first cause that applies; explained is (T,), all others (B, T).

    What was withheld first, because that is done before everything else; then the link that ruled it out,
    given what was accepted of the others; then what the bid, or dearer ones, can only be taken as. Bids that
    are displaced are named where the decision is explained: elsewhere a limit may be the cause of it.
    """
    bids = problem.bids
    reduced = zip(*np.nonzero(bids.available_mw < bids.quantity_mw), strict=True)
    found = {(int(bid), int(mtu)): RemovalCause.WITHHELD for bid, mtu in reduced}
    missing = passed & ~limited
    causes = _link_causes(problem, accepted) if problem.links else {}
    for mtu in np.flatnonzero(missing.any(axis=0)).tolist():
        open_bids = np.flatnonzero(missing[:, mtu]).tolist()
        linked = {bid: causes[bid, mtu] for bid in open_bids if (bid, mtu) in causes}
        rest = np.array([bid for bid in open_bids if bid not in linked], np.int64)
        by_size = _causes_of_size(problem, accepted[:, mtu], rest, mtu, explained=bool(explained[mtu]))
        for bid, cause in (linked | by_size).items():
            found.setdefault((bid, mtu), cause)
    return tuple(Removal(bid, mtu, cause) for (bid, mtu), cause in sorted(found.items()))


def _causes_of_size(
    problem: Problem, accepted: FloatArray, wanted: IntArray, mtu: int, *, explained: bool
) -> dict[int, RemovalCause]:
    """Which of the bids `wanted` are excluded because they, or a dearer one, can only be accepted completely
    or from a minimum on, or because another of their price is taken instead; accepted is (B,)."""
    bids, lists = problem.bids, problem.lists
    price, taken = bids.price_eur_per_mwh[:, mtu], accepted > TOLERANCE_MW
    floor = np.where(bids.divisible, bids.minimum_mw[:, mtu], bids.quantity_mw[:, mtu])
    reducible = taken & (accepted > floor + TOLERANCE_MW)
    reducible[list(tied_bids(problem.links))] = False
    remaining = np.where(reducible, floor, accepted if explained else 0.0)
    found: dict[int, RemovalCause] = {}
    for number in np.unique(bids.list_index[wanted]).tolist():
        own, listed = wanted[bids.list_index[wanted] == number], bids.list_index == number
        demand = float(lists.demand_mw[number, mtu])
        order = np.flatnonzero(listed & taken)[np.argsort(price[listed & taken])]
        before, held = (np.r_[0.0, np.cumsum(mw[order])] for mw in (accepted, remaining))
        at = np.searchsorted(price[order], price[own], side="right")
        fits = demand + problem.surplus_mw - before[at] - (held[-1] - held[at])
        too_large = ~taken[own] & (floor[own] > fits + TOLERANCE_MW)
        dearest = price[listed & reducible].max(initial=-np.inf)
        displaced = ~too_large & explained & (before[-1] > demand - TOLERANCE_MW) & (dearest <= price[own])
        equal = (price[own][:, None] == price[listed & reducible]).sum(axis=1) > reducible[own]
        for bid in own[too_large].tolist():
            found[bid] = RemovalCause.MINIMUM if bids.divisible[bid] else RemovalCause.INDIVISIBLE
        found |= dict.fromkeys(own[displaced & ~equal].tolist(), RemovalCause.DISPLACED)
        found |= dict.fromkeys(own[displaced & equal].tolist(), RemovalCause.TIED)
    return found


def _link_causes(problem: Problem, accepted: FloatArray) -> dict[tuple[int, int], RemovalCause]:
    """For every linked bid and MTU, the link because of which it is not accepted (or not accepted more)."""
    links = problem.links
    active = accepted >= LEAST_MW / 2
    partial = accepted < problem.bids.quantity_mw - TOLERANCE_MW
    causes: dict[tuple[int, int], RemovalCause] = {}

    def on(bid: int, mtu: int) -> bool:
        return bool(active[bid, mtu]) if mtu >= 0 else (bid, mtu) in links.activated_before

    for mtu in range(problem.mtus):
        causes |= _group_causes(links, mtu, active[:, mtu], partial[:, mtu])
    for chain in links.technical:
        for one, other in pairwise(chain):
            if links.technical_rule is TechnicalRule.MUST_FOLLOW:
                causes |= {one: RemovalCause.TECHNICAL} if not on(*other) else {}
            elif blocks(problem, one[0]):
                causes |= {other: RemovalCause.TECHNICAL} if on(*one) else {}
                causes |= {one: RemovalCause.TECHNICAL} if on(*other) else {}
    for link in links.conditional:
        met = [on(c.bid, c.mtu) == c.activated for c in link.conditions]
        if not (any(met) if link.any_of else all(met)):
            causes[link.bid, link.mtu] = RemovalCause.CONDITIONAL
    return causes


def _group_causes(
    links: Links, mtu: int, active: BoolArray, partial: BoolArray
) -> dict[tuple[int, int], RemovalCause]:
    causes = {(bid, mtu): RemovalCause.BLOCK for bid in links.blocks}
    causes |= {(bid, mtu): RemovalCause.INCLUSIVE for group in links.inclusive for bid in group}
    for group in links.exclusive:
        chosen = {bid for bid in group if active[bid]}
        causes |= {(bid, mtu): RemovalCause.EXCLUSIVE for bid in group if chosen - {bid}}
    for parent, part in (pair for group in links.multipart for pair in pairwise(group)):
        causes |= {(part, mtu): RemovalCause.MULTIPART} if partial[parent] else {}
    return causes
