"""Resource assignments as JSON and CSV, read with every fault located.

JSON: `{"connections": {unit: [{"grid_id", "node", "factor"}]}, "participation": {resource: {unit: share}}}`.

CSV, with a header line: columns `resource, unit, share, grid_id, node, factor` in any order. A row with
`grid_id` and `node` states the connection point of a unit; a row with `resource` and `share` states which
part of it the unit delivers; one row may state both. An empty `factor` is 1.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from gateway.domain import json_text
from gateway.domain.bounds import MAX_FACTOR
from gateway.domain.json_text import pointer
from gateway.domain.resource import SHARE_TOLERANCE, ConnectionPoint, ResourceMap
from gateway.processes.errors import ResourceFault, ResourcesInvalidError
from mappings.csv_table import MOST_FAULTS, CsvFaultsError, number_fault, rows_of

Form = TypeVar("Form")

COLUMNS = ("resource", "unit", "share", "grid_id", "node", "factor")


_ONLY_CHANGES = (
    "the file can only change an assignment: send or check it as changes (`resources change`, "
    "`resources check --change`)"
)


class _Point(msgspec.Struct, forbid_unknown_fields=True):
    grid_id: str
    node: str
    factor: float = 1.0


class _Changes(msgspec.Struct, forbid_unknown_fields=True):
    connections: dict[str, Any] = {}
    participation: dict[str, Any] = {}


class _Parts(msgspec.Struct, forbid_unknown_fields=True):
    """A whole assignment as it was sent: it may lack what it must have."""

    connections: dict[str, Any] | None = None
    participation: dict[str, Any] = {}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    connections: dict[str, Any]
    participation: dict[str, Any] = {}


def read_json(data: bytes) -> ResourceMap:
    """Read an assignment.

    Raises:
        ResourcesInvalidError: not JSON, not of this form, or not a sound assignment.
    """
    return _assignment(_whole(_decoded(_Parts, data)))


def read_csv_changes(data: bytes) -> Callable[[ResourceMap], ResourceMap]:
    """Read changes of an assignment, in the form of `read_csv`: units and resources that have rows
    replace those before, all others stay. Rows remove nothing.

    The function returned raises ResourcesInvalidError where the changed assignment would not be sound.

    Raises:
        ResourcesInvalidError: see `read_csv`.
    """
    table = _table(data)

    def changed(before: ResourceMap) -> ResourceMap:
        points = {**before.connections, **table.connections()}
        return _sound(points, {**before.participation, **table.shares}, table.lines)

    return changed


def read_changes(data: bytes) -> Callable[[ResourceMap], ResourceMap]:
    """Read changes of an assignment, in the form of `read_json`: units and resources that are named
    replace those before, null removes them, all others stay (as a JSON merge patch, RFC 7396).

    The function returned raises ResourcesInvalidError where the changed assignment would not be sound.

    Raises:
        ResourcesInvalidError: not JSON, or not of this form.
    """
    changes = _decoded(_Changes, data)

    def changed(before: ResourceMap) -> ResourceMap:
        content = json_text.decode(write_json(before))
        file = msgspec.convert(content, _File)
        return _assignment(
            _File(
                _merged(file.connections, changes.connections),
                _merged(file.participation, changes.participation),
            )
        )

    return changed


def _whole(parts: _Parts) -> _File:
    """The parts as a whole assignment.

    Raises:
        ResourcesInvalidError: they can only be changes of one, because something is missing or taken away.
    """
    connections = parts.connections or {}
    removed = [
        pointer(part, name)
        for part, entries in (("connections", connections), ("participation", parts.participation))
        for name, value in entries.items()
        if value is None
    ]
    faults = [ResourceFault(place, f"null takes it away, {_ONLY_CHANGES}") for place in removed]
    if parts.connections is None:
        faults.append(
            ResourceFault("", f"connections, of every unit, are missing: without them {_ONLY_CHANGES}")
        )
    if faults:
        raise ResourcesInvalidError(faults)
    return _File(connections, parts.participation)


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def _decoded(form: type[Form], data: bytes) -> Form:
    try:
        content = json_text.decode(data, form)
    except json_text.JsonTextError as error:
        raise ResourcesInvalidError(
            [ResourceFault(fault.pointer, fault.message) for fault in error.faults]
        ) from None
    faults: list[ResourceFault] = []
    file = _as(form, content, "", faults)
    if file is None:
        raise ResourcesInvalidError(faults)
    return file


def _assignment(file: _File) -> ResourceMap:
    faults: list[ResourceFault] = []
    listed = {
        unit: _as(list[_Point], points, pointer("connections", unit), faults) or []
        for unit, points in file.connections.items()
    }
    shares = {
        resource: _as(dict[str, float], units, pointer("participation", resource), faults) or {}
        for resource, units in file.participation.items()
    }
    if faults:
        raise ResourcesInvalidError(faults)
    points = {
        unit: tuple(ConnectionPoint(point.grid_id, point.node, point.factor) for point in hangs_on)
        for unit, hangs_on in listed.items()
    }
    return _sound(points, shares, {})


def write_json(assignment: ResourceMap) -> bytes:
    """The assignment in the form that `read_json` reads."""
    return msgspec.json.encode(
        {"connections": assignment.connections, "participation": assignment.participation}, order="sorted"
    )


def read_csv(data: bytes) -> ResourceMap:
    """Read an assignment from CSV (UTF-8, comma or semicolon).

    Raises:
        ResourcesInvalidError: a column is missing or unknown, a row is incomplete, or the assignment is not
            sound; faults name their lines.
    """
    table = _table(data)
    return _sound(table.connections(), table.shares, table.lines)


def point_lines(data: bytes) -> Mapping[str, int]:
    """The line of every connection point of a CSV that was read, by its JSON pointer in the assignment."""
    return {
        pointer("connections", unit, number): line
        for unit, hangs_on in _table(data).points.items()
        for number, line in enumerate(hangs_on.values())
    }


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of a CSV.

    Attributes:
        points: connection points of each unit, with the first line of each.
        lines: the first line that names a unit or resource.
    """

    points: Mapping[str, Mapping[ConnectionPoint, int]]
    shares: Mapping[str, Mapping[str, float]]
    lines: Mapping[str, int]

    def connections(self) -> Mapping[str, tuple[ConnectionPoint, ...]]:
        return {unit: tuple(hangs_on) for unit, hangs_on in self.points.items()}


