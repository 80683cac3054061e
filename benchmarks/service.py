"""`python -m benchmarks.service [--json] [--minutes 10]`: durable, validated acceptance by each protocol.

A real gateway, a load generator in a process of its own, both on the cores there are. Every document is
distinct; all of its bids take effect. What counts is what lies in the tenant store afterwards.

For each protocol: documents as fast as they are taken (`accepted_per_s`: stored, validated, taken effect, and
their acknowledgement written), then an open loop at 80 % of that for latencies, then the same generator
against nothing (`baseline_per_s`).
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from benchmarks.serving.brokers import delete_queues
from benchmarks.serving.world import TENANT, Gateway, child, gateway

SHARE = 0.8


class Plan(NamedTuple):
    """Bids of a document and points of a bid, length of a phase, processes for documents, and the rate at
    which latencies are measured (None: a share of what is taken)."""

    shape: tuple[int, int]
    seconds: float
    processes: int
    rate: float | None = None


def load(
    peer: str, address: str, shape: tuple[int, int], seconds: float, **options: object
) -> dict[str, Any]:
    """What the generator says of one run."""
    extra = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    bids, points = map(str, shape)
    return child(
        "serving.load", peer, address, "--bids", bids, "--points", points, "--seconds", str(seconds), *extra
    )


def phase(
    running: Gateway, peer: str, address: str, shape: tuple[int, int], seconds: float, **options: object
) -> dict[str, Any]:
    """One run, and what lies in the tenant store after it."""
    after = f"{datetime.now(UTC).replace(tzinfo=None)}"
    before = running.cpu_s()
    with memory_of(running, seconds / 10) as memory:
        said = load(peer, address, shape, seconds, credentials=running.token(TENANT), **options)
    states = running.until_settled()
    count, took_s = running.span(after)
    if states.keys() != {"accepted"} or count != said["sent"] - said["refused"]:
        raise AssertionError(f"{said} were sent; the store has {count} of these, all in all {states}")
    return said | {
        "accepted_per_s": round(count / took_s, 1),
        "gateway_cpu_ms_each": round(1000 * (running.cpu_s() - before) / count, 3),
        "memory_mb": round(running.memory_mb()),
        "memory_mb_meanwhile": memory,
    }


@contextmanager
def memory_of(running: Gateway, every_s: float) -> Iterator[list[int]]:
    """What the gateway's memory is meanwhile, at regular times."""
    over = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not over.wait(every_s):
            seen.append(round(running.memory_mb()))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


