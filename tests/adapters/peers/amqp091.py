"""A peer at a real RabbitMQ, with queues of its own."""

import json
import uuid
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPConnectionError, ChannelClosed

from adapters.channels import ChannelTable
from contract_tests.loop_thread import LoopThread
from gateway.ports import Outlet
from tests.adapters.cable import OnCable, cable_to
from tests.adapters.local_gateway import LocalGateway, Received
from tests.adapters.services import rabbitmq

T = TypeVar("T")


@dataclass
class RabbitPeer(OnCable):
    loop: LoopThread
    connection: AbstractConnection
    broker: int
    queues: str = field(default_factory=lambda: f"test.{uuid.uuid4().hex}")
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = True
    keeps_messages: bool = True
    is_answered_again: bool = True
    came: dict[str, list[AbstractIncomingMessage]] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work, 20)

    def channel(self) -> ChannelTable:
        options = {
            "host": "127.0.0.1",
            "port": self.cable.port,
            "queues": self.queues,
            "reconnect_s": 0.05,
            "answer_timeout_s": 5.0,
        }
        return ChannelTable(adapter="amqp091", tenant=self.tenant, options=options)

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        message = aio_pika.Message(
            payload, message_id=message_id, content_type=content_type or "application/xml", delivery_mode=2
        )
        self.run(self._publish(message))

    async def _publish(self, message: aio_pika.Message) -> None:
        channel = await self.connection.channel(on_return_raises=True)
        await channel.default_exchange.publish(message, f"{self.queues}.in", mandatory=True)
        await channel.close()

    def taken(self, end: str) -> list[AbstractIncomingMessage]:
        """Everything that came to a queue so far."""
        taken = self.came.setdefault(end, [])
        self.run(self._take_all(f"{self.queues}.{end}", taken))
        return taken

    async def _take_all(self, name: str, taken: list[AbstractIncomingMessage]) -> None:
        if self.connection.is_closed:
            self.connection = await aio_pika.connect(host="127.0.0.1", port=self.broker)
        channel: AbstractChannel = await self.connection.channel()
        try:
            queue = await channel.get_queue(name)
            while (message := await queue.get(fail=False)) is not None:
                await message.ack()
                taken.append(message)
        except ChannelClosed:
            return  # it is not declared yet
        except AMQPConnectionError:
            return  # RabbitMQ ends the connection of who asks for a message of a queue that is being made
        await channel.close()

    def received(self) -> Sequence[Received]:
        return [
            Received(message.body, message.message_id, message.correlation_id)
            for message in self.taken("out")
        ]

    def refusals(self) -> Sequence[str]:
        return [json.loads(message.body)["type"] for message in self.taken("problems")]

    async def clean(self) -> None:
        channel = await self.connection.channel()
        for end in ("in", "out", "problems", "in.dead"):
            await channel.queue_delete(f"{self.queues}.{end}")
        await self.connection.close()


@contextmanager
def rabbit_peer(_: Path) -> Iterator[RabbitPeer]:
    with rabbit_peer_at(rabbitmq()) as peer:
        yield peer


@contextmanager
def rabbit_peer_at(port: int) -> Iterator[RabbitPeer]:
    """A peer at a broker."""
    loop = LoopThread()
    try:
        connection = loop.run(aio_pika.connect(host="127.0.0.1", port=port), 20)
        with cable_to(port) as cable:
            peer = RabbitPeer(cable, loop, connection, port)
            yield peer
            peer.run(peer.clean())
    finally:
        loop.close()
