"""Known departures from a schema that real senders make: accepted only by name, put right, and recorded."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from lxml import etree

from esmp.error_location import Offsets, Whereabouts
from esmp.findings import SchemaFinding, Stage
from esmp.profiles import Family, Profile


class UnknownTolerance(LookupError):  # noqa: N818  (the field's term, not a class of error)
    """No tolerance has this name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An element of a time series that senders write right behind `follows`, not where it belongs."""

    name: str
    family: Family
    version: str
    element: str
    follows: str


TOLERANCES = {
    tolerance.name: tolerance
    for tolerance in [
        # Nordic transmission system operators' own examples have it so; the schema wants it last.
        Tolerance(
            "nbm-inclusive-after-divisible",
            Family.RESERVE_BID,
            "NBM-7.2",
            "inclusiveBidsIdentification",
            "divisible",
        ),
    ]
}


def check_names(names: Collection[str]) -> None:
    """Raise UnknownTolerance for a name that no tolerance has."""
    unknown = sorted(set(names) - set(TOLERANCES))
    if unknown:
        raise UnknownTolerance(f"no tolerance {unknown[0]!r}; there are {', '.join(TOLERANCES)}")


def put_right(
    root: etree._Element, profile: Profile, names: Collection[str], offsets: Offsets
) -> tuple[SchemaFinding, ...]:
    """Move what the named tolerances forgive to its place; return what was moved, and where from."""
    moved: list[SchemaFinding] = []
    where = Whereabouts()
    for tolerance in (TOLERANCES[name] for name in sorted(names)):
        series = profile.series
        if series is None or (profile.family, profile.version) != (tolerance.family, tolerance.version):
            continue
        order = [element.name for element in profile.children(series.name)]
        behind = {f"{{{profile.namespace}}}{n}" for n in order[order.index(tolerance.element) + 1 :]}
        for parent in root.iterchildren(f"{{{profile.namespace}}}{series.name}"):
            element = parent.find(f"{{{profile.namespace}}}{tolerance.element}")
            if element is None or _name_before(element) != tolerance.follows:
                continue
            message = f"{tolerance.element} behind {tolerance.follows} accepted by tolerance {tolerance.name}"
            line = offsets.line(cast("int", element.sourceline), element)  # parsed, so it has one
            path = where.path(element, offsets)
            moved.append(SchemaFinding(Stage.SCHEMA, "tolerated", message, line, path, where.series(element)))
            later = next((child for child in parent if child.tag in behind), None)
            if later is None:
                parent.append(element)
            else:
                later.addprevious(element)
    return tuple(moved)


def _name_before(element: etree._Element) -> str:
    before = next(element.itersiblings(preceding=True), None)
    return "" if before is None else etree.QName(before).localname
