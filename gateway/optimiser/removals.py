"""Consequential removals: bids that are passed over (see `limits`) though no grid limit is in the way."""

from itertools import pairwise

import numpy as np

from gateway.optimiser.answer import Removal, RemovalCause
from gateway.optimiser.checks import BoolArray, FloatArray
from gateway.optimiser.links import LEAST_MW, Links, TechnicalRule
from gateway.optimiser.problem import Problem, blocks

TOLERANCE_MW = 1e-5


def removals_of(
    problem: Problem, passed: BoolArray, accepted: FloatArray, limited: BoolArray
) -> tuple[Removal, ...]:
    """One entry per (bid, MTU), with the first cause that applies; all arrays (B, T).

    Traffic lights first, for they act before everything else; then the link that stood in the way, given
    what was accepted of the others; then indivisibility. A bid merely displaced by another is not listed.
    """
    bids = problem.bids
    reduced = zip(*np.nonzero(bids.available_mw < bids.quantity_mw), strict=True)
    found = {(int(bid), int(mtu)): RemovalCause.TRAFFIC_LIGHT for bid, mtu in reduced}
    missing = passed & ~limited
    causes = _link_causes(problem, accepted) if problem.links else {}
    whole = ~bids.divisible[:, None] | (bids.minimum_mw > 0)
    for bid, mtu in zip(*np.nonzero(missing), strict=True):
        place = int(bid), int(mtu)
        cause = causes.get(place) or (RemovalCause.INDIVISIBLE if whole[bid, mtu] else None)
        if cause is not None:
            found.setdefault(place, cause)
    return tuple(Removal(bid, mtu, cause) for (bid, mtu), cause in sorted(found.items()))


def _link_causes(problem: Problem, accepted: FloatArray) -> dict[tuple[int, int], RemovalCause]:
    """For every linked bid and MTU, the link that keeps it from being accepted (or accepted more)."""
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
