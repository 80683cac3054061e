"""What ECP and EDX bring: replies and events in any order, faults of the field, spellings, credit."""

import gc
import socket
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from adapters.amqp10 import EndpointOptions
from adapters.amqp10.replies import event_news, named, reply_news, status_news
from adapters.kit.options import MissingExtraError
from contract_tests.brokers import free_ports
from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.domain.transport import TransportNews, TransportState
from gateway.records.messages import transports
from gateway.records.messages.outbox import OutboxState, find, put
from tests.adapters.local_gateway import LocalGateway, stays
from tests.adapters.peers.amqp10 import EndpointPeer, endpoint_peer, toolbox_peer
from tests.adapters.peers.rhea import rhea_peer
from tests.adapters.services import needs_proton
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import PATIENCE_S, eventually
from tests.specimens import RESERVE_BID_7_2

if TYPE_CHECKING:
    from contract_tests.emulators.endpoint import Sent

GOOD = RESERVE_BID_7_2.data


@pytest.fixture(params=["ecp", "edx", pytest.param("rhea", marks=pytest.mark.services)])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EndpointPeer]:
    """By proton as an ECP endpoint and as an EDX toolbox, and by rhea as an ECP endpoint."""
    opening = {"ecp": endpoint_peer, "edx": toolbox_peer, "rhea": rhea_peer}[request.param]
    with opening(tmp_path) as opened:
        yield opened


def status_document(word: str) -> bytes:
    return (
        f'<StatusDocument xmlns="edx.entsoe.eu.StatusDocument.xsd"><finalMessageStatus xmlns="">'
        f'<status v="{word}"/></finalMessageStatus></StatusDocument>'
    ).encode()


def delivered(local: LocalGateway, peer: EndpointPeer) -> "list[Sent]":
    """Everything the endpoint got until one message was delivered."""
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED, "delivery")
    return peer.endpoint.sent


def state_in(local: LocalGateway, number: int) -> TransportState | None:
    with local.stores.of("north").reading() as uow:
        message = find(uow, number)
        status = None if message is None else transports.find(uow, message.message_id)
    return None if status is None else status.state


