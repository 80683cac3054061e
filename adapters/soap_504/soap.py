"""SOAP 1.1 and 1.2 envelopes around messages.

A message is signed as a document of its own, before it is put into an envelope. It is therefore cut out of
the envelope byte for byte, and gets back the namespaces it uses of those declared on the envelope, no
others: its signature is checked over what its signer saw. Some sign when the message is in the envelope
already, so it is used with every namespace around it too. Nothing else of the envelope is ever used.
"""

import re
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from adapters.soap_504.addressing import ADDRESSING, UNDERSTOOD, Addressing, addressing_of, answer_headers
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.messages import fault_message

_BETWEEN: Final = "}"
_TRUE: Final = ("1", "true")
MOST_ELEMENTS: Final = 250_000
"""In one message: a tree needs many times the memory of its text, and several are made to verify it."""

_OURS: Final = frozenset(
    {
        "",
        "http://schemas.xmlsoap.org/soap/actor/next",
        "http://www.w3.org/2003/05/soap-envelope/role/next",
        "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
    }
)
"""Roles of a header that is for the receiver of the message, or for every intermediary."""

_TAG: Final = re.compile(rb"<[^\s/>]+")
_LONGEST_HEADER: Final = 4096
_BODY_DEPTH: Final = 2
_MESSAGE_DEPTH: Final = 3


class Soap(Enum):
    """A version of SOAP: its namespace, media type and who is declared at fault."""

    V1_1 = ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml", "Client", "Server")
    V1_2 = ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml", "Sender", "Receiver")

    def __init__(self, namespace: str, media_type: str, sender: str, receiver: str) -> None:
        self.namespace = namespace
        self.media_type = media_type
        self.sender = sender
        self.receiver = receiver


Namespaces = dict[str | None, str]
"""By their prefixes; None is the default one, "" no namespace."""


class _Cut:
    """Finds the one element in the body of an envelope, and the namespaces that hold around it."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(encoding="utf-8", namespace_separator=_BETWEEN)
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.version: Soap | None = None
        self.begins = self.ends = 0
        self._declared: list[Namespaces] = [{}, {}, {}]  # by envelope, body and message
        self._depth = 0
        self._in_body = False
        self._elements = 0
        self._headers: list[tuple[str, str]] = []
        self._in_address = False

    def addressing(self) -> Addressing | None:
        """The headers of WS-Addressing. Raises FaultError."""
        return addressing_of(self._headers)

    def missing(self) -> Namespaces:
        """Namespaces that are declared around the message and not by itself."""
        envelope, body, message = self._declared
        return {prefix: uri for prefix, uri in (envelope | body).items() if prefix not in message}

    def _doctype(self, *_: object) -> None:
        raise FaultError(Code.NO_SOAP, "a DOCTYPE is never accepted")

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            raise FaultError(Code.NO_SOAP, "send UTF-8")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if not self.begins and self._depth < len(self._declared):
            self._declared[self._depth][prefix] = uri or ""

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _MESSAGE_DEPTH:
            if self.parser.CharacterDataHandler is not None:
                self._in_address = name == f"{ADDRESSING}{_BETWEEN}Address"
            self._elements += 1
            if self._elements > MOST_ELEMENTS:
                raise FaultError(
                    Code.PUT_TOO_LARGE, f"more than {MOST_ELEMENTS:,} elements come as Compressed"
                )
            return
        if self._depth == 1:
            known = {f"{each.namespace}{_BETWEEN}Envelope": each for each in Soap}
            self.version = known.get(name)
            if self.version is None:
                other = name.endswith(f"{_BETWEEN}Envelope")
                raise FaultError(
                    Code.NO_SOAP,
                    "the root element is no Envelope of SOAP 1.1 or 1.2",
                    soap_code="VersionMismatch" if other else None,
                )
        assert self.version is not None  # noqa: S101  (the root element came before)
        if self._depth == _BODY_DEPTH:
            self._in_body = name == f"{self.version.namespace}{_BETWEEN}Body"
        elif self._depth == _MESSAGE_DEPTH and self._in_body:
            if self.begins:
                raise FaultError(Code.NO_SOAP, "the body holds more than one element")
            self.begins = self.parser.CurrentByteIndex
        elif self._depth == _MESSAGE_DEPTH:
            self._header(name, attributes, self.version)

    def _header(self, name: str, attributes: Mapping[str, str], version: Soap) -> None:
        namespace, _, local = name.rpartition(_BETWEEN)
        if namespace == ADDRESSING and local in UNDERSTOOD:
            self._headers.append((local, ""))
            self._in_address = not local.endswith(("ReplyTo", "FaultTo", "From"))
            self.parser.CharacterDataHandler = self._text
        elif _must_be_understood(attributes, version):
            raise FaultError(
                Code.NO_SOAP,
                f"the SOAP header {local[:100]} must be understood, and is not supported",
                soap_code="MustUnderstand",
            )

    def _text(self, text: str) -> None:
        name, before = self._headers[-1]
        if self._in_address and len(before) <= _LONGEST_HEADER:
            self._headers[-1] = name, before + text

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._depth < _MESSAGE_DEPTH:
            self.parser.CharacterDataHandler = None
        if self._depth > _BODY_DEPTH:
            return
        if self._depth == _BODY_DEPTH and self._in_body:
            self.ends = self.parser.CurrentByteIndex
        elif not self.begins:  # what headers declare does not hold for the body
            for declared in self._declared[self._depth :]:
                declared.clear()


def _must_be_understood(attributes: Mapping[str, str], version: Soap) -> bool:
    """Whether a header is for us and may not be passed over (SOAP 1.1, 4.2; SOAP 1.2 part 1, 2.2 and 5.2)."""
    named = "actor" if version is Soap.V1_1 else "role"
    whose = attributes.get(f"{version.namespace}{_BETWEEN}{named}", "").strip()
    obliges = attributes.get(f"{version.namespace}{_BETWEEN}mustUnderstand", "").strip() in _TRUE
    return obliges and whose in _OURS


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """Content of an envelope.

    Attributes:
        message: as a document of its own, with the namespaces of the envelope that it uses.
        root: the same, parsed.
        in_envelope: with all namespaces of the envelope; None where these are the same.
        addressing: its headers of WS-Addressing; None without any.
    """

    version: Soap
    message: bytes = field(repr=False)
    root: etree._Element = field(repr=False)
    in_envelope: bytes | None = field(default=None, repr=False)
    addressing: Addressing | None = None


def unwrap(data: bytes) -> Unwrapped:
    """The version of an envelope, and the message in its body.

    Raises:
        FaultError: it is no SOAP envelope in UTF-8 with one element in its body, or that has too many parts.
    """
    cut = _Cut()
    try:
        cut.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FaultError(Code.NO_SOAP, f"not well-formed: {error}") from None
    if cut.version is None or not data.startswith(b"</", cut.ends):
        raise FaultError(Code.NO_SOAP, "there is no message in the body")
    message = data[cut.begins : data.index(b">", cut.ends) + 1]
    around = cut.missing()
    try:
        used = _used(message, around)
        alone = _with_namespaces(message, used)
        root = parsed(alone)
    except (etree.XMLSyntaxError, expat.ExpatError) as error:
        raise FaultError(Code.NO_SOAP, f"the message cannot be read: {error}") from None
    in_envelope = None if used == around else _with_namespaces(message, around)
    return Unwrapped(cut.version, alone, root, in_envelope, cut.addressing())


def parsed(document: bytes) -> etree._Element:
    """A tree with nothing in it that could reach out or grow without bound; DOCTYPEs are refused before.

    Raises:
        lxml.etree.XMLSyntaxError: not well-formed, or beyond the bounds of the parser.
    """
    return etree.fromstring(document, safe_parser())


def safe_parser() -> etree.XMLParser:
    """A parser that resolves nothing, loads nothing and enforces its bounds."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _used(message: bytes, around: Namespaces) -> Namespaces:
    """The namespaces around a message that names in it need, because nothing in it declares them."""
    possible = {prefix for prefix in around if prefix is None or f"{prefix}:".encode() in message}
    return {prefix: around[prefix] for prefix in _needed(message, possible)} if possible else {}


