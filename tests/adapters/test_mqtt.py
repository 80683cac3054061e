"""What only MQTT brings: response topics, correlation bytes, expiry, silence of subscribers, the will."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.mqtt import MqttOptions
from contract_tests.brokers import Mosquitto
from gateway.records.messages.outbox import OutboxState
from tests.adapters.dead import document, messages, tried
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway, stays
from tests.adapters.peers.mqtt import MqttPeer, mqtt_peer, mqtt_peer_at
from tests.adapters.services import started
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import PATIENCE_S, eventually
from tests.specimens import RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data
pytestmark = [pytest.mark.services, pytest.mark.feature(id="C5")]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[MqttPeer]:
    with mqtt_peer(tmp_path) as opened:
        yield opened


def property_of(packet: Any, name: str) -> Any:
    return getattr(packet.properties, name, None)


def test_the_answer_comes_to_the_response_topic_with_the_correlation_data(
    local: LocalGateway, peer: MqttPeer
) -> None:
    local.start()
    topic, correlation = f"{peer.base}/answers/17", b"\x00\xff\x80 any bytes"
    peer.publish(GOOD, ResponseTopic=topic, CorrelationData=correlation)
    eventually(lambda: peer.at("/answers/17"))
    (answer,) = peer.at("/answers/17")
    assert codes_of(acknowledgement_in(answer.payload)) == ["A01"]
    assert property_of(answer, "CorrelationData") == correlation
    assert property_of(answer, "ContentType") == "application/xml"
    assert not answer.retain
    assert peer.at("/ack") == []


@pytest.mark.parametrize(
    "topic",
    [
        "flexgate/v1/south/answers",
        "{base}south/answers",
        "$SYS/x",
        "{base}/ReserveBid/submit",
        "{base}/x/submit",
        "{base}//submit",
        "{base}/status",
    ],
)
def test_no_answer_goes_where_the_tenant_has_no_business(
    local: LocalGateway, peer: MqttPeer, topic: str
) -> None:
    local.start()
    peer.publish(GOOD, ResponseTopic=topic.format(base=peer.base), CorrelationData=b"17")
    eventually(peer.refusals)
    assert peer.refusals() == ["urn:flexgate:problem:forbidden"]
    assert property_of(peer.at("/problems")[0], "CorrelationData") == b"17"
    assert local.envelopes() == 0


@pytest.mark.parametrize("topic", [None, "/answers/17"])
def test_a_problem_names_the_message_and_goes_where_its_answer_would(
    local: LocalGateway, peer: MqttPeer, topic: str | None
) -> None:
    local.start()
    asked = {} if topic is None else {"ResponseTopic": peer.base + topic}
    peer.publish(b" " * (LARGEST_BYTES + 1), UserProperty=[("baMessageID", "large-1")], **asked)
    eventually(lambda: peer.at(topic or "/problems"))
    (reported,) = peer.at(topic or "/problems")
    assert property_of(reported, "CorrelationData") == b"large-1"
    assert property_of(reported, "ContentType") == "application/problem+json"
    assert property_of(reported, "UserProperty") is None  # a problem is no message, and has no id


def test_what_is_of_use_for_a_time_expires_at_the_broker(local: LocalGateway, peer: MqttPeer) -> None:
    local.start()
    local.put(b"<a/>", not_after=local.clock.now() + timedelta(seconds=100))
    local.put(b"<b/>")
    eventually(lambda: len(peer.at("/result")) == 2)
    assert [property_of(packet, "MessageExpiryInterval") for packet in peer.at("/result")] in (
        [100, None],
        [99, None],
        [98, None],
    )


def test_a_message_without_subscribers_waits(local: LocalGateway, peer: MqttPeer) -> None:
    local.start()
    gone = threading.Event()
    peer.client.on_unsubscribe = lambda *_: gone.set()
    peer.client.unsubscribe(f"{peer.prefix}/+/+/result")
    assert gone.wait(PATIENCE_S)
    number = local.put(b"<a/>")
    assert stays(lambda: local.state_of(number) is OutboxState.WAITING)
    eventually(lambda: messages(local)[number].last_error, "the reason")
    reason = messages(local)[number].last_error
    assert reason == f"no client has subscribed (topic {peer.base}/BidAvailability/result)"
    peer.client.subscribe(f"{peer.prefix}/+/+/result", 1)
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    eventually(lambda: [packet.payload for packet in peer.at("/result")] == [b"<a/>"])


def test_a_problem_without_subscribers_waits(local: LocalGateway, peer: MqttPeer) -> None:
    local.start()
    gone = threading.Event()
    peer.client.on_unsubscribe = lambda *_: gone.set()
    peer.client.unsubscribe(f"{peer.prefix}/+/problems")
    assert gone.wait(PATIENCE_S)
    peer.publish(GOOD, ContentType="image/png", CorrelationData=b"lost?")
    peer.publish(GOOD, CorrelationData=b"good")
    eventually(lambda: peer.at("/ack"), "the answer to the next")
    assert peer.refusals() == []
    peer.client.subscribe(f"{peer.prefix}/+/problems", 1)
    eventually(peer.refusals, "the refusal")
    assert [property_of(packet, "CorrelationData") for packet in peer.at("/problems")] == [b"lost?"]
    assert stays(lambda: len(peer.at("/problems")) == 1)


@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_id_is_none(local: LocalGateway, peer: MqttPeer, blank: str) -> None:
    local.start()
    for number in (b"1", b"2"):
        data = GOOD.replace(b"TEST-DOC-72", b"TEST-" + number)
        peer.publish(data, UserProperty=[("baMessageID", blank)])
    eventually(lambda: len(peer.at("/ack")) == 2)
    assert peer.refusals() == []


def test_access_rules_that_forbid_to_publish_are_shown(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read #\ntopic write test/+/+/+/submit\n")
    rules.chmod(0o600)
    broker = Mosquitto(tmp_path, settings=f"acl_file {rules}\n")
    with started(broker), mqtt_peer_at(broker.port) as peer:
        local = LocalGateway(tmp_path, peer)
        try:
            local.start()
            peer.publish(GOOD)
            assert local.channel is not None
            channel = local.channel
            eventually(lambda: "access rules" in (channel.health().last_error or ""), "the cause")
        finally:
            local.stop()


def test_answers_do_not_wait_for_response_topics_without_subscribers(
    local: LocalGateway, peer: MqttPeer
) -> None:
    """As a platform leaves them behind that has one for each of its processes and restarts."""
    local.start()
    dead = [f"{peer.base}/dead/{number}" for number in range(100)]
    for number, topic in enumerate(dead):
        peer.publish(document(number), ResponseTopic=topic)
    eventually(lambda: len(tried(local)) == len(dead), "every dead one to be tried")
    live = f"{peer.base}/live"
    peer.client.subscribe(live, 1)
    peer.publish(document(100), ResponseTopic=live)
    eventually(lambda: peer.at("/live"))
    assert len(tried(local)) == len(dead), "they are all still waiting"


def test_the_status_tells_when_the_gateway_is_gone(local: LocalGateway, peer: MqttPeer) -> None:
    local.start()
    eventually(lambda: peer.at("/status") and peer.at("/status")[-1].payload == b"online")
    local.stop()
    eventually(lambda: peer.at("/status")[-1].payload == b"offline")
    local.open_stores()


@pytest.mark.usefixtures("peer")
def test_a_message_larger_than_the_broker_takes_is_given_up(local: LocalGateway) -> None:
    local.start()
    channel: Any = local.channel
    channel._largest = 2000  # as a broker says in its CONNACK
    large, small = local.put(b"<a/>" * 500), local.put(b"<b/>")
    eventually(lambda: local.state_of(small) is OutboxState.DELIVERED)
    assert local.state_of(large) is OutboxState.DEAD


def test_a_restarted_broker_still_keeps_messages_for_a_gateway_that_is_away(tmp_path: Path) -> None:
    directory = tmp_path / "broker"
    directory.mkdir()
    with started(Mosquitto(directory)) as broker, mqtt_peer_at(broker.port) as peer:
        local = LocalGateway(tmp_path, peer).start()
        local.stop()
        broker.restart()
        eventually(peer.client.is_connected)
        code = peer.submitted(GOOD)
        assert code == "Success", "the subscription outlived the broker's restart"
        local.open_stores()
        local.start()
        eventually(lambda: peer.at("/ack"))
        local.stop()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"host": "broker.example.org", "username": "us", "password": {"env": "PATH"}}, "tls"),
        ({"host": "a", "certificate": "c.pem", "tls": True}, "belong together"),
        ({"host": "a", "ca": "ca.pem"}, "tls"),
        ({"host": "a", "prefix": "flexgate/#"}, "pattern"),
        ({"host": "a", "prefix": "a/#"}, "pattern"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        MqttOptions.model_validate(options)