class TestOutwards:
    @pytest.mark.feature(id="C3")
    def test_a_message_says_what_the_network_needs(self, local: LocalGateway, peer: EndpointPeer) -> None:
        local.start()
        (sent,) = delivered(local, peer)
        assert sent.body == b"<a/>"
        assert sent.durable
        assert sent.correlation_id == sent.properties["baMessageID"]
        assert sent.properties == {
            "receiverCode": "SERVICE-TEST",
            peer.named("messageType"): "TEST-AVAILABILITY",
            "baMessageID": sent.correlation_id,
            "baCorrelationID": "run-1",
            "senderApplication": "flexgate",
        }

    @pytest.mark.feature(id="B12")
    def test_the_type_of_an_answer_depends_on_what_it_answers(
        self, local: LocalGateway, peer: EndpointPeer
    ) -> None:
        peer.more = {
            "message_types": {
                "Acknowledgement": "TEST-ACK",
                "Acknowledgement of MFRR-BID": "MFRR-BID-ACK",
                "Acknowledgement of AFRR-BID": "AFRR-BID-ACK",
                "BidAvailability": "TEST-AVAILABILITY",
            }
        }
        local.start()
        wanted = {"MFRR-BID": "MFRR-BID-ACK", "AFRR-BID": "AFRR-BID-ACK", "OTHER": "TEST-ACK"}
        for kind in wanted:
            peer.bid_type = kind
            peer.send(GOOD.replace(b"TEST-DOC", f"TEST-{kind}".encode(), 1), f"of-{kind}")
        eventually(lambda: len(peer.received()) == len(wanted))
        assert {
            sent.properties["baCorrelationID"]: sent.properties[peer.named("messageType")]
            for sent in peer.endpoint.sent
        } == {f"of-{kind}": answer for kind, answer in wanted.items()}

    @pytest.mark.parametrize(("repeated", "disordered"), [(True, False), (False, True), (True, True)])
    def test_news_twice_or_in_any_order(
        self, local: LocalGateway, peer: EndpointPeer, repeated: bool, disordered: bool
    ) -> None:
        peer.endpoint.faults.repeated, peer.endpoint.faults.disordered = repeated, disordered
        local.start()
        assert len(delivered(local, peer)) == 1
        assert len(delivered(local, peer)) == 2

    @pytest.mark.parametrize("fault", ["refusing", "silent", "cutting"])
    def test_what_failed_is_sent_again_under_the_same_id(
        self, local: LocalGateway, peer: EndpointPeer, fault: str
    ) -> None:
        peer.answer_timeout_s = 0.3
        setattr(peer.endpoint.faults, fault, 1)
        local.start()
        sent = delivered(local, peer)
        assert len(sent) == (1 if fault == "cutting" else 2)
        assert len({each.properties["baMessageID"] for each in sent}) == 1

    @pytest.mark.parametrize("ending", ["restart", "broken connection"])
    def test_news_that_comes_after_an_end_is_of_the_attempt_before_it(
        self, local: LocalGateway, peer: EndpointPeer, ending: str
    ) -> None:
        peer.endpoint.faults.late = 1
        local.start()
        number = local.put(b"<a/>")
        eventually(lambda: state_in(local, number) is TransportState.ACCEPTED, "the reply")
        if ending == "restart":
            local.restart()
        else:
            peer.unplug()
            local.until_health("down")
            peer.plug()
            local.until_health("up")
        assert state_in(local, number) is TransportState.ACCEPTED
        assert local.state_of(number) is OutboxState.WAITING
        peer.endpoint.report_late()
        eventually(lambda: local.state_of(number) is OutboxState.DELIVERED, "delivery")
        assert state_in(local, number) is TransportState.RECEIVED
        assert len(peer.endpoint.sent) == 1

    def test_accepted_can_be_enough(self, local: LocalGateway, peer: EndpointPeer) -> None:
        peer.more = {"confirmed_by": "accepted"}
        local.start()
        assert len(delivered(local, peer)) == 1

    def test_a_kind_without_message_type_waits_and_says_why(
        self, local: LocalGateway, peer: EndpointPeer
    ) -> None:
        local.start()
        with local.stores.of("north").writing() as uow:
            number = put(uow, Outgoing(DocumentKind.MERIT_ORDER_LIST, "7.3", b"<m/>"), local.clock.now())

        def error() -> str:
            with local.stores.of("north").reading() as uow:
                message = find(uow, number)
            return (message and message.last_error) or ""

        eventually(error)
        assert error() == "no message type is configured for MeritOrderList"
        assert peer.endpoint.sent == []


class TestInwards:
    @pytest.mark.parametrize("spelling", ["baMessageID", "baMessageId", "BAMESSAGEID"])
    def test_spelling_of_properties_does_not_matter(
        self, local: LocalGateway, peer: EndpointPeer, spelling: str
    ) -> None:
        local.start()
        for _ in range(2):
            peer.endpoint.deliver(GOOD, {spelling: "ours-1", "messageID": "theirs-1"})
        eventually(peer.received)
        (answer,) = peer.received()
        assert codes_of(acknowledgement_in(answer.payload)) == ["A01"]
        assert answer.answers == "ours-1"
        assert local.envelopes() == 1

    def test_bytes_are_left_as_they_are(self, local: LocalGateway, peer: EndpointPeer) -> None:
        latin = GOOD.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"').replace(
            b"<ReserveBid_", "<!-- Größe --><ReserveBid_".encode("iso-8859-1"), 1
        )
        assert latin != GOOD
        local.start()
        peer.send(latin, "m-1")
        eventually(peer.received)
        assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]

    def test_a_busy_gateway_takes_no_more_than_its_credit(
        self, local: LocalGateway, peer: EndpointPeer
    ) -> None:
        peer.more = {"credit": 3}
        local.start()
        local.intake.busy = 10**9
        for number in range(10):
            peer.send(GOOD, f"m-{number}")
        eventually(lambda: peer.endpoint.under_way == 3)
        assert stays(lambda: peer.endpoint.under_way == 3)
        assert peer.endpoint.unconfirmed == 10
        local.intake.busy = 0
        eventually(lambda: local.envelopes() == 10)
        eventually(lambda: peer.endpoint.unconfirmed == 0)

    def test_without_a_type_for_problems_a_refused_message_is_taken_all_the_same(
        self, local: LocalGateway, peer: EndpointPeer
    ) -> None:
        peer.more = {"problems_type": None}
        local.start()
        peer.send(b"bid;10 MW\n", "table", "text/plain")
        eventually(lambda: peer.endpoint.unconfirmed == 0)
        assert peer.endpoint.sent == []


