"""A broker whose disk is full takes nothing, and blocks who publishes: nothing is lost, and all goes on by
itself once there is space."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract_tests.brokers import RabbitMq
from gateway.records.messages import outbox
from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LocalGateway
from tests.adapters.peers.amqp091 import RabbitPeer, rabbit_peer_at
from tests.adapters.services import started
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

pytestmark = [pytest.mark.services, pytest.mark.slow]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    with started(RabbitMq(tmp_path_factory.mktemp("rabbitmq"))) as running:
        yield running


@pytest.fixture
def peer(broker: RabbitMq) -> Iterator[RabbitPeer]:
    with rabbit_peer_at(broker.port) as opened:
        yield opened


@contextmanager
def full(broker: RabbitMq) -> Iterator[None]:
    """What RabbitMQ's monitor of disks does when too little space is left."""
    broker.evaluate("rabbit_alarm:set_alarm({{resource_limit, disk, node()}, []}).")
    assert "disk" in broker.evaluate("rabbit_alarm:get_alarms().")
    try:
        yield
    finally:
        broker.evaluate("rabbit_alarm:clear_alarm({resource_limit, disk, node()}).")


def error_of(local: LocalGateway, number: int) -> str | None:
    with local.stores.of("north").reading() as uow:
        message = outbox.find(uow, number)
    return message and message.last_error


def test_answers_wait_until_the_broker_has_space(
    local: LocalGateway, peer: RabbitPeer, broker: RabbitMq
) -> None:
    local.start()
    local.until_health("up")
    peer.send(RESERVE_BID_7_2.data, "m-1")
    eventually(lambda: len(peer.received()) == 1, "the answer while there is space")
    with full(broker):
        waiting = [local.put(b"<m%d/>" % number) for number in range(3)]
        eventually(lambda: error_of(local, waiting[0]), "an attempt")
        assert {local.state_of(each) for each in waiting} == {OutboxState.WAITING}
    eventually(lambda: all(local.state_of(each) is OutboxState.DELIVERED for each in waiting), "delivery")
    local.until_health("up")
    came = [each.payload for each in peer.received()[1:]]
    assert set(came) == {b"<m%d/>" % number for number in range(3)}
