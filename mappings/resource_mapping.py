"""ResourceMapping documents: which resources a market resource consists of (IEC 62325-451-n)."""

from typing import Final

from gateway.domain.composition import Composition, NamedResource, ResourceCompositions
from gateway.domain.header import DocumentKind
from mappings.codes import yes_no_code, yes_no_of
from mappings.element_plan import Group, Record, Table
from mappings.header import HEADER, coded_record, header_of, header_record, party_fields, party_of
from mappings.mapping_context import ContradictionError, ReadingContext, WritingContext, at

KIND: Final = DocumentKind.RESOURCE_MAPPING

TABLE: Final[Table] = {
    **HEADER,
    "series": Group(
        "TimeSeries",
        {
            "mrid": "mRID",
            "description": "description",
            "cancelled": "cancelledTS",
            "start_date": "start_DateAndOrTime.date",
            "start_time": "start_DateAndOrTime.time",
            "end_date": "end_DateAndOrTime.date",
            "end_time": "end_DateAndOrTime.time",
            **party_fields("market", "market_RegisteredResource.mRID"),
            "market_name": "market_RegisteredResource.name",
            "market_description": "market_RegisteredResource.description",
            "resources": Group(
                "RegisteredResource",
                {**party_fields("unit", "mRID"), "unit_name": "name", "unit_description": "description"},
            ),
        },
    ),
}


def document_of(record: Record, incoming: ReadingContext) -> ResourceCompositions:
    """Return the compositions of a document's record."""
    header = header_of(record, KIND, incoming.version)
    return ResourceCompositions(header, incoming.rows(record, "series", _composition))


def _composition(row: Record, place: str, incoming: ReadingContext) -> Composition | None:
    cancelled: bool | None = None
    if "cancelled" in row:
        try:
            with at(f"{place}/cancelled"):
                cancelled = yes_no_of(row["cancelled"])
        except ContradictionError as error:
            incoming.unreadable(error, row)
            return None
    return Composition(
        mrid=row["mrid"],
        market_resource=_resource(row, "market"),
        resources=tuple(_resource(each, "unit") for each in row["resources"]),
        start_date=row["start_date"],
        start_time=row.get("start_time"),
        end_date=row.get("end_date"),
        end_time=row.get("end_time"),
        description=row.get("description"),
        cancelled=cancelled,
    )


def _resource(row: Record, field: str) -> NamedResource:
    return NamedResource(party_of(row, field), row.get(f"{field}_name"), row.get(f"{field}_description"))


def record_of(document: ResourceCompositions, _: WritingContext) -> Record:
    """Return the record of a document."""
    return {
        **header_record(document.header),
        "series": [
            {
                "mrid": each.mrid,
                "description": each.description,
                "cancelled": None if each.cancelled is None else yes_no_code(each.cancelled),
                "start_date": each.start_date,
                "start_time": each.start_time,
                "end_date": each.end_date,
                "end_time": each.end_time,
                **_resource_record("market", each.market_resource),
                "resources": [_resource_record("unit", resource) for resource in each.resources],
            }
            for each in document.compositions
        ],
    }


def _resource_record(field: str, resource: NamedResource) -> Record:
    return {
        **coded_record(field, resource.resource),
        f"{field}_name": resource.name,
        f"{field}_description": resource.description,
    }
