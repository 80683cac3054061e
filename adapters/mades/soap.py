"""SOAP 1.2 envelopes: requests as bytes, answers as trees with their attachments (MTOM)."""

import base64
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from lxml import etree
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from adapters.kit.http.client import CallError, HttpAnswer
from esmp.findings import DocumentRefused
from esmp.parsing import root_tag

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
CONTENT_TYPE: Final = "application/soap+xml; charset=utf-8"
_INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
_MULTIPART: Final = "multipart/related"

Value = str | bool | bytes | Mapping[str, "Value"]
"""Bytes become base64, a mapping the elements below."""


def envelope(namespace: str, name: str, values: Mapping[str, Value], *, qualified: bool) -> bytes:
    """The request `name` with its values.

    Raises:
        ValueError: a value has characters that XML cannot express.
    """
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "m": namespace})
    request = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{namespace}}}{name}")
    _fill(request, values, f"{{{namespace}}}" if qualified else "")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(element: etree._Element, values: Mapping[str, Value], prefix: str) -> None:
    for name, value in values.items():
        child = etree.SubElement(element, prefix + name)
        if isinstance(value, Mapping):
            _fill(child, value, prefix)
        elif isinstance(value, bytes):
            child.text = base64.b64encode(value).decode("ascii")
        else:
            child.text = str(value).lower() if isinstance(value, bool) else value


class Reply:
    """An answer of a service: one element with its values, and attachments.

    Elements are found by name alone; in which namespace they are depends on the installation.

    Args:
        complete: whether the answer came to its end.
    """

    def __init__(self, element: etree._Element, attachments: Mapping[str, bytes], *, complete: bool) -> None:
        self._element = element
        self._attachments = attachments
        self.complete = complete

    @property
    def name(self) -> str:
        """Of the element."""
        return etree.QName(self._element).localname

    def child(self, name: str) -> "Reply | None":
        """The first element of this name below, `*` for any name; None without one."""
        found = self._element.find("*" if name == "*" else f"{{*}}{name}")
        return None if found is None else Reply(found, self._attachments, complete=self.complete)

    def text(self, *names: str) -> str | None:
        """The text of the first of these elements that has any."""
        found = ((self._element.findtext(f"{{*}}{name}") or "").strip() for name in names)
        return next((text for text in found if text), None)

    def content(self, name: str) -> bytes:
        """The bytes of an element, in place or attached; empty without such an element.

        Raises:
            ValueError: they are not there, or no base64.
        """
        element = self._element.find(f"{{*}}{name}")
        if element is None:
            return b""
        include = element.find(_INCLUDE)
        if include is not None:
            attached = self._attachments.get(unquote(include.get("href", "").removeprefix("cid:")))
            if attached is None:
                raise ValueError(f"what {name} includes is not attached")
            return attached
        try:
            return base64.b64decode("".join((element.text or "").split()), validate=True)
        except ValueError as error:
            raise ValueError(f"{name} is no base64") from error


def reply_of(answer: HttpAnswer) -> Reply:
    """The content of the body of an answer, a fault included; of one that was cut, as much as there is.

    Raises:
        CallError: it is no SOAP envelope.
    """
    root, attachments = _parts(answer) if answer.content_type == _MULTIPART else (answer.body, {})
    try:
        root_tag(root)  # refuses a DOCTYPE, so that nothing is ever expanded
        # The size is bounded already; texts of more than 10 MB are what this service is for.
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,
            recover=not answer.complete,
        )
        tree = etree.fromstring(root, parser)
    except (DocumentRefused, etree.XMLSyntaxError) as error:
        raise CallError(f"answered {answer.status} without a SOAP envelope") from error
    body = tree.find(f"{{{SOAP}}}Body")
    if body is None or not len(body):
        raise CallError(f"answered {answer.status} without a SOAP body")
    return Reply(body[0], attachments, complete=answer.complete)


def _parts(answer: HttpAnswer) -> tuple[bytes, Mapping[str, bytes]]:
    """The root part of a multipart answer, and what is attached to it by Content-ID."""
    _, parameters = parse_options_header(answer.headers.get("content-type"))
    boundary, start = parameters.get(b"boundary"), parameters.get(b"start", b"").decode("latin-1")
    if not boundary:
        raise CallError("a multipart answer without a boundary")
    parts = _Parts(boundary)
    try:
        parts.feed(answer.body)
    except MultipartParseError as error:
        raise CallError("a multipart answer that cannot be read") from error
    if not parts.found:
        raise CallError("a multipart answer without any part")
    named = [(headers.get("content-id", "").strip("<> "), b"".join(data)) for headers, data in parts.found]
    root = next((data for name, data in named if name and name == start.strip("<> ")), named[0][1])
    return root, {name: data for name, data in named if name and data is not root}


class _Parts:
    """Headers and bytes of every part."""

    def __init__(self, boundary: bytes) -> None:
        self.found: list[tuple[dict[str, str], Sequence[bytes]]] = []
        self._name: list[bytes] = []
        self._value: list[bytes] = []
        self._data: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._name.append(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.append(data[start:end]),
                "on_header_end": self._header,
                "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
            },
        )

    def feed(self, data: bytes) -> None:
        self._parser.write(data)

    def _begin(self) -> None:
        self._data = []
        self.found.append(({}, self._data))

    def _header(self) -> None:
        name, value = (b"".join(parts).decode("latin-1") for parts in (self._name, self._value))
        self.found[-1][0][name.strip().lower()] = value.strip()
        self._name.clear()
        self._value.clear()
