"""Ever more participants of one gateway, which may open 1,024 files: what they cost while nothing happens.

Every tenant hands in a bid and has two answers waiting, with no way out; all take part in one gate.
"""

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

from benchmarks.scaling.measured import Measured
from benchmarks.serving.world import SECRET, Documents, Gateway, day, until_ready
from gateway.demo.eic import eic
from gateway.security.clients import hash_secret

FILES: Final = 1024
QUIET_S: Final = 20.0
"""How long nothing happens before the idle time is measured, and how long that is measured."""
AT_ONCE: Final = 8

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
parties = [{parties}]
party_role = "A46"
[clients.{name}]
tenant = "{name}"
secret_hash = "{secret}"
"""


def prepare(tenants: int) -> Callable[[], Measured]:
    """A gateway with so many platforms; `seconds` is from the close of their gate until all are told."""
    directory = Path(tempfile.mkdtemp(prefix="flexgate-scale-"))

    def run() -> Measured:
        with started(directory, tenants) as running:
            empty_mb = running.memory_mb()
            hand_in(running, tenants)
            before = running.cpu_s()
            told_s = _close(running)
            told_cpu_s = running.cpu_s() - before
            time.sleep(QUIET_S)
            before = running.cpu_s()
            time.sleep(QUIET_S)
            idle = (running.cpu_s() - before) / QUIET_S
            memory = running.memory_mb()
        others = {
            "processor_s": round(told_cpu_s, 2),
            "idle_percent": round(100 * idle, 2),
            "empty_mb": round(empty_mb),
        }
        return Measured(told_s, memory, others)

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
    members = [MEMBER.format(name="operator", role="operator", parties="", secret=secret)]
    members += [
        MEMBER.format(name=name, role="platform", parties=f'{{ code = "{_code(name)}" }}', secret=secret)
        for name in names(tenants)
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
        "system_operators": [],
        "grid_operators": [],
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
    """A bid of every platform, taken and answered."""
    documents = Documents(1, 1)
    own = b"10XTEST-SENDER-M"

    def one(number: int) -> None:
        name = names(tenants)[number]
        document = documents.numbered(number).replace(own, _code(name).encode())
        answer = client.post(
            f"{running.url}/v1/documents",
            content=document,
            headers={"Authorization": f"Bearer {running.token(name)}", "Content-Type": "application/xml"},
        )
        answer.raise_for_status()

    with httpx2.Client(timeout=60) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(one, range(tenants)))


def _code(name: str) -> str:
    return eic(f"10X{name.upper()}")


def _close(running: Gateway) -> float:
    """Close the gate; seconds until its result is with everybody."""
    headers = {"Authorization": f"Bearer {running.token('operator')}"}
    started_at = time.perf_counter()
    httpx2.post(f"{running.url}/v1/gates/day/close", headers=headers).raise_for_status()
    file = running.directory / "data" / "rooms" / "_house.sqlite"  # a question to the gateway takes its time
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as house:
        while not house.execute("SELECT 1 FROM gates WHERE state = 'published'").fetchone():
            time.sleep(0.02)
    return time.perf_counter() - started_at
