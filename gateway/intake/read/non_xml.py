"""Documents that come in another form than XML are held to what the XML they stand for is held to."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import esmp
import mappings
from esmp.profiles import Family, Profile, profile, versions
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.read.reasons import finding_of
from mappings import bid_csv, reserve_bid
from mappings.curves import WRITTEN_OUT

_MISSING: Final = re.compile(r"(\S+): (.*) (is|are) missing in it")


def schema_findings(document: CanonicalDocument, validate: Callable[[bytes], esmp.Report]) -> list[Finding]:
    """What schema and code lists of its version find in a document; places are those of the XML form."""
    try:
        writing = mappings.write_as_said(document)
    except (mappings.UnwritableError, LookupError) as error:
        return [Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, str(error))]
    found = map(finding_of, validate(writing.data).findings)
    lost = (_lost(change, document) for change in writing.losses)
    return [*lost, *(own for one in found for own in _in_own_names(one))]


def _in_own_names(found: Finding) -> Iterator[Finding]:
    """What is missing, by the names of columns and of canonical JSON, each at its own place."""
    told = _MISSING.fullmatch(found.message)
    if told is None:
        yield found
        return
    in_header = told[1].endswith("_MarketDocument")
    for name in told[2].replace(" and ", ", ").split(", "):
        own = (header_column(name) if in_header else COLUMN_OF.get(name)) or name
        path = f"{found.path}/{name}" if found.path else name
        yield replace(found, message=f"{own} is missing", path=path)


def _lost(change: mappings.Change, document: CanonicalDocument) -> Finding:
    """What the version cannot carry, or demands and nobody said."""
    if change.reason == WRITTEN_OUT:
        header = document.header
        family = Family(header.kind.value)
        known = [each for each in versions(family) if _has_curves(profile(family, each))]
        message = (
            f"points are left out, and {family} {header.version} has no curve type to say so: "
            "write every point"
            f"{f', or take version {_either(known)}' if known else ''}"
        )
        return Finding(Stage.SCHEMA, ReasonCode.POSITION_INCONSISTENT, message, path=change.path)
    missing = change.fate is mappings.Fate.ADDED
    code = ReasonCode.MANDATORY_MISSING if missing else ReasonCode.CANNOT_BE_PROCESSED
    return Finding(Stage.SCHEMA, code, change.reason, path=change.path)


def _has_curves(version: Profile) -> bool:
    return any(element.name == "curveType" for each in version.classes.values() for element in each)


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _columns() -> Iterator[tuple[str, str]]:
    """Elements of the document, or names of the canonical model, and the columns that say the same."""
    yield from zip(bid_csv.COLUMNS, bid_csv.COLUMNS, strict=True)
    for table in (reserve_bid.TABLE, reserve_bid.BID):
        for name, elements in table.items():
            if isinstance(elements, str) and name in bid_csv.COLUMNS:
                # In some families parties of the header are nested; what they end in names other things here.
                ways = [way for way in elements.split() if table is reserve_bid.BID or "/" not in way]
                yield from ((way.rpartition("/")[2], name) for way in ways)
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


def header_column(element: str) -> str | None:
    """The column of what a document says of itself in an element; None: it is no element of the header."""
    column = "mrid" if element == "mRID" else COLUMN_OF.get(element, element)
    return column if column in bid_csv.DOCUMENT else None
