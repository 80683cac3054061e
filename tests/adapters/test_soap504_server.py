"""What only the IEC 62325-504 service does: lists, limits, ways to get, refusals of a Put."""

import base64
import gzip
import re
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapters.soap_504 import schemas
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.limits import Rate
from contract_tests.emulators import client504
from contract_tests.emulators.client504 import Client504
from contract_tests.emulators.identities import new_identity
from contract_tests.emulators.wire504 import LISTS, MSG, NAMES, add, envelope, opened
from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway
from tests.adapters.peers.soap504 import PATH, Soap504Peer, identities, soap504_peer, standing_service
from tests.e2e.running import Member, Running
from tests.intake.local_gateway import NOW, acknowledgement_in, codes_of
from tests.patience import PATIENCE_S, eventually
from tests.shared import STANDARDS
from tests.specimens import BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3, NORTH, RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data
AVAILABILITY = BID_AVAILABILITY_1_1.data
DAY = timedelta(days=1)
SECRET = "open sesame"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Soap504Peer]:
    with soap504_peer(tmp_path) as opened:
        opened.polls = False
        yield opened


@pytest.fixture
def client(local: LocalGateway, peer: Soap504Peer) -> Client504:
    local.start(wait=False)
    assert peer.client is not None
    return peer.client


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalGateway, Client504]]:
    """A service for tests whose requests are all refused."""
    with standing_service(tmp_path_factory.mktemp("service")) as opened:
        yield opened


def limited(local: LocalGateway, peer: Soap504Peer, **limits: object) -> Client504:
    peer.more = limits
    local.start(wait=False)
    assert peer.client is not None
    return peer.client


def refusal(client: Client504, *asked: Any, **more: Any) -> str:
    with pytest.raises(client504.ServiceFaultError) as caught:
        client.call(*asked, **more)
    return caught.value.code


def codes(client: Client504, options: dict[str, str], **more: Any) -> list[int]:
    reply = client.call("get", "MessageList", options, **more)
    return [int(code.text or "") for code in reply.iter(f"{{{LISTS}}}Code")]


def named(document: bytes, mrid: str, revision: int = 1) -> bytes:
    root = etree.fromstring(document)
    for name, text in (("mRID", mrid), ("revisionNumber", str(revision))):
        element = root.find(f"{{*}}{name}")
        if element is not None:
            element.text = text
    return etree.tostring(root)


