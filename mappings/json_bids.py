"""Bids as JSON: one object per bid, in a readable form, ⇄ columns."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np

from gateway.domain.bid import BidTerm, ConditionalLink, Direction, Relation
from gateway.domain.bids import Bids, Floats
from gateway.domain.json_text import MOST_FAULTS
from gateway.domain.market_time import MarketTimeError
from gateway.domain.party import CodedId
from gateway.domain.quantity import UnknownUnitError
from gateway.domain.reason import Reason, ReasonCode
from mappings.bid_times import PeriodTexts, times_of
from mappings.mapping_context import capacity_price_factor, energy_price_factor, power_factor
from mappings.texts import minute_text, minute_text_of, moment

_NAMES: Final = {Direction[name.upper()]: name for name in ("up", "down", "both", "stable")}

Minute = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:00)?(Z|[+-]\d\d:\d\d)$",
        description="a whole minute, and its zone",
    ),
]


class JsonPoint(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is offered from one position of a period; MW, prices per MWh and per MW in the bid's currency."""

    position: Annotated[int, msgspec.Meta(ge=1, le=999_999)]
    quantity_mw: float
    minimum_mw: float | None = None
    energy_price: float | None = None
    capacity_price: float | None = None
    quality: str | None = None


class JsonPeriod(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A stretch of points of equal length."""

    start: Minute
    end: Minute
    resolution: str
    points: Annotated[list[JsonPoint], msgspec.Meta(min_length=1)]


class JsonLink(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The bid is available, or not, depending on what happened to `target`."""

    target: str
    status: str | None = None


class JsonParty(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A further party and its relation to the bid."""

    relation: Relation
    code: str
    scheme: str = "A01"


class JsonMeasurement(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A further value of the document, by its place within the bid."""

    path: Annotated[str, msgspec.Meta(pattern=r"^(areas|measurements)\[\d{1,4}\]/\w+$")]
    text: str


class JsonBid(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One bid; `terms` holds what it says as a whole."""

    id: str
    direction: Literal["up", "down", "both", "stable"]
    divisible: bool
    periods: Annotated[list[JsonPeriod], msgspec.Meta(min_length=1)]
    terms: dict[BidTerm, str] = {}
    conditional_links: list[JsonLink] = []
    reasons: list[Reason] = []
    areas: list[CodedId] = []
    parties: list[JsonParty] = []
    measurements: list[JsonMeasurement] = []


_UNITS: Final = {
    BidTerm.QUANTITY_UNIT: power_factor,
    BidTerm.ENERGY_PRICE_UNIT: energy_price_factor,
    BidTerm.CAPACITY_PRICE_UNIT: capacity_price_factor,
}
"""Terms that name a unit, in which the bid is written for others."""


class BidFaultError(ValueError):
    """Bids that contradict themselves; `faults` are (JSON pointer within the bids, message)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {message}" for pointer, message in faults))
        self.faults = tuple(faults)


def json_bids(bids: Bids) -> list[dict[str, Any]]:
    """Return bids as JSON objects; absent values are left out."""
    objects: list[dict[str, Any]] = [
        {"id": mrid, "direction": _NAMES[Direction(direction)], "divisible": divisible, "periods": []}
        for mrid, direction, divisible in zip(
            bids.bid_id, bids.direction.tolist(), bids.divisible.tolist(), strict=True
        )
    ]
    for term, column in bids.terms.items():
        for each, text in zip(objects, column, strict=True):
            if text is not None:
                each.setdefault("terms", {})[term.value] = text
    points = list(_json_points(bids))
    first = np.searchsorted(bids.point_period, np.arange(len(bids.period_bid) + 1)).tolist()
    for row, bid in enumerate(bids.period_bid.tolist()):
        period = {
            "start": minute_text_of(int(bids.period_start_s[row])),
            "end": minute_text_of(int(bids.period_end_s[row])),
            "resolution": bids.period_resolution[row],
            "points": points[first[row] : first[row + 1]],
        }
        objects[bid]["periods"].append(period)
    for bid, name, value in _rows(bids):
        objects[bid].setdefault(name, []).append(
            {key: text for key, text in value.items() if text is not None}
        )
    return objects


def _rows(bids: Bids) -> Iterator[tuple[int, str, dict[str, str | None]]]:
    for link in bids.conditional_links:
        yield link.bid, "conditional_links", {"target": link.target, "status": link.status}
    for bid, reason in bids.reasons:
        yield bid, "reasons", {"code": str(reason.code), "text": reason.text}
    for bid, area in bids.areas:
        yield bid, "areas", {"code": area.code, "scheme": area.scheme}
    for bid, relation, party in bids.parties:
        yield bid, "parties", {"relation": relation.value, "code": party.code, "scheme": party.scheme}
    for bid, path, text in bids.measurements:
        yield bid, "measurements", {"path": path, "text": text}


def _json_points(bids: Bids) -> Iterator[dict[str, Any]]:
    columns = (bids.quantity_mw, bids.minimum_mw, bids.energy_price, bids.capacity_price)
    names = ("quantity_mw", "minimum_mw", "energy_price", "capacity_price")
    quality = bids.point_quality or [None] * len(bids.point_position)
    for position, *values, stated in zip(
        bids.point_position.tolist(), *(column.tolist() for column in columns), quality, strict=True
    ):
        point = {"position": position}
        point |= {name: value for name, value in zip(names, values, strict=True) if not math.isnan(value)}
        if stated is not None:
            point["quality"] = stated
        yield point


def bids_of_json(bids: Sequence[JsonBid]) -> Bids:
    """Return JSON bids as columns.

    Raises:
        BidFaultError: periods, resolutions or positions that contradict each other, or an unknown unit.
    """
    periods = [(number, period) for number, bid in enumerate(bids) for period in bid.periods]
    first = [0, *accumulate(len(bid.periods) for bid in bids)]
    points = [point for _, period in periods for point in period.points]
    faults: list[tuple[str, str]] = []

    def fault(row: int, _: ReasonCode, message: str, place: str) -> None:
        bid, _period = periods[row]
        if len(faults) < MOST_FAULTS:
            faults.append((f"/{bid}/periods/{row - first[bid]}/{place}", message))

    faults += islice(_unit_faults(bids), MOST_FAULTS)
    position = np.array([point.position for point in points], dtype=np.int32)
    texts = PeriodTexts(
        start=[_in_utc(period.start) for _, period in periods],
        end=[_in_utc(period.end) for _, period in periods],
        resolution=[period.resolution for _, period in periods],
        curve=[bids[number].terms.get(BidTerm.CURVE) for number, _ in periods],
        point_count=[len(period.points) for _, period in periods],
        position=position,
    )
    times = times_of(texts, fault)
    if faults:
        raise BidFaultError(faults)
    quality = [point.quality for point in points]
    used = {term for bid in bids for term in bid.terms}
    return Bids(
        bid_id=[bid.id for bid in bids],
        direction=np.array([Direction[bid.direction.upper()] for bid in bids], dtype=np.int8),
        divisible=np.array([bid.divisible for bid in bids], dtype=np.bool_),
        period_bid=np.array([number for number, _ in periods], dtype=np.int32),
        period_start_s=times.period_start,
        period_end_s=times.period_end,
        period_resolution=texts.resolution,
        point_period=times.point_period,
        point_position=position,
        point_start_s=times.point_start,
        point_end_s=times.point_end,
        quantity_mw=np.array([point.quantity_mw for point in points], dtype=np.float64),
        minimum_mw=_column([point.minimum_mw for point in points]),
        energy_price=_column([point.energy_price for point in points]),
        capacity_price=_column([point.capacity_price for point in points]),
        point_quality=quality if any(text is not None for text in quality) else (),
        terms={term: [bid.terms.get(term) for bid in bids] for term in BidTerm if term in used},
        conditional_links=tuple(
            ConditionalLink(number, link.target, link.status)
            for number, bid in enumerate(bids)
            for link in bid.conditional_links
        ),
        reasons=tuple((number, reason) for number, bid in enumerate(bids) for reason in bid.reasons),
        areas=tuple((number, area) for number, bid in enumerate(bids) for area in bid.areas),
        parties=tuple(
            (number, party.relation, CodedId(party.code, party.scheme))
            for number, bid in enumerate(bids)
            for party in bid.parties
        ),
        measurements=tuple(
            (number, each.path, each.text) for number, bid in enumerate(bids) for each in bid.measurements
        ),
    )


def _unit_faults(bids: Sequence[JsonBid]) -> Iterator[tuple[str, str]]:
    for number, bid in enumerate(bids):
        for term, factor in _UNITS.items():
            try:
                factor(bid.terms.get(term))
            except UnknownUnitError as error:
                yield f"/{number}/terms/{term}", str(error)


def _in_utc(minute: str) -> str:
    if len(minute) == len("2026-03-01T06:00Z"):
        return minute
    try:
        return minute_text(moment(minute))
    except (MarketTimeError, OverflowError):
        return minute  # the fault is found, and placed, with those of other times


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
