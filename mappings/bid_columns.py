"""Texts of bids → columns: directions, units, times and numbers, with every contradiction found."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, ConditionalLink, Relation
from gateway.domain.bids import Bids, Floats
from gateway.domain.market_time import Interval, MarketTimeError
from gateway.domain.party import CodedId
from gateway.domain.quantity import UnknownUnitError
from gateway.domain.reason import Reason, ReasonCode
from mappings.bid_times import PeriodTexts, times_of
from mappings.codes import DIRECTIONS, YES_NO, UnknownCodeError
from mappings.element_plan import Record
from mappings.mapping_context import (
    ONE,
    ReadingContext,
    capacity_price_factor,
    energy_price_factor,
    power_factor,
)
from mappings.raw_bid_columns import RawBidColumns, Texts
from mappings.texts import moment, number, number_text, survives

Exponents = NDArray[np.int8]

_TERMS: Final = tuple(BidTerm)
_RELATIONS: Final = frozenset(Relation)


def bids_of(texts: RawBidColumns, incoming: ReadingContext) -> Bids:
    """Return the bids that can be expressed; the others are in the findings."""
    return _Assembly(texts, incoming).bids()


class _Assembly:
    def __init__(self, texts: RawBidColumns, incoming: ReadingContext) -> None:
        self.texts = texts
        self.incoming = incoming
        self.mrids = [mrid or "" for mrid in texts.fields.get("mrid", ())]
        self.faulty: set[int] = set()
        periods = PeriodTexts(
            texts.periods.get("start", ()),
            texts.periods.get("end", ()),
            texts.periods.get("resolution", ()),
            self._curves(),
            texts.point_count,
            texts.position,
        )
        self.position = periods.position
        self.times = times_of(periods, self._period_fault)
        self.period_bid = np.asarray(texts.period_bid, dtype=np.int32)
        self.point_bid = self.period_bid[self.times.point_period]

    def bids(self) -> Bids:
        power = self._exponents(BidTerm.QUANTITY_UNIT, power_factor)
        self._check_validity()
        rows = self.texts.rows
        quality = self.texts.quality
        bids = Bids(
            bid_id=self.mrids,
            direction=np.array(self._codes("direction", DIRECTIONS), dtype=np.int8),
            divisible=np.array(self._codes("divisible", YES_NO), dtype=np.bool_),
            period_bid=self.period_bid,
            period_start_s=self.times.period_start,
            period_end_s=self.times.period_end,
            period_resolution=self.texts.periods.get("resolution", []),
            point_period=self.times.point_period,
            point_position=self.position,
            point_start_s=self.times.point_start,
            point_end_s=self.times.point_end,
            quantity_mw=self._numbers("quantity", power),
            minimum_mw=self._minimum(power),
            energy_price=self._numbers(
                "energy_price", self._exponents(BidTerm.ENERGY_PRICE_UNIT, energy_price_factor)
            ),
            capacity_price=self._numbers(
                "price", self._exponents(BidTerm.CAPACITY_PRICE_UNIT, capacity_price_factor)
            ),
            point_quality=quality if any(quality) else (),
            terms=self._terms(power),
            conditional_links=tuple(
                ConditionalLink(bid, row["target"], row.get("status"))
                for bid, group, _, row in rows
                if group == "links"
            ),
            reasons=tuple(
                (bid, Reason(row["code"], row.get("text")))
                for bid, group, _, row in rows
                if group == "reasons"
            ),
            areas=tuple((bid, _party(row)) for bid, group, _, row in rows if group == "areas"),
            parties=tuple(
                (bid, Relation(group), _party(row)) for bid, group, _, row in rows if group in _RELATIONS
            ),
            measurements=_measurements(rows),
        )
        if not self.faulty:
            return bids
        return bids.select(bid for bid in range(len(bids)) if bid not in self.faulty)

    def _fault(
        self, bid: int, code: ReasonCode, message: str, place: str, period: Interval | None = None
    ) -> None:
        self.faulty.add(bid)
        self.incoming.find(
            code,
            message,
            f"series[{bid + 1}]/{place}",
            series=self.mrids[bid],
            period=period,
        )

    def _period_fault(self, row: int, code: ReasonCode, message: str, place: str) -> None:
        bid = self.texts.period_bid[row]
        try:
            start, end = self.texts.periods["start"][row], self.texts.periods["end"][row]
            period = Interval(moment(start), moment(end))
        except MarketTimeError:
            period = None
        number = row - bisect_left(self.texts.period_bid, bid) + 1
        self._fault(bid, code, message, f"periods[{number}]/{place}", period)

    def _codes(self, name: str, known: Mapping[str, int]) -> list[int]:
        column = self.texts.fields.get(name, ())
        values = {text: int(known.get(text or "", 0)) for text in set(column)}
        for bid, text in enumerate(column) if not values.keys() <= known.keys() else ():
            if text not in known:
                self._fault(bid, ReasonCode.OTHER, str(UnknownCodeError(text, known)), name)
        return [values[text] for text in column]

    def _curves(self) -> Texts:
        column = self.texts.fields.get(BidTerm.CURVE)
        return (
            [None] * len(self.texts.period_bid)
            if column is None
            else [column[b] for b in self.texts.period_bid]
        )

    def _exponents(self, unit: BidTerm, factor: Callable[[str | None], Decimal]) -> Exponents | None:
        """Return the power of ten of each bid's unit, None where it is 0 everywhere."""
        column = self.texts.fields.get(unit)
        if column is None:
            return None
        known: dict[str | None, int] = {}
        for text in set(column):
            try:
                known[text] = factor(text).adjusted()
            except UnknownUnitError as error:
                known[text] = 0
                for bid in (bid for bid, value in enumerate(column) if value == text):
                    self._fault(bid, ReasonCode.QUANTITY_INCONSISTENT, str(error), unit)
        if not any(known.values()):
            return None
        return np.array([known[text] for text in column], dtype=np.int8)

    def _numbers(self, name: str, exponents: Exponents | None) -> Floats:
        """Return a column of the points; decimals a float cannot hold are reported."""
        column = self.texts.numbers.pop(name, None)  # used once, and large
        if column is None:
            return np.full(len(self.point_bid), np.nan)
        values = column.values(None if exponents is None else exponents[self.point_bid])
        for row, text in column.odd.items():
            bid = int(self.point_bid[row])
            factor = ONE if exponents is None else ONE.scaleb(int(exponents[bid]))
            value = float(values[row])
            if not survives(text, value, factor):
                self.incoming.imprecise(text, value, f"series[{bid + 1}]/{self._point_place(row)}/{name}")
        return values

    def _point_place(self, row: int) -> str:
        period = int(self.times.point_period[row])
        first = bisect_left(self.texts.period_bid, self.texts.period_bid[period])
        point = row - int(np.searchsorted(self.times.point_period, period))
        return f"periods[{period - first + 1}]/points[{point + 1}]"

    def _minimum(self, exponents: Exponents | None) -> Floats:
        """Return the minimum of each point; older versions state it once for the bid."""
        column = self.texts.fields.get("minimum")
        if column is None:
            return self._numbers("minimum", exponents)
        values = np.full(len(column), np.nan)
        for bid, text in enumerate(column):
            factor = ONE if exponents is None else ONE.scaleb(int(exponents[bid]))
            value = self.incoming.number(text, f"series[{bid + 1}]/minimum", factor)
            values[bid] = np.nan if value is None else value
        return values[self.point_bid]

    def _terms(self, power: Exponents | None) -> dict[BidTerm, Texts]:
        fields = self.texts.fields
        terms = {term: fields[term] for term in _TERMS if term in fields}
        if power is not None and BidTerm.STEP_QUANTITY in terms:
            terms[BidTerm.STEP_QUANTITY] = [
                None if text is None else number_text(number(text, ONE.scaleb(int(power[bid]))))
                for bid, text in enumerate(terms[BidTerm.STEP_QUANTITY])
            ]
        return terms

    def _check_validity(self) -> None:
        starts = self.texts.fields.get(BidTerm.VALIDITY_START, ())
        ends = self.texts.fields.get(BidTerm.VALIDITY_END, ())
        for bid, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if start is not None and end is not None:
                try:
                    Interval(moment(start), moment(end))
                except MarketTimeError as error:
                    self._fault(bid, ReasonCode.TIME_INTERVAL_INCORRECT, str(error), BidTerm.VALIDITY_END)


def _party(row: Record) -> CodedId:
    return CodedId(row["code"], row["code_scheme"])


def _measurements(rows: Iterable[tuple[int, str, int, Record]]) -> tuple[tuple[int, str, str], ...]:
    """Values without a column of their own, named by their canonical place within the bid."""
    return tuple(
        (bid, f"{group}[{number}]/{name}", text)
        for bid, group, number, row in rows
        for name, text in row.items()
        if group == "measurements" or (group == "areas" and name == "name")
    )
