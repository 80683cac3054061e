"""Whether a reduced grid model can be what it claims to be: every rule, every finding.

The rules, their reasons and what they cannot see are explained in docs/connecting-a-dso/checks.md.
"""

import math
import operator
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from gateway.domain.bounds import MAX_FLOW_MW
from gateway.domain.grid import band_names
from gateway.domain.json_text import pointer
from gateway.domain.market_time import Interval, MarketTimeError
from gateway.domain.party import is_eic
from gateway.grids.check_levels import check_levels
from gateway.grids.check_matrices import check_matrices, check_reference_columns
from gateway.grids.check_rows import check_rows
from gateway.grids.document import ElementEntry, GridDocument, Rows
from gateway.grids.findings import GridFinding, capped

WEIGHT_TOLERANCE: Final = 1e-6
MAX_NAME: Final = 128
_GRID_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOUR_MIN: Final = 60
_NAME_RULE: Final = f"a name has 1 to {MAX_NAME} printable characters and no blank at its ends"


def check(document: GridDocument, most_mw: float = MAX_FLOW_MW) -> tuple[GridFinding, ...]:
    """Everything wrong with the model, by rule; empty for a sound one.

    No flow or limit may be above `most_mw`. Numbers in matrices are judged only where all matrices have the
    right shape.
    """
    reference = [*capped(_check_reference(document))]
    findings = [
        *_check_header(document),
        *_check_names(document),
        *capped(_check_limits(document, most_mw)),
        *reference,
        *_check_bands(document, most_mw),
        *check_levels(document, most_mw),
        *check_rows(document),
    ]
    shapes = [*_check_shapes(document), *_check_time(document)]
    if not shapes:
        findings += check_matrices(document, most_mw)
        if not reference:
            findings += check_reference_columns(document)
        if document.topology is not None and not findings:
            # scipy takes 30 MB and 0.15 s: processes that only take bids in do without.
            from gateway.grids.topology import check_topology  # noqa: PLC0415

            findings += capped(check_topology(document, document.topology))
    return (*findings, *shapes)


def _check_header(document: GridDocument) -> Iterator[GridFinding]:
    if not _GRID_NAME.fullmatch(document.grid):
        yield GridFinding(
            "/grid", "must be 1 to 64 letters, digits or . _ -, beginning with a letter or digit"
        )
    if document.area is not None and not is_eic(document.area):
        yield GridFinding("/area", f"{document.area!r} is no EIC (16 characters, the last a check character)")
    error = document.error_band_pct
    if error is not None and not 0 <= error <= 100:
        yield GridFinding("/error_band_pct", f"{error:g} is not between 0 and 100 %")


def _check_names(document: GridDocument) -> Iterator[GridFinding]:
    of_points = [
        (pointer("operating_points", i, "name"), p.name) for i, p in enumerate(document.operating_points)
    ]
    of_nodes = [(pointer("connection_points", i), name) for i, name in enumerate(document.connection_points)]
    for named, what, group in (
        (_row_places(document), "element", "/elements"),
        (of_nodes, "connection point", "/connection_points"),
        (of_points, "operating point", "/operating_points"),
    ):
        if not named:
            yield GridFinding(group, f"at least one {what} is needed")
        yield from capped(_check_each_name(named, what))
    reserved = frozenset(band_names(document.connection_points))
    for place, name in _row_places(document):
        if name in reserved:
            yield GridFinding(
                place,
                f"{name!r} is what explanations call a bound of the activations, not an element",
            )


def _row_places(document: GridDocument) -> list[tuple[str, str]]:
    """Place and name of every element, then of every other row."""
    return [
        *((pointer("elements", index, "id"), each.id) for index, each in enumerate(document.elements)),
        *((pointer("rows", index, "id"), each.id) for index, each in enumerate(document.rows)),
    ]


def _check_each_name(named: Sequence[tuple[str, str]], what: str) -> Iterator[GridFinding]:
    first: dict[str, int] = {}
    for index, (place, name) in enumerate(named):
        if not _is_name(name):
            yield GridFinding(place, _NAME_RULE)
        if first.setdefault(name, index) != index:
            yield GridFinding(place, f"{what} {name!r} is already number {first[name]}")


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= MAX_NAME and text.isprintable() and text == text.strip()


def _check_limits(document: GridDocument, most_mw: float) -> Iterator[GridFinding]:
    for index, element in enumerate(document.elements):
        limits = {
            "forward_limit_mw": element.forward_limit_mw,
            "reverse_limit_mw": element.reverse_limit_mw,
        }
        for name, limit in limits.items():
            if not 0 <= limit <= most_mw:
                yield GridFinding(
                    pointer("elements", index, name),
                    f"{limit:g} MW is not between 0 and {most_mw:,.0f} MW; limits have no sign",
                )
        if not 0 <= element.margin_mw <= most_mw:
            yield GridFinding(
                pointer("elements", index, "margin_mw"),
                f"{element.margin_mw:g} MW is not between 0 and {most_mw:,.0f} MW",
            )
        yield from _check_emergency(index, element, most_mw)
        if not any(limits.values()):
            yield GridFinding(pointer("elements", index), "both limits are zero: no flow is allowed")


