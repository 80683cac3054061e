"""Headers of models (IEC 61970-552): what a file is, and which other models it needs."""

from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from cim_profiles.findings import GridFileError, Place
from cim_profiles.names import CIM, DIFFERENCE, HEADER, RDF, plain_id, profile_name
from cim_profiles.sources import Source

_HEADERS: Final = (f"{HEADER} FullModel", f"{DIFFERENCE} DifferenceModel")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one file.

    Attributes:
        model: id of the model; "" if the file has no header.
        profiles: short names, such as EQ, SSH.
        edition: edition of CGMES, by the CIM namespace.
        depends_on: ids of the models it needs, with their places.
        supersedes: ids of the models it replaces; for a difference model: the model it changes.
        difference: whether it is a difference model.
    """

    source: Source
    model: str
    profiles: tuple[str, ...]
    edition: str
    depends_on: tuple[tuple[str, Place], ...]
    supersedes: tuple[tuple[str, Place], ...]
    difference: bool
    place: Place


class _Read(Exception):  # noqa: N818  (the end of a header, no error)
    """The header is read."""


class NotCimError(GridFileError):
    """XML, but no CIM RDF/XML."""


class _HeaderReader:
    """Reads until the end of the header, or of the first object in a file without one."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.depth = 0
        self.text = ""
        self.resource = ""
        self.edition = ""
        self.model = ""
        self.header = ""
        self.place = Place(source.name)
        self.values: list[tuple[str, str, Place]] = []

    def here(self) -> Place:
        return Place(self.source.name, self.parser.CurrentLineNumber)

    def _doctype(self, *_: object) -> None:
        raise GridFileError(self.here(), "no document type", "a document type declaration is never needed")

    def _namespace(self, _: str | None, uri: str) -> None:
        self.edition = CIM.get(uri, self.edition)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.depth == 0 and name != f"{RDF} RDF":
            raise NotCimError(
                self.here(), "CIM RDF/XML", f"the root is {name.rsplit(maxsplit=1)[-1]}, not rdf:RDF"
            )
        if self.depth == 1:
            if name not in _HEADERS:
                raise _Read
            self.header, self.place = name, self.here()
            self.model = plain_id(attributes.get(f"{RDF} about", ""))
        if self.depth == 2 and name.startswith(DIFFERENCE):
            raise _Read
        self.text, self.resource = "", attributes.get(f"{RDF} resource", "")
        self.depth += 1

    def _text(self, data: str) -> None:
        self.text += data

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self.depth == 2 and name.startswith(HEADER):
            self.values.append(
                (name.rsplit(".", maxsplit=1)[-1], (self.resource or self.text).strip(), self.here())
            )
        if self.depth == 1:
            raise _Read


def read_header(source: Source) -> Header:
    """Read the header of a file.

    Raises:
        NotCimError: other XML.
        GridFileError: no well-formed XML, or no namespace of CIM.
    """
    reader = _HeaderReader(source)
    try:
        with source.opened() as stream:
            reader.parser.ParseFile(stream)
    except _Read:
        pass
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, GridFileError):
            raise
        raise malformed(source, error) from error
    if not reader.edition:
        known = ", ".join(CIM)
        raise NotCimError(
            reader.here(), "known namespace", f"no CIM namespace is declared; known are {known}"
        )
    of = {
        name: tuple((plain_id(value), place) for known, value, place in reader.values if known == name)
        for name in ("DependentOn", "Supersedes")
    }
    return Header(
        source,
        reader.model,
        tuple(dict.fromkeys(profile_name(value) for name, value, _ in reader.values if name == "profile")),
        reader.edition,
        of["DependentOn"],
        of["Supersedes"],
        reader.header == _HEADERS[1],
        reader.place,
    )


def malformed(source: Source, error: Exception) -> GridFileError:
    """The error of a file that is no well-formed XML."""
    line = getattr(error, "lineno", 0)
    return GridFileError(Place(source.name, line), "well-formed XML", str(error).split(": line")[0])
