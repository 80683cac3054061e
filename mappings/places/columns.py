"""Names of fields of bids and their documents in columns, and mostly in canonical JSON."""

from typing import Final

from gateway.domain.place import Part
from mappings import bid_csv

_OF_BIDS: Final = {
    "mrid": "bid_id",
    "quantity": "quantity_mw",
    "minimum": "minimum_mw",
    "price": "capacity_price",
    "links": "conditional_links",
    Part.INTERVAL: "start",
}
_OF_DOCUMENT: Final = {"start": "period_start", "end": "period_end", Part.INTERVAL: "period_start"}


def column_of(field: str) -> str:
    """The column of a field of a bid."""
    return _OF_BIDS.get(field, field)


def header_column(field: str) -> str | None:
    """The column of a field of the document itself; None: there is none."""
    column = _OF_DOCUMENT.get(field, field)
    return column if column in bid_csv.DOCUMENT else None
