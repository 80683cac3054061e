"""The content of a profile table, for one version of one document family."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Family(StrEnum):
    """The document families with a table, by the name in their tables and reports."""

    ACKNOWLEDGEMENT = "Acknowledgement"
    ACTIVATION = "Activation"
    BID_AVAILABILITY = "BidAvailability"
    CONSTRAINT_NETWORK_ELEMENT = "ConstraintNetworkElement"
    ENERGY_ACCOUNT = "EnergyAccount"
    HISTORICAL_ACTIVATION = "HistoricalActivation"
    MERIT_ORDER_LIST = "MeritOrderList"
    PLANNED_RESOURCE_SCHEDULE = "PlannedResourceSchedule"
    PROBLEM_STATEMENT = "ProblemStatement"
    REDISPATCH = "Redispatch"
    RESERVE_ALLOCATION_RESULT = "ReserveAllocationResult"
    RESERVE_BID = "ReserveBid"
    RESOURCE_MAPPING = "ResourceMapping"
    STATUS_REQUEST = "StatusRequest"


@dataclass(frozen=True, slots=True)
class Element:
    """A child element of a class: its name, the type or class of its content, and how often it may occur."""

    name: str
    type: str
    cardinality: str
    """`1` once, `?` at most once, `*` any number, `+` at least once; `1..31` in a few published schemas."""

    @property
    def required(self) -> bool:
        """Whether a document without this element is invalid."""
        return self.cardinality[0] in "1+"

    @property
    def repeated(self) -> bool:
        """Whether the element may occur any number of times in a row."""
        return self.cardinality in "*+"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a data type, filled from a code list."""

    name: str
    code_list: str
    required: bool
    fixed: str | None = None
    """The one code it may have, if there is only one."""


@dataclass(frozen=True, slots=True)
class DataType:
    """The content of an element without children.

    `base` is a built-in type of XML Schema (`xs:…`) or the name of a code list.
    """

    name: str
    base: str
    facets: tuple[tuple[str, str], ...] = ()
    attribute: Attribute | None = None

    @property
    def code_list(self) -> str | None:
        """The code list the value comes from, if it is a code."""
        return None if self.base.startswith("xs:") else self.base


@dataclass(frozen=True, eq=False)
class Profile:
    """One version of one family: its classes in order of first use, root class first, and data types."""

    family: str
    """One of Family for the profiles of our tables."""
    version: str
    namespace: str
    root: str
    root_class: str
    classes: Mapping[str, tuple[Element, ...]]
    types: Mapping[str, DataType]
    verified: bool = True
    """Whether it was compared with a published schema; else it is from generated classes only."""

    @cached_property
    def series(self) -> Element | None:
        """The document's first repeated time series element, its bulk; None for families without series."""
        children = self.classes[self.root_class]
        return next((e for e in children if e.repeated and e.name.endswith("TimeSeries")), None)

    def children(self, *path: str) -> tuple[Element, ...]:
        """Return, in document order, the elements allowed below `path` (element names from below the root).

        `profile.children("Bid_TimeSeries", "Period")` lists interval, resolution and points. A leaf has none.
        Raises LookupError, naming the step, when the profile has no such element.
        """
        current = self.classes[self.root_class]
        for step in path:
            element = next((e for e in current if e.name == step), None)
            if element is None:
                raise LookupError(
                    f"{self.family} {self.version} has no element {step!r} in {'/'.join(path)!r}"
                )
            current = self.classes.get(element.type, ())
        return current

    def code_lists(self) -> frozenset[str]:
        """Return the names of all code lists that values or attributes of this profile come from."""
        values = {t.code_list for t in self.types.values() if t.code_list}
        return frozenset(values | {t.attribute.code_list for t in self.types.values() if t.attribute})

    def code_lists_of(self, name: str) -> frozenset[str]:
        """Return the code lists that values of an element or attribute of this name come from."""
        used = {one.type for children in self.classes.values() for one in children if one.name == name}
        values = {t.code_list for key, t in self.types.items() if key in used and t.code_list}
        attributes = {
            t.attribute.code_list for t in self.types.values() if t.attribute and t.attribute.name == name
        }
        return frozenset(values | attributes)
