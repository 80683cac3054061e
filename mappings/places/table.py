"""Places in a table of bids: columns and lines."""

from collections.abc import Mapping, Sequence

from gateway.domain.place import Place
from mappings import bid_csv, reserve_bid
from mappings.places.canonical import Step, steps_to
from mappings.places.columns import column_of, header_column
from mappings.places.places import OwnPlaces, Position, Where


class TablePlaces(OwnPlaces):
    """Bids in a table.

    Args:
        bids: their names, in order.
        lines: of the bids, by bid, period and point.
    """

    def __init__(self, bids: Sequence[str], lines: Sequence[Sequence[Sequence[int]]]) -> None:
        self._bids = {mrid: number for number, mrid in enumerate(bids)}
        self._lines = lines

    def of(self, positions: Sequence[Position]) -> list[Where]:
        """See `Places.of`."""
        return [
            self._cell(
                self._bids.get(position.series, 0),
                () if position.place is None else steps_to(reserve_bid.BID, position.place),
            )
            for position in positions
        ]

    def of_document(self, places: Sequence[Place]) -> list[Where]:
        """See `Places.of_document`; the header of a document is in every row."""
        found = [self.at(((place.part, None),)) for place in places]
        return [where if where.path is not None else Where() for where in found]

    def named(self, place: Place, *, in_series: bool) -> str:
        """See `Places.named`."""
        return self.name_of([("series", None)] * in_series + [(place.part, None)])

    def at(self, steps: Sequence[Step]) -> Where:
        """See `OwnPlaces.at`."""
        first, *inner = steps or [("", None)]
        name, number = first
        if name == "series":
            return self._cell((number or 1) - 1, inner)
        return Where(header_column(name), self._cell(0, ()).line)

    def name_of(self, steps: Sequence[Step]) -> str:
        """See `OwnPlaces.name_of`."""
        name = steps[-1][0]
        return column_of(name) if len(steps) > 1 else header_column(name) or name

    def _cell(self, bid: int, steps: Sequence[Step]) -> Where:
        numbers: Mapping[str, int] = {field: number or 1 for field, number in steps}
        periods = self._lines[bid]
        period = periods[min(numbers.get("periods", 1), len(periods)) - 1]
        line = period[min(numbers.get("points", 1), len(period)) - 1]
        column = column_of(steps[-1][0]) if steps else None
        return Where(column if column in bid_csv.COLUMNS else None, line)
