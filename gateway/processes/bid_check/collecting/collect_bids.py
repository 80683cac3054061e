"""Collection of bids: which gate each belongs to, whether it fits, and which technical units deliver it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import Bids
from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.gate import Gate
from gateway.domain.market_time import Interval
from gateway.domain.party import EIC_SCHEME, CodedId
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.processes.bid_check.collecting import bid_rules
from gateway.processes.bid_check.collecting.gate_closure import cancelled_gates, why_late, why_none
from gateway.processes.bid_check.collecting.held_links import BrokenLink, broken_with_held
from gateway.processes.resources import Resources, UnitShares
from gateway.records.engine.cache import Cache
from gateway.records.engine.stores import Stores
from gateway.records.market import bids as stored_bids
from gateway.records.market import gates
from gateway.records.market.bids import STORED_TERMS, BidOrigin, CollectedBid
from gateway.records.market.gates import GateStatus

_DIRECTIONS: Final = {int(one): one for one in Direction}


class CollectBids:
    """The process for ReserveBid documents.

    A bid belongs to the gate of its process in whose delivery it lies. A newer revision of a document
    replaces the older one completely, also where it has a bid with a fault; a bid that comes again in
    another, newer document replaces the one before; a quantity of 0 cancels. Decided bids never change.
    """

    def __init__(self, stores: Stores, resources: Resources) -> None:
        self._stores, self._resources = stores, resources
        self._gates = Cache(stores.shared, _gates_delivering_in)

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Store the valid bids of a document; return a finding for each of the others (see
        `ports.DocumentApplier`)."""
        if not isinstance(document, ReserveBids):
            raise TypeError(f"bids come in ReserveBid documents, not in {type(document).__name__}")
        delivering = self._gates.of([document.period]).get(document.period, ())
        own_gates = [status for status in delivering if tenant.tenant_id in status.gate.platforms]
        process = document.header.process
        ours = [status for status in own_gates if process in (None, status.gate.process)]
        unfit = [bid_rules.unfit(document, status.gate) for status in ours]
        fitting = [status for status, why in zip(ours, unfit, strict=True) if not why]
        late = [why_late(uow, status, tenant, received_at) for status in fitting]
        cancelled = None if ours else why_none(self._stores, tenant, document.period, process)
        refused = _document_faults(document, own_gates, unfit, late, cancelled)
        refused = refused or _undecided_process(process, fitting)

        bids = bid_rules.cancelled_as_nothing(document.bids)
        if bids is not document.bids:
            document = replace(document, bids=bids)
        gate_of = np.full(len(bids), -1)
        for number, status in enumerate(fitting):
            gate_of[bid_rules.bids_of_gate(bids, status.gate)] = number
        units = self._units(document, [status.gate for status in fitting], gate_of.tolist())
        open_ids = [status.gate.gate_id for status, why in zip(fitting, late, strict=True) if why is None]
        earlier = stored_bids.origins(uow, open_ids, bids.bid_id)
        findings = [
            *refused,
            *_check_gates(bids, gate_of, fitting, [None] * len(late) if refused else late),
            *self._check_outside(document, bids, gate_of, fitting, tenant),
            *bid_rules.check_status(bids),
            *_check_resources(bids, units),
            *_check_identity(document, earlier),
        ]
        if refused:
            return findings
        bad = {finding.series for finding in findings}
        good = [bid for bid in range(len(bids)) if bids.bid_id[bid] not in bad]
        found = {bid: fitting[gate_of[bid]].gate for bid in good}
        known = {bid: shares for bid in good if (shares := units[bid]) is not None}
        collected = list(_collected(document, found, known, document_id))
        header = document.header
        older = open_ids, header.sender.party.code, header.mrid, header.revision
        withdrawn = stored_bids.older_origins(uow, *older) if header.revision > 1 else ()
        broken = broken_with_held(uow, collected, earlier, withdrawn)
        if broken and header.revision > 1:
            return [*findings, _refused_revision(broken)]
        if withdrawn:
            stored_bids.withdraw_document(uow, *older)
            findings += _left_out(document.header.revision, {bids.bid_id[bid] for bid in good}, withdrawn)
        findings += _withdrawn_nothing(bids, good, [*earlier, *withdrawn])
        findings += [
            bid_rules.series_finding(
                bids, bids.position_of[bid_id], ReasonCode.LOCAL_MARKET_RULE, one.message, one.part
            )
            for bid_id, one in broken.items()
        ]
        stored_bids.put(uow, [bid for bid in collected if bid.bid_id not in broken], earlier)
        return findings

    def _check_outside(
        self,
        document: ReserveBids,
        bids: Bids,
        gate_of: NDArray[np.int_],
        fitting: list[GateStatus],
        tenant: Tenant,
    ) -> Iterator[Finding]:
        """Bids that lie in none of the gates there are: of a cancelled one, or of none at all."""
        outside = (gate_of < 0).nonzero()[0].tolist() if fitting else []
        if not outside:
            return
        of_cancelled = {
            bid: gate
            for gate in cancelled_gates(self._stores, tenant, document.period, document.header.process)
            for bid in bid_rules.bids_of_gate(bids, gate).tolist()
        }
        deliveries = ", ".join(f"{s.gate.gate_id} ({s.gate.delivery})" for s in fitting[:3])
        for bid in outside:
            if gate := of_cancelled.get(bid):
                why = (
                    f"gate {gate.gate_id!r} is cancelled, and no other collects your bids for {gate.delivery}"
                )
                yield bid_rules.series_finding(bids, bid, ReasonCode.GATE_NOT_OPEN, why)
                continue
            why = f"the bid does not lie within the delivery of one gate: {deliveries}"
            yield bid_rules.series_finding(bids, bid, ReasonCode.TIME_INTERVAL_INCORRECT, why, Part.INTERVAL)

    def _units(
        self, document: ReserveBids, gates: Sequence[Gate], gate_of: Sequence[int]
    ) -> Sequence[UnitShares | None]:
        """Unit shares of each bid during the delivery of its gate, or the document's period where it has none
        (-1); None where unknown."""
        names = document.bids.terms.get(BidTerm.RESOURCE)
        if names is None:
            return [None] * len(document.bids)
        assigned = self._resources.assigned(name for name in names if name)
        periods = [*(gate.delivery for gate in gates), document.period]
        pairs = list(zip(names, gate_of, strict=True))
        known = {pair: assigned.units_of(pair[0], periods[pair[1]]) for pair in set(pairs) if pair[0]}
        return [known.get(pair) for pair in pairs]


