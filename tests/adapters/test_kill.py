"""A gateway that is killed while documents come by every channel: nothing lost, nothing answered twice."""

import json
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.party import eic_check_character
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from tests.adapters.local_gateway import Peer
from tests.adapters.peers import PEERS
from tests.e2e.running import Member, Running
from tests.patience import eventually
from tests.specimens import NORTH, RESERVE_BID_7_2

PROTOCOLS = ("folder", "mqtt", "amqp091", "ecp", "mades", "poll", "soap504-client")
ROUNDS = 2
DOCUMENTS = 8  # in each round, on each channel
MRID = b"TEST-DOC"


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        opened: dict[str, Any] = {}
        for name in PROTOCOLS:
            directory = tmp_path / name
            directory.mkdir()
            opened[name] = stack.enter_context(PEERS[name](directory))
            opened[name].tenant = name
        yield opened


def party_of(tenant: str) -> str:
    """A code of its own for each tenant: every code is of one tenant only."""
    head = f"11XTEST-{PROTOCOLS.index(tenant)}------"
    return head + eic_check_character(head)


def section(name: str, peer: Peer) -> str:
    table = peer.channel()
    assert table is not None
    lines = [f"[channels.{name}-channel]", f'adapter = "{table.adapter}"', f'tenant = "{name}"']
    lines += [f"[channels.{name}-channel.options]"]
    return "\n".join([*lines, *(f"{key} = {toml(value)}" for key, value in table.options.items()), ""])


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture
def gateway(tmp_path: Path, peers: dict[str, Any]) -> Iterator[Running]:
    members = [Member(name, "platform", [(party_of(name), "A01")]) for name in PROTOCOLS]
    channels = "\n".join(section(name, peer) for name, peer in peers.items())
    running = Running(tmp_path / "gateway", members, channels)
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.end()


@pytest.mark.feature(id="C9")
@pytest.mark.services
@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(
    gateway: Running, peers: dict[str, Any]
) -> None:
    ready(gateway)
    for number in range(ROUNDS):
        senders = [
            threading.Thread(target=send_some, args=(peer, f"round-{number}")) for peer in peers.values()
        ]
        for sender in senders:
            sender.start()
        time.sleep(random.uniform(0.02, 0.4))
        gateway.end(signal.SIGKILL)
        for sender in senders:
            sender.join()
        gateway.start()
    sent = {f"round-{number}-{each}" for number in range(ROUNDS) for each in range(DOCUMENTS)}
    for name, peer in peers.items():
        eventually(lambda name=name, peer=peer: set(answers(name, peer)) == sent, f"answers by {name}")
    gateway.end()
    for name, peer in peers.items():
        doubled = {answered for answered, ids in answers(name, peer).items() if len(ids) > 1}
        assert doubled == set(), name
        stores = Stores(gateway.directory / "data" / "stores", [name])
        with stores.of(name).reading() as uow:
            stored = uow.execute(inbox.envelopes.select()).all()
            assert list(inbox.unsettled(uow)) == []
        stores.close()
        assert len(stored) == len(sent), name


def ready(gateway: Running) -> None:
    """Wait for every channel, so that the queues are there."""
    with gateway.as_("folder") as client:
        eventually(lambda: client.get("/readyz").json()["channels"] == {"up": len(PROTOCOLS)})


def send_some(peer: Any, prefix: str) -> None:
    for number in range(DOCUMENTS):
        name = f"{prefix}-{number}"
        data = RESERVE_BID_7_2.data.replace(NORTH.encode(), party_of(peer.tenant).encode())
        peer.send(data.replace(MRID, f"TEST-{name}".encode(), 1), name)
        time.sleep(0.02)


def answers(name: str, peer: Peer) -> dict[str, set[str | None]]:
    """The message ids of the answers to each document; a repetition on the wire has the same id."""
    found = defaultdict(set)
    for received in peer.received():
        answered = received.answers or ""
        if name == "folder":  # NNN-round-N-N.xml
            answered = answered[4:].removesuffix(".xml")
        found[answered].add(received.message_id)
    return found
