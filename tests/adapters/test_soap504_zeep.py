"""A SOAP client that is not ours (zeep), which knows of us what our WSDL says, in both versions of SOAP."""

import base64
import gzip
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier
from zeep.exceptions import Fault
from zeep.plugins import HistoryPlugin
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

from contract_tests.emulators.identities import Identity
from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LocalGateway
from tests.adapters.peers.soap504 import PATH, Soap504Peer, identities, soap504_peer
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import BID_AVAILABILITY_1_1, RESERVE_BID_7_2

MSG = "http://iec.ch/TC57/2011/schema/message"
LISTS = "urn:iec62325.504:messages:1:0"
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = CanonicalizationMethod.CANONICAL_XML_1_0
BODY = re.compile(rb"(<[\w-]+:Body>)(.*)(</[\w-]+:Body>)", re.DOTALL)
PORTS = {"1.1": "Service_EME_Port_soap11", "1.2": "Service_EME_Port"}


class Signing(Transport):
    """Signs what zeep sends, after it was put into words and before it leaves; verifies what comes."""

    def __init__(self, platform: Identity, gateway: Identity, local: LocalGateway) -> None:
        super().__init__()
        self.platform = platform
        self.gateway = gateway
        self.local = local
        self.verified: list[etree._Element] = []

    def post_xml(self, address: str, envelope: etree._Element, headers: Any) -> Any:
        whole = etree.tostring(envelope)
        message = envelope[-1][0]
        header = message.find(f"{{{MSG}}}Header")
        assert header is not None
        header.append(etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))
        alone = etree.fromstring(etree.tostring(message))
        etree.cleanup_namespaces(alone)
        signed = XMLSigner(c14n_algorithm=C14N).sign(
            alone,
            key=self.platform.key,
            cert=[self.platform.certificate],
            exclude_c14n_transform_element=True,
        )
        written = BODY.sub(lambda found: found[1] + etree.tostring(signed) + found[3], whole)
        return self.post(address, written, headers)

    def post(self, address: str, message: Any, headers: Any) -> Any:
        answer = super().post(address, message, headers)
        if answer.status_code == 200:
            found = BODY.search(answer.content)
            assert found
            configuration = SignatureConfiguration(
                location=f"./{{{MSG}}}Header/",
                default_reference_c14n_method=C14N,
                verification_time=self.local.clock.now(),
            )
            result = XMLVerifier().verify(
                found[2], x509_cert=self.gateway.certificate, expect_config=configuration
            )
            self.verified.append(result.signed_xml)
        return answer


class Zeep:
    """The one operation, asked in four ways."""

    def __init__(self, port: int, version: str, local: LocalGateway, *plugins: Any) -> None:
        self.local = local
        self.transport = Signing(*identities(), local)
        self.client = zeep.Client(
            f"http://127.0.0.1:{port}{PATH}?wsdl", transport=self.transport, plugins=list(plugins)
        )
        self.service = self.client.bind("ServiceEME", PORTS[version])
        # SOAP 1.2 names no action in the published WSDL, and zeep's WsAddressingPlugin cannot do without.
        self.service._binding.get("request").soapaction = "#request"

    def ask(self, verb: str, noun: str, options: dict[str, str] | None = None, **more: Any) -> Any:
        header = {"Verb": verb, "Noun": noun, "MessageID": uuid.uuid4().hex}
        now = self.local.clock.now()
        header["Timestamp"] = now
        header["ReplayDetection"] = {"Nonce": uuid.uuid4().hex, "Created": now}
        request: dict[str, Any] = {name: more.pop(name) for name in ("StartTime", "EndTime") if name in more}
        if options:
            request["Option"] = [{"name": name, "value": value} for name, value in options.items()]
        return self.service.request(Header=header | more.pop("header", {}), Request=request or None, **more)

    def put(self, document: bytes, **header: str) -> Any:
        root = etree.fromstring(document)
        return self.ask("create", etree.QName(root).localname, Payload={"_value_1": [root]}, header=header)

    def code_of_fault(self, *asked: Any, **more: Any) -> str:
        with pytest.raises(Fault) as caught:
            self.ask(*asked, **more)
        return str(caught.value.detail.findtext(f".//{{{MSG}}}code"))

    def entries(self, *asked: Any, **more: Any) -> list[etree._Element]:
        reply = self.ask("get", "MessageList", *asked, **more)
        (listed,) = reply.Payload._value_1
        return [*inner(listed)]

    def codes(self, *asked: Any, **more: Any) -> list[int]:
        return [int(text_of(entry, "Code")) for entry in self.entries(*asked, **more)]


