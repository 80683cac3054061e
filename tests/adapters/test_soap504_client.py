"""What only a client of IEC 62325-504 services meets: codes, limits, faults, responses not to be trusted."""

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import ValidationError

from adapters.channels import ChannelTable
from adapters.soap_504 import ClientOptions
from adapters.soap_504.signed_client import Pace
from gateway.domain.document import DocumentKind
from gateway.ports import Outlet
from gateway.records.messages import outbox
from gateway.records.messages.outbox import OutboxState
from tests.adapters.certificates import Authority
from tests.adapters.local_gateway import LocalGateway, stays
from tests.adapters.peers.service504 import Service504Peer, service504_peer
from tests.adapters.peers.soap504 import PATH, identities, soap504_peer
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Service504Peer]:
    with service504_peer(tmp_path) as opened:
        yield opened


def document(number: int) -> bytes:
    return GOOD.replace(b"TEST-DOC", f"TEST-{number}-DOC".encode(), 1)


def test_limits_are_asked_for_first_and_kept(local: LocalGateway, peer: Service504Peer) -> None:
    peer.service.limits = {"MaxPayloadSizeInMBInPutRequest": "0.001", "MaxListRequestPerMinute": "2"}
    local.start()
    eventually(lambda: peer.service.calls["MessageList"] == 2)
    assert peer.service.calls["QueryData"] == 1
    assert stays(lambda: peer.service.calls["MessageList"] == 2)
    large, small = local.put(b"<a/>" * 500), local.put(b"<b/>")
    eventually(lambda: local.state_of(small) is OutboxState.DELIVERED)
    assert local.state_of(large) is OutboxState.DEAD


def test_a_service_without_limits_is_polled_at_our_pace(local: LocalGateway, peer: Service504Peer) -> None:
    peer.service.limits = None
    local.start()
    peer.send(GOOD)
    eventually(peer.received)


def test_messages_come_in_the_order_of_their_codes_however_they_are_listed(
    local: LocalGateway, peer: Service504Peer
) -> None:
    peer.service.faults.doubled = True
    for number in (3, 1, 2, 9, 4):
        peer.service.deliver(document(number), f"message-{number}", code=number)
    local.start()
    eventually(lambda: len(peer.received()) == 5)
    assert [each.answers for each in peer.received()] == [f"message-{number}" for number in (1, 2, 3, 4, 9)]
    assert peer.service.calls["Any"] == 5
    assert stays(lambda: peer.service.calls["Any"] == 5)


def test_a_restart_goes_on_after_the_last_code(local: LocalGateway, peer: Service504Peer) -> None:
    local.start()
    peer.send(document(1))
    eventually(peer.received)
    local.restart()
    peer.send(document(2))
    eventually(lambda: len(peer.received()) == 2)
    assert peer.service.calls["Any"] == 2


def test_the_code_moves_on_after_storing_only(local: LocalGateway, peer: Service504Peer) -> None:
    local.start()
    local.intake.failing = 1000  # stored, and then the answer is lost
    peer.send(GOOD)
    eventually(lambda: local.envelopes() == 1)
    local.restart()
    eventually(lambda: peer.service.calls["Any"] == 2)
    eventually(peer.received)
    assert local.envelopes() == 1


def test_a_message_that_is_gone_delays_no_other(local: LocalGateway, peer: Service504Peer) -> None:
    peer.service.deliver(b"gone")
    peer.send(GOOD)
    local.start()
    eventually(peer.received)


@pytest.mark.parametrize("code", ["GET-010", "GET-007", "X-1"])
def test_a_fault_that_may_pass_loses_no_message(local: LocalGateway, peer: Service504Peer, code: str) -> None:
    peer.service.faults.codes = {"Any": [code]}
    local.start()
    peer.send(GOOD)
    eventually(peer.received)
    assert peer.service.calls["Any"] == 2


@pytest.mark.parametrize("fault", ["unsigned", "tampered", "cutting", "plain"])
def test_what_cannot_be_trusted_is_not_taken(local: LocalGateway, peer: Service504Peer, fault: str) -> None:
    local.start()
    setattr(peer.service.faults, fault, 10**6)
    local.until_health("down")
    peer.send(GOOD)
    assert stays(lambda: local.envelopes() == 0)
    setattr(peer.service.faults, fault, 0)
    eventually(peer.received)
    assert local.envelopes() == 1


