"""ReserveAllocationResult documents: which bids were accepted, and how much of them (IEC 62325-451-7).

Version 6.1 nests what all others write flat; for the table that is one more name of each element.
"""

from decimal import Decimal
from typing import Final

from gateway.domain.allocation import (
    Agreement,
    AllocatedPeriod,
    AllocatedSeries,
    Durations,
    ReserveAllocation,
)
from gateway.domain.header import DocumentKind
from mappings.codes import direction_code, direction_of
from mappings.curves import Curve, curve_of, curve_records, curve_to_write, period_group
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
from mappings.mapping_context import (
    ONE,
    ContradictionError,
    ReadingContext,
    WritingContext,
    at,
    capacity_price_factor,
    energy_price_factor,
    factor_at,
    power_factor,
)
from mappings.texts import moment, moment_text

KIND: Final = DocumentKind.RESERVE_ALLOCATION_RESULT

_ORIGINAL: Final = "bid_Original_MarketDocument"
_NESTED: Final = "Bid_Original_MarketDocument"

POINT: Final[Table] = {
    "position": "position",
    "accepted": "quantity",
    "price": "price.amount Price/amount",
    "offered": "secondaryQuantity",
    "bid_price": "bid_Price.amount Bid_Price/amount",
    "bid_energy_price": "bidEnergy_Price.amount BidEnergy_Price/amount",
    "energy_price": "energy_Price.amount Energy_Price/amount",
    "financial_price": "financial_Price.amount",
    "reasons": REASONS,
}

SERIES: Final[Table] = {
    "mrid": "mRID",
    "bid_document": f"{_ORIGINAL}.mRID {_NESTED}/mRID",
    "bid_revision": f"{_ORIGINAL}.revisionNumber {_NESTED}/revisionNumber",
    "bid_id": (
        f"{_ORIGINAL}.bid_BidTimeSeries.mRID {_ORIGINAL}.bid_TimeSeries.mRID {_NESTED}/Bid_BidTimeSeries/mRID"
    ),
    **party_fields(
        "provider",
        f"{_ORIGINAL}.tendering_MarketParticipant.mRID",
        f"{_NESTED}/Tendering_MarketParticipant/mRID",
    ),
    "auction": "auction.mRID Auction/mRID",
    "business_type": "businessType",
    **party_fields("acquiring_area", "acquiring_Domain.mRID", "Acquiring_Domain/mRID"),
    **party_fields("connecting_area", "connecting_Domain.mRID", "Connecting_Domain/mRID"),
    "agreement_type": "marketAgreement.type MarketAgreement/type",
    "agreement": "marketAgreement.mRID MarketAgreement/mRID",
    "agreement_created": "marketAgreement.createdDateTime MarketAgreement/createdDateTime",
    "quantity_unit": ("quantity_Measurement_Unit.name quantity_Measure_Unit.name Quantity_Measure_Unit/name"),
    "currency": "currency_Unit.name Currency_Unit/name",
    "price_unit": "price_Measurement_Unit.name price_Measure_Unit.name Price_Measure_Unit/name",
    "energy_unit": "energy_Measurement_Unit.name Energy_Measurement_Unit/name",
    **party_fields("resource", "registeredResource.mRID", "RegisteredResource/mRID"),
    "direction": "flowDirection.direction FlowDirection/direction",
    "minimum": "minimumActivation_Quantity.quantity MinimumActivation_Quantity/quantity",
    "step": "stepIncrement_Quantity.quantity StepIncrement_Quantity/quantity",
    "order_number": (
        "orderNumber_AttributeInstanceComponent.position OrderNumber_AttributeInstanceComponent/position"
    ),
    **{
        f"{name}_duration": f"{name}_ConstraintDuration.duration {name.title()}_ConstraintDuration/duration"
        for name in ("activation", "resting", "minimum", "maximum")
    },
    "curve": "curveType",
    "product": "standard_MarketProduct.marketProductType",
    "periods": period_group("Period", POINT),
    "reasons": REASONS,
}

TABLE: Final[Table] = {
    **HEADER,
    **interval_fields("reserveBid_Period.timeInterval", "ReserveBid_Period/timeInterval"),
    **party_fields("domain", "domain.mRID", "Domain/mRID"),
    "series": Group("TimeSeries", SERIES),
    "reasons": REASONS,
}


def document_of(record: Record, incoming: ReadingContext) -> ReserveAllocation | None:
    """Return the allocation of a document's record."""
    period = incoming.period(record)
    if period is None:
        return None
    return ReserveAllocation(
        header_of(record, KIND, incoming.version),
        period,
        party_of(record, "domain"),
        incoming.rows(record, "series", _series),
        reasons_of(record),
    )


_UNITS: Final = {
    "quantity_unit": power_factor,
    "price_unit": capacity_price_factor,
    "energy_unit": energy_price_factor,
}


def _factors(power: Decimal, price: Decimal, energy: Decimal) -> dict[str, Decimal]:
    return {
        "accepted": power,
        "price": price,
        "offered": power,
        "bid_price": price,
        "bid_energy_price": energy,
        "energy_price": energy,
        "financial_price": ONE,
    }


