"""Bytes → tree, with nothing in it that could reach out, expand or grow without bound.

A DOCTYPE is refused as soon as it is seen, so no entity is ever declared, let alone expanded. The encoding is
the one the document declares.
"""

from collections.abc import Mapping
from typing import Final

from lxml import etree

from esmp.findings import DocumentRefused, Finding, Limits, Stage

_PROLOG_BYTES: Final = 2**20
_CHUNK: Final = 1024
_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"(\xb5/\xfd": "zstandard",
}
_PARSER_LIMITS: Final = frozenset({etree.ErrorTypes.ERR_NAME_TOO_LONG, etree.ErrorTypes.ERR_RESOURCE_LIMIT})


class _RootSeenError(Exception):
    pass


class _DoctypeSeenError(Exception):
    pass


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


def parser() -> etree.XMLParser:
    """Return a parser that loads nothing, expands nothing and keeps libxml2's own bounds."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def root_tag(data: bytes) -> str:
    """Return the root element's tag, `{namespace}name`, having read no further than its start tag.

    Raises DocumentRefused for a DOCTYPE, a prolog of more than a mebibyte, and what is not XML.
    """
    target = _Prolog()
    feeder = etree.XMLParser(
        target=target,  # type: ignore[arg-type]  # the stubs ask for callbacks that lxml does not
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        for start in range(0, min(len(data), _PROLOG_BYTES), _CHUNK):
            feeder.feed(data[start : start + _CHUNK])
        if len(data) > _PROLOG_BYTES:
            raise _refused("prolog-too-long", f"no root element within the first {_PROLOG_BYTES} bytes")
        feeder.close()
    except _RootSeenError:
        return target.tag
    except _DoctypeSeenError:
        raise _refused("doctype", "a DOCTYPE is never accepted: send the document without it") from None
    except etree.XMLSyntaxError as error:
        raise syntax_refused(error) from None
    raise _refused("not-xml", "there is no root element")


def parse(data: bytes) -> etree._Element:
    """Return the root of the document's tree.

    Raises DocumentRefused when it is not well-formed or exceeds the parser's own bounds. Call `root_tag`
    first: it is what keeps a DOCTYPE out.
    """
    try:
        root = etree.fromstring(data, parser())
    except etree.XMLSyntaxError as error:
        raise syntax_refused(error) from None
    return root


def check_limits(data: bytes, limits: Limits) -> None:
    """Refuse, before any parsing, what is empty, compressed or larger than we are ready to look at.

    Raises DocumentRefused. Markup is counted by `<` and `=`, which can only overestimate it.
    """
    if not data:
        raise _refused("empty", "the document is empty")
    for magic, name in _PACKED.items():
        if data.startswith(magic):
            raise _refused("compressed", f"this is {name} data, not XML: send the document itself")
    if len(data) > limits.bytes:
        raise _refused("too-large", f"{len(data)} bytes, more than the {limits.bytes} allowed")
    if data.count(b"<") + data.count(b"=") > limits.markup:
        raise _refused("too-much-markup", f"more than {limits.markup} tags and attributes")
    position = 0
    while position + limits.text < len(data):
        bracket = data.rfind(b"<", position, position + limits.text + 1)
        if bracket < position:
            line = data.count(b"\n", 0, position) + 1
            raise _refused("text-too-long", f"a tag or text of more than {limits.text} bytes", line)
        position = bracket + 1


def syntax_refused(error: etree.XMLSyntaxError) -> DocumentRefused:
    """Return libxml2's complaint as a refusal."""
    code = "parser-limit" if getattr(error, "code", 0) in _PARSER_LIMITS else "not-well-formed"
    message = (error.msg or "not well-formed").replace(", use XML_PARSE_HUGE option", "")
    return _refused(code, message[:300], error.lineno or None)


def _refused(code: str, message: str, line: int | None = None) -> DocumentRefused:
    return DocumentRefused(Finding(Stage.WELL_FORMED, code, message, line))
