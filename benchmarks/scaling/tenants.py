"""Ever more participants of one gateway, which may open 1,024 files: what they cost while nothing happens,
and how long it takes until results are published to all.

Every tenant hands in a bid for one quarter hour; the system operator has assigned its unit to a point of the
one grid, which limits some, and demands a part of what is offered. So every platform is sent what it can
deliver, and what limits it where that is less than it offers; both operators are sent the whole. The gate is
published when the last of them has its result. No tenant has an outgoing channel: all documents stay in the
outboxes.
"""

import re
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.generator import case
from benchmarks.scaling.market_input import model
from benchmarks.scaling.measured import Measured
from benchmarks.serving.world import SECRET, Documents, Gateway, day, until_ready
from gateway.demo.eic import eic
from gateway.security.clients import hash_secret

FILES: Final = 1024
QUIET_S: Final = 20.0
"""How long nothing happens before the idle time is measured, and how long that is measured."""
AT_ONCE: Final = 8
OPERATORS: Final = {"operator": "operator", "tso": "tso", "dso": "dso"}

MTUS: Final = 96
UNIT: Final = "TEST-UNIT-"
PLACES: Final = 240
"""Connection points of the grid, beside its reference."""
WANTED_MW: Final = 0.1
"""Demand of each direction for each platform, of which half offer 0.5 MW in that direction."""

HEAD: Final = """[gateway]
party = {{ code = "10XTEST-RECEIVEX" }}
party_role = "A34"
port = {port}
[limits]
document_processes = 1
"""
MEMBER: Final = """[tenants.{name}]
role = "{role}"
name = "TEST {name}"
parties = [{{ code = "{code}" }}]
party_role = "A46"
[clients.{name}]
tenant = "{name}"
secret_hash = "{secret}"
"""


def prepare(tenants: int) -> Callable[[], Measured]:
    """A gateway with so many platforms; `seconds` is from the close of their gate until all have results."""
    directory = Path(tempfile.mkdtemp(prefix="flexgate-scale-"))

    def run() -> Measured:
        with started(directory, tenants) as running:
            empty_mb = running.memory_mb()
            hand_in(running, tenants)
            before = running.cpu_s()
            published_s = _close(running)
            published_cpu_s = running.cpu_s() - before
            time.sleep(QUIET_S)
            before = running.cpu_s()
            time.sleep(QUIET_S)
            idle = (running.cpu_s() - before) / QUIET_S
            memory = running.memory_mb()
        others = {
            "processor_s": round(published_cpu_s, 2),
            "idle_percent": round(100 * idle, 2),
            "empty_mb": round(empty_mb),
        }
        return Measured(published_s, memory, others)

    return run


def names(tenants: int) -> list[str]:
    """Names of the platforms."""
    return [f"p{number:05}" for number in range(tenants)]


