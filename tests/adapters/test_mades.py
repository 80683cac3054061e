"""What the MADES web service brings: a message that stays until confirmed, states to ask for, attachments."""

import base64
import threading
from collections.abc import Iterator
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.kit.http.client import CallError, HttpAnswer
from adapters.mades import MadesOptions
from adapters.mades.service import MadesFaultError, MadesService
from adapters.mades.soap import envelope, reply_of
from contract_tests.emulators.soap import request_in, response
from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.records.messages.outbox import OutboxState, find, put
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway, stays
from tests.adapters.peers.mades import PROBLEM, TYPES, MadesPeer, mades_peer
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data
NAMESPACE = "http://mades.entsoe.eu/"
OPTIONS: dict[str, Any] = {"host": "localhost", "port": 1, "receiver": "R", "message_types": TYPES}


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[MadesPeer]:
    with mades_peer(tmp_path) as opened:
        yield opened


def delivered(local: LocalGateway) -> int:
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED, "delivery")
    return number


def error_of(local: LocalGateway, number: int) -> str:
    with local.stores.of("north").reading() as uow:
        message = find(uow, number)
    return (message and message.last_error) or ""


class TestOutwards:
    def test_a_message_says_what_the_network_needs(self, local: LocalGateway, peer: MadesPeer) -> None:
        local.start()
        delivered(local)
        (sent,) = peer.endpoint.sent
        assert sent.body == b"<a/>"
        assert sent.conversation_id == "run-1"
        assert sent.values == {
            "receiverCode": "SERVICE-TEST",
            "businessType": "TEST-AVAILABILITY",
            "senderApplication": "flexgate",
            "baMessageID": sent.values["baMessageID"],
        }

    @pytest.mark.parametrize("fault", ["refusing", "silent", "failing", "cutting"])
    def test_what_failed_is_sent_again_under_the_same_id(
        self, local: LocalGateway, peer: MadesPeer, fault: str
    ) -> None:
        peer.more = {"received_timeout_s": 0.3, "answer_timeout_s": 0.3}
        local.start()
        setattr(peer.endpoint.faults, fault, 1)
        delivered(local)
        assert len({sent.values["baMessageID"] for sent in peer.endpoint.sent}) == 1

    def test_a_fault_that_is_called_final_gives_the_message_up(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        peer.more = {"final_faults": ["E-17"]}
        peer.endpoint.faults.refusing = 1
        local.start()
        number = local.put(b"<a/>")
        eventually(lambda: local.state_of(number) is OutboxState.DEAD, "giving up")
        assert error_of(local, number) == "fault E-17 4711: refused for the test"
        assert "…" not in error_of(local, number), "details may quote the message"

    def test_accepted_can_be_enough(self, local: LocalGateway, peer: MadesPeer) -> None:
        peer.more = {"confirmed_by": "accepted"}
        local.start()
        delivered(local)
        assert peer.endpoint.calls["CheckMessageStatusRequest"] == 0

    def test_words_for_states_can_be_taught(self, local: LocalGateway, peer: MadesPeer) -> None:
        peer.endpoint.words = ("PENDING", "TRANSPORTED", "AT PARTNER")
        peer.more = {"states": {"AT PARTNER": "received"}}
        local.start()
        delivered(local)
        assert peer.endpoint.calls["CheckMessageStatusRequest"] == 3

    def test_a_kind_without_message_type_waits_and_says_why(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        local.start()
        with local.stores.of("north").writing() as uow:
            number = put(uow, Outgoing(DocumentKind.MERIT_ORDER_LIST, "7.3", b"<m/>"), local.clock.now())
        eventually(lambda: error_of(local, number))
        assert error_of(local, number) == "no message type is configured for MeritOrderList"
        assert peer.endpoint.sent == []


class TestInwards:
    @pytest.mark.parametrize("mtom", [False, True])
    def test_bytes_are_left_as_they_are(self, local: LocalGateway, peer: MadesPeer, mtom: bool) -> None:
        peer.endpoint.faults.mtom = mtom
        latin = GOOD.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"').replace(
            b"<ReserveBid_", "<!-- Größe --><ReserveBid_".encode("iso-8859-1"), 1
        )
        assert latin != GOOD
        local.start()
        peer.send(latin, "m-1")
        eventually(peer.received)
        assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]

    def test_a_message_stays_in_the_inbox_until_it_is_stored(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        local.start()
        local.intake.busy = 10**9
        for number in range(3):
            peer.send(GOOD, f"m-{number}")
        eventually(lambda: local.intake.busy < 10**9, "the first message to be in hand")
        asked = peer.endpoint.calls["ReceiveMessageRequest"]
        assert stays(lambda: peer.endpoint.calls["ReceiveMessageRequest"] == asked)
        assert peer.endpoint.calls["ConfirmReceiveMessageRequest"] == 0
        assert peer.endpoint.unconfirmed == 3
        local.intake.busy = 0
        eventually(lambda: peer.endpoint.unconfirmed == 0)
        assert local.envelopes() == 3

    @pytest.mark.parametrize("fault", ["unconfirmable", "cutting"])
    def test_a_confirmation_that_is_lost_is_given_again(
        self, local: LocalGateway, peer: MadesPeer, fault: str
    ) -> None:
        local.start()
        setattr(peer.endpoint.faults, fault, 2)
        peer.send(GOOD, "m-1")
        eventually(lambda: peer.endpoint.unconfirmed == 0)
        eventually(peer.received)
        assert local.envelopes() == 1
        assert stays(lambda: len(peer.received()) == 1)

    def test_a_message_that_comes_twice_has_one_effect(self, local: LocalGateway, peer: MadesPeer) -> None:
        peer.endpoint.faults.doubled = True
        local.start()
        peer.send(GOOD, "m-1")
        eventually(lambda: peer.endpoint.calls["ConfirmReceiveMessageRequest"] == 2)
        eventually(peer.received)
        assert local.envelopes() == 1
        assert stays(lambda: len(peer.received()) == 1)

    @pytest.mark.parametrize("counts_all", [False, True])
    def test_a_full_inbox_is_emptied_without_pauses(
        self, local: LocalGateway, peer: MadesPeer, counts_all: bool
    ) -> None:
        peer.endpoint.remaining_counts_all = counts_all
        for number in range(5):
            peer.send(GOOD, f"m-{number}")
        peer.more = {"poll_s": 600.0}
        local.start(wait=False)
        eventually(lambda: peer.endpoint.unconfirmed == 0)
        assert peer.endpoint.calls["ReceiveMessageRequest"] <= 6

    @pytest.mark.parametrize("mtom", [False, True])
    def test_what_is_far_too_large_is_refused_without_reading_it_all(
        self, local: LocalGateway, peer: MadesPeer, mtom: bool
    ) -> None:
        peer.endpoint.faults.mtom = mtom
        local.start()
        peer.send(b"<a>" + b" " * 40 * LARGEST_BYTES, "large")
        peer.send(GOOD, "good")
        eventually(peer.received)
        assert peer.refusals() == ["urn:flexgate:problem:too-large"]
        assert local.envelopes() == 1
        assert peer.endpoint.unconfirmed == 0

    def test_a_refusal_that_cannot_be_sent_does_not_hold_up_the_inbox(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        local.start()
        peer.endpoint.faults.refusing = 1
        peer.send(b" " * (LARGEST_BYTES + 1), "large")
        eventually(lambda: peer.endpoint.unconfirmed == 0)
        peer.send(b" " * (LARGEST_BYTES + 1), "large-2")
        eventually(peer.refusals)
        (reported,) = peer.endpoint.sent
        assert str(reported.values["baMessageID"]).startswith("problem-")
        assert reported.conversation_id == "large-2"
        assert peer.endpoint.sent[0].values["businessType"] == PROBLEM

    def test_only_the_business_type_asked_for_is_taken(self, local: LocalGateway, peer: MadesPeer) -> None:
        peer.more = {"business_type": "TEST-BID"}
        peer.endpoint.deliver(b"<of-others/>", "m-0", business_type="OTHER")
        peer.send(GOOD, "m-1")
        local.start()
        eventually(peer.received)
        assert local.envelopes() == peer.endpoint.unconfirmed == 1


class TestConnection:
    def test_the_older_service(self, local: LocalGateway, peer: MadesPeer) -> None:
        peer.endpoint.path = "/ECP_MODULE/services/ECPEndpointService"
        peer.endpoint.namespace = "http://ecp.entso-e.eu/"
        peer.more = {"generation": "older"}
        local.start()
        peer.send(GOOD, "m-1")
        eventually(peer.received)
        assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"path": "/elsewhere"}, "answered 404 without a SOAP envelope"),
            ({"generation": "older", "path": "/ws/madesInWSInterface"}, "fault E-17 4711: no such operation"),
            ({"username": "endpoint"}, "answered 401"),
        ],
    )
    def test_an_endpoint_that_does_not_fit_is_down_with_a_reason(
        self, local: LocalGateway, peer: MadesPeer, change: dict[str, Any], reason: str
    ) -> None:
        peer.endpoint.username, peer.endpoint.password = "endpoint", "open sesame"
        peer.more = {"username": "endpoint", "password": {"env": "TEST_PASSWORD"}} | change
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TEST_PASSWORD", "wrong" if "username" in change else "open sesame")
            local.start(wait=False)
        local.until_health("down")
        assert local.channel is not None
        assert local.channel.health().last_error == f"the peer cannot be used: {reason}"

    def test_a_password_opens(
        self, local: LocalGateway, peer: MadesPeer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TEST_PASSWORD", "open sesame")
        peer.endpoint.username, peer.endpoint.password = "endpoint", "open sesame"
        peer.more = {"username": "endpoint", "password": {"env": "TEST_PASSWORD"}}
        local.start()
        delivered(local)

    def test_an_endpoint_that_falls_silent_is_down_until_it_answers(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        peer.more = {"answer_timeout_s": 0.2}
        local.start()
        peer.endpoint.faults.slow_s = 1.0
        local.until_health("down")
        peer.endpoint.faults.slow_s = 0.0
        local.until_health("up")
        delivered(local)

    def test_the_way_to_the_partner_can_be_tested_at_each_connection(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        peer.more = {"connectivity_type": "TEST-PING"}
        local.start()
        assert peer.endpoint.calls["ConnectivityTestRequest"] == 1
        peer.unplug()
        local.until_health("down")
        peer.plug()
        local.until_health("up")
        assert peer.endpoint.calls["ConnectivityTestRequest"] == 2

    def test_a_channel_that_only_sends_leaves_the_inbox_alone(
        self, local: LocalGateway, peer: MadesPeer
    ) -> None:
        peer.carries = "out"
        peer.send(GOOD, "m-1")
        local.start()
        delivered(local)
        assert peer.endpoint.unconfirmed == 1
        assert local.envelopes() == 0


def service() -> MadesService:
    return MadesService(MadesOptions.model_validate(OPTIONS), LARGEST_BYTES, threading.Event())


def received_from(monkeypatch: pytest.MonkeyPatch, answer: HttpAnswer) -> Any:
    asked = service()
    monkeypatch.setattr(asked._peer, "call", lambda *_, **__: answer)
    return asked.receive()


CONTENTS = st.one_of(
    st.binary(max_size=2000),
    st.lists(st.sampled_from([b"\r\n", b"--", b"uuid:", b"\n", b"<a/>", b"\x00\xff", b"\r"])).map(b"".join),
)


class TestWire:
    @given(CONTENTS, st.booleans())
    def test_any_bytes_come_back_as_they_are(self, content: bytes, mtom: bool) -> None:
        made = response(NAMESPACE, "R", {"receivedMessage": {"content": content}}, mtom=mtom)
        answer = HttpAnswer(200, {"content-type": made.content_type}, made.data)
        message = reply_of(answer).child("receivedMessage")
        assert message is not None
        assert message.content("content") == content

    @given(st.binary(min_size=1, max_size=500))
    def test_attachments_as_another_library_writes_them(self, content: bytes) -> None:
        made = MIMEMultipart("related", start="<root>")
        include = (
            b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><R><content>'
            b'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:c@x"/>'
            b"</content></R></s:Body></s:Envelope>"
        )
        for name, data in (("c@x", content), ("root", include)):  # the root need not come first
            part = MIMEApplication(data, _encoder=lambda _: None)
            part.set_payload(data.decode("latin-1"))
            part.add_header("Content-ID", f"<{name}>")
            made.attach(part)
        data = b""
        boundary = "=-=another library=-="
        made.set_boundary(boundary)
        for part in made.get_payload():
            headers = "".join(f"{key}: {value}\r\n" for key, value in part.items())
            data += f"--{boundary}\r\n{headers}\r\n".encode() + part.get_payload().encode("latin-1") + b"\r\n"
        data += f"--{boundary}--".encode()
        answer = HttpAnswer(200, {"content-type": made["Content-Type"].replace("\n", "")}, data)
        assert reply_of(answer).content("content") == content

    @given(st.binary(max_size=500), st.booleans())
    def test_a_request_carries_any_bytes(self, content: bytes, qualified: bool) -> None:
        values = {"message": {"content": content, "receiverCode": "R&<"}, "downloadMessage": True}
        element = request_in(envelope(NAMESPACE, "SendMessageRequest", values, qualified=qualified))
        assert element.tag == f"{{{NAMESPACE}}}SendMessageRequest"
        message = element.find(f"{{{NAMESPACE}}}message" if qualified else "message")
        assert message is not None
        assert base64.b64decode(message.findtext("{*}content") or "") == content
        assert message.findtext("{*}receiverCode") == "R&<"
        assert element.findtext("{*}downloadMessage") == "true"

    @pytest.mark.parametrize(
        ("content_type", "data"),
        [
            ("text/html", b"<html>502 Bad Gateway</html>"),
            ("application/soap+xml", b""),
            ("application/soap+xml", b"<a/>"),
            ("application/soap+xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
            ("multipart/related", b"--x\r\n\r\n<a/>\r\n--x--"),
            ("multipart/related; boundary=x", b"nothing"),
            ("multipart/related; boundary=x", b"--x--"),
            ("multipart/related; boundary=x", b"--x\r\nno colon\r\n\r\n--x--"),
        ],
    )
    def test_what_is_no_soap_is_no_answer(self, content_type: str, data: bytes) -> None:
        with pytest.raises(CallError):
            reply_of(HttpAnswer(200, {"content-type": content_type}, data))

    @pytest.mark.parametrize("content", ["no base64!", "abc"])
    def test_content_that_cannot_be_read_can_still_be_refused(
        self, monkeypatch: pytest.MonkeyPatch, content: str
    ) -> None:
        values = {"receivedMessage": {"messageID": "m", "content": content}, "remainingMessagesCount": "1"}
        made = response(NAMESPACE, "ReceiveMessageResponse", values, mtom=False)
        received, remaining = received_from(monkeypatch, HttpAnswer(200, {"content-type": "a/b"}, made.data))
        assert (received.message_id, received.content, received.complete, remaining) == ("m", None, True, 1)

    def test_a_message_without_id_is_a_fault_of_the_endpoint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = response(
            NAMESPACE, "ReceiveMessageResponse", {"receivedMessage": {"content": "YQ=="}}, mtom=False
        )
        with pytest.raises(CallError, match="without messageID"):
            received_from(monkeypatch, HttpAnswer(200, {}, made.data))

    @pytest.mark.parametrize("mtom", [False, True])
    def test_an_answer_that_was_cut_names_its_message_where_the_id_comes_first(
        self, monkeypatch: pytest.MonkeyPatch, mtom: bool
    ) -> None:
        values = {"messageID": "m", "content": b"x" * 5000}
        first = response(NAMESPACE, "R", {"receivedMessage": values}, mtom=mtom)
        headers = {"content-type": first.content_type}
        received, _ = received_from(monkeypatch, HttpAnswer(200, headers, first.data[:3000], complete=False))
        assert (received.message_id, received.content, received.complete) == ("m", None, False)
        last = response(NAMESPACE, "R", {"receivedMessage": dict(reversed(values.items()))}, mtom=False)
        with pytest.raises(CallError, match="without messageID"):
            received_from(monkeypatch, HttpAnswer(200, {}, last.data[:3000], complete=False))

    def test_a_fault_without_detail_tells_its_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = (
            b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Reason>'
            b"<s:Text>out of order</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
        )
        with pytest.raises(MadesFaultError, match="out of order"):
            received_from(monkeypatch, HttpAnswer(500, {}, data))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"message_types": {"BidAvailability": "A"}}, "Acknowledgement"),
        ({"generation": "newest"}, "older"),
        ({"path": "no-slash"}, "path"),
        ({"states": {"DONE": "perhaps"}}, "received"),
        ({"final_faults": "E-17"}, "final_faults"),
    ],
)
def test_options_that_do_not_fit(change: dict[str, Any], fault: str) -> None:
    MadesOptions.model_validate(OPTIONS)
    with pytest.raises(ValidationError, match=fault):
        MadesOptions.model_validate(OPTIONS | change)