class TestList:
    def test_an_entry_says_what_the_document_says(self, local: LocalGateway, client: Client504) -> None:
        code = local.put(named(AVAILABILITY, "TEST-AVAILABILITY-9", 3))
        (entry,) = client.list_after(0)
        assert (entry.code, entry.identification, entry.version) == (code, "TEST-AVAILABILITY-9", 3)
        assert (entry.type, entry.owner) == ("BidAvailability", NORTH)
        reply = client.call("get", "MessageList", {"Code": "0"})
        interval = reply.find(".//m:ApplicationTimeInterval", NAMES)
        document = etree.fromstring(AVAILABILITY)
        period = next(each for each in document if etree.QName(each).localname.endswith("imeInterval"))
        for name in ("start", "end"):
            reported = datetime.fromisoformat(interval.findtext(f"m:{name}", "", NAMES))  # type: ignore[union-attr]
            assert reported == datetime.fromisoformat(period.findtext(f"{{*}}{name}", ""))

    @pytest.mark.shared
    def test_lists_and_queries_keep_the_published_schema(
        self, local: LocalGateway, client: Client504
    ) -> None:
        published = etree.XMLSchema(etree.parse(STANDARDS / "soap-504/urn-iec62325-504-messages-1-0.xsd"))
        for body in (AVAILABILITY, MERIT_ORDER_LIST_7_3.data, b"{}", b"<a/>"):
            local.put(body)
        asked = [("MessageList", {"Code": "0"}), ("MessageList", {"Code": "99"})]
        asked += [("QueryData", {"DataType": name}) for name in ("listOfDataTypes", "parameterLimits")]
        for noun, options in asked:
            payload = client.call("get", noun, options).find("msg:Payload", NAMES)
            assert payload is not None
            answer = etree.fromstring(etree.tostring(payload[0]))
            assert published.validate(answer), published.error_log
            assert schemas.list_rules().fault(answer) is None

    def test_filters(self, local: LocalGateway, client: Client504) -> None:
        first, second = local.put(named(AVAILABILITY, "A")), local.put(named(AVAILABILITY, "B"))
        assert codes(client, {"Code": "0", "MessageIdentification": "B"}) == [second]
        assert codes(client, {"Code": "0", "MsgType": "BidAvailability"}) == [first, second]
        assert codes(client, {"Code": "0", "MsgType": "MeritOrderList"}) == []
        assert codes(client, {"Code": "0", "Owner": NORTH}) == [first, second]
        assert codes(client, {"Code": "0", "Owner": "somebody else"}) == []

    def test_by_the_time_a_document_is_about(self, local: LocalGateway, client: Client504) -> None:
        code = local.put(AVAILABILITY)
        day = datetime(2026, 3, 1, tzinfo=UTC)
        assert codes(client, {}, times=(day, day + DAY)) == [code], "the delivery day"
        assert codes(client, {"IntervalType": "Application"}, times=(day + 2 * DAY, day + 3 * DAY)) == []
        assert codes(client, {"IntervalType": "Server"}, times=(day + 2 * DAY, day + 3 * DAY)) == []
        assert codes(client, {"IntervalType": "Server"}, times=(NOW - DAY, NOW + DAY)) == [code]

    @pytest.mark.parametrize(
        ("options", "days", "code"),
        [
            ({}, None, "LST-005"),
            ({"Code": "0"}, (0, 1), "LST-005"),
            ({"Code": "0", "IntervalType": "Server"}, None, "LST-005"),
            ({"Code": "-1"}, None, "LST-001"),
            ({"Code": "one"}, None, "LST-001"),
            ({"Code": "٣"}, None, "LST-001"),
            ({"Code": "9" * 30}, None, "LST-001"),
            ({}, (1, 0), "LST-003"),
            ({}, (0, 32), "LST-004"),
            ({"IntervalType": "Delivery"}, (0, 1), "LST-009"),
            ({"Code": "0", "Colour": "red"}, None, "LST-011"),
        ],
    )
    def test_requests_that_contradict_themselves(
        self,
        standing: tuple[LocalGateway, Client504],
        options: dict[str, str],
        days: tuple[int, int] | None,
        code: str,
    ) -> None:
        times = None if days is None else (NOW + days[0] * DAY, NOW + days[1] * DAY)
        assert refusal(standing[1], "get", "MessageList", options, times=times) == code

    def test_an_option_given_twice(self, local: LocalGateway, client: Client504) -> None:
        local.put(AVAILABILITY)
        message = etree.Element(f"{{{MSG}}}Option")
        for name, text in (("name", "Code"), ("value", "0")):
            add(message, name, text)
        from tests.adapters.test_soap504_signing import signed_with  # noqa: PLC0415

        twice = client.signed("get", "MessageList", {"Code": "1"}, message_id="m")
        twice = twice.replace(b"</msg:Request>", etree.tostring(message) + b"</msg:Request>")
        with pytest.raises(client504.ServiceFaultError) as caught:
            client.post(client504.envelope(signed_with(identities()[0], twice)))
        assert caught.value.code == "LST-010"

    def test_a_long_list_comes_in_parts_and_nothing_is_missed(
        self, local: LocalGateway, peer: Soap504Peer
    ) -> None:
        client = limited(local, peer, list_messages=3)
        sent = [local.put(AVAILABILITY) for _ in range(8)]
        seen: list[int] = []
        while found := codes(client, {"Code": str(seen[-1] if seen else 0)}):
            assert len(found) <= 3
            seen += found
        assert seen == sent
        assert refusal(client, "get", "MessageList", {}, times=(NOW, NOW + DAY)) == "LST-007"

    def test_what_is_too_old_is_not_there(self, local: LocalGateway, peer: Soap504Peer) -> None:
        client = limited(local, peer, message_days=1)
        code = local.put(AVAILABILITY)
        assert codes(client, {"Code": "0"}) == [code]
        local.clock.started -= 25 * 3600
        assert codes(client, {"Code": "0"}) == []
        assert refusal(client, "get", "Any", {"Code": str(code)}) == "GET-006"


