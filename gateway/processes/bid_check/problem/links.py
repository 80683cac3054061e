"""Links between bids, as documents state them and as the optimiser honours them (ENTSO-E codes A55 to A72).

A bid whose link cannot be honoured is not decided, and neither are the bids its link ties it to: taking one
member of a group out changes what the others mean.

In lists used as prefix the platform honours conditional links when it activates, so all of them can be
decided: such a bid may be passed over, and nothing relies on its relief. In exact lists the acceptances are
scheduled activations: "subject to scheduled activation" is "accepted", and nothing is subject to direct
activation. The meaning of a technical link is the market's (`Gate.technical_link`); that direct activation
blocks the next unit is no matter to acceptances.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.gate import TechnicalLink, UseOfLists
from gateway.optimiser.model.links import Condition, ConditionalLink, Links, TechnicalRule
from gateway.processes.bid_check.problem.earlier import (
    LOOK_BACK,
    UNTIL,
    ActivationType,
    Earlier,
    ReportedActivation,
    holds,
)
from gateway.records.market.bids import CollectedBid

Floats = NDArray[np.float64]

EXCLUSIVE, MULTIPART, INCLUSIVE = "exclusive group", "multipart group", "inclusive group"
TECHNICAL, CONDITIONAL = "technical link", "conditional link to"

_GROUPS = (
    (BidTerm.EXCLUSIVE_GROUP, EXCLUSIVE),
    (BidTerm.MULTIPART_GROUP, MULTIPART),
    (BidTerm.INCLUSIVE_GROUP, INCLUSIVE),
)
LINKING = frozenset({BidTerm.TECHNICAL_LINK, *(term for term, _ in _GROUPS)})
"""Terms that tie a bid to others."""

_BLOCK = "A01"
_CONDITIONS = {
    "A55": (False, False),
    "A56": (True, False),
    "A59": (False, False),
    "A67": (True, True),
    "A68": (False, True),
    "A69": (True, True),
}
"""Status of a link between acceptances: whether the other must be activated, and whether one suffices."""

_ALWAYS = frozenset({"A57", "A58", "A60"})
"""Not available for direct activation, or after it: no matter to acceptances, which are scheduled."""

_NEVER = frozenset({"A70", "A71", "A72"})
"""Available for direct activation only, or after it."""

NOT_HERE = (
    "the linked bid is unknown: it is in no gate that delivers in the "
    f"{LOOK_BACK} market time units before, and not in this one"
)
NOT_EARLIER = "the linked bid is not one of an earlier market time unit"

_KNOWN = _CONDITIONS.keys() | _ALWAYS | _NEVER

_CHAINED = {
    UseOfLists.PREFIX: (TechnicalLink.DIRECT_BLOCKS, TechnicalLink.MAY_NOT_FOLLOW),
    UseOfLists.EXACT: (TechnicalLink.MAY_NOT_FOLLOW, TechnicalLink.MUST_FOLLOW),
}
"""Where a technical link matters: to what may deliver together, and to what is accepted."""

_RULES = {
    TechnicalLink.MAY_NOT_FOLLOW: TechnicalRule.MAY_NOT_FOLLOW,
    TechnicalLink.MUST_FOLLOW: TechnicalRule.MUST_FOLLOW,
}

Ties = Mapping[tuple[str, str, str], Sequence[int]]


@dataclass(frozen=True, eq=False)
class LinkedBids:
    """Bids and what links them; positions throughout.

    Attributes:
        quantity_mw, cost: (B, T); cost is what the system pays per MWh.
        changing: bids whose unit shares change in time.
        use: of the lists they are in. technical: what their technical links mean.
        earlier: what is known of the bids of earlier gates that they are linked to.
    """

    platform: Sequence[str]
    bids: Sequence[CollectedBid]
    quantity_mw: Floats
    cost: Floats
    changing: frozenset[int] = frozenset()
    use: UseOfLists = UseOfLists.EXACT
    technical: TechnicalLink = TechnicalLink.DIRECT_BLOCKS
    earlier: Earlier = field(default_factory=Earlier)

    def ties(self) -> Ties:
        """Members of every group and technical link, by kind, platform and name; in the order of the bids."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for number, (platform, bid) in enumerate(zip(self.platform, self.bids, strict=True)):
            for term, kind in (*_GROUPS, (BidTerm.TECHNICAL_LINK, TECHNICAL)):
                if term in bid.terms:
                    found[kind, platform, bid.terms[term]].append(number)
        return found

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], Sequence[int]]:
        """Bids by platform and what a conditional link may call them: own name or inclusive group."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, (platform, bid) in enumerate(zip(self.platform, self.bids, strict=True)):
            names = {bid.bid_id, bid.terms.get(BidTerm.INCLUSIVE_GROUP, bid.bid_id)}
            for name in names:
                found[platform, name].append(number)
        return found

    def targets(self, number: int) -> Iterator[tuple[str | None, Sequence[int]]]:
        """Status and linked bids of each conditional link of a bid; no bids where the link leads nowhere.

        Links to bids of earlier gates are not included.
        """
        for name, status in self.bids[number].links:
            key = self.platform[number], name
            if key in self._named or key not in self.earlier.linked:
                yield status, self._named.get(key, ())

    def facts(self, number: int) -> Iterator[tuple[str | None, ReportedActivation]]:
        """Status of each conditional link of a bid to one of an earlier gate, and what was reported of
        that."""
        for name, status in self.bids[number].links:
            key = self.platform[number], name
            if key not in self._named and key in self.earlier.linked:
                yield status, self.earlier.linked[key]

    def units(self, number: int) -> list[int]:
        """Market time units in which a bid is offered."""
        return np.flatnonzero(self.quantity_mw[number] > 0).tolist()


def undecided_links(linked: LinkedBids, undecided: Mapping[int, str]) -> dict[int, str]:
    """All bids that cannot be decided, each with the reason.

    Those known before, those whose links cannot be honoured, and those that are tied to one of them.
    """
    ties = linked.ties()
    found = dict(undecided)
    for number, reason in _faults(linked, ties):
        found.setdefault(number, reason)
    groups = [
        (f"tied by its {kind} {n} to a bid that is not decided", ties[kind, p, n]) for kind, p, n in ties
    ]
    looking = () if linked.use is UseOfLists.PREFIX else dependent(linked)
    followers = {number: [b for _, bids in linked.targets(number) for b in bids] for number in looking}
    while True:
        before = len(found)
        for reason, members in groups:
            if any(member in found for member in members):
                for member in members:
                    found.setdefault(member, reason)
        for number, others in followers.items():
            if any(other in found for other in others):
                found.setdefault(number, f"{link_of(linked, number)}: to a bid that is not decided")
        if len(found) == before:
            return found


def links_of(linked: LinkedBids, decided: Sequence[int]) -> Links:
    """The links among decided bids, numbered by their place in `decided`."""
    place = {number: index for index, number in enumerate(decided)}
    groups: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    technical: list[tuple[tuple[int, int], ...]] = []
    prefix = linked.use is UseOfLists.PREFIX
    for (kind, _, _), members in linked.ties().items():
        if not all(member in place for member in members):
            continue
        if kind == TECHNICAL:
            if linked.technical in _CHAINED[linked.use]:
                technical.extend(_chains([(unit, place[m]) for m in members for unit in linked.units(m)]))
        elif len(members) > 1:
            ordered = _by_cost(linked, members) if kind == MULTIPART else members
            groups[kind].append(tuple(place[member] for member in ordered))
    return Links(
        exclusive=tuple(groups[EXCLUSIVE]),
        multipart=tuple(groups[MULTIPART]),
        inclusive=tuple(groups[INCLUSIVE]),
        technical=tuple(technical),
        technical_rule=_RULES.get(linked.technical, TechnicalRule.DIRECT_BLOCKS),
        conditional=() if prefix else tuple(_conditions(linked, place)),
        skippable=tuple(place[n] for n in dependent(linked) if n in place) if prefix else (),
        blocks=tuple(place[n] for n in decided if is_block(linked.bids[n])),
    )


def _faults(linked: LinkedBids, ties: Ties) -> Iterator[tuple[int, str]]:
    for (kind, _, name), members in ties.items():
        reason = _fault_of_tie(linked, kind, members)
        if reason is not None:
            yield from ((member, f"{kind} {name}: {reason}") for member in members)
    memberships = Counter(m for (kind, _, _), members in ties.items() if kind != TECHNICAL for m in members)
    for number, count in memberships.items():
        if count > 1:
            yield number, "in two groups at once"
    groups = [members for (kind, _, _), members in ties.items() if kind != TECHNICAL]
    for members in (*groups, *((number,) for number in linked.changing)):
        if not linked.changing.isdisjoint(members):
            blocks = (number for number in members if is_block(linked.bids[number]))
            yield from ((number, "a block whose unit shares change in time") for number in blocks)
    for number in dependent(linked):
        reason = _fault_of_condition(linked, number)
        if reason is not None:
            yield number, f"{link_of(linked, number)}: {reason}"


def link_of(linked: LinkedBids, number: int) -> str:
    """The conditional links of a bid by what its document calls the bids at their other ends."""
    return f"{CONDITIONAL} {', '.join(dict.fromkeys(name for name, _ in linked.bids[number].links))}"


def _fault_of_tie(linked: LinkedBids, kind: str, members: Sequence[int]) -> str | None:
    if len(members) < 2:
        return None
    if kind == TECHNICAL:
        units = [unit for member in members for unit in linked.units(member)]
        return "joins several bids of one market time unit" if len(set(units)) < len(units) else None
    if kind != EXCLUSIVE and len({linked.bids[member].direction for member in members}) > 1:
        return "up and down in one group"
    if kind == MULTIPART:
        ordered = list(_by_cost(linked, members))
        offered = (linked.quantity_mw[ordered] > 0).all(axis=0)
        if (np.diff(linked.cost[ordered][:, offered], axis=0) < 0).any():
            return "the order of its prices changes from unit to unit"
    return None


def _fault_of_condition(linked: LinkedBids, number: int) -> str | None:
    strange = next((status for _, status in linked.bids[number].links if status not in _KNOWN), "")
    if strange != "":
        return f"status {strange} is not one of a conditional link"
    own = linked.units(number)
    if linked.use is UseOfLists.PREFIX:
        return next(
            filter(None, (_misled(linked, own, others) for _, others in linked.targets(number))), None
        )
    if len(own) != 1:
        return "the bid covers several market time units"
    if len({status in UNTIL for _, status in linked.bids[number].links if status not in _ALWAYS}) > 1:
        return "both available and unavailable until something happens"
    deciding = [one for one in linked.targets(number) if one[0] not in _ALWAYS]
    if not _settled(linked, number):
        return "it is not reported whether the linked bid of an earlier gate was activated for all its time"
    return next(filter(None, (_fault_of_target(linked, own[0], *one) for one in deciding)), None)


def _settled(linked: LinkedBids, number: int) -> bool:
    """Whether reports of earlier gates settle what an acceptance requires.

    One link that forbids it settles "until" links, one that allows it settles the others.
    """
    answers = [
        (status in UNTIL, holds(status or "", reported, ActivationType.SCHEDULED))
        for status, reported in linked.facts(number)
    ]
    if any(held is not None and held is not until for until, held in answers):
        return True
    return all(held is not None for _, held in answers)


def _misled(linked: LinkedBids, own: Sequence[int], others: Sequence[int]) -> str | None:
    """Why no platform can honour a link: it leads nowhere, or to a bid that does not begin earlier."""
    offered = [units[0] for other in others if (units := linked.units(other))]
    if not offered:
        return NOT_HERE
    return NOT_EARLIER if own and max(offered) >= own[0] else None


def _fault_of_target(linked: LinkedBids, unit: int, status: str | None, others: Sequence[int]) -> str | None:
    if status in _NEVER:
        return f"status {status} requires direct activation, which exact lists do not have"
    if not others:
        return NOT_HERE
    if any(linked.units(other)[-1] >= unit or len(linked.units(other)) != 1 for other in others):
        return NOT_EARLIER
    return None


def _conditions(linked: LinkedBids, place: Mapping[int, int]) -> Iterator[ConditionalLink]:
    """The conditional links of decided bids; none of a bid whose links never matter."""
    for number in dependent(linked):
        facts = linked.facts(number)
        if any(
            s not in UNTIL and holds(s or "", reported, ActivationType.SCHEDULED) for s, reported in facts
        ):
            continue  # one that holds is enough
        if number in place:
            link = _conditional(linked, number, place)
            if link.conditions:
                yield link


def _conditional(linked: LinkedBids, number: int, place: Mapping[int, int]) -> ConditionalLink:
    conditions, any_of = [], False
    for status, others in linked.targets(number):
        if status in _ALWAYS:
            continue
        activated, any_of = _CONDITIONS[status or ""]
        # All bids of an inclusive group are activated or none, so the first one decides.
        conditions.append(Condition(place[others[0]], linked.units(others[0])[0], activated))
    return ConditionalLink(place[number], linked.units(number)[0], tuple(conditions), any_of)


def is_block(bid: CollectedBid) -> bool:
    """Whether a bid is taken in all its units alike."""
    return bid.terms.get(BidTerm.BLOCK) == _BLOCK


def dependent(linked: LinkedBids) -> list[int]:
    """Bids with conditional links."""
    return [number for number, bid in enumerate(linked.bids) if bid.links]


def _by_cost(linked: LinkedBids, members: Sequence[int]) -> Sequence[int]:
    """Cheapest first for the system: for down bids the one that pays most."""
    return sorted(members, key=lambda member: linked.cost[member, linked.units(member)[0]])


def _chains(cells: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Runs of consecutive market time units, each as (bid, unit)."""
    chain: list[tuple[int, int]] = []
    for (unit, bid), (following, _) in pairwise([*sorted(cells), (-1, -1)]):
        chain.append((bid, unit))
        if following != unit + 1:
            if len(chain) > 1:
                yield tuple(chain)
            chain = []
