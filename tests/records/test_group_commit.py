"""Group commit: many share one transaction, and each keeps what it had alone."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from gateway.ports import StoreUnavailableError
from gateway.records.engine.cache import Cache
from gateway.records.engine.sqlite.store import SqliteStore
from gateway.records.engine.store import Store, tenant_tables
from gateway.records.engine.stores import Stores
from tests.patience import PATIENCE_S


def note(name: str) -> Callable[[Connection], str]:
    def work(store: Connection) -> str:
        store.execute(text("INSERT INTO notes VALUES (:name)"), {"name": name})
        return name

    return work


def failing(name: str) -> Callable[[Connection], str]:
    def work(store: Connection) -> str:
        note(name)(store)
        raise ValueError(name)

    return work


@pytest.fixture
def store(sqlite_stores: Stores) -> Store:
    opened = sqlite_stores.of("north")
    with opened.writing() as uow:
        uow.execute(text("CREATE TABLE notes (name TEXT)"))
    return opened


def notes(store: Store) -> list[str]:
    with store.reading() as uow:
        return list(uow.scalars(text("SELECT name FROM notes ORDER BY rowid")))


@contextmanager
def gathering(store: Store) -> Iterator[None]:
    """What is put in meanwhile waits, and then goes into one transaction."""
    go_on = threading.Event()
    held = store.write(lambda _: go_on.wait(PATIENCE_S))
    yield
    go_on.set()
    assert held.result(PATIENCE_S)


def commits_of(store: Store) -> list[object]:
    found: list[object] = []
    event.listen(store._connections.engine, "commit", found.append)
    return found


def test_what_waits_is_written_in_its_order_with_one_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.records.engine.group_commit.LONGEST_S", 20.0)
    commits = commits_of(store)
    names = [f"n{number}" for number in range(30)]
    with gathering(store):
        done = [store.write(note(name)) for name in names]
        assert not any(one.done() for one in done)
    assert [one.result(PATIENCE_S) for one in done] == names
    assert notes(store) == names
    assert len(commits) == 1


def test_one_bad_piece_is_undone_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.records.engine.group_commit.LONGEST_S", 20.0)
    with gathering(store):
        before, bad, after = store.write(note("a")), store.write(failing("b")), store.write(note("c"))
    assert (before.result(PATIENCE_S), after.result(PATIENCE_S)) == ("a", "c")
    with pytest.raises(ValueError, match="b"):
        bad.result(PATIENCE_S)
    assert notes(store) == ["a", "c"]


def test_a_transaction_the_database_gave_up_costs_only_who_is_at_fault(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.records.engine.group_commit.LONGEST_S", 20.0)

    def losing(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with gathering(store):
        before, bad, after = store.write(note("a")), store.write(losing), store.write(note("c"))
    with pytest.raises(OperationalError):
        bad.result(PATIENCE_S)
    assert (before.result(PATIENCE_S), after.result(PATIENCE_S)) == ("a", "c")
    assert notes(store) == ["a", "c"]


def test_a_commit_that_fails_confirms_nothing_that_is_not_there(store: Store) -> None:
    failures = iter([True])

    @event.listens_for(store._connections.engine, "commit")
    def fail(_: object) -> None:
        if next(failures, False):
            raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    with pytest.raises(OperationalError):
        store.write(note("a")).result(PATIENCE_S)
    assert notes(store) == []
    assert store.write(note("b")).result(PATIENCE_S) == "b"
    assert notes(store) == ["b"]


def test_a_store_that_cannot_be_written_to_tells_everybody_and_then_goes_on(tmp_path: Path) -> None:
    store = SqliteStore("busy", tmp_path / "busy.sqlite", tenant_tables)
    with store.writing() as uow:
        uow.execute(text("CREATE TABLE notes (name TEXT)"))

    @event.listens_for(store._connections.engine, "connect")
    def no_patience(uow: sqlite3.Connection, _record: object) -> None:
        uow.execute("PRAGMA busy_timeout=50")

    store._connections.close(tmp_path / "busy.sqlite")
    other = sqlite3.connect(tmp_path / "busy.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = [store.write(note(name)) for name in "abc"]
    assert all(isinstance(one.exception(10), StoreUnavailableError) for one in refused)
    other.execute("ROLLBACK")
    assert store.write(note("d")).result(PATIENCE_S) == "d"
    assert notes(store) == ["d"]
    other.close()
    store.close()


def test_closing_writes_what_waits(store: Store) -> None:
    with gathering(store):
        done = store.write(note("a"))
    store.close()
    assert done.result(0) == "a"


def test_what_is_remembered_is_as_new_as_the_last_write(store: Store) -> None:
    asked: list[list[str]] = []

    def read(connection: Connection, names: object) -> dict[str, str]:
        asked.append(sorted(names))  # type: ignore[call-overload]
        known = set(connection.scalars(text("SELECT name FROM notes")))
        return {name: name.upper() for name in names if name in known}  # type: ignore[attr-defined]

    remembered = Cache(store, read)
    assert remembered.of(["a"]) == {}
    assert remembered.of(["a"]) == {}
    assert asked == [["a"]]
    store.write(note("a")).result(PATIENCE_S)
    assert remembered.of(["a", "b"]) == {"a": "A"}
    assert remembered.of(["b", "a"]) == {"a": "A"}
    assert asked == [["a"], ["a", "b"]]
