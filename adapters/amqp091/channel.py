"""One connection to the broker at a time, in an event loop and thread of its own."""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, Final

import aio_pika
import uvloop
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractIncomingMessage,
    DeliveryMode,
)
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity, ChannelPreconditionFailed
from aio_pika.exceptions import DeliveryError as Refused
from aio_pika.exceptions import PublishError as Returned
from aiormq.exceptions import ChannelAccessRefused

from adapters.amqp091 import RabbitOptions, lenient_decoding
from adapters.amqp091.queues import Queues, incoming_queue
from adapters.kit.base_channel import PipelinedChannel, failed
from adapters.kit.document_messages import GATE
from adapters.kit.health import why
from adapters.kit.http.problems import MEDIA_TYPE, ProblemResponse
from adapters.kit.inbound import Message
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, DeliveryError, Receipt

_FAULTS: Final = (AMQPError, OSError, TimeoutError, asyncio.InvalidStateError)
_GRACE_S: Final = 1.0

_LARGEST_TEXT: Final = re.compile(r"message size \d+ is larger than (?:configured )?max size (\d+)")
"""In the text of RabbitMQ; AMQP 0-9-1 has no field for it."""
lenient_decoding.install()

IN_FLIGHT: Final = 50
"""Messages that wait for the broker's confirmation together."""


