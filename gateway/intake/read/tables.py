"""Bids that come as a table: held to the schema of the document they stand for; faults are told by cell."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import esmp
from gateway.domain.document import ReserveBids
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.read.non_xml import COLUMN_OF, header_column, schema_findings
from gateway.intake.read.source_location import SERIES, Place, Places, Position
from mappings import bid_csv
from mappings.csv_table import CsvFault, CsvFaultsError

CSV: Final = "text/csv"
_STEP: Final = re.compile(r"(series|Bid_TimeSeries|Period|Point)(?:\[(\d+)\])?(?=/)")


@dataclass(frozen=True, slots=True)
class Table:
    """What a table says, and what is wrong with it; None: it is no table of bids."""

    document: ReserveBids | None
    findings: tuple[Finding, ...]
    places: Places


def read_table(payload: bytes, validate: Callable[[bytes], esmp.Report]) -> Table:
    """Read a table, and validate the document it stands for as if it had come as XML."""
    try:
        read = bid_csv.loads(payload)
    except CsvFaultsError as error:
        return Table(None, tuple(map(_finding, error.faults)), Places(None))
    document = read.document
    places = TablePlaces(document.bids.bid_id, read.lines)
    findings = [places.at_cell(found) for found in schema_findings(document, validate)]
    return Table(document, tuple(findings), places)


class TablePlaces(Places):
    """Bids in a table: places are columns and lines."""

    def __init__(self, bids: Sequence[str], lines: Sequence[Sequence[Sequence[int]]]) -> None:
        super().__init__(None)
        self._bids = {mrid: number for number, mrid in enumerate(bids)}
        self._lines = lines

    def of(self, positions: Sequence[Position]) -> list[Place]:
        """See `Places.of`."""
        return [
            self._place(self._bids.get(position.series, 0), dict(position.steps)) for position in positions
        ]

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """See `Places.located`; what a document says of itself stands in every row."""
        first = self._place(0, {}).line
        return [
            replace(found, path=column, line=first)
            if found.series is None and (column := header_column(found.path or "")) is not None
            else found
            for found in super().located(findings)
        ]

    def at_cell(self, finding: Finding) -> Finding:
        """A finding about the document that the table stands for, where it stands in the table."""
        path = finding.path or ""
        steps = {name: int(number or 1) for name, number in _STEP.findall(path)}
        bid = steps.pop(SERIES, None) or steps.pop("series", None)
        element = path.rpartition("/")[2]
        if bid is None and element == "mRID":
            element = "mrid"  # of the document, not of a bid
        place = self._place((bid or 1) - 1, steps | {element: 1})
        return replace(finding, line=place.line, path=place.path)

    def _place(self, bid: int, steps: Mapping[str, int]) -> Place:
        periods = self._lines[bid]
        period = periods[min(steps.get("Period", 1), len(periods)) - 1]
        line = period[min(steps.get("Point", 1), len(period)) - 1]
        return Place(next((COLUMN_OF[name] for name in steps if name in COLUMN_OF), None), line)


def _finding(fault: CsvFault) -> Finding:
    code = ReasonCode.MANDATORY_MISSING if fault.is_missing else ReasonCode.CANNOT_BE_PROCESSED
    return Finding(Stage.SCHEMA, code, fault.message, line=fault.line, path=fault.column)
