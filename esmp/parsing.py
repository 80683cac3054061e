"""Bytes → tree, with nothing in it that could reach out, expand or grow without bound.

A DOCTYPE is refused as soon as it is seen, so no entity is ever declared, let alone expanded. The encoding is
the one the document declares.
"""

import re
import threading
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from esmp.findings import DocumentLimits, DocumentRefused, SchemaFinding, Stage
from esmp.splitting import is_flat

_PROLOG_BYTES: Final = 2**20
_CHUNK: Final = 1024
_BLOCK: Final = 2**18
SAFE: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
_PLAIN_START: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)?
    (?:<\?xml\ version=(?:"1\.0"|'1\.0')(?:\ encoding=(?:"(?:UTF|utf)-8"|'(?:UTF|utf)-8'))?\ ?\?>)?
    [ \t\r\n]{0,100}
    <(?P<name>[A-Za-z][\w.-]*)\ xmlns="(?P<namespace>[\w:./#-]+)"
    (?:[ \t\r\n]+xmlns:xsi="http://www\.w3\.org/2001/XMLSchema-instance"
       (?:[ \t\r\n]+xsi:schemaLocation="[\w:./#\ \t\r\n-]*")?)?>""",
    re.VERBOSE,
)
"""How nearly all documents start: in these bytes no parser can see anything but a root start tag."""
_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"(\xb5/\xfd": "zstandard",
}
_PLACE_IN_TEXT: Final = re.compile(r", line \d+, column \d+\Z")
_PARSER_LIMITS: Final = frozenset({etree.ErrorTypes.ERR_NAME_TOO_LONG, etree.ErrorTypes.ERR_RESOURCE_LIMIT})


class _RootSeenError(Exception):
    pass


class _DoctypeSeenError(Exception):
    pass


class Nothing:
    """A parser target that stores nothing."""

    def close(self) -> None:
        """Return nothing."""


class _Prolog:
    """A parser target that stops at the first thing that matters."""

    tag = ""

    def doctype(self, *_: str | None) -> None:
        raise _DoctypeSeenError

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        self.tag = tag
        raise _RootSeenError

    def close(self) -> None:
        pass


def _feeder(target: Any) -> etree.XMLParser:
    return etree.XMLParser(target=target, **SAFE)


_parsers: Final = threading.local()


def _parser(*, remove_blank_text: bool) -> etree.XMLParser:
    """Return a parser of this thread's own: to set one up costs a tenth of parsing a small document."""
    known: dict[bool, etree.XMLParser] = _parsers.__dict__.setdefault("known", {})
    if remove_blank_text not in known:
        known[remove_blank_text] = etree.XMLParser(remove_blank_text=remove_blank_text, **SAFE)
    return known[remove_blank_text]


def root_tag(data: bytes) -> str:
    """Return the root element's tag, `{namespace}name`, having read no further than its start tag.

    Raises DocumentRefused for a DOCTYPE, a prolog of more than a mebibyte, and what is not XML.
    """
    if plain := _PLAIN_START.match(data):
        return f"{{{plain['namespace'].decode()}}}{plain['name'].decode()}"
    target = _Prolog()
    feeder = _feeder(target)
    try:
        for start in range(0, min(len(data), _PROLOG_BYTES), _CHUNK):
            feeder.feed(data[start : start + _CHUNK])
        if len(data) > _PROLOG_BYTES:
            raise refused("prolog-too-long", f"no root element within the first {_PROLOG_BYTES} bytes")
        feeder.close()
    except _RootSeenError:
        return target.tag
    except _DoctypeSeenError:
        raise refused("doctype", "a DOCTYPE is never accepted: send the document without it") from None
    except etree.XMLSyntaxError as error:
        raise syntax_refused(error) from None
    raise refused("not-xml", "there is no root element")


def plain_start(data: bytes) -> int | None:
    """Return where the root's start tag ends in a document that starts as nearly all do; None otherwise."""
    plain = _PLAIN_START.match(data)
    return None if plain is None else plain.end()


def parse(data: bytes) -> etree._Element:
    """Return the root of the document's tree, where possible without the blanks between elements.

    They mean nothing to a schema, but make up half of the nodes. libxml2 knows them from the text of an
    element only where only tags and references are between text, and lines end in one character.

    Raises DocumentRefused when it is not well-formed or exceeds the parser's own bounds. Call `root_tag`
    first: it excludes a DOCTYPE.
    """
    blanks_are_layout = b"\r" not in data and is_flat(data)
    try:
        root = etree.fromstring(data, _parser(remove_blank_text=blanks_are_layout))
    except etree.XMLSyntaxError as error:
        raise syntax_refused(error) from None
    if root.getroottree().docinfo.internalDTD is not None:  # never, by root_tag; checked again for safety
        raise refused("doctype", "a DOCTYPE is never accepted")
    return root


def check_limits(data: bytes, limits: DocumentLimits) -> None:
    """Refuse, before any parsing, what is empty, compressed or larger than we are ready to look at.

    Raises DocumentRefused.
    """
    if not data:
        raise refused("empty", "the document is empty")
    for magic, name in _PACKED.items():
        if data.startswith(magic):
            raise refused("compressed", f"this is {name} data, not XML: send the document itself")
    check_size(len(data), limits)
    position = 0
    while position + limits.text < len(data):
        bracket = data.rfind(b"<", position, position + limits.text + 1)
        if bracket < position:
            line = data.count(b"\n", 0, position) + 1
            raise refused("text-too-long", f"a tag or text of more than {limits.text} bytes", line)
        position = bracket + 1


def check_size(size: int, limits: DocumentLimits | None = None) -> None:
    """Refuse a document for its size alone, which a file or a transport states before anything is read.

    Raises DocumentRefused.
    """
    most = (limits or DocumentLimits()).bytes
    if size > most:
        raise refused("too-large", f"{size} bytes, more than the {most} allowed")


def check_tree_size(size: int, limits: DocumentLimits) -> None:
    """Refuse to hold more bytes than allowed as one tree.

    Raises DocumentRefused.
    """
    if size > limits.tree:
        raise refused(
            "part-too-large", f"{size:,} bytes outside the time series; up to {limits.tree:,} are allowed"
        )


def check_well_formed(data: bytes) -> None:
    """Read the complete document without storing any of it.

    Raises DocumentRefused.
    """
    feeder = _feeder(Nothing())
    try:
        for start in range(0, len(data), _BLOCK):
            feeder.feed(data[start : start + _BLOCK])
        feeder.close()
    except etree.XMLSyntaxError as error:
        raise syntax_refused(error) from None


def syntax_refused(error: etree.XMLSyntaxError) -> DocumentRefused:
    """Return libxml2's complaint as a refusal."""
    too_much = getattr(error, "code", 0) in _PARSER_LIMITS
    text = _PLACE_IN_TEXT.sub("", (error.msg or "").replace(", use XML_PARSE_HUGE option", ""))
    what = "more XML than is read" if too_much else "not well-formed XML"
    line, column = error.position
    code = "parser-limit" if too_much else "not-well-formed"
    return refused(code, f"{what}: {text}"[:300] if text else what, line or None, column if line else None)


def refused(code: str, message: str, line: int | None = None, column: int | None = None) -> DocumentRefused:
    """Return a refusal before or at parsing."""
    return DocumentRefused(SchemaFinding(Stage.WELL_FORMED, code, message, line, column=column))
