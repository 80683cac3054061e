"""ReserveBid documents: bids for balancing capacity and energy (IEC 62325-451-7)."""

from typing import Final

from esmp.profiles import Profile
from gateway.domain.bid import BidTerm, Relation
from gateway.domain.document import DocumentKind, ReserveBids
from mappings.bid_columns import bids_of
from mappings.bid_records import bid_records
from mappings.bid_scanner import header, scan
from mappings.element_plan import Group, Record, Table
from mappings.header import (
    DOMAIN_AND_SUBJECT,
    HEADER,
    REASONS,
    frame_record,
    header_of,
    interval_fields,
    party_fields,
    party_of,
)
from mappings.mapping_context import ReadingContext, WritingContext
from mappings.plain_xml import frame
from mappings.raw_bid_columns import RawBidColumns
from mappings.xml_writer import Default

KIND: Final = DocumentKind.RESERVE_BID

_PARTY: Final[Table] = party_fields("code", "mRID")

POINT: Final[Table] = {
    "position": "position",
    "quantity": "quantity.quantity quantity",
    "quality": "quality",
    "minimum": "minimum_Quantity.quantity",
    "price": "price.amount",
    "energy_price": "energy_Price.amount",
}

PERIOD: Final[Table] = {
    **interval_fields("timeInterval"),
    "resolution": "resolution",
    "points": Group("Point", POINT),
}

MEASUREMENT: Final[Table] = {"type": "measurementType", "unit": "unitSymbol", "value": "analogValues.value"}

BID: Final[Table] = {
    "mrid": "mRID",
    "direction": "flowDirection.direction",
    "divisible": "divisible",
    "minimum": "minimumActivationQuantity",
    BidTerm.AUCTION: "auction.mRID",
    BidTerm.BUSINESS_TYPE: "businessType",
    **party_fields(BidTerm.ACQUIRING_AREA, "acquiring_Domain.mRID"),
    **party_fields(BidTerm.CONNECTING_AREA, "connecting_Domain.mRID"),
    **party_fields(BidTerm.PROVIDER, "provider_MarketParticipant.mRID"),
    **party_fields(BidTerm.RESOURCE, "registeredResource.mRID", "RegisteredResource/mRID"),
    BidTerm.QUANTITY_UNIT: "quantity_Measurement_Unit.name quantity_Measure_Unit.name",
    BidTerm.CURRENCY: "currency_Unit.name",
    BidTerm.CAPACITY_PRICE_UNIT: "price_Measurement_Unit.name price_Measure_Unit.name",
    BidTerm.ENERGY_PRICE_UNIT: "energyPrice_Measurement_Unit.name energyPrice_Measure_Unit.name",
    BidTerm.STEP_QUANTITY: "stepIncrementQuantity",
    BidTerm.TECHNICAL_LINK: "linkedBidsIdentification",
    BidTerm.MULTIPART_GROUP: "multipartBidIdentification",
    BidTerm.EXCLUSIVE_GROUP: "exclusiveBidsIdentification",
    BidTerm.INCLUSIVE_GROUP: "inclusiveBidsIdentification",
    BidTerm.BLOCK: "blockBid",
    BidTerm.STATUS: "status/value",
    BidTerm.PRIORITY: "priority",
    BidTerm.AGREEMENT_TYPE: "marketAgreement.type",
    BidTerm.AGREEMENT: "marketAgreement.mRID",
    BidTerm.AGREEMENT_CREATED: "marketAgreement.createdDateTime",
    BidTerm.ACTIVATION_DURATION: "activation_ConstraintDuration.duration",
    BidTerm.RESTING_DURATION: "resting_ConstraintDuration.duration",
    BidTerm.MINIMUM_DURATION: "minimum_ConstraintDuration.duration",
    BidTerm.MAXIMUM_DURATION: "maximum_ConstraintDuration.duration",
    BidTerm.PRODUCT: "standard_MarketProduct.marketProductType",
    BidTerm.ORIGINAL_PRODUCT: "original_MarketProduct.marketProductType",
    **interval_fields("validity_Period.timeInterval", prefix="validity_"),
    BidTerm.PRODUCTION_TYPE: "mktPSRType.psrType",
    BidTerm.CURVE: "curveType",
    BidTerm.ORIGINAL_DOCUMENT: "original_MarketDocument.mRID",
    BidTerm.ORIGINAL_DOCUMENT_REVISION: "original_MarketDocument.revisionNumber",
    "measurements": Group("RegisteredResource/Measurements", MEASUREMENT),
    "periods": Group("Period", PERIOD),
    "areas": Group("AvailableBiddingZone_Domain AvailableMBA_Domain", {**_PARTY, "name": "name"}),
    "reasons": REASONS,
    "links": Group("Linked_BidTimeSeries", {"target": "mRID", "status": "status/value"}),
    Relation.PROCURED_FOR: Group("ProcuredFor_MarketParticipant", _PARTY),
    Relation.SHARED_WITH: Group("SharedWith_MarketParticipant", _PARTY),
    Relation.EXCHANGED_WITH: Group("ExchangedWith_MarketParticipant", _PARTY),
}

TABLE: Final[Table] = {
    **HEADER,
    **interval_fields("reserveBid_Period.timeInterval"),
    **DOMAIN_AND_SUBJECT,
    "series": Group("Bid_TimeSeries", BID),
}

DEFAULTS: Final = {
    "subject": Default("no other party is named, so the sender bids for itself", same_as="sender"),
    "subject_role": Default("no other party is named, so the sender bids for itself", same_as="sender_role"),
    "series/auction": Default("the document names no auction", "NA"),
    "series/block": Default("no block bid is stated", "A02"),
}


def document_of(record: Record, incoming: ReadingContext) -> ReserveBids | None:
    """Return the bids of a document's record."""
    return with_bids(record, RawBidColumns.of_records(record.get("series", ())), incoming)


def with_bids(record: Record, texts: RawBidColumns, incoming: ReadingContext) -> ReserveBids | None:
    """Return the document whose bids were collected apart from its header."""
    period = incoming.period(record)
    if period is None:
        return None
    return ReserveBids(
        header_of(record, KIND, incoming.version),
        period,
        party_of(record, "domain"),
        incoming.role(record, "subject"),
        bids_of(texts, incoming),
    )


def document_of_bytes(data: bytes, profile: Profile, incoming: ReadingContext) -> ReserveBids | None:
    """Return the bids of a valid document without making a tree of its series.

    Raises:
        NotPlainError: it is written in a form that only a tree shows.
    """
    where = frame(data, profile)
    record = header(where, incoming.plan, incoming.report)
    return with_bids(record, scan(where, incoming.plan, incoming.report), incoming)


def record_of(document: ReserveBids, outgoing: WritingContext) -> Record:
    """Return the record of a document."""
    return {
        **frame_record(document.header, document.period, document.domain, document.subject),
        "series": bid_records(document.bids, outgoing),
    }
