"""Columns → records of bids, in the fields that a version has."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.bids import Bids, Floats
from mappings.bid_times import market_days, unit_length_s
from mappings.codes import direction_code, yes_no_code
from mappings.curves import WRITTEN_OUT, curve_to_write
from mappings.element_plan import Record
from mappings.mapping_context import (
    ONE,
    WritingContext,
    capacity_price_factor,
    energy_price_factor,
    power_factor,
)
from mappings.texts import minute_text_of, number, number_text

_MEASUREMENT: Final = re.compile(r"(areas|measurements)\[(\d+)\]/(\w+)")


def bid_records(bids: Bids, outgoing: WritingContext) -> list[Record]:
    """Return one record per bid; what the version has no field for is in the records all the same."""
    series = outgoing.plan.group("series")
    if series is not None and BidTerm.CURVE not in series.fields:
        bids = _in_fixed_blocks(bids, outgoing)
    power = _factors(bids, BidTerm.QUANTITY_UNIT, power_factor)
    records = [
        {
            "mrid": mrid,
            "direction": direction_code(direction),
            "divisible": yes_no_code(divisible),
        }
        for mrid, direction, divisible in zip(
            bids.bid_id, bids.direction.tolist(), bids.divisible.tolist(), strict=True
        )
    ]
    _add_terms(records, bids, power)
    _add_rows(records, bids)
    points = _points(bids, power, outgoing)
    first = np.searchsorted(bids.point_period, np.arange(len(bids.period_bid) + 1))
    for row, bid in enumerate(bids.period_bid.tolist()):
        records[bid].setdefault("periods", []).append(
            {
                "start": minute_text_of(int(bids.period_start_s[row])),
                "end": minute_text_of(int(bids.period_end_s[row])),
                "resolution": bids.period_resolution[row],
                "points": points[first[row] : first[row + 1]],
            }
        )
    if series is not None and "minimum" in series.fields:
        for record in records:
            _merge_minimum(record)
    return records


def _in_fixed_blocks(bids: Bids, outgoing: WritingContext) -> Bids:
    """Return bids without curve types, in which a point that lasts several units is repeated for each.

    Raises:
        CurveError: points that are no blocks.
        ValueError: the document would become too large.
    """
    for curve in set(bids.terms.get(BidTerm.CURVE, ())):
        curve_to_write(None, curve)
    step_s = np.array([unit_length_s(text) for text in bids.period_resolution], dtype=np.int64)
    days = market_days(bids.period_resolution, bids.period_start_s, bids.period_end_s)
    # A change of clocks is less than half of the shortest unit that it makes longer or shorter.
    exact = (bids.point_end_s - bids.point_start_s) / step_s[bids.point_period]
    lasting = np.rint(exact).astype(np.int64)
    terms: dict[BidTerm, Sequence[str | None]] = {
        term: column for term, column in bids.terms.items() if term is not BidTerm.CURVE
    }
    if not (lasting > 1).any():
        return replace(bids, terms=terms)
    outgoing.allowance.spend(int(lasting.sum()) - len(lasting))
    _report_written_out(bids, lasting, outgoing)
    row = np.arange(len(lasting)).repeat(lasting)
    within = np.arange(len(row)) - (lasting.cumsum() - lasting)[row]
    period = bids.point_period[row]
    position = bids.point_position[row] + within.astype(np.int32)
    start = bids.point_start_s[row] + within * step_s[period]
    end = start + step_s[period]
    for which, units in days.items():
        points = slice(*np.searchsorted(period, (which, which + 1)).tolist())
        start[points] = units.starts_s(position[points] - 1)
        end[points] = units.starts_s(position[points])
    return replace(
        bids,
        terms=terms,
        point_period=period,
        point_position=position,
        point_start_s=start,
        point_end_s=end,
        quantity_mw=bids.quantity_mw[row],
        minimum_mw=bids.minimum_mw[row],
        energy_price=bids.energy_price[row],
        capacity_price=bids.capacity_price[row],
        point_quality=[bids.point_quality[each] for each in row.tolist()] if bids.point_quality else (),
    )


def _report_written_out(bids: Bids, lasting: NDArray[np.int64], outgoing: WritingContext) -> None:
    more = np.bincount(bids.point_period, weights=lasting - 1, minlength=len(bids.period_bid))
    for period in more.nonzero()[0].tolist():
        bid = int(bids.period_bid[period])
        number = period - int(np.searchsorted(bids.period_bid, bid)) + 1
        place = f"series[{bid + 1}]/periods[{number}]/points"
        outgoing.report.added(place, WRITTEN_OUT, f"{int(more[period])} points")


def _factors(bids: Bids, unit: BidTerm, factor: Callable[[str | None], Decimal]) -> list[Decimal]:
    column = bids.terms.get(unit)
    return [ONE] * len(bids) if column is None else [factor(text) for text in column]


def _add_terms(records: list[Record], bids: Bids, power: list[Decimal]) -> None:
    for term, column in bids.terms.items():
        for record, text in zip(records, column, strict=True):
            if text is not None:
                record[term] = text
    for bid, text in enumerate(bids.terms.get(BidTerm.STEP_QUANTITY, ())):
        if text is not None and power[bid] != ONE:
            with suppress(ValueError, ArithmeticError):  # no number: it stays, and will be found not to fit
                records[bid][BidTerm.STEP_QUANTITY] = number_text(number(text), power[bid])


def _add_rows(records: list[Record], bids: Bids) -> None:
    def add(bid: int, group: str, row: Record) -> None:
        records[bid].setdefault(group, []).append(row)

    for bid, area in bids.areas:
        add(bid, "areas", {"code": area.code, "code_scheme": area.scheme})
    for bid, reason in bids.reasons:
        add(bid, "reasons", {"code": str(reason.code), "text": reason.text})
    for link in bids.conditional_links:
        add(link.bid, "links", {"target": link.target, "status": link.status})
    for bid, relation, party in bids.parties:
        add(bid, relation, {"code": party.code, "code_scheme": party.scheme})
    for bid, place, text in bids.measurements:
        found = _MEASUREMENT.fullmatch(place)
        if found is None:
            raise ValueError(f"{place!r} is no place of a measurement")
        rows = records[bid].setdefault(found[1], [])
        if int(found[2]) == len(rows) + 1:
            rows.append({})
        elif not 1 <= int(found[2]) <= len(rows):
            raise ValueError(f"{place!r} counts past what is there")
        rows[int(found[2]) - 1][found[3]] = text


def _points(bids: Bids, power: list[Decimal], outgoing: WritingContext) -> list[Record]:
    columns = {
        "quantity": (bids.quantity_mw, power),
        "minimum": (bids.minimum_mw, power),
        "price": (bids.capacity_price, _factors(bids, BidTerm.CAPACITY_PRICE_UNIT, capacity_price_factor)),
        "energy_price": (bids.energy_price, _factors(bids, BidTerm.ENERGY_PRICE_UNIT, energy_price_factor)),
    }
    records: list[Record] = [{"position": str(position)} for position in bids.point_position.tolist()]
    for name, (values, factors) in columns.items():
        if not np.isnan(values).all():
            for record, text in zip(records, _texts(bids, name, values, factors, outgoing), strict=True):
                record[name] = text
    for record, quality in zip(records, bids.point_quality, strict=False):
        if quality is not None:
            record["quality"] = quality
    return records


def _texts(
    bids: Bids, name: str, values: Floats, factors: list[Decimal], outgoing: WritingContext
) -> list[str | None]:
    def place(row: int) -> str:
        period = int(bids.point_period[row])
        bid = int(bids.period_bid[period])
        number = period - int(np.searchsorted(bids.period_bid, bid)) + 1
        point = row - int(np.searchsorted(bids.point_period, period)) + 1
        return f"series[{bid + 1}]/periods[{number}]/points[{point}]/{name}"

    if set(factors) == {ONE}:
        return outgoing.numbers(values.tolist(), ONE, place)
    return [
        outgoing.number(value, place(row), factors[bid])
        for row, (value, bid) in enumerate(zip(values.tolist(), bids.point_bid.tolist(), strict=True))
    ]


def _merge_minimum(record: Record) -> None:
    """Where a version has one minimum per bid, state it there if all points agree."""
    points = [point for period in record["periods"] for point in period["points"]]
    minima = {point.get("minimum") for point in points}
    if len(minima) == 1:
        record["minimum"] = minima.pop()
        for point in points:
            point.pop("minimum", None)
