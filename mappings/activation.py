"""Activation documents: orders to deliver, and the answers to them (IEC 62325-451-7)."""

from typing import Final

from gateway.domain.activation import AccountingPoint, ActivatedSeries, Activation
from gateway.domain.header import DocumentKind
from mappings.codes import direction_code, direction_of
from mappings.curves import curve_to_write, period_group, series_period_records, series_periods
from mappings.element_plan import Group, Record, Table
from mappings.header import (
    DOMAIN_AND_SUBJECT,
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
    role_record,
)
from mappings.mapping_context import ContradictionError, ReadingContext, WritingContext, at

KIND: Final = DocumentKind.ACTIVATION

_POINT: Final[Table] = {"position": "position", "quantity": "quantity", "reasons": REASONS}

_ACCOUNTING_POINT: Final[Table] = {
    **party_fields("party", "activation_MarketParticipant.mRID"),
    "role": "activation_MarketParticipant.marketRole.type",
    "flow": "flowCommodityOption",
}

TABLE: Final[Table] = {
    **HEADER,
    **interval_fields("activation_Time_Period.timeInterval"),
    **DOMAIN_AND_SUBJECT,
    "order": "order_MarketDocument.mRID",
    "order_revision": "order_MarketDocument.revisionNumber",
    "series": Group(
        "TimeSeries",
        {
            "mrid": "mRID",
            **party_fields("provider", "resourceProvider_MarketParticipant.mRID"),
            "business_type": "businessType",
            **party_fields("acquiring_area", "acquiring_Domain.mRID"),
            **party_fields("connecting_area", "connecting_Domain.mRID"),
            "quantity_unit": "measurement_Unit.name",
            "direction": "flowDirection.direction",
            "status": "marketObjectStatus.status",
            **party_fields("resource", "registeredResource.mRID"),
            "auction": "auction.mRID",
            **party_fields("related", "related_MarketParticipant.mRID"),
            "related_role": "related_MarketParticipant.marketRole.type",
            "accounting_points": Group("AccountingPoint", _ACCOUNTING_POINT),
            "curve": "curveType",
            "periods": period_group("Period", _POINT),
            "reasons": REASONS,
        },
    ),
}


def document_of(record: Record, incoming: ReadingContext) -> Activation | None:
    """Return the activation of a document's record."""
    period = incoming.period(record)
    if period is None:
        return None
    return Activation(
        header_of(record, KIND, incoming.version),
        period,
        coded(record, "domain"),
        incoming.role(record, "subject"),
        incoming.reference(record, "order", "order_revision"),
        incoming.rows(record, "series", _series),
    )


def _series(row: Record, place: str, incoming: ReadingContext) -> ActivatedSeries | None:
    try:
        periods = series_periods(row.get("periods", ()), place, incoming, row["quantity_unit"])
        with at(f"{place}/direction"):
            direction = direction_of(row["direction"])
    except ContradictionError as error:
        incoming.unreadable(error, row)
        return None
    return ActivatedSeries(
        mrid=row["mrid"],
        provider=party_of(row, "provider"),
        business_type=row["business_type"],
        acquiring_area=party_of(row, "acquiring_area"),
        connecting_area=party_of(row, "connecting_area"),
        direction=direction,
        status=row["status"],
        periods=periods,
        resource=coded(row, "resource"),
        auction=row.get("auction"),
        quantity_unit=row["quantity_unit"],
        reasons=reasons_of(row),
        related=incoming.role(row, "related", f"{place}/"),
        accounting_points=tuple(
            AccountingPoint(coded(point, "party"), point.get("role"), point.get("flow"))
            for point in row.get("accounting_points", ())
        ),
        curve=row.get("curve"),
    )


def record_of(document: Activation, outgoing: WritingContext) -> Record:
    """Return the record of a document."""
    order = document.order
    return {
        **frame_record(document.header, document.period, document.domain, document.subject),
        "order": None if order is None else order.mrid,
        "order_revision": None if order is None else str(order.revision),
        "series": [
            _series_record(series, f"series[{number}]", outgoing)
            for number, series in enumerate(document.series, start=1)
        ],
    }


def _series_record(series: ActivatedSeries, place: str, outgoing: WritingContext) -> Record:
    plan = outgoing.plan.group("series")
    curve = curve_to_write(plan, series.curve)
    record = {
        "mrid": series.mrid,
        **coded_record("provider", series.provider),
        "business_type": series.business_type,
        **coded_record("acquiring_area", series.acquiring_area),
        **coded_record("connecting_area", series.connecting_area),
        "quantity_unit": series.quantity_unit,
        **role_record("related", series.related),
        "direction": direction_code(series.direction),
        "status": series.status,
        **coded_record("resource", series.resource),
        "auction": series.auction,
        "curve": curve,
        "periods": series_period_records(
            series.periods, place, outgoing, series.quantity_unit, (series.curve, curve)
        ),
        "reasons": reason_records(series.reasons),
    }
    points: list[Record] = [
        {**coded_record("party", point.party), "role": point.role, "flow": point.flow}
        for point in series.accounting_points
    ]
    if plan is None or "accounting_points" in plan.fields:
        return {**record, "accounting_points": points}
    for number, point in enumerate(points, start=1):
        for name in ("party", "role", "flow"):
            if point.get(name) is not None:  # the value is not reported: it may name a customer
                where = f"{place}/accounting_points[{number}]/{name}"
                outgoing.report.dropped(where, f"{outgoing.version} has no accounting points")
    return record
