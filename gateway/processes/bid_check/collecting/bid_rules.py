"""Whether a bid fits its gate: time, units of time, currency, sizes. Vectorised over all points."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.bids import Bids
from gateway.domain.document import ReserveBids
from gateway.domain.gate import Gate
from gateway.domain.market_time import resolution_text
from gateway.domain.party import EIC_SCHEME, CodedId, is_known_by_code
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.processes.bid_check.collecting.products import STANDARD, product_named
from gateway.processes.market_codes import bid_documents, business_types, titled

Indices = NDArray[np.intp]

_OFFERED: Final = frozenset({None, "A06", "A65", "A66"})
"""Status of an offer: none stated, available, conditionally available, conditionally unavailable."""
_CANCELLED: Final = frozenset({"A09", "A13"})
"""Cancelled, withdrawn."""


def series_finding(
    bids: Bids, bid: int, code: ReasonCode, message: str, part: Part | BidTerm | None = None
) -> Finding:
    """A finding of this process about one bid."""
    place = None if part is None else Place(part)
    return Finding(Stage.PROCESS, code, message, series=bids.bid_id[bid], place=place)


def cancelled_as_nothing(bids: Bids) -> Bids:
    """The same bids; one whose status is cancelled or withdrawn has a quantity of 0, which cancels it."""
    statuses = bids.terms.get(BidTerm.STATUS, ())
    if not _CANCELLED.intersection(statuses):
        return bids
    cancelled = np.array([status in _CANCELLED for status in statuses])[bids.point_bid]
    return replace(bids, quantity_mw=np.where(cancelled, 0.0, bids.quantity_mw))


def cancelled(bids: Bids) -> list[bool]:
    """Of which bids the quantity is 0 throughout, one value each: they cancel what was offered under their
    mRID."""
    offering = np.bincount(bids.point_bid, weights=bids.quantity_mw != 0, minlength=len(bids))
    return (offering == 0).tolist()  # type: ignore[no-any-return]


def check_status(bids: Bids) -> Iterator[Finding]:
    """A finding for each bid whose status is neither that of an offer nor that of a cancelled bid."""
    statuses = bids.terms.get(BidTerm.STATUS, ())
    if _OFFERED.issuperset(statuses):
        return
    for bid, status in enumerate(statuses):
        if status not in _OFFERED | _CANCELLED:
            yield series_finding(
                bids,
                bid,
                ReasonCode.LOCAL_MARKET_RULE,
                f"status {status}; a bid is offered with A06, A65, A66 or no status, and cancelled with A09 "
                "or A13",
                BidTerm.STATUS,
            )


def bid_spans(bids: Bids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First start and last end of the points of each bid, each of shape (B,); 0 for a bid without points."""
    first = bids.point_edges[:-1]
    filled = first < bids.point_edges[1:]
    start, end = np.zeros((2, len(bids)), dtype=np.int64)
    if len(bids.point_start_s):
        start[filled] = np.minimum.reduceat(bids.point_start_s, first[filled])
        end[filled] = np.maximum.reduceat(bids.point_end_s, first[filled])
    return start, end


def bids_of_gate(bids: Bids, gate: Gate) -> Indices:
    """Bids whose points all lie in the gate's delivery."""
    start, end = bid_spans(bids)
    first, last = gate.delivery.start.timestamp(), gate.delivery.end.timestamp()
    found: Indices = ((start >= first) & (end <= last) & (end > start)).nonzero()[0]
    return found


def check(bids: Bids, gate: Gate) -> Iterator[Finding]:
    """Yield findings on bids for this gate; at most one per bid and rule."""
    yield from _check_time(bids, gate)
    yield from _check_quantities(bids, gate)
    yield from _check_codes(bids, gate)


def unfit(document: ReserveBids, gate: Gate) -> Sequence[Finding]:
    """Why no bid of a document of the gate's process can be for this gate; nothing: its header fits."""
    kind, types = document.header.type, bid_documents(gate.process)
    found = [foreign_domain(document.domain, gate)]
    if kind is not None and kind not in types:
        accepted = " or ".join(titled("MessageTypeList", each) for each in sorted(types))
        message = (
            f"document type {titled('MessageTypeList', kind)}; bids of {gate.process} come in {accepted}"
        )
        code = ReasonCode.CANNOT_BE_PROCESSED
        found.insert(0, Finding(Stage.PROCESS, code, message, place=Place(Part.TYPE)))
    return [each for each in found if each is not None]


def foreign_domain(domain: CodedId | None, gate: Gate) -> Finding | None:
    """Why a document of an area is not for a gate; None: it may be."""
    message = None if domain is None else foreign_area("domain", domain, gate.domains, gate)
    if message is None:
        return None
    return Finding(Stage.PROCESS, ReasonCode.DOMAIN_INVALID, message, place=Place(Part.DOMAIN))


def foreign_area(what: str, area: CodedId, accepted: Sequence[str], gate: Gate) -> str | None:
    """Why an area is none of those that a gate names; None: it is, or the gate names none.

    A gate names codes without a scheme.
    """
    if not accepted or (area.code in accepted and is_known_by_code(area)):
        return None
    return f"{what} {area.named}; gate {gate.gate_id!r} accepts {', '.join(sorted(accepted))}"


def foreign_scheme(resource: CodedId) -> str | None:
    """Why a resource is none that a system operator has assigned, who names codes without a scheme."""
    if is_known_by_code(resource):
        return None
    return f"resource {resource.named} is no EIC; {resource.code} is assigned as one"


