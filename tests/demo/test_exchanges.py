"""Every exchange of the platform emulator against the channel it is for, at a gateway's real intake."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from adapters.channels import ChannelTable
from contract_tests.brokers import free_ports, listens
from contract_tests.emulators.answers import read_acknowledgement
from contract_tests.emulators.client import WaitedTooLongError
from contract_tests.emulators.exchanges import Came, ChannelOptions, ExchangeInbox
from gateway.demo.brokers import Address, Brokers, MissingError
from gateway.demo.platforms import PLATFORMS
from gateway.demo.protocols import (
    NAMES,
    REST,
    ChannelExchange,
    Surroundings,
    assigned,
    check_installed,
    opened,
)
from gateway.intake_process import SystemClock
from gateway.ports import Outlet, ServesHttp
from tests.adapters.local_gateway import LocalGateway
from tests.adapters.peers.soap504 import ServerThread
from tests.adapters.services import absent
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

PROTOCOLS = [name for name in NAMES if name != REST]


def are_there(protocol: str) -> bool:
    """Whether this machine has what a protocol needs, without long waiting."""
    match protocol:
        case "mqtt":
            return (
                listens(1883) or shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") is not None
            )
        case "amqp091":
            return listens(5672)
        case "amqp10":
            return find_spec("proton") is not None
    return True


@dataclass
class ExchangePeer:
    """The configuration of an exchange as a peer of the gateway that channel tests use."""

    exchange: ChannelExchange
    port: int
    served: ServerThread | None = None

    def channel(self) -> ChannelTable:
        reported: ChannelOptions = self.exchange.channel()
        return ChannelTable(adapter=reported.adapter, tenant="north", options=dict(reported.options))

    def serve(self, local: LocalGateway) -> Outlet | None:
        if isinstance(local.channel, ServesHttp):
            self.served = ServerThread(Starlette(routes=list(local.channel.routes)), self.port)
        return None


@pytest.fixture(params=PROTOCOLS)
def local(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalGateway]:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    (port,) = free_ports(1)
    with ExitStack() as stack:
        try:
            brokers = stack.enter_context(Brokers(tmp_path / "brokers", {}))
            around = Surroundings(tmp_path, f"http://127.0.0.1:{port}", brokers)
            # A service is found by the name of its channel, everything else by that of the tenant.
            name = "north-test" if request.param == "soap" else "north"
            platform = replace(PLATFORMS[0], tenant=name)
            exchange = stack.enter_context(opened(request.param, around, platform))
        except MissingError as error:
            absent(str(error))
        peer: Any = ExchangePeer(exchange, port)
        clock: Any = SystemClock()  # as the emulators have it
        built = LocalGateway(tmp_path, peer, clock=clock)
        yield built
        built.stop()
        if peer.served is not None:
            peer.served.close()


def exchange_of(local: LocalGateway) -> ChannelExchange:
    peer: Any = local.peer
    exchange: ChannelExchange = peer.exchange
    return exchange


@pytest.mark.services
def test_a_document_is_acknowledged_and_results_come_in_their_order(local: LocalGateway) -> None:
    exchange = exchange_of(local.start(wait=False))
    channel = local.channel
    assert channel is not None
    eventually(lambda: (exchange.results(), channel.health().state == "up")[1], "the channel to be up")
    sent = exchange.send(RESERVE_BID_7_2.data, "bids-1")
    acknowledgement = read_acknowledgement(exchange.acknowledgement(sent, 20.0))
    assert acknowledgement.accepted
    assert len(local.noted()) == RESERVE_BID_7_2.series
    for number in range(3):
        local.put(f'<a n="{number}"/>'.encode())
    came: list[Came] = []
    eventually(lambda: (came.extend(exchange.results()), len(came) == 3)[1], "the results")
    # Canonical XML, as the web services give it, has no short form of an empty element.
    plain = [each.payload.replace(b"></a>", b"/>") for each in came]
    assert plain == [b'<a n="0"/>', b'<a n="1"/>', b'<a n="2"/>']
    assert {each.kind for each in came} == {"BidAvailability"}
    assert exchange.results() == []


def test_what_comes_twice_is_taken_once() -> None:
    arrivals = ExchangeInbox()
    for _ in range(2):
        arrivals.put("m1", Came("MeritOrderList", b"<a/>"))
        arrivals.put("m2", Came("Acknowledgement", b"<b/>", "bids-1"))
    assert [came.payload for came in arrivals.results()] == [b"<a/>"]
    assert arrivals.acknowledgement("bids-1", 1.0) == b"<b/>"
    with pytest.raises(WaitedTooLongError, match="bids-2"):
        arrivals.acknowledgement("bids-2", 0.05)


def test_each_platform_has_the_protocol_that_is_named_for_it() -> None:
    assert list(assigned(["mqtt", "folder", "soap"]).values()) == ["mqtt", "folder", "soap"]
    assert list(assigned(["mqtt"]).items()) == [(PLATFORMS[0], "mqtt"), (PLATFORMS[1], "mqtt")]


@pytest.mark.parametrize(
    ("names", "reported"), [(["pigeon"], "no protocol pigeon"), (["rest"] * 7, "one to 6")]
)
def test_other_names_are_refused(names: list[str], reported: str) -> None:
    with pytest.raises(ValueError, match=reported):
        assigned(names)


@pytest.mark.parametrize("text", ["broker", "broker:", ":1883", "broker:70000", "broker:0", "broker:mqtt"])
def test_an_address_is_host_and_port(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Address.parse(text)
    assert Address.parse("broker.example.org:1883") == Address("broker.example.org", 1883)


def test_a_broker_that_was_named_must_be_there(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with (
        Brokers(tmp_path, {"mqtt": Address("127.0.0.1", port)}) as brokers,
        pytest.raises(MissingError, match=f"no mqtt broker at 127.0.0.1:{port}"),
    ):
        brokers.mqtt()


def test_what_to_install_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.demo.brokers.listens", lambda _: False)
    monkeypatch.setattr("contract_tests.brokers.shutil.which", lambda *_, **__: None)
    with (
        Brokers(tmp_path, {}) as brokers,
        pytest.raises(
            MissingError,
            match=r"apt-get install mosquitto, or name one with --mqtt HOST:PORT; rest, folder, .* none",
        ),
    ):
        brokers.mqtt()


@pytest.mark.services
def test_a_broker_of_our_own_is_started_where_none_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.demo.brokers.listens", lambda _: False)
    with Brokers(tmp_path, {}) as brokers:
        try:
            address = brokers.mqtt()
        except MissingError as error:
            absent(str(error))
        assert brokers.mqtt() == address, "one for all who ask"
        assert address.port != 1883
        assert listens(address.port)
    assert not listens(address.port)


def test_packages_that_are_missing_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("endpoint", "soap504"):
        monkeypatch.setitem(sys.modules, f"contract_tests.emulators.exchanges.{module}", None)
    with pytest.raises(MissingError) as raised:
        check_installed(["rest", "amqp10", "soap"])
    stated = str(raised.value).splitlines()
    assert [line.split()[0] for line in stated[:2]] == ["amqp10", "soap"]
    assert stated[2].endswith("[ecp,soap]'")
    assert stated[3] == "without it there are rest, folder, mqtt, amqp091"
