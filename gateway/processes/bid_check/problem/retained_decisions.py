"""Decisions of an earlier run that a further run retains, and how both become one decision.

A further run decides the market time units whose preparation begins after it is published, as a gate that
begins there. Decisions of the units before are retained, and with them every bid that is tied to them: a
block that has begun, a chain that must be followed, and whatever groups, chains and conditions tie to these.
To the rest the units before are an earlier gate: of exact lists the accepted quantities are known. A run
always publishes the decision of all units, so that its documents are complete.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.counted import counted
from gateway.domain.gate import Gate, TechnicalLink, UseOfLists
from gateway.domain.reason import Reason
from gateway.domain.result import Run
from gateway.processes.bid_check.problem import decision as decisions
from gateway.processes.bid_check.problem.collected_bids import CollectedBids, read_offers
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.problem.earlier import (
    ActivationType,
    ActivationTypes,
    Earlier,
    ReportedActivation,
    read_earlier,
)
from gateway.processes.bid_check.problem.links import TECHNICAL, dependent, is_block, undecided_links
from gateway.records.engine.stores import Stores
from gateway.records.market import runs
from gateway.records.market.runs import RunRecord

Floats = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.bool_, np.int32)

_NOTHING_REPORTED = ReportedActivation()


class NothingRetainedError(Exception):
    """The decision of the run before is not stored any more."""


@dataclass(frozen=True, eq=False)
class RetainedDecisions:
    """Retained decisions of a gate with B bids and T market time units when a further run decides the last
    ones.

    Attributes:
        all_bids: all bids in all units. decision: of the run before. run: its figures, and `number`.
        first: the first unit that is decided again, 1 to T − 1.
        rows: bids that are decided again, by position in `all_bids`. rest: their offers from `first` on.
        tied_rows: bids retained from `first` on. tied: their offers there.
    """

    all_bids: CollectedBids
    decision: Decision
    run: Run
    number: int
    first: int
    rows: Sequence[int]
    rest: CollectedBids
    tied_rows: Sequence[int]
    tied: CollectedBids

    @cached_property
    def before(self) -> CollectedBids:
        """The offers of the retained units."""
        return self.all_bids.part(range(len(self.all_bids)), 0, self.first)

    @property
    def before_mw(self) -> Floats:
        """(B, first) available MW there."""
        return self._available_mw[:, : self.first]

    @property
    def tied_mw(self) -> Floats:
        """(b, T − first) available MW of the tied bids."""
        return self._available_mw[self.tied_rows, self.first :]

    @property
    def _available_mw(self) -> Floats:
        return self.decision.availability(self.all_bids).available_mw

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the run on what is retained."""
        begins = f"{self.rest.gate.delivery.start:%Y-%m-%dT%H:%MZ}"
        note = (
            f"decided again from {begins} on; run {self.number} is retained before, and failures to deliver "
            "and grids without a good model are reported for the time from then on"
        )
        if not self.tied_rows:
            return (note,)
        tied = counted(len(self.tied_rows), "bid is retained", "bids are retained")
        return note, f"{tied} after it, too, tied to the time before"

    def parts(self) -> Iterator[str | NDArray[np.generic]]:
        """Everything of it that can change the answer or the publication."""
        yield f"{self.first} {list(self.tied_rows)}"
        yield self.before_mw
        yield self.tied_mw


def read_retained(stores: Stores, gate: Gate, record: RunRecord, first: int) -> RetainedDecisions:
    """Return the retained decisions of a gate in a run that decides it from unit `first` on.

    Raises:
        NothingRetainedError: it is not stored.
    """
    with stores.shared.reading() as shared:
        last = next(one for one in runs.of_gate(shared, gate.gate_id) if one.number == record.number - 1)
        encoded = runs.decision_of(shared, last.run_id)
    if encoded is None or last.figures is None:
        raise NothingRetainedError(f"what run {last.number} of gate {gate.gate_id!r} decided is not stored")
    all_bids, decided = read_offers(stores, gate), decisions.decode(encoded)
    units, available = len(gate.units), decided.availability(all_bids).available_mw
    tied = _tied(all_bids, available, first)
    left = np.flatnonzero((all_bids.quantity_mw[:, first:] > 0).any(axis=1)).tolist()
    rows, tied_rows = [bid for bid in left if bid not in tied], [bid for bid in left if bid in tied]
    rest = all_bids.part(rows, first, units)
    earlier = read_earlier(stores, rest.gate, list(zip(rest.platform, rest.bids, strict=True)))
    earlier = replace(earlier, linked={**all_bids.earlier.linked, **earlier.linked})
    if gate.use is UseOfLists.EXACT:
        earlier = _with_accepted(earlier, all_bids, available, first, frozenset(rows))
    rest = replace(rest, earlier=earlier)
    rest = replace(rest, undecided=undecided_links(rest.linked, rest.undecided))
    return RetainedDecisions(
        all_bids,
        decided,
        last.figures,
        last.number,
        first,
        rows,
        rest,
        tied_rows,
        all_bids.part(tied_rows, first, units),
    )


