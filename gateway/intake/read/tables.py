"""Bids that come as a table: checked by the schema of the document they represent; faults are reported by
cell."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import esmp
from gateway.domain.document import ReserveBids
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.read.non_xml import schema_findings
from mappings import bid_csv
from mappings.csv_table import CsvFault, CsvFaultsError
from mappings.places import Places, TablePlaces

CSV: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class BidTable:
    """Content of a table and findings on it; None: it is no table of bids."""

    document: ReserveBids | None
    findings: tuple[Finding, ...]
    places: Places


def read_table(payload: bytes, validate: Callable[[bytes], esmp.Report]) -> BidTable:
    """Read a table, and validate the document it represents as if it had come as XML."""
    try:
        read = bid_csv.loads(payload)
    except CsvFaultsError as error:
        return BidTable(None, tuple(map(_finding, error.faults)), Places())
    document = read.document
    places = TablePlaces(document.bids.bid_id, read.lines)
    return BidTable(document, tuple(schema_findings(document, validate, places)), places)


def _finding(fault: CsvFault) -> Finding:
    code = ReasonCode.MANDATORY_MISSING if fault.is_missing else ReasonCode.CANNOT_BE_PROCESSED
    return Finding(Stage.SCHEMA, code, fault.message, line=fault.line, path=fault.column)