class TestReplies:
    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("ACCEPTED", TransportState.ACCEPTED),
            ("SENT", TransportState.ACCEPTED),
            ("SUCCESSFULLY_SENT", TransportState.ACCEPTED),
            ("DELIVERED", TransportState.DELIVERED),
            ("RECEIVED", TransportState.RECEIVED),
        ],
    )
    def test_status_documents(self, word: str, state: TransportState) -> None:
        assert status_news(status_document(word), "ours") == TransportNews(state, "ours")

    def test_an_unknown_word_says_nothing(self) -> None:
        assert status_news(status_document("INVENTED"), "ours") is None
        assert event_news({"messageID": "theirs"}, "INVENTED") is None
        assert event_news({}, "RECEIVED") is None

    def test_a_failure_may_lack_everything_else(self) -> None:
        assert status_news(status_document("FAILED"), "ours") == TransportNews(
            TransportState.FAILED, "ours", fault="the network failed: no reason given"
        )

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"not xml",
            b"<other/>",
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            b"<a>" * 100_000,
        ],
    )
    def test_what_is_no_status_says_nothing(self, data: bytes) -> None:
        assert status_news(data, "ours") is None

    def test_an_error_code_refuses(self) -> None:
        assert reply_news({"errorcode": 17, "MessageID": "t"}, "ours") == TransportNews(
            TransportState.FAILED, "ours", "t", "the endpoint refused: error 17"
        )

    def test_a_reply_about_nothing_says_nothing(self) -> None:
        assert reply_news({}, None) is None
        assert status_news(status_document("RECEIVED"), None) is None

    def test_the_first_name_that_is_there(self) -> None:
        assert named({"B": "", "c": 3}, "a", "b", "C") == "3"
        assert named({}, "a") is None


def test_an_endpoint_that_never_speaks_is_down_and_holds_up_no_stop(
    local: LocalGateway, peer: EndpointPeer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        peer.more = {"port": silent.getsockname()[1]}
        peer.answer_timeout_s = 0.2
        local.start(wait=False)
        local.until_health("down")
        assert local.channel is not None
        assert "does not answer" in (local.channel.health().last_error or "")
        local.stop()


@pytest.mark.parametrize("ending", ["nothing listens", "the endpoint ends it", "the gateway leaves"])
def test_a_connection_that_is_over_is_forgotten(ending: str) -> None:
    """Parts of proton hold each other outside Python's sight: megabytes for each attempt to connect."""
    needs_proton()
    from adapters.amqp10.link import LEAVE, EndpointLink, run  # noqa: PLC0415  (proton is an extra)
    from contract_tests.emulators.endpoint import EndpointEmulator  # noqa: PLC0415

    (port,) = free_ports(1)
    options = EndpointOptions(
        host="127.0.0.1", port=port, receiver="TEST", message_types={"Acknowledgement": "TEST-ACK"}
    )
    endpoint = EndpointEmulator(port)
    if ending != "nothing listens":
        endpoint.start()
    opened = threading.Event()
    link = EndpointLink(options, (options.queue_names.inbox,), opened.set, print, print)
    running = threading.Thread(target=run, args=(link,))
    running.start()
    if ending != "nothing listens":
        assert opened.wait(PATIENCE_S)
        if ending == "the gateway leaves":
            link.order(LEAVE)
        endpoint.stop()
    running.join(PATIENCE_S)
    over = weakref.ref(link)
    del link, running
    gc.collect()
    assert over() is None


def test_tls_without_openssl_is_reported_at_the_start(
    local: LocalGateway, peer: EndpointPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proton.SSL.present", lambda: False)
    peer.more = {"tls": True}
    with pytest.raises(MissingExtraError, match="OpenSSL"):
        local.start()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"message_types": {"Postcard": "A", "Acknowledgement": "B"}}, "Postcard"),
        ({"message_types": {"BidAvailability": "A"}}, "Acknowledgement"),
        ({"kind": "as4"}, "ecp"),
        ({"confirmed_by": "hope"}, "received"),
    ],
)
def test_options_that_do_not_fit(change: dict[str, Any], fault: str) -> None:
    options = {"host": "localhost", "receiver": "R", "message_types": {"Acknowledgement": "A"}}
    EndpointOptions.model_validate(options)
    with pytest.raises(ValidationError, match=fault):
        EndpointOptions.model_validate(options | change)
