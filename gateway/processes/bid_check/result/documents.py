"""Result documents for participants: a platform BidAvailability and MeritOrderList of its own bids, a
system operator the lists of each platform, a grid operator BidAvailability of what its elements limit.

BidAvailability has one period per document and one quantity per bid, so there is one document for each
stretch of market time units in which the same bids are cut alike; none where all is available as offered. A
further run states separately each unit in which a bid is or was cut, with the whole offer where it no longer
is: its documents then replace all that earlier runs sent, whatever stretches those had.

A MeritOrderList has one series per bid, whose points carry quantity and price; a further one only where the
minimum changes, which points cannot express. In every market time unit the order is that of the prices there:
up, cheapest first, down, highest first. Series are ordered by first price, then up before down, ties by
volume and name; so where no price changes this is the order of use. A list that would become too large is
several documents, each of some market time units: its period says which, and a reason which part it is.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import (
    BidAvailability,
    BidLimit,
    DocumentHeader,
    DocumentKind,
    LimitColumns,
    MeritOrderList,
    MeritOrderSeries,
)
from gateway.domain.gate import Gate
from gateway.domain.grid import ElementKind
from gateway.domain.market_time import Interval, resolution_text
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import Availability
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.processes.bid_check.problem.collected_bids import CollectedBids, capacity_price_of
from gateway.processes.bid_check.problem.reasons import ReasonTable
from gateway.records.market.bids import CollectedBid

VERSIONS: Mapping[DocumentKind, str] = {
    DocumentKind.BID_AVAILABILITY: "1.1",
    DocumentKind.MERIT_ORDER_LIST: "7.3",
}
"""Default versions, for tenants without configured ones."""

_ROLE_CODES = {TenantRole.TSO: "A49", TenantRole.DSO: "A50", TenantRole.PLATFORM: "A11"}
_TYPES = {DocumentKind.BID_AVAILABILITY: "B45", DocumentKind.MERIT_ORDER_LIST: "A43"}
_AVAILABLE = "A06"
_LIMITS: Mapping[ElementKind, str] = {
    ElementKind.LINE: "C41",
    ElementKind.TRANSFORMER: "C41",
    ElementKind.VOLTAGE: "C43",
    ElementKind.CURRENT: "C44",
}
"""Business type of a limit: thermal, voltage, current. Where no such limit is the cause, an entry has the
business type of the bid itself, because the code list has none for other causes; the reason says which."""

LARGEST_BYTES = 100_000_000
"""A document larger than this is cut into parts, whatever its receiver takes."""

_SERIES_BYTES, _POINT_BYTES, _ACTIVATED_BYTES, _CAPACITY_BYTES = 2_000, 155, 70, 60
"""What is written of a series without its points, of a point, of what is activated in it, and of the price of
capacity, at most."""

_OFFER = "B74"
_MEGAWATT, _PER_MEGAWATT_HOUR = "MAW", "MWH"
_UNKNOWN_AREA = "NA"


@dataclass(frozen=True, slots=True)
class Limiting:
    """What limits a bid most: the kind of element, and its operator, None for one without a party."""

    kind: ElementKind
    operator: Role | None


@dataclass(frozen=True, slots=True, eq=False)
class LimitingTable:
    """What limits B bids most in T market time units.

    Attributes:
        which: (B, T) its number in `different`, from 1; 0 where that is not known.
    """

    which: NDArray[np.int32]
    different: Sequence[Limiting]


@dataclass(frozen=True, eq=False)
class PlatformResult:
    """One platform's part of a run, as sent to one participant.

    Attributes:
        tenant: the receiver. role: in which it receives them. platform: whose bids they are.
        number: of the gate's runs: the revision of its documents. first_run: the id of the first of them.
        limited_before: bids and units in which earlier runs published less than offered, shape (`bids`, T).
        bids: positions of its bids in `offers`.
        why: of the bids of `offers`.
        limiting: what limits the bids of `offers` most.
        largest_bytes: of a document, where it can be cut into parts.
    """

    number: int
    first_run: str
    limited_before: NDArray[np.bool_]
    tenant: Tenant
    role: TenantRole
    platform: str
    gateway: Role
    gate: Gate
    collected: CollectedBids
    bids: Sequence[int]
    availability: Availability
    why: ReasonTable
    limiting: LimitingTable
    largest_bytes: int = LARGEST_BYTES


def party_of(tenant: Tenant, role: TenantRole | None = None) -> Role:
    """The tenant's first party, in the role it is addressed in or the usual one of `role`, by default of the
    first that it has."""
    roles = [one for one in _ROLE_CODES if tenant.is_a(one)] if role is None else [role]
    code = _ROLE_CODES[roles[0]] if roles else None
    return Role(tenant.parties[0], tenant.party_role or code)


def result_documents(
    result: PlatformResult, created_at: datetime
) -> Iterator[BidAvailability | MeritOrderList]:
    """All documents that a participant takes of a platform's bids in a role, one at a time."""
    if result.role is not TenantRole.TSO:
        yield from availability_documents(result, created_at)
    if result.tenant.takes_lists(result.role):
        yield from merit_order_documents(result, created_at)


