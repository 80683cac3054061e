"""Documents written plainly: what they are, and expressions for their elements made from a version's plan.

Plain is a document whose names are unprefixed and in the default namespace. Parts of it without
comments, processing instructions, CDATA and references have one reading only, and expressions find it.
"""

import re
from dataclasses import dataclass
from typing import Final

from esmp.profiles import Profile
from mappings.element_plan import Slot

_ROOT: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\s[^>]*?\?>\s*)?"
    rb"(?P<tag><(?P<name>[\w.]+)(?P<attributes>(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<&]*\"|'[^'<&]*'))*)\s*>)"
)
_ENCODING: Final = re.compile(rb"[^<]*<\?xml\s[^>]*?encoding\s*=\s*[\"']([\w-]+)[\"']")
_ENCODINGS: Final = {"utf-8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1"}


class NotPlainError(Exception):
    """Not written plainly: walk the tree."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A plain document around its series: header `data[:first]`, tail `data[last:]`.

    Attributes:
        encoding: Python's name; `declared` is the document's.
        start_tag: of the root, with all namespaces it declares; `header` is the byte behind it.
    """

    data: bytes
    first: int
    last: int
    encoding: str
    declared: str
    start_tag: bytes
    header: int
    end_tag: bytes

    def without_series(self) -> bytes:
        """Return header and tail as a document."""
        return self.data[: self.first] + self.data[self.last :]

    def only(self, start: int, end: int) -> bytes:
        """Return some of the series alone under a root."""
        declaration = f'<?xml version="1.0" encoding="{self.declared}"?>'.encode()
        return declaration + self.start_tag + self.data[start:end] + self.end_tag


def frame(data: bytes, profile: Profile) -> Frame:
    """Find where the series of a valid document begin and end.

    Raises:
        NotPlainError: prefixes, an encoding that does not write ASCII as such, or no series at all.
    """
    root, bulk = _ROOT.match(data), profile.series
    if root is None or bulk is None or root["name"] != profile.root.encode():
        raise NotPlainError
    series = bulk.name.encode()
    first, last = data.find(b"<" + series + b">", root.end()), data.rfind(b"</" + series + b">")
    namespace, attributes = profile.namespace.encode(), root["attributes"]
    unprefixed = b'xmlns="' + namespace + b'"' in attributes and attributes.count(namespace) == 1
    found = _ENCODING.match(data, 0, root.start("tag"))
    declared = "UTF-8" if found is None else found[1].decode()
    encoding = _ENCODINGS.get(declared.lower())
    if encoding is None or not unprefixed or first < 0 or last < first:
        raise NotPlainError
    end_tag = b"</" + root["name"] + b">"
    return Frame(data, first, last + len(series) + 3, encoding, declared, root["tag"], root.end(), end_tag)


def expression(slots: tuple[Slot, ...]) -> tuple[str, tuple[str, ...]]:
    """Return an expression for these elements in order, blanks around each, and the fields of its groups.

    Repeated classes are left out: where there is one, the expression does not match.
    """
    pattern, fields = "", []
    for slot in slots:
        if slot.plan is None:
            one, names = _leaf(slot), [slot.field or ""]
            if slot.attribute_field is not None:
                names.insert(0, slot.attribute_field)
        elif slot.field is None:
            inner, inner_names = expression(slot.plan.slots)
            one, names = rf"<{re.escape(slot.name)}>\s*{inner}</{re.escape(slot.name)}>\s*", list(inner_names)
        else:
            continue
        pattern += one if slot.required else f"(?:{one})?"
        fields += names
    return pattern, tuple(fields)


def _leaf(slot: Slot) -> str:
    name = re.escape(slot.name)
    attribute = "" if slot.attribute is None else f' {slot.attribute}="([^"<&\\s]+)"'
    content = r"[^<&\s]+" if slot.collapse else r"[^<&\r]+"
    return rf"<{name}{attribute}>({content})</{name}>\s*"
