"""What a platform is told in documents: BidAvailability and MeritOrderList of its own bids.

BidAvailability has one period per document and one quantity per bid, so there is one document for each
stretch of market time units in which the same bids are cut alike; none where all is available as offered.
A further run tells each unit by itself in which a bid is or was cut, with the whole offer where it no longer
is: its documents then replace all that earlier runs sent, whatever stretches those had.

A MeritOrderList has one series per bid and stretch of one price; then one order by price is right in every
market time unit: up, cheapest first, then down, highest first, ties by volume and name.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import (
    BidAvailability,
    BidLimit,
    DocumentHeader,
    DocumentKind,
    MeritOrderList,
    MeritOrderSeries,
)
from gateway.domain.gate import Gate
from gateway.domain.grid import ElementKind
from gateway.domain.market_time import Interval, resolution_text
from gateway.domain.party import CodedId, Role
from gateway.domain.result import Availability
from gateway.domain.tenant import Tenant, TenantRole
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.reasons import ReasonTable
from gateway.records.bids import CollectedBid

VERSIONS: Mapping[DocumentKind, str] = {
    DocumentKind.BID_AVAILABILITY: "1.1",
    DocumentKind.MERIT_ORDER_LIST: "7.3",
}
"""Versions for tenants who have not asked for others."""

_ROLE_CODES = {TenantRole.PLATFORM: "A11", TenantRole.DSO: "A50", TenantRole.TSO: "A49"}
_TYPES = {DocumentKind.BID_AVAILABILITY: "B45", DocumentKind.MERIT_ORDER_LIST: "A43"}
_AVAILABLE = "A06"
_LIMITS: Mapping[ElementKind, str] = {
    ElementKind.LINE: "C41",
    ElementKind.TRANSFORMER: "C41",
    ElementKind.VOLTAGE: "C43",
    ElementKind.CURRENT: "C44",
}
"""Business type of a limit: thermal, voltage, current. Where no such limit is the cause, an entry carries the
business type of the bid itself, because the code list has none for other causes; the reason says which."""

_OFFER = "B74"
_MEGAWATT, _PER_MEGAWATT_HOUR = "MAW", "MWH"
_UNKNOWN_AREA = "NA"


@dataclass(frozen=True, slots=True)
class Limiting:
    """What limits a bid most: the kind of element, and its operator, None for one without a party."""

    kind: ElementKind
    operator: Role | None


@dataclass(frozen=True, eq=False)
class PlatformResult:
    """One platform's part of a run.

    Attributes:
        number: of the gate's runs: the revision of its documents.
        limited_before: (bid, market time unit) of which earlier runs have told that it is cut.
        bids: positions of its bids in `offers`.
        why: of the bids of `offers`.
        limiting: what limits a bid most, by position and market time unit; nothing where that is not known.
    """

    number: int
    limited_before: frozenset[tuple[int, int]]
    tenant: Tenant
    gateway: Role
    gate: Gate
    offers: Offers
    bids: Sequence[int]
    availability: Availability
    why: ReasonTable
    limiting: Mapping[tuple[int, int], Limiting]


def party_of(tenant: Tenant) -> Role:
    """The tenant's first party, in the role it is addressed in or the usual one of its kind."""
    return Role(tenant.parties[0], tenant.party_role or _ROLE_CODES.get(tenant.role))


def availability_documents(result: PlatformResult, created_at: datetime) -> Iterator[BidAvailability]:
    """One document per stretch of market time units in which the same bids are limited alike; of a further
    run one per unit."""
    limits: list[list[BidLimit]] = [[] for _ in range(len(result.gate.units))]
    for bid, mtu in sorted({*_cut(result), *result.limited_before}):
        limits[mtu].append(_limit(result, bid, mtu))
    units = [(unit, unit + 1) for unit in range(len(limits))]
    for first, last in _stretches(limits) if result.number == 1 else units:
        if limits[first]:
            header = _header(result, DocumentKind.BID_AVAILABILITY, created_at, str(first))
            yield BidAvailability(header, _interval(result.gate, first, last), tuple(limits[first]))


def merit_order_document(result: PlatformResult, created_at: datetime) -> MeritOrderList:
    """The grid-checked merit order of the platform's bids; bids that were not decided stand at the end."""
    series = [
        (_place(one), one)
        for bid in result.bids
        for first, last in _price_stretches(result, bid)
        for one in (_series(result, bid, first, last),)
    ]
    ordered = [one for _, one in sorted(series, key=lambda pair: pair[0])]
    documents = {result.offers.bids[bid].document for bid in result.bids}
    return MeritOrderList(
        header=_header(result, DocumentKind.MERIT_ORDER_LIST, created_at, ""),
        period=result.gate.delivery,
        domain=None,
        bid_document=documents.pop() if len(documents) == 1 else None,
        series=tuple(ordered),
    )


def _header(result: PlatformResult, kind: DocumentKind, created_at: datetime, part: str) -> DocumentHeader:
    """A header whose mRID follows from what the document is about: a further run sends its next revision."""
    name = f"{result.gate.gate_id}/{result.gate.delivery}/{result.tenant.tenant_id}/{kind}/{part}"
    return DocumentHeader(
        kind=kind,
        version=result.tenant.versions.get(kind, VERSIONS[kind]),
        mrid=hashlib.sha256(name.encode()).hexdigest()[:32],
        revision=result.number,
        type=_TYPES[kind],
        process=result.gate.process,
        sender=result.gateway,
        receiver=party_of(result.tenant),
        created_at=created_at.replace(microsecond=0),
    )


