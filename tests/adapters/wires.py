"""Every message as a broker or server of ours sees it: address, media type, and all that comes with it."""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aio_pika
import paho.mqtt.client as mqtt
from aio_pika.abc import AbstractIncomingMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.adapters.local_gateway import Peer
from tests.adapters.peers.amqp091 import RabbitPeer, rabbit_peer
from tests.adapters.peers.amqp10 import EndpointPeer, endpoint_peer, toolbox_peer
from tests.adapters.peers.mqtt import MqttPeer, mqtt_peer
from tests.patience import PATIENCE_S


@dataclass(frozen=True)
class Seen:
    """One message of the gateway.

    Attributes:
        settings: of the protocol, as its AsyncAPI binding names them.
    """

    address: str
    payload: bytes
    content_type: str | None
    headers: Mapping[str, str]
    properties: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)


class Wire(Protocol):
    """One protocol, spoken by the names that the contract has.

    Attributes:
        parameters: of the addresses, as configured.
        response_address: where an answer goes when the message names it; None: no message can.
    """

    peer: Peer
    parameters: Mapping[str, str]
    response_address: str | None

    def values(self, message_id: str, correlation: str) -> Mapping[str, Any]:
        """What is put beside a payload, by its name on the wire; the media type aside."""
        ...

    def send(
        self,
        address: str,
        payload: bytes,
        headers: Mapping[str, str],
        properties: Mapping[str, Any],
    ) -> None: ...

    def seen(self) -> Sequence[Seen]: ...

    def check_channel(self, address: str, binding: Mapping[str, Any]) -> None:
        """Fail if the channel is not there as the contract describes it."""
        ...


_MQTT_PROPERTIES = (
    "ContentType",
    "CorrelationData",
    "ResponseTopic",
    "MessageExpiryInterval",
    "PayloadFormatIndicator",
)


@dataclass
class MqttWire:
    peer: MqttPeer
    came: "queue.SimpleQueue[mqtt.MQTTMessage]" = field(default_factory=queue.SimpleQueue)
    all: list[Seen] = field(default_factory=list)

    @property
    def parameters(self) -> Mapping[str, str]:
        return {"prefix": self.peer.prefix, "tenant": self.peer.tenant, "kind": "ReserveBid"}

    @property
    def response_address(self) -> str:
        return f"{self.peer.base}/answers/17"

    def values(self, message_id: str, correlation: str) -> Mapping[str, Any]:
        return {
            "baMessageID": message_id,
            "CorrelationData": correlation.encode(),
            "ResponseTopic": self.response_address,
        }

    def send(
        self, address: str, payload: bytes, headers: Mapping[str, str], properties: Mapping[str, Any]
    ) -> None:
        packet = Properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            setattr(packet, name, value)  # paho knows the names of the standard and no others
        packet.UserProperty = list(headers.items())
        self.peer.client.publish(address, payload, 1, properties=packet).wait_for_publish(10)

    def seen(self) -> Sequence[Seen]:
        while not self.came.empty():
            packet = self.came.get()
            if not packet.topic.endswith("/submit"):
                self.all.append(self._shown(packet))
        return self.all

    def _shown(self, packet: mqtt.MQTTMessage) -> Seen:
        given: Any = packet.properties
        properties = {
            name: as_text(getattr(given, name)) for name in _MQTT_PROPERTIES if hasattr(given, name)
        }
        return Seen(
            packet.topic,
            packet.payload,
            properties.get("ContentType"),
            dict(getattr(given, "UserProperty", [])),
            properties,
            {"qos": packet.qos, "retain": packet.retain},
        )

    def check_channel(self, address: str, binding: Mapping[str, Any]) -> None:
        assert not binding, f"{address}: a topic is not declared anywhere"


@contextmanager
def mqtt_wire(directory: Path) -> Iterator[MqttWire]:
    with mqtt_peer(directory) as peer:
        wire = MqttWire(peer)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        ready = threading.Event()
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _client, _userdata, packet: wire.came.put(packet)
        client.connect("127.0.0.1", peer.cable.broker)
        client.loop_start()
        client.subscribe(f"{peer.prefix}/#", options=SubscribeOptions(qos=1, retainAsPublished=True))
        assert ready.wait(PATIENCE_S)
        yield wire
        client.disconnect()
        client.loop_stop()


_AMQP_PROPERTIES = (
    "content_type",
    "content_encoding",
    "correlation_id",
    "message_id",
    "type",
    "timestamp",
    "expiration",
    "reply_to",
    "app_id",
    "user_id",
    "priority",
)


