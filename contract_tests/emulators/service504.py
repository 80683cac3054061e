"""An emulator of a market operator's IEC 62325-504 service, with what goes wrong in the field.

Written from the published WSDL and schemas, with nothing of the gateway's own code. It is no operator's
software: it shows that the client meets the contract and survives faults.
"""

import base64
import gzip
import socket
import ssl
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.exceptions import SignXMLException

from contract_tests.emulators.identities import Identity
from contract_tests.emulators.listener import Listener
from contract_tests.emulators.wire504 import (
    LISTS,
    MSG,
    NAMES,
    SOAP_1_2,
    add,
    envelope,
    fault,
    opened,
    signed,
    verified,
)

_PUT_TEXTS: Final = (
    "Header/msg:Noun",
    "Payload/msg:Format",
    "Header/msg:MessageID",
    "Header/msg:CorrelationID",
)


@dataclass
class Faults504:
    """Faults; each is off until it is set.

    Attributes:
        codes: error codes of the next answers to a noun, e.g. `{"Any": ["GET-010"]}`; `create` for every Put.
        slow_s: how long every answer waits.
        cutting: so many answers break off in the middle.
        unsigned: so many responses carry no signature.
        tampered: so many responses are changed after they were signed.
        replayed: so many responses are older ones, to the same noun.
        doubled: every entry of a list comes twice, with those before the requested code.
        lost: so many Puts are taken, and their answer never comes.
        plain: so many answers are no SOAP, with status 502.
    """

    codes: dict[str, list[str]] = field(default_factory=dict)
    slow_s: float = 0.0
    cutting: int = 0
    unsigned: int = 0
    tampered: int = 0
    replayed: int = 0
    doubled: bool = False
    lost: int = 0
    plain: int = 0


@dataclass
class Put504:
    """A document that was put, each time."""

    body: bytes
    noun: str
    format: str | None
    message_id: str | None
    correlation_id: str | None


@dataclass
class _Lying:
    code: int
    body: bytes
    identification: str
    format: str | None


