"""Difference models (IEC 61970-552): what a model loses and gains, applied to columns.

Every statement of the reverse differences must hold in the base, else the base is another one. Statements are
(object, class or "" for rdf:Description, attribute, value).
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from cim_profiles.bindings import CLASSES
from cim_profiles.collecting import Collector, Column, Rows
from cim_profiles.findings import GridFileError, Place
from cim_profiles.headers import malformed
from cim_profiles.names import CIM, DIFFERENCE, EXTENSIONS, RDF, plain_id
from cim_profiles.sources import Source


@dataclass(frozen=True, slots=True)
class Statement:
    """One attribute of one object; attribute and value are "" for the existence of the object itself."""

    place: Place
    object_id: str
    class_name: str
    tag: str = ""
    value: str = ""


@dataclass(slots=True)
class Difference:
    """Statements that a base loses (`reverse`) and gains (`forward`)."""

    reverse: list[Statement] = field(default_factory=list)
    forward: list[Statement] = field(default_factory=list)

    def undone(self) -> "Difference":
        """The difference from the changed model back to its base."""
        return Difference(self.forward, self.reverse)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.found = Difference()
        self.into: list[Statement] | None = None
        self.path: list[str] = []
        self.object = ("", "")
        self.text = ""
        self.resource: str | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _here(self) -> Place:
        return Place(self.source.name, self.parser.CurrentLineNumber)

    def _doctype(self, *_: object) -> None:
        raise GridFileError(self._here(), "no document type", "a document type declaration is never needed")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        if len(self.path) == 3:
            sections = {"forwardDifferences": self.found.forward, "reverseDifferences": self.found.reverse}
            self.into = sections.get(tag.rpartition(" ")[2]) if tag.startswith(DIFFERENCE) else None
        elif len(self.path) == 4 and self.into is not None:
            written = attributes.get(f"{RDF} about") or attributes.get(f"{RDF} ID")
            if not written:
                raise GridFileError(self._here(), "an object has an id", "neither rdf:ID nor rdf:about")
            name = "" if tag == f"{RDF} Description" else tag.rpartition(" ")[2]
            self.object = (plain_id(written), name)
            self.into.append(Statement(self._here(), *self.object))
        self.text, self.resource = "", attributes.get(f"{RDF} resource")

    def _data(self, more: str) -> None:
        self.text += more

    def _end(self, tag: str) -> None:
        if len(self.path) == 5 and self.into is not None:
            value = self.text if self.resource is None else self.resource
            self.into.append(Statement(self._here(), *self.object, tag, value.strip()))
        self.path.pop()


def read_difference(source: Source) -> Difference:
    """Read a difference model.

    Raises:
        GridFileError: what is wrong, with line and rule.
    """
    reader = _Reader(source)
    try:
        with source.opened() as stream:
            reader.parser.ParseFile(stream)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, GridFileError):
            raise
        raise malformed(source, error) from error
    return reader.found


def apply_difference(difference: Difference, collector: Collector) -> None:
    """Change the collected objects of the base.

    Raises:
        GridFileError: a statement to be removed does not hold in the base, an object to be changed is not
            there, a value is of the wrong type.
    """
    file = len(collector.files)
    if difference.reverse or difference.forward:
        collector.files.append((difference.reverse or difference.forward)[0].place.file)
    for each in difference.reverse:
        if each.tag and (found := _target(collector, each)) is not None:
            _remove(collector, each, *found)
    kept = {each.object_id for each in difference.forward}
    for each in difference.reverse:
        if not each.tag and each.class_name in CLASSES and each.object_id not in kept:
            _remove_object(collector, each)
    for each in difference.forward:
        if not each.tag:
            if each.class_name in CLASSES and _rows_with(collector, each) is None:
                rows = collector.rows_of(each.class_name)
                number = collector.ids.setdefault(each.object_id, len(collector.ids))
                collector.row(rows, number, None, (file, each.place.line), defines=True)
                collector.counts[each.class_name] = collector.counts.get(each.class_name, 0) + 1
        elif (found := _target(collector, each)) is not None:
            rows, column = found
            column.rows.append(rows.row_of[collector.ids[each.object_id]])
            column.values.append(_value(each, column))


def _rows_with(collector: Collector, statement: Statement) -> Rows | None:
    number = collector.ids.get(statement.object_id, -1)
    return next((rows for rows in collector.classes.values() if number in rows.row_of), None)


def _target(collector: Collector, statement: Statement) -> tuple[Rows, Column] | None:
    """Rows and column of a statement; None if its class or attribute is not read."""
    namespace, _, local = statement.tag.rpartition(" ")
    if statement.class_name and statement.class_name not in CLASSES:
        return None
    rows = _rows_with(collector, statement)
    if rows is None:
        if not statement.class_name and local.partition(".")[0] not in CLASSES:
            return None  # an object of a class that is not read
        raise GridFileError(
            statement.place, "difference base", f"object {statement.object_id} is not in the base"
        )
    known = namespace in CIM or namespace in EXTENSIONS
    column = collector.column_of(rows, statement.tag) if known else None
    return None if column is None else (rows, column)


def _value(statement: Statement, column: Column) -> object:
    try:
        return column.convert(statement.value)
    except (ValueError, KeyError):
        name = statement.tag.rpartition(" ")[2]
        kind = "true or false" if column.attribute.kind == "bool" else "a number"
        raise GridFileError(statement.place, kind, f"{name} is {statement.value!r}, not {kind}") from None


def _remove(collector: Collector, statement: Statement, rows: Rows, column: Column) -> None:
    row = rows.row_of[collector.ids[statement.object_id]]
    value = _value(statement, column)
    at = [place for place, known in enumerate(column.rows) if known == row and column.values[place] == value]
    if not at:
        raise GridFileError(
            statement.place,
            "difference base",
            f"{statement.tag.rpartition(' ')[2]} of {statement.object_id} is not {statement.value!r} there",
        )
    for place in reversed(at):
        del column.rows[place]
        del column.values[place]


def _remove_object(collector: Collector, statement: Statement) -> None:
    """Take an object out with all that is known of it."""
    rows = _rows_with(collector, statement)
    if rows is None or rows.name != statement.class_name:
        raise GridFileError(
            statement.place, "difference base", f"object {statement.object_id} is not in the base"
        )
    rows.remove(collector.ids[statement.object_id])
    collector.counts[statement.class_name] -= 1
