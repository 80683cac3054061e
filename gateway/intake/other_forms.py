"""Documents that come in another form than XML are held to what the XML they stand for is held to."""

from collections.abc import Callable, Iterator
from typing import Final

import esmp
import mappings
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.reasons import finding_of
from mappings import bid_csv, reserve_bid


def schema_findings(document: CanonicalDocument, validate: Callable[[bytes], esmp.Report]) -> list[Finding]:
    """What schema and code lists of its version find in a document; places are those of the XML form."""
    try:
        writing = mappings.write_as_said(document)
    except (mappings.UnwritableError, LookupError) as error:
        return [Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, str(error))]
    return [*map(_lost, writing.losses), *map(finding_of, validate(writing.data).findings)]


def _lost(change: mappings.Change) -> Finding:
    """What the version cannot carry, or demands and nobody said."""
    missing = change.fate is mappings.Fate.ADDED
    code = ReasonCode.MANDATORY_MISSING if missing else ReasonCode.CANNOT_BE_PROCESSED
    return Finding(Stage.SCHEMA, code, change.reason, path=change.path)


def _columns() -> Iterator[tuple[str, str]]:
    """Elements of the document, or names of the canonical model, and the columns that say the same."""
    yield from zip(bid_csv.COLUMNS, bid_csv.COLUMNS, strict=True)
    for table in (reserve_bid.TABLE, reserve_bid.BID):
        for name, elements in table.items():
            if isinstance(elements, str) and name in bid_csv.COLUMNS:
                yield from ((element.rpartition("/")[2], name) for element in elements.split())
    yield from (
        ("mRID", "bid_id"),
        ("flowDirection.direction", "direction"),
        ("timeInterval", "start"),
        ("Linked_BidTimeSeries", "conditional_links"),
        ("reserveBid_Period.timeInterval", "period_start"),
        ("quantity.quantity", "quantity_mw"),
        ("minimum_Quantity.quantity", "minimum_mw"),
        ("energy_Price.amount", "energy_price"),
        ("price.amount", "capacity_price"),
    )


COLUMN_OF: Final = dict(_columns())
"""Of bids: names of elements, and what stands for them in a table and, mostly, in JSON."""
