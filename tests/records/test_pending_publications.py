"""Results published to many by one transaction: durable, seen by everybody at once, moved exactly once."""

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from gateway.domain.document import DocumentKind, DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.ports import StoreUnavailableError, UnitOfWork
from gateway.records.engine import pending_publications
from gateway.records.engine.sqlite import arrivals
from gateway.records.engine.store import Store
from gateway.records.engine.stores import Stores
from gateway.records.market import gates, results, runs
from gateway.records.messages import acknowledgements, outbox
from gateway.records.privacy.retention import forget
from tests.patience import eventually
from tests.records.test_results import GATE, NOON


@pytest.fixture
def stores(sqlite_stores: Stores) -> Stores:
    """A database publishes to each store at once."""
    return sqlite_stores


OPENERS: dict[str, Callable[[Store], Any]] = {
    "reading": lambda store: store.reading(),
    "settled": lambda store: store.settled(),
    "writing": lambda store: store.writing(),
}


def runs_of(stores: Stores, count: int = 1) -> list[str]:
    """Ids of new runs of a gate."""
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        return [runs.start_next(shared, "g1", NOON).run_id for _ in range(count)]


def published(stores: Stores, run_id: str) -> bytes:
    """What a tenant receives of a run: two documents, one of which is to be acknowledged."""
    recorded = stores.recorded()
    uow = UnitOfWork(recorded)
    results.publish(uow, run_id, "g1", NOON, units=2, delivery_end=GATE.delivery.end)
    label = DocumentLabel("BidAvailability", "1.0", CodedId("10XTEST"), "m1", 1, NOON)
    for wants in (None, label):
        message = Outgoing(DocumentKind.BID_AVAILABILITY, "1.0", b"<a/>", run_id, wants=wants)
        outbox.put(uow, message, NOON)
    return recorded.encoded()


def publish(stores: Stores, run_id: str, *tenants: str) -> None:
    stores.publish_all(run_id, {name: published(stores, run_id) for name in tenants})


def answered(uow: UnitOfWork) -> list[tuple[str, bool]]:
    """Runs that messages answer, in the order of the outbox, and whether these want an acknowledgement."""
    sent = outbox.after(uow, 0, 100)
    awaited = acknowledgements.of(uow, [one.id for one in sent])
    return [(one.answers or "", one.id in awaited) for one in sent]


def answered_in(stores: Stores, tenant: str) -> list[tuple[str, bool]]:
    with stores.of(tenant).reading() as uow:
        return answered(uow)


def pending(stores: Stores) -> list[str]:
    with stores.shared.reading() as shared:
        return sorted(pending_publications.tenants(shared))


@pytest.mark.parametrize("opener", OPENERS)
def test_whoever_opens_a_store_finds_what_is_published(stores: Stores, tmp_path: Path, opener: str) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north", "south")
    assert not (tmp_path / "data" / "north.sqlite").exists()
    assert stores.written() == ("north", "south")
    assert stores.of("north").changes != stores.of("north").changes
    with OPENERS[opener](stores.of("north")) as uow:
        assert answered(uow) == [(run_id, False), (run_id, True)]
        assert results.published(uow, run_id)
    eventually(lambda: pending(stores) == ["south"])
    assert stores.of("north").changes == stores.of("north").changes


def test_files_say_that_something_waits_only_while_it_does(stores: Stores, tmp_path: Path) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    assert (tmp_path / "data" / "north.pending").stat().st_mode & 0o777 == 0o600
    answered_in(stores, "north")
    left = {file.suffix for file in (tmp_path / "data").glob("north.*")}
    assert not left & set(arrivals.SUFFIXES)


def test_what_is_moved_wakes_who_listens(stores: Stores) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    woken: list[str] = []
    stores.listen(woken.append)
    stores.of("north").settle()
    assert "north" in woken
    stores.of("north").settle()
    assert woken.count("north") == 1


def test_the_same_run_is_published_once(stores: Stores) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    publish(stores, run_id, "north")
    assert len(answered_in(stores, "north")) == 2
    publish(stores, run_id, "north")
    assert len(answered_in(stores, "north")) == 2
    eventually(lambda: pending(stores) == [])


def test_runs_are_moved_in_their_order(stores: Stores) -> None:
    first, second = runs_of(stores, 2)
    publish(stores, first, "north")
    publish(stores, second, "north")
    assert [run for run, _ in answered_in(stores, "north")] == [first, first, second, second]