@contextmanager
def empty() -> Iterator[str]:
    """The address of an endpoint that does nothing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "benchmarks.serving.empty", str(port)]) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx2.post(url)
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield url
        process.terminate()


def rest(plan: Plan) -> dict[str, Any]:
    """Documents posted over HTTP; latencies are those of the 202."""
    with tempfile.TemporaryDirectory() as directory, gateway(Path(directory), plan.processes) as running:
        most, paced = phases(running, "rest", running.url, plan, in_flight=64)
    with empty() as url:
        baseline = load("rest", url, plan.shape, min(plan.seconds, 5))
    return summary("rest", most, paced) | {
        "baseline_per_s": baseline["per_s"],
        "ratio_to_baseline": round(most["accepted_per_s"] / baseline["per_s"], 3),
    }


def behind_a_broker(protocol: str, address: str, options: str) -> Callable[[Plan], dict[str, Any]]:
    """Documents by a channel; latencies run until the Acknowledgement is back at the peer."""

    def measure(plan: Plan) -> dict[str, Any]:
        channel = f'[channels.load]\nadapter = "{protocol}"\ntenant = "{TENANT}"\n[channels.load.options]\n'
        with (
            tempfile.TemporaryDirectory() as directory,
            gateway(Path(directory), plan.processes, channel + options) as running,
        ):
            most, paced = phases(running, protocol, address, plan, in_flight=200)
        return summary(protocol, most, paced)

    return measure


def rabbit(plan: Plan) -> dict[str, Any]:
    """By RabbitMQ, whose queues would stay."""
    options = f'host = "127.0.0.1"\nqueues = "{NAME}"\n'
    try:
        return behind_a_broker("amqp091", NAME, options)(plan)
    finally:
        asyncio.run(delete_queues(NAME))


def shared_folder(plan: Plan) -> dict[str, Any]:
    """By a folder that is looked into twenty times a second; files count as complete at once."""
    with tempfile.TemporaryDirectory() as shared:
        options = f'directory = "{shared}"\nstable_s = 0\npoll_s = 0.05\n'
        return behind_a_broker("folder", shared, options)(plan)


def phases(
    running: Gateway, peer: str, address: str, plan: Plan, in_flight: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """After a moment to warm up: as fast as can be, then at the share of it, or at the rate asked for."""
    shape, seconds = plan.shape, plan.seconds
    phase(running, peer, address, shape, 1, first=0x10000000, in_flight=8)
    most = phase(running, peer, address, shape, seconds, in_flight=in_flight)
    rate = plan.rate or SHARE * most["accepted_per_s"]
    paced = phase(running, peer, address, shape, seconds, first=0x20000000, rate=rate, in_flight=in_flight)
    return most, paced


def summary(protocol: str, most: dict[str, Any], paced: dict[str, Any]) -> dict[str, Any]:
    """One object per protocol."""
    return {
        "protocol": protocol,
        "accepted_per_s": most["accepted_per_s"],
        "at_rate": paced["per_s"],
        "p50_ms": paced["p50_ms"],
        "p99_ms": paced["p99_ms"],
        "memory_mb": paced["memory_mb"],
        "memory_mb_meanwhile": most["memory_mb_meanwhile"] + paced["memory_mb_meanwhile"],
        "gateway_cpu_ms_each": most["gateway_cpu_ms_each"],
        "paced_cpu_ms_each": paced["gateway_cpu_ms_each"],
        "generator_cpu_ms_each": most["cpu_ms_each"],
        "refused": most["refused"] + paced["refused"],
    }


NAME = f"flexgate-load-{uuid.uuid4().hex[:8]}"
with socket.socket() as _probe:
    _probe.bind(("127.0.0.1", 0))
    PORT = _probe.getsockname()[1]
PROTOCOLS = {
    "rest": rest,
    "amqp091": rabbit,
    "folder": shared_folder,
    "mqtt": behind_a_broker(
        "mqtt",
        f"{NAME}/{TENANT}",
        f'host = "127.0.0.1"\nprefix = "{NAME}"\nclient_id = "{NAME}"\nsession_expiry_s = 60\n',
    ),
    "amqp10": behind_a_broker(
        "amqp10",
        str(PORT),
        f'host = "127.0.0.1"\nport = {PORT}\nreceiver = "SERVICE-TEST"\nreconnect_s = 0.1\n'
        '[channels.load.options.message_types]\nAcknowledgement = "TEST-ACK"\n',
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__)
    parser.add_argument("protocols", nargs="*", choices=[*PROTOCOLS, []], default=[])
    parser.add_argument("--seconds", type=float, default=10, help="of each phase")
    parser.add_argument("--minutes", type=float, help="the same, in minutes")
    parser.add_argument("--rate", type=float, help="per second, at which latencies are measured")
    parser.add_argument("--processes", type=int, default=2, help="of the gateway, for documents; 0: threads")
    parser.add_argument("--bids", type=int, default=10)
    parser.add_argument("--points", type=int, default=16)
    parser.add_argument("--json", action="store_true", help="one line for each protocol")
    options = parser.parse_args()
    seconds = 60 * options.minutes if options.minutes else options.seconds
    for protocol in options.protocols or PROTOCOLS:
        plan = Plan((options.bids, options.points), seconds, options.processes, options.rate)
        result = PROTOCOLS[protocol](plan) | {
            "bids": options.bids,
            "points_per_bid": options.points,
            "processes": options.processes,
            "cores": os.cpu_count(),
        }
        sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