def _needed(message: bytes, prefixes: Set[str | None]) -> Set[str | None]:
    """Which of these prefixes are used by names in a message outside of any declaration of them."""
    needed: set[str | None] = set()
    declared: Counter[str | None] = Counter()
    inside: list[list[str | None]] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        declarations = [
            _declares(each) for each in attributes if each == "xmlns" or each.startswith("xmlns:")
        ]
        inside.append(declarations)
        declared.update(declarations)
        used = {_prefix(each) for each in attributes if ":" in each} | {_prefix(name)}
        needed.update(prefix for prefix in used & prefixes if not declared[prefix])

    def end(_name: str) -> None:
        declared.subtract(inside.pop())

    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(message, True)
    return needed


def _prefix(name: str) -> str | None:
    prefix, colon, _ = name.partition(":")
    return prefix if colon else None


def _declares(attribute: str) -> str | None:
    return attribute.partition(":")[2] or None


def _with_namespaces(message: bytes, namespaces: Namespaces) -> bytes:
    name = _TAG.match(message)
    assert name is not None  # noqa: S101  (the parser was there)
    declarations = "".join(
        f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(uri)}" for prefix, uri in namespaces.items()
    )
    return message[: name.end()] + declarations.encode() + message[name.end() :]


def wrap(version: Soap, content: bytes, request: Addressing | None = None, *, fault: bool = False) -> bytes:
    """An element, without an XML declaration, in an envelope; `request` is what it answers."""
    headers = "" if request is None else answer_headers(request, fault=fault)
    opening = f'<soap:Envelope xmlns:soap="{version.namespace}">{headers}<soap:Body>'
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        + opening.encode()
        + content
        + b"</soap:Body></soap:Envelope>"
    )


def wrapped_fault(version: Soap, fault: FaultError, request: Addressing | None = None) -> bytes:
    """A fault in an envelope, with the FaultMessage of IEC 61968-100 as its detail."""
    who = fault.soap_code or (version.receiver if fault.code.passes else version.sender)
    text = escape(f"{fault.code.code} {fault}")
    if version is Soap.V1_1:
        cause, detail = f"<faultcode>soap:{who}</faultcode><faultstring>{text}</faultstring>", "detail"
    else:
        cause = (
            f"<soap:Code><soap:Value>soap:{who}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason>'
        )
        detail = "soap:Detail"
    content = f"<soap:Fault>{cause}<{detail}>{fault_message(fault).decode()}</{detail}></soap:Fault>"
    return wrap(version, content.encode(), request, fault=True)
