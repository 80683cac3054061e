"""`python -m benchmarks.crash [--json]`: kill a working gateway with −9 again and again; is anything lost?

Platforms hand in small documents, each by a protocol of its own, while the gateway is killed at random
moments, in its start too, and RabbitMQ, Mosquitto and the emulated ECP endpoint are restarted. Then every
document must have had its effect once, with one acknowledgement that its sender has. Exit code 1 if not.
"""

import argparse
import json
import logging
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.crashing.documents import Document, delivery_day, gate, numbered, party, resources
from benchmarks.crashing.emulated import EndpointPeer, MadesPeer, Soap504Peer
from benchmarks.crashing.peers import (
    FolderPeer,
    MqttPeer,
    Peer,
    RabbitPeer,
    RestPeer,
    Sending,
    toml,
)
from benchmarks.crashing.verdict import Verdict, verdict
from contract_tests.brokers import Mosquitto, RabbitMq, free_ports
from contract_tests.emulators.client import Credentials, GatewayClient
from contract_tests.emulators.endpoint import EndpointEmulator
from tests.adapters.cable import Cable, cable_to
from tests.e2e.running import SECRET, Member, Running

PROTOCOLS: Final = ("rest", "folder", "mqtt", "amqp091", "amqp10", "mades", "soap504")
IN_START: Final = 0.2
"""Share of the kills that fall into the start of the gateway."""
LONGEST_WORK_S: Final = 3.0
AWAY_S: Final = 0.5
PATIENCE_S: Final = 120.0
SETTLED_S: Final = 2.0
"""Quiet at the end: time for an answer too many to come."""

Restart = Callable[[], None]


@dataclass
class World:
    """A gateway, its platforms, and what is between them."""

    gateway: Running
    sendings: dict[str, Sending]
    restarts: Sequence[Restart]
    documents: dict[str, list[Document]] = field(default_factory=dict)

    def release(self, share: slice) -> None:
        """Let every platform hand in some more."""
        for name, sending in self.sendings.items():
            sending.release(self.documents[name][share])

    def answered(self) -> int:
        """How many messages the platforms have, each counted once."""
        return sum(
            len({answer.message_id for answer in each.peer.answers}) for each in self.sendings.values()
        )

    def verdicts(self) -> dict[str, Verdict]:
        """By protocol; the gateway must have ended."""
        stores = self.gateway.directory / "data" / "stores"
        return {
            name: verdict(sending.confirmed, stores / f"{name}.sqlite", sending.peer.answers)
            for name, sending in self.sendings.items()
        }


@contextmanager
def world(directory: Path) -> Iterator[World]:
    """A running gateway with an open gate."""
    with ExitStack() as stack:
        rabbit, mosquitto = (
            stack.enter_context(kind(_made(directory / kind.__name__))) for kind in (RabbitMq, Mosquitto)
        )
        (port,) = free_ports(1)
        endpoint = EndpointEmulator(port)
        endpoint.start()
        cable = stack.enter_context(cable_to(port))
        running: list[Running] = []
        rest = RestPeer(lambda: client(running[0], "rest"))
        peers: dict[str, Peer] = {
            "rest": rest,
            "folder": FolderPeer(directory / "folder"),
            "mqtt": MqttPeer(mosquitto.port, "mqtt"),
            "amqp091": RabbitPeer(rabbit.port, "amqp091"),
            "amqp10": EndpointPeer(endpoint, cable.port),
            "mades": MadesPeer(),
            "soap504": Soap504Peer(_made(directory / "keys")),
        }
        for peer in peers.values():
            stack.callback(peer.close)
        members = [Member(name, "platform", [(party(name), "A01")]) for name in PROTOCOLS]
        members += [Member(role, role) for role in ("operator", "tso", "dso")]
        running.append(Running(directory / "gateway", members, "\n".join(_sections(peers))))
        gateway = stack.enter_context(running[0])
        _prepare(gateway, rest.url)
        restarts = (mosquitto.restart, rabbit.restart, lambda: _away(cable))
        yield World(gateway, {name: Sending(peer) for name, peer in peers.items()}, restarts)


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _sections(peers: dict[str, Peer]) -> Iterator[str]:
    yield "[limits]\ndocument_processes = 2"
    for name, peer in peers.items():
        if (channel := peer.channel()) is not None:
            adapter, options = channel
            yield f'[channels.{name}]\nadapter = "{adapter}"\ntenant = "{name}"\n[channels.{name}.options]'
            yield from (f"{key} = {toml(value)}" for key, value in options.items())


