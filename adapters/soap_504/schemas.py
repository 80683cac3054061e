"""The contract in its published forms: XML Schemas and WSDL, generated from the tables."""

import threading
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]

from adapters.soap_504 import tables
from adapters.soap_504.tables import MESSAGE, MESSAGES, SERVICE

XSD: Final = "http://www.w3.org/2001/XMLSchema"
WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
HTTP: Final = "http://schemas.xmlsoap.org/soap/http"
BINDINGS: Final = {"soap11": f"{WSDL}soap/", "soap12": f"{WSDL}soap12/"}

_OFTEN: Final = {
    "?": {"minOccurs": "0"},
    "*": {"minOccurs": "0", "maxOccurs": "unbounded"},
    "+": {"maxOccurs": "unbounded"},
}
_X: Final[Any] = ElementMaker(namespace=XSD, nsmap={"xs": XSD})
_Rows = dict[str, list[list[str]]]


def message_schema() -> bytes:
    """The schema of the IEC 61968-100 envelope."""
    return _schema(MESSAGE, tables.MESSAGE_TYPES, tables.MESSAGE_ELEMENTS, tables.ATTRIBUTES)


def list_schema() -> bytes:
    """The schema of message lists and queries."""
    return _schema(MESSAGES, tables.LIST_TYPES, tables.LIST_ELEMENTS)


class Rules:
    """A schema that any number of threads may check messages against."""

    def __init__(self, schema: bytes) -> None:
        self._lock = threading.Lock()  # the schema object stores the faults of its last validation
        self._schema = etree.XMLSchema(etree.fromstring(schema))

    def fault(self, element: etree._Element) -> str | None:
        """The first fault of an element and its line; None without one."""
        with self._lock:
            if self._schema.validate(element):
                return None
            log: Any = self._schema.error_log
            first = log[0]
            return f"line {first.line}: {first.message}"


@cache
def envelope_rules() -> Rules:
    """The schemas of every message."""
    return Rules(message_schema())


@cache
def list_rules() -> Rules:
    """The schemas of message lists and answers to queries."""
    return Rules(list_schema())


