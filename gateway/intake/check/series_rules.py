"""Rules on series that need neither gate nor resources: no holes in blocks, no signs in schedules."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import numpy as np

from gateway.domain.activation import Activation
from gateway.domain.allocation import ReserveAllocation
from gateway.domain.document import CanonicalDocument
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.schedule import PlannedSeries, ResourceSchedule
from gateway.domain.series import CURVES_TAKEN, Indices, curve_not_taken, hole_in
from gateway.intake.check.rules import BLANK, CODED, blank_findings, name_findings

_QUANTITY: Final = "Series_Period/Point/quantity"


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
    """What is wrong with each series of a schedule, an allocation or an activation."""
    if isinstance(document, ResourceSchedule | Activation):
        yield from blank_findings(document.domain, document.subject)
    if isinstance(document, ResourceSchedule):
        yield from _blank_codes((*document.planned, *document.unavailable))
        yield from _names((*document.planned, *document.unavailable))
        yield from _holes((*document.planned, *document.unavailable), "Series_Period")
        yield from _outside((*document.planned, *document.unavailable), document.period, "Series_Period")
        yield from _planned(document.planned)
    elif isinstance(document, ReserveAllocation | Activation):
        yield from _blank_codes(document.series)
        yield from _names(document.series)
        yield from _holes(document.series, "Period")
        if isinstance(document, Activation):
            yield from _outside(document.series, document.period, "Period")


def _blank_codes(series: Iterable[_Series]) -> Iterator[Finding]:
    for one in series:
        for name, (_, element) in CODED.items():
            code = getattr(one, name, None)
            if isinstance(code, CodedId) and not code.code.strip():
                path = element.replace("provider_M", "resourceProvider_M")
                code_missing = ReasonCode.MANDATORY_MISSING
                yield Finding(Stage.RULES, code_missing, BLANK, path=path, series=one.mrid)


def _names(series: Iterable[_Series]) -> Iterator[Finding]:
    for one in series:
        yield from name_findings(one.mrid, one.mrid)


def _holes(series: Iterable[_Series], element: str) -> Iterator[Finding]:
    for one in series:
        for number, each in enumerate(one.periods, start=1):
            hole = hole_in(each.period, each.resolution, each.position, one.curve)
            if hole is not None:
                path = f"{element}[{number}]/Point"
                yield Finding(Stage.RULES, ReasonCode.POSITION_INCONSISTENT, hole, path=path, series=one.mrid)
                break


def _outside(series: Iterable[_Series], whole: Interval, element: str) -> Iterator[Finding]:
    for one in series:
        for number, each in enumerate(one.periods, start=1):
            if not whole.contains(each.period):
                message = f"{each.period} is outside the document's period {whole}"
                path = f"{element}[{number}]/timeInterval"
                code = ReasonCode.TIME_INTERVAL_INCORRECT
                yield Finding(Stage.RULES, code, message, path=path, series=one.mrid)
                break


def _planned(series: Iterable[PlannedSeries]) -> Iterator[Finding]:
    for one in series:
        quantity = np.concatenate([period.quantity_mw for period in one.periods])
        if one.curve not in CURVES_TAKEN:
            yield _finding(one, ReasonCode.CANNOT_BE_PROCESSED, curve_not_taken(one.curve), "curveType")
        if not np.isfinite(quantity).all():
            yield _finding(one, ReasonCode.QUANTITY_INCONSISTENT, "a quantity is not a number", _QUANTITY)
        if (quantity < 0).any():
            message = f"quantity {quantity.min():,.15g} MW; the direction gives the sign"
            yield _finding(one, ReasonCode.QUANTITY_SIGNED, message, _QUANTITY)


def _finding(one: PlannedSeries, code: ReasonCode, message: str, path: str) -> Finding:
    return Finding(Stage.RULES, code, message, path=path, series=one.mrid)