def _series(row: Record, place: str, incoming: ReadingContext) -> AllocatedSeries | None:
    try:
        factors = _factors(*(factor_at(place, row, unit, factor) for unit, factor in _UNITS.items()))
        periods = tuple(
            _period(curve_of(each, f"{place}/periods[{index}]", incoming, factors))
            for index, each in enumerate(row["periods"], start=1)
        )
        with at(f"{place}/direction"):
            direction = direction_of(row["direction"])
    except ContradictionError as error:
        incoming.unreadable(error, row)
        return None
    created = row.get("agreement_created")
    return AllocatedSeries(
        mrid=row["mrid"],
        business_type=row["business_type"],
        acquiring_area=party_of(row, "acquiring_area"),
        connecting_area=party_of(row, "connecting_area"),
        direction=direction,
        periods=periods,
        bid_id=row.get("bid_id"),
        bid_document=row.get("bid_document"),
        bid_revision=incoming.integer(row.get("bid_revision"), f"{place}/bid_revision"),
        provider=coded(row, "provider"),
        auction=row.get("auction"),
        agreement=Agreement(
            row.get("agreement_type"), row.get("agreement"), None if created is None else moment(created)
        ),
        resource=coded(row, "resource"),
        minimum_mw=incoming.number(row.get("minimum"), f"{place}/minimum", factors["accepted"]),
        step_mw=incoming.number(row.get("step"), f"{place}/step", factors["accepted"]),
        order_number=incoming.integer(row.get("order_number"), f"{place}/order_number"),
        durations=Durations(
            *(row.get(f"{name}_duration") for name in ("activation", "resting", "minimum", "maximum"))
        ),
        curve=row.get("curve"),
        quantity_unit=row["quantity_unit"],
        currency=row.get("currency"),
        capacity_price_unit=row.get("price_unit"),
        energy_price_unit=row.get("energy_unit"),
        product=row.get("product"),
        reasons=reasons_of(row),
    )


def _period(curve: Curve) -> AllocatedPeriod:
    values = curve.values
    return AllocatedPeriod(
        curve.period,
        curve.resolution,
        curve.position,
        accepted_mw=values["accepted"],
        offered_mw=values["offered"],
        capacity_price=values["price"],
        energy_price=values["energy_price"],
        bid_capacity_price=values["bid_price"],
        bid_energy_price=values["bid_energy_price"],
        financial_price=values["financial_price"],
        reasons=curve.reasons,
    )


def record_of(document: ReserveAllocation, outgoing: WritingContext) -> Record:
    """Return the record of a document."""
    return {
        **frame_record(document.header, document.period, document.domain),
        "series": [
            _series_record(series, f"series[{number}]", outgoing)
            for number, series in enumerate(document.series, start=1)
        ],
        "reasons": reason_records(document.reasons),
    }


def _series_record(series: AllocatedSeries, place: str, outgoing: WritingContext) -> Record:
    factors = _factors(
        power_factor(series.quantity_unit),
        capacity_price_factor(series.capacity_price_unit),
        energy_price_factor(series.energy_price_unit),
    )
    agreement, durations = series.agreement, series.durations
    curve = curve_to_write(outgoing.plan.group("series"), series.curve)
    return {
        "mrid": series.mrid,
        "bid_document": series.bid_document,
        "bid_revision": None if series.bid_revision is None else str(series.bid_revision),
        "bid_id": series.bid_id,
        **coded_record("provider", series.provider),
        "auction": series.auction,
        "business_type": series.business_type,
        **coded_record("acquiring_area", series.acquiring_area),
        **coded_record("connecting_area", series.connecting_area),
        "agreement_type": agreement.type,
        "agreement": agreement.mrid,
        "agreement_created": None if agreement.created_at is None else moment_text(agreement.created_at),
        "quantity_unit": series.quantity_unit,
        "currency": series.currency,
        "price_unit": series.capacity_price_unit,
        "energy_unit": series.energy_price_unit,
        **coded_record("resource", series.resource),
        "direction": direction_code(series.direction),
        "minimum": outgoing.number(series.minimum_mw, f"{place}/minimum", factors["accepted"]),
        "step": outgoing.number(series.step_mw, f"{place}/step", factors["accepted"]),
        "order_number": None if series.order_number is None else str(series.order_number),
        "activation_duration": durations.activation,
        "resting_duration": durations.resting,
        "minimum_duration": durations.minimum,
        "maximum_duration": durations.maximum,
        "curve": curve,
        "product": series.product,
        "periods": curve_records(
            [_curve(period) for period in series.periods], place, outgoing, factors, (series.curve, curve)
        ),
        "reasons": reason_records(series.reasons),
    }


def _curve(period: AllocatedPeriod) -> Curve:
    values = {
        "accepted": period.accepted_mw,
        "price": period.capacity_price,
        "offered": period.offered_mw,
        "bid_price": period.bid_capacity_price,
        "bid_energy_price": period.bid_energy_price,
        "energy_price": period.energy_price,
        "financial_price": period.financial_price,
    }
    return Curve(period.period, period.resolution, period.position, values, period.reasons)