class RabbitChannel(PipelinedChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: RabbitOptions, context: ChannelContext) -> None:
        super().__init__(context, IN_FLIGHT, options.answer_timeout_s + _GRACE_S)
        self._options = options
        self._queues = Queues.of(options, context.tenant.tenant_id)
        self._loop = uvloop.new_event_loop()  # a tenth less for each message than the loop of asyncio
        self._over = asyncio.Event()  # the present connection
        self._ended: str | None = None  # why, where it is known
        self._channel: AbstractChannel | None = None
        self._largest: int | None = None
        self._in_hand: asyncio.Future[list[Receipt | ProblemResponse]] | None = None
        self._thread = threading.Thread(target=self._work, name=f"amqp091-{context.name}", daemon=True)

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._health.starting()
        self._thread.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._health.stopped()

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:  # noqa: ARG002
        """See `ports.PipelinedOutlet.begin`. Done means: the broker has it in a queue, on disk."""
        if self._stopping.is_set():
            return [failed(DeliveryError("the channel stops")) for _ in envelopes]
        return [asyncio.run_coroutine_threadsafe(self._send(one), self._loop) for one in envelopes]

    async def _send(self, envelope: Envelope) -> None:
        message = aio_pika.Message(
            envelope.payload,
            content_type=envelope.content_type,
            correlation_id=envelope.correlation_id,
            message_id=envelope.message_id,
            type=envelope.message_type,
            timestamp=envelope.received_at,
            delivery_mode=DeliveryMode.PERSISTENT,
            expiration=self._time_left(envelope),
            headers=None if envelope.gate_id is None else {GATE: envelope.gate_id},
        )
        try:
            await self._publish(self._queues.outgoing, message)
        except Returned as error:
            raise DeliveryError(f"the broker has no queue {self._queues.outgoing}") from error
        except ChannelPreconditionFailed as error:
            raise self._refused(error) from error
        except Refused as error:
            raise DeliveryError("the broker refused the message") from error
        except _FAULTS as error:
            raise DeliveryError(f"the broker did not confirm: {type(error).__name__}") from error

    def _largest_of_peer(self) -> int | None:
        return self._largest

    def _refused(self, error: ChannelPreconditionFailed) -> DeliveryError:
        """A broker reports its limit only on a message that is too large: it ends the channel, so that
        all messages in flight are tried again, and that one never is."""
        if found := _LARGEST_TEXT.search(str(error)):
            self._largest = int(found[1])
            return DeliveryError(f"the broker ended the channel over a message of more than {found[1]} bytes")
        return DeliveryError("the broker ended the channel")

    def _time_left(self, envelope: Envelope) -> timedelta | None:
        if envelope.not_after is None:
            return None
        return max(timedelta(seconds=1), envelope.not_after - self._context.clock.now())

    async def _publish(self, queue: str, message: aio_pika.Message) -> None:
        if self._channel is None:
            raise TimeoutError
        try:
            await self._channel.default_exchange.publish(
                message, queue, mandatory=True, timeout=self._options.answer_timeout_s
            )
        except Returned:
            self._missing(queue)
            raise
        except ChannelAccessRefused:
            self._ended = f"the broker's access rules forbid to publish to {queue}"
            raise

    def _missing(self, queue: str) -> None:
        """End the connection: the next one declares the queue again, or reports that it is missing."""
        self._ended = f"the queue {queue} has gone"
        self._over.set()

    async def _watch(self, connection: AbstractConnection) -> None:
        """Notice at every heartbeat whether a queue was deleted, or has another consumer."""
        readers = 1
        while True:
            await asyncio.sleep(self._options.heartbeat_s)
            channel = await connection.channel()
            for queue in self._queues.arguments(self._options):
                try:
                    found = await channel.get_queue(queue)
                except ChannelNotFoundEntity:
                    self._missing(queue)
                    return
                if queue == self._queues.incoming:
                    readers = self._noted_readers(readers, found.declaration_result.consumer_count or 0)
            await channel.close()

    def _noted_readers(self, before: int, now: int) -> int:
        """Report other consumers of the incoming queue: each gets a part of the messages.

        RabbitMQ has no exclusive consumers of quorum queues, so they can only be counted. At one look alone
        they may be what is left of a connection that broke.
        """
        if self._context.receives and now > 1 < before:
            queue = self._queues.incoming
            self._health.note(f"{now} consumers read the queue {queue}; let one gateway only read it")
        return now

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._stay_connected())

    async def _stay_connected(self) -> None:
        while True:
            self._over.clear()
            self._ended = None
            if self._stopping.is_set():  # perhaps since just before the last line
                return
            try:
                await self._connected()
            except Exception as error:  # noqa: BLE001  (whatever ended this connection, the next may work)
                self._health.down(self._ended or f"the broker cannot be used: {why(error)}")
            self._channel = None
            if not self._stopping.is_set():
                await asyncio.sleep(self._options.reconnect_s)

    async def _connected(self) -> None:
        """Connect and work until the connection is over."""
        options = self._options
        connection = await aio_pika.connect(
            host=options.host,
            port=options.port,
            login=options.username or "guest",
            password=options.secret or "guest",
            virtualhost=options.virtual_host,
            ssl=options.tls,
            ssl_context=options.tls_context(),
            timeout=options.answer_timeout_s,
            heartbeat=options.heartbeat_s,
            client_properties={"connection_name": f"flexgate {self.name}"},
        )
        received: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()  # bounded by the prefetch
        async with connection:
            # A message that reaches no queue is an error, not a success.
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.set_qos(options.prefetch)
            queue = await incoming_queue(channel, self._queues, options)
            if self._context.receives:
                # The broker may end the consuming alone, as when the queue is deleted.
                underlay = await channel.get_underlay_channel()
                underlay.on_consumer_cancel_callbacks.add(lambda _: self._missing(self._queues.incoming))
                await queue.consume(_into(received))
            self._channel = channel
            self._health.up()
            ends: list[asyncio.Future[Any]] = [
                asyncio.ensure_future(end) for end in (connection.closed(), channel.closed())
            ]
            storing = asyncio.ensure_future(self._store_messages(received))
            watching = asyncio.ensure_future(self._watch(connection))
            ends += [asyncio.ensure_future(self._over.wait()), storing, watching]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
            for work in (storing, watching):
                if work.done() and not work.cancelled():
                    await work  # the broker brings again what could not be confirmed
        if not self._stopping.is_set():
            self._health.down(self._ended or "the connection broke")

    async def _store_messages(self, received: asyncio.Queue[AbstractIncomingMessage]) -> None:
        """Store what has come, all of it together and in its order, then confirm it; for one connection."""
        while True:
            those = [await received.get()]
            # While half of what the broker brings is stored, the other half comes.
            while len(those) < self._options.prefetch // 2 and not received.empty():
                those.append(received.get_nowait())
            messages = [_message(one) for one in those]
            if self._in_hand is not None:
                await asyncio.wait([self._in_hand])  # perhaps of the connection before
            self._in_hand = asyncio.ensure_future(asyncio.to_thread(self._hand_in, messages))
            taken = await asyncio.shield(self._in_hand)
            for one, message, outcome in zip(those, messages, taken, strict=False):
                if isinstance(outcome, ProblemResponse):
                    await self._refuse(one, message, self._receiver.refusal(outcome))
                else:
                    await one.ack()

    def _hand_in(self, messages: list[Message]) -> list[Receipt | ProblemResponse]:
        return list(self._receiver.hand_in_all(messages))

    async def _refuse(self, received: AbstractIncomingMessage, message: Message, problem: bytes) -> None:
        """Notify the peer first: after a fault in between it is notified again, never not at all."""
        problem_message = aio_pika.Message(
            problem,
            content_type=MEDIA_TYPE,
            correlation_id=message.answered_as,
            message_id=message.problem_id,
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        await self._publish(self._queues.problems, problem_message)
        await received.reject(requeue=False)


def _into(
    received: asyncio.Queue[AbstractIncomingMessage],
) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
    async def receive(message: AbstractIncomingMessage) -> None:
        received.put_nowait(message)

    return receive


def _message(received: AbstractIncomingMessage) -> Message:
    return Message(
        payload=received.body,
        id=received.message_id,
        content_type=received.content_type,
        message_type=received.type,
        correlation_id=received.correlation_id,
        repeated_by_sender=not received.redelivered,
    )
