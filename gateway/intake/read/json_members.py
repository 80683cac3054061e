"""Where canonical JSON says what an element of the XML says, for documents that are no bids.

The tables of the mappings name elements and fields; a field is a member of the document, or one of a member:
`received_mrid` stands at `/received/mrid`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.domain.composition import NamedResource
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.series import SeriesPeriod
from mappings.families import mapping_of
from mappings.layout import Group, Table

_STEP: Final = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")
_LISTS: Final = {
    "PlannedResource_TimeSeries": "planned",
    "Rejected_TimeSeries": "rejected_series",
    "Rejected_Series": "rejected_others",
    "Rejected_MktActivityRecord": "rejected_activities",
}
"""Members whose list has another name than in the tables."""
_SERIES: Final = ("series", "compositions", "limits")
_OWN_NAMES: Final = {
    "market": "market_resource",
    "quantity": "quantity_mw",
    "unit": "resource",
    "unit_name": "name",
}
_CODES: Final[tuple[tuple[type, tuple[str, ...]], ...]] = (
    (CodedId, ("code",)),
    (Role, ("party", "code")),
    (NamedResource, ("resource", "code")),
)

Step = tuple[str, int]
"""Name of an element or field, and its number from 1."""


def steps_in(path: str) -> list[Step]:
    """The steps of a path such as `TimeSeries[2]/Period/resolution`; without a number it is the first."""
    found = (_STEP.fullmatch(step) for step in path.split("/") if step)
    return [(step[1], int(step[2] or 1)) for step in found if step]


def way_to(document: Any, steps: Sequence[Step]) -> list[str | int]:
    """Where a document says what stands at some steps from its root, as far as that is known."""
    return list(_way(document, mapping_of(document.header.kind).table, steps))


def series_ways(document: Any) -> dict[str, Step]:
    """The element and number of each time series, the first of a name, by its name."""
    found: dict[str, Step] = {}
    for name, group in _groups(mapping_of(document.header.kind).table):
        for number, one in enumerate(_listed(document, name, group) or (), start=1):
            if isinstance(mrid := getattr(one, "mrid", None), str):
                found.setdefault(mrid, (group.path.split()[0], number))
    return found


def _way(value: Any, table: Table, steps: Sequence[Step]) -> Iterator[str | int]:
    if not steps:
        return
    (element, number), *rest = steps
    for name, group in _groups(table):
        if element not in (name, *group.path.split()):
            continue
        if name == "points" and isinstance(value, SeriesPeriod):
            field = next(iter(_field(group.fields, rest)), "position")
            yield from _member(value, field)
            yield number - 1
            return
        held = _listed(value, name, group)
        if held is not None:
            yield _list_name(value, name, group)
            if number <= len(held):
                yield number - 1
                yield from _way(held[number - 1], group.fields, rest)
        return
    for field in _field(table, steps):
        yield from _member(value, field)


def _groups(table: Table) -> Iterator[tuple[str, Group]]:
    yield from ((name, place) for name, place in table.items() if isinstance(place, Group))


def _field(table: Mapping[str, str | Group], steps: Sequence[Step]) -> Iterator[str]:
    """The field that an element carries, or the first of those that the elements in it carry."""
    wanted = "/".join(name for name, _ in steps)
    for name, place in table.items():
        ways = place.split() if isinstance(place, str) else ()
        if wanted == name or any(f"{way}/".startswith(f"{wanted}/") for way in ways):
            yield name
            return


def _list_name(value: Any, name: str, group: Group) -> str:
    known = (*(_LISTS[each] for each in group.path.split() if each in _LISTS), name, *_SERIES)
    return next((each for each in known if hasattr(value, each)), name)


def _listed(value: Any, name: str, group: Group) -> Sequence[Any] | None:
    held = getattr(value, _list_name(value, name, group), None)
    return held if isinstance(held, Sequence) else None


def _member(value: Any, field: str) -> Iterator[str]:
    """The way to a field of the tables in a value of the model; none where the model has no such member."""
    field = _OWN_NAMES.get(field, field)
    if hasattr(value, field):
        yield field
        said = getattr(value, field)
        yield from next((more for kind, more in _CODES if isinstance(said, kind)), ())
    elif field in ("start", "end") and isinstance(getattr(value, "period", None), Interval):
        yield from ("period", field)
    elif (header := getattr(value, "header", None)) is not None and (way := list(_member(header, field))):
        yield from way  # members of the header stand beside the others
    else:
        yield from _inner(value, field)


def _inner(value: Any, field: str) -> Iterator[str]:
    """`received_mrid`: a field of what a member holds."""
    head, _, tail = field.rpartition("_")
    while head:
        if (held := getattr(value, head, None)) is not None and (way := list(_member(held, tail))):
            yield from (head, *way)
            return
        head, _, more = head.rpartition("_")
        tail = f"{more}_{tail}"
