"""Databases of many tenants within few files."""

import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.ports import StoreUnavailableError
from gateway.records.engine.sqlite import connections
from gateway.records.engine.sqlite.connections import (
    FILES_OF_ONE,
    Connections,
    TooFewFilesError,
    raise_file_limit,
)
from gateway.records.engine.sqlite.store import SqliteStore
from gateway.records.engine.store import OtherVersionError, tenant_tables
from gateway.records.engine.stores import Stores


def open_files(under: Path) -> int:
    """How many files below a folder this process holds open, whatever other tests leave to be closed."""
    held = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            held += descriptor.readlink().is_relative_to(under)
    return held


def note(to: Connections, file: Path) -> None:
    with to.to(file) as connection, connection.begin():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(text("CREATE TABLE IF NOT EXISTS notes (name TEXT)"))
        connection.execute(text("INSERT INTO notes VALUES ('x')"))


def count(to: Connections, file: Path) -> int:
    with to.to(file) as connection:
        return int(connection.scalar(text("SELECT count(*) FROM notes")) or 0)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list open files")
def test_a_hundred_databases_share_four_connections(tmp_path: Path) -> None:
    shared = Connections(4)
    files = [tmp_path / f"{number}.sqlite" for number in range(100)]
    for _ in range(3):
        for file in files:
            note(shared, file)
    assert 0 < open_files(tmp_path) <= 4 * FILES_OF_ONE
    assert [count(shared, file) for file in files] == [3] * 100
    for file in files:
        shared.close(file)
    assert open_files(tmp_path) == 0


def test_many_threads_share_them_too(tmp_path: Path) -> None:
    shared = Connections(3)
    files = [tmp_path / f"{number}.sqlite" for number in range(10)]
    turns = {file: threading.Lock() for file in files}

    def write(file: Path) -> None:
        with turns[file]:
            note(shared, file)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(write, files * 8))
    assert [count(shared, file) for file in files] == [8] * 10


def test_a_request_that_times_out_is_answered_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE_S", 0.01)
    shared = Connections(1)
    with (
        shared.to(tmp_path / "a.sqlite"),
        pytest.raises(StoreUnavailableError, match="all 1 connections are in use; allow"),
    ):
        shared.to(tmp_path / "b.sqlite")
    with shared.to(tmp_path / "b.sqlite") as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_too_low_a_limit_names_the_number_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (200, 200))
    with pytest.raises(TooFewFilesError, match="needs 496 open files, the system allows 200"):
        raise_file_limit()


def test_the_limit_is_raised_to_what_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    assert raise_file_limit() == 4096
    assert asked == [(4096, 4096)]


def test_a_database_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    store = SqliteStore("north", tmp_path / "north.sqlite", tenant_tables)
    with store.writing() as uow:
        uow.exec_driver_sql("PRAGMA user_version=7")
    store.close()
    with pytest.raises(OtherVersionError, match=r"north\.sqlite belongs to another version"):
        SqliteStore("north", tmp_path / "north.sqlite", tenant_tables).reading().__enter__()


def test_changes_are_counted_over_stores_and_reported(tmp_path: Path) -> None:
    ours, theirs = Stores(tmp_path, ["north", "south"]), Stores(tmp_path, ["north", "south"])
    reported: list[str] = []
    ours.listen(reported.append)
    before = ours.of("north").changes, ours.of("south").changes
    with theirs.of("north").writing() as uow:
        uow.execute(text("DELETE FROM webhooks"))
        assert ours.of("north").changes < 0  # nothing that is read now may be remembered
        assert ours.of("north").changes != ours.of("north").changes
    after = ours.of("north").changes, ours.of("south").changes
    assert after[0] not in (before[0], after[1]) or before[0] != after[0]
    assert after[1] == before[1]
    assert reported == []
    with ours.of("south").writing() as uow:
        uow.execute(text("DELETE FROM webhooks"))
    assert reported == ["south"]
    ours.close()
    theirs.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list open files")
def test_at_rest_only_what_is_in_use_is_open(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north", "south"])
    for name in stores.tenants():
        with stores.of(name).writing() as uow:
            uow.execute(text("DELETE FROM webhooks"))
    with stores.of("north").reading() as uow:
        stores.rest()
        assert {file.name for file in tmp_path.glob("*-wal")} == {"north.sqlite-wal"}
        assert uow.scalar(text("SELECT count(*) FROM webhooks")) == 0
    stores.rest()
    assert open_files(tmp_path) == 0
    stores.close()
