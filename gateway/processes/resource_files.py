"""Resource assignments as JSON and CSV, read with every fault located.

JSON: `{"connections": {unit: [{"grid_id", "node", "factor"}]}, "participation": {resource: {unit: share}}}`.

CSV, with a header line: columns `resource, unit, share, grid_id, node, factor` in any order. A row with
`grid_id` and `node` says where a unit hangs; a row with `resource` and `share` says which part of it the unit
delivers; one row may say both. An empty `factor` is 1.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeVar

import msgspec

from gateway.domain.resource import SHARE_TOLERANCE, ConnectionPoint, ResourceMap
from gateway.processes.errors import ResourceFault, ResourcesInvalidError

MAX_FACTOR = 2.0
"""MW at a node per MW of a unit. Losses may ask for a little more than 1; twice as much is a mistake."""

Form = TypeVar("Form")

COLUMNS = ("resource", "unit", "share", "grid_id", "node", "factor")


class _Point(msgspec.Struct, forbid_unknown_fields=True):
    grid_id: str
    node: str
    factor: float = 1.0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    connections: dict[str, Any]
    participation: dict[str, Any] = {}


def read_json(data: bytes) -> ResourceMap:
    """Read an assignment.

    Raises:
        ResourcesInvalidError: not JSON, not of this form, or not a sound assignment.
    """
    try:
        content = json.loads(data, object_pairs_hook=_members_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise ResourcesInvalidError([ResourceFault("", "nested too deeply")]) from None
    except ValueError as error:
        raise ResourcesInvalidError([ResourceFault("", f"not JSON: {error}")]) from None
    faults: list[ResourceFault] = []
    file = _as(_File, content, "", faults)
    if file is None:
        raise ResourcesInvalidError(faults)
    listed = {
        unit: _as(list[_Point], points, _pointer("connections", unit), faults) or []
        for unit, points in file.connections.items()
    }
    shares = {
        resource: _as(dict[str, float], units, _pointer("participation", resource), faults) or {}
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
    """The assignment in the form `read_json` takes."""
    return msgspec.json.encode(
        {"connections": assignment.connections, "participation": assignment.participation}, order="sorted"
    )


def read_csv(data: bytes) -> ResourceMap:
    """Read an assignment from CSV (UTF-8, comma or semicolon).

    Raises:
        ResourcesInvalidError: a column is missing or unknown, a row says nothing, or the assignment is not
            sound; faults name their lines.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ResourcesInvalidError([ResourceFault(f"byte {error.start}", "not UTF-8")]) from None
    header = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True)
    names = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    if unknown := sorted(set(names) - set(COLUMNS)):
        raise ResourcesInvalidError([ResourceFault("line 1", f"unknown column {unknown[0]!r}")])
    if "unit" not in names or len(set(names)) != len(names):
        raise ResourcesInvalidError([ResourceFault("line 1", f"columns are {', '.join(COLUMNS)}, each once")])
    points: dict[str, tuple[ConnectionPoint, ...]] = {}
    shares: dict[str, dict[str, float]] = {}
    lines: dict[str, int] = {}
    faults: list[ResourceFault] = []
    try:
        for row in rows:
            try:
                _take_row(row, points, shares)
            except ValueError as error:
                faults.append(ResourceFault(f"line {rows.line_num}", str(error)))
            for name in (row.get("unit"), row.get("resource")):
                lines.setdefault(name or "", rows.line_num)
    except csv.Error as error:
        faults.append(ResourceFault(f"line {rows.line_num}", str(error)))
    if faults:
        raise ResourcesInvalidError(faults)
    return _sound(points, shares, lines)


def _take_row(
    row: Mapping[str | None, Any],
    points: dict[str, tuple[ConnectionPoint, ...]],
    shares: dict[str, dict[str, float]],
) -> None:
    if None in row or None in row.values():
        raise ValueError("not as many fields as the header names")
    said = {name: str(text).strip() for name, text in row.items()}
    unit, resource, grid_id, node = (said.get(name, "") for name in ("unit", "resource", "grid_id", "node"))
    if not unit:
        raise ValueError("names no unit")
    if bool(grid_id) != bool(node):
        raise ValueError("a connection point needs both grid_id and node")
    if bool(resource) != bool(said.get("share", "")):
        raise ValueError("a participation needs both resource and share")
    if not (grid_id or resource):
        raise ValueError(f"says nothing about unit {unit!r}")
    if grid_id:
        point = ConnectionPoint(grid_id, node, _number(said.get("factor", "") or "1", "factor"))
        points[unit] = (*(p for p in points.get(unit, ()) if p != point), point)
    if resource:
        if unit in shares.setdefault(resource, {}):
            raise ValueError(f"unit {unit!r} appears twice in resource {resource!r}")
        shares[resource][unit] = _number(said["share"], "share")


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} {text!r} is not a number") from None


def _sound(
    points: Mapping[str, tuple[ConnectionPoint, ...]],
    shares: Mapping[str, Mapping[str, float]],
    lines: Mapping[str, int],
) -> ResourceMap:
    """The assignment, or everything that is wrong with it."""

    def place(part: str, name: str) -> str:
        return f"line {lines[name]}" if name in lines else _pointer(part, name)

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


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {twice!r} appears twice")
    return members


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number of JSON")


def _as(form: type[Form], content: object, place: str, faults: list[ResourceFault]) -> Form | None:
    """The content in this form; None and a fault where it has another."""
    try:
        return msgspec.convert(content, form)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        inner = path.rstrip("`").replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/")
        faults.append(ResourceFault(place + inner, message))
        return None


def _pointer(part: str, name: str) -> str:
    """A JSON pointer (RFC 6901)."""
    return f"/{part}/{name.replace('~', '~0').replace('/', '~1')}"
