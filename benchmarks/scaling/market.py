"""One gate of a whole market over HTTP: bids and models go in, the gate closes, all receive their results.

The gateway is a real `flexgate serve` process. While it decides and publishes, another platform hands in
small documents and reads its outbox.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np

from benchmarks.generator import case
from benchmarks.scaling.market_input import GATEWAY, HOUR, document, model, party
from benchmarks.scaling.measured import Measured
from benchmarks.serving.world import SECRET
from gateway.security.clients import hash_secret

BIDS_PER_GRID: Final = 241
MTUS: Final = 96
QUARTER: Final = timedelta(minutes=15)
OTHER: Final = "other"
EVERY_S: Final = 0.05
"""How often the other platform asks for something."""
LOOK_S: Final = 0.25
PATIENCE_S: Final = 1800.0


@dataclass
class Others:
    """How long the other platform's requests took, in seconds, and how many failed."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def figures(self) -> dict[str, Any]:
        """Count, percentiles in ms and failures."""
        p50, p99, most = np.percentile(self.seconds, [50, 99, 100]) if self.seconds else (0.0, 0.0, 0.0)
        measured = {"p50_ms": p50, "p99_ms": p99, "max_ms": most}
        rounded = {name: round(1000 * float(value), 1) for name, value in measured.items()}
        return {"requests": len(self.seconds), "failed": self.failed, **rounded}


class Token(httpx2.Auth):
    """A token, and another one when it has run out: a large market takes longer to fill than one is good."""

    def __init__(self, url: str, client: str) -> None:
        self._url = f"{url}/oauth/token"
        self._client = httpx2.BasicAuth(client, SECRET)
        self._token = ""

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """As httpx2 wants it: the request, where its token was refused a new one and the request again."""
        if self._token:
            request.headers["Authorization"] = self._token
            if (yield request).status_code != 401:
                return
        asked = httpx2.Request("POST", self._url, data={"grant_type": "client_credentials"})
        granted = yield next(self._client.sync_auth_flow(asked))
        granted.read()
        request.headers["Authorization"] = self._token = f"Bearer {granted.json()['access_token']}"
        yield request


@dataclass
class Market:
    """A running gateway with the participants of one gate."""

    url: str
    process: subprocess.Popen[bytes]
    directory: Path
    platforms: tuple[str, ...]
    start: datetime
    peak_mb: float = 0.0

    def as_(self, client: str) -> httpx2.Client:
        """A client with tokens of its own."""
        return httpx2.Client(base_url=self.url, auth=Token(self.url, client), timeout=600)

    def processes(self) -> list[int]:
        """The gateway and its descendants."""
        found = [self.process.pid]
        for one in found:
            for task in Path(f"/proc/{one}/task").glob("*/children"):
                try:
                    found += [int(child) for child in task.read_text().split()]
                except OSError:
                    continue
        return found

    def memory_mb(self) -> float:
        """Memory of all of them; shared pages count once (PSS)."""
        total = 0
        for one in self.processes():
            try:
                text = Path(f"/proc/{one}/smaps_rollup").read_text()
            except OSError:
                continue
            share = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
            total += int(share[1]) if share else 0
        return total / 1024


def two_platforms(bids: int) -> Callable[[], Measured]:
    """About so many bids on two platforms over a day of quarter hours, a new price in each."""
    return partial(_measured, bids, 2)


def four_platforms(bids: int) -> Callable[[], Measured]:
    """The same on four."""
    return partial(_measured, bids, 4)


def _measured(bids: int, platforms: int) -> Measured:
    """Seconds from close to published, peak memory of the gateway and all its processes, and the rest."""
    grids, others, over = round(bids / BIDS_PER_GRID), Others(), threading.Event()
    with (
        tempfile.TemporaryDirectory(prefix="flexgate-market-") as name,
        _market(Path(name), platforms) as market,
    ):
        _fill(market, grids)
        threads = [
            threading.Thread(target=_ask, args=(market, others, over)),
            threading.Thread(target=_watch, args=(market, over)),
        ]
        for thread in threads:
            thread.start()
        try:
            decided = _decided(market)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        sizes = [
            size for platform in market.platforms for size in _sizes(market, platform, decided["run_id"])
        ]
    stages = decided["figures"]["stage_seconds"]
    figures = {
        "processor_s": round(decided["processor_s"], 1),
        **{f"{stage}_s": round(stages[stage], 1) for stage in ("assemble", "optimise", "explain", "publish")},
        "documents": len(sizes),
        "largest_document_mb": round(max(sizes) / 1e6, 1),
        **{f"others_{name}": figure for name, figure in others.figures().items()},
    }
    return Measured(decided["seconds"], market.peak_mb, figures)


