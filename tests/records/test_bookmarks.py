"""A channel that fetches goes on where it was, and never where another one was."""

from pathlib import Path

from gateway.records.engine.stores import Stores
from gateway.records.messages.bookmarks import TenantBookmark


def test_a_place_survives_a_restart(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north"])
    bookmark = TenantBookmark(stores.of("north"), "north-soap")
    assert bookmark.read() is None
    bookmark.write("41")
    bookmark.write("42")
    stores.close()
    assert TenantBookmark(Stores(tmp_path, ["north"]).of("north"), "north-soap").read() == "42"


def test_places_are_of_one_channel_and_one_tenant(tmp_path: Path) -> None:
    stores = Stores(tmp_path, ["north", "south"])
    TenantBookmark(stores.of("north"), "soap").write("7")
    assert TenantBookmark(stores.of("north"), "poll").read() is None
    assert TenantBookmark(stores.of("south"), "soap").read() is None
