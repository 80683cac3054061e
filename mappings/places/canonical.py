"""Canonical places as steps of fields, down to a field, and their elements in one version."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.domain.place import Part, Place
from mappings.element_plan import Group, Plan, Slot, Table
from mappings.header import HEADER

Step = tuple[str, int | None]
"""Name of a field or an element, and its number from 1; None: it is not stated, and is the first."""

_STEP: Final = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")


def steps_in(path: str) -> list[Step]:
    """Return the steps of a path such as `series[2]/periods[1]/resolution`, of fields or elements."""
    found = (_STEP.fullmatch(step) for step in path.split("/") if step)
    return [(step[1], None if step[2] is None else int(step[2])) for step in found if step]


def steps_to(table: Table, place: Place) -> tuple[Step, ...]:
    """Return the path to a place from the class of a table: the lists that it is in, and the field."""
    steps: list[Step] = []
    within = table
    if place.period is not None or place.point is not None:
        for name, number in (("periods", place.period or 1), ("points", place.point)):
            group = within.get(name)
            if number is not None and isinstance(group, Group):
                steps.append((name, number))
                within = group.fields
    return (*steps, *(_down(within, place.part) or ((place.part, None),)))


def _down(table: Table, part: str) -> tuple[Step, ...] | None:
    if _field(part) in table:
        return ((part, None),)
    for name, carrier in table.items():
        if isinstance(carrier, Group) and (steps_found := _down(carrier.fields, part)) is not None:
            return ((name, None), *steps_found)
    return None


def _field(part: str) -> str:
    """The field of a part, or its first."""
    return "start" if part == Part.INTERVAL else part


def elements_of(plan: Plan, steps: Iterable[Step]) -> list[Step]:
    """Return the elements that a version has for steps of fields, as far as it has them."""
    found: list[Step] = []
    within: Plan | None = plan
    for name, number in steps:
        steps_found = None if within is None else within.place(_field(name))
        if within is None or steps_found is None:
            break
        *classes, last = steps_found.split("/")
        if name == Part.INTERVAL:
            *classes, last = classes
        found += [*((each, None) for each in classes), (last, number)]
        within = within.group(name)
    return found


def fields_of(plan: Plan, elements: Iterable[Step]) -> list[Step]:
    """Return the fields of elements below the root; of a class without a field, the first in it."""
    found: list[Step] = []
    within: Plan | None = plan
    slot: Slot | None = None
    for name, number in elements:
        slots = () if within is None else within.slots
        slot = next((each for each in slots if each.name == name), None)
        if slot is None:
            return found
        if slot.field is not None:
            found.append((slot.field, number))
        within = slot.plan
    while slot is not None and slot.field is None and slot.plan is not None:
        slot = slot.plan.slots[0]
        if slot.field is not None:
            found.append((slot.field, None))
    return found


def header_element(part: str) -> str:
    """Return the element of a header as most families write it, for documents of families without a table."""
    carrier = HEADER.get(part, part)
    return carrier.split()[0] if isinstance(carrier, str) else part


def written(elements: Sequence[Step]) -> str:
    """Return elements as a path; with numbers where they are stated."""
    return "/".join(name if number is None else f"{name}[{number}]" for name, number in elements)