def _gates_delivering_in(
    shared: UnitOfWork, periods: Collection[Interval]
) -> Mapping[Interval, Sequence[GateStatus]]:
    return {period: gates.delivering_in(shared, period) for period in periods}


def _document_faults(
    document: ReserveBids,
    own_gates: list[GateStatus],
    unfit: list[Sequence[Finding]],
    late: list[str | None],
    cancelled: str | None,
) -> Sequence[Finding]:
    if not late and unfit:
        return unfit[0]
    if None in late:
        return ()
    message = f"no gate collects your bids for {document.period}"
    if why := (late[0] if late else cancelled):
        message = why
    elif own_gates:
        known = ", ".join(sorted({f"{s.gate.process} ({s.gate.gate_id})" for s in own_gates}))
        message = f"process {document.header.process}; gates of {document.period} collect for {known}"
        return [Finding(Stage.PROCESS, ReasonCode.PROCESS_INVALID, message, place=Place(Part.PROCESS))]
    return [Finding(Stage.PROCESS, ReasonCode.GATE_NOT_OPEN, message)]


def _undecided_process(process: str | None, fitting: list[GateStatus]) -> Sequence[Finding]:
    """A document that names no process is accepted where the gates that it may be for are all of one."""
    if process is not None or len({status.gate.process for status in fitting}) < 2:
        return ()
    known = ", ".join(sorted(f"{s.gate.process} ({s.gate.gate_id})" for s in fitting))
    message = f"the document names no process, and its bids may be for {known}: name one"
    return [Finding(Stage.PROCESS, ReasonCode.PROCESS_INVALID, message, place=Place(Part.PROCESS))]


def _left_out(revision: int, taken: Collection[str], withdrawn: Sequence[BidOrigin]) -> Iterator[Finding]:
    """A remark on bids that a newer revision withdraws: it supersedes the document as a whole, and has no
    version of them that was taken."""
    gone = sorted({origin.bid_id for origin in withdrawn if origin.bid_id not in taken})
    if gone:
        why = f"as revision {revision} leaves them out or has them with a fault"
        yield Finding(Stage.PROCESS, ReasonCode.COMPLEMENTARY, f"withdrawn, {why}: {_some(gone)}")


def _withdrawn_nothing(bids: Bids, good: Sequence[int], known: Collection[BidOrigin]) -> Iterator[Finding]:
    """A remark on cancelled bids that no document has offered: perhaps a slip in their id."""
    cancelled = bid_rules.cancelled(bids)
    known_ids = {origin.bid_id for origin in known}
    unknown = sorted(bids.bid_id[bid] for bid in good if cancelled[bid] and bids.bid_id[bid] not in known_ids)
    if unknown:
        message = f"nothing to withdraw, as these bids were not there: {_some(unknown)}"
        yield Finding(Stage.PROCESS, ReasonCode.COMPLEMENTARY, message)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _refused_revision(broken: Mapping[str, BrokenLink]) -> Finding:
    """Refuse the complete revision, because the bids of the older one, which it would withdraw, must stay."""
    names = sorted(broken)
    first = broken[names[0]]
    message = f"the revision would break groups or chains of {_some(names)}: {first.message}"
    return Finding(Stage.PROCESS, ReasonCode.LOCAL_MARKET_RULE, message, place=Place(first.part))