def _table(data: bytes) -> _Table:
    try:
        rows = rows_of(data, COLUMNS, ("unit",), "assignments")
    except CsvFaultsError as error:
        raise ResourcesInvalidError(
            [ResourceFault(f"line {fault.line}", fault.message) for fault in error.faults]
        ) from None
    points: dict[str, dict[ConnectionPoint, int]] = {}
    shares: dict[str, dict[str, float]] = {}
    lines: dict[str, int] = {}
    faults: list[ResourceFault] = []
    for row in rows:
        try:
            _add_row(row.line, row.cells, points, shares)
        except ValueError as error:
            faults.append(ResourceFault(f"line {row.line}", str(error)))
            if len(faults) == MOST_FAULTS:
                break
        for name in (row.cells["unit"], row.cells.get("resource")):
            lines.setdefault(name or "", row.line)
    if faults:
        raise ResourcesInvalidError(faults)
    return _Table(points, shares, lines)


def _add_row(
    line: int,
    cells: Mapping[str, str],
    points: dict[str, dict[ConnectionPoint, int]],
    shares: dict[str, dict[str, float]],
) -> None:
    unit, resource, grid_id, node = (cells.get(name, "") for name in ("unit", "resource", "grid_id", "node"))
    if not unit:
        raise ValueError("names no unit")
    if bool(grid_id) != bool(node):
        raise ValueError("a connection point needs both grid_id and node")
    if bool(resource) != bool(cells.get("share", "")):
        raise ValueError("a participation needs both resource and share")
    if not (grid_id or resource):
        raise ValueError(f"names neither a connection point nor a resource of unit {unit!r}")
    if grid_id:
        point = ConnectionPoint(grid_id, node, _number(cells.get("factor", "") or "1", "factor"))
        points.setdefault(unit, {}).setdefault(point, line)
    if resource:
        if unit in shares.setdefault(resource, {}):
            raise ValueError(f"unit {unit!r} appears twice in resource {resource!r}")
        shares[resource][unit] = _number(cells["share"], "share")


def _number(text: str, what: str) -> float:
    if fault := number_fault(text):
        raise ValueError(f"column {what}: {fault}")
    return float(text)


def _sound(
    points: Mapping[str, tuple[ConnectionPoint, ...]],
    shares: Mapping[str, Mapping[str, float]],
    lines: Mapping[str, int],
) -> ResourceMap:
    """The assignment, or everything that is wrong with it."""

    def place(part: str, name: str) -> str:
        return f"line {lines[name]}" if name in lines else pointer(part, name)

    faults = [
        ResourceFault(place("connections", unit), fault)
        for unit, hangs_on in points.items()
        for fault in _faults_of_unit(unit, hangs_on)
    ]
    faults += [
        ResourceFault(place("participation", resource), fault)
        for resource, units in shares.items()
        for fault in _faults_of_resource(resource, units, points)
    ]
    if faults:
        raise ResourcesInvalidError(faults)
    return ResourceMap(points, shares)


def _faults_of_unit(unit: str, hangs_on: tuple[ConnectionPoint, ...]) -> Iterator[str]:
    if not unit:
        yield "a unit without a name"
    if not hangs_on:
        yield f"unit {unit!r} has no connection point"
    if len({(point.grid_id, point.node) for point in hangs_on}) != len(hangs_on):
        yield f"unit {unit!r} hangs twice on the same node"
    for point in hangs_on:
        if not (point.grid_id and point.node):
            yield f"unit {unit!r}: grid or node without a name"
        if not 0 < point.factor <= MAX_FACTOR:
            yield f"unit {unit!r}: factor {point.factor} is not above 0 and at most {MAX_FACTOR:g}"


def _faults_of_resource(
    resource: str, units: Mapping[str, float], points: Mapping[str, object]
) -> Iterator[str]:
    if not resource:
        yield "a resource without a name"
    if resource in points:
        yield f"{resource!r} is both a unit and a resource of several units"
    for unit, share in units.items():
        if unit not in points:
            yield f"unit {unit!r} of resource {resource!r} has no connection point"
        if not 0 < share <= 1:
            yield f"share {share} of unit {unit!r} is not above 0 and at most 1"
    total = math.fsum(units.values())
    if not abs(total - 1) <= SHARE_TOLERANCE:
        yield f"shares of resource {resource!r} sum to {total:.12g}, not 1"


def _as(form: type[Form], content: object, place: str, faults: list[ResourceFault]) -> Form | None:
    """The content in this form; None and a fault where it has another."""
    try:
        return msgspec.convert(content, form)
    except msgspec.ValidationError as error:
        fault = json_text.located(error)
        faults.append(ResourceFault(place + fault.pointer, fault.message))
        return None