@contextmanager
def _market(directory: Path, platforms: int) -> Iterator[Market]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = tuple(f"platform-{number}" for number in range(platforms))
    roles = {**dict.fromkeys((*names, OTHER), "platform"), "tso": "tso", "dso": "dso", "operator": "operator"}
    secret = hash_secret(SECRET)
    members = "".join(
        f'[tenants.{name}]\nrole = "{role}"\nname = "TEST {name}"\nparty_role = "A46"\n'
        f'parties = [{{ code = "{party(name)}", scheme = "A10" }}]\n'
        f'[clients.{name}]\ntenant = "{name}"\nsecret_hash = "{secret}"\n'
        for name, role in roles.items()
    )
    head = f'[gateway]\nparty = {{ code = "{GATEWAY}" }}\nparty_role = "A34"\nport = {port}\n'
    limits = "[limits]\nbody_bytes = 134217728\n"
    (directory / "flexgate.toml").write_text(head + limits + members)
    command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(directory / "flexgate.toml")]
    start = (datetime.now(UTC) + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    with (directory / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        market = Market(f"http://127.0.0.1:{port}", process, directory, names, start)
        try:
            _until_ready(market)
            yield market
        finally:
            process.terminate()


def _until_ready(market: Market) -> None:
    end = time.monotonic() + 60
    while market.process.poll() is None and time.monotonic() < end:
        try:
            if httpx2.get(f"{market.url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError((market.directory / "log").read_text())


def _fill(market: Market, grids: int) -> None:
    """Hand in everything the gate needs."""
    clients = {name: market.as_(name) for name in (*market.platforms, "tso", "dso", "operator")}
    clients["operator"].post("/v1/gates", json=_gate(market)).raise_for_status()
    units = {
        f"TEST-{grid:03}-{node:03}": [{"grid_id": f"grid-{grid}", "node": f"n{node}"}]
        for grid in range(grids)
        for node in range(BIDS_PER_GRID)
    }
    assignment = {"connections": units, "participation": {}}
    clients["tso"].put("/v1/resources", json=assignment).raise_for_status()
    places: list[tuple[httpx2.Client, str]] = []
    offered = {1: np.zeros(MTUS), -1: np.zeros(MTUS)}
    for grid in range(grids):
        drawn = case(grid, MTUS)
        data = json.dumps(model(market.start, grid, drawn)).encode()
        answer = clients["dso"].put(
            f"/v1/grids/grid-{grid}/models", content=data, headers={"Content-Type": "application/json"}
        )
        answer.raise_for_status()
        platform = market.platforms[grid % len(market.platforms)]
        places.append(
            (clients[platform], _hand_in(clients[platform], document(market.start, platform, grid, drawn)))
        )
        for direction in offered:
            offered[direction] += np.round(drawn.quantity[drawn.direction == direction], 3).sum(axis=0)
    demand = {"up_mw": (0.5 * offered[1]).tolist(), "down_mw": (0.3 * offered[-1]).tolist()}
    clients["tso"].put("/v1/gates/day/demand", json=demand).raise_for_status()
    for client, place in places:
        _until_accepted(client, place)


def _gate(market: Market) -> dict[str, Any]:
    now = datetime.now(UTC)
    later = (now + 6 * HOUR).isoformat()
    return {
        "gate_id": "day",
        "market": "TEST market",
        "process": "A47",
        "delivery": {"start": market.start.isoformat(), "end": (market.start + 24 * HOUR).isoformat()},
        "mtu": "PT15M",
        "currency": "EUR",
        "platforms": list(market.platforms),
        "system_operators": ["tso"],
        "grid_operators": ["dso"],
        "opens_at": (now - 24 * HOUR).isoformat(),
        "closes_at": later,
        "grids_due_at": later,
        "window": "PT0S",
        "budget": "PT10M",
        "publish_by": (now + 7 * HOUR).isoformat(),
        "use": "exact",
        "netting_platform": False,
    }


def _hand_in(client: httpx2.Client, data: bytes) -> str:
    """Gives the place of its status."""
    for _ in range(600):
        answer = client.post("/v1/documents", content=data, headers={"Content-Type": "application/xml"})
        if answer.status_code != 503:
            break
        time.sleep(0.5)
    answer.raise_for_status()
    return str(answer.headers["location"])


def _until_accepted(client: httpx2.Client, place: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while (state := client.get(place).json()["state"]) == "received" and time.monotonic() < end:
        time.sleep(0.1)
    if state != "accepted":
        raise RuntimeError(f"{place} is {state}")


def _decided(market: Market) -> dict[str, Any]:
    """Close the gate; how long it takes until its run is published."""
    operator = market.as_("operator")
    before, started = _processor_s(market), time.monotonic()
    operator.post("/v1/gates/day/close").raise_for_status()
    while time.monotonic() - started < PATIENCE_S:
        time.sleep(LOOK_S)
        found = operator.get("/v1/gates/day/runs").json()["runs"]
        if found and found[-1]["published_at"] is not None:
            seconds = time.monotonic() - started
            return {**found[-1], "seconds": seconds, "processor_s": _processor_s(market) - before}
    raise RuntimeError("the gate is not published")


def _processor_s(market: Market) -> float:
    """Seconds of processor time of the gateway and its children so far, ended ones too."""
    total = 0
    for one in market.processes():
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / os.sysconf("SC_CLK_TCK")


def _sizes(market: Market, platform: str, run_id: str) -> Iterator[int]:
    """Bytes of the documents of a run, as they are fetched."""
    client = market.as_(platform)
    cursor = 0
    while messages := client.get("/v1/outbox", params={"after": cursor, "limit": 1000}).json()["messages"]:
        for message in messages:
            if message["answers"] == run_id:
                with client.stream("GET", f"/v1/outbox/{message['id']}") as answer:
                    yield sum(len(piece) for piece in answer.iter_bytes())
        cursor = messages[-1]["id"]


def _ask(market: Market, others: Others, over: threading.Event) -> None:
    """The other platform's small requests, one after the other, at a pace."""
    with market.as_(OTHER) as client:
        number = 0
        while not over.wait(EVERY_S):
            number += 1
            started = time.monotonic()
            try:
                if number % 2:
                    answer = client.get("/v1/outbox", params={"limit": 10})
                else:
                    answer = client.post(
                        "/v1/documents", content=b"<x/>", headers={"Content-Type": "application/xml"}
                    )
                others.failed += answer.status_code >= 500
            except httpx2.TransportError:
                others.failed += 1
            others.seconds.append(time.monotonic() - started)


def _watch(market: Market, over: threading.Event) -> None:
    while not over.wait(LOOK_S):
        market.peak_mb = max(market.peak_mb, market.memory_mb())
