"""Stores: separate, durable as a whole, consistent to read."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.records.engine import store as engine_store
from gateway.records.engine.store import OtherVersionError
from gateway.records.engine.stores import Stores, UnknownTenantError


def write(stores: Stores, tenant: str, url: str) -> None:
    with stores.of(tenant).writing() as uow:
        uow.execute(text("DELETE FROM webhooks"))
        uow.execute(
            text("INSERT INTO webhooks (id, url, set_at) VALUES (1, :url, '2026-03-01 12:00:00')"),
            {"url": url},
        )


def urls(stores: Stores, tenant: str) -> list[str]:
    with stores.of(tenant).reading() as uow:
        return list(uow.scalars(text("SELECT url FROM webhooks")))


@pytest.mark.feature(id="D2")
def test_a_store_sees_only_its_own(stores: Stores) -> None:
    write(stores, "north", "https://north.example")
    assert urls(stores, "south") == []
    with pytest.raises(UnknownTenantError, match="east"):
        stores.of("east")


def test_a_reader_sees_one_state_while_others_write(stores: Stores) -> None:
    write(stores, "north", "https://old.example")
    with stores.of("north").reading() as uow:
        assert uow.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
        write(stores, "north", "https://new.example")
        assert uow.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
    assert urls(stores, "north") == ["https://new.example"]


def test_an_exception_leaves_nothing_behind(stores: Stores) -> None:
    def stop_halfway() -> None:
        with stores.of("north").writing() as uow:
            uow.execute(text("INSERT INTO webhooks (id, url, set_at) VALUES (1, 'x', '2026-03-01 12:00:00')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_halfway()
    assert urls(stores, "north") == []


def test_what_was_written_is_there_after_reopening(stores: Stores, tmp_path: Path) -> None:
    write(stores, "north", "https://north.example")
    stores.close()
    reopened = Stores(tmp_path / "data", ["north"])
    assert urls(reopened, "north") == ["https://north.example"]
    reopened.close()


def test_a_settled_state_has_what_was_being_written_and_counts_as_no_write(stores: Stores) -> None:
    write(stores, "north", "https://old.example")
    store, reported = stores.of("north"), list[str]()
    found: list[str] = []

    def read() -> None:
        with store.settled() as settled:
            found.extend(settled.scalars(text("SELECT url FROM webhooks")))

    reading = threading.Thread(target=read)
    with store.writing() as writer:
        reading.start()
        writer.execute(text("UPDATE webhooks SET url = 'https://new.example'"))
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
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://north.example"
        assert [file.name for file in tmp_path.glob("north.sqlite*")] == ["north.sqlite"]
        waiting = threading.Thread(target=write, args=(stores, "north", "https://new.example"))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()  # it must not change what is being read
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://north.example"
    waiting.join()
    with store.settled() as settled:  # now something is in the log
        assert (tmp_path / "north.sqlite-wal").stat().st_size > 0
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://new.example"
    stores.close()


def test_a_settled_state_of_a_large_store_keeps_no_writer_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_store, "SMALL_BYTES", 0)
    first, stores = Stores(tmp_path, ["north"]), Stores(tmp_path, ["north"])
    write(first, "north", "https://old.example")
    first.close()
    with stores.of("north").settled() as settled:
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
        write(stores, "north", "https://new.example")
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
    stores.close()


def test_a_settled_state_of_another_version_is_refused(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north"])
    with stores.of("north").writing() as uow:
        uow.exec_driver_sql("PRAGMA user_version=7")
    stores.close()
    with pytest.raises(OtherVersionError), Stores(tmp_path, ["north"]).of("north").settled():
        pass