class TestGet:
    def test_by_identification_and_version(self, local: LocalGateway, client: Client504) -> None:
        for revision in (1, 3, 2):
            local.put(named(AVAILABILITY, "A", revision))
        asked = {"MessageIdentification": "A"}
        for version, expected in ((None, "3"), ("2", "2")):
            options = asked if version is None else asked | {"MessageVersion": version}
            reply = client.call("get", "Any", options)
            assert reply.findtext(".//{*}revisionNumber") == expected
        assert refusal(client, "get", "Any", asked | {"MessageVersion": "9"}) == "GET-006"
        assert refusal(client, "get", "Any", {"MessageIdentification": "B"}) == "GET-006"

    def test_from_the_queue_each_once(self, local: LocalGateway, client: Client504) -> None:
        sent = [local.put(named(AVAILABILITY, f"A-{number}")) for number in range(2)]
        for number in range(2):
            reply = client.call("get", "Any", {"Queue": "NEXT"})
            assert reply.findtext(".//{*}mRID") == f"A-{number}"
        assert refusal(client, "get", "Any", {"Queue": "NEXT"}) == "GET-006"
        assert {local.state_of(code) for code in sent} == {OutboxState.DELIVERED}

    def test_again_and_again(self, local: LocalGateway, client: Client504) -> None:
        code = local.put(AVAILABILITY)
        first, second = client.get(code), client.get(code)
        assert (first.payload, first.message_id) == (second.payload, second.message_id)
        assert first.message_id

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ({}, "GET-004"),
            ({"Code": "0"}, "GET-001"),
            ({"Code": "x"}, "GET-001"),
            ({"Code": "1", "Queue": "NEXT"}, "GET-003"),
            ({"Code": "1", "MessageVersion": "1"}, "GET-003"),
            ({"Queue": "LAST"}, "GET-017"),
            ({"MessageIdentification": "A", "MessageVersion": "-1"}, "GET-019"),
            ({"Name": "A"}, "GET-012"),
            ({"Code": "77"}, "GET-006"),
        ],
    )
    def test_requests_that_contradict_themselves(
        self, standing: tuple[LocalGateway, Client504], options: dict[str, str], code: str
    ) -> None:
        assert refusal(standing[1], "get", "Any", options) == code

    @pytest.mark.parametrize("body", [b'{"kind": "x"}', b"<no-namespace/>", b"\xff\xfe"])
    def test_what_has_no_place_as_an_element_is_compressed(
        self, local: LocalGateway, client: Client504, body: bytes
    ) -> None:
        assert client.get(local.put(body)).payload == body


def compressed(data: bytes, format_: str | None = "XML", text: str | None = None) -> etree._Element:
    payload = etree.Element(f"{{{MSG}}}Payload")
    add(payload, "Compressed", text or base64.b64encode(gzip.compress(data)).decode())
    if format_ is not None:
        add(payload, "Format", format_)
    return payload


def plain(*documents: bytes) -> etree._Element:
    payload = etree.Element(f"{{{MSG}}}Payload")
    payload.extend(etree.fromstring(document) for document in documents)
    return payload