def inner(found: Any) -> Iterator[Any]:
    """What zeep made of a MessageList: an element, or an object of its schema."""
    if isinstance(found, etree._Element):
        yield from found
    elif found is not None and "MessageList" in found:
        yield from inner(found["MessageList"])
    elif found is not None:
        yield from found["Message"] or []


def text_of(entry: Any, name: str) -> Any:
    return entry.findtext(f"{{{LISTS}}}{name}") if isinstance(entry, etree._Element) else entry[name]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Soap504Peer]:
    with soap504_peer(tmp_path) as opened:
        opened.polls = False
        yield opened


@pytest.fixture(params=PORTS)
def platform(request: pytest.FixtureRequest, local: LocalGateway, peer: Soap504Peer) -> Zeep:
    local.start(wait=False)
    return Zeep(peer.port, request.param, local)


@pytest.mark.feature(id="C2")
def test_a_document_is_put_and_its_acknowledgement_listed_and_got(
    local: LocalGateway, platform: Zeep
) -> None:
    reply = platform.put(RESERVE_BID_7_2.data, MessageID="bids-1")
    assert (reply.Header.Verb, reply.Header.CorrelationID, reply.Reply.Result) == ("reply", "bids-1", "OK")
    assert local.envelopes() == 1
    eventually(lambda: platform.codes({"Code": "0"}))
    (entry,) = platform.entries({"Code": "0"})
    assert text_of(entry, "Type") == "Acknowledgement"
    got = platform.ask("get", "Any", {"Code": str(text_of(entry, "Code"))})
    assert got.Header.Noun == "Acknowledgement_MarketDocument"
    ids = {each["idType"]: each["_value_1"] for each in got.Reply.ID}
    assert ids["answers"] == "bids-1"
    (document,) = got.Payload._value_1
    assert codes_of(acknowledgement_in(etree.tostring(document))) == ["A01"]
    assert len(platform.transport.verified) > 3
    assert platform.codes({"Code": str(text_of(entry, "Code"))}) == []


def test_compressed_both_ways(local: LocalGateway, platform: Zeep) -> None:
    packed = etree.Element(f"{{{MSG}}}Compressed")  # zeep itself leaves it out, by the published WSDL too
    packed.text = base64.b64encode(gzip.compress(RESERVE_BID_7_2.data)).decode()
    reply = platform.ask("create", "Compressed", Payload={"_value_1": [packed], "Format": "XML"})
    assert reply.Reply.Result == "OK"
    assert local.envelopes() == 1
    large = BID_AVAILABILITY_1_1.data.replace(b"</BidAvail", b"<!--" + b" " * 2**20 + b"--></BidAvail")
    code = local.put(large)
    got = platform.ask("get", "Any", {"Code": str(code)})
    payload = platform.transport.verified[-1].find(f"{{{MSG}}}Payload")  # where zeep sees no Format
    assert payload is not None
    assert (got.Header.Noun, payload.findtext(f"{{{MSG}}}Format")) == ("Compressed", "XML")
    assert gzip.decompress(base64.b64decode(payload.findtext(f"{{{MSG}}}Compressed", ""))) == large


@pytest.mark.feature(id="C2")
def test_queries(platform: Zeep) -> None:
    def parameters() -> dict[str, str]:
        listed = platform.transport.verified[-1].iterfind(f".//{{{LISTS}}}ParameterList/*")
        return {
            each.findtext(f"{{{LISTS}}}name", ""): each.findtext(f"{{{LISTS}}}value", "") for each in listed
        }

    platform.ask("get", "QueryData", {"DataType": "listOfDataTypes"})
    assert set(parameters()) == {"listOfDataTypes", "serverTimestamp", "parameterLimits"}
    platform.ask("get", "QueryData", {"DataType": "parameterLimits"})
    assert parameters()["MaxNumMessagesInListResponse"] == "100"
    platform.ask("get", "QueryData", {"DataType": "serverTimestamp"})
    reported = datetime.fromisoformat(parameters()["serverTimestamp"])
    assert abs(reported - platform.local.clock.now()) < timedelta(seconds=5)
    assert platform.code_of_fault("get", "QueryData", {"DataType": "weather"}) == "QRY-002"
    assert platform.code_of_fault("get", "QueryData") == "QRY-001"


