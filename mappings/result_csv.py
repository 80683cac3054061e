"""Answers as flat tables (CSV), for partners without XML: one row for each statement.

A text that a spreadsheet would read as a formula begins with an apostrophe.
"""

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.domain.bid import Direction
from gateway.domain.document import (
    Acknowledgement,
    BidAvailability,
    CanonicalDocument,
    DocumentKind,
    MeritOrderList,
)
from gateway.domain.market_time import units_of
from gateway.domain.reason import Reason
from mappings.texts import minute_text, minute_text_of, number_text

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_AVAILABILITY: Final = (
    *("mrid", "bid_id", "bid_document", "business_type", "period_start", "period_end"),
    *("available_mw", "reason_code", "reason_text"),
)
_MERIT_ORDER: Final = (
    *("mrid", "bid_id", "direction", "start", "resolution", "quantity_mw", "minimum_mw"),
    *("energy_price", "capacity_price", "activated_mw", "currency", "resource", "provider"),
)
_ACKNOWLEDGEMENT: Final = ("mrid", "received_mrid", "bid_id", "reason_code", "reason_text")

Cell = str | float | None


def result_csv(document: CanonicalDocument) -> bytes | None:
    """The table of an answer, UTF-8; None for documents that have none.

    Rows are in the order of the document, those of a bid in a merit order are adjacent.
    """
    shape = _TABLES.get(document.header.kind)
    if shape is None:
        return None
    columns, rows = shape
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows(document):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None or math.isnan(value) else number_text(value)


def _availability(document: BidAvailability) -> Iterator[Sequence[Cell]]:
    start, end = minute_text(document.period.start), minute_text(document.period.end)
    for limit in document.limits:
        bid_document = None if limit.bid_document is None else limit.bid_document.mrid
        about = (document.header.mrid, limit.bid_id, bid_document, limit.business_type, start, end)
        yield (*about, limit.available_mw, *_reasons(limit.reasons))


def _merit_order(document: MeritOrderList) -> Iterator[Sequence[Cell]]:
    """Bids as the document first names them, the market time units of each in their order."""
    first: dict[str, int] = {}
    for number, series in enumerate(document.series):
        first.setdefault(series.bid_id, number)
    for series in sorted(document.series, key=lambda each: (first[each.bid_id], each.period.start)):
        direction = Direction(series.direction).name.lower()
        starts = units_of(series.period, series.resolution).starts_s().tolist()
        for row, start in enumerate(starts):
            if math.isnan(series.quantity_mw[row]):
                continue
            yield (
                document.header.mrid,
                series.bid_id,
                direction,
                minute_text_of(start),
                series.resolution,
                float(series.quantity_mw[row]),
                series.minimum_mw,
                float(series.energy_price[row]),
                float(series.capacity_price[row]),
                float(series.activated_mw[row]),
                series.currency,
                None if series.resource is None else series.resource.code,
                None if series.provider is None else series.provider.code,
            )


def _acknowledgement(document: Acknowledgement) -> Iterator[Sequence[Cell]]:
    mrid, received = document.header.mrid, document.received.mrid
    for reason in document.reasons:
        yield mrid, received, None, reason.code, reason.text
    for series in document.rejected_series:
        for reason in (*series.reasons, *(each for period in series.periods for each in period.reasons)):
            yield mrid, received, series.mrid, reason.code, reason.text


def _reasons(reasons: Sequence[Reason]) -> tuple[str, str]:
    """Codes and texts of all reasons, each in one cell."""
    return " ".join(reason.code for reason in reasons), "; ".join(reason.text or "" for reason in reasons)


_TABLES: Final[Mapping[DocumentKind, tuple[Sequence[str], Callable[[Any], Iterator[Sequence[Cell]]]]]] = {
    DocumentKind.BID_AVAILABILITY: (_AVAILABILITY, _availability),
    DocumentKind.MERIT_ORDER_LIST: (_MERIT_ORDER, _merit_order),
    DocumentKind.ACKNOWLEDGEMENT: (_ACKNOWLEDGEMENT, _acknowledgement),
}