class TestPut:
    @pytest.mark.parametrize(
        ("noun", "payload", "code"),
        [
            ("Acknowledgement_MarketDocument", plain(GOOD), "PUT-003"),
            ("ReserveBid_MarketDocument", compressed(GOOD), "PUT-003"),
            ("Compressed", plain(GOOD), "PUT-003"),
            ("ReserveBid_MarketDocument", plain(), "PUT-013"),
            ("ReserveBid_MarketDocument", plain(GOOD, GOOD), "PUT-013"),
            ("Compressed", compressed(b"", text="no base64!"), "PUT-011"),
            ("Compressed", compressed(b"", text=base64.b64encode(GOOD).decode()), "PUT-011"),
            ("Compressed", compressed(GOOD, "BINARY"), "PUT-010"),
            ("Compressed", compressed(b" " * LARGEST_BYTES * 1000), "PUT-018"),
            (
                "ReserveBid_MarketDocument",
                plain(GOOD.replace(NORTH.encode(), b"11XTEST-SOUTH--Z")),
                "PUT-008",
            ),
            ("Compressed", compressed(GOOD.replace(NORTH.encode(), b"11XTEST-SOUTH--Z")), "PUT-008"),
        ],
    )
    def test_what_is_no_message(
        self, standing: tuple[LocalGateway, Client504], noun: str, payload: etree._Element, code: str
    ) -> None:
        local, client = standing
        assert refusal(client, "create", noun, payload=payload) == code
        assert local.envelopes() == 0

    def test_without_a_format_it_is_xml(self, local: LocalGateway, client: Client504) -> None:
        client.call("create", "Compressed", payload=compressed(GOOD, None), message_id="m")
        eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series)

    def test_the_same_document_is_the_same_whatever_the_envelope(
        self, local: LocalGateway, client: Client504
    ) -> None:
        """Other prefixes of the message must not make another document of it."""
        noun = "ReserveBid_MarketDocument"
        first = client.call("create", noun, payload=plain(GOOD), message_id="m")
        other = etree.fromstring(
            etree.tostring(plain(GOOD)).replace(b"ns0:", b"q:").replace(b":ns0=", b":q=")
        )
        second = client.call("create", noun, payload=other, message_id="m")
        ids = {each.findtext("msg:Reply/msg:ID", None, NAMES) for each in (first, second)}
        assert len(ids) == 1
        assert len(local.process.hashes) == 1

    def test_a_tenant_that_is_only_sent_to(self, local: LocalGateway, peer: Soap504Peer) -> None:
        table = peer.channel()
        peer.channel = lambda: table.model_copy(update={"carries": "out"})  # type: ignore[method-assign]
        local.start(wait=False)
        assert peer.client is not None
        assert refusal(peer.client, "create", "Compressed", payload=compressed(GOOD)) == "PUT-005"

    def test_a_tenant_that_is_sent_to_elsewhere(self, local: LocalGateway, peer: Soap504Peer) -> None:
        table = peer.channel()
        peer.channel = lambda: table.model_copy(update={"carries": "in"})  # type: ignore[method-assign]
        local.start(wait=False)
        local.put(AVAILABILITY)
        assert peer.client is not None
        assert refusal(peer.client, "get", "MessageList", {"Code": "0"}) == "HAND-005"
        assert refusal(peer.client, "get", "Any", {"Code": "1"}) == "HAND-005"
        peer.client.put(GOOD)

    def test_a_busy_gateway_says_when_to_come_again(self, local: LocalGateway, client: Client504) -> None:
        local.intake.busy = 1
        with pytest.raises(client504.ServiceFaultError) as caught:
            client.put(GOOD)
        assert (caught.value.code, caught.value.retry_after_s) == ("PUT-002", 0)

    def test_a_body_that_is_too_large_is_not_read(self, local: LocalGateway, client: Client504) -> None:
        with pytest.raises(client504.ServiceFaultError) as caught:
            client.post(b" " * LARGEST_BYTES * 10)
        assert caught.value.code == "PUT-018"
        assert local.envelopes() == 0


