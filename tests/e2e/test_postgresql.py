"""A gateway whose records are in PostgreSQL; the market hour there is in test_bid_check."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from gateway.records.messages.inbox import EnvelopeState
from tests.e2e.running import Running, json_of
from tests.e2e.world import MEMBERS, bid, document, prepare
from tests.postgresql import Database, database

NAMES = [member.name for member in MEMBERS]
XML = {"Content-Type": "application/xml"}
MANY = 400


@pytest.fixture(scope="module")
def made() -> Iterator[Database]:
    with database(*NAMES) as ready:
        yield ready


def in_database(directory: Path, place: Database) -> Running:
    return Running(directory, MEMBERS, settings=f'[store]\nurl = "{place.place}"\n')


@pytest.mark.feature(id="C9")
def test_kill_9_loses_nothing_and_no_second_gateway_works_beside(made: Database, tmp_path: Path) -> None:
    data = document("north", "7.2", "TEST-MANY", *(bid(f"TEST-{number}", 1, 50) for number in range(MANY)))
    gateway = in_database(tmp_path / "first", made)
    with gateway:
        with pytest.raises(AssertionError, match="another gateway works on postgresql://"):
            in_database(tmp_path / "second", made).start()
        prepare(gateway)
        confirmed = gateway.as_("north").post("/v1/documents", content=data, headers=XML)
        assert gateway.end(signal.SIGKILL) == -signal.SIGKILL
    assert confirmed.status_code == 202
    stores = Stores(made.place, NAMES)
    with stores.of("north").reading() as uow:
        stored = inbox.find(uow, confirmed.json()["document_id"])
    stores.close()
    assert stored is not None
    assert stored.state is EnvelopeState.RECEIVED, "the gateway was faster than the kill"

    with gateway:
        north = gateway.as_("north")
        assert gateway.settled(north, confirmed.headers["location"])["state"] == "accepted"
        again = north.post("/v1/documents", content=data, headers=XML)
        assert again.headers["location"] == confirmed.headers["location"]
        (message,) = json_of(north.get("/v1/outbox"))["messages"]
        assert message["kind"] == "Acknowledgement"
        made.do(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{made.service}'"
        )  # as when the server is restarted
        gateway.until(lambda: north.get("/v1/outbox").status_code == 200, "the gateway to connect again")
        assert json_of(north.get("/v1/outbox"))["messages"] == [message]


def test_a_database_that_is_not_ready_is_named_at_the_start(tmp_path: Path) -> None:
    with (
        database("north") as unready,
        pytest.raises(AssertionError, match=r"has no store .*`flexgate store prepare` makes it"),
    ):
        in_database(tmp_path, unready).start()
