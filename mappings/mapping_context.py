"""Context of a family's mapping for one document: its plan, and the report for its findings."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeVar

from gateway.domain.header import DocumentKind, DocumentRef
from gateway.domain.market_time import Interval, MarketTimeError
from gateway.domain.party import Role
from gateway.domain.quantity import UnknownUnitError, mw_per, mwh_per
from gateway.domain.reason import Finding, ReasonCode, Stage
from mappings.codes import UnknownCodeError
from mappings.element_plan import Plan, Record
from mappings.header import role_of
from mappings.report import Report
from mappings.texts import moment, number, number_text, number_texts, rounded_text, survives

T = TypeVar("T")

ONE: Final = Decimal(1)

MOST_WRITTEN_OUT: Final = 1_000_000
"""Points that one document may gain where a version has no curve type: ten days of a thousand units each."""

_LONGEST_WHOLE: Final = 18

_CODES: Final = {
    UnknownUnitError: ReasonCode.QUANTITY_INCONSISTENT,
    MarketTimeError: ReasonCode.TIME_INTERVAL_INCORRECT,
    UnknownCodeError: ReasonCode.OTHER,
}


class ContradictionError(ValueError):
    """The content of a document at some place cannot be expressed; `code` is the reason of its refusal."""

    def __init__(self, message: str, place: str, code: ReasonCode) -> None:
        super().__init__(message)
        self.place = place
        self.code = code


@contextmanager
def at(place: str, code: ReasonCode | None = None) -> Iterator[None]:
    """Set the canonical place of errors raised in this context.

    Raises:
        ContradictionError: with `code`, or else the one of its kind.
    """
    try:
        yield
    except (MarketTimeError, UnknownUnitError, UnknownCodeError) as error:
        raise ContradictionError(str(error), place, code or _CODES[type(error)]) from None


def interval_at(place: str, record: Record) -> Interval:
    """Read a time interval whose ends are below a place (`` or with a final slash).

    Raises:
        ContradictionError: an end is no time, or the interval ends at or before its start.
    """
    with at(f"{place}start"):
        start = moment(record["start"])
    with at(f"{place}end"):
        return Interval(start, moment(record["end"]))


def factor_at(place: str, row: Record, field: str, factor: Callable[[str | None], Decimal]) -> Decimal:
    """Return the factor from the unit of a row to the canonical unit.

    Raises:
        ContradictionError: the unit is of something else.
    """
    with at(f"{place}/{field}"):
        return factor(row.get(field))


def power_factor(unit: str | None) -> Decimal:
    """MW in one of this unit; MW where none is stated.

    Raises:
        UnknownUnitError: not a unit of power.
    """
    return ONE if unit in (None, "MAW") else mw_per(unit or "")


def energy_price_factor(unit: str | None) -> Decimal:
    """Factor from a price per this unit of energy to one per MWh; per MWh where none is stated.

    Raises:
        UnknownUnitError: not a unit of energy. A price per MW is another price, whatever its number.
    """
    return ONE if unit in (None, "MWH") else 1 / mwh_per(unit or "")


def capacity_price_factor(unit: str | None) -> Decimal:
    """Factor from a price of capacity per this unit of power to one per MW; per MW where none is stated.

    Raises:
        UnknownUnitError: not a unit of power. What capacity costs per MWh depends on how long it is held.
    """
    return ONE if unit in (None, "MAW") else 1 / mw_per(unit or "")


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """A document on its way to the canonical model."""

    kind: DocumentKind
    version: str
    root: str
    plan: Plan
    report: Report
    findings: list[Finding] = field(default_factory=list)

    def find(
        self,
        code: ReasonCode,
        message: str,
        place: str,
        *,
        series: str | None = None,
        period: Interval | None = None,
    ) -> None:
        """Note what schemas cannot see; `place` is canonical."""
        path = f"/{self.root}/{self.plan.locate(place)}"
        found = Finding(Stage.RULES, code, message, path=path, series=series, period=period)
        self.findings.append(found)

    def period(self, record: Record) -> Interval | None:
        """Read the document's own period; without one nothing in the document holds."""
        try:
            return interval_at("", record)
        except ContradictionError as error:
            self.find(error.code, str(error), error.place)
            return None

    def rows(
        self, record: Record, group: str, read: Callable[[Record, str, "ReadingContext"], T | None]
    ) -> tuple[T, ...]:
        """Read the rows of a group, each with its canonical place; what cannot be expressed is left out."""
        read_rows = (
            read(row, f"{group}[{number}]", self) for number, row in enumerate(record.get(group, ()), start=1)
        )
        return tuple(each for each in read_rows if each is not None)

    def role(self, record: Record, field: str, place: str = "") -> Role | None:
        """Read a party in its role; a role without a party is reported."""
        role = role_of(record, field)
        if role is None and f"{field}_role" in record:
            self.report.dropped(f"{place}{field}_role", "a role without a party", record[f"{field}_role"])
        return role

    def reference(self, record: Record, field: str, revision: str) -> DocumentRef | None:
        """Read how another document is named; a revision of none is reported."""
        mrid = record.get(field)
        if mrid is None:
            if revision in record:
                self.report.dropped(revision, "a revision without a document", record[revision])
            return None
        if revision not in record:
            self.report.added(revision, "a document named without a revision is taken as its first", "1")
        return DocumentRef(mrid, int(record.get(revision, 1)))

    def unreadable(self, error: "ContradictionError", row: Record) -> None:
        """Note why a series cannot be expressed; it is left out of the document."""
        self.find(error.code, str(error), error.place, series=row.get("mrid"))

    def number(self, text: str | None, place: str, factor: Decimal = ONE) -> float | None:
        """Read a decimal in its canonical unit; one that a float cannot hold is reported."""
        if not text:
            return None
        value = number(text, factor)
        if not survives(text, value, factor):
            self.imprecise(text, value, place)
        return value

    def integer(self, text: str | None, place: str) -> int | None:
        """Read a whole number; one too long to count anything is dropped."""
        if text is None or len(text) <= _LONGEST_WHOLE:
            return None if text is None else int(text)
        self.report.dropped(place, f"a whole number of {len(text)} characters", text)
        return None

    def imprecise(self, text: str, value: float, place: str) -> None:
        """Report a decimal that a float cannot hold."""
        self.report.altered(place, "more digits than a 64-bit number holds", text, repr(value))


