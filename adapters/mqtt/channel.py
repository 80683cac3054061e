"""One connection to a broker at a time, renewed when it breaks; one thread that stores what comes.

Every connection has a client object of its own: what an old one had in flight cannot leave late, and a
confirmation cannot reach a message of another connection. The session is the broker's, so nothing is lost.
"""

import queue
import threading
from collections.abc import Iterator
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from adapters.handing_in import Message
from adapters.health import AT_THE_START, why
from adapters.http.problems import MEDIA_TYPE, Problem, ProblemType
from adapters.mqtt import MqttOptions
from adapters.mqtt.packets import message_of, properties_of, publish_properties, response_topic
from adapters.of_one_tenant import ChannelOfOneTenant
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelPlace, DeliveryError, Receipt

_NO_SUBSCRIBERS: Final = 0x10
_WITH_WILL: Final = "Disconnect with will message"
_QOS: Final = 1


class MqttChannel(ChannelOfOneTenant):
    """Implements `ports.Channel`."""

    def __init__(self, options: MqttOptions, place: ChannelPlace) -> None:
        super().__init__(place)
        self._options = options
        self._base = f"{options.prefix}/{place.tenant.tenant_id}"
        self._group = "" if options.group is None else f"$share/{options.group}/"
        self._over = threading.Event()  # the present connection
        self._client: mqtt.Client | None = None
        self._largest: int | None = None
        self._sending = threading.Lock()
        self._answers: queue.SimpleQueue[tuple[int, ReasonCode | None]] = queue.SimpleQueue()
        # Bounded by the receive maximum: the broker sends no more before these are confirmed.
        self._came: queue.SimpleQueue[tuple[mqtt.Client, mqtt.MQTTMessage] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=work, name=f"mqtt-{place.name}", daemon=True)
            for work in (self._stay_connected, self._store)
        ]

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._health.starting()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._over.set()
        self._came.put(None)
        for thread in self._threads:
            thread.join()
        self._health.stopped()

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`. The broker must say that somebody is there to get it."""
        client = self._client
        if client is None or not self._health.is_up:
            raise DeliveryError("the broker is not connected")
        if self._largest is not None and len(envelope.payload) + 1024 > self._largest:
            raise DeliveryError(f"the broker takes packets of up to {self._largest:,} bytes", final=True)
        properties = publish_properties(
            envelope.content_type, envelope.correlation_id, envelope.message_id, self._expiry_s(envelope)
        )
        kind = envelope.message_type or "Document"
        last = "ack" if kind == DocumentKind.ACKNOWLEDGEMENT else "result"
        topic = envelope.reply_to or f"{self._base}/{kind}/{last}"
        with self._sending:
            while not self._answers.empty():
                self._answers.get()
            sent = client.publish(topic, envelope.payload, _QOS, properties=properties)
            answer = self._answer_to(sent.mid)
        if answer.value == _NO_SUBSCRIBERS:
            raise DeliveryError("nobody has subscribed to the topic")
        if answer.is_failure:
            raise DeliveryError(f"the broker refused: {answer}")

    def _answer_to(self, mid: int) -> ReasonCode:
        try:
            while True:
                answered, code = self._answers.get(timeout=self._options.answer_timeout_s)
                if code is None:
                    raise DeliveryError("the connection broke")
                if answered == mid:
                    return code
        except queue.Empty:
            raise DeliveryError("the broker did not confirm in time") from None

    def _expiry_s(self, envelope: Envelope) -> int | None:
        if envelope.not_after is None:
            return None
        return max(1, int((envelope.not_after - self._place.clock.now()).total_seconds()))

    def _stay_connected(self) -> None:
        while True:
            self._over.clear()
            if self._stopping.is_set():  # perhaps since just before the last line
                return
            try:
                client = self._new_client()
                self._client = client
                client.connect(
                    self._options.host,
                    self._options.port,
                    self._options.keepalive_s,
                    clean_start=False,
                    properties=self._connect_properties(),
                )
                client.loop_start()
                self._over.wait()
                client.disconnect(ReasonCode(PacketTypes.DISCONNECT, _WITH_WILL))
                client.loop_stop()
            except Exception as error:  # noqa: BLE001  (whatever ended this connection, the next may work)
                self._health.down(f"the broker cannot be reached: {why(error)}")
            self._client = None
            self._stopping.wait(self._options.reconnect_s)

    def _new_client(self) -> mqtt.Client:
        options = self._options
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id or f"flexgate-{self.name}",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if (context := options.tls_context()) is not None:
            client.tls_set_context(context)
        if options.username is not None:
            client.username_pw_set(options.username, options.secret)
        client.will_set(f"{self._base}/status", b"offline", _QOS, retain=True)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_publish = lambda _client, _userdata, mid, code, _properties: self._answers.put((mid, code))
        client.on_message = lambda client, _userdata, packet: self._came.put((client, packet))
        return client

    def _connect_properties(self) -> Properties:
        properties = properties_of(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._options.session_expiry_s
        properties.ReceiveMaximum = self._options.receive_maximum
        return properties

    def _connected(
        self, client: mqtt.Client, _userdata: Any, _flags: Any, code: ReasonCode, properties: Any
    ) -> None:
        if code.is_failure:
            self._health.down(f"the broker refused the connection: {code}")
            self._over.set()
            return
        self._largest = getattr(properties, "MaximumPacketSize", None)
        client.publish(f"{self._base}/status", b"online", _QOS, retain=True)
        if self._place.receives:
            # What somebody retained came when it was published; it need not come with every connection.
            once = SubscribeOptions(_QOS, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
            client.subscribe(f"{self._group}{self._base}/+/submit", options=once)
        else:
            self._health.up()

    def _subscribed(
        self, _client: mqtt.Client, _userdata: Any, _mid: int, codes: list[ReasonCode], _properties: Any
    ) -> None:
        if any(code.is_failure for code in codes):
            self._health.down(f"the broker refused the subscription: {codes[0]}")
            self._over.set()
        else:
            self._health.up()

    def _disconnected(
        self, _client: mqtt.Client, _userdata: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        if self._health.is_up:
            self._health.down(f"the connection broke: {code}")
        elif not self._over.is_set():  # else it is known why already
            self._health.down(f"the broker ended the connection at its start: {code}; {AT_THE_START}")
        self._answers.put((0, None))
        self._over.set()

    def _store(self) -> None:
        while not self._stopping.is_set() and (first := self._came.get()) is not None:
            came = [first]
            while not self._came.empty() and (another := self._came.get()) is not None:
                came.append(another)
            client = self._client
            # Of an older connection the broker brings it again.
            self._take([packet for of, packet in came if of is client], came[-1][0])

    def _take(self, packets: list[mqtt.MQTTMessage], client: mqtt.Client) -> None:
        messages = [message_of(packet, self._reply_to(packet)) for packet in packets]
        for packet, message, taken in zip(packets, messages, self._hand_in(messages, packets), strict=False):
            if isinstance(taken, Problem):
                properties = publish_properties(MEDIA_TYPE, message.correlation_id)
                topic = message.reply_to or f"{self._base}/problems"
                client.publish(topic, self._door.refusal(taken), _QOS, properties=properties)
            client.ack(packet.mid, packet.qos)

    def _hand_in(
        self, messages: list[Message], packets: list[mqtt.MQTTMessage]
    ) -> Iterator[Receipt | Problem]:
        """What becomes of each; one whose answer may not be sent where it asks for is handed in by nobody."""
        answerable = [self._reply_to(packet) == response_topic(packet) for packet in packets]
        taken = self._door.hand_in_all([one for one, may in zip(messages, answerable, strict=True) if may])
        for may in answerable:
            if not may:
                yield Problem(ProblemType.FORBIDDEN, f"answers go to topics below {self._base}/ only")
            elif (outcome := next(taken, None)) is not None:
                yield outcome
            else:
                return

    def _reply_to(self, packet: mqtt.MQTTMessage) -> str | None:
        wanted = response_topic(packet)
        return wanted if wanted is None or self._is_ours(wanted) else None

    def _is_ours(self, topic: str) -> bool:
        return topic.startswith(f"{self._base}/") and not set("+#") & set(topic)