def _check_codes(bids: Bids, gate: Gate) -> Iterator[Finding]:
    """Codes that are not of the gate's market; what the gate does not name may be any."""
    rules = (
        (BidTerm.CURRENCY, {gate.currency}, ReasonCode.CURRENCY_INVALID, "currency"),
        (
            BidTerm.BUSINESS_TYPE,
            business_types(gate.process),
            ReasonCode.BUSINESS_TYPE_INVALID,
            "business type",
        ),
    )
    for term, accepted, code, what in rules:
        stated = bids.terms.get(term, ())
        if not accepted or accepted.issuperset(set(stated) - {None}):
            continue
        for bid, text in enumerate(stated):
            if text is not None and text not in accepted:
                message = f"{what} {text}; gate {gate.gate_id!r} accepts {', '.join(sorted(accepted))}"
                yield series_finding(bids, bid, code, message, term)
    yield from _check_areas(bids, gate)
    if gate.products:
        accepted = {product_named(product) for product in gate.products}
        for bid, product in enumerate(bids.terms.get(BidTerm.PRODUCT, (None,) * len(bids))):
            if product_named(product or STANDARD) not in accepted:
                accepts = f"gate {gate.gate_id!r} accepts {', '.join(gate.products)}"
                message = f"product {product or 'left out'}; {accepts}"
                yield series_finding(bids, bid, ReasonCode.LOCAL_MARKET_RULE, message, BidTerm.PRODUCT)


def _check_areas(bids: Bids, gate: Gate) -> Iterator[Finding]:
    for side, accepted, code, scheme in (
        ("connecting", gate.zones, BidTerm.CONNECTING_AREA, BidTerm.CONNECTING_AREA_SCHEME),
        ("acquiring", gate.domains, BidTerm.ACQUIRING_AREA, BidTerm.ACQUIRING_AREA_SCHEME),
    ):
        if not accepted:
            continue  # the gate accepts any
        codes = bids.terms.get(code, ())
        stated = list(zip(codes, bids.terms.get(scheme, (None,) * len(codes)), strict=True))
        wrong = {
            pair: message
            for pair in set(stated)
            if pair[0] is not None
            and (
                message := foreign_area(
                    f"{side} area", CodedId(pair[0], pair[1] or EIC_SCHEME), accepted, gate
                )
            )
        }
        for bid, pair in enumerate(stated) if wrong else ():
            if pair in wrong:
                yield series_finding(bids, bid, ReasonCode.AREA_INVALID, wrong[pair], code)


def _check_time(bids: Bids, gate: Gate) -> Iterator[Finding]:
    mtu = int(gate.mtu.total_seconds())
    length = bids.point_end_s - bids.point_start_s
    offset = bids.point_start_s - int(gate.delivery.start.timestamp())
    is_multiple = length % mtu == 0
    for bid, point in _first_of_each_bid(bids, ~is_multiple):
        yield series_finding(
            bids,
            bid,
            ReasonCode.RESOLUTION_INCONSISTENT,
            f"a point of {length[point]} s is no whole number of market time units "
            f"({resolution_text(gate.mtu)})",
            Part.RESOLUTION,
        )
    for bid, point in _first_of_each_bid(bids, is_multiple & (offset % mtu != 0)):
        yield series_finding(
            bids,
            bid,
            ReasonCode.TIME_INTERVAL_INCORRECT,
            f"{_text(bids.point_start_s[point])} is not the start of a market time unit",
            Part.INTERVAL,
        )
    follows = bids.point_bid[1:] == bids.point_bid[:-1]
    if not np.count_nonzero(follows & (bids.point_start_s[1:] < bids.point_end_s[:-1])):
        return  # in order, as nearly always, and each after the last
    order = np.lexsort((bids.point_start_s, bids.point_bid))
    overlaps = np.zeros(len(order), dtype=np.bool_)
    same_bid = bids.point_bid[order[1:]] == bids.point_bid[order[:-1]]
    overlaps[order[1:]] = same_bid & (bids.point_start_s[order[1:]] < bids.point_end_s[order[:-1]])
    for bid, point in _first_of_each_bid(bids, overlaps):
        yield series_finding(
            bids,
            bid,
            ReasonCode.POSITION_INCONSISTENT,
            f"two points cover {_text(bids.point_start_s[point])}",
            Part.POSITION,
        )


def _check_quantities(bids: Bids, gate: Gate) -> Iterator[Finding]:
    """Quantities below the market's least; what holds in every market was checked before."""
    least_mw, quantity = gate.minimum_bid_mw, bids.quantity_mw
    if least_mw is None:
        return
    for bid, point in _first_of_each_bid(bids, (quantity > 0) & (quantity < least_mw)):
        message = f"quantity {quantity[point]:,.15g} MW is below the market's least, {least_mw:,.15g} MW"
        at = f"{message} at {_text(bids.point_start_s[point])}"
        yield series_finding(bids, bid, ReasonCode.OUT_OF_RANGE, at, Part.QUANTITY)


def _first_of_each_bid(bids: Bids, broken: NDArray[np.bool_]) -> Sequence[tuple[int, int]]:
    points = broken.nonzero()[0]
    if not len(points):
        return ()
    found, first = np.unique(bids.point_bid[points], return_index=True)
    return [(int(bid), int(points[at])) for bid, at in zip(found, first, strict=True)]


def _text(moment_s: np.int64) -> str:
    return f"{datetime.fromtimestamp(int(moment_s), UTC):%Y-%m-%dT%H:%MZ}"
