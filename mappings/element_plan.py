"""From a family's table to a plan for one version: which element holds which canonical field.

A table names, field by field, the elements that hold it in any version; the version's profile decides which
of them exists, and in what order. A path may lead through elements (`status/value`) and end at an attribute
(`mRID/@codingScheme`). A `Group` is a class that may be repeated: a list of records.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from esmp.profiles import DataType, Element, Profile

Record = dict[str, Any]
"""Canonical field → its text, or for a group the list of its records."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupColumns:
    """Rows of a group by column: the value of a field in each of N rows, None where it has none.

    Attributes:
        texts: by field, N each.
    """

    texts: Mapping[str, Sequence[str | None]]

    def __len__(self) -> int:
        return len(next(iter(self.texts.values())))

    def __iter__(self) -> Iterator[Record]:
        for values in zip(*self.texts.values(), strict=True):
            yield dict(zip(self.texts, values, strict=True))


@dataclass(frozen=True, slots=True)
class Group:
    """A repeated class: the elements that hold it in any version, and the table of its fields."""

    path: str
    fields: "Table"


Table = Mapping[str, str | Group]


class MappingTableError(ValueError):
    """A family's table and a version's profile do not fit together."""


@dataclass(frozen=True, eq=False)
class Slot:
    """One element of a class in one version.

    Attributes:
        field: canonical field of a leaf or group; None for a class whose fields are its parent's.
        attribute, attribute_field, attribute_type: of the leaf's attribute, if its type has one.
        plan: of an element with children.
    """

    name: str
    required: bool
    repeated: bool = False
    field: str | None = None
    type: DataType | None = None
    attribute: str | None = None
    attribute_field: str | None = None
    attribute_type: DataType | None = None
    plan: "Plan | None" = None

    @cached_property
    def decimal(self) -> bool:
        """Whether the value is a decimal number without an attribute."""
        return self.type is not None and self.type.base == "xs:decimal" and self.attribute is None

    @cached_property
    def collapse(self) -> bool:
        """Whether white space around the value means nothing."""
        return self.type is not None and self.type.base != "xs:string"


@dataclass(frozen=True, eq=False)
class Plan:
    """One class of one version: its elements in document order.

    Attributes:
        fields: canonical fields that this version has at this place, those inside plain classes included.
        by_tag: slots by the tag lxml gives their element.
    """

    slots: tuple[Slot, ...]
    by_tag: Mapping[str, Slot] = field(repr=False)
    fields: frozenset[str] = frozenset()

    @cached_property
    def is_flat(self) -> bool:
        """Whether it has nothing but plain values."""
        return all(slot.plan is None for slot in self.slots)

    def group(self, name: str) -> "Plan | None":
        """Return the plan of a group, None where this version has no such group."""
        for slot in self.slots:
            if slot.plan is not None:
                found = slot.plan if slot.field == name else None if slot.field else slot.plan.group(name)
                if found is not None:
                    return found
        return None

    def place(self, name: str) -> str | None:
        """Return the element path of a field, without indices; None where there is none."""
        for slot in self.slots:
            if slot.field == name:
                return slot.name
            if slot.attribute_field == name:
                return f"{slot.name}/@{slot.attribute}"
            if slot.plan is not None and slot.field is None:
                inner = slot.plan.place(name)
                if inner is not None:
                    return f"{slot.name}/{inner}"
        return None

    def demands(self, name: str) -> bool:
        """Whether this version's documents are invalid without this field."""
        for slot in self.slots:
            if slot.field == name:
                return slot.required
            if slot.plan is not None and slot.field is None and name in slot.plan.fields:
                return slot.required and slot.plan.demands(name)
        return False

    def locate(self, canonical: str) -> str:
        """Turn a canonical place, `series[2]/reasons[1]/text`, into the element path of this version.

        Steps that this version does not have stay as they are.
        """
        plan: Plan | None = self
        steps = []
        for step in canonical.split("/"):
            name, bracket, index = step.partition("[")
            place = plan.place(name) if plan is not None else None
            steps.append((place or name) + bracket + index)
            plan = plan.group(name) if plan is not None else None
        return "/".join(steps)


def plan_of(profile: Profile, table: Table, *, complete: bool = True) -> Plan:
    """Return the plan of a document's root class.

    An element of no field of the table is left out of a plan that need not be `complete`: a reader
    reports it, and nothing is written there. Otherwise raises MappingTableError: nothing may be lost unseen.
    """
    return _class_plan(profile, profile.classes[profile.root_class], table, "", complete)


def _class_plan(
    profile: Profile, elements: tuple[Element, ...], table: Table, prefix: str, complete: bool
) -> Plan:
    slots = []
    for element in elements:
        try:
            slots.append(_slot(profile, element, table, prefix, complete))
        except MappingTableError:
            if complete or element.required:
                raise
    fields: set[str] = set()
    for slot in slots:
        fields.update(name for name in (slot.field, slot.attribute_field) if name)
        if slot.plan is not None and slot.field is None:
            fields |= slot.plan.fields
    by_tag = {f"{{{profile.namespace}}}{slot.name}": slot for slot in slots}
    return Plan(tuple(slots), by_tag, frozenset(fields))


def _slot(profile: Profile, element: Element, table: Table, prefix: str, complete: bool) -> Slot:
    path = prefix + element.name
    children = profile.classes.get(element.type)
    if children is None:
        data_type = profile.types.get(element.type)
        named = _field_at(table, path)
        if named is None:
            raise MappingTableError(f"{profile.family} {profile.version}: no field carries {path}")
        data_type = data_type or DataType(element.type, element.type)
        if data_type.attribute is None:
            return Slot(element.name, element.required, field=named, type=data_type)
        attribute = data_type.attribute
        return Slot(
            element.name,
            element.required,
            field=named,
            type=data_type,
            attribute=attribute.name,
            attribute_field=_field_at(table, f"{path}/@{attribute.name}"),
            attribute_type=DataType(attribute.code_list, attribute.code_list),
        )
    for name, carrier in table.items():
        if isinstance(carrier, Group) and path in carrier.path.split():
            plan = _class_plan(profile, children, carrier.fields, "", complete)
            return Slot(element.name, element.required, element.repeated, name, plan=plan)
    if element.repeated:
        raise MappingTableError(
            f"{profile.family} {profile.version}: {path} is repeated and no group of its table"
        )
    return Slot(
        element.name, element.required, plan=_class_plan(profile, children, table, f"{path}/", complete)
    )


def _field_at(table: Table, path: str) -> str | None:
    return next(
        (name for name, carrier in table.items() if isinstance(carrier, str) and path in carrier.split()),
        None,
    )
