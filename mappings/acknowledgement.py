"""Acknowledgement documents: the business answer to any document (IEC 62325-451-1).

Of the received document as much is repeated as is known, and nothing that would make the answer invalid.
"""

from typing import Final

from gateway.domain.document import (
    Acknowledgement,
    DocumentKind,
    PeriodErrors,
    ReceivedDocument,
    RejectedSeries,
)
from mappings.element_plan import Group, Record, Table
from mappings.header import (
    HEADER,
    REASONS,
    header_of,
    header_record,
    interval_fields,
    interval_record,
    reason_records,
    reasons_of,
)
from mappings.mapping_context import ContradictionError, ReadingContext, WritingContext, interval_at
from mappings.texts import moment, moment_text

KIND: Final = DocumentKind.ACKNOWLEDGEMENT

_PERIODS: Final = Group("InError_Period", {**interval_fields("timeInterval"), "reasons": REASONS})

_REJECTED: Final[Table] = {"mrid": "mRID", "version": "version", "periods": _PERIODS, "reasons": REASONS}

TABLE: Final[Table] = {
    **{field: place for field, place in HEADER.items() if field not in ("revision", "type", "process")},
    "received_mrid": "received_MarketDocument.mRID",
    "received_revision": "received_MarketDocument.revisionNumber",
    "received_type": "received_MarketDocument.type",
    "received_process": "received_MarketDocument.process.processType",
    "received_title": "received_MarketDocument.title",
    "received_created_at": "received_MarketDocument.createdDateTime",
    "series": Group("Rejected_TimeSeries", _REJECTED),
    "others": Group("Rejected_Series", _REJECTED),
    "activities": Group("Rejected_MktActivityRecord", _REJECTED),
    "reasons": REASONS,
    "periods": _PERIODS,
}


def document_of(record: Record, incoming: ReadingContext) -> Acknowledgement:
    """Return the acknowledgement of a document's record."""
    created = record.get("received_created_at")
    revision = record.get("received_revision")
    received = ReceivedDocument(
        mrid=record.get("received_mrid"),
        revision=None if revision is None else int(revision),
        type=record.get("received_type"),
        process=record.get("received_process"),
        title=record.get("received_title"),
        created_at=None if created is None else moment(created),
    )
    return Acknowledgement(
        header_of(record, KIND, incoming.version),
        received,
        reasons_of(record),
        _rejected(record, incoming, "series"),
        _periods(record, incoming, ""),
        _rejected(record, incoming, "others"),
        _rejected(record, incoming, "activities"),
    )


def _rejected(record: Record, incoming: ReadingContext, group: str) -> tuple[RejectedSeries, ...]:
    return tuple(
        RejectedSeries(
            row["mrid"],
            reasons_of(row),
            row.get("version"),
            _periods(row, incoming, f"{group}[{number}]/", row["mrid"]),
        )
        for number, row in enumerate(record.get(group, ()), start=1)
    )


def _periods(
    record: Record, incoming: ReadingContext, place: str, series: str | None = None
) -> tuple[PeriodErrors, ...]:
    """Read periods in error; one that is no interval is dropped, the rest of the answer still holds."""
    periods = []
    for number, row in enumerate(record.get("periods", ()), start=1):
        where = f"{place}periods[{number}]"
        try:
            periods.append(PeriodErrors(interval_at(f"{where}/", row), reasons_of(row)))
        except ContradictionError as error:
            incoming.report.dropped(where, str(error))
            incoming.find(error.code, str(error), error.place, series=series)
    return tuple(periods)


def record_of(document: Acknowledgement, _: WritingContext) -> Record:
    """Return the record of a document."""
    received = document.received
    header = header_record(document.header)
    return {
        **{field: value for field, value in header.items() if field in TABLE},
        "received_mrid": received.mrid,
        "received_revision": None if received.revision is None else str(received.revision),
        "received_type": received.type,
        "received_process": received.process,
        "received_title": received.title,
        "received_created_at": None if received.created_at is None else moment_text(received.created_at),
        "series": _rejected_records(document.rejected_series),
        "others": _rejected_records(document.rejected_others),
        "activities": _rejected_records(document.rejected_activities),
        "reasons": reason_records(document.reasons),
        "periods": _period_records(document.periods),
    }


def _rejected_records(rejected: tuple[RejectedSeries, ...]) -> list[Record]:
    return [
        {
            "mrid": series.mrid,
            "version": series.version,
            "periods": _period_records(series.periods),
            "reasons": reason_records(series.reasons),
        }
        for series in rejected
    ]


def _period_records(periods: tuple[PeriodErrors, ...]) -> list[Record]:
    return [
        {**interval_record(period.period), "reasons": reason_records(period.reasons)} for period in periods
    ]