def joined(retained: RetainedDecisions, decided: Decision) -> Decision:
    """One decision of all units: of the rest the new ones, everywhere else the retained decisions."""
    before, rows, first = retained.decision, retained.rows, retained.first

    def both(old: NDArray[Number], new: NDArray[Number]) -> NDArray[Number]:
        merged = old.copy()
        merged[rows, first:] = new
        return merged

    reasons, of_old, of_new = _merged(before.reasons, decided.reasons)
    accepted = None
    if before.accepted_mw is not None and decided.accepted_mw is not None:
        accepted = both(before.accepted_mw, decided.accepted_mw)
    available = both(before.available_mw, decided.available_mw)
    tied = frozenset(retained.tied_rows)
    still = [bid for bid in before.unchecked if bid in tied or available[bid, :first].any()]
    stays = (before.limits.mtu < first) | np.isin(before.limits.bid, retained.tied_rows)
    failing = decided.failing
    if failing is not None:
        failing = tuple(replace(one, bid=rows[one.bid], mtu=one.mtu + first) for one in failing)
    return Decision(
        available_mw=available,
        accepted_mw=accepted,
        limited=both(before.limited, decided.limited),
        why=both(of_old[before.why], of_new[decided.why]),
        reasons=tuple(reasons),
        limits=before.limits[stays].joined(decided.limits.moved(rows, first)),
        wanted_mw=both(before.wanted_mw, decided.wanted_mw),
        passed_over=both(before.passed_over, decided.passed_over),
        units=(*before.units[:first], *decided.units),
        unchecked=tuple(sorted({*still, *(rows[bid] for bid in decided.unchecked)})),
        gaps=decided.gaps,
        failing=failing,
    )


def _tied(all_bids: CollectedBids, available_mw: Floats, first: int) -> frozenset[int]:
    """Decided bids that are retained from unit `first` on, because earlier decisions tie them."""
    decided, linked, exact = (
        frozenset(all_bids.decided),
        all_bids.linked,
        all_bids.gate.use is UseOfLists.EXACT,
    )
    offered = all_bids.quantity_mw > 0
    over = np.asarray(offered[:, :first].any(axis=1) & offered[:, first:].any(axis=1))
    found = {bid for bid in decided if over[bid] and is_block(linked.bids[bid])}
    groups = []
    for (kind, _, _), members in linked.ties().items():
        if kind != TECHNICAL:
            groups.append(frozenset(members))
        elif exact and all_bids.gate.technical_link in (
            TechnicalLink.MAY_NOT_FOLLOW,
            TechnicalLink.MUST_FOLLOW,
        ):
            groups.append(frozenset(members))
            must = all_bids.gate.technical_link is TechnicalLink.MUST_FOLLOW
            if must and any(available_mw[member, first - 1] > 0 for member in members):
                found |= decided & groups[-1]
    if exact:  # whose condition was decided with it
        for bid in dependent(linked):
            targets = {target for _, targets in linked.targets(bid) for target in targets}
            groups += [frozenset((bid, target)) for target in targets if offered[target, first:].any()]
    later = {bid for bid in decided if offered[bid, first:].any()}
    found &= later
    while True:
        more = {bid for group in groups if not group.isdisjoint(found) for bid in group} & later
        if more <= found:
            return frozenset(found)
        found |= more


def _with_accepted(
    earlier: Earlier, all_bids: CollectedBids, available_mw: Floats, first: int, rows: frozenset[int]
) -> Earlier:
    """State of retained bids without a reported activation: accepted counts as activated."""
    linked: dict[tuple[str, str], ReportedActivation] = dict(earlier.linked)
    before: dict[tuple[str, str], ActivationTypes] = dict(earlier.before)
    for bid, (platform, collected) in enumerate(zip(all_bids.platform, all_bids.bids, strict=True)):
        if bid not in rows:
            taken = bool((available_mw[bid] > 0).any())
            names = {collected.bid_id, collected.terms.get(BidTerm.INCLUSIVE_GROUP, collected.bid_id)}
            for key in ((platform, name) for name in names):
                if not earlier.linked.get(key, _NOTHING_REPORTED).complete:
                    known = linked.get(key, _NOTHING_REPORTED).types
                    linked[key] = ReportedActivation(known | _as_scheduled(taken=taken), complete=True)
        chain = collected.terms.get(BidTerm.TECHNICAL_LINK)
        if chain is not None and available_mw[bid, first - 1] > 0:
            before[platform, chain] = before.get((platform, chain), frozenset()) | _as_scheduled(taken=True)
    return Earlier(linked, before)


def _as_scheduled(*, taken: bool) -> ActivationTypes:
    return frozenset((ActivationType.SCHEDULED,)) if taken else frozenset()


def _merged(
    old: Sequence[Reason], new: Sequence[Reason]
) -> tuple[list[Reason], NDArray[np.int32], NDArray[np.int32]]:
    """Both lists of reasons as one, in the order of either, and the new numbers of both; 0 stays 0."""
    merged: dict[Reason, int] = {}

    def add(reasons: Iterable[Reason]) -> None:
        for reason in reasons:
            merged.setdefault(reason, len(merged) + 1)

    left = list(old)
    for reason in new:
        if reason in left:
            at = left.index(reason) + 1
            add(left[:at])
            left = left[at:]
        add([reason])
    add(left)
    return list(merged), _numbers(old, merged), _numbers(new, merged)


def _numbers(reasons: Sequence[Reason], merged: Mapping[Reason, int]) -> NDArray[np.int32]:
    return np.array([0, *(merged[reason] for reason in reasons)], dtype=np.int32)
