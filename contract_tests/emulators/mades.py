"""An emulator of the MADES web service of an ECP endpoint, and of a partner behind it.

Built from what public client code shows of the service. It is no ECP software and proves no conformance with
one; it shows that the happy path and the faults known from the field are handled.
"""

import base64
import socket
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from lxml import etree

from contract_tests.emulators.listener import Listener
from contract_tests.emulators.soap import SoapAnswer, fault, request_in, response, text_of


@dataclass
class MadesFaults:
    """Faults; each is off until it is set.

    Attributes:
        mtom: content of received messages comes as an attachment, as real endpoints send it.
        doubled: every message comes once more after it was confirmed.
        refusing: so many calls of SendMessage are answered by a fault with this code.
        silent: so many sent messages never get beyond ACCEPTED.
        failing: so many sent messages end as FAILED.
        slow_s: how long every answer waits.
        cutting: so many answers break off in the middle.
        unconfirmable: so many calls of ConfirmReceiveMessage are cut before the endpoint forgets the message.
        code: errorCode of faults.
    """

    mtom: bool = False
    doubled: bool = False
    refusing: int = 0
    silent: int = 0
    failing: int = 0
    slow_s: float = 0.0
    cutting: int = 0
    unconfirmable: int = 0
    code: str = "E-17"


@dataclass
class MadesSent:
    """A message that a business application sent through the endpoint."""

    body: bytes
    values: dict[str, str]
    conversation_id: str


@dataclass
class _Waiting:
    body: bytes
    message_id: str
    ba_message_id: str
    business_type: str
    doubles: int = 0


