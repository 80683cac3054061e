"""One connection to a broker at a time, renewed when it breaks; one thread that stores what comes.

Every connection has a client object of its own: what an old one had in flight cannot leave late, and a
confirmation cannot reach a message of another connection. The session is the broker's, so nothing is lost.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from adapters.kit.base_channel import PipelinedChannel, failed
from adapters.kit.drain import next_of
from adapters.kit.health import AT_THE_START, why
from adapters.kit.http.problems import MEDIA_TYPE, ProblemResponse, ProblemType
from adapters.kit.inbound import Message
from adapters.mqtt import MqttOptions
from adapters.mqtt.packets import message_of, properties_of, publish_properties, response_topic
from adapters.mqtt.problems import Problems
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, DeliveryError, Receipt

_NO_SUBSCRIBERS: Final = 0x10
_NOT_AUTHORIZED: Final = 0x87
_WITH_WILL: Final = "Disconnect with will message"
_QOS: Final = 1
_WHERE_ANSWERS_GO: Final = (
    "answers go to topics below {base}/ without wildcards, but neither to its status nor to any submit"
)

_FRAMING: Final = 16
"""Bytes of a packet that are neither topic, properties nor payload, at most."""

_AROUND: Final = 512
"""Bytes of topic and properties of most packets."""

_LONGEST_SHOWN: Final = 200
"""Characters of a topic in the reason of a failure; a peer may have chosen it."""

IN_FLIGHT: Final = 20
"""Messages that wait for the broker's confirmation together: as many as Mosquitto accepts."""


