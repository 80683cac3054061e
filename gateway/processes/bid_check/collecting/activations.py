"""Activation documents: what was activated of bids, for links of later bids and other gates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from gateway.domain.activation import ActivatedSeries, Activation
from gateway.domain.bid import BidTerm
from gateway.domain.document import CanonicalDocument
from gateway.domain.gate import Gate
from gateway.domain.market_time import Interval
from gateway.domain.party import EIC_SCHEME, CodedId
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.series import SeriesPeriod
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.processes.bid_check.collecting.activation_check import PublishedQuantities
from gateway.processes.bid_check.collecting.activation_history import (
    ACTIVE,
    NOTHING_MW,
    RESPONSE,
    beyond_the_offer,
    finding_of,
    offered_mw,
    older,
    order_of,
    other_activation_mw,
    reported_activations,
    without_order,
)
from gateway.processes.bid_check.collecting.activation_series import refused_sender, stretches
from gateway.processes.bid_check.collecting.bid_rules import foreign_domain
from gateway.processes.market_codes import ACTIVATION_DOCUMENTS, business_types, titled
from gateway.records.engine.stores import Stores
from gateway.records.market import activations, gates, results, runs
from gateway.records.market import bids as stored_bids
from gateway.records.market.activations import StoredActivation
from gateway.records.market.bids import CollectedBid


class RecordActivations:
    """The process for Activation documents to the gateway: a platform reports what was activated of its bids.

    A time series has the mRID of its bid. A newer document replaces earlier reports of a bid; one without
    time series reports that nothing was activated in its period.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,  # noqa: ARG002 - an activation is known by its bid
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Store reported activations; return a finding for each series that names no bid (see
        `ports.DocumentApplier`)."""
        if not isinstance(document, Activation):
            raise TypeError(f"activations do not come in {type(document).__name__}")
        refused = refused_sender(tenant, "activations of bids are reported by the platform that sent them")
        if refused is not None:
            return [refused]
        with self._stores.shared.reading() as shared:
            near = [one.gate for one in gates.delivering_in(shared, document.period)]
        own = [gate for gate in near if tenant.tenant_id in gate.platforms]
        findings = list(_document_faults(document, own))
        units_s = {gate.gate_id: int(gate.mtu.total_seconds()) for gate in own if _fits(document, gate)}
        published = self._published(uow, [gate for gate in own if gate.gate_id in units_s], document)
        held: dict[str, list[CollectedBid]] = {}
        for bid in stored_bids.named(uow, units_s, [one.mrid for one in document.series]):
            held.setdefault(bid.bid_id, []).append(bid)
        if own and not units_s:
            return findings  # no gate whose bids it could name
        findings += _foreign_subject(document, tenant, [bid for same in held.values() for bid in same])
        before: dict[str, list[StoredActivation]] = {}
        for last in activations.of_bids(uow, list(held)):
            before.setdefault(last.bid_id, []).append(last)
        processes = {gate.gate_id: gate.process for gate in own}
        reported: list[StoredActivation] = []
        superseded: list[Finding] = []
        for one in document.series:
            bids, known = held.get(one.mrid, ()), before.get(one.mrid, ())
            if faults := [*_faults(one, bids, units_s), *_foreign_business_type(one, bids, processes)]:
                findings += faults
                continue
            findings += _remarks(one, bids)
            series_activations = list(reported_activations(one, document, bids, known, received_at))
            newer = [
                (place, each) for place, each in series_activations if activations.newer(each, known) is None
            ]
            if len(newer) < len(series_activations):
                superseded.append(older(one, [each for _, each in series_activations], known))
            other_mw = {place: other_activation_mw(each, bids, (*known, *reported)) for place, each in newer}
            findings += beyond_the_offer(one, newer, other_mw, bids)
            if document.header.type == RESPONSE and not all(order_of(each, known) for _, each in newer):
                findings.append(without_order(one, [each for _, each in newer]))
            if one.status in ACTIVE:
                sums = [
                    (each.start_s, each.end_s, each.quantity_mw + other_mw[place]) for place, each in newer
                ]
                findings += published.remarks(one, bids, document.header.type, sums)
            reported += [each for _, each in newer]
        if superseded and not reported:
            findings += superseded
        else:  # newer reports are facts, and are stored whatever the others are
            findings += [replace(each, code=ReasonCode.COMPLEMENTARY) for each in superseded]
        start_s, end_s = (int(at.timestamp()) for at in (document.period.start, document.period.end))
        # Direct activation delivers into the next unit, which the document does not cover.
        ends = [int(bid.end_s.max()) for same in held.values() for bid in same]
        activations.put(uow, reported, (start_s, min(end_s, max(ends, default=end_s))), received_at)
        return findings

    def _published(self, uow: UnitOfWork, own: Sequence[Gate], document: Activation) -> PublishedQuantities:
        """The published quantities of the bids that a document names."""
        names = {one.mrid for one in document.series}
        with self._stores.shared.reading() as shared:
            last = {gate.gate_id: runs.last_decided(shared, gate.gate_id) for gate in own}
        found = {
            (gate_id, row.bid_id): row.available_mw
            for gate_id, run in last.items()
            if run is not None
            for row in results.availability_of(uow, run.run_id, names)
        }
        return PublishedQuantities({gate.gate_id: gate for gate in own}, found)


def _fits(document: Activation, gate: Gate) -> bool:
    return document.header.process in (None, gate.process)


def _document_faults(document: Activation, own: Sequence[Gate]) -> Iterator[Finding]:
    header = document.header
    if header.type is not None and header.type not in ACTIVATION_DOCUMENTS:
        message = f"document type {titled('MessageTypeList', header.type)} does not report activations"
        yield Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, message, place=Place(Part.TYPE))
    fitting = [gate for gate in own if _fits(document, gate)]
    if own and not fitting:
        known = ", ".join(sorted({f"{gate.process} ({gate.gate_id})" for gate in own}))
        message = f"process {header.process}; your gates of {document.period} are of {known}"
        yield Finding(Stage.PROCESS, ReasonCode.PROCESS_INVALID, message, place=Place(Part.PROCESS))
    foreign = [foreign_domain(document.domain, gate) for gate in fitting or own]
    if foreign and all(foreign):
        yield from filter(None, foreign[:1])


def _foreign_subject(document: Activation, tenant: Tenant, held: Sequence[CollectedBid]) -> Iterator[Finding]:
    """Finding where an activation is on behalf of a party that provides none of its bids."""
    known = _terms_of(held, BidTerm.PROVIDER, BidTerm.PROVIDER_SCHEME)
    party = None if document.subject is None else document.subject.party
    if party is not None and known and party not in known.union(tenant.parties):
        message = f"the bids are of {', '.join(each.named for each in sorted(known)[:3])}, not {party.named}"
        code = ReasonCode.SENDER_WITHOUT_CONTRACT
        yield Finding(Stage.PROCESS, code, message, place=Place(Part.SUBJECT))


def _terms_of(held: Sequence[CollectedBid], code: BidTerm, scheme: BidTerm) -> set[CodedId]:
    """Values of a term in bids, without bids that omit it."""
    return {CodedId(bid.terms[code], bid.terms.get(scheme, EIC_SCHEME)) for bid in held if code in bid.terms}


def _faults(
    one: ActivatedSeries, held: Sequence[CollectedBid], units_s: Mapping[str, int]
) -> Iterator[Finding]:
    """How a series contradicts the bid that it names, or that there is none."""
    if not held:
        message = f"no bid {one.mrid} of yours is held"
        yield finding_of(one, ReasonCode.SERIES_ID_CONFLICT, message, Place(Part.MRID))
        return
    if any(bid.direction is not one.direction for bid in held):
        message = f"bid {one.mrid} is of the other direction"
        yield finding_of(one, ReasonCode.SERIES_ID_CONFLICT, message, Place(Part.DIRECTION))
    yield from _other_terms(one, held)
    for number, period in enumerate(one.periods, start=1):
        yield from _faults_of_period(one, period, number, held, units_s)


def _other_terms(one: ActivatedSeries, held: Sequence[CollectedBid]) -> Iterator[Finding]:
    """Terms of a series that contradict its bid; terms that the bid leaves open may have any value."""
    for stated, term, scheme, code, what in (
        (
            one.acquiring_area,
            BidTerm.ACQUIRING_AREA,
            BidTerm.ACQUIRING_AREA_SCHEME,
            ReasonCode.AREA_INVALID,
            "for area",
        ),
        (
            one.connecting_area,
            BidTerm.CONNECTING_AREA,
            BidTerm.CONNECTING_AREA_SCHEME,
            ReasonCode.AREA_INVALID,
            "in area",
        ),
        (
            one.resource,
            BidTerm.RESOURCE,
            BidTerm.RESOURCE_SCHEME,
            ReasonCode.RESOURCE_INVALID,
            "of resource",
        ),
        (
            one.provider,
            BidTerm.PROVIDER,
            BidTerm.PROVIDER_SCHEME,
            ReasonCode.SENDER_WITHOUT_CONTRACT,
            "of provider",
        ),
    ):
        known = _terms_of(held, term, scheme)
        if stated is not None and known and known != {stated}:
            message = f"bid {one.mrid} is {what} {min(known).named}, not {stated.named}"
            yield finding_of(one, code, message, Place(term))
    auctions = {bid.terms[BidTerm.AUCTION] for bid in held if BidTerm.AUCTION in bid.terms}
    if one.auction is not None and auctions and auctions != {one.auction}:
        message = f"bid {one.mrid} is of auction {min(auctions)}, not {one.auction}"
        yield finding_of(one, ReasonCode.LOCAL_MARKET_RULE, message, Place(BidTerm.AUCTION))


def _foreign_business_type(
    one: ActivatedSeries, held: Sequence[CollectedBid], processes: Mapping[str, str]
) -> Iterator[Finding]:
    """An activation states the business type of its bid, or a reserve of the gate's process."""
    for bid in held:
        if one.business_type in {bid.terms.get(BidTerm.BUSINESS_TYPE)} | business_types(
            processes[bid.gate_id]
        ):
            continue
        message = (
            f"business type {titled('BusinessTypeList', one.business_type)}; the bid is of process "
            f"{processes[bid.gate_id]}"
        )
        yield finding_of(one, ReasonCode.BUSINESS_TYPE_INVALID, message, Place(BidTerm.BUSINESS_TYPE))
        return


