"""The AMQP 1.0 channel at a broker that is not ours; the test plays the endpoint at its queues."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from adapters.channels import ChannelTable
from contract_tests.brokers import RabbitMq
from gateway.ports import Outlet
from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LocalGateway
from tests.adapters.services import needs_proton, started
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

QUEUES = (
    "ecp.endpoint.outbox",
    "ecp.endpoint.outbox.reply",
    "ecp.endpoint.send.event",
    "ecp.endpoint.inbox",
)


@dataclass
class BrokerPeer:
    """Only the configuration; the test itself speaks for the endpoint."""

    broker: int

    def channel(self) -> ChannelTable:
        options = {
            "host": "127.0.0.1",
            "port": self.broker,
            "username": "guest",
            "password": {"env": "TEST_BROKER_PASSWORD"},
            "receiver": "SERVICE-TEST",
            "message_types": {"Acknowledgement": "TEST-ACK", "BidAvailability": "TEST-AVAILABILITY"},
            "confirmed_by": "accepted",
            "address_prefix": "/amq/queue/",
            "reconnect_s": 0.2,
        }
        return ChannelTable(adapter="amqp10", tenant="north", options=options)

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokerPeer]:
    monkeypatch.setenv("TEST_BROKER_PASSWORD", "guest")
    directory = tmp_path / "broker"
    directory.mkdir()
    needs_proton()
    with started(RabbitMq(directory)) as broker:
        yield BrokerPeer(broker.port)


@pytest.mark.feature(id="C3")
@pytest.mark.services
@pytest.mark.slow
def test_documents_and_answers_pass_a_broker_with_password_and_prefix(
    local: LocalGateway, peer: BrokerPeer
) -> None:
    asyncio.run(exchange(local, peer.broker))


async def exchange(local: LocalGateway, port: int) -> None:
    async with await aio_pika.connect(host="127.0.0.1", port=port) as connection:
        channel = await connection.channel()
        for name in QUEUES:
            await channel.declare_queue(name, durable=True)
        await asyncio.to_thread(local.start)
        for _ in range(2):
            await publish(channel, "ecp.endpoint.inbox", RESERVE_BID_7_2.data, message_id="m-1")
        answer = await taken(channel, "ecp.endpoint.outbox")
        assert codes_of(acknowledgement_in(answer.body)) == ["A01"]
        assert answer.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
        await publish(channel, "ecp.endpoint.outbox.reply", b"", correlation_id=answer.correlation_id)

        number = local.put(b"<a/>")
        result = await taken(channel, "ecp.endpoint.outbox")
        assert result.body == b"<a/>"
        assert local.state_of(number) is OutboxState.WAITING
        await publish(channel, "ecp.endpoint.outbox.reply", b"", correlation_id=result.correlation_id)
        await asyncio.to_thread(eventually, lambda: local.state_of(number) is OutboxState.DELIVERED)
        assert local.envelopes() == 1
        await asyncio.to_thread(local.stop)
        inbox = await channel.declare_queue("ecp.endpoint.inbox", passive=True)
        assert inbox.declaration_result.message_count == 0, "what was not accepted would be back"


async def publish(
    channel: AbstractChannel,
    queue: str,
    body: bytes,
    message_id: str | None = None,
    correlation_id: str | None = None,
) -> None:
    message = aio_pika.Message(body, message_id=message_id, correlation_id=correlation_id, delivery_mode=2)
    await channel.default_exchange.publish(message, queue, mandatory=True)


async def taken(channel: AbstractChannel, name: str) -> AbstractIncomingMessage:
    queue = await channel.get_queue(name)
    for _ in range(400):
        message = await queue.get(fail=False)
        if message is not None:
            await message.ack()
            return message
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing came to {name}")