@contextmanager
def started(directory: Path, tenants: int) -> Iterator[Gateway]:
    """A gateway of so many platforms and an operator, with an open gate of all."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = hash_secret(SECRET)
    roles = {**OPERATORS, **dict.fromkeys(names(tenants), "platform")}
    members = [
        MEMBER.format(name=name, role=role, code=_code(name), secret=secret) for name, role in roles.items()
    ]
    (directory / "flexgate.toml").write_text("\n".join([HEAD.format(port=port), *members]))
    command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(directory / "flexgate.toml")]
    limit = (FILES, FILES)
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit),  # noqa: PLW1509
        ) as process,
    ):
        try:
            running = Gateway(f"http://127.0.0.1:{port}", directory, process)
            until_ready(running)
            running.ask("operator", "POST", "/v1/gates", gate("day", names(tenants), day()))
            yield running
        finally:
            process.terminate()


def gate(gate_id: str, platforms: list[str], start: datetime) -> dict[str, object]:
    """An open gate for a day."""
    now = datetime.now(UTC)
    later = (start - timedelta(hours=6)).isoformat()
    return {
        "gate_id": gate_id,
        "market": "TEST market",
        "process": "A47",
        "delivery": {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()},
        "mtu": "PT15M",
        "currency": "EUR",
        "platforms": platforms,
        "system_operators": ["tso"],
        "grid_operators": ["dso"],
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": later,
        "grids_due_at": later,
        "window": "PT0S",
        "budget": "PT20S",
        "publish_by": (start - timedelta(hours=5)).isoformat(),
        "use": "exact",
        "netting_platform": False,
    }


def hand_in(running: Gateway, tenants: int) -> None:
    """What the gate decides on: the grid and where units are in it, the demand, and a bid of every platform,
    taken and answered."""
    places = [{"grid_id": "grid-0", "node": f"n{1 + number}"} for number in range(PLACES)]
    units = {f"{UNIT}{number:05}": [places[number % PLACES]] for number in range(tenants)}
    running.ask("tso", "PUT", "/v1/resources", {"connections": units, "participation": {}})
    running.ask("dso", "PUT", "/v1/grids/grid-0/models", model(day(), 0, case(0, MTUS)))
    wanted = [WANTED_MW * tenants] + [0.0] * (MTUS - 1)
    running.ask("tso", "PUT", "/v1/gates/day/demand", {"up_mw": wanted, "down_mw": wanted})
    documents = Documents(1, 1)

    def one(number: int) -> None:
        name = names(tenants)[number]
        answer = client.post(
            f"{running.url}/v1/documents",
            content=_document(documents.numbered(number), name, number),
            headers={"Authorization": f"Bearer {running.token(name)}", "Content-Type": "application/xml"},
        )
        answer.raise_for_status()

    with httpx2.Client(timeout=60) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(one, range(tenants)))
    for name in names(tenants):
        _until_answered(running, name)


def _document(drawn: bytes, name: str, number: int) -> bytes:
    """A drawn document as that of a platform: a unit of its own, either direction, as much as a grid carries
    of some."""
    drawn = drawn.replace(b"10XTEST-SENDER-M", _code(name).encode())
    drawn = drawn.replace(f"{UNIT}00000".encode(), f"{UNIT}{number:05}".encode())
    drawn = drawn.replace(b"direction>A02<", b"direction>A01<" if number % 2 else b"direction>A02<")
    drawn = re.sub(rb"\s*<minimum_Quantity.quantity>\d+</minimum_Quantity.quantity>", b"", drawn)
    return re.sub(rb"(?<=<quantity.quantity>)\d+", lambda mw: b"0.%02d" % int(mw[0]), drawn)


def _until_answered(running: Gateway, name: str) -> None:
    """Wait until a platform's document is accepted."""
    with closing(_opened(running, name)) as store:
        while not store.execute("SELECT 1 FROM envelopes WHERE state = 'accepted'").fetchone():
            if store.execute(
                "SELECT 1 FROM envelopes WHERE state NOT IN ('received', 'accepted')"
            ).fetchone():
                raise RuntimeError(f"the bid of {name} is not accepted")
            time.sleep(0.02)


def _code(name: str) -> str:
    return eic(f"10X{name.upper()}")


def _close(running: Gateway) -> float:
    """Close the gate; seconds until its result is with everybody."""
    headers = {"Authorization": f"Bearer {running.token('operator')}"}
    started_at = time.perf_counter()
    httpx2.post(f"{running.url}/v1/gates/day/close", headers=headers).raise_for_status()
    with closing(_opened(running, "_shared")) as local:  # a question to the gateway takes its time
        while not local.execute("SELECT 1 FROM gates WHERE state = 'published'").fetchone():
            time.sleep(0.02)
    return time.perf_counter() - started_at


def _opened(running: Gateway, name: str) -> sqlite3.Connection:
    """A store, to be read beside the gateway."""
    return sqlite3.connect(f"file:{running.directory}/data/stores/{name}.sqlite?mode=ro", uri=True)