def _faults_of_period(
    one: ActivatedSeries,
    period: SeriesPeriod,
    number: int,
    held: Sequence[CollectedBid],
    units_s: Mapping[str, int],
) -> Iterator[Finding]:
    if not (np.isfinite(period.quantity_mw) & (period.quantity_mw >= 0)).all():
        message = "a quantity is below 0 or not a number"
        yield finding_of(one, ReasonCode.QUANTITY_INCONSISTENT, message, Place(Part.QUANTITY, number))
        return
    outside = _outside(period, held, units_s)
    if outside is not None:
        yield finding_of(one, ReasonCode.TIME_INTERVAL_INCORRECT, outside, Place(Part.INTERVAL, number))
    elif one.status in ACTIVE:
        for point, (mw, most) in enumerate(_against_offer(one, period, held), start=1):
            if mw > most + NOTHING_MW:
                message = f"{mw:,.15g} MW of a bid that offers {most:,.15g} MW then"
                place = Place(Part.QUANTITY, number, point)
                yield finding_of(one, ReasonCode.QUANTITY_INCONSISTENT, message, place)
                return


def _outside(period: SeriesPeriod, held: Sequence[CollectedBid], units_s: Mapping[str, int]) -> str | None:
    """Why a delivery does not lie where its bid was offered; a direct one may last through the next unit."""
    start_s, end_s = _span(period)
    for bid in held:
        if ((bid.start_s <= start_s) & (start_s < bid.end_s)).any():
            if end_s <= int(bid.end_s.max()) + units_s[bid.gate_id]:
                return None
            return f"{period.period} ends more than a market time unit after the bid"
    offered = Interval(
        *(datetime.fromtimestamp(at, UTC) for at in (_first(held), max(int(bid.end_s.max()) for bid in held)))
    )
    return f"{period.period} does not begin within the bid, which is for {offered}"


