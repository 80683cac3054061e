"""A market platform's side of IEC 62325-504 web services: puts documents, lists and gets its answers.

Written from the published WSDL and schemas alone, with nothing of the gateway's own code; it needs the extra
`soap` (signxml).

    identity = new_identity("north", directory)   # north.pem and north-key.pem (`identities.py`)
    client = Client504(f"{gateway}/soap/iec62325-504/north-soap", identity, gateway_certificate)
    client.put(document, message_id="bids-1")     # ReserveBid as bytes; stored when it returns
    for listed in client.list_after(cursor):      # Listed(code, type, …), oldest first
        fetched = client.get(listed.code)         # Fetched(payload, message_id, answers)
        cursor = listed.code                      # answers == "bids-1" for its Acknowledgement

The gateway's channel (adapter `soap504-server`) has, in the table `options.signing`, `certificate` and
`key = { file = … }` of its own and `signers = [identity.certificate_file]`.
"""

import base64
import gzip
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2
from cryptography import x509
from lxml import etree

from contract_tests.emulators.identities import Identity
from contract_tests.emulators.wire504 import MSG, NAMES, add, envelope, opened, signed, verified


class ServiceFaultError(Exception):
    """The service answered with a fault.

    Attributes:
        code: of the error, e.g. `PUT-002`.
        problem: type of the problem as the gateway's other interfaces name it, if it stated one.
        retry_after_s: when to retry, if it stated that.
    """

    def __init__(self, code: str, text: str, problem: str | None, retry_after_s: float | None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.problem = problem
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list."""

    code: int
    identification: str
    version: int | None
    type: str
    owner: str
    server_timestamp: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message of the gateway.

    Attributes:
        message_id: the same however often it is fetched.
        answers: the MessageID of the Put it answers, or other statements of the gateway on it.
    """

    payload: bytes = field(repr=False)
    noun: str
    message_id: str | None
    answers: str | None


class Client504:
    """One platform at one service, over SOAP 1.2.

    Args:
        url: of the service, without `?wsdl`.
        server: certificate the service signs with.
        now: the platform's clock.
    """

    def __init__(
        self,
        url: str,
        identity: Identity,
        server: x509.Certificate,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = 30.0,
    ) -> None:
        self._url = url
        self._identity = identity
        self._server = server
        self._now = now
        self._http = httpx2.Client(timeout=timeout_s)

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def put(
        self, document: bytes, *, message_id: str | None = None, compressed_as: str | None = None
    ) -> str | None:
        """Put a document; return the id under which the service stores it.

        Args:
            document: an XML document in a namespace, unless it is compressed.
            message_id: our name for the message; the same when it is repeated.
            compressed_as: send it as Compressed, with this format, e.g. `XML`.
        """
        payload = etree.Element(f"{{{MSG}}}Payload")
        if compressed_as is None:
            root = etree.fromstring(document)
            noun = etree.QName(root).localname
            payload.append(root)
        else:
            noun = "Compressed"
            packed = base64.b64encode(gzip.compress(document)).decode()
            etree.SubElement(payload, f"{{{MSG}}}Compressed").text = packed
            etree.SubElement(payload, f"{{{MSG}}}Format").text = compressed_as
        reply = self.call("create", noun, payload=payload, message_id=message_id)
        return reply.findtext("msg:Reply/msg:ID[@idType='transaction']", None, NAMES)

    def list_after(self, code: int) -> list[Listed]:
        """Messages after a code, oldest first; as many as the service returns at once."""
        reply = self.call("get", "MessageList", {"Code": str(code)})
        return [_listed(entry) for entry in reply.iterfind("msg:Payload/m:MessageList/m:Message", NAMES)]

    def get(self, code: int) -> Fetched:
        """One message by its code; for the service it is delivered now."""
        reply = self.call("get", "Any", {"Code": str(code)})
        packed = reply.findtext("msg:Payload/msg:Compressed", None, NAMES)
        if packed is None:
            document = next(iter(reply.find("msg:Payload", NAMES)))  # type: ignore[arg-type]
            payload = etree.tostring(document, method="c14n", exclusive=True)
        else:
            payload = gzip.decompress(base64.b64decode(packed))
        ids = {each.get("idType"): each.text for each in reply.iterfind("msg:Reply/msg:ID", NAMES)}
        noun = reply.findtext("msg:Header/msg:Noun", "", NAMES)
        return Fetched(payload, noun, ids.get("message"), ids.get("answers"))

    def query(self, data_type: str) -> dict[str, str | None]:
        """Parameters of the service by name."""
        reply = self.call("get", "QueryData", {"DataType": data_type})
        found = reply.iterfind("msg:Payload/m:QueryData/m:ParameterList/m:Parameter", NAMES)
        return {each.findtext("m:name", "", NAMES): each.findtext("m:value", None, NAMES) for each in found}

    def call(
        self,
        verb: str,
        noun: str,
        options: dict[str, str] | None = None,
        *,
        times: tuple[datetime, datetime] | None = None,
        payload: etree._Element | None = None,
        message_id: str | None = None,
    ) -> etree._Element:
        """One signed request; the part of the response that its signature covers.

        Raises:
            ServiceFaultError: the service refused.
            signxml.exceptions.InvalidSignature: the response is not signed by the service.
            httpx2.TransportError: there is no answer.
        """
        message_id = message_id or str(uuid.uuid4())
        request = self.signed(verb, noun, options, times=times, payload=payload, message_id=message_id)
        response = self.verified(self.post(envelope(request)))
        if response.findtext("msg:Header/msg:CorrelationID", None, NAMES) != message_id:
            raise ServiceFaultError("", "the response answers another request", None, None)
        return response

    def signed(
        self,
        verb: str,
        noun: str,
        options: dict[str, str] | None = None,
        *,
        times: tuple[datetime, datetime] | None = None,
        payload: etree._Element | None = None,
        message_id: str = "",
    ) -> bytes:
        """A signed RequestMessage."""
        message = etree.Element(f"{{{MSG}}}RequestMessage", nsmap={"msg": MSG})
        header = add(message, "Header")
        now = self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        add(header, "Verb", verb)
        add(header, "Noun", noun)
        detection = add(header, "ReplayDetection")
        add(detection, "Nonce", uuid.uuid4().hex)
        add(detection, "Created", now)
        add(header, "Timestamp", now)
        if message_id:
            add(header, "MessageID", message_id)
        if options or times:
            request = add(message, "Request")
            for name, moment in zip(("StartTime", "EndTime"), times or (), strict=False):
                add(request, name, moment.isoformat())
            for name, value in (options or {}).items():
                option = add(request, "Option")
                add(option, "name", name)
                add(option, "value", value)
        if payload is not None:
            message.append(payload)
        return signed(message, self._identity)

    def post(self, data: bytes) -> bytes:
        """Send an envelope as it is; the message in the body of the answer, not verified.

        Raises:
            ServiceFaultError: the service refused.
        """
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        answer = self._http.post(self._url, content=data, headers=headers)
        error = etree.fromstring(answer.content).find(f".//{{{MSG}}}FaultMessage/msg:Reply/msg:Error", NAMES)
        if error is not None:
            pause = answer.headers.get("Retry-After")
            raise ServiceFaultError(
                error.findtext("msg:code", "", NAMES),
                error.findtext("msg:details", "", NAMES),
                error.findtext("msg:ID[@idType='problem']", None, NAMES),
                None if pause is None else float(pause),
            )
        found = opened(answer.content)
        if found is None:
            raise ServiceFaultError("", f"status {answer.status_code} and no SOAP", None, None)
        return found[1]

    def verified(self, response: bytes) -> etree._Element:
        """The part of a response that the service signed."""
        return verified(response, self._server, self._now())


def _listed(entry: etree._Element) -> Listed:
    version = entry.findtext("m:MessageVersion", None, NAMES)
    return Listed(
        code=int(entry.findtext("m:Code", "", NAMES)),
        identification=entry.findtext("m:MessageIdentification", "", NAMES),
        version=None if version is None else int(version),
        type=entry.findtext("m:Type", "", NAMES),
        owner=entry.findtext("m:Owner", "", NAMES),
        server_timestamp=datetime.fromisoformat(entry.findtext("m:ServerTimestamp", "", NAMES)),
    )