class TestBehindAProxy:
    """The reference client signs what it puts and nothing else; its TLS certificate says who reads."""

    @pytest.fixture
    def client(self, local: LocalGateway, peer: Soap504Peer, tmp_path: Path) -> Client504:
        (tmp_path / "secret").write_text(SECRET)
        (tmp_path / "secret").chmod(0o600)
        return limited(local, peer, proxy_secret={"file": str(tmp_path / "secret")})

    def ask(
        self, client: Client504, *, secret: str | None = SECRET, signer: Any = None, verb: str = "get"
    ) -> str:
        certificate = (signer or identities()[0]).certificate.public_bytes(Encoding.DER)
        headers = {"Client-Cert": f":{base64.b64encode(certificate).decode()}:"}
        if secret is not None:
            headers["X-Proxy-Secret"] = secret
        header = f"<msg:Header><msg:Verb>{verb}</msg:Verb><msg:Noun>QueryData</msg:Noun></msg:Header>"
        option = (
            "<msg:Option><msg:name>DataType</msg:name><msg:value>serverTimestamp</msg:value></msg:Option>"
        )
        content = f"{header}<msg:Request>{option}</msg:Request>"
        message = f'<msg:RequestMessage xmlns:msg="{MSG}">{content}</msg:RequestMessage>'
        answer = httpx2.post(client._url, content=envelope(message.encode()), headers=headers)
        found = re.search(rb"<msg:(?:code|Result)>([^<]+)", answer.content)
        assert found
        if answer.status_code == 200:
            opened_ = opened(answer.content)
            assert opened_
            client.verified(opened_[1])
        codes = re.findall(rb"<msg:code>([^<]+)", answer.content)
        return (codes or [found[1]])[0].decode()

    def test_an_unsigned_read_by_an_agreed_certificate_is_answered(self, client: Client504) -> None:
        assert self.ask(client) == "OK"

    def test_no_other_signer_is_trusted(self, client: Client504, tmp_path: Path) -> None:
        stranger = new_identity("stranger", tmp_path, begins=NOW - DAY)
        assert self.ask(client, signer=stranger) == "HAND-008"
        assert self.ask(client, secret=None) == "HAND-008"
        assert self.ask(client, secret="sesame") == "HAND-008"
        assert self.ask(client, verb="create") == "HAND-008", "what is put is signed"

    def test_without_a_proxy_no_header_counts(self, local: LocalGateway, peer: Soap504Peer) -> None:
        client = limited(local, peer)
        assert self.ask(client) == "HAND-008"
        assert self.ask(client, secret="") == "HAND-008"


class TestLimits:
    @pytest.mark.feature(id="E5")
    @pytest.mark.parametrize(
        ("limit", "asked", "code"),
        [
            ("list_per_minute", ("get", "MessageList", {"Code": "0"}), "LST-020"),
            ("get_per_minute", ("get", "Any", {"Code": "1"}), "GET-010"),
            ("query_per_minute", ("get", "QueryData", {"DataType": "serverTimestamp"}), "QRY-013"),
            ("put_per_minute", ("create", "Compressed"), "PUT-016"),
        ],
    )
    def test_too_many_requests(
        self, local: LocalGateway, peer: Soap504Peer, limit: str, asked: Any, code: str
    ) -> None:
        client = limited(local, peer, **{limit: 2})
        local.put(AVAILABILITY)
        more = {"payload": compressed(GOOD)} if asked[0] == "create" else {}
        for _ in range(2):
            client.call(*asked, **more)
        with pytest.raises(client504.ServiceFaultError) as caught:
            client.call(*asked, **more)
        assert caught.value.code == code
        assert 0 < (caught.value.retry_after_s or 0) <= 61
        name = f"Max{limit.partition('_')[0].title()}RequestPerMinute"
        if code != "QRY-013":
            assert client.query("parameterLimits")[name] == "2"

    def test_a_minute_later_it_goes_on(self) -> None:
        now = 0.0
        rate = Rate(2, Code.GET_LIMIT, clock=lambda: now)
        rate.check()
        now = 30.0
        rate.check()
        with pytest.raises(FaultError) as caught:
            rate.check()
        assert caught.value.retry_after_s == 31
        now = 60.0
        rate.check()
        with pytest.raises(FaultError):
            rate.check()

    def test_so_many_at_once(self, local: LocalGateway, peer: Soap504Peer) -> None:
        client = limited(local, peer, most_at_once=1)
        channel: Any = local.channel
        with channel._places:
            with pytest.raises(client504.ServiceFaultError) as caught:
                client.list_after(0)
            assert (caught.value.code, caught.value.retry_after_s) == ("HAND-022", 1)
        assert client.list_after(0) == []


