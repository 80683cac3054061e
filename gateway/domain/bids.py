"""Many bids as columns: arrays and lists instead of a million small objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, ConditionalLink, Direction, Relation
from gateway.domain.party import CodedId
from gateway.domain.reason import Reason

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]
Seconds = NDArray[np.int64]


@dataclass(frozen=True)
class Bids:
    """B bids with Q periods and P points in all, in the order of the document they came in.

    A bid has one or more periods (rows of the `period_` columns); a period has one or more points (rows of
    the `point_` columns). Rows of one bid, and of one period, are adjacent and in order. NaN means: not
    stated. Times are seconds since 1970, UTC.

    Attributes:
        bid_id: mRID of each bid, length B.
        direction: `Direction` values, shape (B,).
        divisible: whether any part may be taken, shape (B,).
        period_bid: bid of each period, shape (Q,).
        period_start_s, period_end_s: shape (Q,).
        period_resolution: length of one point of the period as ISO 8601 text, length Q.
        point_period: period of each point, shape (P,).
        point_position: number of the point in its period, from 1, shape (P,).
        point_start_s, point_end_s: what the point covers, shape (P,). With curve type A03 a point lasts until
            the next one named.
        quantity_mw: offered, never signed, shape (P,).
        minimum_mw: least that may be activated, shape (P,).
        energy_price: per MWh in the bid's currency, shape (P,).
        capacity_price: per MW in the bid's currency, shape (P,).
        point_quality: ENTSO-E quality code of each point, length P, or empty when none has one.
        terms: further terms, one text (or None) per bid; a term that no bid has is absent.
        conditional_links, reasons, areas, parties: rows that name their bid.
        measurements: rows (bid, path, text) of further structured values, for conversion only.
    """

    bid_id: Sequence[str]
    direction: NDArray[np.int8]
    divisible: NDArray[np.bool_]
    period_bid: Indices
    period_start_s: Seconds
    period_end_s: Seconds
    period_resolution: Sequence[str]
    point_period: Indices
    point_position: Indices
    point_start_s: Seconds
    point_end_s: Seconds
    quantity_mw: Floats
    minimum_mw: Floats
    energy_price: Floats
    capacity_price: Floats
    point_quality: Sequence[str | None] = ()
    terms: Mapping[BidTerm, Sequence[str | None]] = field(default_factory=dict)
    conditional_links: tuple[ConditionalLink, ...] = ()
    reasons: tuple[tuple[int, Reason], ...] = ()
    areas: tuple[tuple[int, CodedId], ...] = ()
    parties: tuple[tuple[int, Relation, CodedId], ...] = ()
    measurements: tuple[tuple[int, str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.bid_id)

    @cached_property
    def point_bid(self) -> Indices:
        """Bid of each point, shape (P,)."""
        return self.period_bid[self.point_period]

    @cached_property
    def point_edges(self) -> NDArray[np.intp]:
        """Where the points of each bid begin, and at last where those of the last one end, shape (B + 1,)."""
        return self.point_bid.searchsorted(np.arange(len(self) + 1))

    @cached_property
    def position_of(self) -> Mapping[str, int]:
        """Position of each bid by its mRID."""
        return {mrid: position for position, mrid in enumerate(self.bid_id)}

    def term(self, term: BidTerm, bid: int) -> str | None:
        """The value of `term` of bid number `bid`, None if it has none."""
        column = self.terms.get(term)
        return None if column is None else column[bid]

    def select(self, wanted: Iterable[int]) -> "Bids":
        """Only the bids at these positions, in this order, with all their rows."""
        order = np.fromiter(wanted, dtype=np.int32)
        new_position = np.full(len(self), -1, dtype=np.int32)
        new_position[order] = np.arange(len(order), dtype=np.int32)
        periods = _rows_of(order, self.period_bid, len(self))
        new_period = np.full(len(self.period_bid), -1, dtype=np.int32)
        new_period[periods] = np.arange(len(periods), dtype=np.int32)
        points = _rows_of(periods, self.point_period, len(self.period_bid))

        def is_selected(bid: int) -> bool:
            return bool(new_position[bid] >= 0)

        def moved(bid: int) -> int:
            return int(new_position[bid])

        terms = {term: [column[bid] for bid in order] for term, column in self.terms.items()}
        return Bids(
            bid_id=[self.bid_id[bid] for bid in order],
            direction=self.direction[order],
            divisible=self.divisible[order],
            period_bid=new_position[self.period_bid[periods]],
            period_start_s=self.period_start_s[periods],
            period_end_s=self.period_end_s[periods],
            period_resolution=[self.period_resolution[row] for row in periods],
            point_period=new_period[self.point_period[points]],
            point_position=self.point_position[points],
            point_start_s=self.point_start_s[points],
            point_end_s=self.point_end_s[points],
            quantity_mw=self.quantity_mw[points],
            minimum_mw=self.minimum_mw[points],
            energy_price=self.energy_price[points],
            capacity_price=self.capacity_price[points],
            point_quality=[self.point_quality[row] for row in points] if self.point_quality else (),
            terms={
                term: column for term, column in terms.items() if any(text is not None for text in column)
            },
            conditional_links=tuple(
                ConditionalLink(moved(link.bid), link.target, link.status)
                for link in self.conditional_links
                if is_selected(link.bid)
            ),
            reasons=tuple((moved(bid), reason) for bid, reason in self.reasons if is_selected(bid)),
            areas=tuple((moved(bid), area) for bid, area in self.areas if is_selected(bid)),
            parties=tuple(
                (moved(bid), relation, party) for bid, relation, party in self.parties if is_selected(bid)
            ),
            measurements=tuple(
                (moved(bid), path, text) for bid, path, text in self.measurements if is_selected(bid)
            ),
        )


def _rows_of(parents: NDArray[np.integer], parent_of_row: Indices, parent_count: int) -> NDArray[np.intp]:
    """Rows whose parent is wanted, grouped by parent in the wanted order, each group in its own order."""
    rank = np.full(parent_count, -1, dtype=np.int64)
    rank[parents] = np.arange(len(parents))
    row_rank = rank[parent_of_row]
    rows = np.flatnonzero(row_rank >= 0)
    return rows[np.argsort(row_rank[rows], kind="stable")]


@dataclass(frozen=True, slots=True)
class SimpleBid:
    """One bid with one price series, the shape most bids have: for building columns one by one.

    `points` are (quantity_mw, minimum_mw or None, energy_price or None), one per `resolution` from `start_s`.
    """

    bid_id: str
    direction: Direction
    divisible: bool
    start_s: int
    resolution_s: int
    resolution: str
    points: Sequence[tuple[float, float | None, float | None]]
    terms: Mapping[BidTerm, str] = field(default_factory=dict)


def bids_from(simple: Sequence[SimpleBid]) -> Bids:
    """Put bids of one period each into columns."""
    counts = np.array([len(bid.points) for bid in simple], dtype=np.int32)
    period = np.repeat(np.arange(len(simple), dtype=np.int32), counts)
    position = np.concatenate([np.arange(1, count + 1, dtype=np.int32) for count in counts] or [counts])
    start = np.array([bid.start_s for bid in simple], dtype=np.int64)
    step = np.array([bid.resolution_s for bid in simple], dtype=np.int64)
    point_start: Seconds = start[period] + (position.astype(np.int64) - 1) * step[period]
    values = np.array(
        [[np.nan if part is None else part for part in point] for bid in simple for point in bid.points],
        dtype=np.float64,
    ).reshape(-1, 3)
    used = {term for bid in simple for term in bid.terms}
    return Bids(
        bid_id=[bid.bid_id for bid in simple],
        direction=np.array([bid.direction for bid in simple], dtype=np.int8),
        divisible=np.array([bid.divisible for bid in simple], dtype=np.bool_),
        period_bid=np.arange(len(simple), dtype=np.int32),
        period_start_s=start,
        period_end_s=start + counts * step,
        period_resolution=[bid.resolution for bid in simple],
        point_period=period,
        point_position=position,
        point_start_s=point_start,
        point_end_s=point_start + step[period],
        quantity_mw=values[:, 0],
        minimum_mw=values[:, 1],
        energy_price=values[:, 2],
        capacity_price=np.full(len(values), np.nan),
        terms={term: [bid.terms.get(term) for bid in simple] for term in BidTerm if term in used},
    )