def availability_documents(result: PlatformResult, created_at: datetime) -> Iterator[BidAvailability]:
    """One document per stretch of market time units in which the same bids are limited alike; of a further
    run one per unit."""
    own, availability = np.asarray(result.bids, dtype=np.intp), result.availability
    cut = (availability.available_mw[own] < availability.offered_mw[own]) | result.limited_before
    if not cut.any():
        return
    limits, start = _limits(result, cut)
    parts = {
        unit: slice(*start[unit : unit + 2].tolist()) for unit in np.flatnonzero(np.diff(start)).tolist()
    }
    for first, last in _alike(parts, limits) if result.number == 1 else ((unit, unit + 1) for unit in parts):
        header = _header(result, DocumentKind.BID_AVAILABILITY, created_at, str(first))
        yield BidAvailability(header, _interval(result.gate, first, last), limits[parts[first]])


def merit_order_documents(result: PlatformResult, created_at: datetime) -> Iterator[MeritOrderList]:
    """The grid-checked merit order of the platform's bids; bids that were not decided are at the end."""
    documents = {result.collected.bids[bid].document for bid in result.bids}
    reference = documents.pop() if len(documents) == 1 else None
    parts = list(_parts(result))
    for number, (first, last) in enumerate(parts, start=1):
        series = [
            _series(result, bid, *stretch)
            for bid in result.bids
            for stretch in _minimum_stretches(result, bid, first, last)
        ]
        whole = len(parts) == 1
        yield MeritOrderList(
            header=_header(
                result, DocumentKind.MERIT_ORDER_LIST, created_at, "" if whole else f"{first}-{last}"
            ),
            period=_interval(result.gate, first, last),
            domain=None,
            bid_document=reference,
            series=tuple(sorted(series, key=_place)),
            reasons=() if whole else (_part_of(result.gate, number, len(parts)),),
        )


def _part_of(gate: Gate, number: int, parts: int) -> Reason:
    return Reason(ReasonCode.COMPLEMENTARY, f"part {number} of {parts} of the list for {gate.delivery}")


def _parts(result: PlatformResult) -> Iterator[tuple[int, int]]:
    """Market time units, from and up to, whose bids make one document: by what is offered, which is the same
    in every run of the gate, so that a further run replaces part by part."""
    own = np.asarray(result.bids, dtype=np.intp)
    point = _POINT_BYTES + (0 if result.availability.accepted_mw is None else _ACTIVATED_BYTES)
    if any(result.collected.bids[bid].capacity_price is not None for bid in result.bids):
        point += _CAPACITY_BYTES
    left, units = result.largest_bytes - _SERIES_BYTES * len(own), len(result.gate.units)
    if len(own) * units * (point + _SERIES_BYTES) <= left:  # whatever is offered
        yield 0, units
        return
    offered, minimum = result.collected.quantity_mw[own] > 0, result.collected.minimum_mw[own]
    changes = np.diff(minimum, axis=1, prepend=minimum[:, :1]) != 0
    size = np.cumsum(point * offered.sum(axis=0) + _SERIES_BYTES * (changes & offered).sum(axis=0))
    first = 0
    while first < units:
        before = size[first - 1] if first else 0
        last = max(int(np.searchsorted(size, before + left, side="right")), first + 1)
        yield first, last
        first = last


def _header(result: PlatformResult, kind: DocumentKind, created_at: datetime, part: str) -> DocumentHeader:
    """A header whose mRID follows from what the document is about: a further run sends its next revision. It
    is that of no other gate, also where a gate of this name was run before, by a gateway that was made again.
    """
    name = "/".join((result.first_run, result.tenant.tenant_id, result.platform, kind, part))
    return DocumentHeader(
        kind=kind,
        version=result.tenant.versions.get(kind, VERSIONS[kind]),
        mrid=hashlib.sha256(name.encode()).hexdigest()[:32],
        revision=result.number,
        type=_TYPES[kind],
        process=result.gate.process,
        sender=result.gateway,
        receiver=party_of(result.tenant, result.role),
        created_at=created_at.replace(microsecond=0),
    )


def _limits(result: PlatformResult, cut: NDArray[np.bool_]) -> tuple[LimitColumns, NDArray[np.intp]]:
    """Of every market time unit the bids that are cut, shape (`bids`, T); and where each unit begins among
    them."""
    own, availability = np.asarray(result.bids, dtype=np.intp), result.availability
    mtu, row = np.nonzero(cut.T)
    bid = own[row]
    causes = [None, *result.limiting.different]
    cause = np.where(availability.limited[bid, mtu], result.limiting.which[bid, mtu], 0)
    reason = result.why.why[bid, mtu].astype(np.int64)
    stated = (bid * len(causes) + cause) * (len(result.why.reasons) + 1) + reason
    _, example, which = np.unique(stated, return_index=True, return_inverse=True)
    alike = [_limit(result, int(bid[at]), int(mtu[at]), causes[cause[at]]) for at in example.tolist()]
    available = availability.available_mw[bid, mtu]
    start = np.searchsorted(mtu, np.arange(cut.shape[1] + 1))
    return LimitColumns(alike, which, available), start