def test_a_peer_that_does_not_call_counts_as_away(local: LocalGateway, client: Client504) -> None:
    assert local.channel is not None
    assert local.channel.health().state == "starting"
    client.list_after(0)
    assert local.channel.health().state == "up"
    local.until_health("down")
    assert "has not called" in (local.channel.health().last_error or "")
    client.list_after(0)
    assert local.channel.health().state == "up"


def test_a_certificate_that_ends_soon_is_reported(
    local: LocalGateway, peer: Soap504Peer, tmp_path: Path
) -> None:
    ending = new_identity("ending", tmp_path, begins=NOW - DAY, lasts=8 * DAY)
    peer.signers = [identities()[0].certificate_file, ending.certificate_file]
    with structlog.testing.capture_logs() as logs:
        local.start(wait=False)
    (reported,) = (log for log in logs if log["event"] == "certificate ends")
    assert (reported["file"], reported["days"]) == (str(ending.certificate_file), 6)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<a/>", 400),
        (b"no xml", 400),
        (envelope(b"<a/>"), 400),
        (envelope(b"<m:RequestMessage xmlns:m='%s'/>" % MSG.encode()), 400),
        (envelope(b"<a></a>"), 400),
        (envelope(b"<a></a>", "http://schemas.xmlsoap.org/soap/envelope/"), 500),
        (envelope(b" " * 2 * LARGEST_BYTES), 400),
    ],
)
def test_the_status_says_who_has_to_mend_it(
    standing: tuple[LocalGateway, Client504], body: bytes, status: int
) -> None:
    _, client = standing
    answer = httpx2.post(client._url, content=body, headers={"Content-Type": "application/soap+xml"})
    assert answer.status_code == status
    assert etree.fromstring(answer.content).find(f".//{{{MSG}}}FaultMessage") is not None


def test_the_description_is_there_for_everybody(local: LocalGateway, peer: Soap504Peer) -> None:
    local.start(wait=False)
    address = f"http://127.0.0.1:{peer.port}{PATH}"
    described = httpx2.get(f"{address}?wsdl")
    assert described.content == schemas.wsdl(address)
    assert httpx2.get(f"{address}?xsd=message").content == schemas.message_schema()
    assert httpx2.get(f"{address}?xsd=messages").content == schemas.list_schema()
    assert httpx2.get(address).status_code == 400
    assert httpx2.put(address).status_code == 405
    squeezed = httpx2.post(address, content=gzip.compress(b"<a/>"), headers={"Content-Encoding": "gzip"})
    assert squeezed.status_code == 400
    assert b"HAND-004" in squeezed.content


V1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
V1_2 = "http://www.w3.org/2003/05/soap-envelope"


