"""Stores: separate, durable as a whole, consistent to read."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.ports import UnitOfWork
from gateway.records.engine.sqlite import store as engine_store
from gateway.records.engine.store import OtherVersionError
from gateway.records.engine.stores import Stores, UnknownTenantError
from gateway.records.messages import webhooks

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(stores: Stores, tenant: str, url: str) -> None:
    with stores.of(tenant).writing() as uow:
        webhooks.put(uow, url, NOON)


def urls(stores: Stores, tenant: str) -> list[str]:
    with stores.of(tenant).reading() as uow:
        return urls_in(uow)


def urls_in(uow: UnitOfWork) -> list[str]:
    found = webhooks.find(uow)
    return [] if found is None else [found.url]


@pytest.mark.feature(id="D2")
def test_a_store_sees_only_its_own(stores: Stores) -> None:
    write(stores, "north", "https://north.example")
    assert urls(stores, "south") == []
    with pytest.raises(UnknownTenantError, match="east"):
        stores.of("east")


def test_a_reader_sees_one_state_while_others_write(stores: Stores) -> None:
    write(stores, "north", "https://old.example")
    with stores.of("north").reading() as uow:
        assert urls_in(uow) == ["https://old.example"]
        write(stores, "north", "https://new.example")
        assert urls_in(uow) == ["https://old.example"]
    assert urls(stores, "north") == ["https://new.example"]


def test_an_exception_leaves_nothing_behind(stores: Stores) -> None:
    def stop_halfway() -> None:
        with stores.of("north").writing() as uow:
            webhooks.put(uow, "x", NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_halfway()
    assert urls(stores, "north") == []


def test_what_was_written_is_there_after_reopening(sqlite_stores: Stores, tmp_path: Path) -> None:
    write(sqlite_stores, "north", "https://north.example")
    sqlite_stores.close()
    reopened = Stores(tmp_path / "data", ["north"])
    assert urls(reopened, "north") == ["https://north.example"]
    reopened.close()


def test_a_settled_state_has_what_was_being_written_and_counts_as_no_write(stores: Stores) -> None:
    write(stores, "north", "https://old.example")
    store, reported = stores.of("north"), list[str]()
    found: list[str] = []

    def read() -> None:
        with store.settled() as settled:
            found.extend(urls_in(settled))

    reading = threading.Thread(target=read)
    with store.writing() as writer:
        reading.start()
        webhooks.put(writer, "https://new.example", NOON)
        assert urls(stores, "north") == ["https://old.example"]
    reading.join()
    assert found == ["https://new.example"]
    stores.listen(reported.append)
    before = store.changes
    read()
    assert (store.changes, reported) == (before, [])


def test_a_settled_state_of_a_closed_store_is_read_without_opening_its_log(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north"])
    write(stores, "north", "https://north.example")
    stores.close()
    store = Stores(tmp_path, ["north"]).of("north")
    with store.settled() as settled:
        assert urls_in(settled) == ["https://north.example"]
        assert [file.name for file in tmp_path.glob("north.sqlite*")] == ["north.sqlite"]
        waiting = threading.Thread(target=write, args=(stores, "north", "https://new.example"))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()  # it must not change what is being read
        assert urls_in(settled) == ["https://north.example"]
    waiting.join()
    with store.settled() as settled:  # now something is in the log
        assert (tmp_path / "north.sqlite-wal").stat().st_size > 0
        assert urls_in(settled) == ["https://new.example"]
    stores.close()


def test_a_settled_state_of_a_large_store_keeps_no_writer_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_store, "SMALL_BYTES", 0)
    first, stores = Stores(tmp_path, ["north"]), Stores(tmp_path, ["north"])
    write(first, "north", "https://old.example")
    first.close()
    with stores.of("north").settled() as settled:
        assert urls_in(settled) == ["https://old.example"]
        write(stores, "north", "https://new.example")
        assert urls_in(settled) == ["https://old.example"]
    stores.close()


def test_a_settled_state_of_another_version_is_refused(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north"])
    with stores.of("north").writing() as uow:
        uow.exec_driver_sql("PRAGMA user_version=7")
    stores.close()
    with pytest.raises(OtherVersionError), Stores(tmp_path, ["north"]).of("north").settled():
        pass
