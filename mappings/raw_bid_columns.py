"""Bids as in a document, field by field, before anything is interpreted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gateway.domain.bid import Relation
from gateway.domain.bids import Indices
from mappings.decimals import Decimals
from mappings.element_plan import Record

NUMBERS: Final = ("quantity", "minimum", "price", "energy_price")
GROUPS: Final = ("areas", "reasons", "links", "measurements", *Relation)
"""Repeated structures of a bid other than its periods."""

Texts = Sequence[str | None]
Row = tuple[int, str, int, Record]
"""Bid, group, number within the bid, record."""


@dataclass(slots=True)
class RawBidColumns:
    """B bids, Q periods, P points, in document order.

    Attributes:
        fields: one text per bid and field of the table; a field that no bid has may be absent.
        period_bid: bid of each period; periods: `start`, `end`, `resolution`, one text per period.
        point_count: points of each period.
        position, numbers, quality: of each point; quality may be empty.
        rows: of repeated structures.
    """

    fields: dict[str, Texts] = field(default_factory=dict)
    period_bid: list[int] = field(default_factory=list)
    periods: dict[str, list[str]] = field(default_factory=dict)
    point_count: list[int] = field(default_factory=list)
    position: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    numbers: dict[str, Decimals] = field(default_factory=dict)
    quality: Texts = ()
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of_records(cls, records: Sequence[Record]) -> "RawBidColumns":
        """Turn one record per bid into columns."""
        names = {name for record in records for name, value in record.items() if isinstance(value, str)}
        periods = [(bid, row) for bid, record in enumerate(records) for row in record["periods"]]
        points = [point for _, row in periods for point in row["points"]]
        return cls(
            fields={name: [record.get(name) for record in records] for name in names},
            period_bid=[bid for bid, _ in periods],
            periods={name: [row[name] for _, row in periods] for name in ("start", "end", "resolution")},
            point_count=[len(row["points"]) for _, row in periods],
            position=np.array([int(point["position"]) for point in points], dtype=np.int32),
            numbers={name: Decimals.of_texts([point.get(name) for point in points]) for name in NUMBERS},
            quality=[point.get("quality") for point in points],
            rows=[
                (bid, group, number, row)
                for bid, record in enumerate(records)
                for group in GROUPS
                for number, row in enumerate(record.get(group, ()), start=1)
            ],
        )

    @classmethod
    def joined(cls, parts: Sequence["RawBidColumns"]) -> "RawBidColumns":
        """Put parts of one document one after the other; they are used up by it."""
        if len(parts) == 1:
            return parts[0]
        bids = [len(part.fields["mrid"]) for part in parts]
        points = [len(part.position) for part in parts]
        before = [sum(bids[:number]) for number in range(len(parts))]
        names = {name for part in parts for name in part.fields}
        numbers = {name for part in parts for name in part.numbers}
        return cls(
            fields={name: _column([part.fields.get(name) for part in parts], bids) for name in names},
            period_bid=[
                bid + offset for part, offset in zip(parts, before, strict=True) for bid in part.period_bid
            ],
            periods={
                name: [text for part in parts for text in part.periods[name]] for name in parts[0].periods
            },
            point_count=[count for part in parts for count in part.point_count],
            position=np.concatenate([part.position for part in parts]),
            numbers={name: _numbers(name, parts, points) for name in numbers},
            quality=_column([part.quality or None for part in parts], points),
            rows=[
                (bid + offset, group, number, row)
                for part, offset in zip(parts, before, strict=True)
                for bid, group, number, row in part.rows
            ],
        )


def _column(parts: Sequence[Texts | None], lengths: Sequence[int]) -> Texts:
    column: list[str | None] = []
    for part, length in zip(parts, lengths, strict=True):
        column.extend([None] * length if part is None else part)
    return column


def _numbers(name: str, parts: Sequence[RawBidColumns], lengths: Sequence[int]) -> Decimals:
    """Move a column out of the parts, so that it is never held twice over."""
    columns = [
        part.numbers.pop(name) if name in part.numbers else Decimals.nothing(length)
        for part, length in zip(parts, lengths, strict=True)
    ]
    return Decimals.joined(columns)