@pytest.mark.parametrize(
    ("namespace", "attributes", "understood"),
    [
        (V1_1, 's:mustUnderstand="1"', False),
        (V1_2, 's:mustUnderstand="true"', False),
        (V1_2, f's:mustUnderstand="true" s:role="{V1_2}/role/next"', False),
        (V1_1, 's:mustUnderstand="0"', True),
        (V1_1, 's:mustUnderstand="1" s:actor="http://another.example/"', True),
        (V1_2, 's:mustUnderstand="true" s:role="http://another.example/"', True),
        (V1_2, "", True),
    ],
)
def test_a_header_that_must_be_understood_is_named_and_those_for_others_are_let_be(
    standing: tuple[LocalGateway, Client504], namespace: str, attributes: str, understood: bool
) -> None:
    header = f'<a:Action xmlns:a="urn:other" {attributes}>#request</a:Action>'
    data = (
        f'<s:Envelope xmlns:s="{namespace}"><s:Header>{header}</s:Header>'
        "<s:Body><x></x></s:Body></s:Envelope>"
    )
    media_type = "text/xml" if namespace == V1_1 else "application/soap+xml"
    reported = httpx2.post(standing[1]._url, content=data.encode(), headers={"Content-Type": media_type})
    assert (b":MustUnderstand<" in reported.content) is not understood
    assert b"a RequestMessage is expected" in reported.content or not understood
    if not understood:
        assert reported.status_code == 500
        assert b"the SOAP header Action must be understood" in reported.content


def test_another_version_of_soap_is_reported_as_such(standing: tuple[LocalGateway, Client504]) -> None:
    data = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2001/12/soap-envelope"><s:Body><x></x></s:Body></s:Envelope>'
    )
    reported = httpx2.post(standing[1]._url, content=data, headers={"Content-Type": "text/xml"})
    assert reported.status_code == 500
    assert b":VersionMismatch<" in reported.content


def test_attachments_are_named(standing: tuple[LocalGateway, Client504]) -> None:
    headers = {"Content-Type": 'multipart/related; type="application/xop+xml"; boundary="b"'}
    reported = httpx2.post(standing[1]._url, content=b"--b\r\n\r\n<a/>\r\n--b--\r\n", headers=headers)
    assert reported.status_code == 400
    assert b"attachments are not taken" in reported.content


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[Running, Client504]]:
    platform, own = new_identity("platform", tmp_path), new_identity("gateway", tmp_path)
    section = f"""
[channels.north-soap]
adapter = "soap504-server"
tenant = "north"
[channels.north-soap.options.signing]
certificate = "{own.certificate_file}"
key = {{ file = "{own.key_file}" }}
signers = ["{platform.certificate_file}"]
"""
    running = Running(tmp_path / "gateway", [Member("north", "platform", [(NORTH, "A01")])], section)
    with running:
        client = Client504(f"{running.url}/soap/iec62325-504/north-soap", platform, own.certificate)
        yield running, client


@pytest.mark.slow
def test_the_process_serves_it_and_loses_nothing_when_killed(gateway: tuple[Running, Client504]) -> None:
    running, client = gateway
    stored: set[str] = set()

    def put(number: int) -> None:
        name = f"bids-{number}"
        document = GOOD.replace(b"TEST-DOC", f"TEST-{number}".encode(), 1)
        while name not in stored:
            try:
                client.put(document, message_id=name)
            except (client504.ServiceFaultError, httpx2.TransportError):
                time.sleep(0.05)
            else:
                stored.add(name)

    def put_all() -> None:
        for number in range(12):
            put(number)

    sender = threading.Thread(target=put_all)
    sender.start()
    eventually(lambda: len(stored) > 2)
    running.end(signal.SIGKILL)
    running.start()
    sender.join(PATIENCE_S)
    assert len(stored) == 12
    eventually(lambda: len(client.list_after(0)) >= 12)
    fetched = [client.get(listed.code) for listed in client.list_after(0)]
    assert sorted(each.answers or "" for each in fetched) == sorted(stored)
    assert all(codes_of(acknowledgement_in(each.payload)) for each in fetched)
    assert "TEST-NORTH" not in running.log, "nothing of a document is logged"
    large = httpx2.post(client._url, content=b" " * (100 * 2**20))
    assert b"PUT-018" in large.content
