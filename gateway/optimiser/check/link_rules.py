"""Verification that accepted quantities satisfy the rules of groups and links, independent of the model.

Written from the meanings in `links`, apart from the model that decides by them, and in other terms: every
rule is looked up in plain quantities, bid by bid.
"""

from collections.abc import Iterator

import numpy as np

from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.links import LEAST_MW, TechnicalRule
from gateway.optimiser.model.problem import Problem

EQUAL_MW = 1e-5
"""Quantities that differ by less are equal."""


def broken_links(problem: Problem, accepted_mw: FloatArray) -> list[str]:
    """Rules that accepted (B, T) breaks, one line per broken rule, group or link and MTU."""
    if not problem.links:
        return []
    judge = _Judge(problem, accepted_mw)
    return [*judge.groups(), *judge.blocks(), *judge.chains(), *judge.conditions()]


class _Judge:
    def __init__(self, problem: Problem, accepted_mw: FloatArray) -> None:
        self._problem, self._links, self._accepted = problem, problem.links, accepted_mw
        self._offered = problem.bids.quantity_mw

    def _name(self, bid: int) -> str:
        return self._problem.bids.ids[bid]

    def _on(self, bid: int, mtu: int) -> bool:
        """Whether a bid is (or, before the first MTU, was) activated."""
        if mtu < 0:
            return (bid, mtu) in self._links.activated_before
        return bool(self._accepted[bid, mtu] > LEAST_MW / 2)

    def groups(self) -> Iterator[str]:
        for mtu in range(self._problem.mtus):
            for group in self._links.exclusive:
                taken = [bid for bid in group if self._on(bid, mtu)]
                if len(taken) > 1:
                    yield f"exclusive: {' and '.join(map(self._name, taken))} at MTU {mtu}"
            for group in self._links.inclusive:
                yield from self._not_alike([(bid, mtu) for bid in group], "inclusive")
            for group in self._links.multipart:
                yield from self._not_in_order(group, mtu)

    def _not_in_order(self, parts: tuple[int, ...], mtu: int) -> Iterator[str]:
        """A part that is taken while a cheaper one that was offered is not taken in full."""
        offered = [part for part in parts if self._offered[part, mtu] > 0]
        taken = [place for place, part in enumerate(offered) if self._accepted[part, mtu] > EQUAL_MW]
        for part in offered[: taken[-1] if taken else 0]:
            if self._accepted[part, mtu] < self._offered[part, mtu] - EQUAL_MW:
                yield f"multipart: a part after {self._name(part)} at MTU {mtu}"

    def _not_alike(self, members: list[tuple[int, int]], kind: str) -> Iterator[str]:
        """Members that are not accepted in one share of what they offered."""
        offered = np.array([self._offered[member] for member in members])
        accepted = np.array([self._accepted[member] for member in members])
        if not (offered > 0).any():
            return
        share = accepted[np.argmax(offered)] / offered.max()
        if np.abs(accepted - share * offered).max() > EQUAL_MW:
            yield f"{kind}: {self._name(members[0][0])} and others are not accepted alike"

    def blocks(self) -> Iterator[str]:
        for bid in self._links.blocks:
            yield from self._not_alike([(bid, mtu) for mtu in range(self._problem.mtus)], "block")

    def chains(self) -> Iterator[str]:
        rule, bids = self._links.technical_rule, self._problem.bids
        for chain in self._links.technical:
            for place in range(1, len(chain)):
                one, other = chain[place - 1], chain[place]
                direct = bool(bids.direct[one[0]]) and not bids.scheduled[one[0]]
                first, second = self._on(*one), self._on(*other)
                wrong = {
                    TechnicalRule.DIRECT_BLOCKS: direct and first and second,
                    TechnicalRule.MAY_NOT_FOLLOW: first and second,
                    TechnicalRule.MUST_FOLLOW: one[1] >= 0 and first and not second,
                }[rule]
                if wrong:
                    both = f"{self._name(one[0])} and {self._name(other[0])}"
                    yield f"technical ({rule}): {both} from MTU {one[1]}"

    def conditions(self) -> Iterator[str]:
        for link in self._links.conditional:
            if not self._on(link.bid, link.mtu):
                continue
            holds = [self._on(one.bid, one.mtu) is one.activated for one in link.conditions]
            if not (any(holds) if link.any_of else all(holds)):
                yield f"conditional: {self._name(link.bid)} at MTU {link.mtu}"
