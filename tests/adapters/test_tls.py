"""Broker channels over TLS, at a real Mosquitto and a real RabbitMQ: who is verified, and who is refused."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.channels import ChannelTable
from contract_tests.brokers import Mosquitto, RabbitMq, free_ports
from gateway.ports import Outlet
from tests.adapters.certificates import DAY, Authority, Pair
from tests.adapters.local_gateway import LocalGateway, Peer, stays
from tests.adapters.peers.amqp091 import rabbit_peer_at
from tests.adapters.peers.mqtt import mqtt_peer_at
from tests.adapters.services import needs_proton, started
from tests.adapters.test_amqp10_broker import BrokerPeer, exchange
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.feature(id="E3")]

PROTOCOLS = ("mqtt", "amqp091", "amqp10")


@dataclass(frozen=True)
class Keys:
    """Who vouches for whom."""

    authority: Authority
    stranger: Authority
    server: Pair
    expired: Pair
    client: Pair


@dataclass(frozen=True)
class Ports:
    """Of one broker: without TLS, with, with certificates of clients, with an expired one of its own."""

    plain: int
    tls: int
    mutual: int
    expired: int


@dataclass
class Secured:
    """A peer, and how the gateway is to reach the broker."""

    peer: Any
    options: dict[str, Any]

    def channel(self) -> ChannelTable:
        table = self.peer.channel()
        return table.model_copy(update={"options": table.options | {"host": "localhost"} | self.options})

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    directory = tmp_path_factory.mktemp("keys")
    authority, stranger = Authority(directory / "authority"), Authority(directory / "stranger")
    server, expired = authority.server("server"), authority.server("expired", ends_in=-DAY)
    return Keys(authority, stranger, server, expired, authority.client("gateway"))


@pytest.fixture(scope="module")
def mosquitto(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    tls, mutual, expired = free_ports(3)
    listeners = ((tls, keys.server, False), (mutual, keys.server, True), (expired, keys.expired, False))
    settings = "".join(
        f"listener {port} 127.0.0.1\ncafile {keys.authority.file}\ncertfile {pair.certificate}\n"
        f"keyfile {pair.key}\nrequire_certificate {str(asking).lower()}\n"
        for port, pair, asking in listeners
    )
    with started(Mosquitto(tmp_path_factory.mktemp("mosquitto"), settings)) as broker:
        yield Ports(broker.port, tls, mutual, expired)


@pytest.fixture(scope="module")
def rabbitmq(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    tls, mutual, expired = free_ports(3)
    listeners = ((tls, keys.server, False), (mutual, keys.server, True), (expired, keys.expired, False))
    with started(RabbitMq(tmp_path_factory.mktemp("rabbitmq"))) as broker:
        broker.evaluate(
            "".join(
                f'ok = rabbit_networking:start_ssl_listener({{"127.0.0.1", {port}}},'
                f' [{{cacertfile, "{keys.authority.file}"}}, {{certfile, "{pair.certificate}"}},'
                f' {{keyfile, "{pair.key}"}}, {{verify, verify_peer}},'
                f" {{fail_if_no_peer_cert, {str(asking).lower()}}}], 2),"
                for port, pair, asking in listeners
            )
            + "ok."
        )
        yield Ports(broker.port, tls, mutual, expired)


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ports(protocol: str, request: pytest.FixtureRequest) -> Ports:
    found: Ports = request.getfixturevalue("mosquitto" if protocol == "mqtt" else "rabbitmq")
    return found


@contextmanager
def broker_peer_at(port: int) -> Iterator[BrokerPeer]:
    needs_proton()
    yield BrokerPeer(port)


PEERS: dict[str, Callable[[int], AbstractContextManager[Any]]] = {
    "mqtt": mqtt_peer_at,
    "amqp091": rabbit_peer_at,
    "amqp10": broker_peer_at,
}


@pytest.fixture
def peer(protocol: str, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("TEST_BROKER_PASSWORD", "guest")
    with PEERS[protocol](ports.plain) as opened:
        yield Secured(opened, {})


def mutual(ports: Ports, keys: Keys) -> dict[str, Any]:
    """The options of a gateway that has a certificate."""
    pair = {"certificate": str(keys.client.certificate), "key": str(keys.client.key)}
    return {"port": ports.mutual, "tls": True, "ca": str(keys.authority.file)} | pair


@pytest.mark.parametrize("asks_for_a_certificate", [False, True])
def test_a_document_comes_and_its_answer_goes_over_tls(
    protocol: str, ports: Ports, keys: Keys, peer: Secured, local: LocalGateway, asks_for_a_certificate: bool
) -> None:
    peer.options = {"port": ports.tls, "tls": True, "ca": str(keys.authority.file)}
    if asks_for_a_certificate:
        peer.options = mutual(ports, keys)
    if protocol == "amqp10":
        asyncio.run(exchange(local, ports.plain))
        return
    local.start()
    speaking: Peer = peer.peer
    speaking.send(RESERVE_BID_7_2.data, "message-1")
    eventually(speaking.received)
    assert codes_of(acknowledgement_in(speaking.received()[0].payload)) == ["A01"]


@dataclass(frozen=True)
class Refused:
    """How the gateway is set up wrongly, or what it must not trust, and what its health then says.

    Attributes:
        proton_says: where proton does not tell as much.
    """

    name: str
    says: str
    options: Callable[[Ports, Keys], dict[str, Any]]
    proton_says: str | None = None


def trusting(port: int, keys: Keys, **more: Any) -> dict[str, Any]:
    return {"port": port, "tls": True, "ca": str(keys.authority.file)} | more


REFUSED = (
    Refused(
        "another-authority",
        "certificate verify failed",
        lambda ports, keys: trusting(ports.tls, keys, ca=str(keys.stranger.file)),
    ),
    Refused(
        "an-expired-certificate",
        "certificate has expired",
        lambda ports, keys: trusting(ports.expired, keys),
        "certificate verify failed",
    ),
    Refused(
        "another-host-name",
        "certificate is not valid for '127.0.0.1'",
        lambda ports, keys: trusting(ports.tls, keys, host="127.0.0.1"),
        "certificate verify failed",
    ),
    Refused("no-certificate-of-the-gateway", "certificate", lambda ports, keys: trusting(ports.mutual, keys)),
    Refused("no-tls-where-the-broker-wants-it", "wants tls", lambda ports, _: {"port": ports.tls}),
    Refused("tls-where-the-broker-has-none", "(?i)tls|ssl", lambda ports, keys: trusting(ports.plain, keys)),
)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.name)
def test_what_must_not_be_trusted_is_named_and_nothing_passes(
    refused: Refused, protocol: str, ports: Ports, keys: Keys, peer: Secured, local: LocalGateway
) -> None:
    peer.options = refused.options(ports, keys)
    says = refused.proton_says or refused.says if protocol == "amqp10" else refused.says
    local.start(wait=False)
    local.until_health("down")
    channel = local.channel
    assert channel is not None
    assert re.search(says, channel.health().last_error or ""), channel.health().last_error
    assert stays(lambda: channel.health().state.value == "down")
