"""What we serve and write is what was published: schemas, WSDL, and messages by the published schemas."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapters.soap_504 import messages, schemas
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.messages import Content, Header, Request, Response
from adapters.soap_504.payloads import deflated, inflated
from adapters.soap_504.soap import MOST_ELEMENTS, Soap, parsed, unwrap, wrap, wrapped_fault
from tests.shared import STANDARDS

PUBLISHED = STANDARDS / "soap-504"
X = f"{{{schemas.XSD}}}"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shape(element: etree._Element, namespaces: dict[str | None, str]) -> Any:
    """A part of a schema as one can compare it: names resolved, notes left out."""
    attributes = dict(element.attrib)
    for name in ("type", "base", "ref"):
        if name in attributes:
            prefix, _, local = attributes[name].rpartition(":")
            attributes[name] = f"{{{namespaces.get(prefix or None, '')}}}{local}"
    inside = [
        shape(child, child.nsmap)
        for child in element
        if isinstance(child.tag, str) and child.tag != f"{X}annotation"
    ]
    if element.tag == f"{X}sequence" and len(inside) == 1:  # as often as its only element
        tag, own, content = inside[0]
        inside, attributes = [(tag, own | attributes, content)], {}
    return element.tag, attributes, inside


def parts(schema: etree._Element) -> dict[str, Any]:
    """The named parts of a schema; their order means nothing."""
    found = [part for part in schema if isinstance(part.tag, str) and part.tag != f"{X}annotation"]
    return {f"{part.tag} {part.get('name')}": shape(part, part.nsmap) for part in found}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("ours", "published"),
    [
        (schemas.message_schema, "http-iec-ch-TC57-2011-schema-message.xsd"),
        (schemas.list_schema, "urn-iec62325-504-messages-1-0.xsd"),
    ],
)
def test_schemas_are_the_published_ones(ours: Any, published: str) -> None:
    made, known = etree.fromstring(ours()), etree.parse(PUBLISHED / published).getroot()
    for name in ("targetNamespace", "elementFormDefault"):
        assert made.get(name) == known.get(name)
    assert parts(made) == parts(known)


def described(root: etree._Element, soap: str) -> Iterator[Any]:
    """What a WSDL says of one version of SOAP, whatever its names for bindings and ports."""
    wsdl = {"w": schemas.WSDL, "s": schemas.BINDINGS[soap], "xs": schemas.XSD}
    yield root.get("targetNamespace")
    yield {each.get("namespace") for each in root.iterfind("w:types/xs:schema/xs:import", wsdl)}
    for message in root.iterfind("w:message", wsdl):
        yield message.get("name"), [dict(part.attrib) for part in message]
    for operation in root.iterfind("w:portType/w:operation", wsdl):
        yield operation.get("name"), [(part.tag, part.get("message")) for part in operation]
    for binding in root.iterfind("w:binding", wsdl):
        if (style := binding.find("s:binding", wsdl)) is not None:
            yield binding.get("type"), dict(style.attrib)
            yield from (dict(each.attrib) for each in binding.iterfind("w:operation/s:operation", wsdl))
            yield [
                (part.tag, [dict(body.attrib) for body in part.iterfind("s:body", wsdl)])
                for part in binding.iterfind("w:operation/*", wsdl)
                if part.tag.startswith(f"{{{schemas.WSDL}}}")
            ]
    yield [service.get("name") for service in root.iterfind("w:service", wsdl)]


@pytest.mark.shared
@pytest.mark.parametrize(("soap", "file"), [("soap11", "-soap11"), ("soap12", "")])
def test_the_wsdl_is_the_published_one_in_both_versions(soap: str, file: str) -> None:
    ours = etree.fromstring(schemas.wsdl("https://gateway.example.org/soap/iec62325-504/north"))
    known = etree.parse(PUBLISHED / f"urn-iec62325-504-wss-1-0{file}.wsdl").getroot()
    assert list(described(ours, soap)) == list(described(known, soap))


@cache
def published_envelope() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(PUBLISHED / "http-iec-ch-TC57-2011-schema-message.xsd"))


HEADER = Header("get", "Any", NOON, "nonce", NOON, "id-1", "id-0")
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"))


@pytest.mark.shared
def test_messages_keep_the_published_schema() -> None:
    document = etree.fromstring(b'<a xmlns="urn:a"/>')
    written = [
        messages.request_message(Request(HEADER, NOON, NOON, (("Code", "1"),), Content((document,)))),
        messages.request_message(Request(HEADER, content=Content(compressed="AA==", format="XML"))),
        messages.response_message(Response(HEADER, "OK", ids={"message": "1"})),
        parsed(messages.fault_message(FaultError(Code.PUT_WAIT, "why", problem="urn:flexgate:problem:busy"))),
    ]
    for message in written:
        again = parsed(etree.tostring(message))
        assert published_envelope().validate(again), published_envelope().error_log
        assert schemas.envelope_rules().fault(again) is None


def test_a_message_that_breaks_the_schema_is_located() -> None:
    broken = messages.request_message(Request(Header("fetch", "Any")))
    fault = schemas.envelope_rules().fault(parsed(etree.tostring(broken)))
    assert fault is not None
    assert fault.startswith("line 1: ")
    assert "fetch" in fault


@given(st.lists(st.tuples(texts, texts), max_size=3), st.sampled_from(Soap))
def test_what_is_written_is_read(options: list[tuple[str, str]], version: Soap) -> None:
    kept = tuple((name.strip(), value.strip()) for name, value in options)
    request = Request(HEADER, NOON, None, kept)
    message = etree.tostring(messages.request_message(request))
    came = unwrap(wrap(version, message))
    assert (came.version, came.message) == (version, message)
    assert messages.read_request(came.root) == request


@given(st.binary(max_size=5000))
def test_what_is_packed_is_unpacked(data: bytes) -> None:
    assert inflated(deflated(data), len(data)) == data
    if data:
        with pytest.raises(FaultError) as caught:
            inflated(deflated(data), len(data) - 1)
        assert caught.value.code is Code.PUT_TOO_LARGE


@pytest.mark.parametrize(
    "text", ["", "!", "AAAA", deflated(b"abc")[:-8], deflated(b"abc") + deflated(b"abc"), "H4sIAAAA"]
)
def test_what_is_no_gzip_in_base64(text: str) -> None:
    with pytest.raises(FaultError) as caught:
        inflated(text, 1000)
    assert caught.value.code is Code.PUT_BINARY


@pytest.mark.feature(id="E4")
def test_a_bomb_is_not_inflated() -> None:
    bomb = deflated(b"\0" * 50_000_000)
    with pytest.raises(FaultError) as caught:
        inflated(bomb, 10_000)
    assert caught.value.code is Code.PUT_TOO_LARGE


def enveloped(body: str, *, around: str = "", head: str = "", before: str = "") -> bytes:
    namespace = Soap.V1_2.namespace
    text = f'{before}<s:Envelope xmlns:s="{namespace}"{around}>{head}{body}</s:Envelope>'
    return text.encode()


GOOD = "<s:Body><a></a></s:Body>"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<a/>",
        enveloped(""),
        enveloped("<s:Body/>"),
        enveloped("<s:Body>text</s:Body>"),
        enveloped('<s:Body><a b=">"/></s:Body>'),
        enveloped("<s:Body><a>&b;</a></s:Body>", before='<!DOCTYPE a [<!ENTITY b "c">]>'),
        enveloped("<s:Body><a>&b;</a></s:Body>"),
        enveloped("<s:Body><a></s:Body>"),
        enveloped("<s:Body><a></a><b></b></s:Body>"),
        enveloped("<s:Body><x:a></x:a></s:Body>"),
        enveloped(GOOD, before='<?xml version="1.0" encoding="iso-8859-1"?>'),
        enveloped(GOOD).decode().encode("utf-16"),
        enveloped(GOOD, head='<s:Header><h xmlns="urn:h" s:mustUnderstand="1"/></s:Header>'),
        b"<a>" * 100_000,
    ],
)
def test_what_is_no_soap_with_one_message(data: bytes) -> None:
    with pytest.raises(FaultError) as caught:
        unwrap(data)
    assert caught.value.code is Code.NO_SOAP


def test_a_message_of_too_many_elements_is_not_built() -> None:
    with pytest.raises(FaultError) as caught:
        unwrap(enveloped(f"<s:Body><a>{'<b/>' * (MOST_ELEMENTS + 1)}</a></s:Body>"))
    assert caught.value.code is Code.PUT_TOO_LARGE


def test_namespaces_of_headers_do_not_reach_the_message() -> None:
    body = '<s:Body xmlns:r="urn:r"><p:a r:b="1"></p:a></s:Body>'
    head = '<s:Header xmlns:q="urn:q"><h xmlns="urn:h"/></s:Header>'
    came = unwrap(enveloped(body, around=' xmlns:p="urn:p"', head=head))
    assert came.root.tag == "{urn:p}a"
    assert set(came.root.nsmap) == {"p", "r"}
    assert came.in_envelope is not None
    assert set(etree.fromstring(came.in_envelope).nsmap) == {"s", "p", "r"}


@pytest.mark.parametrize("version", Soap)
@pytest.mark.parametrize("code", [Code.PUT_WAIT, Code.SIGNATURE_WRONG])
def test_faults_are_read_back(version: Soap, code: Code) -> None:
    root = parsed(wrapped_fault(version, FaultError(code, "<&>", problem="urn:p")))
    (message,) = root.iter(messages.FAULT)
    (error,) = messages.read_response(message).errors
    assert (error.code, error.problem) == (code.code, "urn:p")
    assert "<&>" in error.text


def test_codes_are_distinguished() -> None:
    assert len({code.code for code in Code}) == len(Code)


def test_nothing_published_is_copied() -> None:
    """The text of the contract is ours: without the notes of the published files."""
    package = Path(schemas.__file__).parent
    assert not list(package.glob("*.xsd")) + list(package.glob("*.wsdl"))
