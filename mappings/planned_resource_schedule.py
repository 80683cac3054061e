"""PlannedResourceSchedule documents: schedules of resources and unavailable reserves (IEC 62325-451-7)."""

from typing import Any, Final

from gateway.domain.bid import Direction
from gateway.domain.header import DocumentKind
from gateway.domain.schedule import PlannedSeries, ResourceSchedule, UnavailableSeries
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

KIND: Final = DocumentKind.PLANNED_RESOURCE_SCHEDULE

_SUBSTITUTE: Final = "substituteResourceProvider_MarketParticipant"

_COMMON: Final[Table] = {
    "mrid": "mRID",
    "business_type": "businessType",
    "direction": "flowDirection.direction",
    "product": "product",
    **party_fields("connecting_area", "connecting_Domain.mRID"),
    **party_fields("acquiring_area", "acquiring_Domain.mRID"),
    **party_fields("resource", "registeredResource.mRID"),
    **party_fields("provider", "resourceProvider_MarketParticipant.mRID"),
    "agreement_type": "marketAgreement.type",
    "agreement": "marketAgreement.mRID",
    "quantity_unit": "measurement_Unit.name",
    "curve": "curveType",
    "periods": period_group(
        "Series_Period", {"position": "position", "quantity": "quantity", "reasons": REASONS}
    ),
}

TABLE: Final[Table] = {
    **HEADER,
    **interval_fields("schedule_Period.timeInterval"),
    **DOMAIN_AND_SUBJECT,
    "series": Group(
        "PlannedResource_TimeSeries",
        {
            **_COMMON,
            "aggregation": "objectAggregation",
            "production_type": "mktPSRType.psrType",
            "reasons": REASONS,
        },
    ),
    "unavailable": Group(
        "UnavailableReserves_TimeSeries",
        {
            **_COMMON,
            **party_fields("substitute", "substitute_RegisteredResource.mRID"),
            **party_fields("substitute_provider", f"{_SUBSTITUTE}.mRID"),
            "substitute_provider_role": f"{_SUBSTITUTE}.marketRole.type",
        },
    ),
}


def document_of(record: Record, incoming: ReadingContext) -> ResourceSchedule | None:
    """Return the schedules of a document's record."""
    period = incoming.period(record)
    if period is None:
        return None
    return ResourceSchedule(
        header_of(record, KIND, incoming.version),
        period,
        coded(record, "domain"),
        incoming.role(record, "subject"),
        incoming.rows(record, "series", _planned),
        incoming.rows(record, "unavailable", _unavailable),
    )


def _common(row: Record, place: str, incoming: ReadingContext) -> dict[str, Any] | None:
    """Read what both kinds of series have; None where it cannot be expressed."""
    direction: Direction | None = None
    try:
        periods = series_periods(row["periods"], place, incoming, row["quantity_unit"])
        if "direction" in row:
            with at(f"{place}/direction"):
                direction = direction_of(row["direction"])
    except ContradictionError as error:
        incoming.unreadable(error, row)
        return None
    return {
        "mrid": row["mrid"],
        "business_type": row["business_type"],
        "product": row["product"],
        "connecting_area": party_of(row, "connecting_area"),
        "provider": party_of(row, "provider"),
        "periods": periods,
        "direction": direction,
        "resource": coded(row, "resource"),
        "agreement_type": row.get("agreement_type"),
        "agreement": row.get("agreement"),
        "curve": row.get("curve"),
        "quantity_unit": row["quantity_unit"],
    }


def _planned(row: Record, place: str, incoming: ReadingContext) -> PlannedSeries | None:
    common = _common(row, place, incoming)
    if common is None:
        return None
    return PlannedSeries(
        **common,
        acquiring_area=coded(row, "acquiring_area"),
        aggregation=row.get("aggregation"),
        production_type=row.get("production_type"),
        reasons=reasons_of(row),
    )


def _unavailable(row: Record, place: str, incoming: ReadingContext) -> UnavailableSeries | None:
    common = _common(row, place, incoming)
    if common is None:
        return None
    return UnavailableSeries(
        **common,
        acquiring_area=party_of(row, "acquiring_area"),
        substitute=coded(row, "substitute"),
        substitute_provider=incoming.role(row, "substitute_provider", f"{place}/"),
    )


def record_of(document: ResourceSchedule, outgoing: WritingContext) -> Record:
    """Return the record of a document."""
    return {
        **frame_record(document.header, document.period, document.domain, document.subject),
        "series": [
            {
                **_common_record(series, "series", number, outgoing),
                "aggregation": series.aggregation,
                "production_type": series.production_type,
                "reasons": reason_records(series.reasons),
            }
            for number, series in enumerate(document.planned, start=1)
        ],
        "unavailable": [
            {
                **_common_record(series, "unavailable", number, outgoing),
                **coded_record("substitute", series.substitute),
                **role_record("substitute_provider", series.substitute_provider),
            }
            for number, series in enumerate(document.unavailable, start=1)
        ],
    }


def _common_record(
    series: PlannedSeries | UnavailableSeries, group: str, number: int, outgoing: WritingContext
) -> Record:
    place = f"{group}[{number}]"
    curve = curve_to_write(outgoing.plan.group(group), series.curve)
    return {
        "mrid": series.mrid,
        "business_type": series.business_type,
        "direction": None if series.direction is None else direction_code(series.direction),
        "product": series.product,
        **coded_record("connecting_area", series.connecting_area),
        **coded_record("acquiring_area", series.acquiring_area),
        **coded_record("resource", series.resource),
        **coded_record("provider", series.provider),
        "agreement_type": series.agreement_type,
        "agreement": series.agreement,
        "quantity_unit": series.quantity_unit,
        "curve": curve,
        "periods": series_period_records(
            series.periods, place, outgoing, series.quantity_unit, (series.curve, curve)
        ),
    }