def _schema(namespace: str, types: str, elements: str, attributes: str = "") -> bytes:
    rows = _sections(types)
    schema = etree.Element(
        f"{{{XSD}}}schema",
        {"targetNamespace": namespace, "elementFormDefault": "qualified"},
        nsmap={None: namespace, "xs": XSD},  # type: ignore[dict-item]  # the stubs know of no default namespace
    )
    for name, listed in rows.items():
        if " = " in name:
            named, _, codes = name.partition(" = ")
            schema.append(_codes(codes, named))
        elif not name.startswith("["):
            schema.append(_complex(rows, listed, name))
    for name, listed in _sections(attributes).items():
        group = _X.attributeGroup(name=name)
        group.extend(_X.attribute(name=each, type=_typed(type_)) for each, type_ in listed)
        schema.append(group)
    for line in elements.strip().splitlines():
        name, type_ = line.split()
        schema.append(_element(rows, name, type_, ""))
    return etree.tostring(schema, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _sections(table: str) -> _Rows:
    sections: _Rows = {}
    for line in filter(str.strip, table.splitlines()):
        if line.startswith(" "):
            sections[next(reversed(sections))].append(line.split())
        else:
            sections[line.strip()] = []
    return sections


def _complex(rows: _Rows, listed: list[list[str]], name: str | None = None) -> Any:
    sequence = _X.sequence()
    choice = None
    for row in listed:
        if row[0] == "|":
            if choice is None:
                choice = etree.SubElement(sequence, f"{{{XSD}}}choice")
            choice.append(_row(rows, row[1:]))
        else:
            sequence.append(_row(rows, row))
    made = _X.complexType(sequence)
    if name is not None:
        made.set("name", name)
    return made


def _row(rows: _Rows, row: list[str]) -> Any:
    if row[0] == "->":
        return _X.element(ref=row[1], **_OFTEN.get("".join(row[2:]), {}))
    name, type_, often = (*row, "")[:3]
    if name == "any":
        namespace, _, checked = type_.partition(",")
        return _X.any(namespace=namespace, processContents=checked, **_OFTEN.get(often, {}))
    return _element(rows, name, type_, often)


def _element(rows: _Rows, name: str, type_: str, often: str) -> Any:
    made = _X.element(name=name, **_OFTEN.get(often, {}))
    type_, _, default = type_.partition("=")
    if default:
        made.set("default", default)
    if type_.startswith("["):
        made.append(_complex(rows, rows[type_]))
    elif "/" in type_:
        made.append(_codes(type_))
    elif "@" in type_:
        base, _, group = type_.partition("@")
        extension = _X.extension(_X.attributeGroup(ref=group), base=_typed(base))
        made.append(_X.complexType(_X.simpleContent(extension)))
    else:
        made.set("type", _typed(type_))
    return made


def _codes(codes: str, name: str | None = None) -> Any:
    restriction = _X.restriction(base="xs:string")
    restriction.extend(_X.enumeration(value=code) for code in codes.split("/"))
    made = _X.simpleType(restriction)
    if name is not None:
        made.set("name", name)
    return made


def _typed(name: str) -> str:
    return f"xs:{name}" if name[0].islower() or name == "QName" else name


def wsdl(address: str) -> bytes:
    """The service in both versions of SOAP at one address; its schemas are at `?xsd=`."""
    root = etree.Element(
        f"{{{WSDL}}}definitions",
        {"targetNamespace": SERVICE},
        nsmap={None: WSDL, "xs": XSD, "wss": SERVICE, "msg": MESSAGE, **BINDINGS},  # type: ignore[dict-item]
    )
    maker: Any = ElementMaker(namespace=WSDL)
    imports = [
        _X("import", namespace=namespace, schemaLocation=f"{address}?xsd={name}")
        for name, namespace in (("messages", MESSAGES), ("message", MESSAGE))
    ]
    root.append(maker.types(_X.schema(*imports)))
    for name, part, element in (
        ("msgRequestMessage", "parameter", "msg:RequestMessage"),
        ("msgResponseMessage", "parameter", "msg:ResponseMessage"),
        ("msgFaultMsg", "msgFaultMessage", "msg:FaultMessage"),
    ):
        root.append(maker.message(maker.part(name=part, element=element), name=name))
    operation = maker.operation(
        maker.input(message="wss:msgRequestMessage"),
        maker.output(message="wss:msgResponseMessage"),
        maker.fault(name="msgFaultMessage", message="wss:msgFaultMsg"),
        name="request",
    )
    root.append(maker.portType(operation, name="port_TFEDI_type"))
    root.extend(_bindings(maker))
    ports = [
        maker.port(
            etree.Element(f"{{{namespace}}}address", location=address),
            name=f"Service_EME_Port{suffix}",
            binding=f"wss:binding_TFEDI{suffix}",
        )
        for suffix, namespace in _named()
    ]
    root.append(maker.service(*ports, name="ServiceEME"))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _named() -> Iterator[tuple[str, str]]:
    """Both versions have the published name where they are alone; together, 1.1 needs another one."""
    yield "_soap11", BINDINGS["soap11"]
    yield "", BINDINGS["soap12"]


def _bindings(maker: Any) -> Iterator[etree._Element]:
    for suffix, namespace in _named():
        soap: Any = ElementMaker(namespace=namespace)
        action = {"soapAction": "#request"} if suffix else {"soapActionRequired": "false"}
        yield maker.binding(
            soap.binding(style="document", transport=HTTP),
            maker.operation(
                soap.operation(style="document", **action),
                maker.input(soap.body(use="literal")),
                maker.output(soap.body(use="literal")),
                maker.fault(soap.fault(name="msgFaultMessage", use="literal"), name="msgFaultMessage"),
                name="request",
            ),
            name=f"binding_TFEDI{suffix}",
            type="wss:port_TFEDI_type",
        )