def _limit(result: PlatformResult, bid: int, mtu: int, limiting: Limiting | None) -> BidLimit:
    collected, reason = result.collected.bids[bid], result.why.at(bid, mtu)
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
        available_mw=None,
        reasons=() if reason is None else (reason,),
    )


def _minimum_stretches(result: PlatformResult, bid: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Market time units, from and up to, with one minimum, from where the bid is available to where it is."""
    units = first + np.flatnonzero(result.availability.available_mw[bid, first:last] > 0)
    if not units.size:
        return
    apart = np.diff(result.collected.minimum_mw[bid, units]) != 0
    for stretch in np.split(units, np.flatnonzero(apart) + 1):
        yield int(stretch[0]), int(stretch[-1]) + 1


def _series(result: PlatformResult, bid: int, first: int, last: int) -> MeritOrderSeries:
    collected, gate = result.collected.bids[bid], result.gate
    terms, units = collected.terms, slice(first, last)
    available = result.availability.available_mw[bid, units]
    accepted, nothing = result.availability.accepted_mw, np.full(last - first, np.nan)

    def where_available(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(available > 0, values, nothing)

    price = where_available(result.collected.energy_price[bid, units])
    whole = capacity_price_of(gate, collected)
    capacity = nothing if whole is None else where_available(whole[units])
    paid = bool(np.isfinite(capacity).any())
    minimum = float(result.collected.minimum_mw[bid, first])
    priced = bool(np.isfinite(price).any())
    return MeritOrderSeries(
        bid_id=collected.bid_id,
        direction=int(collected.direction),
        period=_interval(gate, first, last),
        resolution=resolution_text(gate.mtu),
        quantity_mw=where_available(available),
        energy_price=price,
        capacity_price=capacity,
        activated_mw=nothing if accepted is None else where_available(accepted[bid, units]),
        business_type=terms.get(BidTerm.BUSINESS_TYPE, _OFFER),
        acquiring_area=_area(collected, BidTerm.ACQUIRING_AREA, BidTerm.ACQUIRING_AREA_SCHEME),
        connecting_area=_area(collected, BidTerm.CONNECTING_AREA, BidTerm.CONNECTING_AREA_SCHEME),
        auction=terms.get(BidTerm.AUCTION, gate.gate_id),
        status=terms.get(BidTerm.STATUS, _AVAILABLE),
        currency=gate.currency if priced or paid else None,
        resource=_coded(collected, BidTerm.RESOURCE, BidTerm.RESOURCE_SCHEME),
        provider=_coded(collected, BidTerm.PROVIDER, BidTerm.PROVIDER_SCHEME),
        minimum_mw=minimum if collected.divisible and minimum > 0 else None,
        quantity_unit=terms.get(BidTerm.QUANTITY_UNIT, _MEGAWATT),
        energy_price_unit=terms.get(BidTerm.ENERGY_PRICE_UNIT, _PER_MEGAWATT_HOUR) if priced else None,
        capacity_price_unit=terms.get(BidTerm.CAPACITY_PRICE_UNIT, _MEGAWATT) if paid else None,
        reasons=result.why.of(bid),
    )


def _place(series: MeritOrderSeries) -> tuple[int, float, float, str]:
    """Sort key of a series: direction, first price, larger volume first, name."""
    volume = -float(np.nansum(series.quantity_mw))
    prices = series.energy_price[np.isfinite(series.energy_price)]
    if not prices.size:
        return 2, 0.0, volume, series.bid_id
    match series.direction:
        case Direction.UP:
            return 0, float(prices[0]), volume, series.bid_id
        case Direction.DOWN:
            return 1, -float(prices[0]), volume, series.bid_id
        case _:
            return 2, 0.0, volume, series.bid_id


def _alike(parts: Mapping[int, slice], limits: LimitColumns) -> Iterator[tuple[int, int]]:
    """Stretches of market time units, from and up to, with the same limits; `parts` are those of each."""
    by_unit = {
        unit: limits.which[at].tobytes() + limits.available_mw[at].tobytes() for unit, at in parts.items()
    }
    first = 0
    for unit, limits_here in by_unit.items():
        if by_unit.get(unit - 1) != limits_here:
            first = unit
        if by_unit.get(unit + 1) != limits_here:
            yield first, unit + 1


def _interval(gate: Gate, first: int, last: int) -> Interval:
    return Interval(gate.units.start_of(first), gate.units.start_of(last))


def _coded(bid: CollectedBid, code: BidTerm, scheme: BidTerm) -> CodedId | None:
    return CodedId(bid.terms[code], bid.terms.get(scheme, "A01")) if code in bid.terms else None


def _area(bid: CollectedBid, code: BidTerm, scheme: BidTerm) -> CodedId:
    return _coded(bid, code, scheme) or CodedId(_UNKNOWN_AREA)
