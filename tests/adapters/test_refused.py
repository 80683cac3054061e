"""Documents that a peer does not take: they are named, and everybody else has what is theirs meanwhile.

All by the order of events: the neighbour's message is put in after the one that cannot pass, and arrives.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from contract_tests.brokers import Mosquitto, RabbitMq
from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.records.messages import outbox
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage
from tests.adapters.local_gateway import LocalGateway, Peer
from tests.adapters.peers.amqp091 import RabbitPeer, rabbit_peer, rabbit_peer_at
from tests.adapters.peers.amqp10 import EndpointPeer
from tests.adapters.peers.mqtt import mqtt_peer_at
from tests.adapters.peers.rest import RestPeer
from tests.adapters.peers.service504 import Service504Peer
from tests.adapters.services import started
from tests.patience import eventually

LARGE = b"<large>" + b"x" * 20_000 + b"</large>"
PUSHED = ("folder", "mqtt", "amqp091", "ecp", "edx", "mades", "poll", "soap504-client")


def put(local: LocalGateway, tenant: str, payload: bytes) -> int:
    message = Outgoing(DocumentKind.BID_AVAILABILITY, "1.1", payload, answers="run-1")
    with local.stores.of(tenant).writing() as uow:
        return outbox.put(uow, message, local.clock.now())


def message_of(local: LocalGateway, number: int, tenant: str = "north") -> StoredMessage:
    with local.stores.of(tenant).reading() as uow:
        found = outbox.find(uow, number)
    assert found is not None
    return found


def until_dead(local: LocalGateway, number: int) -> StoredMessage:
    eventually(lambda: message_of(local, number).state is OutboxState.DEAD, "the dead letter")
    return message_of(local, number)


def until_received(peer: Peer, *payloads: bytes) -> None:
    eventually(lambda: {one.payload.strip() for one in peer.received()} >= set(payloads), "what is taken")


def too_large(local: LocalGateway, peer: Peer, small: bytes = b"<small/>") -> StoredMessage:
    """Of a large and a small message, the small one arrives; gives what became of the large one."""
    large = put(local, "north", LARGE)
    put(local, "north", small)
    until_received(peer, small)
    letter = until_dead(local, large)
    assert letter.dead_because is DeathCause.TOO_LARGE
    assert f"{len(LARGE):,} bytes" in str(letter.last_error)
    assert LARGE not in {one.payload for one in peer.received()}
    local.until_health("up")
    return letter


class TestLargest:
    @pytest.mark.services
    @pytest.mark.parametrize("peer", PUSHED, indirect=True)
    def test_as_configured(self, local: LocalGateway, peer: Any) -> None:
        table = peer.channel()
        peer.channel = lambda: table.model_copy(update={"largest_outgoing_bytes": 10_000})
        local.start()
        letter = too_large(local, peer)
        assert letter.attempts == 0
        assert local.channel is not None
        assert local.channel.largest == 10_000

    @pytest.mark.services
    def test_as_an_mqtt_broker_says(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        broker = Mosquitto(tmp_path, settings="max_packet_size 8000\n")
        with (
            started(broker),
            mqtt_peer_at(broker.port) as peer,
            at_once(tmp_path, peer, monkeypatch) as local,
        ):
            assert too_large(local, peer).attempts == 0

    @pytest.mark.parametrize("peer", ["ecp"], indirect=True)
    def test_as_an_endpoint_says(self, local: LocalGateway, peer: EndpointPeer) -> None:
        peer.endpoint.faults.largest = 8000
        local.start()
        assert too_large(local, peer).attempts == 0

    @pytest.mark.services
    @pytest.mark.slow
    def test_as_rabbitmq_says_over_the_first_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (
            started(RabbitMq(tmp_path)) as broker,
            rabbit_peer_at(broker.port) as peer,
        ):
            broker.evaluate("application:set_env(rabbit, max_message_size, 8000).")
            with at_once(tmp_path, peer, monkeypatch) as local:
                assert too_large(local, peer).attempts <= 1


@contextmanager
def at_once(
    directory: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch, neighbour: Peer | None = None
) -> Iterator[LocalGateway]:
    """A gateway that is started, and looks often."""
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    local = LocalGateway(directory, peer, neighbour).start()
    try:
        yield local
    finally:
        local.stop()


async def make_full_queues(peer: RabbitPeer) -> None:
    """Queues as the operator of a broker may bound them: the one for results takes one message."""
    channel = await peer.connection.channel()
    for end in ("in", "problems", "in.dead"):
        await channel.declare_queue(f"{peer.queues}.{end}", durable=True)
    bound = {"x-max-length": 1, "x-overflow": "reject-publish"}
    await channel.declare_queue(f"{peer.queues}.out", durable=True, arguments=bound)
    await channel.default_exchange.publish(aio_pika.Message(b"<old/>"), f"{peer.queues}.out")
    await channel.close()


class TestFullMailboxes:
    @pytest.mark.services
    def test_a_queue(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with rabbit_peer(tmp_path) as peer, rabbit_peer(tmp_path) as neighbour:
            neighbour.tenant = "south"
            peer.run(make_full_queues(peer))
            table = peer.channel()
            options = table.options | {"declare": False}
            monkeypatch.setattr(peer, "channel", lambda: table.model_copy(update={"options": options}))
            with at_once(tmp_path, peer, monkeypatch, neighbour) as local:
                waiting = put(local, "north", b"<north/>")
                eventually(lambda: message_of(local, waiting).attempts, "an attempt")
                put(local, "south", b"<south/>")
                until_received(neighbour, b"<south/>")
                stated = message_of(local, waiting)
                assert stated.state is OutboxState.WAITING
                assert "refused the message" in str(stated.last_error)
                until_received(peer, b"<old/>", b"<north/>")  # who takes what is there makes space
                eventually(lambda: message_of(local, waiting).state is OutboxState.DELIVERED, "delivery")

    @pytest.mark.parametrize("peer", ["folder"], indirect=True)
    def test_a_folder_on_a_full_disk(self, street: LocalGateway, peer: Any, neighbour: Peer) -> None:
        with disk_of(peer.directory):
            street.start()
            eventually((peer.directory / "outbox").is_dir, "the folder to be made")
            filling = peer.directory / "filling"
            fill(filling)
            waiting = put(street, "north", LARGE)
            eventually(lambda: message_of(street, waiting).attempts, "an attempt")
            put(street, "south", b"<south/>")
            until_received(neighbour, b"<south/>")
            stated = message_of(street, waiting)
            assert stated.state is OutboxState.WAITING
            assert "No space left on device" in str(stated.last_error)
            filling.unlink()
            until_received(peer, LARGE)
            street.stop()


@contextmanager
def disk_of(directory: Path) -> Iterator[None]:
    """A small file system of its own at a directory."""
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(directory)],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system can be mounted by root only")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True, capture_output=True)


def fill(file: Path) -> None:
    with file.open("wb", 0) as out:
        try:
            while True:
                out.write(b"x" * 4096)
        except OSError:
            return


class TestRefusedPayloads:
    """A peer that has read it and will not take it is not asked again; the next one is another matter."""

    @pytest.mark.parametrize("peer", ["rest"], indirect=True)
    @pytest.mark.parametrize("status", [413, 415, 422])
    def test_by_a_webhook(self, street: LocalGateway, peer: RestPeer, neighbour: Peer, status: int) -> None:
        street.start()
        peer.refusing = status
        refused = put(street, "north", b"<refused/>")
        letter = until_dead(street, refused)
        put(street, "south", b"<south/>")
        until_received(neighbour, b"<south/>")
        assert (letter.dead_because, letter.attempts) == (DeathCause.REFUSED, 1)
        assert str(status) in str(letter.last_error)
        peer.refusing = None
        put(street, "north", b"<next/>")
        until_received(peer, b"<next/>")
        assert [one.payload for one in peer.received()] == [b"<next/>"]

    @pytest.mark.parametrize("peer", ["soap504-client"], indirect=True)
    def test_by_a_soap_fault(self, street: LocalGateway, peer: Service504Peer, neighbour: Peer) -> None:
        street.start()
        peer.service.faults.codes["create"] = ["PUT-012"]
        letter = until_dead(street, put(street, "north", b"<refused/>"))
        put(street, "south", b"<south/>")
        put(street, "north", b"<next/>")
        until_received(neighbour, b"<south/>")
        until_received(peer, b"<next/>")
        assert (letter.dead_because, letter.attempts) == (DeathCause.REFUSED, 1)
        assert "PUT-012" in str(letter.last_error)
