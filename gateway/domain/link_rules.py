"""Rules for groups and links of bids, whichever documents the bids came in.

Common values of members of a group follow the Nordic guides for complex bids, the only public rules
for it. Whether a chain of technical links has a gap is decided by the gate, because bids may still come.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import Bids
from gateway.domain.place import Part

Rows = NDArray[np.bool_]
Aspect = Callable[["_Offers", int], object]
Rule = Callable[["_Offers", Sequence[int]], bool]
"""Whether the bids of a group break it."""

MOST_CONDITIONAL_LINKS: Final = 6
"""Three to bids of the unit before, three to bids of the one before that."""

_AVAILABLE_UNTIL: Final = frozenset({"A55", "A56", "A57", "A58", "A59", "A60"})
_UNAVAILABLE_UNTIL: Final = frozenset({"A67", "A68", "A69", "A70", "A71", "A72"})

_OPPOSED: Final = {"A65": _UNAVAILABLE_UNTIL, "A66": _AVAILABLE_UNTIL}
"""Status of a bid, and statuses of links that contradict it."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Bids that break one rule, the message and the field that shows it."""

    bids: Rows
    message: str
    part: Part | BidTerm


def broken_links(bids: Bids) -> Iterator[Broken]:
    """Every rule on groups and links that these bids break among themselves."""
    grouping = [term for term in _RULES if term in bids.terms]
    offers = _Offers(bids)
    for term in grouping:
        groups = _groups(bids, term)
        for message, breaks in _RULES[term].items():
            broken = [bid for group in groups if breaks(offers, group) for bid in group]
            if broken:
                yield Broken(_rows(bids, broken), message, term)
    kinds = [bids.terms[term] for term in grouping if term is not BidTerm.TECHNICAL_LINK]
    if len(kinds) > 1:
        kind_names = zip(*kinds, strict=True)
        mixed = [bid for bid, names in enumerate(kind_names) if len(names) - names.count(None) > 1]
        yield Broken(_rows(bids, mixed), "the bid is in groups of more than one kind", Part.MRID)
    if bids.conditional_links:
        yield from _broken_conditions(bids)


def _broken_conditions(bids: Bids) -> Iterator[Broken]:
    links: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    for link in bids.conditional_links:
        links[link.bid].append((link.target, link.status))
    many, double, mixed, foreign, later, opposed = (np.zeros(len(bids), dtype=np.bool_) for _ in range(6))
    begins = _begins(bids)
    called = _called(bids)
    for bid, conditions in links.items():
        targets = [target for target, _ in conditions]
        statuses = {status for _, status in conditions}
        many[bid] = len(conditions) > MOST_CONDITIONAL_LINKS
        double[bid] = len(set(targets)) < len(targets)
        foreign[bid] = not statuses <= _AVAILABLE_UNTIL | _UNAVAILABLE_UNTIL | {None}
        mixed[bid] = bool(statuses & _AVAILABLE_UNTIL) and bool(statuses & _UNAVAILABLE_UNTIL)
        later[bid] = any(begins[other] >= begins[bid] for name in targets for other in called.get(name, ()))
        opposed[bid] = bool(statuses & _OPPOSED.get(bids.term(BidTerm.STATUS, bid) or "", frozenset()))
    yield Broken(many, f"more than {MOST_CONDITIONAL_LINKS} conditional links", Part.LINKS)
    yield Broken(double, "two conditional links to the same bid", Part.LINKS)
    yield Broken(
        foreign,
        "a link whose status is none of A55 to A60 (available) or A67 to A72 (unavailable)",
        Part.LINKS,
    )
    yield Broken(
        later,
        "a link to a bid that does not begin before it: itself, at the same time or after it",
        Part.LINKS,
    )
    yield Broken(
        opposed,
        "links that contradict its status: A65 goes with A55 to A60, A66 with A67 to A72",
        Part.LINKS,
    )
    yield Broken(mixed, "links that make it available and links that make it unavailable", Part.LINKS)


