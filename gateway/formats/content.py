"""Content of documents: the values at a described place, each with its place in the document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from lxml import etree

from gateway.formats.descriptions import ANY_ROOT
from mappings.csv_table import Row


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and where it stands: a path, a pointer or a column; and the line, where there are lines.

    Attributes:
        text: None: what stands there is no single value (an object, a list, true, a fraction).
    """

    text: str | None
    path: str
    line: int | None = None


class Content(Protocol):
    """A document that could be read, valid or not."""

    def values(self, place: str) -> Iterator[Value]:
        """Every value at a place, in order."""


@dataclass(frozen=True, slots=True)
class XmlContent:
    """A tree; names count without their namespaces, which the schema has judged."""

    root: etree._Element

    def values(self, place: str) -> Iterator[Value]:
        """See `Content`."""
        first, *steps = place.strip("/").split("/")
        if first not in (ANY_ROOT, etree.QName(self.root).localname):
            return
        attribute = steps.pop()[1:] if steps and steps[-1].startswith("@") else None
        found: Sequence[etree._Element] = [self.root]
        for step in steps:
            found = [
                child
                for each in found
                for child in each.iterchildren("*")
                if etree.QName(child).localname == step
            ]
        for each in found:
            text: str | None
            if attribute is not None:
                named = {etree.QName(name).localname: value for name, value in each.attrib.items()}
                if attribute not in named:
                    continue
                text = str(named[attribute])
            else:
                text = None if len(each) else each.text or ""
            line = cast("int | None", each.sourceline)
            yield Value(None if text is None else text.strip(), place, line)


def unescaped(step: str) -> str:
    """The name of a member from a step of a JSON pointer (RFC 6901)."""
    return step.replace("~1", "/").replace("~0", "~")


@dataclass(frozen=True, slots=True)
class JsonContent:
    """A value of JSON."""

    value: Any = field(repr=False)

    def values(self, place: str) -> Iterator[Value]:
        """See `Content`."""
        here = self.value
        for step in place.split("/")[1:]:
            name = unescaped(step)
            if isinstance(here, dict) and name in here:
                here = here[name]
            elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
                here = here[int(name)]
            else:
                return
        if here is None:
            return
        is_one = isinstance(here, str | int) and not isinstance(here, bool)
        yield Value(str(here) if is_one else None, place)


@dataclass(frozen=True, slots=True)
class CsvContent:
    """Rows of a table; what every row repeats is one value."""

    rows: Sequence[Row]

    def values(self, place: str) -> Iterator[Value]:
        """See `Content`."""
        seen: set[str] = set()
        for row in self.rows:
            cell = row.cells.get(place, "")
            if cell and cell not in seen:
                seen.add(cell)
                yield Value(cell, place, row.line)
