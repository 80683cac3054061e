"""XML Schemas of a format: files of its set that include and import each other, and the verdict of libxml2.

Whatever a schema refers to is a file beside it. Nothing is ever fetched from elsewhere.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree

from esmp.error_location import Offsets, schema_findings
from esmp.findings import DocumentLimits, DocumentRefused, SchemaFinding, Stage
from esmp.libxml2_errors import complaints
from esmp.parsing import SAFE, check_limits, root_tag, syntax_refused
from gateway.formats.content import XmlContent
from gateway.formats.descriptions import ANY_ROOT

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_REFERENCES: Final = tuple(_XS + name for name in ("include", "import", "redefine"))
_CODES: Final = "of the schema"

# libxml2 sets up its built-in types at the first compilation, and its loader of files is one for all threads.
_compiling: Final = threading.Lock()

_PROBED: Final = 400
"""Characters of the texts on which a pattern is tried."""
_NO_MATCH: Final = "\u00ac"


class XmlSchemas:
    """The XML Schema of a format in the folder of its set.

    Args:
        name: of the file that defines the root, below the folder.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._judging = threading.Lock()
        self._compiled: etree.XMLSchema | None = None

    def read(
        self, data: bytes, limits: DocumentLimits
    ) -> tuple[XmlContent | None, tuple[SchemaFinding, ...]]:
        """The content of a document, and what its schema finds in it."""
        try:
            check_limits(data, limits)
            root_tag(data)  # excludes a DOCTYPE
            try:
                root = etree.fromstring(data, etree.XMLParser(**SAFE))
            except etree.XMLSyntaxError as error:
                raise syntax_refused(error) from None
        except DocumentRefused as refusal:
            return None, (refusal.finding,)
        with self._judging:  # a compiled schema holds the errors of its last validation
            try:
                errors = complaints(self.compiled(), root, data, limits.findings)
            except etree.XMLSchemaValidateError:
                text = "a value is too long to be compared with the pattern of its type"
                return XmlContent(root), (SchemaFinding(Stage.SCHEMA, "invalid-value", text),)
        found = schema_findings(errors, root, _CODES, limits.findings, Offsets(), data=data) if errors else ()
        return XmlContent(root), found

    def compiled(self) -> etree.XMLSchema:
        """The compiled schema.

        Raises:
            lxml.etree.XMLSchemaParseError: it makes no sense.
        """
        if self._compiled is None:
            with _compiling:
                self._compiled = etree.XMLSchema(file=str(self._folder / self._name))
        return self._compiled

    def faults(self, root: str, namespace: str, places: dict[str, str]) -> Iterator[str]:
        """Faults that show before a document comes, each with its file and line, or the key of a description.

        Args:
            root, namespace: of the documents.
            places: paths in them, by the key of the description.
        """
        walk = _Walk(self._folder)
        walk.read(self._folder / self._name)
        if walk.faults:
            yield from walk.faults
            return
        try:
            self.compiled()
        except etree.XMLSchemaParseError as error:
            yield f"{self._name}: {error}"
            return
        if (namespace, root) not in walk.roots:
            there = ", ".join(sorted(name for _, name in walk.roots)) or "none"
            yield f"recognise.root: {self._name} has no {root!r} in namespace {namespace!r}; it has {there}"
        for key, place in places.items():
            for step in place.removeprefix(f"/{ANY_ROOT}").strip("/").split("/"):
                if step.removeprefix("@") not in walk.names:
                    yield f"header.{key}: no schema of the set declares {step!r}"


class _Walk:
    """All files that a schema refers to, read once each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._done: set[Path] = set()
        self._open: list[Path] = []
        self.faults: list[str] = []
        self.roots: set[tuple[str, str]] = set()
        self.names: set[str] = set()

    def read(self, file: Path) -> None:
        name = file.resolve().relative_to(self._folder)
        self._done.add(file.resolve())
        try:
            data = file.read_bytes()
            root_tag(data)
            schema = etree.fromstring(data, etree.XMLParser(**SAFE))
        except OSError as error:
            self.faults.append(f"{name}: {error.strerror}")
            return
        except (etree.XMLSyntaxError, DocumentRefused) as error:
            finding = (error if isinstance(error, DocumentRefused) else syntax_refused(error)).finding
            line = f"line {finding.line}: " if finding.line else ""
            self.faults.append(f"{name}: {line}{finding.message}")
            return
        if schema.tag != f"{_XS}schema":
            self.faults.append(f"{name}: no XML Schema")
            return
        namespace = schema.get("targetNamespace", "")
        self.roots |= {(namespace, one.get("name", "")) for one in schema.iterchildren(f"{_XS}element")}
        for one in schema.iter(f"{_XS}element", f"{_XS}attribute"):
            self.names.add(one.get("name") or one.get("ref", "").rpartition(":")[2])
        self.faults += _pattern_faults(name, schema)
        self._open.append(file.resolve())
        for reference in schema.iterchildren(*_REFERENCES):
            if (location := reference.get("schemaLocation")) is not None:
                self._follow(file, f"{name}: line {reference.sourceline}", location)
        self._open.pop()

    def _follow(self, file: Path, place: str, location: str) -> None:
        if urlsplit(location).scheme or location.startswith("/"):
            self.faults.append(f"{place}: {location}: nothing is fetched; put the file beside this one")
            return
        target = (file.parent / location).resolve()
        if not target.is_relative_to(self._folder):
            self.faults.append(f"{place}: {location} is outside of the set")
        elif target in self._open:
            circle = " → ".join(each.name for each in [*self._open[self._open.index(target) :], target])
            self.faults.append(f"{place}: a circle of files that include each other: {circle}")
        elif not target.is_file():
            self.faults.append(f"{place}: there is no file {location}")
        elif target not in self._done:
            self.read(target)


def _pattern_faults(name: Path, schema: etree._Element) -> Iterator[str]:
    """Patterns that libxml2 gives up on, and those that are none: tried on texts that almost match.

    Its matcher goes back and tries again; after ten million steps it ends with an error, and a document with
    such a value could be neither accepted nor refused.
    """
    for facet in schema.iter(f"{_XS}pattern"):
        pattern = facet.get("value", "")
        try:
            judge = _judge_of(pattern)
        except etree.XMLSchemaParseError:
            yield f"{name}: line {facet.sourceline}: {pattern!r} is no pattern"
            continue
        for text in _almost(pattern):
            probe = etree.Element("value")
            probe.text = text
            try:
                judge.validate(probe)
            except etree.XMLSchemaValidateError:
                yield (
                    f"{name}: line {facet.sourceline}: the pattern {pattern!r} can be matched in too many "
                    f"ways to judge a text of {_PROBED} characters"
                )
                break


def _judge_of(pattern: str) -> etree.XMLSchema:
    schema: Any = etree.Element(f"{_XS}schema")
    element = etree.SubElement(schema, f"{_XS}element", name="value")
    kind = etree.SubElement(element, f"{_XS}simpleType")
    restriction = etree.SubElement(kind, f"{_XS}restriction", base="xs:string", nsmap={"xs": _XS[1:-1]})
    etree.SubElement(restriction, f"{_XS}pattern", value=pattern)
    with _compiling:
        return etree.XMLSchema(schema)


def _almost(pattern: str) -> Sequence[str]:
    """Long texts of characters that a pattern names or classes of it contain, with an end that none has."""
    characters = {each for each in pattern if each.isalnum()} | set("aA0- ._:/")
    return [each * _PROBED + _NO_MATCH for each in sorted(characters)]
