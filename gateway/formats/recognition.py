"""How documents of described formats are recognised, and which descriptions contradict each other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import msgspec

from esmp.findings import DocumentRefused
from esmp.parsing import root_tag
from gateway.domain.document import DocumentKind
from gateway.domain.json_text import without_mark
from gateway.formats.content import JsonContent, unescaped
from gateway.formats.descriptions import Form, RecogniseTable
from mappings import bid_csv
from mappings.csv_table import column_names

CANONICAL_KIND: Final = "/kind"
"""By this member canonical JSON names its kind."""

ROOT: Final = "root"
"""The mark of XML: the tag of its root."""


@dataclass(frozen=True, slots=True)
class Marks:
    """By what documents of a format are recognised.

    Attributes:
        wanted: places that a document must have, each with the only value that it may have there, None: any.
        media_types: one of these a document must come as; none: any of its form.
    """

    form: Form
    wanted: Mapping[str, str | None]
    media_types: frozenset[str] = frozenset()

    @classmethod
    def of(cls, form: Form, table: RecogniseTable) -> "Marks":
        """The marks that a description names."""
        wanted: dict[str, str | None]
        if form is Form.XML:
            wanted = {ROOT: f"{{{table.namespace}}}{table.root}" if table.namespace else table.root}
        elif form is Form.JSON:
            wanted = {**dict.fromkeys(table.keys), **{key: str(value) for key, value in table.values.items()}}
        else:
            wanted = dict.fromkeys(table.columns)
        return cls(form, wanted, frozenset(table.media_types))

    @property
    def weight(self) -> int:
        """The more marks, the more specific."""
        return len(self.wanted) + bool(self.media_types)

    def match(self, seen: "Seen") -> bool:
        """Whether a document has all marks."""
        if seen.form is not self.form or (self.media_types and seen.content_type not in self.media_types):
            return False
        return all(
            place in seen.marks and value in (None, seen.marks[place]) for place, value in self.wanted.items()
        )

    def refine(self, other: "Marks") -> bool:
        """Whether it wants all that the other wants, and more."""
        types_too = not other.media_types or (self.media_types and self.media_types <= other.media_types)
        return (
            bool(types_too)
            and self.weight > other.weight
            and all(
                place in self.wanted and value in (None, self.wanted[place])
                for place, value in other.wanted.items()
            )
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a document is looked at to recognise it."""

    form: Form
    content_type: str
    marks: Mapping[str, str]


def seen_in(payload: bytes, content_type: str, form: Form, places: Sequence[str]) -> Seen | None:
    """What a document has at the places that any format of its form wants; None: it cannot be read so far."""
    if form is Form.XML:
        try:
            tag = root_tag(payload)
        except DocumentRefused:
            return None
        return Seen(form, content_type, {ROOT: tag})
    if form is Form.CSV:
        return Seen(form, content_type, dict.fromkeys(column_names(payload), ""))
    content = _json_content(payload, {place.split("/")[1] for place in places})
    if content is None:
        return None
    marks = {
        place: "" if value.text is None else value.text for place in places for value in content.values(place)
    }
    return Seen(form, content_type, marks)


def _json_content(payload: bytes, needed: Collection[str]) -> JsonContent | None:
    """Members at the top of a JSON text; None: it is none, or the canonical form of a document of ours."""
    try:
        members = msgspec.json.decode(without_mark(payload), type=dict[str, msgspec.Raw])
        kind = members.get(CANONICAL_KIND[1:])
        if kind is not None and _is_canonical(msgspec.json.decode(kind)):
            return None
        return JsonContent(
            {name: msgspec.json.decode(members[name]) for name in map(unescaped, needed) if name in members}
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_canonical(kind: Any) -> bool:
    return isinstance(kind, str) and kind in set(DocumentKind)


def contradictions(marks: Mapping[str, Marks]) -> Iterator[tuple[str, str]]:
    """Formats with the marks of another one, or of documents of ours, and of which."""
    for (one, first), (other, second) in combinations(marks.items(), 2):
        if first == second:
            yield other, f"{one} is recognised by the same: name a mark that only one of them has"
    for name, each in marks.items():
        if each.form is Form.CSV and set(each.wanted) <= set(bid_csv.COLUMNS):
            yield name, "a table of bids could be one of it: name a column that bids have not"
        elif each.form is Form.JSON and each.wanted.get(CANONICAL_KIND) in set(DocumentKind):
            yield name, f"{each.wanted[CANONICAL_KIND]} is the canonical JSON of a document of ours"