def _first(held: Sequence[CollectedBid]) -> int:
    return min(int(bid.start_s.min()) for bid in held)


def _against_offer(
    one: ActivatedSeries, period: SeriesPeriod, held: Sequence[CollectedBid]
) -> Iterator[tuple[float, float]]:
    """MW of each point of a delivery, and the most that its bid offers then; after its end, as at its end."""
    for start_s, end_s, mw in stretches(period, one.curve).tolist():
        yield mw, offered_mw(start_s, end_s, held)


def _remarks(one: ActivatedSeries, held: Sequence[CollectedBid]) -> Iterator[Finding]:
    """That an indivisible bid was activated in part; it is reported as a fact, so it is accepted."""
    if one.status not in ACTIVE or any(bid.divisible for bid in held):
        return
    for period in one.periods:
        for mw, most in _against_offer(one, period, held):
            if 0 < mw < most - NOTHING_MW:
                message = (
                    f"bid {one.mrid} is indivisible; {mw:,.15g} MW of {most:,.15g} MW are reported of it"
                )
                yield Finding(Stage.PROCESS, ReasonCode.COMPLEMENTARY, message)
                return


def _span(period: SeriesPeriod) -> tuple[int, int]:
    return int(period.period.start.timestamp()), int(period.period.end.timestamp())
