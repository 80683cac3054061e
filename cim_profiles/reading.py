"""One pass over a file: objects and attributes of the profile table go into columns.

expat reads as a stream, so a set needs the memory of its columns, and every object has its line.
"""

from xml.parsers import expat

from cim_profiles.bindings import CLASSES
from cim_profiles.collecting import Collector, Column, Rows
from cim_profiles.findings import GridFileError, Place
from cim_profiles.headers import malformed
from cim_profiles.names import CIM, EXTENSIONS, HEADER, RDF
from cim_profiles.sources import Source

_ID = f"{RDF} ID"
_ABOUT = f"{RDF} about"
_RESOURCE = f"{RDF} resource"


def read_file(source: Source, into: Collector, interned: dict[str, str]) -> None:
    """Read the objects of a full model.

    Args:
        source: the file.
        into: where its objects go.
        interned: names that expat shares between files.

    Raises:
        GridFileError: what is wrong, with line and rule.
    """
    reader = _Reader(source, into, interned)
    try:
        with source.opened() as stream:
            reader.parser.ParseFile(stream)
    except GridFileError:
        raise
    except (expat.ExpatError, ValueError, LookupError, EOFError) as error:
        raise malformed(source, error) from error
    for tag, count in reader.tally.items():
        namespace, _, name = tag.rpartition(" ")
        if namespace != HEADER:
            into.counts[name] = into.counts.get(name, 0) + count


class _Reader:
    def __init__(self, source: Source, into: Collector, interned: dict[str, str]) -> None:
        self.source, self.into = source, into
        self.file = len(into.files)
        into.files.append(source.name)
        self.tally: dict[str, int] = {}
        self.parser = expat.ParserCreate(None, " ", interned)
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._install()

    def here(self) -> Place:
        return Place(self.source.name, self.parser.CurrentLineNumber)

    def _doctype(self, *_: object) -> None:
        raise self._error("no document type", "a document type declaration is never needed")

    def _install(self) -> None:  # noqa: C901, PLR0915
        """Handlers as closures: they run once for every element, and attribute access would double that."""
        parser, into = self.parser, self.into
        depth = 0
        classes: dict[str, Rows | None] = {}
        tally = self.tally
        numbers, id_number = into.numbers, into.id_number
        rows: Rows | None = None
        by_tag: dict[str, Column | None] = {}
        row = 0
        column: Column | None = None
        text: str | None = None

        def start(tag: str, attributes: list[str]) -> None:
            nonlocal depth, rows, by_tag, row, column, text
            if depth == 2:
                if rows is not None:
                    try:
                        column = by_tag[tag]
                    except KeyError:
                        column = into.column_of(rows, tag)
                    if column is not None:
                        if column.is_resource:
                            if len(attributes) != 2 or attributes[0] != _RESOURCE or not attributes[1]:
                                raise self._error(
                                    "a reference has an rdf:resource", f"{_local(tag)} has none"
                                )
                            value = attributes[1]
                            column.values.append(
                                numbers[value] if value in numbers else column.convert(value)
                            )
                            column.rows.append(row)
                            column = None
                        else:
                            text = ""
                            parser.CharacterDataHandler = data
            elif depth == 1:
                try:
                    rows = classes[tag]
                    tally[tag] += 1
                except KeyError:
                    rows = classes[tag] = self._class(tag)
                    tally[tag] = 1
                if rows is not None:
                    by_tag = rows.by_tag
                    written = self._id(attributes, rows)
                    number = numbers[written] if written in numbers else id_number(written)
                    known = rows.row_of.get(number)
                    place = (self.file, parser.CurrentLineNumber)
                    row = into.row(rows, number, known, place, defines=attributes[0] == _ID)
            elif column is not None:
                raise self._error("a value is text", f"{_local(tag)} inside of a value")
            depth += 1

        def data(more: str) -> None:
            nonlocal text
            text = more if not text else text + more

        def end(tag: str) -> None:
            nonlocal depth, column, text
            depth -= 1
            if column is not None and depth == 2:
                try:
                    value = column.convert(text or "")
                except (ValueError, KeyError):
                    kind = "true or false" if column.attribute.kind == "bool" else "a number"
                    raise self._error(kind, f"{_local(tag)} is {text!r}, not {kind}") from None
                column.rows.append(row)
                column.values.append(value)
                column, text = None, None
                parser.CharacterDataHandler = None

        parser.StartElementHandler = start
        parser.EndElementHandler = end

    def _error(self, rule: str, detail: str) -> GridFileError:
        return GridFileError(self.here(), rule, detail)

    def _class(self, tag: str) -> Rows | None:
        """Rows of a class, None if the class is not read."""
        namespace, _, name = tag.rpartition(" ")
        if namespace in CIM or namespace in EXTENSIONS:
            return self.into.rows_of(name) if name in CLASSES else None
        if name in CLASSES:
            raise self._error("known namespace", f"{name} is in namespace {namespace}")
        return None

    def _id(self, attributes: list[str], rows: Rows) -> str:
        if len(attributes) == 2 and attributes[0] in (_ID, _ABOUT) and attributes[1]:
            return attributes[1]
        raise self._error("an object has one id", f"{rows.name} has neither rdf:ID nor rdf:about, or both")


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]
