"""Documents over MQTT 5, at a broker: the platform's side, with paho."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract_tests.emulators.client import WaitedTooLongError
from contract_tests.emulators.exchanges import Came, ChannelOptions, ExchangeInbox

_QOS = 1
_PATIENCE_S = 20.0


class MqttExchange(ExchangeInbox):
    """Implements `Exchange`.

    Args:
        host, port: the broker.
        prefix: first levels of every topic, as the gateway's channel has it.
        tenant: the platform's tenant.
        tidy: whether the gateway's retained status is taken away at the end, where the broker is ours.
    """

    def __init__(self, host: str, port: int, prefix: str, tenant: str, *, tidy: bool = True) -> None:
        super().__init__()
        self._host, self._port = host, port
        self._prefix = prefix
        self._tidy = tidy
        self._base = f"{prefix}/{tenant}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = self._on_message

    @contextmanager
    def connected(self) -> Iterator["MqttExchange"]:
        """Connect and subscribe."""
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(self._host, self._port)
        self._client.loop_start()
        try:
            self._client.subscribe([(f"{self._base}/+/ack", _QOS), (f"{self._base}/+/result", _QOS)])
            if not subscribed.wait(_PATIENCE_S):
                raise WaitedTooLongError("the MQTT broker did not confirm the subscription")
            yield self
            if self._tidy:
                cleared = self._client.publish(f"{self._base}/status", b"", _QOS, retain=True)
                cleared.wait_for_publish(_PATIENCE_S)
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def channel(self) -> ChannelOptions:
        """The gateway's channel."""
        options = {"host": self._host, "port": self._port, "prefix": self._prefix, "session_expiry_s": 60}
        return ChannelOptions(
            "mqtt", {**options, "client_id": self._base.replace("/", "-"), "reconnect_s": 0.2}
        )

    def send(self, document: bytes, name: str) -> str:
        """See `Exchange.send`."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/xml"
        properties.CorrelationData = name.encode()
        properties.UserProperty = ("baMessageID", name)
        sent = self._client.publish(f"{self._base}/ReserveBid/submit", document, _QOS, properties=properties)
        sent.wait_for_publish(_PATIENCE_S)
        return name

    def _on_message(self, _client: mqtt.Client, _userdata: Any, packet: mqtt.MQTTMessage) -> None:
        properties: Any = packet.properties
        kind = packet.topic.split("/")[-2]
        came = Came(kind, bytes(packet.payload), properties.CorrelationData.decode())
        self.put(dict(properties.UserProperty)["baMessageID"], came)