@dataclass
class RabbitWire:
    peer: RabbitPeer
    response_address: None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        return {"queues": self.peer.queues}

    def values(self, message_id: str, correlation: str) -> Mapping[str, Any]:
        return {"message-id": message_id, "correlation-id": correlation, "type": "ReserveBid"}

    def send(
        self, address: str, payload: bytes, headers: Mapping[str, str], properties: Mapping[str, Any]
    ) -> None:
        named = {name.replace("-", "_"): value for name, value in properties.items()}
        message = aio_pika.Message(payload, headers=dict(headers), delivery_mode=2, **named)
        self.peer.run(self._publish(address, message))

    async def _publish(self, address: str, message: aio_pika.Message) -> None:
        channel = await self.peer.connection.channel(on_return_raises=True)
        await channel.default_exchange.publish(message, address, mandatory=True)
        await channel.close()

    def seen(self) -> Sequence[Seen]:
        return [
            self._shown(f"{self.peer.queues}.{end}", message)
            for end in ("out", "problems")
            for message in self.peer.taken(end)
        ]

    def _shown(self, name: str, message: AbstractIncomingMessage) -> Seen:
        properties = {
            known.replace("_", "-"): str(value)
            for known in _AMQP_PROPERTIES
            if (value := getattr(message, known)) not in (None, 0)
        }
        mode = message.delivery_mode
        settings = {
            "deliveryMode": None if mode is None else int(mode),
            "timestamp": message.timestamp is not None,
        }
        # RabbitMQ adds its own to what lies in a quorum queue (x-delivery-count).
        headers = {key: str(value) for key, value in message.headers.items() if not key.startswith("x-")}
        return Seen(name, message.body, message.content_type, headers, properties, settings)

    def check_channel(self, address: str, binding: Mapping[str, Any]) -> None:
        """RabbitMQ refuses to declare a queue again in another way."""
        described = binding["queue"]
        arguments = {
            key: value.format(**self.parameters) if isinstance(value, str) else value
            for key, value in binding["x-arguments"].items()
        }
        assert described["name"].format(**self.parameters) == address
        self.peer.run(self._declare(address, described, arguments))

    async def _declare(self, name: str, described: Mapping[str, Any], arguments: dict[str, Any]) -> None:
        channel = await self.peer.connection.channel()
        await channel.declare_queue(
            name,
            durable=described["durable"],
            exclusive=described["exclusive"],
            auto_delete=described["autoDelete"],
            arguments=arguments,
        )
        await channel.close()


@contextmanager
def rabbit_wire(directory: Path) -> Iterator[RabbitWire]:
    with rabbit_peer(directory) as peer:
        yield RabbitWire(peer)


@dataclass
class EndpointWire:
    peer: EndpointPeer
    parameters: Mapping[str, str] = field(default_factory=dict)
    response_address: None = None

    def values(self, message_id: str, correlation: str) -> Mapping[str, Any]:
        kind = self.peer.named("messageType")
        return {"messageID": message_id, "baMessageID": correlation, kind: "TEST-BID"}

    def send(
        self, address: str, payload: bytes, headers: Mapping[str, str], properties: Mapping[str, Any]
    ) -> None:
        assert address == self.peer.endpoint._inbox
        assert set(properties) == {"content-type"}
        self.peer.endpoint.deliver(payload, headers, properties["content-type"])

    def seen(self) -> Sequence[Seen]:
        return [
            Seen(
                sent.address,
                sent.body,
                sent.own["content-type"],
                sent.properties,
                {
                    key: str(value)
                    for key, value in {**sent.own, "correlation-id": sent.correlation_id}.items()
                },
                {"durable": sent.durable},
            )
            for sent in self.peer.endpoint.sent
        ]

    def check_channel(self, address: str, binding: Mapping[str, Any]) -> None:
        """The gateway has attached to it."""
        assert not binding
        assert address in {*self.peer.endpoint._links, *(sent.address for sent in self.peer.endpoint.sent)}


@contextmanager
def ecp_wire(directory: Path) -> Iterator[EndpointWire]:
    with endpoint_peer(directory) as peer:
        yield EndpointWire(peer)


@contextmanager
def edx_wire(directory: Path) -> Iterator[EndpointWire]:
    with toolbox_peer(directory) as peer:
        yield EndpointWire(peer)


WIRES: dict[str, Callable[[Path], AbstractContextManager[Wire]]] = {
    "mqtt": mqtt_wire,
    "amqp091": rabbit_wire,
    "ecp": ecp_wire,
    "edx": edx_wire,
}


def as_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
