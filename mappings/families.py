"""The mapped families by kind: a table, and the two functions between a record and its canonical document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Final

from esmp.profiles import Family, Profile, profile, versions
from gateway.domain.document import CanonicalDocument, DocumentKind
from mappings import (
    acknowledgement,
    activation,
    bid_availability,
    merit_order_list,
    planned_resource_schedule,
    reserve_allocation_result,
    reserve_bid,
    resource_mapping,
    status_request,
)
from mappings.element_plan import Plan, Record, Table, plan_of
from mappings.mapping_context import ReadingContext, WritingContext
from mappings.xml_writer import Default


class UnmappedFamilyError(LookupError):
    """Documents of this family are validated and routed, but have no place in the canonical model."""


@dataclass(frozen=True, slots=True)
class FamilyMapping:
    """How documents of one family become canonical and leave again.

    Attributes:
        document_of_bytes: faster than from a tree, for families that come in bulk.
    """

    kind: DocumentKind
    table: Table
    document_of: Callable[[Record, ReadingContext], CanonicalDocument | None]
    record_of: Callable[[Any, WritingContext], Record]
    defaults: Mapping[str, Default] = field(default_factory=dict)
    document_of_bytes: Callable[[bytes, Profile, ReadingContext], CanonicalDocument | None] | None = None


def _mapping(module: ModuleType) -> FamilyMapping:
    return FamilyMapping(
        module.KIND,
        module.TABLE,
        module.document_of,
        module.record_of,
        getattr(module, "DEFAULTS", {}),
        getattr(module, "document_of_bytes", None),
    )


_MODULES: Final = (
    reserve_bid,
    acknowledgement,
    bid_availability,
    merit_order_list,
    activation,
    reserve_allocation_result,
    planned_resource_schedule,
    resource_mapping,
    status_request,
)
_MAPPINGS: Final = {module.KIND: _mapping(module) for module in _MODULES}


def mapped_kinds() -> tuple[DocumentKind, ...]:
    """Return the families that have a place in the canonical model."""
    return tuple(_MAPPINGS)


def mapping_of(family: str) -> FamilyMapping:
    """Return the mapping of a family.

    Raises:
        UnmappedFamilyError: it has none.
    """
    for kind, mapping in _MAPPINGS.items():
        if kind == family:
            return mapping
    known = ", ".join(_MAPPINGS)
    raise UnmappedFamilyError(f"{family} has no place in the canonical model; {known} have")


def added_plan(of: Profile) -> Plan:
    """Return the plan of a version that an operator added; an element of no field has no place in it.

    Raises:
        UnmappedFamilyError: the family has no place in the canonical model.
    """
    return plan_of(of, mapping_of(of.family).table, complete=False)


def versions_with(kind: DocumentKind, field: str) -> tuple[str, ...]:
    """Return the versions of a family whose time series have a field."""
    return tuple(
        version
        for version in versions(Family(kind.value))
        if (series := plan(kind, version).group("series")) is not None and field in series.fields
    )


@cache
def plan(kind: DocumentKind, version: str) -> Plan:
    """Return the plan of one version.

    Raises:
        esmp.profiles.UnknownVersion: the family has no such version.
        MappingTableError: an element of the version is that of no field.
    """
    return plan_of(profile(Family(kind.value), version), mapping_of(kind).table)