def _begins(bids: Bids) -> NDArray[np.int64]:
    """When each bid begins, seconds since 1970."""
    first = np.full(len(bids), np.iinfo(np.int64).max)
    np.minimum.at(first, bids.point_bid, bids.point_start_s)
    return first


def _called(bids: Bids) -> Mapping[str, Sequence[int]]:
    """Bids by what a conditional link may call them: own name or inclusive group."""
    found: dict[str, list[int]] = defaultdict(list)
    for bid, mrid in enumerate(bids.bid_id):
        for name in {mrid, bids.term(BidTerm.INCLUSIVE_GROUP, bid) or mrid}:
            found[name].append(bid)
    return found


class _Offers:
    """Columns of the offers, by bid."""

    def __init__(self, bids: Bids) -> None:
        self.bids = bids

    @cached_property
    def _edges(self) -> list[int]:
        edges: list[int] = self.bids.point_edges.tolist()
        return edges

    def points(self, bid: int) -> slice:
        return slice(self._edges[bid], self._edges[bid + 1])

    def time(self, bid: int) -> object:
        own = self.points(bid)
        return self.bids.point_start_s[own].tobytes(), self.bids.point_end_s[own].tobytes()

    def price(self, bid: int) -> object:
        own = self.points(bid)
        return self.bids.energy_price[own].tobytes(), self.bids.capacity_price[own].tobytes()

    def direction(self, bid: int) -> object:
        return int(self.bids.direction[bid])

    def area(self, bid: int) -> object:
        return self.bids.term(BidTerm.CONNECTING_AREA, bid)

    def product(self, bid: int) -> object:
        return self.bids.term(BidTerm.PRODUCT, bid)

    def have_a_price_twice(self, group: Sequence[int]) -> bool:
        return len({self.price(bid) for bid in group}) < len(group)

    def overlap(self, group: Sequence[int]) -> bool:
        """Whether two overlap in time; symmetric reserves use the field as a number, not as a link."""
        linked = [bid for bid in group if self.bids.direction[bid] != Direction.BOTH]
        spans = sorted(
            (min(self.bids.point_start_s[own].tolist()), max(self.bids.point_end_s[own].tolist()))
            for own in map(self.points, linked)
            if own.stop > own.start
        )
        return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def _groups(bids: Bids, term: BidTerm) -> list[list[int]]:
    """The groups of more than one bid."""
    groups: dict[str, list[int]] = defaultdict(list)
    for bid, group in enumerate(bids.terms[term]):
        if group is not None:
            groups[group].append(bid)
    return [members for members in groups.values() if len(members) > 1]


def _rows(bids: Bids, chosen: list[int]) -> Rows:
    rows = np.zeros(len(bids), dtype=np.bool_)
    rows[chosen] = True
    return rows


def _differ_in(name: str, aspect: Aspect) -> dict[str, Rule]:
    def differ(offers: _Offers, group: Sequence[int]) -> bool:
        return len({aspect(offers, bid) for bid in group}) > 1

    return {f"the bids of the group differ in {name}": differ}


_SAME_OFFER: Final[dict[str, Rule]] = {
    **_differ_in("time", _Offers.time),
    **_differ_in("connecting area", _Offers.area),
    **_differ_in("product", _Offers.product),
}
_SAME_DIRECTION: Final = _differ_in("direction", _Offers.direction)
_RULES: Final[dict[BidTerm, dict[str, Rule]]] = {
    BidTerm.EXCLUSIVE_GROUP: _SAME_OFFER,
    BidTerm.MULTIPART_GROUP: {
        **_SAME_OFFER,
        **_SAME_DIRECTION,
        "two parts of the bid have the same price": _Offers.have_a_price_twice,
    },
    BidTerm.INCLUSIVE_GROUP: {**_SAME_OFFER, **_SAME_DIRECTION, **_differ_in("price", _Offers.price)},
    BidTerm.TECHNICAL_LINK: {"technically linked bids are of the same time": _Offers.overlap},
}