def test_what_is_published_during_a_move_is_moved_next(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = runs_of(stores, 2)
    publish(stores, first, "north")
    move = pending_publications.move

    def publish_meanwhile(shared: UnitOfWork, tenant: str, uow: UnitOfWork) -> Sequence[int]:
        moved = move(shared, tenant, uow)
        monkeypatch.undo()
        publish(stores, second, "north")
        return moved

    monkeypatch.setattr(pending_publications, "move", publish_meanwhile)
    stores.of("north").settle()
    assert stores.of("north").is_behind
    assert [run for run, _ in answered_in(stores, "north")] == [first, first, second, second]


class KilledError(BaseException):
    """The process ends here."""


def fail(*_: object, **__: object) -> None:
    raise KilledError


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (arrivals.Arrivals, "announce"),  # stored, and not announced
        (arrivals.Arrivals, "begin"),
        (pending_publications, "move"),  # `.moving` is left
        (pending_publications, "put_once"),
        (arrivals.Arrivals, "finish"),  # it is moved, and the file is left
    ],
)
def test_an_interruption_anywhere_loses_nothing_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    stores = Stores(tmp_path, ["north"])
    (run_id,) = runs_of(stores)
    monkeypatch.setattr(place, name, fail)

    def publish_and_move() -> None:
        publish(stores, run_id, "north")
        stores.of("north").settle()

    with pytest.raises(KilledError):
        publish_and_move()
    monkeypatch.undo()
    stores.close()
    again = Stores(tmp_path, ["north"])
    assert again.announce_pending() == ["north"]
    assert answered_in(again, "north") == [(run_id, False), (run_id, True)]
    eventually(lambda: pending(again) == [])
    again.close()


@pytest.mark.parametrize("name", ["move", "put_once"])
def test_another_process_goes_on_with_an_interrupted_move(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    monkeypatch.setattr(pending_publications, name, fail)
    with pytest.raises(KilledError):
        stores.of("north").settle()
    monkeypatch.undo()
    assert len(answered_in(stores, "north")) == 2  # without being announced again


def test_a_row_that_was_moved_and_is_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = Stores(tmp_path, ["north"])
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    monkeypatch.setattr(Store, "write", fail)
    with pytest.raises(KilledError):
        stores.of("north").settle()
    monkeypatch.undo()
    assert len(answered_in(stores, "north")) == 2
    assert pending(stores) == ["north"]
    forget(stores, NOON)
    eventually(lambda: pending(stores) == [])
    assert len(answered_in(stores, "north")) == 2
    stores.close()


def test_a_store_that_cannot_be_written_to_receives_it_later(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north", "south")

    def full(*_: object) -> None:
        error = OperationalError("INSERT", None, Exception())
        error.orig.sqlite_errorcode = 13  # type: ignore[union-attr]
        raise error

    monkeypatch.setattr(pending_publications, "put_once", full)
    with pytest.raises(StoreUnavailableError, match="no space"):
        answered_in(stores, "north")
    assert pending(stores) == ["north", "south"]
    monkeypatch.undo()
    assert (len(answered_in(stores, "north")), len(answered_in(stores, "south"))) == (2, 2)


def test_a_thread_that_writes_to_one_store_waits_for_no_other(stores: Stores) -> None:
    """Two such threads could wait for each other. What it reads is the state before the publication."""
    (run_id,) = runs_of(stores)
    with stores.of("south").writing():
        publish(stores, run_id, "north", "south")
        assert answered_in(stores, "north") == []
        assert answered_in(stores, "south") == []
    with stores.shared.writing():
        assert len(answered_in(stores, "north")) == 2
    assert len(answered_in(stores, "south")) == 2


def test_what_waits_for_a_former_tenant_is_forgotten_with_it(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north", "south"])
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    stores.close()
    left = Stores(tmp_path, ["south"])
    assert [store.name for store in left.former()] == ["north"]
    forget(left, NOON)
    eventually(lambda: pending(left) == [])
    forget(left, NOON + timedelta(days=91))
    assert list(tmp_path.glob("north*")) == []
    left.close()


def test_only_prepared_inserts_can_be_recorded(stores: Stores) -> None:
    uow = UnitOfWork(stores.recorded())
    with pytest.raises(AttributeError):
        results.published(uow, "r1")
    with pytest.raises(AttributeError):
        outbox.confirm(uow, 1, NOON)


OPENING = """
import sys
from pathlib import Path
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox

stores = Stores(Path(sys.argv[1]), ["north"])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    with stores.of("north").reading() as uow:
        print(len(outbox.after(uow, 0, 100)), flush=True)
stores.close()
"""


def test_processes_that_open_a_store_at_the_same_time_find_it_once(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north"])
    (run_id,) = runs_of(stores)
    command = [sys.executable, "-c", OPENING, str(tmp_path)]
    pipe = subprocess.PIPE
    opening = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for one in opening:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    publish(stores, run_id, "north")
    found = []
    for one in opening:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in opening:
        out, _ = one.communicate()
        found.append(out.split())
    assert found == [["2"] * 20] * 3
    stores.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.records.engine import pending_publications
from gateway.records.engine.stores import Stores

pending_publications.put_once = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Stores(Path(sys.argv[1]), ["north"]).of("north").settle()
"""


def test_a_process_killed_during_a_move_leaves_it_to_the_others(stores: Stores, tmp_path: Path) -> None:
    (run_id,) = runs_of(stores)
    publish(stores, run_id, "north")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "data")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "data" / "north.moving").exists()
    assert len(answered_in(stores, "north")) == 2
