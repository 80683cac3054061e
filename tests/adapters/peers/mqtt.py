"""A peer at a real Mosquitto, with topics of its own."""

import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from adapters.channels import ChannelTable
from gateway.ports import Outlet
from tests.adapters.cable import OnCable, cable_to
from tests.adapters.local_gateway import LocalGateway, Received
from tests.adapters.services import mosquitto
from tests.patience import PATIENCE_S


@dataclass
class MqttPeer(OnCable):
    client: mqtt.Client
    prefix: str
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = True
    keeps_messages: bool = True
    is_answered_again: bool = True
    came: list[mqtt.MQTTMessage] = field(default_factory=list)
    session_expiry_s: int = 60

    @property
    def base(self) -> str:
        return f"{self.prefix}/{self.tenant}"

    def channel(self) -> ChannelTable:
        options = {
            "host": "127.0.0.1",
            "port": self.cable.port,
            "prefix": self.prefix,
            "client_id": self.prefix.replace("/", "-"),
            "session_expiry_s": self.session_expiry_s,
            "reconnect_s": 0.05,
            "answer_timeout_s": 5.0,
        }
        return ChannelTable(adapter="mqtt", tenant=self.tenant, options=options)

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        user = [("baMessageID", message_id)] if message_id else []
        self.publish(payload, UserProperty=user, ContentType=content_type or "application/xml")

    def submitted(self, payload: bytes) -> str:
        """What the broker says to a document."""
        stated: Queue[str] = Queue()
        self.client.on_publish = lambda _client, _userdata, _mid, code, _properties: stated.put(str(code))
        self.send(payload)
        return stated.get(timeout=PATIENCE_S)

    def publish(self, payload: bytes, **properties: Any) -> None:
        packet = Properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            if value:
                setattr(packet, name, value)
        sent = self.client.publish(f"{self.base}/ReserveBid/submit", payload, 1, properties=packet)
        sent.wait_for_publish(PATIENCE_S)

    def at(self, *ends: str) -> list[mqtt.MQTTMessage]:
        return [packet for packet in self.came if packet.topic.endswith(ends)]

    def received(self) -> Sequence[Received]:
        documents = self.at("/ack", "/result")
        return [
            Received(
                packet.payload,
                dict(packet.properties.UserProperty)["baMessageID"],  # type: ignore[union-attr]
                getattr(packet.properties, "CorrelationData", b"").decode() or None,
            )
            for packet in documents
        ]

    def refusals(self) -> Sequence[str]:
        return [json.loads(packet.payload)["type"] for packet in self.at("/problems")]


@contextmanager
def mqtt_peer(directory: Path) -> Iterator[MqttPeer]:
    with mosquitto(directory) as port, mqtt_peer_at(port) as peer:
        yield peer


@contextmanager
def mqtt_peer_at(port: int) -> Iterator[MqttPeer]:
    """A peer at a broker; its subscriptions are there."""
    with cable_to(port) as cable:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        peer = MqttPeer(cable, client, f"test/{uuid.uuid4().hex}")
        ready = threading.Event()
        client.on_connect = lambda client, *_: client.subscribe(
            [
                (f"{peer.prefix}/+/{end}", 1)
                for end in ("+/ack", "+/result", "problems", "status", "answers/#")
            ]
        )
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _client, _userdata, packet: peer.came.append(packet)
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert ready.wait(PATIENCE_S)
        yield peer
        client.publish(f"{peer.base}/status", b"", 1, retain=True).wait_for_publish(PATIENCE_S)
        client.disconnect()
        client.loop_stop()
        _forget_session(port, str(peer.channel().options["client_id"]))


def _forget_session(port: int, client_id: str) -> None:
    """Take the gateway's session away from the broker."""
    gone = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
    over = threading.Event()
    gone.on_connect = lambda *_: over.set()
    gone.connect("127.0.0.1", port, clean_start=True)
    gone.loop_start()
    assert over.wait(PATIENCE_S)
    gone.disconnect()
    gone.loop_stop()
