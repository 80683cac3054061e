"""A gateway under load: a real `flexgate serve` process, what its bids need, and documents without end."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2

from benchmarks.bid_documents import bid_document
from gateway.security.clients import hash_secret

SECRET: Final = "not a secret"  # noqa: S105
TENANT: Final = "north"
PATIENCE_S: Final = 30.0
TEMPLATES: Final = 8
HEAD: Final = """[webhooks]
private_addresses = true
[gateway]
party = {{ code = "10XTEST-RECEIVEX" }}
party_role = "A34"
port = {port}
[limits]
document_processes = {processes}
"""
MEMBER: Final = """[tenants.{name}]
role = "{role}"
name = "TEST {name}"
parties = [{parties}]
party_role = "A46"
webhook_hosts = ["localhost"]
[clients.{name}]
tenant = "{name}"
secret_hash = "{secret}"
"""
ROLES: Final = {TENANT: "platform", "tso": "tso", "dso": "dso", "operator": "operator"}


class Documents:
    """ReserveBid 7.4 documents, each with names of its own, ready to be sent at the cost of one copy."""

    def __init__(self, bids: int, points: int) -> None:
        self._pieces = [_pieces(bid_document(bids, points, seed).data) for seed in range(TEMPLATES)]
        self.bytes = len(self.numbered(0))

    def numbered(self, number: int) -> bytes:
        """The document of this number."""
        return (b"%08x" % number).join(self._pieces[number % TEMPLATES])


def day() -> datetime:
    """The start of the delivery day: the day after tomorrow, 23:00 UTC."""
    return (datetime.now(UTC) + timedelta(days=2)).replace(hour=23, minute=0, second=0, microsecond=0)


def _pieces(document: bytes) -> list[bytes]:
    """The document around the places where its number goes: its own mRID, those of its bids and its links."""
    first, second = (f"{day() + timedelta(days=more):%Y-%m-%dT}".encode() for more in (0, 1))
    document = document.replace(b"2026-03-01T23", first + b"23").replace(b"2026-03-02T", second)
    document = document.replace(b"TEST-BENCHMARK", b"TEST-00000000")
    document = document.replace(b"TEST-LINK-", b"TEST-LINK-00000000-")
    return re.split(rb"(?<=<mRID>)[0-9a-f]{8}|(?<=<mRID>TEST-)0{8}|(?<=TEST-LINK-)0{8}", document)


@dataclass(frozen=True)
class Gateway:
    """A running one."""

    url: str
    directory: Path
    process: subprocess.Popen[bytes]

    def token(self, client: str) -> str:
        """An access token."""
        form = {"grant_type": "client_credentials"}
        return str(
            httpx2.post(f"{self.url}/oauth/token", data=form, auth=(client, SECRET)).json()["access_token"]
        )

    def ask(self, client: str, method: str, path: str, body: Any) -> None:
        """One request that must succeed."""
        headers = {"Authorization": f"Bearer {self.token(client)}"}
        httpx2.request(method, self.url + path, json=body, headers=headers).raise_for_status()

    def processes(self) -> list[int]:
        """The gateway and its children."""
        found = [self.process.pid]
        for one in found:
            for task in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def cpu_s(self) -> float:
        """Seconds of processor time so far, of all its processes."""
        ticks = [
            Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:13]
            for one in self.processes()
        ]
        return sum(int(part) for pair in ticks for part in pair) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Memory that is its own: shared pages of its processes are counted once (PSS)."""
        rollups = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in self.processes()]
        return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) for text in rollups) / 1024  # type: ignore[index]

    def store(self) -> sqlite3.Connection:
        """The tenant's store, to be read beside the gateway."""
        return sqlite3.connect(f"file:{self.directory}/data/stores/{TENANT}.sqlite?mode=ro", uri=True)

    def states(self) -> dict[str, int]:
        """How many envelopes there are of each state."""
        with self.store() as store:
            return dict(store.execute("SELECT state, count(*) FROM envelopes GROUP BY state"))

    def until_settled(self) -> dict[str, int]:
        """Wait until nothing is in work; the states then."""
        while (states := self.states()).get("received"):
            time.sleep(0.2)
        return states

    def span(self, after: str) -> tuple[int, float]:
        """Of envelopes that came after a moment: how many, and seconds until the last was settled."""
        with self.store() as store:
            count, first, settled = store.execute(
                "SELECT count(*), min(received_at), max(settled_at) FROM envelopes WHERE received_at > ?",
                (after,),
            ).fetchone()
        return count, (datetime.fromisoformat(settled) - datetime.fromisoformat(first)).total_seconds()


@contextmanager
def gateway(directory: Path, processes: int, channel: str = "") -> Iterator[Gateway]:
    """A gateway with an open gate whose bids all have a place in the grid."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = hash_secret(SECRET)
    own = '{ code = "10XTEST-SENDER-M" }'
    members = (
        MEMBER.format(name=name, role=role, secret=secret, parties=own if name == TENANT else "")
        for name, role in ROLES.items()
    )
    (directory / "flexgate.toml").write_text(
        "\n".join([HEAD.format(port=port, processes=processes), *members, channel])
    )
    command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(directory / "flexgate.toml")]
    with (directory / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            running = Gateway(f"http://127.0.0.1:{port}", directory, process)
            until_ready(running)
            _prepare(running)
            until_idle(running)
            yield running
        finally:
            process.terminate()


def until_ready(running: Gateway) -> None:
    end = time.monotonic() + PATIENCE_S
    while running.process.poll() is None and time.monotonic() < end:
        try:
            if httpx2.get(f"{running.url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError((running.directory / "log").read_text())


def until_idle(running: Gateway) -> None:
    """Wait until the start is over: processes that are kept ready still read libraries."""
    before, end = -1.0, time.monotonic() + PATIENCE_S
    while (now := running.cpu_s()) > before + 0.02 and time.monotonic() < end:
        before = now
        time.sleep(0.5)


def _prepare(running: Gateway) -> None:
    now, start = datetime.now(UTC), day()
    later = (now + timedelta(hours=5)).isoformat()
    gate = {
        "gate_id": "day",
        "market": "TEST market",
        "process": "A47",
        "delivery": {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()},
        "mtu": "PT15M",
        "currency": "EUR",
        "platforms": [TENANT],
        "system_operators": ["tso"],
        "grid_operators": ["dso"],
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": later,
        "grids_due_at": later,
        "window": "PT0S",
        "budget": "PT20S",
        "publish_by": (now + timedelta(hours=6)).isoformat(),
        "use": "exact",
        "netting_platform": False,
    }
    units = {f"TEST-UNIT-{unit:05}": [{"grid_id": "grid", "node": "n1"}] for unit in range(1000)}
    running.ask("operator", "POST", "/v1/gates", gate)
    running.ask("tso", "PUT", "/v1/resources", {"connections": units, "participation": {}})


def child(module: str, *arguments: str) -> Any:
    """The JSON that another process of ours prints."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
