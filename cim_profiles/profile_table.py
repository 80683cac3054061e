"""The profile table `grid.profile`: per class and attribute the type, the unit and the profile."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

TEXT: Final = "text"
BOOL: Final = "bool"
ENUM: Final = "enum"
REFERENCE: Final = "->"
PLAIN: Final = (TEXT, BOOL, ENUM, REFERENCE)
"""Types that are no unit."""


class ProfileTableError(ValueError):
    """The profile table cannot be read; the message starts with its line."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: the class that declares it, name, type (a unit, or one of `PLAIN`), CGMES profile."""

    owner: str
    name: str
    kind: str
    profile: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class: its parent ("" for none) and the attributes that it declares itself."""

    name: str
    parent: str
    own: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """Classes by name, parents first, and the range of each unit."""

    classes: dict[str, Class]
    units: dict[str, tuple[float, float]]

    def attributes(self, name: str) -> dict[str, Attribute]:
        """All attributes of a class with those it inherits, by name."""
        found: dict[str, Attribute] = {}
        while name:
            found = {each.name: each for each in self.classes[name].own} | found
            name = self.classes[name].parent
        return found


@cache
def profile_table() -> ProfileTable:
    """The table of this package.

    Raises:
        ProfileTableError: a row that makes no sense.
    """
    return read_table(resources.files("cim_profiles").joinpath("grid.profile").read_text("utf-8"))


def read_table(text: str) -> ProfileTable:
    """Read a table; see `grid.profile` for its form.

    Raises:
        ProfileTableError: a row that makes no sense.
    """
    units: dict[str, tuple[float, float]] = {}
    classes: dict[str, Class] = {}
    name = ""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "unit" and len(words) == 4:
            units[words[1]] = (float(words[2]), float(words[3]))
        elif not line[0].isspace():
            name, parent = words[0], words[2] if len(words) == 3 else ""
            if name in classes or (parent and parent not in classes):
                raise ProfileTableError(f"{number}: {name} is there twice, or before its parent")
            classes[name] = Class(name, parent, ())
        elif len(words) == 3 and name and (words[1] in PLAIN or words[1] in units):
            known = classes[name]
            attribute = Attribute(name, *words)
            classes[name] = Class(name, known.parent, (*known.own, attribute))
        else:
            raise ProfileTableError(f"{number}: {line.strip()!r} is no attribute")
    return ProfileTable(classes, units)
