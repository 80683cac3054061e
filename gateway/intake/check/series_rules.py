"""Rules on series that need neither gate nor resources: no holes in blocks, no signs in schedules."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from gateway.domain.activation import Activation
from gateway.domain.allocation import ReserveAllocation
from gateway.domain.bid import BidTerm
from gateway.domain.document import CanonicalDocument
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.schedule import PlannedSeries, ResourceSchedule
from gateway.domain.series import CURVES_ACCEPTED, Indices, curve_not_accepted, hole_in
from gateway.intake.check.rules import BLANK, CODED, blank_findings, name_findings


class _Period(Protocol):
    @property
    def period(self) -> Interval: ...
    @property
    def resolution(self) -> str: ...
    @property
    def position(self) -> Indices: ...


class _Series(Protocol):
    @property
    def mrid(self) -> str: ...
    @property
    def curve(self) -> str | None: ...
    @property
    def periods(self) -> Sequence[_Period]: ...


def series_findings(document: CanonicalDocument) -> Iterator[Finding]:
    """Findings on each series of a schedule, an allocation or an activation."""
    if isinstance(document, ResourceSchedule | Activation):
        yield from blank_findings(document.domain, document.subject)
    if isinstance(document, ResourceSchedule):
        yield from _blank_codes((*document.planned, *document.unavailable))
        yield from _names((*document.planned, *document.unavailable))
        yield from _holes((*document.planned, *document.unavailable))
        yield from _outside((*document.planned, *document.unavailable), document.period)
        yield from _planned(document.planned)
    elif isinstance(document, ReserveAllocation | Activation):
        yield from _blank_codes(document.series)
        yield from _names(document.series)
        yield from _holes(document.series)
        if isinstance(document, Activation):
            yield from _outside(document.series, document.period)


def _blank_codes(series: Iterable[_Series]) -> Iterator[Finding]:
    for one in series:
        for term in CODED:
            code = getattr(one, term, None)
            if isinstance(code, CodedId) and not code.code.strip():
                yield _finding(one, ReasonCode.MANDATORY_MISSING, BLANK, Place(term))


def _names(series: Iterable[_Series]) -> Iterator[Finding]:
    for one in series:
        yield from name_findings(one.mrid, one.mrid)


def _holes(series: Iterable[_Series]) -> Iterator[Finding]:
    for one in series:
        for number, each in enumerate(one.periods, start=1):
            hole = hole_in(each.period, each.resolution, each.position, one.curve)
            if hole is not None:
                yield _finding(one, ReasonCode.POSITION_INCONSISTENT, hole, Place(Part.POINTS, number))
                break


def _outside(series: Iterable[_Series], period: Interval) -> Iterator[Finding]:
    for one in series:
        for number, each in enumerate(one.periods, start=1):
            if not period.contains(each.period):
                message = f"{each.period} is outside the document's period {period}"
                place = Place(Part.INTERVAL, number)
                yield _finding(one, ReasonCode.TIME_INTERVAL_INCORRECT, message, place)
                break


def _planned(series: Iterable[PlannedSeries]) -> Iterator[Finding]:
    for one in series:
        quantity = np.concatenate([period.quantity_mw for period in one.periods])
        if one.curve not in CURVES_ACCEPTED:
            message = curve_not_accepted(one.curve)
            yield _finding(one, ReasonCode.CANNOT_BE_PROCESSED, message, Place(BidTerm.CURVE))
        if not np.isfinite(quantity).all():
            message = "a quantity is not a number"
            yield _finding(one, ReasonCode.QUANTITY_INCONSISTENT, message, Place(Part.QUANTITY))
        if (quantity < 0).any():
            message = f"quantity {quantity.min():,.15g} MW; the direction determines the sign"
            yield _finding(one, ReasonCode.QUANTITY_SIGNED, message, Place(Part.QUANTITY))


def _finding(one: _Series, code: ReasonCode, message: str, place: Place) -> Finding:
    return Finding(Stage.RULES, code, message, series=one.mrid, place=place)
