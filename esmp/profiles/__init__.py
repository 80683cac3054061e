"""Document profiles: one table per family holds all its versions; this module finds them.

A table (`*.profile`) lists, class by class and in document order, each element with its cardinality, its type
and the versions it belongs to, e.g. `7.4..` from 7.4 on, `..7.1` up to 7.1, nothing for all. What families
share, data types and small classes, is in `datatypes.profile`.
"""

from functools import cache
from importlib import resources

from esmp.profiles.model import Attribute, DataType, Element, Family, Profile
from esmp.profiles.reading import profiles_of, read_table

__all__ = [
    "Attribute",
    "DataType",
    "Element",
    "Family",
    "Profile",
    "UnknownVersion",
    "profile",
    "profiles",
    "versions",
]

SHARED_TABLE = "datatypes.profile"


class UnknownVersion(LookupError):  # noqa: N818  (the field's term, not a class of error)
    """This family has no such version; the message lists those it has."""


@cache
def _catalogue() -> dict[tuple[str, str], Profile]:
    folder = resources.files(__name__)
    shared = read_table(folder / SHARED_TABLE)
    files = sorted(f.name for f in folder.iterdir() if f.name.endswith(".profile") and f.name != SHARED_TABLE)
    found = (p for name in files for p in profiles_of(read_table(folder / name), shared))
    return {(p.family, p.version): p for p in found}


def profiles() -> tuple[Profile, ...]:
    """Return every profile, family by family in alphabetical order, versions in the order of their table."""
    return tuple(_catalogue().values())


def versions(family: Family) -> tuple[str, ...]:
    """Return the versions of a family in the order of its table, oldest first."""
    return tuple(version for known, version in _catalogue() if known == family)


def profile(family: Family, version: str) -> Profile:
    """Return the profile of one version.

    Raises UnknownVersion, naming the versions there are.
    """
    try:
        return _catalogue()[family, version]
    except KeyError:
        known = ", ".join(versions(family))
        raise UnknownVersion(f"{family} has no version {version!r} here; there are {known}") from None
