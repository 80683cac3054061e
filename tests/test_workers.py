"""Workers go on after faults, and are missed when they end."""

import threading

import pytest
from structlog.testing import capture_logs

from gateway import workers
from gateway.ports import StoreUnavailableError
from gateway.workers import ChangedNames, Worker
from tests.patience import PATIENCE_S


def test_a_worker_does_a_round_when_it_is_woken() -> None:
    rounds: list[int] = []
    done = threading.Semaphore(0)

    def work() -> None:
        rounds.append(len(rounds))
        done.release()

    worker = Worker("sleeper", work)
    worker.start()
    assert done.acquire(timeout=PATIENCE_S)
    worker.wake()
    assert done.acquire(timeout=PATIENCE_S)
    worker.stop()
    assert rounds == [0, 1]
    assert worker.fault is None


def test_a_fault_ends_a_round_and_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AFTER_FAULT_S", 0.001)
    faults = iter([OSError("one"), ValueError("two"), KeyError("three"), StoreUnavailableError("full")])
    through = threading.Event()

    def work() -> float:
        for fault in faults:
            raise fault
        through.set()
        return 60.0

    worker = Worker("stubborn", work)
    with capture_logs() as logs:
        worker.start()
        assert through.wait(PATIENCE_S)
    assert worker.fault is None
    worker.stop()
    assert [(log["event"], log["times"]) for log in logs] == [("work failed; trying again", 1)]


def test_a_thread_that_ends_is_missed() -> None:
    def work() -> float:
        raise SystemExit

    worker = Worker("mortal", work)
    worker.start()
    worker._thread.join(PATIENCE_S)
    assert worker.fault == "mortal has ended"


def test_a_worker_that_was_stopped_is_no_fault() -> None:
    worker = Worker("retired", lambda: None)
    assert worker.fault is None
    worker.start()
    worker.stop()
    assert worker.fault is None


def test_what_is_reported_is_taken_once() -> None:
    changed = ChangedNames()
    changed.add("north")
    changed.add("north")
    changed.add("south")
    assert changed.pop_all() == {"north", "south"}
    assert changed.pop_all() == set()