def _prepare(gateway: Running, webhook: str) -> None:
    """Open a gate, set the webhook, and wait until every queue and session is there."""
    client(gateway, "operator").post("/v1/gates", gate(delivery_day(), list(PROTOCOLS), "dso"))
    client(gateway, "tso").put("/v1/resources", resources())
    client(gateway, "rest").put("/v1/webhook", {"url": webhook})
    with gateway.as_("rest") as asking:
        gateway.until(
            lambda: asking.get("/readyz").json()["channels"].get("up") == len(PROTOCOLS) - 1, "the channels"
        )


def client(gateway: Running, name: str) -> GatewayClient:
    """Whoever calls the REST interface."""
    return GatewayClient(gateway.url, Credentials(name, SECRET), timeout_s=10)


def _away(cable: Cable) -> None:
    """An endpoint that is restarted: connections break, nothing listens, what it has stays."""
    cable.unplug()
    time.sleep(AWAY_S)
    cable.plug()


def run(documents: int, kills: int, restarts: int, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """One run; progress is printed meanwhile."""
    draw = random.Random(seed)
    started = time.monotonic()
    each = -(-documents // len(PROTOCOLS))
    with tempfile.TemporaryDirectory() as directory, world(Path(directory)) as place:
        day = delivery_day()
        place.documents = {
            name: [numbered(name, order * each + number, day) for number in range(each)]
            for order, name in enumerate(PROTOCOLS)
        }
        tell(f"{len(PROTOCOLS) * each} documents are ready, brokers and gateway are up")
        _kill_again_and_again(place, kills, restarts, draw, tell)
        missing = _wait_for_answers(place, len(PROTOCOLS) * each, tell)
        place.gateway.end()
        verdicts = place.verdicts()
        repeated = {name: sending.repeated for name, sending in place.sendings.items()}
        if missing or not all(one.is_good for one in verdicts.values()):
            kept = Path(tempfile.mkdtemp(prefix="crash-")) / "kept"
            place.gateway.directory.rename(kept)
            tell(f"not good; the data and the log stay in {kept}")
    total = asdict(sum(verdicts.values(), Verdict()))
    return {
        "documents": total.pop("documents"),
        "kills": kills,
        "broker_restarts": restarts,
        **total,
        "repeated_by_senders": sum(repeated.values()),
        "protocols": {
            name: asdict(one) | {"repeated_by_sender": repeated[name]} for name, one in verdicts.items()
        },
        "seed": seed,
        "seconds": round(time.monotonic() - started, 1),
    }


def _kill_again_and_again(
    place: World, kills: int, restarts: int, draw: random.Random, tell: Callable[[str], None]
) -> None:
    share = -(-len(place.documents[PROTOCOLS[0]]) // max(kills, 1))
    turns = sorted(draw.sample(range(kills), min(restarts, kills)))
    order = draw.sample(place.restarts, len(place.restarts))
    under_way: list[threading.Thread] = []
    start_s = 2.0
    for number in range(kills):
        place.release(slice(number * share, (number + 1) * share))
        for turn in [turn for turn, at in enumerate(turns) if at == number]:
            thread = threading.Thread(target=order[turn % len(order)])
            thread.start()
            under_way.append(thread)
        time.sleep(draw.uniform(0, LONGEST_WORK_S))
        place.gateway.end(signal.SIGKILL)
        place.gateway.spawn()
        if draw.random() < IN_START and number + 1 < kills:
            time.sleep(draw.uniform(0, start_s))
        else:
            begun = time.monotonic()
            place.gateway.until(place.gateway.is_ready, "the gateway to start")
            start_s = time.monotonic() - begun
        if number % 10 == 9 or number + 1 == kills:
            tell(f"{number + 1} kills, {place.answered()} answers are there")
    for thread in under_way:
        thread.join()


def _wait_for_answers(place: World, expected: int, tell: Callable[[str], None]) -> int:
    """Return when all answers are there, or none came for long; how many did not."""
    for sending in place.sendings.values():
        sending.end()
    known, since = place.answered(), time.monotonic()
    while (now := place.answered()) < expected:
        if now > known:
            known, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE_S:
            tell(f"no answer for {PATIENCE_S:.0f} s; {expected - now} are missing")
            break
        time.sleep(0.1)
    time.sleep(SETTLED_S)
    return max(0, expected - place.answered())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash", description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=5, help="of brokers and the endpoint, in all")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()

    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:4.0f} s: {text}", file=sys.stderr, flush=True)

    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # that a broker is away is no news here
    result = run(options.documents, options.kills, options.restarts, options.seed, tell)
    print(json.dumps(result, indent=None if options.json else 2))
    return 0 if is_good(result) else 1


def is_good(result: dict[str, Any]) -> bool:
    """Whether nothing went wrong."""
    return not any(result[fault] for fault in ("lost", "doubled", "missing_answers", "altered"))


if __name__ == "__main__":
    sys.exit(main())
