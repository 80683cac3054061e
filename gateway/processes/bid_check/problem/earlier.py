"""Bids of earlier gates that bids of a gate are linked to, and what is known of their activation.

A further run that decides the last units of a gate sees its first ones as an earlier gate.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

from gateway.domain.bid import BidTerm
from gateway.domain.gate import Gate
from gateway.domain.market_time import Interval
from gateway.ports import UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.market import activations, gates
from gateway.records.market import bids as stored_bids
from gateway.records.market.activations import StoredActivation
from gateway.records.market.bids import CollectedBid

LOOK_BACK = 2
"""Market time units that conditional links look back."""


class ActivationType(StrEnum):
    """How a bid was activated."""

    SCHEDULED = "scheduled"
    DIRECT = "direct"


ActivationTypes = frozenset[ActivationType]
"""How a bid was activated; empty: not at all."""


UNTIL = frozenset({"A55", "A56", "A57", "A58", "A59", "A60"})
"""Available until something happens: all such links must allow a bid. Of the others one is enough."""


@dataclass(frozen=True, slots=True)
class ReportedActivation:
    """Reported activation of a bid: its types, and whether the report covers all the time of its offer."""

    types: ActivationTypes = frozenset()
    complete: bool = False

    @property
    def possible(self) -> Iterator[ActivationTypes]:
        """How it may have been activated in the end."""
        unreported = () if self.complete else tuple(ActivationType)
        for count in range(len(unreported) + 1):
            yield from (self.types.union(more) for more in combinations(unreported, count))


@dataclass(frozen=True, slots=True)
class Earlier:
    """Bids of earlier gates, by platform and what links call them.

    Attributes:
        linked: by name of a bid or of an inclusive group, for conditional links.
        before: by name of a technical link, of its bid in the unit before the delivery, as far as reported.
    """

    linked: Mapping[tuple[str, str], ReportedActivation] = field(default_factory=dict)
    before: Mapping[tuple[str, str], ActivationTypes] = field(default_factory=dict)


def read_earlier(stores: Stores, gate: Gate, found: Sequence[tuple[str, CollectedBid]]) -> Earlier:
    """Read, of bids with their platforms, the state of the bids of earlier gates they are linked to."""
    of_platform: dict[str, list[CollectedBid]] = {}
    for platform, bid in found:
        of_platform.setdefault(platform, []).append(bid)
    with stores.shared.reading() as shared:
        near = gates_before(shared, gate)
    parts = []
    for platform, bids in of_platform.items():
        with stores.of(platform).reading() as uow:
            parts.append(earlier_of(uow, platform, gate, near, bids))
    return joined(parts)


def joined(parts: Iterable[Earlier]) -> Earlier:
    """Join the earlier bids of several platforms."""
    linked: dict[tuple[str, str], ReportedActivation] = {}
    before: dict[tuple[str, str], ActivationTypes] = {}
    for part in parts:
        linked.update(part.linked)
        before.update(part.before)
    return Earlier(linked, before)


def gates_before(shared: UnitOfWork, gate: Gate) -> Sequence[Gate]:
    """The gates that bids of this one may be linked back to; a further run's own first units among them."""
    back = Interval(gate.delivery.start - LOOK_BACK * gate.mtu, gate.delivery.start)
    return [one.gate for one in gates.delivering_in(shared, back)]


def earlier_of(
    uow: UnitOfWork, platform: str, gate: Gate, near: Sequence[Gate], found: Sequence[CollectedBid]
) -> Earlier:
    """Read, from a platform's store, the state of the bids of earlier gates that its bids are linked to.

    Args:
        near: see `gates_before`.
    """
    own = [bid for bid in found if bid.links or BidTerm.TECHNICAL_LINK in bid.terms]
    ids = [one.gate_id for one in near if platform in one.platforms]
    if not own:
        return Earlier()
    start_s, mtu_s = int(gate.delivery.start.timestamp()), int(gate.mtu.total_seconds())
    names = {target for bid in own for target, _ in bid.links} - {bid.bid_id for bid in found}
    chains = {bid.terms[BidTerm.TECHNICAL_LINK] for bid in own if BidTerm.TECHNICAL_LINK in bid.terms}
    held = [
        bid
        for bid in (stored_bids.named(uow, ids, names, groups=names, chains=chains) if ids else ())
        if (bid.quantity_mw > 0).any() and bid.start_s.min() < start_s
    ]
    reported = activations.of_bids(uow, {bid.bid_id for bid in held}) if held else ()
    known = {bid.bid_id: _fully_reported(uow, bid) for bid in held}
    linked: dict[tuple[str, str], ReportedActivation] = {}
    before: dict[tuple[str, str], ActivationTypes] = {}
    for name in names:
        members = [bid for bid in held if name in (bid.bid_id, bid.terms.get(BidTerm.INCLUSIVE_GROUP))]
        if members:
            complete = all(known[bid.bid_id] for bid in members)
            linked[platform, name] = ReportedActivation(_types_of(members, reported), complete)
    for chain in chains:
        members = [bid for bid in held if bid.terms.get(BidTerm.TECHNICAL_LINK) == chain]
        last = [one for one in reported if start_s - mtu_s <= one.start_s < start_s]
        before[platform, chain] = _types_of(members, last)
    return Earlier(linked, before)


def _fully_reported(uow: UnitOfWork, bid: CollectedBid) -> bool:
    offered = bid.quantity_mw > 0
    spans = zip(bid.start_s[offered].tolist(), bid.end_s[offered].tolist(), strict=True)
    return all(activations.is_reported(uow, start_s, end_s) for start_s, end_s in spans)


def holds(status: str, reported: ReportedActivation, activation_type: ActivationType) -> bool | None:
    """Whether a conditional link allows an activation type, given what was reported of the linked bid.

    None where that depends on what is not reported. Bids with other codes are not decided.
    """
    answers = {_holds(status, types, activation_type) for types in reported.possible}
    return answers.pop() if len(answers) == 1 else None


def _holds(status: str, types: ActivationTypes, activation_type: ActivationType) -> bool:
    scheduled, direct = ActivationType.SCHEDULED in types, ActivationType.DIRECT in types
    return {
        "A55": not types,
        "A56": bool(types),
        "A57": activation_type is ActivationType.SCHEDULED or not direct,
        "A58": activation_type is ActivationType.SCHEDULED or not scheduled,
        "A59": not scheduled,
        "A60": not direct,
        "A67": bool(types),
        "A68": not types,
        "A69": scheduled,
        "A70": direct,
        "A71": activation_type is ActivationType.DIRECT and direct,
        "A72": activation_type is ActivationType.DIRECT and scheduled,
    }.get(status, True)


def _types_of(bids: Iterable[CollectedBid], reported: Iterable[StoredActivation]) -> ActivationTypes:
    spans = {bid.bid_id: range(int(bid.start_s.min()), int(bid.end_s.max())) for bid in bids}
    return frozenset(
        ActivationType.DIRECT if one.direct else ActivationType.SCHEDULED
        for one in reported
        if one.quantity_mw > 0 and one.start_s in spans.get(one.bid_id, ())
    )
