"""BidAvailability documents: which bids a system operator has limited, and why (IEC 62325-451-n).

Senders that do not know a bid's document write `NA`, revision 1 (public Finnish practice); the model has
None.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.domain.document import BidAvailability, BidLimit, DocumentKind, DocumentRef
from mappings.element_plan import Group, Record, Table
from mappings.header import (
    HEADER,
    REASONS,
    coded,
    coded_record,
    frame_record,
    header_of,
    interval_fields,
    party_fields,
    party_of,
    reason_records,
    reasons_of,
)
from mappings.mapping_context import ContradictionError, ReadingContext, WritingContext, at, power_factor
from mappings.xml_writer import Default

KIND: Final = DocumentKind.BID_AVAILABILITY

UNKNOWN_DOCUMENT: Final = "NA"
MEGAWATT: Final = "MAW"

TABLE: Final[Table] = {
    **HEADER,
    "status": "docStatus/value",
    **interval_fields("time_Period.timeInterval"),
    "series": Group(
        "BidTimeSeries",
        {
            "mrid": "mRID",
            "bid_document": "bidDocument_MarketDocument.mRID",
            "bid_revision": "bidDocument_MarketDocument.revisionNumber",
            **party_fields("requesting_party", "requestingParty_MarketParticipant.mRID"),
            "requesting_party_name": "requestingParty_MarketParticipant.name",
            "requesting_party_role": "requestingParty_MarketParticipant.marketRole.type",
            "business_type": "businessType",
            **party_fields("domain", "domain.mRID"),
            "quantity": "operationalLimit_Quantity.quantity",
            "unit": "limit_Measurement_Unit.name",
            "resources": Group("RegisteredResource", party_fields("code", "mRID")),
            "reasons": REASONS,
        },
    ),
}

DEFAULTS: Final = {
    "series/requesting_party_role": Default("the document names no role; limits come from operators", "A49"),
}


def document_of(record: Record, incoming: ReadingContext) -> BidAvailability | None:
    """Return the limits of a document's record."""
    period = incoming.period(record)
    if period is None:
        return None
    return BidAvailability(
        header_of(record, KIND, incoming.version),
        period,
        incoming.rows(record, "series", _limit),
        record.get("status"),
    )


def _limit(row: Record, place: str, incoming: ReadingContext) -> BidLimit | None:
    unit = row.get("unit", MEGAWATT)
    try:
        with at(f"{place}/unit"):
            factor = power_factor(unit)
    except ContradictionError as error:
        incoming.unreadable(error, row)
        return None
    reference = DocumentRef(row["bid_document"], int(row["bid_revision"]))
    return BidLimit(
        bid_id=row["mrid"],
        bid_document=None if reference == DocumentRef(UNKNOWN_DOCUMENT) else reference,
        business_type=row["business_type"],
        domain=party_of(row, "domain"),
        requesting_party=coded(row, "requesting_party"),
        requesting_party_name=row.get("requesting_party_name"),
        requesting_party_role=row.get("requesting_party_role"),
        available_mw=incoming.number(row.get("quantity"), f"{place}/quantity", factor),
        resources=tuple(party_of(resource, "code") for resource in row.get("resources", ())),
        reasons=reasons_of(row),
        quantity_unit=unit,
    )


def record_of(document: BidAvailability, outgoing: WritingContext) -> Record:
    """Return the record of a document."""
    return {
        **frame_record(document.header, document.period),
        "status": document.status,
        "series": [
            _limit_record(limit, number, document, outgoing)
            for number, limit in enumerate(document.limits, start=1)
        ],
    }


def limit_pieces(
    limit: BidLimit, document: BidAvailability, outgoing: WritingContext, row: Callable[[str, Record], str]
) -> tuple[str, str] | None:
    """The text of a limit before and behind its quantity, written by `row`; None if it must be left out."""
    record = _limit_record(replace(limit, available_mw=0.0), 1, document, outgoing)
    text, series = row("series", record), outgoing.plan.group("series")
    element = None if series is None else series.place("quantity")
    before, quantity, behind = text.partition(f"<{element}>0<")
    return (before + quantity[:-2], quantity[-1:] + behind) if quantity else None


def _limit_record(
    limit: BidLimit, number: int, document: BidAvailability, outgoing: WritingContext
) -> Record:
    place = f"series[{number}]/"
    reference = limit.bid_document or DocumentRef(UNKNOWN_DOCUMENT)
    party = limit.requesting_party
    series = outgoing.plan.group("series")
    if party is None and series is not None and series.demands("requesting_party"):
        party = document.header.sender.party
        reason = "no other party is named, so the sender requests the limit"
        outgoing.report.added(f"{place}requesting_party", reason, party.code)
    quantity = outgoing.number(limit.available_mw, f"{place}quantity", power_factor(limit.quantity_unit))
    return {
        "mrid": limit.bid_id,
        "bid_document": reference.mrid,
        "bid_revision": str(reference.revision),
        **coded_record("requesting_party", party),
        "requesting_party_name": limit.requesting_party_name,
        "requesting_party_role": limit.requesting_party_role,
        "business_type": limit.business_type,
        **coded_record("domain", limit.domain),
        "quantity": quantity,
        "unit": None if quantity is None and limit.quantity_unit == MEGAWATT else limit.quantity_unit,
        "resources": [coded_record("code", resource) for resource in limit.resources],
        "reasons": reason_records(limit.reasons),
    }
