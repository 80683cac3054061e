"""Platforms, each with a real client of its protocol, that keep the rules of at-least-once.

A sender repeats what was not confirmed, under the same message id, for as long as it takes; a receiver keeps
a message before it confirms it, and its subscription or queue lasts while one side is away.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

import aio_pika
import httpx2
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from benchmarks.crashing.documents import Document
from benchmarks.crashing.verdict import Answer
from contract_tests.emulators.client import GatewayClient, RefusedError
from contract_tests.loop_thread import LoopThread

CONFIRMED_S: Final = 5.0
PAUSE_S: Final = 0.1
NO_SUBSCRIBERS: Final = 0x10


class NotConfirmedError(Exception):
    """A message may have come through, or not."""


class Peer(Protocol):
    """One platform.

    Attributes:
        answers: what it received, repetitions included.
    """

    answers: list[Answer]

    def channel(self) -> tuple[str, dict[str, Any]] | None:
        """The gateway's adapter and its options; None for the REST interface."""
        ...

    def submit(self, document: Document) -> None:
        """Hand a document in once.

        Raises:
            NotConfirmedError: see there; to be repeated.
        """
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class RestPeer:
    """Posts with an idempotency key; has a webhook."""

    def __init__(self, client: Callable[[], GatewayClient]) -> None:
        self.answers: list[Answer] = []
        self._make_client = client
        self._client: GatewayClient | None = None
        self._lasting = ExitStack()
        answers = self.answers

        class Webhook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                payload = self.rfile.read(length)
                if len(payload) < length:  # the gateway was killed in the middle
                    return
                answers.append(Answer(self.headers["ce-id"], payload))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._webhook = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
        self.url = f"http://localhost:{self._webhook.server_port}/"
        threading.Thread(target=self._webhook.serve_forever, daemon=True).start()

    def channel(self) -> None:
        return None

    def submit(self, document: Document) -> None:
        headers = {"Content-Type": "application/xml", "Idempotency-Key": document.name}
        try:
            if self._client is None:
                self._client = self._lasting.enter_context(self._make_client())
            self._client.request("POST", "/v1/documents", content=document.data, headers=headers)
        except httpx2.TransportError as error:
            raise NotConfirmedError from error
        except RefusedError as error:
            if error.status < 500:
                raise
            raise NotConfirmedError from error

    def close(self) -> None:
        self._lasting.close()
        self._webhook.shutdown()
        self._webhook.server_close()


class FolderPeer:
    """Renames files into the inbox; takes answers away from the outbox."""

    def __init__(self, directory: Path) -> None:
        self.answers: list[Answer] = []
        self._directory = directory
        (directory / "inbox").mkdir(parents=True)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._take_away, daemon=True)
        self._thread.start()

    def channel(self) -> tuple[str, dict[str, Any]]:
        return "folder", {"directory": str(self._directory), "stable_s": 0.05, "poll_s": 0.05}

    def submit(self, document: Document) -> None:
        hidden = self._directory / "inbox" / f".{document.name}"
        hidden.write_bytes(document.data)
        hidden.rename(hidden.with_name(f"{document.name}.xml"))

    def _take_away(self) -> None:
        while not self._closing.wait(0.1):
            for file in (self._directory / "outbox").glob("[!.]*"):
                self.answers.append(Answer(file.name.split(".")[-2], file.read_bytes()))
                file.unlink()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()