@pytest.mark.parametrize("correlated", [True, False])
def test_an_older_response_is_not_taken_for_a_new_one(
    local: LocalGateway, peer: Service504Peer, correlated: bool
) -> None:
    peer.service.echoes = correlated
    peer.more = {"correlated": correlated}
    if not correlated:  # then only its time tells
        peer.more["signing"] = peer.channel().options["signing"] | {"window_s": 1}
    local.start()
    peer.send(document(1), "message-1")
    eventually(peer.received)
    if not correlated:
        time.sleep(1.1)
    peer.service.faults.replayed = 10**6
    local.until_health("down")
    assert "request" in str(local.channel and local.channel.health().last_error) or not correlated
    peer.service.faults.replayed = 0
    peer.send(document(2), "message-2")
    eventually(lambda: len(peer.received()) == 2)


def test_a_service_that_names_no_request_is_not_taken_unless_agreed(
    local: LocalGateway, peer: Service504Peer
) -> None:
    peer.service.echoes = False
    local.start(wait=False)
    local.until_health("down")
    assert local.channel is not None
    assert "correlated" in (local.channel.health().last_error or "")


def test_a_service_whose_signer_was_not_agreed(local: LocalGateway, peer: Service504Peer) -> None:
    _, gateway = identities()
    operator = peer.service.identity
    peer.channel()
    peer.service.identity = gateway
    peer.more = {"signing": peer.channel().options["signing"] | {"signers": [str(operator.certificate_file)]}}
    local.start(wait=False)
    local.until_health("down")


@pytest.mark.parametrize(("code", "tries"), [("PUT-002", 2), ("PUT-016", 2), ("HAND-007", 2), ("X-1", 2)])
def test_a_put_is_tried_again_where_the_code_says_so(
    local: LocalGateway, peer: Service504Peer, code: str, tries: int
) -> None:
    peer.service.faults.codes = {"create": [code]}
    local.start()
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    assert peer.service.calls["create"] == tries


@pytest.mark.parametrize("code", ["PUT-003", "PUT-012", "PUT-018"])
def test_a_put_is_given_up_where_the_code_says_so(
    local: LocalGateway, peer: Service504Peer, code: str
) -> None:
    peer.service.faults.codes = {"create": [code]}
    local.start()
    first, second = local.put(b"<a/>"), local.put(b"<b/>")
    eventually(lambda: local.state_of(second) is OutboxState.DELIVERED)
    assert local.state_of(first) is OutboxState.DEAD


def test_the_meaning_of_a_code_can_be_looked_up(local: LocalGateway, peer: Service504Peer) -> None:
    peer.more = {"actions": {"PUT-002": "stop", "OWN-1": "alarm"}}
    peer.service.faults.codes = {"create": ["PUT-002", "OWN-1"]}
    with structlog.testing.capture_logs() as logs:
        local.start()
        first, second = local.put(b"<a/>"), local.put(b"<b/>")
        eventually(lambda: local.state_of(second) is OutboxState.DELIVERED)
    assert local.state_of(first) is OutboxState.DEAD
    alarms = [log for log in logs if log["event"] == "soap fault needs attention"]
    assert [(alarm["code"], alarm["log_level"]) for alarm in alarms] == [("OWN-1", "error")]


def test_a_put_whose_answer_is_lost_is_repeated_under_the_same_id(
    local: LocalGateway, peer: Service504Peer
) -> None:
    peer.service.faults.lost = 1
    local.start()
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    assert len(peer.received()) == 2
    assert len({each.message_id for each in peer.received()}) == 1


def test_an_xml_document_is_put_as_it_is_and_a_large_one_compressed(
    local: LocalGateway, peer: Service504Peer
) -> None:
    peer.more = {"compress_above_kb": 1}
    local.start()
    local.put(b'<a xmlns="urn:a"/>')
    local.put(b'<a xmlns="urn:a">' + b" " * 2000 + b"</a>")
    eventually(lambda: len(peer.service.came) == 2)
    assert [(put.noun, put.format) for put in peer.service.came] == [("a", None), ("Compressed", "XML")]


def test_soap_1_1(local: LocalGateway, peer: Service504Peer) -> None:
    peer.more = {"soap": "1.1"}
    local.start()
    peer.send(GOOD)
    eventually(peer.received)
    assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]


def test_a_channel_that_only_sends_asks_for_the_time(local: LocalGateway, peer: Service504Peer) -> None:
    peer.carries = "out"
    local.start()
    eventually(lambda: peer.service.calls["QueryData"] > 2)
    assert peer.service.calls["MessageList"] == 0


