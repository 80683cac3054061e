"""Where canonical JSON has the fields of the tables of the mappings, for documents that are no bids.

A field is a member of the document, or one of a member: `received_mrid` is at `/received/mrid`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from gateway.domain.composition import NamedResource
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.place import Part
from gateway.domain.series import SeriesPeriod
from mappings.element_plan import Group, Table
from mappings.families import mapping_of
from mappings.places.canonical import Step

_LISTS: Final = {
    "series": ("series", "planned", "rejected_series", "compositions", "limits"),
    "others": ("rejected_others",),
    "activities": ("rejected_activities",),
}
"""Members that may be the list of a group, of those that have another name than in the tables."""
_OWN_NAMES: Final = {
    "market": "market_resource",
    "quantity": "quantity_mw",
    "unit": "resource",
    "unit_name": "name",
    Part.INTERVAL: "start",
}
_CODES: Final[tuple[tuple[type, tuple[str, ...]], ...]] = (
    (CodedId, ("code",)),
    (Role, ("party", "code")),
    (NamedResource, ("resource", "code")),
)


def member_name(field: str) -> str:
    """The name of a field in canonical JSON."""
    return _OWN_NAMES.get(field, field)


def pointer_steps(document: Any, steps: Sequence[Step]) -> list[str | int]:
    """The pointer to the end of a path of fields from the root of a document, as far as that is known."""
    return list(_steps(document, mapping_of(document.header.kind).table, steps))


def series_paths(document: Any) -> dict[str, tuple[str, int]]:
    """The field and number of each time series, the first of a name, by its name."""
    found: dict[str, tuple[str, int]] = {}
    for name, _ in _groups(mapping_of(document.header.kind).table):
        for number, one in enumerate(_listed(document, name) or (), start=1):
            if isinstance(mrid := getattr(one, "mrid", None), str):
                found.setdefault(mrid, (name, number))
    return found


def _steps(value: Any, table: Table, steps: Sequence[Step]) -> Iterator[str | int]:
    if not steps:
        return
    (field, stated), *rest = steps
    group, number = table.get(field), stated or 1
    if not isinstance(group, Group):
        yield from _member(value, field)
    elif field == "points" and isinstance(value, SeriesPeriod):
        yield from _member(value, rest[0][0] if rest else "position")
        yield number - 1
    elif (held := _listed(value, field)) is not None:
        yield _list_name(value, field)
        if number <= len(held):
            yield number - 1
            yield from _steps(held[number - 1], group.fields, rest)


def _groups(table: Table) -> Iterator[tuple[str, Group]]:
    yield from ((name, place) for name, place in table.items() if isinstance(place, Group))


def _list_name(value: Any, name: str) -> str:
    return next((each for each in _LISTS.get(name, ()) if hasattr(value, each)), name)


def _listed(value: Any, name: str) -> Sequence[Any] | None:
    held = getattr(value, _list_name(value, name), None)
    return held if isinstance(held, Sequence) else None


def _member(value: Any, field: str) -> Iterator[str]:
    """The steps to a field of the tables in a value of the model; none where the model has no such member."""
    field = member_name(field)
    if hasattr(value, field):
        yield field
        inner = getattr(value, field)
        yield from next((more for kind, more in _CODES if isinstance(inner, kind)), ())
    elif field in ("start", "end") and isinstance(getattr(value, "period", None), Interval):
        yield from ("period", field)
    elif (header := getattr(value, "header", None)) is not None and (
        steps_found := list(_member(header, field))
    ):
        yield from steps_found  # members of the header are on the same level as the others
    else:
        yield from _inner(value, field)


def _inner(value: Any, field: str) -> Iterator[str]:
    """`received_mrid`: a field of what a member holds."""
    head, _, tail = field.rpartition("_")
    while head:
        if (held := getattr(value, head, None)) is not None and (steps_found := list(_member(held, tail))):
            yield from (head, *steps_found)
            return
        head, _, more = head.rpartition("_")
        tail = f"{more}_{tail}"
