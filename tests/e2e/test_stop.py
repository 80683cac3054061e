"""A gateway that is told to stop does so soon, whatever it does, and goes on with it after the next start."""

import signal
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.kit.http import server
from tests.e2e.running import Running, json_of
from tests.e2e.world import MEMBERS, bid, document, prepare

ENDLESS = (str(Path(__file__).parent / "endless_solver.py"),)


def descendants(process: int) -> Sequence[int]:
    found = [process]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found[1:]


def closed_gate(gateway: Running) -> None:
    # Nothing but the stop can end a run with an endless solver within the time that a test has.
    prepare(gateway, budget="PT3000S", publish_by=(datetime.now(UTC) + timedelta(hours=2)).isoformat())
    data = document("north", "7.4", "TEST-STOP", bid("TEST-STOP-B", 5, 10))
    seen, _ = gateway.hand_in(gateway.as_("north"), data)
    assert seen["state"] == "accepted"
    json_of(gateway.as_("operator").post("/v1/gates/hour/close"))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="there is no /proc to see processes by")
def test_in_a_run(tmp_path: Path) -> None:
    gateway = Running(tmp_path, MEMBERS, program=ENDLESS)
    with gateway:
        closed_gate(gateway)
        assert gateway.process is not None
        pid = gateway.process.pid
        solvers = gateway.until(lambda: descendants(pid), "the run to begin")
        assert gateway.end() != -signal.SIGKILL  # by itself, not by its watch
        assert not [solver for solver in solvers if Path(f"/proc/{solver}").exists()]
        assert "run broken off" in gateway.log
        assert '"level": "error"' not in gateway.log
    gateway.program = Running.program
    with gateway:
        operator = gateway.as_("operator")
        gateway.until(lambda: operator.get("/v1/gates/hour").json()["state"] == "published", "the gate")
        (run,) = json_of(operator.get("/v1/gates/hour/runs"))["runs"]
        assert json_of(operator.get(f"/v1/runs/{run['run_id']}"))["figures"]["rung"] == "optimal"


def test_while_clients_hold_requests_half_sent(tmp_path: Path) -> None:
    with Running(tmp_path, MEMBERS) as gateway:
        token = gateway.as_("north").headers["Authorization"]
        head = f"POST /v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\n"
        body = "Content-Type: text/xml\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n"
        heads, bodies = (
            [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(10)] for _ in "ab"
        )
        for connection in heads:
            connection.sendall(head.encode())
        for connection in bodies:
            connection.sendall((head + body).encode())
            assert connection.recv(2**16).startswith(b"HTTP/1.1 100 ")
            connection.sendall(b"<a")
        assert gateway.end() != -signal.SIGKILL
        for connection in bodies:
            assert connection.recv(2**16).startswith(b"HTTP/1.1 503 ")
        assert '"level": "error"' not in gateway.log
        for connection in (*heads, *bodies):
            connection.close()


def test_what_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch of the server, with a time of its own."""
    ended: list[int] = []
    monkeypatch.setattr(server, "STOP_S", 0.0)
    monkeypatch.setattr(server.os, "kill", lambda _pid, sig: ended.append(sig))
    watched = server.server_of(lambda: None, server.Bounds())
    watched.handle_exit(signal.SIGTERM, None)
    watched.handle_exit(signal.SIGTERM, None)
    Running.until(lambda: ended, "the watch")
    assert ended == [signal.SIGKILL]
    assert watched.should_exit
