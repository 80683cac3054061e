"""Where things stand in a document that came as JSON: JSON pointers (RFC 6901)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.json_text import pointer
from gateway.domain.reason import Finding
from gateway.intake.read.json_members import Step, series_ways, steps_in, way_to
from gateway.intake.read.non_xml import COLUMN_OF, header_column
from gateway.intake.read.source_location import Place, Places, Position
from mappings import bid_csv

_STEP: Final = re.compile(r"(\w*TimeSeries|series|\w*Period|periods|Point|points)(?:\[(\d+)\])?(?=/|$)")
_OF_POINTS: Final = ("position", "quantity_mw", "minimum_mw", "energy_price", "capacity_price", "quality")
_OF_PERIODS: Final = ("start", "end", "resolution")
_OF_BIDS: Final = {
    "bid_id": "id",
    "direction": "direction",
    "divisible": "divisible",
    "conditional_links": "conditional_links",
}


def _header_pointer(element: str) -> str | None:
    """Where a document says of itself what an element says; None: it is no element of the header."""
    column = header_column(element)
    return None if column is None else pointer(*bid_csv.DOCUMENT[column])


class JsonPlaces(Places):
    """A document of bids, or of series of another kind, that came as JSON."""

    def __init__(self, document: CanonicalDocument) -> None:
        super().__init__(None)
        self._whole = document
        self._occurrences: dict[str, list[int]] = {}
        if isinstance(document, ReserveBids):
            for number, mrid in enumerate(document.bids.bid_id):
                self._occurrences.setdefault(mrid, []).append(number)

    @cached_property
    def _series_of(self) -> Mapping[str, Step]:
        return series_ways(self._whole)

    def of(self, positions: Sequence[Position]) -> list[Place]:
        """See `Places.of`."""
        return [self._of(position) for position in positions]

    def _of(self, position: Position) -> Place:
        if not isinstance(self._whole, ReserveBids):
            series = self._series_of.get(position.series)
            return Place(None if series is None else pointer(*way_to(self._whole, [series, *position.steps])))
        numbers = self._occurrences.get(position.series, [])
        if position.occurrence >= len(numbers):
            return Place()
        steps = {name: number - 1 for name, number in position.steps}
        element = position.steps[-1][0] if position.steps else ""
        return Place(self._pointer(numbers[position.occurrence], steps, element))

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """See `Places.located`."""
        return [
            replace(found, path=self._in_header(found.path))
            if found.series is None and found.path is not None and not found.path.startswith("/")
            else found
            for found in super().located(findings)
        ]

    def _in_header(self, path: str) -> str:
        if isinstance(self._whole, ReserveBids):
            return _header_pointer(path) or path
        return pointer(*way_to(self._whole, steps_in(path))) or path

    def at_pointer(self, finding: Finding) -> Finding:
        """A finding about the XML that the document stands for, where it stands in the JSON."""
        path = finding.path or ""
        if not isinstance(self._whole, ReserveBids):
            inner = steps_in(path)[1 if path.startswith("/") else 0 :]  # of an element after the root's
            return replace(finding, path=pointer(*way_to(self._whole, inner)) or None, line=None, column=None)
        element = path.rpartition("/")[2].partition("[")[0]
        steps = {name: int(number or 1) - 1 for name, number in _STEP.findall(path)}
        series = next((steps.pop(name) for name in list(steps) if name.lower().endswith("series")), None)
        where = _header_pointer(element) if series is None else self._pointer(series, steps, element)
        return replace(finding, path=where, line=None, column=None)

    @staticmethod
    def _pointer(bid: int, steps: Mapping[str, int], element: str) -> str:
        name = COLUMN_OF.get(element, element)
        place: list[str | int] = ["bids", bid]
        if name in _OF_BIDS:
            return pointer(*place, _OF_BIDS[name])
        period = steps.get("Period", steps.get("periods"))
        if period is not None or name in (*_OF_POINTS, *_OF_PERIODS):
            place += ["periods", period or 0]
            point = steps.get("Point", steps.get("points"))
            if point is not None or name in _OF_POINTS:
                place += ["points", point or 0]
            return pointer(*place, *((name,) if name in (*_OF_POINTS, *_OF_PERIODS) else ()))
        return pointer(*place, "terms", name) if name in bid_csv.COLUMNS else pointer(*place)
