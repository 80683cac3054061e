"""Rooms: separate, durable as a whole, consistent to read."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.records.engine import store as engine_store
from gateway.records.engine.store import OtherVersionError, Store, UnknownTenantError


def write(store: Store, tenant: str, url: str) -> None:
    with store.room(tenant).writing() as room:
        room.execute(text("DELETE FROM webhooks"))
        room.execute(
            text("INSERT INTO webhooks (id, url, set_at) VALUES (1, :url, '2026-03-01 12:00:00')"),
            {"url": url},
        )


def urls(store: Store, tenant: str) -> list[str]:
    with store.room(tenant).reading() as room:
        return list(room.scalars(text("SELECT url FROM webhooks")))


def test_a_room_sees_only_its_own(store: Store) -> None:
    write(store, "north", "https://north.example")
    assert urls(store, "south") == []
    with pytest.raises(UnknownTenantError, match="east"):
        store.room("east")


def test_a_reader_sees_one_state_while_others_write(store: Store) -> None:
    write(store, "north", "https://old.example")
    with store.room("north").reading() as room:
        assert room.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
        write(store, "north", "https://new.example")
        assert room.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
    assert urls(store, "north") == ["https://new.example"]


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    def stop_halfway() -> None:
        with store.room("north").writing() as room:
            room.execute(
                text("INSERT INTO webhooks (id, url, set_at) VALUES (1, 'x', '2026-03-01 12:00:00')")
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_halfway()
    assert urls(store, "north") == []


def test_what_was_written_is_there_after_reopening(store: Store, tmp_path: Path) -> None:
    write(store, "north", "https://north.example")
    store.close()
    reopened = Store(tmp_path / "data", ["north"])
    assert urls(reopened, "north") == ["https://north.example"]
    reopened.close()


def test_a_settled_state_has_what_was_being_written_and_counts_as_no_write(store: Store) -> None:
    write(store, "north", "https://old.example")
    room, told = store.room("north"), list[str]()
    found: list[str] = []

    def read() -> None:
        with room.settled() as settled:
            found.extend(settled.scalars(text("SELECT url FROM webhooks")))

    reading = threading.Thread(target=read)
    with room.writing() as writer:
        reading.start()
        writer.execute(text("UPDATE webhooks SET url = 'https://new.example'"))
        assert urls(store, "north") == ["https://old.example"]
    reading.join()
    assert found == ["https://new.example"]
    store.listen(told.append)
    before = room.changes
    read()
    assert (room.changes, told) == (before, [])


def test_a_settled_state_of_a_closed_store_is_read_without_opening_its_log(tmp_path: Path) -> None:
    store = Store(tmp_path, ["north"])
    write(store, "north", "https://north.example")
    store.close()
    room = Store(tmp_path, ["north"]).room("north")
    with room.settled() as settled:
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://north.example"
        assert [file.name for file in tmp_path.glob("north.sqlite*")] == ["north.sqlite"]
        waiting = threading.Thread(target=write, args=(store, "north", "https://new.example"))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()  # it must not change what is being read
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://north.example"
    waiting.join()
    with room.settled() as settled:  # now something is in the log
        assert (tmp_path / "north.sqlite-wal").stat().st_size > 0
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://new.example"
    store.close()


def test_a_settled_state_of_a_large_store_keeps_no_writer_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_store, "SMALL_BYTES", 0)
    first, store = Store(tmp_path, ["north"]), Store(tmp_path, ["north"])
    write(first, "north", "https://old.example")
    first.close()
    with store.room("north").settled() as settled:
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
        write(store, "north", "https://new.example")
        assert settled.scalar(text("SELECT url FROM webhooks")) == "https://old.example"
    store.close()


def test_a_settled_state_of_another_version_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, ["north"])
    with store.room("north").writing() as connection:
        connection.exec_driver_sql("PRAGMA user_version=7")
    store.close()
    with pytest.raises(OtherVersionError), Store(tmp_path, ["north"]).room("north").settled():
        pass
