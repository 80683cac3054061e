"""Ever more gates that wait for their time: what making them takes, and what they cost while they wait."""

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.scaling.measured import Measured
from benchmarks.scaling.tenants import QUIET_S, gate, names, started
from benchmarks.serving.world import day

PLATFORMS: Final = 5


def prepare(gates: int) -> Callable[[], Measured]:
    """A gateway with so many gates, each of a day of its own; `seconds` is what making them took."""
    directory = Path(tempfile.mkdtemp(prefix="flexgate-scale-"))

    def run() -> Measured:
        with started(directory, PLATFORMS) as running, httpx2.Client() as client:
            headers = {"Authorization": f"Bearer {running.token('operator')}"}
            began = time.perf_counter()
            for number in range(1, gates + 1):
                body = gate(f"day-{number}", names(PLATFORMS), day() + timedelta(days=number))
                client.post(f"{running.url}/v1/gates", json=body, headers=headers).raise_for_status()
            seconds = time.perf_counter() - began
            time.sleep(QUIET_S)
            before = running.cpu_s()
            time.sleep(QUIET_S)
            idle = (running.cpu_s() - before) / QUIET_S
            return Measured(seconds, running.memory_mb(), {"idle_percent": round(100 * idle, 2)})

    return run