def _check_emergency(index: int, element: ElementEntry, most_mw: float) -> Iterator[GridFinding]:
    for name, most, limit in (
        ("emergency_forward_mw", element.emergency_forward_mw, element.forward_limit_mw),
        ("emergency_reverse_mw", element.emergency_reverse_mw, element.reverse_limit_mw),
    ):
        if most is not None and not limit <= most <= most_mw:
            yield GridFinding(
                pointer("elements", index, name),
                f"{most:g} MW is not between the limit of {limit:g} MW and {most_mw:,.0f} MW",
            )
    if not 0 < element.scale <= MAX_FLOW_MW:
        yield GridFinding(
            pointer("elements", index, "scale"),
            f"{element.scale:g} is not above 0 and up to {MAX_FLOW_MW:,.0f}",
        )
    if element.of_element is not None and not _is_name(element.of_element):
        yield GridFinding(pointer("elements", index, "of_element"), _NAME_RULE)


def _check_reference(document: GridDocument) -> Iterator[GridFinding]:
    entries = document.reference
    known = set(document.connection_points)
    for index, entry in enumerate(entries):
        if entry.node not in known:
            yield GridFinding(
                pointer("reference", index, "node"), f"{entry.node!r} is not among the connection points"
            )
        if not 0 < entry.weight <= 1:
            yield GridFinding(pointer("reference", index, "weight"), f"{entry.weight:g} is not in (0, 1]")
    for node, count in Counter(entry.node for entry in entries).items():
        if count > 1:
            yield GridFinding("/reference", f"node {node!r} is named {count} times")
    total = math.fsum(entry.weight for entry in entries)
    if abs(total - 1) > WEIGHT_TOLERANCE:
        yield GridFinding("/reference", f"weights sum to {total:.6g}, not 1")


def _check_bands(document: GridDocument, most_mw: float) -> Iterator[GridFinding]:
    for index, point in enumerate(document.operating_points):
        most = point.connection_point_activation_mw
        if most is not None and not 0 < most <= MAX_FLOW_MW:
            yield GridFinding(
                pointer("operating_points", index, "connection_point_activation_mw"),
                f"{most:g} MW is not above 0 and up to {MAX_FLOW_MW:,.0f} MW",
            )
        low, high = point.activation_band_mw
        if not -most_mw <= low <= 0 <= high <= most_mw or low == high:
            yield GridFinding(
                pointer("operating_points", index, "activation_band_mw"),
                f"[{low:g}, {high:g}] is no band [lowest, highest] around 0 within {most_mw:,.0f} MW",
            )
    lows, highs = ([point.activation_band_mw[end] for point in document.operating_points] for end in (0, 1))
    if all(map(operator.lt, lows, highs)) and max(lows, default=-1.0) == min(highs, default=1.0):
        yield GridFinding("/operating_points", "the activation bands have nothing in common but 0 MW")


def _check_shapes(document: GridDocument) -> Iterator[GridFinding]:
    elements, points = len(document.elements), len(document.connection_points)
    for index, point in enumerate(document.operating_points):
        place = pointer("operating_points", index, "ptdf")
        if len(point.ptdf) != elements:
            yield GridFinding(place, f"{len(point.ptdf)} rows for {elements} elements")
        yield from capped(_check_width(point.ptdf, points, "connection points", place))
        place = pointer("operating_points", index, "base_flow_mw")
        yield from capped(_check_width(point.base_flow_mw, elements, "elements", place))


def _check_width(rows: Rows, width: int, what: str, place: str) -> Iterator[GridFinding]:
    for number, row in enumerate(rows):
        if len(row) != width:
            yield GridFinding(f"{place}/{number}", f"{len(row)} numbers for {width} {what}")


def _check_time(document: GridDocument) -> Iterator[GridFinding]:
    """Base flows must come in market time units that fill the validity."""
    try:
        duration = Interval(document.validity.start, document.validity.end).duration
    except MarketTimeError as error:
        yield GridFinding("/validity", str(error))
        return
    counts = {len(point.base_flow_mw) for point in document.operating_points}
    for index, point in enumerate(document.operating_points):
        rows = len(point.base_flow_mw)
        place = pointer("operating_points", index, "base_flow_mw")
        if rows == 0 or (rows > 1 and not _is_market_time(duration, rows)):
            yield GridFinding(
                place,
                f"{rows} rows do not divide the validity of {duration} into market time units: state 1 row, "
                "or one per 5, 10, 15, 20, 30 or 60 minutes or per whole hours",
            )
    if len(counts - {0, 1}) > 1:
        yield GridFinding("/operating_points", "operating points have base flows in different time units")


def _is_market_time(duration: timedelta, rows: int) -> bool:
    minutes, rest = divmod(duration, rows * timedelta(minutes=1))
    if rest or minutes < 5:
        return False
    return _HOUR_MIN % minutes == 0 or minutes % _HOUR_MIN == 0
