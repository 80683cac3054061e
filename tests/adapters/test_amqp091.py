"""What only RabbitMQ brings: queues declared as they must be, returns, dead letters, expiry."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aio_pika
import pytest
import structlog
from aio_pika.abc import AbstractQueue

from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LARGEST_BYTES, NORTH, LocalGateway, setting_of
from tests.adapters.peers.amqp091 import RabbitPeer, rabbit_peer
from tests.adapters.peers.amqp091_raw import long, publish, short
from tests.adapters.services import rabbitmq
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data
pytestmark = [pytest.mark.services, pytest.mark.feature(id="C4")]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[RabbitPeer]:
    with rabbit_peer(tmp_path) as opened:
        yield opened


async def declare(peer: RabbitPeer, end: str, **arguments: Any) -> AbstractQueue:
    channel = await peer.connection.channel()
    return await channel.declare_queue(f"{peer.queues}.{end}", durable=True, arguments=arguments)


async def delete(peer: RabbitPeer, end: str) -> None:
    channel = await peer.connection.channel()
    await channel.queue_delete(f"{peer.queues}.{end}")
    await channel.close()


def test_what_is_no_message_is_among_the_dead_letters(local: LocalGateway, peer: RabbitPeer) -> None:
    local.start()
    peer.send(b"bid;10 MW\n", "table-1", "text/plain")
    eventually(lambda: peer.taken("in.dead"))
    (dead,) = peer.taken("in.dead")
    assert (dead.body, dead.message_id) == (b"bid;10 MW\n", "table-1")
    assert dead.headers["x-first-death-reason"] == "rejected"
    (reported,) = peer.taken("problems")
    assert (reported.correlation_id, reported.content_type) == ("table-1", "application/problem+json")


def test_an_answer_bears_the_correlation_id_of_the_peer(local: LocalGateway, peer: RabbitPeer) -> None:
    local.start()
    asked = aio_pika.Message(GOOD, message_id="m-1", correlation_id="c-1", content_type="application/xml")
    peer.run(peer._publish(asked))
    eventually(lambda: peer.taken("out"))
    (answer,) = peer.taken("out")
    assert (answer.correlation_id, answer.type) == ("c-1", "Acknowledgement")
    assert answer.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


def test_a_repetition_is_answered_by_what_it_is_known_as_this_time(
    local: LocalGateway, peer: RabbitPeer
) -> None:
    local.start()
    for count, asked in enumerate(("c-1", "c-2"), start=1):
        message = aio_pika.Message(
            GOOD, message_id="m-1", correlation_id=asked, content_type="application/xml"
        )
        peer.run(peer._publish(message))
        eventually(lambda count=count: len(peer.taken("out")) == count, "the answer")
    first, second = peer.taken("out")
    assert [first.correlation_id, second.correlation_id] == ["c-1", "c-2"]
    assert first.body == second.body


@pytest.mark.parametrize("end", ["in", "out", "problems", "in.dead"])
def test_a_queue_that_has_gone_is_noticed_shown_and_declared_again(
    local: LocalGateway, peer: RabbitPeer, end: str
) -> None:
    local.start()
    channel: Any = local.channel
    channel._options = channel._options.model_copy(update={"heartbeat_s": 0.05})
    channel._missing("x")  # a connection that watches so often
    local.until_health("down")
    local.until_health("up")
    with structlog.testing.capture_logs() as logs:
        peer.run(delete(peer, end))
        eventually(lambda: peer.run(is_there(peer, end)), "the gateway to declare its queue again")
        local.until_health("up")
    assert f"the queue {peer.queues}.{end} has gone" in [log.get("error") for log in logs]
    peer.send(GOOD, "m-1")
    eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series)
    eventually(lambda: peer.taken("out"))


def test_an_answer_that_reaches_no_queue_is_not_lost(local: LocalGateway, peer: RabbitPeer) -> None:
    local.start()
    peer.run(delete(peer, "out"))
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    assert [message.body for message in peer.taken("out")] == [b"<a/>"]


def test_a_problem_that_reaches_no_queue_is_not_lost_and_reported_in_words(
    local: LocalGateway, peer: RabbitPeer
) -> None:
    local.start()
    peer.run(delete(peer, "problems"))
    with structlog.testing.capture_logs() as logs:
        peer.send(b"bid;10 MW\n", "table-1", "text/plain")
        eventually(peer.refusals, "the refusal, when the queue is there again")
    stated = {log["error"] for log in logs if log["event"] == "channel changed" and log["state"] == "down"}
    assert stated == {f"the queue {peer.queues}.problems has gone"}


def test_what_is_of_use_for_a_time_expires_at_the_broker(local: LocalGateway, peer: RabbitPeer) -> None:
    local.start()
    number = local.put(b"<a/>", not_after=local.clock.now() + timedelta(seconds=2))
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    eventually(lambda: peer.run(_ready(peer)) == 0)


async def _ready(peer: RabbitPeer, end: str = "out") -> int:
    channel = await peer.connection.channel()
    queue = await channel.declare_queue(f"{peer.queues}.{end}", passive=True)
    await channel.close()
    return queue.declaration_result.message_count or 0


def test_a_lost_consumer_is_noticed(local: LocalGateway, peer: RabbitPeer) -> None:
    local.start()
    peer.run(delete(peer, "in"))
    eventually(lambda: peer.run(is_there(peer, "in")), "the gateway to declare its queue again")
    peer.send(GOOD, "m-1")
    eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series)


async def is_there(peer: RabbitPeer, end: str) -> bool:
    channel = await peer.connection.channel()
    try:
        await channel.get_queue(f"{peer.queues}.{end}")
    except aio_pika.exceptions.ChannelClosed:
        return False
    await channel.close()
    return True


def test_a_queue_that_was_declared_in_another_way_is_stated(local: LocalGateway, peer: RabbitPeer) -> None:
    peer.run(declare(peer, "in", **{"x-queue-type": "classic"}))
    local.start(wait=False)
    local.until_health("down")
    assert local.channel is not None
    assert "inequivalent" in (local.channel.health().last_error or "")


def test_queues_can_be_left_to_the_operator_of_the_broker(local: LocalGateway, peer: RabbitPeer) -> None:
    table = peer.channel()
    options = table.options | {"declare": False}
    setting = setting_of(table.model_copy(update={"options": options}), local.directory)
    channel = setting.open(NORTH, local.intake, local.stores, local.clock, LARGEST_BYTES)
    channel.start()
    eventually(lambda: channel.health().state.value == "down")
    channel.stop()
    assert "no queue" in (channel.health().last_error or "")


def test_two_gateways_on_one_queue_are_noticed(local: LocalGateway, peer: RabbitPeer) -> None:
    local.start()
    first: Any = local.channel
    first._options = first._options.model_copy(update={"heartbeat_s": 0.05})
    first._missing("x")  # a connection that watches so often
    local.until_health("down")
    local.until_health("up")
    assert "consumers" not in (first.health().last_error or "")
    setting = setting_of(peer.channel(), local.directory)
    second: Any = setting.open(NORTH, local.intake, local.stores, local.clock, LARGEST_BYTES)
    second._options = second._options.model_copy(update={"heartbeat_s": 0.05})
    stated = f"2 consumers read the queue {peer.queues}.in; let one gateway only read it"
    with structlog.testing.capture_logs() as logs:
        second.start()
        try:
            eventually(lambda: [each.health().last_error for each in (first, second)] == [stated, stated])
            assert [each.health().state.value for each in (first, second)] == ["up", "up"]
        finally:
            second.stop()
    assert [log["error"] for log in logs if log.get("error")].count(stated) == 2


def test_what_a_full_queue_refuses_waits_and_is_delivered_once(local: LocalGateway, peer: RabbitPeer) -> None:
    """The broker refuses (basic.nack) what a queue of one message has no margin for."""
    for end in ("in", "problems", "in.dead"):
        peer.run(declare(peer, end, **{"x-queue-type": "quorum"}))
    peer.run(declare(peer, "out", **{"x-max-length": 1, "x-overflow": "reject-publish"}))
    table = peer.channel()
    made = table.model_copy(update={"options": table.options | {"declare": False}})
    peer.channel = lambda: made  # type: ignore[method-assign]
    local.start()
    numbers = [local.put(b"<a n='%d'/>" % number) for number in range(4)]
    eventually(lambda: [local.state_of(number) for number in numbers].count(OutboxState.DELIVERED) == 1)
    with structlog.testing.capture_logs() as logs:
        refused = "the broker refused the message"
        eventually(lambda: refused in [log.get("error") for log in logs], "a message to be refused")
    assert [local.state_of(number) for number in numbers].count(OutboxState.DELIVERED) == 1
    assert peer.run(_ready(peer)) == 1
    eventually(lambda: len(peer.taken("out")) == len(numbers), "all of them, as there is store")
    assert sorted(message.body for message in peer.taken("out")) == [
        b"<a n='%d'/>" % number for number in range(4)
    ]
    eventually(lambda: {local.state_of(number) for number in numbers} == {OutboxState.DELIVERED}, "the end")


BAD = b"\xff\xfe\x80"
REFUSED = ["content_type", "correlation_id", "message_id", "type"]
UNREADABLE = {
    **{name: short(BAD) for name in ("content_encoding", "reply_to", "app_id", *REFUSED)},
    "headers": long(short(BAD) + b"S" + long(b"x")),
    "timestamp": (2**62).to_bytes(8, "big"),
}


def test_what_does_not_decode_costs_neither_the_connection_nor_other_messages(
    local: LocalGateway, peer: RabbitPeer
) -> None:
    """Every kind of property at once: those the gateway reads are refused, the others are ignored."""
    local.start()
    queue, port = f"{peer.queues}.in", rabbitmq()
    with structlog.testing.capture_logs() as logs:
        for name, value in UNREADABLE.items():
            properties = {"content_type": short(b"application/xml"), "message_id": short(name.encode())}
            publish(port, queue, GOOD, properties | {name: value})
        peer.send(GOOD, "good")
        eventually(lambda: len(peer.taken("problems")) == len(REFUSED), "the refusals")
        eventually(lambda: "good" in [answer.correlation_id for answer in peer.taken("out")], "the answer")
    assert peer.refusals() == ["urn:flexgate:problem:invalid"] * len(REFUSED)
    assert len({reported.message_id for reported in peer.taken("problems")}) == len(REFUSED)
    reported = [answer.correlation_id for answer in peer.taken("out")]
    assert sorted(reported) == sorted({*UNREADABLE, "good"} - set(REFUSED))
    assert [log for log in logs if log["event"] == "channel changed"] == [], "the connection held"
    assert peer.run(_ready(peer, "in")) == 0


def test_a_table_nested_beyond_all_measure_is_let_be(local: LocalGateway, peer: RabbitPeer) -> None:
    deep = b""
    for _ in range(2000):
        deep = b"\x01k" + b"F" + long(deep)
    local.start()
    publish(rabbitmq(), f"{peer.queues}.in", GOOD, {"headers": long(deep), "message_id": short(b"deep")})
    eventually(lambda: [answer.correlation_id for answer in peer.taken("out")] == ["deep"])
