"""Documents over AMQP 0-9-1, at a RabbitMQ: the platform's side, with aio-pika in a thread of its own."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from contract_tests.emulators.exchanges import Came, ChannelOptions, ExchangeInbox
from contract_tests.loop_thread import LoopThread

T = TypeVar("T")

_PATIENCE_S = 20.0
_ENDS = ("in", "out", "problems", "in.dead")


class RabbitExchange(ExchangeInbox):
    """Implements `Exchange`.

    Args:
        host, port: the broker, with its guest account.
        queues: how the names of the queues begin, as the gateway's channel has it.
        tidy: whether the queues are deleted at the end, where they are of a gateway that ends too.
    """

    def __init__(self, host: str, port: int, queues: str, *, tidy: bool = True) -> None:
        super().__init__()
        self._host, self._port = host, port
        self._queues = queues
        self._tidy = tidy
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    @contextmanager
    def connected(self) -> Iterator["RabbitExchange"]:
        """Connect."""
        self._loop = LoopThread()
        try:
            connection = self._run(aio_pika.connect(host=self._host, port=self._port))
            self._connection = connection
            try:
                yield self
            finally:
                self._run(self._leave(connection))
        finally:
            self._loop.close()

    def channel(self) -> ChannelOptions:
        """The gateway's channel."""
        return ChannelOptions(
            "amqp091", {"host": self._host, "port": self._port, "queues": self._queues, "reconnect_s": 0.2}
        )

    def send(self, document: bytes, name: str) -> str:
        """See `Exchange.send`; the gateway has made the queues by then."""
        self._run(self._publish(document, name))
        return name

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(work, _PATIENCE_S)

    async def _publish(self, document: bytes, name: str) -> None:
        if self._channel is None:
            self._channel = await self._consuming()
        message = aio_pika.Message(
            document, message_id=name, content_type="application/xml", type="ReserveBid", delivery_mode=2
        )
        await self._channel.default_exchange.publish(message, f"{self._queues}.in", mandatory=True)

    async def _consuming(self) -> AbstractChannel:
        if self._connection is None:
            raise RuntimeError("not connected")
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        queue = await channel.get_queue(f"{self._queues}.out")
        await queue.consume(self._on_message)
        return channel

    async def _on_message(self, message: AbstractIncomingMessage) -> None:
        came = Came(message.type or "", message.body, message.correlation_id)
        self.put(message.message_id or "", came)
        await message.ack()

    async def _leave(self, connection: AbstractConnection) -> None:
        if self._channel is not None:
            await self._channel.close()
        if self._tidy:
            channel = await connection.channel()
            for end in _ENDS:
                await channel.queue_delete(f"{self._queues}.{end}")
        await connection.close()
