"""All formats of a gateway: the market documents of tables and added sets, and those of descriptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

import esmp.schema_sets
from esmp.catalogue import Catalogue, own_catalogue
from gateway.formats.described import Format
from gateway.formats.descriptions import Form
from gateway.formats.faults import FormatsRefused
from gateway.formats.format_sets import described_in
from gateway.formats.recognition import ROOT, Marks, seen_in

XML_TYPES = frozenset({"application/xml", "text/xml"})
JSON_TYPE = "application/json"
CSV_TYPE = "text/csv"


def form_of(content_type: str) -> Form | None:
    """What documents of a media type are; None: of a type that no document has."""
    if content_type in XML_TYPES or content_type.endswith("+xml"):
        return Form.XML
    if content_type == JSON_TYPE or content_type.endswith("+json"):
        return Form.JSON
    return Form.CSV if content_type == CSV_TYPE else None


@dataclass(frozen=True, slots=True)
class Formats:
    """What documents may be.

    Attributes:
        esmp: the market documents that are known.
        described: formats that descriptions define, by kind.
    """

    esmp: Catalogue = field(default_factory=own_catalogue)
    described: Mapping[str, Format] = field(default_factory=dict)
    _by_form: Mapping[Form, tuple[Sequence[tuple[Marks, Format]], Sequence[str]]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_form = {}
        for form in {each.form for each in self.described.values()}:
            formats = [(each.marks, each) for each in self.described.values() if each.form is form]
            places = sorted({place for marks, _ in formats for place in marks.wanted})
            by_form[form] = formats, places
        object.__setattr__(self, "_by_form", by_form)

    @classmethod
    def read(cls, store: Path) -> "Formats":
        """All formats of a store; one that does not exist has none but our own.

        Raises:
            FormatsRefused: a description in the store cannot be read, or defines what is defined already.
            SchemaSetRefused: a schema set in the store cannot be read.
        """
        market = esmp.schema_sets.catalogue(store)
        return cls(market, described_in(store, market))

    def candidates(self, payload: bytes, content_type: str) -> Sequence[Format]:
        """The described format of a document; none: it is of none, several: it has the marks of each, and no
        format is the more specific one."""
        if not self._by_form:
            return ()
        form = form_of(content_type)
        if form is None or form not in self._by_form:
            return ()
        formats, places = self._by_form[form]
        seen = seen_in(payload, content_type, form, places)
        found = [] if seen is None else [each for each in formats if each[0].match(seen)]
        return [each for marks, each in found if not any(other.refine(marks) for other, _ in found)]

    def versions(self) -> Mapping[str, Sequence[str]]:
        """The versions of every kind of document."""
        found: dict[str, list[str]] = {}
        for profile in self.esmp.profiles():
            found.setdefault(str(profile.family), []).append(profile.version)
        for kind, each in self.described.items():
            found[kind] = [each.version]
        return found

    @property
    def unacknowledged(self) -> frozenset[str]:
        """Kinds of documents that no Acknowledgement answers."""
        return frozenset(kind for kind, each in self.described.items() if not each.is_acknowledged)

    def of_other_version(self, payload: bytes, content_type: str) -> str | None:
        """Why an XML document of no format is none, where its root has the name of a described one's: its
        namespace is another; None: it has no such name."""
        if Form.XML not in self._by_form or form_of(content_type) is not Form.XML:
            return None
        seen = seen_in(payload, content_type, Form.XML, ())
        tag = etree.QName("unread" if seen is None else seen.marks[ROOT])
        known = [each for _, each in self._by_form[Form.XML][0] if each.table.recognise.root == tag.localname]
        if not known:
            return None
        versions = ", ".join(
            f"{each.kind} {each.version} ({each.table.recognise.namespace})" for each in known
        )
        where = f"namespace {(tag.namespace or '')[:200]!r}"
        return f"{tag.localname[:100]} in {where} is no version we know; we know {versions}"

    def prepare(self) -> None:
        """Compile every schema before the first document comes.

        Raises:
            FormatsRefused: one makes no sense; it was changed since it was added.
        """
        for each in self.described.values():
            each.prepare()


def formats_in(store: Path) -> tuple[Formats, Sequence[str]]:
    """All formats of a store; where one of its sets cannot be read, our own alone, and why."""
    try:
        return Formats.read(store), ()
    except FormatsRefused as refused:
        return Formats(), refused.faults
    except esmp.schema_sets.SchemaSetRefused as refused:
        return Formats(), (str(refused),)
