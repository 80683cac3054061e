"""MeritOrderList documents: bids in the order in which to use them (IEC 62325-451-7).

A series is dense over its bid period: units without a point are NaN, and runs of units with one become
Periods.
"""

from decimal import Decimal
from typing import Final

from gateway.domain.document import DocumentKind, MeritOrderList, MeritOrderSeries
from gateway.domain.market_time import resolution, units_of
from mappings.codes import direction_code, direction_of
from mappings.curves import curve_of, curve_record, dense, period_group, runs
from mappings.element_plan import Group, Record, Table
from mappings.header import (
    HEADER,
    REASONS,
    coded,
    coded_record,
    frame_record,
    header_of,
    interval_fields,
    interval_record,
    party_fields,
    party_of,
    reason_records,
    reasons_of,
)
from mappings.mapping_context import (
    ContradictionError,
    ReadingContext,
    WritingContext,
    at,
    capacity_price_factor,
    energy_price_factor,
    factor_at,
    interval_at,
    power_factor,
)
from mappings.texts import moment, moment_text

KIND: Final = DocumentKind.MERIT_ORDER_LIST

POINT: Final[Table] = {
    "position": "position",
    "quantity": "quantity.quantity quantity",
    "price": "price.amount",
    "energy_price": "energy_Price.amount",
    "activated": "activated_Quantity.quantity",
}

SERIES: Final[Table] = {
    "mrid": "marketAgreement.mRID",
    "created_at": "marketAgreement.createdDateTime",
    "priority": "priority orderNumber_AttributeInstanceComponent.position",
    **party_fields("provider", "resourceProvider_MarketParticipant.mRID"),
    **party_fields("resource", "registeredResource.mRID"),
    **party_fields("acquiring_area", "acquiring_Domain.mRID"),
    **party_fields("connecting_area", "connecting_Domain.mRID"),
    "auction": "auction.mRID",
    "payment_terms": "auction.paymentTerms",
    "business_type": "businessType",
    **interval_fields("bid_Period.timeInterval"),
    "quantity_unit": "quantity_Measurement_Unit.name quantityMeasurement_Unit.name",
    "currency": "currency_Unit.name",
    "capacity_price_unit": "price_Measurement_Unit.name priceMeasurement_Unit.name",
    "energy_price_unit": "energyPrice_Measurement_Unit.name energyPriceMeasurement_Unit.name",
    "direction": "direction flowDirection.direction",
    "minimum": "minimumActivation_Quantity.quantity",
    "step": "stepIncrement_Quantity.quantity",
    "status": "marketObjectStatus.status",
    "periods": period_group("Period", POINT),
    "reasons": REASONS,
}

TABLE: Final[Table] = {
    **HEADER,
    **interval_fields("period.timeInterval", "valid_Time_Period.timeInterval"),
    **party_fields("domain", "domain.mRID"),
    "bid_document": "relatedReserveBid_MarketDocument.mRID",
    "bid_revision": "relatedReserveBid_MarketDocument.revisionNumber",
    "series": Group("TimeSeries MOL_TimeSeries", SERIES),
    "reasons": REASONS,
}

_UNITS: Final = {
    "quantity_unit": power_factor,
    "capacity_price_unit": capacity_price_factor,
    "energy_price_unit": energy_price_factor,
}


def document_of(record: Record, incoming: ReadingContext) -> MeritOrderList | None:
    """Return the list of a document's record."""
    period = incoming.period(record)
    if period is None:
        return None
    return MeritOrderList(
        header_of(record, KIND, incoming.version),
        period,
        coded(record, "domain"),
        incoming.reference(record, "bid_document", "bid_revision"),
        incoming.rows(record, "series", _series),
        reasons_of(record),
    )