@dataclass
class MadesEmulator:
    """Listens on a port of this machine; `sent` is what came to the partner, once for each call.

    Attributes:
        username, password: required by HTTP Basic when they are set.
        calls: how often each operation was called.
        remaining_counts_all: whether remainingMessagesCount counts the message that is given.
        words: for the states of a message, in their order.
    """

    path: str = "/ws/madesInWSInterface"
    namespace: str = "http://mades.entsoe.eu/"
    username: str | None = None
    password: str | None = None
    remaining_counts_all: bool = True
    words: tuple[str, ...] = ("ACCEPTED", "DELIVERED", "RECEIVED")
    faults: MadesFaults = field(default_factory=MadesFaults)
    sent: list[MadesSent] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._inbox: list[_Waiting] = []
        self._states: dict[str, list[str]] = {}
        self._listener = Listener()

    @property
    def unconfirmed(self) -> int:
        """Messages in the inbox."""
        return len(self._inbox)

    def start(self) -> None:
        """Begin to listen."""
        emulator = self

        class Handler(_Handler):
            endpoint = emulator

        self.port = self._listener.start(self.port, Handler)

    def stop(self) -> None:
        """Stop listening."""
        self._listener.stop()

    def deliver(
        self,
        body: bytes,
        message_id: str | None = None,
        ba_message_id: str = "",
        business_type: str = "TEST-BID",
    ) -> None:
        """Let a message of the partner come to the inbox."""
        with self._lock:
            message = _Waiting(body, message_id or str(uuid.uuid4()), ba_message_id, business_type)
            message.doubles = int(self.faults.doubled)
            self._inbox.append(message)

    # Called by the handler.

    def answer(self, operation: str, request: etree._Element) -> SoapAnswer:
        """One call; the request is the element in the SOAP body."""
        with self._lock:
            self.calls[operation] += 1
            works: dict[str, Any] = {
                "SendMessageRequest": self._send,
                "ReceiveMessageRequest": self._receive,
                "ConfirmReceiveMessageRequest": self._confirm,
                "CheckMessageStatusRequest": self._status,
                "ConnectivityTestRequest": self._connectivity,
            }
            if operation not in works or etree.QName(request).namespace != self.namespace:
                return self._fault("unknown", "no such operation")
            return works[operation](request)  # type: ignore[no-any-return]

    def wait(self) -> None:
        """Wait for the set delay, or until the end."""
        self._listener.wait(self.faults.slow_s)

    def _send(self, request: etree._Element) -> SoapAnswer:
        message = request.find("{*}message")
        if message is None or not text_of(message, "receiverCode") or not text_of(message, "businessType"):
            return self._fault("SendMessage", "receiverCode and businessType are mandatory")
        if self.faults.refusing:
            self.faults.refusing -= 1
            return self._fault("SendMessage", "refused for the test")
        values = {etree.QName(each).localname: each.text or "" for each in message}
        body = base64.b64decode(values.pop("content"))
        self.sent.append(MadesSent(body, values, text_of(request, "conversationID")))
        theirs = str(uuid.uuid4())
        words = list(self.words)
        if self.faults.silent:
            self.faults.silent -= 1
            words = ["ACCEPTED"]
        elif self.faults.failing:
            self.faults.failing -= 1
            words = ["ACCEPTED", "FAILED"]
        self._states[theirs] = words
        return self._answer("SendMessage", {"messageID": theirs})

    def _receive(self, request: etree._Element) -> SoapAnswer:
        wanted = text_of(request, "businessType")
        found = [each for each in self._inbox if wanted in ("*", each.business_type)]
        if text_of(request, "downloadMessage") != "true" or not found:
            return self._answer("ReceiveMessage", {"remainingMessagesCount": str(len(found))})
        first = found[0]
        remaining = len(found) - (0 if self.remaining_counts_all else 1)
        received = {
            "messageID": first.message_id,
            "receiverCode": "TEST-US",
            "senderCode": "TEST-PARTNER",
            "businessType": first.business_type,
            "content": first.body,
            "senderApplication": "partner",
            "baMessageID": first.ba_message_id,
        }
        return self._answer(
            "ReceiveMessage", {"receivedMessage": received, "remainingMessagesCount": str(remaining)}
        )

    def _confirm(self, request: etree._Element) -> SoapAnswer:
        theirs = text_of(request, "messageID")
        message = next((each for each in self._inbox if each.message_id == theirs), None)
        if message is None:
            return self._fault("ConfirmReceiveMessage", "no such message")
        if self.faults.unconfirmable:
            self.faults.unconfirmable -= 1
            return SoapAnswer(b"", "", 0)
        if message.doubles:
            message.doubles -= 1
        else:
            self._inbox.remove(message)
        return self._answer("ConfirmReceiveMessage", {"messageID": theirs})

    def _status(self, request: etree._Element) -> SoapAnswer:
        words = self._states.get(theirs := text_of(request, "messageID"))
        if words is None:
            return self._fault("CheckMessageStatus", "no such message")
        word = words.pop(0) if len(words) > 1 else words[0]
        trace = {"trace": {"state": word, "component": "TEST-BROKER"}}
        return self._answer(
            "CheckMessageStatus", {"messageStatus": {"messageID": theirs, "state": word, "trace": trace}}
        )

    def _connectivity(self, request: etree._Element) -> SoapAnswer:
        if not text_of(request, "receiverCode"):
            return self._fault("ConnectivityTest", "receiverCode is mandatory")
        return self._answer("ConnectivityTest", {"messageID": str(uuid.uuid4())})

    def _answer(self, operation: str, values: dict[str, Any]) -> SoapAnswer:
        return response(self.namespace, f"{operation}Response", values, mtom=self.faults.mtom)

    def _fault(self, operation: str, message: str) -> SoapAnswer:
        values = {
            "errorCode": self.faults.code,
            "errorID": "4711",
            "errorMessage": message,
            "errorDetails": "…",
        }
        return fault(self.namespace, f"{operation}Error", values)


class _Handler(BaseHTTPRequestHandler):
    endpoint: MadesEmulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """One call."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.endpoint.wait()
        if self.path != self.endpoint.path:
            self._send(SoapAnswer(b"nothing is here", "text/plain", 404))
        elif not self._is_known():
            self._send(SoapAnswer(b"", "text/plain", 401))
        else:
            request = request_in(body)
            self._send(self.endpoint.answer(etree.QName(request).localname, request))

    def _is_known(self) -> bool:
        endpoint = self.endpoint
        if endpoint.username is None:
            return True
        expected = base64.b64encode(f"{endpoint.username}:{endpoint.password}".encode()).decode()
        return bool(self.headers.get("Authorization") == f"Basic {expected}")

    def _send(self, answer: SoapAnswer) -> None:
        data = answer.data
        if self.endpoint.faults.cutting or not answer.status:
            self.endpoint.faults.cutting -= bool(answer.status)
            data = data[: len(data) // 2]
            self.close_connection = True
        self.send_response(answer.status or 200)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.data) if answer.status else 1))
        self.end_headers()
        self.wfile.write(data)
        if self.close_connection:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