def _cut(result: PlatformResult) -> Iterator[tuple[int, int]]:
    """Bids and market time units in which less is available than was offered."""
    own = np.asarray(result.bids, dtype=np.intp)
    cut = result.availability.available_mw[own] < result.availability.offered_mw[own]
    for row, mtu in np.argwhere(cut).tolist():
        yield result.bids[row], mtu


def _limit(result: PlatformResult, bid: int, mtu: int) -> BidLimit:
    collected, reason = result.offers.bids[bid], result.why.at(bid, mtu)
    limiting = result.limiting.get((bid, mtu)) if result.availability.limited[bid, mtu] else None
    requesting = (None if limiting is None else limiting.operator) or result.gateway
    own = collected.terms.get(BidTerm.BUSINESS_TYPE, _OFFER)
    return BidLimit(
        bid_id=collected.bid_id,
        bid_document=collected.document,
        business_type=own if limiting is None else _LIMITS.get(limiting.kind, own),
        domain=_area(collected, BidTerm.CONNECTING_AREA, BidTerm.CONNECTING_AREA_SCHEME),
        requesting_party=requesting.party,
        requesting_party_name=None,
        requesting_party_role=requesting.role,
        available_mw=float(result.availability.available_mw[bid, mtu]),
        reasons=() if reason is None else (reason,),
    )


def _price_stretches(result: PlatformResult, bid: int) -> Iterator[tuple[int, int]]:
    """Market time units, from and up to, in which the bid is available at one price and minimum."""
    units = np.flatnonzero(result.availability.available_mw[bid] > 0)
    if not units.size:
        return
    price = np.nan_to_num(result.offers.energy_price[bid, units], nan=np.inf)
    minimum = result.offers.minimum_mw[bid, units]
    apart = (np.diff(units) != 1) | (price[1:] != price[:-1]) | (minimum[1:] != minimum[:-1])
    for stretch in np.split(units, np.flatnonzero(apart) + 1):
        yield int(stretch[0]), int(stretch[-1]) + 1


def _series(result: PlatformResult, bid: int, first: int, last: int) -> MeritOrderSeries:
    collected, gate = result.offers.bids[bid], result.gate
    terms, units = collected.terms, slice(first, last)
    price = result.offers.energy_price[bid, units]
    quantity = result.availability.available_mw[bid, units]
    accepted = result.availability.accepted_mw
    minimum = float(result.offers.minimum_mw[bid, first])
    priced, reason = bool(np.isfinite(price[0])), result.why.of(bid)
    return MeritOrderSeries(
        bid_id=collected.bid_id,
        direction=int(collected.direction),
        period=_interval(gate, first, last),
        resolution=resolution_text(gate.mtu),
        quantity_mw=quantity,
        energy_price=price,
        capacity_price=np.full(len(price), np.nan),
        activated_mw=np.full(len(price), np.nan) if accepted is None else accepted[bid, units],
        business_type=terms.get(BidTerm.BUSINESS_TYPE, _OFFER),
        acquiring_area=_area(collected, BidTerm.ACQUIRING_AREA, BidTerm.ACQUIRING_AREA_SCHEME),
        connecting_area=_area(collected, BidTerm.CONNECTING_AREA, BidTerm.CONNECTING_AREA_SCHEME),
        auction=terms.get(BidTerm.AUCTION, gate.gate_id),
        status=terms.get(BidTerm.STATUS, _AVAILABLE),
        currency=gate.currency if priced else None,
        resource=_coded(collected, BidTerm.RESOURCE, BidTerm.RESOURCE_SCHEME),
        provider=_coded(collected, BidTerm.PROVIDER, BidTerm.PROVIDER_SCHEME),
        minimum_mw=minimum if collected.divisible and minimum > 0 else None,
        quantity_unit=terms.get(BidTerm.QUANTITY_UNIT, _MEGAWATT),
        energy_price_unit=terms.get(BidTerm.ENERGY_PRICE_UNIT, _PER_MEGAWATT_HOUR) if priced else None,
        reasons=() if reason is None else (reason,),
    )


def _place(series: MeritOrderSeries) -> tuple[int, float, float, str]:
    """Where a series stands in the order: direction, price, larger volume first, name."""
    volume = -float(series.quantity_mw.sum())
    price = float(series.energy_price[0])
    if not np.isfinite(price):
        return 2, 0.0, volume, series.bid_id
    match series.direction:
        case Direction.UP:
            return 0, price, volume, series.bid_id
        case Direction.DOWN:
            return 1, -price, volume, series.bid_id
        case _:
            return 2, 0.0, volume, series.bid_id


def _stretches(values: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Runs of equal values, each as (from, up to)."""
    first = 0
    for index in range(1, len(values) + 1):
        if index == len(values) or values[index] != values[first]:
            yield first, index
            first = index


def _interval(gate: Gate, first: int, last: int) -> Interval:
    return Interval(gate.units.start_of(first), gate.units.start_of(last))


def _coded(bid: CollectedBid, code: BidTerm, scheme: BidTerm) -> CodedId | None:
    return CodedId(bid.terms[code], bid.terms.get(scheme, "A01")) if code in bid.terms else None


def _area(bid: CollectedBid, code: BidTerm, scheme: BidTerm) -> CodedId:
    return _coded(bid, code, scheme) or CodedId(_UNKNOWN_AREA)
