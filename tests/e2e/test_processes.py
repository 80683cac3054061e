"""Processes that handle documents come and go with the gateway, and their end loses no document."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.running import Member, Running
from tests.e2e.world import PARTY, bid, document

MEMBERS = [Member("north", "platform", ((PARTY["north"], "A01"),))]


@pytest.fixture
def gateway(tmp_path: Path) -> Running:
    return Running(tmp_path, MEMBERS, "[limits]\ndocument_processes = 2\n")


def processes_of(gateway: Running) -> list[int]:
    """Those that handle documents; one more waits for the next run of a gate."""
    assert gateway.process is not None
    tasks = Path(f"/proc/{gateway.process.pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [child for child in children if b"gateway.intake_process" in command_of(child)]


def command_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def is_gone(process: int) -> bool:
    status = Path(f"/proc/{process}/status")
    return not status.exists() or "State:\tZ" in status.read_text()


def bids(name: str) -> bytes:
    return document("north", "7.4", name, bid(f"{name}-1", 5, 10))


def hand_in(gateway: Running, data: bytes) -> str:
    with gateway.as_("north") as north:
        seen, _ = gateway.hand_in(north, data)
    return str(seen["document_id"])


def test_killed_processes_are_replaced(gateway: Running) -> None:
    with gateway:
        hand_in(gateway, bids("TEST-BEFORE"))
        before = gateway.until(lambda: len(found := processes_of(gateway)) == 2 and found, "two processes")
        assert before
        for process in before:
            os.kill(process, signal.SIGKILL)
        hand_in(gateway, bids("TEST-AFTER"))  # whichever gets it finds out, and starts another
        assert set(processes_of(gateway)) - set(before)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_they_end_with_the_gateway(gateway: Running, how: signal.Signals) -> None:
    data = bids("TEST-ONCE")
    with gateway:
        first = hand_in(gateway, data)
        processes = processes_of(gateway)
        assert processes
        gateway.end(how)
        gateway.until(lambda: all(map(is_gone, processes)), "the processes to end")
        gateway.start()
        assert hand_in(gateway, data) == first
