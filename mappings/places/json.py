"""Places in a document that came as JSON: JSON pointers (RFC 6901)."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.json_text import pointer
from gateway.domain.place import Place
from mappings import bid_csv, reserve_bid
from mappings.element_plan import Group, Table
from mappings.families import mapping_of
from mappings.places.canonical import Step, steps_to
from mappings.places.columns import column_of, header_column
from mappings.places.json_members import member_name, pointer_steps, series_paths
from mappings.places.places import OwnPlaces, Position, Where

_OF_POINTS: Final = ("position", "quantity_mw", "minimum_mw", "energy_price", "capacity_price", "quality")
_OF_PERIODS: Final = ("start", "end", "resolution")
_OF_BIDS: Final = {
    "bid_id": "id",
    "direction": "direction",
    "divisible": "divisible",
    "conditional_links": "conditional_links",
}


class JsonPlaces(OwnPlaces):
    """A document of bids, or of series of another kind, that came as JSON."""

    def __init__(self, document: CanonicalDocument) -> None:
        self._document = document
        self._occurrences: dict[str, list[int]] = {}
        if isinstance(document, ReserveBids):
            for number, mrid in enumerate(document.bids.bid_id):
                self._occurrences.setdefault(mrid, []).append(number)

    @cached_property
    def _series_of(self) -> Mapping[str, tuple[str, int]]:
        return series_paths(self._document)

    @property
    def _table(self) -> Table:
        return mapping_of(self._document.header.kind).table

    def of(self, positions: Sequence[Position]) -> list[Where]:
        """See `Places.of`."""
        return [self._of(position) for position in positions]

    def _of(self, position: Position) -> Where:
        if isinstance(self._document, ReserveBids):
            numbers = self._occurrences.get(position.series, [])
            if position.occurrence >= len(numbers):
                return Where()
            bid = numbers[position.occurrence]
            return Where(
                _bid_pointer(bid, () if position.place is None else steps_to(reserve_bid.BID, position.place))
            )
        series = self._series_of.get(position.series)
        if series is None:
            return Where()
        group = self._table[series[0]]
        inner = (
            ()
            if position.place is None or not isinstance(group, Group)
            else steps_to(group.fields, position.place)
        )
        return Where(pointer(*pointer_steps(self._document, [series, *inner])))

    def of_document(self, places: Sequence[Place]) -> list[Where]:
        """See `Places.of_document`."""
        return [self.at(steps_to(self._table, place)) for place in places]

    def named(self, place: Place, *, in_series: bool) -> str:
        """See `Places.named`."""
        return self.name_of([("series", None)] * in_series + [(place.part, None)])

    def at(self, steps: Sequence[Step]) -> Where:
        """See `OwnPlaces.at`."""
        if not isinstance(self._document, ReserveBids):
            return Where(pointer(*pointer_steps(self._document, steps)) or None)
        if not steps:
            return Where()
        (name, number), *inner = steps
        if name == "series":
            return Where(_bid_pointer((number or 1) - 1, inner))
        column = header_column(name)
        return Where(None if column is None else pointer(*bid_csv.DOCUMENT[column]))

    def name_of(self, steps: Sequence[Step]) -> str:
        """See `OwnPlaces.name_of`."""
        name = steps[-1][0]
        if not isinstance(self._document, ReserveBids):
            return member_name(name)
        return column_of(name) if len(steps) > 1 else header_column(name) or name


def _bid_pointer(bid: int, steps: Sequence[Step]) -> str:
    numbers = {field: (number or 1) - 1 for field, number in steps}
    name = column_of(steps[-1][0]) if steps else ""
    place: list[str | int] = ["bids", bid]
    if name in _OF_BIDS:
        return pointer(*place, _OF_BIDS[name])
    if "periods" in numbers:
        place += ["periods", numbers["periods"]]
        if "points" in numbers:
            place += ["points", numbers["points"]]
        return pointer(*place, *((name,) if name in (*_OF_POINTS, *_OF_PERIODS) else ()))
    return pointer(*place, "terms", name) if name in bid_csv.COLUMNS else pointer(*place)