def test_faults_have_their_codes(platform: Zeep) -> None:
    root = etree.fromstring(RESERVE_BID_7_2.data)
    assert platform.code_of_fault("get", "Any", {"Code": "99"}) == "GET-006"
    assert platform.code_of_fault("cancel", "Any") == "HAND-005"
    assert platform.code_of_fault("create", "Wrong", Payload={"_value_1": [root]}) == "PUT-003"
    assert platform.code_of_fault("create", "Nothing") == "PUT-013"


class Obliging(zeep.Plugin):
    """Makes every header of WS-Addressing one that must be understood, and adds others."""

    def __init__(self, version: str, **more: str) -> None:
        self.envelope = zeep.ns.SOAP_ENV_11 if version == "1.1" else zeep.ns.SOAP_ENV_12
        self.more = more

    def egress(self, envelope: etree._Element, headers: Any, *_: Any) -> Any:
        header = envelope.find(f"{{{self.envelope}}}Header")
        assert header is not None
        for name, address in self.more.items():
            endpoint = etree.SubElement(header, f"{{{zeep.ns.WSA}}}{name}")
            etree.SubElement(endpoint, f"{{{zeep.ns.WSA}}}Address").text = address
        for each in header:
            each.set(f"{{{self.envelope}}}mustUnderstand", "1")
        return envelope, headers


@pytest.mark.parametrize("version", PORTS)
def test_what_says_where_it_belongs_is_answered_so(
    local: LocalGateway, peer: Soap504Peer, version: str
) -> None:
    """WS-Addressing, as zeep says and reads it."""
    local.start(wait=False)
    kept = HistoryPlugin()
    there = f"{zeep.ns.WSA}/anonymous"
    platform = Zeep(
        peer.port, version, local, WsAddressingPlugin(), Obliging(version, ReplyTo=there, FaultTo=there), kept
    )

    def stated(plugin_side: dict[str, Any]) -> dict[str, str]:
        wanted = plugin_side["envelope"].iterfind(f"{{*}}Header/{{{zeep.ns.WSA}}}*")
        return {etree.QName(each).localname: each.text for each in wanted}

    assert platform.put(RESERVE_BID_7_2.data, MessageID="bids-1").Reply.Result == "OK"
    asked, answered = stated(kept.last_sent), stated(kept.last_received)
    assert asked["MessageID"].startswith("urn:uuid:")
    assert answered["RelatesTo"] == asked["MessageID"]
    assert answered["MessageID"] not in ("", asked["MessageID"])
    assert answered["To"] == there
    assert (asked["Action"], answered["Action"]) == ("#request", "#requestResponse")
    assert platform.code_of_fault("get", "Any", {"Code": "99"}) == "GET-006"
    asked, answered = stated(kept.last_sent), stated(kept.last_received)
    assert answered["RelatesTo"] == asked["MessageID"]
    assert answered["Action"] == f"{zeep.ns.WSA}/soap/fault"


@pytest.mark.parametrize("name", ["ReplyTo", "FaultTo"])
@pytest.mark.parametrize("version", PORTS)
def test_answers_go_nowhere_else(local: LocalGateway, peer: Soap504Peer, version: str, name: str) -> None:
    local.start(wait=False)
    elsewhere = Obliging(version, **{name: "http://elsewhere.example/"})
    platform = Zeep(peer.port, version, local, WsAddressingPlugin(), elsewhere)
    assert platform.code_of_fault("get", "MessageList", {"Code": "0"}) == "HAND-004"
    platform = Zeep(peer.port, version, local, WsAddressingPlugin(), WsAddressingPlugin())
    assert platform.code_of_fault("get", "MessageList", {"Code": "0"}) == "HAND-004"


def test_every_message_is_there_until_it_is_too_old(local: LocalGateway, platform: Zeep) -> None:
    codes = [local.put(BID_AVAILABILITY_1_1.data) for _ in range(3)]
    assert platform.codes({"Code": "0"}) == codes
    assert platform.codes({"Code": str(codes[0])}) == codes[1:]
    now = local.clock.now()
    within = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1)}
    assert platform.codes({"IntervalType": "Server"}, **within) == codes
    platform.ask("get", "Any", {"Queue": "NEXT"})
    assert local.state_of(codes[0]) is OutboxState.DELIVERED
    assert local.state_of(codes[1]) is OutboxState.WAITING
