"""Peers behind brokers: a document is taken when its Acknowledgement has come back."""

import asyncio
import uuid
from typing import Any, Final, Self

import aio_pika
import paho.mqtt.client as mqtt
from aio_pika.abc import AbstractIncomingMessage, DeliveryMode
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from adapters.amqp091 import RabbitOptions
from adapters.amqp091.queues import Queues
from contract_tests.emulators.endpoint import EndpointEmulator, Sent

BROKER: Final = "amqp://guest:guest@127.0.0.1/"
ANSWER_S: Final = 120.0
XML: Final = "application/xml"


class _Answers:
    """Documents under way, by name; answers may come from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    def expect(self, name: str) -> asyncio.Future[bool]:
        self._waiting[name] = future = self._loop.create_future()
        return future

    def came(self, name: str) -> None:
        self._loop.call_soon_threadsafe(self._resolve, name)

    def _resolve(self, name: str) -> None:
        if (future := self._waiting.pop(name, None)) is not None and not future.done():
            future.set_result(True)


class RabbitPeer:
    """AMQP 0-9-1; `address` is the base of the tenant's queues."""

    def __init__(self, address: str, _credentials: str, _in_flight: int) -> None:
        self._base = address

    async def __aenter__(self) -> Self:
        self._answers = _Answers()
        self._connection = await aio_pika.connect(BROKER)
        self._channel = await self._connection.channel(publisher_confirms=True)
        await self._channel.set_qos(500)
        queue = await self._channel.get_queue(f"{self._base}.out")
        await queue.consume(self._on_message, no_ack=True)
        return self

    async def _on_message(self, answer: AbstractIncomingMessage) -> None:
        self._answers.came(str(answer.correlation_id))

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def send(self, document: bytes, name: str) -> bool:
        answer = self._answers.expect(name)
        message = aio_pika.Message(
            document, message_id=name, content_type=XML, delivery_mode=DeliveryMode.PERSISTENT
        )
        await self._channel.default_exchange.publish(message, f"{self._base}.in")
        return await asyncio.wait_for(answer, ANSWER_S)


async def delete_queues(base: str) -> None:
    """Take away the queues that a gateway declared for a run."""
    queues = Queues.of(RabbitOptions(host="127.0.0.1", queues=base), tenant="")
    async with await aio_pika.connect(BROKER) as connection:
        channel = await connection.channel()
        for name in (queues.incoming, queues.outgoing, queues.problems, queues.dead):
            await channel.queue_delete(name)


class MqttPeer:
    """MQTT 5; `address` is the prefix and tenant of the topics."""

    def __init__(self, address: str, _credentials: str, _in_flight: int) -> None:
        self._base = address

    async def __aenter__(self) -> Self:
        answers, ready = _Answers(), asyncio.Event()
        loop = asyncio.get_running_loop()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, uuid.uuid4().hex, protocol=mqtt.MQTTv5)
        client.max_inflight_messages_set(1000)
        client.on_connect = lambda *_: client.subscribe(f"{self._base}/+/ack", 1)
        client.on_subscribe = lambda *_: loop.call_soon_threadsafe(ready.set)
        client.on_message = lambda _client, _data, came: answers.came(
            came.properties.CorrelationData.decode()  # type: ignore[union-attr]
        )
        client.connect("127.0.0.1", 1883)
        client.loop_start()
        self._client, self._answers = client, answers
        await asyncio.wait_for(ready.wait(), 10)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    async def send(self, document: bytes, name: str) -> bool:
        answer = self._answers.expect(name)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = XML
        properties.CorrelationData = name.encode()
        properties.UserProperty = ("baMessageID", name)
        self._client.publish(f"{self._base}/ReserveBid/submit", document, 1, properties=properties)
        return await asyncio.wait_for(answer, ANSWER_S)


class _Partner(EndpointEmulator):
    """Tells of every message that came to the partner, and keeps none."""

    def __init__(self, port: int, answers: _Answers) -> None:
        super().__init__(port)
        self.sent = self  # type: ignore[assignment]
        self._answers = answers

    def append(self, sent: Sent) -> None:
        self._answers.came(str(sent.properties.get("baCorrelationID")))


class EndpointPeer:
    """AMQP 1.0: the partner behind an emulated ECP endpoint on the port `address`, in this process."""

    def __init__(self, address: str, _credentials: str, _in_flight: int) -> None:
        self._port = int(address)

    async def __aenter__(self) -> Self:
        self._answers = _Answers()
        self._partner = _Partner(self._port, self._answers)
        self._partner.start()
        while not self._partner.connected:
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)  # links open after the connection
        return self

    async def __aexit__(self, *_: object) -> None:
        self._partner.stop()

    async def send(self, document: bytes, name: str) -> bool:
        answer = self._answers.expect(name)
        properties: dict[str, Any] = {"messageType": "TEST-BID", "baMessageID": name}
        self._partner.deliver(document, properties, XML)
        return await asyncio.wait_for(answer, ANSWER_S)