class TestTls:
    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority(tmp_path / "authority")

    @pytest.fixture
    def secured(self, peer: Service504Peer, authority: Authority) -> Service504Peer:
        """A service that asks for certificates."""
        peer.service.stop()
        server = authority.server("server")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
        context.load_cert_chain(server.certificate, server.key)
        context.verify_mode = ssl.CERT_REQUIRED
        peer.service.tls = context
        peer.service.start()
        peer.more = {"host": "localhost", "tls": True, "ca": str(authority.file)}
        return peer

    def test_both_sides_show_a_certificate(
        self, local: LocalGateway, secured: Service504Peer, authority: Authority
    ) -> None:
        own = authority.client("gateway")
        secured.more |= {"certificate": str(own.certificate), "key": str(own.key)}
        local.start()
        secured.send(GOOD)
        eventually(secured.received)

    def test_a_gateway_without_one_is_refused(self, local: LocalGateway, secured: Service504Peer) -> None:
        assert secured.more
        local.start(wait=False)
        local.until_health("down")

    def test_a_service_whose_certificate_is_not_trusted_is_not_called(
        self, local: LocalGateway, secured: Service504Peer, tmp_path: Path
    ) -> None:
        secured.more["ca"] = str(Authority(tmp_path / "stranger").file)
        local.start(wait=False)
        local.until_health("down")
        assert secured.service.calls.total() == 0


@dataclass
class OurOwnService:
    """The gateway at the other end of the line."""

    port: int

    def channel(self) -> ChannelTable:
        platform, gateway = identities()
        signing = {
            "certificate": str(platform.certificate_file),
            "key": {"file": str(platform.key_file)},
            "signers": [str(gateway.certificate_file)],
        }
        options = {
            "host": "127.0.0.1",
            "port": self.port,
            "path": PATH,
            "poll_s": 0.02,
            "signing": signing,
        }
        return ChannelTable(adapter="soap504-client", tenant="north", options=options)

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None


@pytest.mark.feature(id="C2")
def test_our_client_at_our_own_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    with soap504_peer(tmp_path) as platform:
        platform.polls = False
        near, far = tmp_path / "near", tmp_path / "far"
        serving = LocalGateway(near, platform).start(wait=False)
        calling: Any = LocalGateway(far, OurOwnService(platform.port))  # type: ignore[arg-type]
        calling.start()
        with calling.stores.of("north").writing() as uow:
            message = outbox.Outgoing(DocumentKind.RESERVE_BID, "7.2", GOOD)
            sent = outbox.put(uow, message, calling.clock.now())
        eventually(lambda: calling.state_of(sent) is OutboxState.DELIVERED)
        eventually(lambda: len(serving.noted()) == RESERVE_BID_7_2.series, "the bids to arrive")
        eventually(lambda: calling.envelopes() == 1, "the acknowledgement to come back")
        eventually(lambda: serving.state_of(1) is OutboxState.DELIVERED)
        calling.stop()
        serving.stop()


class TestPace:
    def test_so_many_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 0.0
        waited: list[float] = []

        class Stopping(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                nonlocal now
                waited.append(timeout or 0)
                now += timeout or 0
                return False

        monkeypatch.setattr("adapters.soap_504.signed_client.time.monotonic", lambda: now)
        pace = Pace(Stopping())
        for _ in range(5):
            pace.wait_for_turn()
        assert waited == [], "no limit, no pause"
        pace.per_minute = 5
        now = 10.0
        for _ in range(6):
            pace.wait_for_turn()
        assert (waited, now) == ([50.0, 60.0], 120.0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"signing": {}}, "signing.certificate"),
        ({"path": "service"}, "path"),
        ({"actions": {"PUT-002": "panic"}}, "actions"),
        ({"soap": "1.3"}, "soap"),
        ({"host": "a.example.org", "username": "us", "password": {"env": "PATH"}}, "tls"),
    ],
)
def test_options_that_do_not_fit(change: dict[str, Any], fault: str) -> None:
    good = OurOwnService(1).channel().options
    assert ClientOptions.model_validate(good)
    with pytest.raises(ValidationError) as caught:
        ClientOptions.model_validate(good | change)
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("part", "wrong", "words"),
    [
        ("certificate", "none.pem", "No such file"),
        ("certificate", "key", "holds no certificate"),
        ("signers", ["key"], "holds no certificate"),
        ("key", {"file": "other"}, "not the key of the certificate"),
    ],
)
def test_keys_and_certificates_that_cannot_be_used(tmp_path: Path, part: str, wrong: Any, words: str) -> None:
    platform, gateway = identities()
    files = {
        "key": str(gateway.key_file),
        "other": str(platform.key_file),
        "none.pem": str(tmp_path / "none.pem"),
    }
    if isinstance(wrong, dict):
        wrong = {"file": files[wrong["file"]]}
    elif isinstance(wrong, list):
        wrong = [files[each] for each in wrong]
    else:
        wrong = files[wrong]
    signing = OurOwnService(1).channel().options["signing"] | {"certificate": str(gateway.certificate_file)}
    signing |= {"key": {"file": files["key"]}, part: wrong}
    with pytest.raises(ValidationError, match=words):
        ClientOptions.model_validate(OurOwnService(1).channel().options | {"signing": signing})