class MqttPeer:
    """Publishes with QoS 1 to a broker; its session there lasts."""

    def __init__(self, port: int, tenant: str) -> None:
        self.answers: list[Answer] = []
        self._port = port
        self._base = f"flexgate/v1/{tenant}"
        self._confirmed: SimpleQueue[tuple[int, ReasonCode]] = SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="peer", protocol=mqtt.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self._base}/+/ack", 1)
        self._client.on_message = self._on_message
        self._client.on_publish = lambda _client, _data, mid, code, _properties: self._confirmed.put(
            (mid, code)
        )
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", port, clean_start=False, properties=lasting)
        self._client.loop_start()

    def channel(self) -> tuple[str, dict[str, Any]]:
        return "mqtt", {"host": "127.0.0.1", "port": self._port, "reconnect_s": 0.2}

    def _on_message(self, _client: mqtt.Client, _data: Any, packet: mqtt.MQTTMessage) -> None:
        named = dict(packet.properties.UserProperty)  # type: ignore[union-attr]
        self.answers.append(Answer(named["baMessageID"], packet.payload))

    def submit(self, document: Document) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("baMessageID", document.name)]
        topic = f"{self._base}/ReserveBid/submit"
        sent = self._client.publish(topic, document.data, 1, properties=properties)
        end = time.monotonic() + CONFIRMED_S
        while True:
            try:
                mid, code = self._confirmed.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                raise NotConfirmedError from None
            if mid == sent.mid:
                if code.is_failure or code.value == NO_SUBSCRIBERS:
                    raise NotConfirmedError
                return

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class RabbitPeer:
    """Publishes with confirms to a durable queue; acknowledges what it keeps."""

    def __init__(self, port: int, tenant: str) -> None:
        self.answers: list[Answer] = []
        self._port = port
        self._queues = f"flexgate.{tenant}"
        self._connection: aio_pika.abc.AbstractConnection | None = None
        self._loop = LoopThread()
        self._loop.begin(self._receive())

    def channel(self) -> tuple[str, dict[str, Any]]:
        return "amqp091", {"host": "127.0.0.1", "port": self._port, "reconnect_s": 0.2}

    def submit(self, document: Document) -> None:
        try:
            self._loop.run(self._publish(document), 2 * CONFIRMED_S)
        except Exception as error:
            raise NotConfirmedError from error

    async def _publish(self, document: Document) -> None:
        connection, self._connection = self._connection, None  # only one that works is kept
        if connection is None or connection.is_closed:
            connection = await aio_pika.connect(host="127.0.0.1", port=self._port, timeout=CONFIRMED_S)
        try:
            channel = await connection.channel(on_return_raises=True)
            message = aio_pika.Message(document.data, message_id=document.name, delivery_mode=2)
            queue = f"{self._queues}.in"
            await channel.default_exchange.publish(message, queue, mandatory=True, timeout=CONFIRMED_S)
            await channel.close()
        except BaseException:
            await connection.close()
            raise
        self._connection = connection

    async def _receive(self) -> None:
        while True:
            with suppress(Exception):  # the broker is away, or the queue not there yet
                async with await aio_pika.connect(host="127.0.0.1", port=self._port) as connection:
                    channel = await connection.channel()
                    queue = await channel.get_queue(f"{self._queues}.out")
                    while True:
                        message = await queue.get(fail=False, timeout=CONFIRMED_S)
                        if message is None:
                            await asyncio.sleep(0.05)
                        else:
                            self.answers.append(Answer(message.message_id or "", message.body))
                            await message.ack()
            await asyncio.sleep(PAUSE_S)

    def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # the broker may be away
                self._loop.run(self._connection.close(), CONFIRMED_S)
        self._loop.close()


class Sending:
    """Hands in what is released to a platform, in its order, until each document is confirmed."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.confirmed: list[Document] = []
        self.repeated = 0
        self.fault: Exception | None = None
        self._released: SimpleQueue[Document | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def release(self, documents: list[Document]) -> None:
        for document in documents:
            self._released.put(document)

    def end(self) -> None:
        """Wait until all is confirmed.

        Raises:
            Exception: what ended the sending.
        """
        self._released.put(None)
        self._thread.join()
        if self.fault is not None:
            raise self.fault

    def _send(self) -> None:
        while (document := self._released.get()) is not None:
            try:
                self._until_confirmed(document)
            except Exception as error:  # noqa: BLE001  (reported when it ends)
                self.fault = error
                return

    def _until_confirmed(self, document: Document) -> None:
        while True:
            try:
                self.peer.submit(document)
            except NotConfirmedError:
                self.repeated += 1
                time.sleep(PAUSE_S)
            else:
                self.confirmed.append(document)
                return


def toml(value: Any) -> str:
    """An option as a configuration writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)
