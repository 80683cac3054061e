"""Processes that run gates: kept, replaced when they die or grew, broken off when the gateway stops."""

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.optimiser.deadline.solver_process import SolverStoppedError
from gateway.ports import StoreUnavailableError
from gateway.processes.bid_check.helper_process import HelperGoneError
from gateway.processes.bid_check.run.run import RunGivenUpError
from gateway.processes.run_processes import HelpingProcess, RunFailedError, RunProcesses

COMMAND = (sys.executable, "-m", "tests.processes.run_child")


class Runs:
    """Processes, what they reported of their stores, and the stop."""

    def __init__(self) -> None:
        self.wrote: list[str] = []
        self.stopping = threading.Event()
        self.processes = RunProcesses(COMMAND, {}, self.wrote.append, self.stopping)

    def process_of(self, gate_id: str) -> str:
        self.processes.run(gate_id)
        return self.wrote[-1].split()[-1]


@pytest.fixture
def runs() -> Iterator[Runs]:
    found = Runs()
    yield found
    found.stopping.set()
    found.processes.interrupt()
    found.processes.stop()


def test_a_process_waits_for_the_first_run(runs: Runs) -> None:
    runs.processes.start()
    (waiting,) = runs.processes._waiting
    runs.processes.run("PUBLISHED")
    assert runs.processes._waiting == [waiting]


def test_a_process_is_kept_until_it_is_large_or_dead(runs: Runs) -> None:
    first = runs.process_of("PUBLISHED")
    assert runs.process_of("PUBLISHED-large") == first
    second = runs.process_of("PUBLISHED")
    assert second != first
    with pytest.raises(RunFailedError):
        runs.processes.run("dies")
    assert runs.process_of("PUBLISHED") != second


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ("GIVEN_UP", RunGivenUpError),
        ("STORE_UNAVAILABLE", StoreUnavailableError),
        ("FAILED", RunFailedError),
        ("BROKEN_OFF", SolverStoppedError),
    ],
)
def test_a_run_ends_as_it_did_in_the_process(runs: Runs, end: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        runs.processes.run(end)
    assert runs.wrote


def test_a_stop_breaks_off_what_runs(runs: Runs) -> None:
    found: list[BaseException] = []

    def run() -> None:
        try:
            runs.processes.run("sleeps")
        except SolverStoppedError as error:
            found.append(error)

    running = threading.Thread(target=run)
    running.start()
    runs.stopping.set()
    while running.is_alive():
        runs.processes.interrupt()
        running.join(0.05)
    assert len(found) == 1


def test_what_cannot_be_started_is_stated() -> None:
    processes = RunProcesses(("/no/such/program",), {}, lambda _: None, threading.Event())
    with pytest.raises(RunFailedError, match="No such file"):
        processes.run("g1")


def test_a_process_tells_and_after_it_died_another_does() -> None:
    wrote: list[str] = []
    result: Any = "a result"
    telling = HelpingProcess(COMMAND, {}, wrote.append)
    assert telling.publish_to(result, ["north", "full"]) == ["full"]
    with pytest.raises(HelperGoneError):
        telling.publish_to(result, ["dies"])
    assert telling.publish_to(result, ["north"]) == []
    telling.end()
    first, second = wrote
    assert first.split()[0] == second.split()[0] == "north"
    assert first != second


def test_what_cannot_be_started_reports_no_store() -> None:
    result: Any = "a result"
    with pytest.raises(HelperGoneError):
        HelpingProcess(("/no/such/program",), {}, lambda _: None).publish_to(result, ["north"])


def test_a_process_reads_or_says_why_it_cannot() -> None:
    gate: Any = "a gate"
    helping = HelpingProcess(COMMAND, {}, lambda _: None)
    assert helping.read(gate, ["north"]) == {}
    with pytest.raises(StoreUnavailableError, match="no space"):
        helping.read(gate, ["full"])
    helping.end()