def _series(row: Record, place: str, incoming: ReadingContext) -> MeritOrderSeries | None:
    try:
        factors = _factors(*(factor_at(place, row, unit, factor) for unit, factor in _UNITS.items()))
        period = interval_at(f"{place}/", row)
        curves = [
            curve_of(each, f"{place}/periods[{index}]", incoming, factors)
            for index, each in enumerate(row["periods"], start=1)
        ]
        finest = min(curves, key=lambda curve: resolution(curve.resolution)).resolution
        with at(f"{place}/periods"):
            columns = dense(curves, units_of(period, finest))
        with at(f"{place}/direction"):
            direction = direction_of(row["direction"])
    except ContradictionError as error:
        incoming.unreadable(error, row)
        return None
    for index, curve in enumerate(curves, start=1):
        if curve.resolution != finest:
            reason = "the periods of a series share its finest resolution"
            where = f"{place}/periods[{index}]/resolution"
            incoming.report.altered(where, reason, curve.resolution, finest)
    created = row.get("created_at")
    return MeritOrderSeries(
        bid_id=row["mrid"],
        direction=direction,
        period=period,
        resolution=finest,
        quantity_mw=columns["quantity"],
        energy_price=columns["energy_price"],
        capacity_price=columns["price"],
        activated_mw=columns["activated"],
        business_type=row["business_type"],
        acquiring_area=party_of(row, "acquiring_area"),
        connecting_area=party_of(row, "connecting_area"),
        auction=row["auction"],
        status=row["status"],
        currency=row.get("currency"),
        resource=coded(row, "resource"),
        provider=coded(row, "provider"),
        priority=incoming.integer(row.get("priority"), f"{place}/priority"),
        minimum_mw=incoming.number(row.get("minimum"), f"{place}/minimum", factors["quantity"]),
        step_mw=incoming.number(row.get("step"), f"{place}/step", factors["quantity"]),
        created_at=None if created is None else moment(created),
        payment_terms=row.get("payment_terms"),
        quantity_unit=row["quantity_unit"],
        capacity_price_unit=row.get("capacity_price_unit"),
        energy_price_unit=row.get("energy_price_unit"),
        reasons=reasons_of(row),
    )


def _factors(power: Decimal, capacity_price: Decimal, energy_price: Decimal) -> dict[str, Decimal]:
    return {"quantity": power, "price": capacity_price, "energy_price": energy_price, "activated": power}


def record_of(document: MeritOrderList, outgoing: WritingContext) -> Record:
    """Return the record of a document."""
    reference = document.bid_document
    return {
        **frame_record(document.header, document.period, document.domain),
        "bid_document": None if reference is None else reference.mrid,
        "bid_revision": None if reference is None else str(reference.revision),
        "series": (  # one at a time: all of them are much larger than what is written of them
            _series_record(series, f"series[{number}]", outgoing)
            for number, series in enumerate(document.series, start=1)
        ),
        "reasons": reason_records(document.reasons),
    }


def _series_record(series: MeritOrderSeries, place: str, outgoing: WritingContext) -> Record:
    factors = _factors(
        power_factor(series.quantity_unit),
        capacity_price_factor(series.capacity_price_unit),
        energy_price_factor(series.energy_price_unit),
    )
    columns = {
        "quantity": series.quantity_mw,
        "price": series.capacity_price,
        "energy_price": series.energy_price,
        "activated": series.activated_mw,
    }
    units = units_of(series.period, series.resolution)
    return {
        "mrid": series.bid_id,
        "created_at": None if series.created_at is None else moment_text(series.created_at),
        "priority": None if series.priority is None else str(series.priority),
        **coded_record("provider", series.provider),
        **coded_record("resource", series.resource),
        **coded_record("acquiring_area", series.acquiring_area),
        **coded_record("connecting_area", series.connecting_area),
        "auction": series.auction,
        "payment_terms": series.payment_terms,
        "business_type": series.business_type,
        **interval_record(series.period),
        "quantity_unit": series.quantity_unit,
        "currency": series.currency,
        "capacity_price_unit": series.capacity_price_unit,
        "energy_price_unit": series.energy_price_unit,
        "direction": direction_code(series.direction),
        "minimum": outgoing.number(series.minimum_mw, f"{place}/minimum", factors["quantity"]),
        "step": outgoing.number(series.step_mw, f"{place}/step", factors["quantity"]),
        "status": series.status,
        "periods": [
            curve_record(curve, f"{place}/periods", outgoing, factors)
            for curve in runs(units, series.resolution, columns)
        ],
        "reasons": reason_records(series.reasons),
    }