@dataclass(slots=True)
class Allowance:
    """How many points a document may still gain where blocks are written out."""

    left: int = MOST_WRITTEN_OUT

    def spend(self, points: int) -> None:
        """Use so many.

        Raises:
            ValueError: the document would become too large.
        """
        self.left -= points
        if self.left < 0:
            raise ValueError(f"its blocks, written out, are more than {MOST_WRITTEN_OUT} points")


@dataclass(frozen=True, slots=True)
class WritingContext:
    """A document on its way out of the canonical model, in one version."""

    version: str
    plan: Plan
    report: Report
    allowance: Allowance = field(default_factory=Allowance)

    def number(self, value: float | None, place: str, factor: Decimal = ONE) -> str | None:
        """Write a canonical number in the unit of `factor`; None and NaN are not written."""
        if value is None or math.isnan(value):
            return None
        return self.numbers([float(value)], factor, lambda _: place)[0]

    def numbers(
        self, values: Sequence[float], factor: Decimal, place: Callable[[int], str]
    ) -> list[str | None]:
        """Write a column of canonical numbers; `place` returns the place of an index."""
        if factor == 1 and (usual := number_texts(values)) is not None:
            return [*usual]
        texts: list[str | None] = []
        for index, value in enumerate(values):
            try:
                texts.append(number_text(value, factor))
            except ValueError:
                texts.append(None if math.isnan(value) else self._rounded(value, factor, place(index)))
        return texts

    def _rounded(self, value: float, factor: Decimal, place: str) -> str:
        text = rounded_text(value, factor)
        self.report.altered(place, "more digits than a document may carry", repr(value), text)
        return text