@dataclass
class Service504Emulator:
    """Listens on a port of this machine.

    Attributes:
        client: certificate whose requests it answers.
        now: its clock.
        echoes: whether responses name the request they answer.
        limits: its answer to parameterLimits; None: it knows no such DataType.
        tls: how it protects connections; None: it does not.
        calls: how often each noun was requested (`create` for every Put).
    """

    identity: Identity
    client: x509.Certificate
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    path: str = "/service"
    tls: ssl.SSLContext | None = None
    echoes: bool = True
    limits: dict[str, str] | None = field(default_factory=lambda: {"MaxNumMessagesInListResponse": "3"})
    faults: Faults504 = field(default_factory=Faults504)
    came: list[Put504] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._lying: list[_Lying] = []
        self._older: dict[str, bytes] = {}
        self._listener = Listener()

    def start(self) -> None:
        """Begin to listen."""
        emulator = self

        class Handler(_Handler):
            service = emulator

        self.port = self._listener.start(self.port, Handler, self.tls)

    def stop(self) -> None:
        """Stop listening."""
        self._listener.stop()

    def deliver(
        self,
        body: bytes,
        identification: str | None = None,
        format_: str | None = None,
        code: int | None = None,
    ) -> int:
        """Let a message lie ready, compressed where it has a format; return its code."""
        with self._lock:
            last = max((each.code for each in self._lying), default=0)
            lying = _Lying(code or last + 1, body, identification or str(uuid.uuid4()), format_)
            self._lying.append(lying)
            return lying.code

    # Called by the handler.

    def answer(self, data: bytes) -> tuple[int, str, bytes]:
        """Status, envelope namespace and content of the answer to a request; status 0: none."""
        found = opened(data)
        if found is None:
            return 400, "", b"no SOAP"
        namespace, message = found
        with self._lock:
            try:
                request = verified(message, self.client, self.now())
            except SignXMLException:
                return 500, namespace, fault(namespace, "HAND-007")
            noun = request.findtext("msg:Header/msg:Noun", "", NAMES)
            verb = request.findtext("msg:Header/msg:Verb", "", NAMES)
            kind = "create" if verb == "create" else noun
            self.calls[kind] += 1
            if codes := self.faults.codes.get(kind):
                return 500, namespace, fault(namespace, codes.pop(0))
            works: dict[str, Callable[[etree._Element], list[etree._Element] | str]] = {
                "create": self._put,
                "MessageList": self._list,
                "Any": self._get,
                "QueryData": self._query,
            }
            payload = works[kind](request)
            if isinstance(payload, str):
                return 500, namespace, fault(namespace, payload)
            if kind == "create" and self.faults.lost:
                self.faults.lost -= 1
                return 0, "", b""
            return 200, namespace, envelope(self._response(request, noun, payload), namespace)

    def wait(self) -> None:
        """Wait for the set delay, or until the end."""
        self._listener.wait(self.faults.slow_s)

    def _response(self, request: etree._Element, noun: str, payload: list[etree._Element]) -> bytes:
        root = etree.Element(f"{{{MSG}}}ResponseMessage", nsmap={"msg": MSG})
        header = add(root, "Header")
        add(header, "Verb", "reply")
        packed = next((each for each in payload if each.tag == f"{{{MSG}}}Compressed"), None)
        root_name = etree.QName(payload[0]).localname if payload else noun
        add(header, "Noun", "Compressed" if packed is not None else root_name)
        add(header, "Timestamp", self.now().isoformat())
        if self.echoes:
            request_id = request.findtext("msg:Header/msg:MessageID", None, NAMES)
            add(header, "CorrelationID", request_id)
        add(add(root, "Reply"), "Result", "OK")
        if payload:
            add(root, "Payload").extend(payload)
        faults = self.faults
        if faults.unsigned:
            faults.unsigned -= 1
            return etree.tostring(root)
        data = signed(root, self.identity)
        if faults.replayed and noun in self._older:
            faults.replayed -= 1
            return self._older[noun]
        self._older.setdefault(noun, data)
        if faults.tampered:
            faults.tampered -= 1
            return data.replace(b"<msg:Result>OK<", b"<msg:Result>PARTIAL<")
        return data

    def _put(self, request: etree._Element) -> list[etree._Element] | str:
        payload = request.find("msg:Payload", NAMES)
        if payload is None:
            return "PUT-013"
        packed = payload.findtext("msg:Compressed", None, NAMES)
        body = (
            etree.tostring(payload[0], method="c14n", exclusive=True)
            if packed is None
            else gzip.decompress(base64.b64decode(packed))
        )
        text = {name: request.findtext(f"msg:{name}", None, NAMES) for name in _PUT_TEXTS}
        noun = text["Header/msg:Noun"] or ""
        self.came.append(
            Put504(
                body,
                noun,
                text["Payload/msg:Format"],
                text["Header/msg:MessageID"],
                text["Header/msg:CorrelationID"],
            )
        )
        return []

    def _list(self, request: etree._Element) -> list[etree._Element] | str:
        code = int(_options(request)["Code"])
        listed = etree.Element(f"{{{LISTS}}}MessageList", nsmap={"m": LISTS})
        most = int((self.limits or {}).get("MaxNumMessagesInListResponse", 100))
        found = [each for each in sorted(self._lying, key=lambda each: each.code) if each.code > code][:most]
        if self.faults.doubled:
            found = [*found, *(each for each in self._lying if each.code <= code), *found]
        for each in found:
            entry = etree.SubElement(listed, f"{{{LISTS}}}Message")
            for name, text in (("Code", str(each.code)), ("MessageIdentification", each.identification)):
                etree.SubElement(entry, f"{{{LISTS}}}{name}").text = text
            interval = etree.SubElement(entry, f"{{{LISTS}}}ApplicationTimeInterval")
            etree.SubElement(interval, f"{{{LISTS}}}start").text = self.now().isoformat()
            for name, text in (
                ("ServerTimestamp", self.now().isoformat()),
                ("Type", "TEST"),
                ("Owner", "TEST"),
            ):
                etree.SubElement(entry, f"{{{LISTS}}}{name}").text = text
        return [listed]

    def _get(self, request: etree._Element) -> list[etree._Element] | str:
        code = int(_options(request)["Code"])
        lying = next((each for each in reversed(self._lying) if each.code == code), None)
        if lying is None or lying.body == b"gone":
            return "GET-006"
        if lying.format is None:
            return [etree.fromstring(lying.body)]
        packed = etree.Element(f"{{{MSG}}}Compressed")
        packed.text = base64.b64encode(gzip.compress(lying.body)).decode()
        named = etree.Element(f"{{{MSG}}}Format")
        named.text = lying.format
        return [packed, named]

    def _query(self, request: etree._Element) -> list[etree._Element] | str:
        data_type = _options(request)["DataType"]
        if data_type == "parameterLimits" and self.limits is None:
            return "QRY-002"
        values = self.limits if data_type == "parameterLimits" else {data_type: self.now().isoformat()}
        answer = etree.Element(f"{{{LISTS}}}QueryData", nsmap={"m": LISTS})
        parameters = etree.SubElement(answer, f"{{{LISTS}}}RequestParameters")
        listed = etree.SubElement(answer, f"{{{LISTS}}}ParameterList")
        for parent, pairs in ((parameters, {"DataType": data_type}), (listed, values or {})):
            for name, value in pairs.items():
                parameter = etree.SubElement(parent, f"{{{LISTS}}}Parameter")
                etree.SubElement(parameter, f"{{{LISTS}}}name").text = name
                etree.SubElement(parameter, f"{{{LISTS}}}value").text = value
        return [answer]


def _options(request: etree._Element) -> dict[str, str]:
    found = request.iterfind("msg:Request/msg:Option", NAMES)
    return {each.findtext("msg:name", "", NAMES): each.findtext("msg:value", "", NAMES) for each in found}


class _Handler(BaseHTTPRequestHandler):
    service: Service504Emulator
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One call."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.service.wait()
        faults = self.service.faults
        if faults.plain or self.path != self.service.path:
            faults.plain -= bool(faults.plain)
            self._send(502, "text/plain", b"bad gateway")
            return
        status, namespace, content = self.service.answer(body)
        self._send(status, "application/soap+xml" if namespace == SOAP_1_2 else "text/xml", content)

    def _send(self, status: int, media_type: str, data: bytes) -> None:
        cut = bool(self.service.faults.cutting)
        self.service.faults.cutting -= cut
        self.close_connection = cut or not status
        if status:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if cut else data)
        if self.close_connection:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
