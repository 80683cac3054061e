"""A channel that fetches goes on where it was, and never where another one was."""

from pathlib import Path

from gateway.records.engine.store import Store
from gateway.records.messages.bookmarks import RoomBookmark


def test_a_place_survives_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path, ["north"])
    bookmark = RoomBookmark(store.room("north"), "north-soap")
    assert bookmark.read() is None
    bookmark.write("41")
    bookmark.write("42")
    store.close()
    assert RoomBookmark(Store(tmp_path, ["north"]).room("north"), "north-soap").read() == "42"


def test_places_are_of_one_channel_and_one_tenant(tmp_path: Path) -> None:
    store = Store(tmp_path, ["north", "south"])
    RoomBookmark(store.room("north"), "soap").write("7")
    assert RoomBookmark(store.room("north"), "poll").read() is None
    assert RoomBookmark(store.room("south"), "soap").read() is None
