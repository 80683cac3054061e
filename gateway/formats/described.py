"""Described formats: a description and its schema, by which documents are recognised, judged and answered."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree

from esmp.error_messages import clipped
from esmp.findings import DocumentLimits, DocumentRefused, SchemaFinding
from esmp.parsing import check_size
from gateway.formats.descriptions import Answer, AnswerTable, Form, FormatTable
from gateway.formats.faults import FormatsRefused
from gateway.formats.header import Header, header_in
from gateway.formats.json_schemas import JsonSchemas
from gateway.formats.recognition import Marks
from gateway.formats.tables import Tables
from gateway.formats.xml_schemas import XmlSchemas

CONTENT_TYPES: Final = {Form.XML: "application/xml", Form.JSON: "application/json", Form.CSV: "text/csv"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A document of a format: its header as far as it could be read, and what is wrong with it.

    Findings come from the schema first; those of the header follow where the schema found nothing.
    """

    header: Header
    findings: tuple[SchemaFinding, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a description defines.

    Attributes:
        kind: the name by which grants and routes know its documents.
        set_name: of the set that it belongs to.
        file: of the description, in the folder of the set.
    """

    kind: str
    set_name: str
    file: str
    table: FormatTable
    schemas: XmlSchemas | JsonSchemas | Tables = field(repr=False, compare=False)

    @classmethod
    def of(cls, kind: str, file: Path, table: FormatTable) -> "Format":
        """The format that a file in the folder of its set describes."""
        schemas: XmlSchemas | JsonSchemas | Tables
        if table.table is not None:
            schemas = Tables(kind, table.table)
        elif table.form is Form.XML:
            schemas = XmlSchemas(file.parent, table.schema_file or "")
        else:
            schemas = JsonSchemas(file.parent, table.schema_file or "")
        return cls(kind, file.parent.name, file.name, table, schemas)

    @property
    def version(self) -> str:
        """Its version."""
        return self.table.version

    @property
    def form(self) -> Form:
        """What its documents are."""
        return self.table.form

    @property
    def answer(self) -> AnswerTable:
        """What answers its documents."""
        return self.table.answer

    @property
    def is_acknowledged(self) -> bool:
        """Whether an Acknowledgement answers its documents."""
        return self.answer.by is Answer.ACKNOWLEDGEMENT

    @property
    def content_type(self) -> str:
        """The media type of its documents: its own first."""
        own = self.table.recognise.media_types
        return own[0] if own else CONTENT_TYPES[self.form]

    @property
    def marks(self) -> Marks:
        """By what its documents are recognised."""
        return Marks.of(self.form, self.table.recognise)

    @property
    def bounds(self) -> DocumentLimits:
        """How much of a document is looked at."""
        limits = self.table.limits
        return DocumentLimits(bytes=limits.bytes, tree=limits.bytes, findings=limits.findings)

    def read(self, payload: bytes) -> Reading:
        """Read and judge a document. Whatever is wrong with it is a finding."""
        try:
            check_size(len(payload), self.bounds)
        except DocumentRefused as refusal:
            return Reading(Header(), (refusal.finding,))
        content, found = self.schemas.read(payload, self.bounds)
        if content is None:
            return Reading(Header(), found)
        header, of_header = header_in(content, self.table.header)
        return Reading(header, found or of_header)

    def prepare(self) -> None:
        """Compile the schema before the first document comes.

        Raises:
            FormatsRefused: it makes no sense; see `faults`.
        """
        try:
            if isinstance(self.schemas, XmlSchemas):
                self.schemas.compiled()
            else:
                self.schemas.compile()
        except (etree.XMLSchemaParseError, OSError, ValueError) as error:
            where = f"{self.set_name}/{self.table.schema_file or self.file}"
            raise FormatsRefused([f"{where}: {clipped(str(error))}"]) from None

    def faults(self) -> list[str]:
        """Faults of its schema, and of what its description says of it; each with file and place."""
        places = self.table.header.places
        if isinstance(self.schemas, XmlSchemas):
            recognise = self.table.recognise
            found = self.schemas.faults(recognise.root or "", recognise.namespace, places)
        elif isinstance(self.schemas, JsonSchemas):
            found = self.schemas.faults(places)
        else:
            found = self.schemas.faults()
        return [self._named(fault) for fault in found]

    def _named(self, fault: str) -> str:
        """A fault of the description names it; one of a file of the set names that."""
        of_description = fault.startswith(("recognise.", "header.", "table.", "schema:"))
        return f"{self.file}: formats.{self.kind}.{fault}" if of_description else fault