class MqttChannel(PipelinedChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: MqttOptions, context: ChannelContext) -> None:
        super().__init__(context, IN_FLIGHT, options.answer_timeout_s)
        self._options = options
        self._base = f"{options.prefix}/{context.tenant.tenant_id}"
        self._over = threading.Event()  # the present connection
        self._problems = Problems(context.name)
        self._line: _Line | None = None
        self._largest: int | None = None
        # Bounded by the receive maximum: the broker sends no more before these are confirmed.
        self._received: queue.SimpleQueue[tuple[_Line, mqtt.MQTTMessage] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=work, name=f"mqtt-{context.name}", daemon=True)
            for work in (self._stay_connected, self._receive_loop)
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
        self._received.put(None)
        for thread in self._threads:
            thread.join()
        self._problems.give_up()
        self._health.stopped()

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:  # noqa: ARG002
        """See `ports.PipelinedOutlet.begin`. The broker must confirm a subscriber."""
        return [self._published(envelope) for envelope in envelopes]

    def _published(self, envelope: Envelope) -> Future[None]:
        line = self._line
        if line is None or not self._health.is_up:
            return failed(DeliveryError("the broker is not connected"))
        properties = publish_properties(
            envelope.content_type,
            envelope.correlation_id,
            envelope.message_id,
            self._expiry_s(envelope),
            envelope.gate_id,
        )
        kind = envelope.message_type or "Document"
        last = "ack" if kind == DocumentKind.ACKNOWLEDGEMENT else "result"
        topic = envelope.reply_to or f"{self._base}/{kind}/{last}"
        if self._largest is not None and _size(envelope.payload, topic, properties) > self._largest:
            # A broker ends the connection over such a packet, and with it all messages in flight.
            too_large = f"the broker accepts packets of up to {self._largest:,} bytes"
            return failed(DeliveryError(too_large, final=True))
        return line.publish(topic, envelope.payload, properties)

    def _largest_of_peer(self) -> int | None:
        """The limit in the broker's CONNACK, less what is usual around a payload."""
        return None if self._largest is None else max(self._largest - _AROUND, 0)

    def _expiry_s(self, envelope: Envelope) -> int | None:
        if envelope.not_after is None:
            return None
        return max(1, int((envelope.not_after - self._context.clock.now()).total_seconds()))

    def _stay_connected(self) -> None:
        while True:
            self._over.clear()
            if self._stopping.is_set():  # perhaps since just before the last line
                return
            try:
                self._line = line = self._new_line()
                line.client.connect(
                    self._options.host,
                    self._options.port,
                    self._options.keepalive_s,
                    clean_start=False,
                    properties=self._connect_properties(),
                )
                line.client.loop_start()
                while not self._over.wait(self._options.reconnect_s):
                    if self._health.is_up:
                        self._problems.retry(line.publish)
                line.client.disconnect(ReasonCode(PacketTypes.DISCONNECT, _WITH_WILL))
                line.client.loop_stop()
                line.broken()
            except Exception as error:  # noqa: BLE001  (whatever ended this connection, the next may work)
                self._health.down(f"the broker cannot be reached: {why(error)}")
            self._line = None
            self._stopping.wait(self._options.reconnect_s)

    def _new_line(self) -> "_Line":
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
        line = _Line(client, self._health.note)
        client.on_connect = lambda *arguments: self._connected(line, arguments[3], arguments[4])
        client.on_disconnect = lambda *arguments: self._disconnected(line, arguments[3])
        client.on_subscribe = lambda *arguments: self._subscribed(line, arguments[3])
        client.on_publish = lambda *arguments: line.confirmed(arguments[2], arguments[3])
        client.on_message = lambda _client, _userdata, packet: self._received.put((line, packet))
        return line

    def _connect_properties(self) -> Properties:
        properties = properties_of(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._options.session_expiry_s
        properties.ReceiveMaximum = self._options.receive_maximum
        return properties

    def _connected(self, line: "_Line", code: ReasonCode, properties: Any) -> None:
        if code.is_failure:
            self._health.down(f"the broker refused the connection: {code}")
            self._over.set()
            return
        self._largest = getattr(properties, "MaximumPacketSize", None)
        if self._context.receives:
            # A retained message came when it was published; it need not come with every connection.
            once = SubscribeOptions(_QOS, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
            line.client.subscribe(f"{self._base}/+/submit", options=once)
        else:
            self._is_there(line)

    def _is_there(self, line: "_Line") -> None:
        """Publish the status, now that what is published to the gateway reaches it."""
        line.publish(f"{self._base}/status", b"online", retain=True)
        self._health.up()

    def _subscribed(self, line: "_Line", codes: list[ReasonCode]) -> None:
        if any(code.is_failure for code in codes):
            self._health.down(f"the broker refused the subscription: {codes[0]}")
            self._over.set()
        else:
            self._is_there(line)

    def _disconnected(self, line: "_Line", code: ReasonCode) -> None:
        if self._health.is_up:
            self._health.down(f"the connection broke: {code}")
        elif not self._over.is_set():  # else it is known why already
            self._health.down(f"the broker ended the connection at its start: {code}; {AT_THE_START}")
        line.broken()
        self._over.set()

    def _receive_loop(self) -> None:
        """Work of the thread that stores and confirms what the client has received."""
        while not self._stopping.is_set() and (
            received := next_of(self._received, self._options.receive_maximum)
        ):
            line = self._line
            # Of an older connection the broker brings it again.
            self._store_and_confirm([packet for of, packet in received if of is line], received[-1][0])

    def _store_and_confirm(self, packets: list[mqtt.MQTTMessage], line: "_Line") -> None:
        """Store messages durably, and only then confirm each to the broker with a PUBACK; one that is refused
        is confirmed too, behind its problem document, or the broker would bring it for ever."""
        messages = [message_of(packet, self._reply_to(packet)) for packet in packets]
        # Not strict: where the channel stops, the last ones have no outcome. Without PUBACK they come again.
        for packet, message, taken in zip(packets, messages, self._hand_in(messages, packets), strict=False):
            if isinstance(taken, ProblemResponse):
                properties = publish_properties(MEDIA_TYPE, message.correlation_id)
                topic = message.reply_to or f"{self._base}/problems"
                self._problems.publish(line.publish, topic, self._receiver.refusal(taken), properties)
            line.client.ack(packet.mid, packet.qos)

    def _hand_in(
        self, messages: list[Message], packets: list[mqtt.MQTTMessage]
    ) -> Iterator[Receipt | ProblemResponse]:
        """The outcome of each; one whose answer may not be sent to its response topic is refused."""
        answerable = [self._reply_to(packet) == response_topic(packet) for packet in packets]
        taken = self._receiver.hand_in_all(
            [one for one, may in zip(messages, answerable, strict=True) if may]
        )
        for may in answerable:
            if not may:
                yield ProblemResponse(ProblemType.FORBIDDEN, _WHERE_ANSWERS_GO.format(base=self._base))
            elif (outcome := next(taken, None)) is not None:
                yield outcome
            else:
                return

    def _reply_to(self, packet: mqtt.MQTTMessage) -> str | None:
        wanted = response_topic(packet)
        return wanted if wanted is None or self._may_answer_to(wanted) else None

    def _may_answer_to(self, topic: str) -> bool:
        """Whether a topic is the tenant's, and none that the gateway uses for itself."""
        if not topic.startswith(f"{self._base}/") or set("+#") & set(topic):
            return False
        levels = topic.removeprefix(f"{self._base}/").split("/")
        return levels != ["status"] and not (len(levels) == 2 and levels[1] == "submit")


def _size(payload: bytes, topic: str, properties: Properties) -> int:
    """Bytes of a packet, at most."""
    around = len(topic.encode()) + len(properties.pack())  # type: ignore[no-untyped-call]
    return len(payload) + around + _FRAMING


class _Line:
    """One client, and what it published that the broker has not confirmed yet.

    A confirmation may come before the sender knows the number it is for, so the first of both makes the entry
    and the second takes it away. No thread waits here: paho holds a lock of its own during callbacks.
    """

    def __init__(self, client: mqtt.Client, forbidden: Callable[[str], None]) -> None:
        self.client = client
        self._forbidden = forbidden
        self._in_flight: dict[int, Future[None]] = {}
        self._is_broken = False

    def publish(
        self, topic: str, payload: bytes, properties: Properties | None = None, *, retain: bool = False
    ) -> Future[None]:
        """Publish; the future is done when the broker has confirmed it."""
        mid = self.client.publish(topic, payload, _QOS, retain=retain, properties=properties).mid
        confirmed = self._in_flight.setdefault(mid, Future())
        done: Future[None] = Future()

        def finish(confirmed: Future[None]) -> None:
            self._in_flight.pop(mid, None)
            if (fault := confirmed.exception()) is None:
                done.set_result(None)
            else:
                done.set_exception(DeliveryError(f"{fault} (topic {topic[:_LONGEST_SHOWN]})"))

        confirmed.add_done_callback(finish)
        if self._is_broken:
            self.broken()
        return done

    def confirmed(self, mid: int, code: ReasonCode) -> None:
        """The broker reported the outcome of a packet."""
        done = self._in_flight.setdefault(mid, Future())
        if code.value == _NO_SUBSCRIBERS:
            done.set_exception(DeliveryError("no client has subscribed"))
        elif code.is_failure:
            if code.value == _NOT_AUTHORIZED:
                self._forbidden("the broker's access rules forbid a topic that the gateway publishes to")
            done.set_exception(DeliveryError(f"the broker refused: {code}"))
        else:
            done.set_result(None)

    def broken(self) -> None:
        """No more confirmations come."""
        self._is_broken = True
        for done in list(self._in_flight.values()):
            with suppress(InvalidStateError):  # it was confirmed at the last moment
                done.set_exception(DeliveryError("the connection broke"))
