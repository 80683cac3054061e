"""Periods of points ⇄ arrays, for every family whose series have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

import numpy as np

from gateway.domain.bids import Floats, Indices
from gateway.domain.counted import counted
from gateway.domain.market_time import Interval, MarketTimeError, Units, units_of
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.series import FIXED_BLOCKS, VARIABLE_BLOCKS, PointReason, SeriesPeriod
from mappings.element_plan import Group, GroupColumns, Plan, Record, Table
from mappings.header import interval_fields, interval_record, reason_records
from mappings.mapping_context import (
    Allowance,
    ContradictionError,
    ReadingContext,
    WritingContext,
    at,
    interval_at,
    power_factor,
)
from mappings.texts import SAFE_LENGTH, floats

UNITS_ALWAYS: Final = 400
UNITS_PER_POINT: Final = 20
"""How many units of a dense series a document may require: a day of five minutes always."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One period of a series as in the document: P points by position; NaN where not stated.

    Attributes:
        values: one array of shape (P,) per field.
    """

    period: Interval
    resolution: str
    position: Indices
    values: Mapping[str, Floats]
    reasons: tuple[PointReason, ...] = ()


def period_group(element: str, point: Table) -> Group:
    """Return the table of a period whose points have these fields."""
    return Group(
        element,
        {**interval_fields("timeInterval"), "resolution": "resolution", "points": Group("Point", point)},
    )


def curve_of(record: Record, place: str, incoming: ReadingContext, factors: Mapping[str, Decimal]) -> Curve:
    """Read one period; `factors` names its columns and what brings each to its canonical unit.

    Raises:
        ContradictionError: no interval, a resolution that does not divide it, positions that do not rise or
            that lie outside.
    """
    period = interval_at(f"{place}/", record)
    with at(f"{place}/resolution", ReasonCode.RESOLUTION_INCONSISTENT):
        units = units_of(period, record["resolution"])
    points = record["points"]
    position = np.array([int(point["position"]) for point in points], dtype=np.int32)
    wrong = np.flatnonzero((np.diff(position, prepend=0) <= 0) | (position > len(units)))
    if len(wrong):
        first = int(wrong[0])
        message = (
            f"position {position[first]} lies after the end of the period"
            if position[first] > len(units)
            else f"position {position[first]} comes after position {position[first - 1]}"
        )
        where = f"{place}/points[{first + 1}]/position"
        raise ContradictionError(message, where, ReasonCode.POSITION_INCONSISTENT)
    return Curve(
        period,
        record["resolution"],
        position,
        {name: _column(points, name, place, incoming, factor) for name, factor in factors.items()},
        tuple(
            PointReason(row, Reason(reason["code"], reason.get("text")))
            for row, point in enumerate(points)
            for reason in point.get("reasons", ())
        ),
    )


def _column(
    points: Sequence[Record], name: str, place: str, incoming: ReadingContext, factor: Decimal
) -> Floats:
    texts = [point.get(name) for point in points]
    if any(text is not None and len(text) > SAFE_LENGTH for text in texts):
        values = (
            incoming.number(text, f"{place}/points[{row}]/{name}", factor)
            for row, text in enumerate(texts, start=1)
        )
        return np.array([np.nan if value is None else value for value in values])
    return floats(texts, factor)


def curve_record(
    curve: Curve, place: str, outgoing: WritingContext, factors: Mapping[str, Decimal]
) -> Record:
    """Return the record of one period."""
    columns: dict[str, Sequence[str | None]] = {"position": repr(curve.position.tolist())[1:-1].split(", ")}
    for name, values in curve.values.items():
        if np.isnan(values).all():
            continue
        columns[name] = outgoing.numbers(values.tolist(), factors[name], partial(_place, place, name))
    points: GroupColumns | list[Record] = GroupColumns(columns)
    if curve.reasons:
        points = list(points)
        for each in curve.reasons:
            points[each.point].setdefault("reasons", []).extend(reason_records((each.reason,)))
    return {**interval_record(curve.period), "resolution": curve.resolution, "points": points}


WRITTEN_OUT: Final = "a block that lasts several units is written at each, for want of a curve type"


class CurveError(ValueError):
    """A curve whose meaning a version without curve types cannot express."""

    def __init__(self, curve: str | None) -> None:
        super().__init__(f"points of curve type {curve} are no blocks, and this version has no curve type")


def curve_to_write(series: Plan | None, curve: str | None) -> str | None:
    """Return the curve type of a series as this version writes it; None where it has no element for one.

    Raises:
        CurveError: without an element for it, other readers would read the curve as blocks.
    """
    if series is not None and "curve" in series.fields:
        return curve
    if curve not in (None, FIXED_BLOCKS, VARIABLE_BLOCKS):
        raise CurveError(curve)
    return None


def written_out(curve: Curve, allowance: Allowance) -> Curve:
    """Return a curve of variable blocks (A03) as one of fixed blocks (A01), with a point for every unit.

    Units before the first point stay without one: their value is not stated.

    Raises:
        ValueError: that is more than is left of the allowance.
    """
    units = len(units_of(curve.period, curve.resolution))
    lasting = np.diff(curve.position, append=units + 1)
    if not (lasting > 1).any():
        return curve
    allowance.spend(int(lasting.sum()) - len(lasting))
    first = np.cumsum(lasting) - lasting
    return replace(
        curve,
        position=np.arange(curve.position[0], units + 1, dtype=np.int32),
        values={name: column.repeat(lasting) for name, column in curve.values.items()},
        reasons=tuple(
            PointReason(int(first[each.point]) + unit, each.reason)
            for each in curve.reasons
            for unit in range(lasting[each.point])
        ),
    )


def curve_records(
    curves: Sequence[Curve],
    place: str,
    outgoing: WritingContext,
    factors: Mapping[str, Decimal],
    types: tuple[str | None, str | None],
) -> list[Record]:
    """Return the records of the periods of a series.

    `types` are the curve type of the series and the one that is written. Blocks that last several units are
    written out, and reported, where the version has no curve type to express it.
    """
    read, written = types
    records = []
    for number, curve in enumerate(curves, start=1):
        where = f"{place}/periods[{number}]"
        blocks = (
            written_out(curve, outgoing.allowance) if read == VARIABLE_BLOCKS and written is None else curve
        )
        more = len(blocks.position) - len(curve.position)
        if more:
            outgoing.report.added(f"{where}/points", WRITTEN_OUT, counted(more, "point"))
        records.append(curve_record(blocks, where, outgoing, factors))
    return records


def _place(period: str, name: str, index: int) -> str:
    return f"{period}/points[{index + 1}]/{name}"


def series_periods(
    records: Sequence[Record], place: str, incoming: ReadingContext, unit: str | None
) -> tuple[SeriesPeriod, ...]:
    """Read the periods of a series with quantities only.

    Raises:
        ContradictionError: a period or the unit cannot be what it claims to be.
    """
    with at(f"{place}/quantity_unit"):
        factors = {"quantity": power_factor(unit)}
    curves = (
        curve_of(record, f"{place}/periods[{number}]", incoming, factors)
        for number, record in enumerate(records, start=1)
    )
    return tuple(
        SeriesPeriod(each.period, each.resolution, each.position, each.values["quantity"], each.reasons)
        for each in curves
    )


def series_period_records(
    periods: Sequence[SeriesPeriod],
    place: str,
    outgoing: WritingContext,
    unit: str | None,
    types: tuple[str | None, str | None],
) -> list[Record]:
    """Return the records of periods with quantities only; `types` as for `curve_records`.

    Raises:
        UnknownUnitError: not a unit of power.
    """
    curves = [
        Curve(each.period, each.resolution, each.position, {"quantity": each.quantity_mw}, each.reasons)
        for each in periods
    ]
    return curve_records(curves, place, outgoing, {"quantity": power_factor(unit)}, types)


def dense(curves: Sequence[Curve], units: Units) -> dict[str, Floats]:
    """Lay curves onto the units of a period; a unit without a point is NaN, a coarser point fills its units.

    Raises:
        MarketTimeError: a curve is finer than the units, is shifted against them or lies outside; or the
            points are too few for so many units, which would cost memory for no content.
    """
    points = sum(len(curve.position) for curve in curves)
    if len(units) > UNITS_ALWAYS + UNITS_PER_POINT * points:
        raise MarketTimeError(
            f"{counted(points, 'point')} for {counted(len(units), 'unit')} of {units.period}"
        )
    values = {name: np.full(len(units), np.nan) for name in curves[0].values}
    edges = units.starts_s(np.arange(len(units) + 1))
    for curve in curves:
        own = units_of(curve.period, curve.resolution)
        first, last = (edges.searchsorted(own.starts_s(curve.position - at)) for at in (1, 0))
        if not units.period.contains(curve.period) or not (
            np.array_equal(edges[first], own.starts_s(curve.position - 1))
            and np.array_equal(edges[last], own.starts_s(curve.position))
        ):
            raise MarketTimeError(f"period {curve.period} does not fit into {units.period}")
        width = last - first
        row = np.arange(int(width.sum())) - (width.cumsum() - width - first).repeat(width)
        for name, column in curve.values.items():
            values[name][row] = column.repeat(width)
    return values


def runs(units: Units, text: str, values: Mapping[str, Floats]) -> list[Curve]:
    """Cut dense columns into curves without holes, by where the first column has values."""
    holes = np.isnan(next(iter(values.values())))
    stated = np.flatnonzero(~holes)
    if not holes.any():
        position = np.arange(1, len(units) + 1, dtype=np.int32)
        return [Curve(units.period, text, position, values)]
    if not len(stated):
        return []
    curves = []
    for part in np.split(stated, np.flatnonzero(np.diff(stated) > 1) + 1):
        first, last = int(part[0]), int(part[-1]) + 1
        position = np.arange(1, last - first + 1, dtype=np.int32)
        period = Interval(units.start_of(first), units.start_of(last))
        curves.append(
            Curve(period, text, position, {name: column[first:last] for name, column in values.items()})
        )
    return curves
