"""Rules of groups and chains over all bids held for the market, whichever documents and gates they came in.

A group holds within its gate, a technical chain over gates. A document that would break one with bids that
are held already is refused for its own bids of that group or chain, and a newer revision completely; what is
held stays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.domain.bid import BidTerm
from gateway.domain.bids import Bids
from gateway.domain.link_rules import broken_links
from gateway.domain.place import Part
from gateway.ports import UnitOfWork
from gateway.records.market import bids as stored_bids
from gateway.records.market.bids import GROUPS, BidOrigin, CollectedBid

_LINKS = (*GROUPS, BidTerm.TECHNICAL_LINK)
_COMPARED = (*_LINKS, BidTerm.CONNECTING_AREA, BidTerm.PRODUCT)


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """Why a bid cannot be accepted, and the part of it that is at fault."""

    message: str
    part: Part | BidTerm


def broken_with_held(
    uow: UnitOfWork,
    new: Sequence[CollectedBid],
    replaced: Iterable[BidOrigin] = (),
    withdrawn: Sequence[BidOrigin] = (),
) -> Mapping[str, BrokenLink]:
    """Bids that would break a rule together with what is held, by id.

    Args:
        new: bids of one document.
        replaced: held bids of which some have the name of a new one.
        withdrawn: held bids that go with an older revision of the document. Those that do not come again are
            among the bids found if their group is left without them.
    """
    gone = {(bid.gate_id, bid.bid_id) for bid in withdrawn} | {(bid.gate_id, bid.bid_id) for bid in new}
    groups: dict[str, set[str]] = defaultdict(set)
    for origin in (*replaced, *withdrawn):
        if origin.group is not None and (origin.gate_id, origin.bid_id) in gone:
            groups[origin.gate_id].add(origin.group)
    for bid in new:
        if bid.group is not None:
            groups[bid.gate_id].add(bid.group)
    chains = {bid.terms[BidTerm.TECHNICAL_LINK] for bid in new if BidTerm.TECHNICAL_LINK in bid.terms}
    before = stored_bids.linked(uow, groups, chains)
    if not before:
        return {}
    linked = [bid for bid in new if any(term in bid.terms for term in _LINKS)]
    held = [bid for bid in before if (bid.gate_id, bid.bid_id) not in gone]
    former = _tied(bid for bid in before if (bid.gate_id, bid.bid_id) in gone and _offered(bid))
    found: dict[str, BrokenLink] = {}
    own = {bid.bid_id for bid in linked}
    for tie, members in _tied((*linked, *held)).items():
        _, kind, _ = tie
        leaving = {bid.bid_id for bid in former.get(tie, ())} - {bid.bid_id for bid in members}
        broken = _broken(members) or _cancelled_in_part(kind, members, leaving)
        if broken is not None:
            found.update((bid.bid_id, broken) for bid in members if bid.bid_id in own)
            found.update((bid_id, broken) for bid_id in leaving)
    return found


def _tied(bids: Iterable[CollectedBid]) -> Mapping[tuple[str, BidTerm, str], Sequence[CollectedBid]]:
    """Bids by group and chain: the gate (none for a chain), the term that names it, and its name."""
    ties: dict[tuple[str, BidTerm, str], list[CollectedBid]] = defaultdict(list)
    for bid in bids:
        for term in _LINKS:
            if term in bid.terms:
                gate = "" if term is BidTerm.TECHNICAL_LINK else bid.gate_id
                ties[gate, term, bid.terms[term]].append(bid)
    return ties


def _offered(bid: CollectedBid) -> bool:
    return bool((bid.quantity_mw > 0).any())


def _broken(members: Iterable[CollectedBid]) -> BrokenLink | None:
    offered = [bid for bid in members if _offered(bid)]
    for one in broken_links(_columns(offered)):
        if one.bids.any():
            return BrokenLink(f"{one.message}, with bids of earlier documents", one.part)
    return None


def _cancelled_in_part(
    kind: BidTerm, members: Sequence[CollectedBid], leaving: Collection[str]
) -> BrokenLink | None:
    """A group is cancelled completely or not at all; a chain may end anywhere."""
    offered = [_offered(bid) for bid in members]
    if kind is BidTerm.TECHNICAL_LINK or not any(offered) or (all(offered) and not leaving):
        return None
    return BrokenLink(
        "a group is cancelled completely, and others of its bids are held or offered", Part.QUANTITY
    )


def _columns(bids: Sequence[CollectedBid]) -> Bids:
    """Bids as columns for the rules on links; every point is a period of its own."""
    count = [len(bid.start_s) for bid in bids]
    points = np.arange(sum(count), dtype=np.int32)
    none = np.zeros(0)
    start, end = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(bid, name) for bid in bids)])
        for name in ("start_s", "end_s")
    )
    return Bids(
        bid_id=[bid.bid_id for bid in bids],
        direction=np.array([bid.direction for bid in bids], dtype=np.int8),
        divisible=np.array([bid.divisible for bid in bids], dtype=np.bool_),
        period_bid=np.repeat(np.arange(len(bids), dtype=np.int32), count),
        period_start_s=start,
        period_end_s=end,
        period_resolution=[""] * len(points),
        point_period=points,
        point_position=np.ones(len(points), dtype=np.int32),
        point_start_s=start,
        point_end_s=end,
        quantity_mw=np.concatenate([none, *(bid.quantity_mw for bid in bids)]),
        minimum_mw=np.concatenate([none, *(bid.minimum_mw for bid in bids)]),
        energy_price=np.concatenate([none, *(bid.energy_price for bid in bids)]),
        capacity_price=np.full(len(points), np.nan),
        terms={
            term: [bid.terms.get(term) for bid in bids]
            for term in _COMPARED
            if any(term in bid.terms for bid in bids)
        },
    )
