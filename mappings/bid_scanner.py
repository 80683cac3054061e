"""Bids straight from the bytes of a valid document, without a tree of it.

Walking a tree in Python costs more than parsing and validating it. In a document that is known to be valid
and is written plainly, expressions made from the version's own plan cover every byte between the first series
and the last. A stretch that they do not cover is parsed and its tree walked; the result is the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from esmp import DocumentRefused
from esmp.parsing import parse
from mappings.element_plan import Plan, Record, Slot
from mappings.plain_xml import Frame, NotPlainError, expression
from mappings.point_index import Points, Tags, points_of, tags_of
from mappings.raw_bid_columns import GROUPS, NUMBERS, RawBidColumns, Row, Texts
from mappings.record_reader import record_of, without_comments
from mappings.report import Report

CHUNK: Final = 2**21
"""Bytes looked at in one go, so that memory beyond the columns does not grow with the document."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Expressions of one version.

    Attributes:
        frame: what is before the series, `frame_fields` the fields of its groups.
        bid: the plan of a bid; series, period: names of the elements.
        name: a bid's own id, which is first; head: the rest of it up to the first period.
        head_fields: the fields of the groups of `head`.
        span: a period up to its first point: start, end and resolution.
        points: element of each field of a point.
    """

    frame: re.Pattern[str]
    frame_fields: tuple[str, ...]
    bid: Plan
    series: str
    period: str
    name: re.Pattern[str]
    head: re.Pattern[str]
    head_fields: tuple[str, ...]
    span: re.Pattern[str]
    points: dict[str, str]


@cache
def grammar(plan: Plan) -> Grammar:
    """Return the expressions for documents of a plan."""
    series, bid = _group(plan, "series")
    before, frame_fields = expression(plan.slots[: plan.slots.index(series)])
    period_slot, period = _group(bid, "periods")
    _, point = _group(period, "points")
    name, _ = expression(bid.slots[:1])
    head, fields = expression(bid.slots[1 : bid.slots.index(period_slot)])
    span, _ = expression(period.slots)
    return Grammar(
        re.compile(rf"\s*{before}"),
        frame_fields,
        bid,
        series.name,
        period_slot.name,
        re.compile(rf"<{series.name}>\s*{name}"),
        re.compile(head),
        fields,
        re.compile(rf"<{period_slot.name}>\s*{span}"),
        {slot.field or "": slot.name for slot in point.slots},
    )


def _group(plan: Plan, name: str) -> tuple[Slot, Plan]:
    return next((slot, slot.plan) for slot in plan.slots if slot.field == name and slot.plan is not None)


def header(frame: Frame, plan: Plan, report: Report) -> Record:
    """Return the record of what is around the series; its values are counted in the report.

    Raises:
        NotPlainError: there are series that the frame does not show; walk the tree of the document.
    """
    rules = grammar(plan)
    match = rules.frame.fullmatch(frame.data[frame.header : frame.first].decode(frame.encoding))
    if match is None or frame.data[frame.last :].strip() != frame.end_tag:
        record = record_of(without_comments(parse(frame.without_series())), plan, report)
        if "series" in record:
            raise NotPlainError
        return record
    record = {name: text for name, text in zip(rules.frame_fields, match.groups(), strict=True) if text}
    report.unchanged += sum(not name.endswith("_scheme") for name in record)
    return record


def scan(frame: Frame, plan: Plan, report: Report) -> RawBidColumns:
    """Return the texts of all series of a valid document; their values are counted in the report.

    Raises:
        NotPlainError: not even stretches of series can be cut out; walk the tree of the document.
    """
    end_tag = f"</{grammar(plan).series}>".encode()
    parts: list[RawBidColumns] = []
    start = frame.first
    while start < frame.last:
        end = frame.data.find(end_tag, start + CHUNK, frame.last)
        end = frame.last if end < 0 else end + len(end_tag)
        found = Report()
        try:
            part = _Stretch(frame, start, end, grammar(plan)).texts(found)
        except NotPlainError:
            found = Report()
            part = _walked(frame, start, end, plan, found)
        parts.append(part)
        report.unchanged += found.unchanged
        report.changes += found.changes
        start = end
    return RawBidColumns.joined(parts)


def _walked(frame: Frame, start: int, end: int, plan: Plan, report: Report) -> RawBidColumns:
    try:
        root = parse(frame.only(start, end))
    except DocumentRefused:
        raise NotPlainError from None
    return RawBidColumns.of_records(record_of(without_comments(root), plan, report)["series"])


class _Stretch:
    """Some of the series, `data[start:end]`, by the places of their tags.

    Attributes:
        bid_at, name_end, bid_end: where each bid starts, where its id ends, where its end tag is.
        period_at, points_at, behind: where each period and its first point start, and what comes after it.
        period_bid: bid of each period; first_period: first period of each bid, and how many there are.
    """

    def __init__(self, frame: Frame, start: int, end: int, rules: Grammar) -> None:
        self.frame, self.rules = frame, rules
        tags = tags_of(np.frombuffer(frame.data, np.uint8, end - start, start))
        self.points: Points = points_of(tags, tuple(rules.points.values()))
        bids, periods = tags.starting(rules.series), tags.starting(rules.period)
        edges = np.concatenate([self.points.opening.searchsorted(periods), [len(self.points)]])
        first, self.count = edges[:-1], edges[1:] - edges[:-1]
        if not len(bids) or np.count_nonzero(self.count < 1):
            raise NotPlainError
        last = edges[1:] - 1
        self._check_gaps(tags, last)

        def places(numbers: NDArray[np.integer]) -> list[int]:
            return (tags.at[numbers] + start).tolist()  # type: ignore[no-any-return]

        self.period_bid = bids.searchsorted(periods, side="right") - 1
        self.first_period = [*self.period_bid.searchsorted(np.arange(len(bids))).tolist(), len(periods)]
        self.bid_at, self.name_end = places(bids), places(bids + 3)
        self.bid_end = [*places(bids[1:] - 1), int(tags.at[-1]) + start]
        self.period_at, self.points_at = places(periods), places(self.points.opening[first])
        self.behind = places(self.points.closing[last] + 2)

    def _check_gaps(self, tags: Tags, last: NDArray[np.integer]) -> None:
        """A point is followed by the next one, or by the end of its period."""
        followers = self.points.closing + 1
        gaps = np.count_nonzero(followers[:-1] != self.points.opening[1:])
        if gaps >= len(last) or np.count_nonzero(tags.closing[followers[last]]) < len(last):
            raise NotPlainError

    def texts(self, report: Report) -> RawBidColumns:
        """Return the bids as columns.

        Raises:
            NotPlainError: a byte that no expression covers.
        """
        names, rows = zip(*self._heads(), strict=True)
        start, end, resolution = zip(*self._spans(), strict=True)
        points, rules, elements = self.points, self.rules, self.rules.points
        fields: dict[str, Texts] = {"mrid": names}
        report.unchanged += len(names)
        for name, column in zip(rules.head_fields, zip(*rows, strict=True), strict=True):
            if stated := len(column) - column.count(None):
                fields[name] = column
                report.unchanged += 0 if name.endswith("_scheme") else stated
        others = self._others(fields, report)
        report.unchanged += 3 * len(start) + sum(len(column[0]) for column in points.columns.values())
        number_names = [name for name in NUMBERS if elements.get(name) in points.columns]
        position, *numbers = points.decimals([elements[name] for name in ("position", *number_names)])
        return RawBidColumns(
            fields=fields,
            period_bid=self.period_bid.tolist(),
            periods={"start": list(start), "end": list(end), "resolution": list(resolution)},
            point_count=self.count.tolist(),
            position=position.values().astype(np.int32),
            numbers=dict(zip(number_names, numbers, strict=True)),
            quality=points.texts(elements["quality"]) if elements.get("quality") in points.columns else (),
            rows=others,
        )

    def _heads(self) -> Iterator[tuple[str, tuple[str | None, ...]]]:
        """Yield id and further fields of each bid; what bids of one unit have in common is read once."""
        data, encoding, name_of = self.frame.data, self.frame.encoding, self.rules.name.fullmatch
        known: dict[bytes, tuple[str | None, ...]] = {}
        for start, second, period in zip(self.bid_at, self.name_end, self.first_period[:-1], strict=True):
            name = name_of(data[start:second].decode(encoding))
            head = data[second : self.period_at[period]]
            if head not in known:
                match = self.rules.head.fullmatch(head.decode(encoding))
                if match is None:
                    raise NotPlainError
                known[head] = match.groups()
            if name is None:
                raise NotPlainError
            yield name[1], known[head]

    def _spans(self) -> Iterator[tuple[str, ...]]:
        known: dict[bytes, tuple[str, ...]] = {}
        for start, end in zip(self.period_at, self.points_at, strict=True):
            text = self.frame.data[start:end]
            if text not in known:
                match = self.rules.span.fullmatch(text.decode(self.frame.encoding))
                if match is None:
                    raise NotPlainError
                known[text] = match.groups()
            yield known[text]

    def _others(self, fields: dict[str, Texts], report: Report) -> list[Row]:
        """Return what follows the periods of bids; it is parsed, being rare and small."""
        rows: list[Row] = []
        for bid, end in enumerate(self.bid_end):
            first, stop = self.first_period[bid], self.first_period[bid + 1]
            if self.behind[first : stop - 1] != self.period_at[first + 1 : stop]:
                raise NotPlainError
            if self.behind[stop - 1] != end:
                root = parse(self.frame.only(self.behind[stop - 1], end))
                record = record_of(root, self.rules.bid, report)
                for group in GROUPS:
                    rows += [(bid, group, *row) for row in enumerate(record.pop(group, ()), start=1)]
                for name, text in record.items():
                    column = list(fields.get(name) or [None] * len(self.bid_end))
                    column[bid] = text
                    fields[name] = column
        return rows