def _check_gates(
    bids: Bids, gate_of: NDArray[np.int_], fitting: list[GateStatus], late: list[str | None]
) -> Iterator[Finding]:
    for number, (status, why) in enumerate(zip(fitting, late, strict=True)):
        own = (gate_of == number).nonzero()[0].tolist()
        yield from bid_rules.check(bids if len(own) == len(bids) else bids.select(own), status.gate)
        for bid in own if why is not None else ():
            yield bid_rules.series_finding(bids, bid, ReasonCode.GATE_NOT_OPEN, why or "")


def _check_resources(bids: Bids, units: Sequence[UnitShares | None]) -> Iterator[Finding]:
    """Findings on bids whose units are unknown: they are never guessed."""
    codes = bids.terms.get(BidTerm.RESOURCE, ())
    schemes = bids.terms.get(BidTerm.RESOURCE_SCHEME, (None,) * len(codes))
    coded = [] if {*schemes} <= {None, "", EIC_SCHEME} else list(zip(codes, schemes, strict=True))
    foreign = {
        pair: message
        for pair in set(coded)
        if pair[0] is not None
        and (message := bid_rules.foreign_scheme(CodedId(pair[0], pair[1] or EIC_SCHEME)))
    }
    for bid, pair in enumerate(coded) if foreign else ():
        if pair in foreign and units[bid] is not None:
            yield bid_rules.series_finding(
                bids, bid, ReasonCode.RESOURCE_INVALID, foreign[pair], BidTerm.RESOURCE
            )
    for bid in [bid for bid, known in enumerate(units) if known is None]:
        resource = bids.term(BidTerm.RESOURCE, bid)
        message = (
            f"resource {resource} is not assigned to any connection point by a system operator for all of "
            "the delivery"
            if resource
            else "the bid names no resource, so its connection points are unknown"
        )
        yield bid_rules.series_finding(bids, bid, ReasonCode.RESOURCE_INVALID, message, BidTerm.RESOURCE)


def _check_identity(document: ReserveBids, earlier: Sequence[BidOrigin]) -> Iterator[Finding]:
    header, bids = document.header, document.bids
    sender = header.sender.party.code
    for origin in earlier:
        position = bids.position_of[origin.bid_id]
        if origin.sender != sender:
            yield bid_rules.series_finding(
                bids,
                position,
                ReasonCode.SERIES_ID_CONFLICT,
                f"the mRID is in use for a bid of another sender in gate {origin.gate_id!r}",
                Part.MRID,
            )
        elif (origin.document.mrid != header.mrid and origin.document_created_at > header.created_at) or (
            origin.document.mrid == header.mrid and origin.document.revision > header.revision
        ):
            yield bid_rules.series_finding(
                bids,
                position,
                ReasonCode.SERIES_VERSION_CONFLICT,
                f"document {origin.document.mrid} revision {origin.document.revision}, created "
                f"{origin.document_created_at:%Y-%m-%dT%H:%M:%SZ}, has a newer version of the bid",
                Part.MRID,
            )


def _collected(
    document: ReserveBids,
    gate_of: Mapping[int, Gate],
    units: Mapping[int, UnitShares],
    document_id: str,
) -> Iterator[CollectedBid]:
    """The bids that have a gate, minimised."""
    header, bids, subject = document.header, document.bids, document.subject
    links: dict[int, list[tuple[str, str | None]]] = {}
    for link in bids.conditional_links:
        links.setdefault(link.bid, []).append((link.target, link.status))
    columns = [(term, column) for term in STORED_TERMS if (column := bids.terms.get(term)) is not None]
    paid = {*bids.point_bid[np.isfinite(bids.capacity_price)].tolist()}
    edges = bids.point_edges.tolist()
    directions = [_DIRECTIONS[value] for value in bids.direction.tolist()]
    divisible = bids.divisible.tolist()
    ref, sender = header.ref, header.sender.party.code
    for bid, gate in gate_of.items():
        terms = {term: text for term, column in columns if (text := column[bid]) is not None}
        if subject is not None and BidTerm.PROVIDER not in terms:
            terms[BidTerm.PROVIDER] = subject.party.code
            terms[BidTerm.PROVIDER_SCHEME] = subject.party.scheme
        first, last = edges[bid], edges[bid + 1]
        yield CollectedBid(
            gate_id=gate.gate_id,
            bid_id=bids.bid_id[bid],
            document_id=document_id,
            document=ref,
            document_created_at=header.created_at,
            delivery_end=gate.delivery.end,
            sender=sender,
            direction=directions[bid],
            divisible=divisible[bid],
            start_s=bids.point_start_s[first:last],
            end_s=bids.point_end_s[first:last],
            quantity_mw=bids.quantity_mw[first:last],
            minimum_mw=bids.minimum_mw[first:last],
            energy_price=bids.energy_price[first:last],
            capacity_price=bids.capacity_price[first:last] if bid in paid else None,
            unit_shares=units[bid].shares,
            terms=terms,
            links=tuple(links.get(bid, ())),
            shares_stated=units[bid].stated,
        )
