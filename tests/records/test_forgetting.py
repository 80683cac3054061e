"""Nothing is kept that the policy does not name, and nothing longer than it says."""

import importlib
import pkgutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

import gateway.records
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.outgoing import Outgoing
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.records.engine.field_policy import DEFAULTS, PERIODS, period_faults
from gateway.records.engine.store import Room, Store, house_tables, tenant_tables
from gateway.records.market import grid_models
from gateway.records.messages import findings, inbox, outbox
from gateway.records.privacy.retention import Forgetting, forget, policy_rows
from tests.patience import eventually

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICES = "; messages can hold the prices of bids"


def fields_in(room: Room) -> set[tuple[str, str]]:
    with room.reading() as connection:
        database = inspect(connection)
        return {
            (table, column["name"])
            for table in database.get_table_names()
            for column in database.get_columns(table)
        }


def test_the_database_holds_exactly_the_fields_of_the_policy(store: Store) -> None:
    kept = fields_in(store.room("north")) | fields_in(store.house)
    assert kept == {(row.table, row.field) for row in policy_rows()}
    assert all(row.why and row.retention.text() for row in policy_rows())


def test_every_module_with_tables_is_gathered() -> None:
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(gateway.records.__path__, "gateway.records.")
    ]
    owners = {module.__name__ for module in modules if hasattr(module, "POLICY")}
    assert owners == {module.__name__ for module in gateway.records.MODULES}


def test_a_retention_period_starts_with_a_field_of_its_table() -> None:
    tables = {**tenant_tables.tables, **house_tables.tables}
    for row in policy_rows():
        for since in (span.since for span in row.retention.spans):
            assert since in tables[row.table].c, f"{row.table} has no {since}"


def test_what_has_run_out_is_deleted_and_the_rest_stays(store: Store) -> None:
    with store.room("north").writing() as room:
        settled, open_ = (
            inbox.put(room, Envelope("north", "rest", name, "application/xml", NOON, b"<a/>")).envelope_id
            for name in ("settled", "open")
        )
        findings.put(room, settled, [Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, "no")])
        inbox.settle(room, settled, inbox.EnvelopeState.REFUSED, NOON)
        outbox.put(room, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)

    assert forget(store, NOON + timedelta(days=90)) == 0
    assert forget(store, NOON + timedelta(days=90, seconds=1)) == 2
    with store.room("north").reading() as room:
        assert inbox.find(room, settled) is None
        assert findings.of(room, settled) == []
        assert inbox.find(room, open_) is not None
        assert outbox.after(room, 0, 10) == []


class Clock:
    def now(self) -> datetime:
        return NOON + timedelta(days=91)


def test_forgetting_begins_at_the_start_and_goes_on_every_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put() -> None:
        with store.room("north").writing() as room:
            outbox.put(room, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)

    def is_empty() -> bool:
        with store.room("north").reading() as room:
            return outbox.after(room, 0, 10) == []

    monkeypatch.setattr("gateway.records.privacy.retention.DAY_S", 0.05)
    put()
    forgetting = Forgetting(store, Clock())
    forgetting.start()
    eventually(is_empty)
    put()
    eventually(is_empty)
    forgetting.stop()


def test_many_rows_go_in_batches_and_their_space_is_given_back(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gateway.records.privacy.retention.ROWS_AT_ONCE", 10)
    payload = bytes(20_000)
    with store.room("north").writing() as room:
        for _ in range(95):
            outbox.put(room, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", payload), NOON)
    file = tmp_path / "data" / "north.sqlite"
    with store.room("north").writing() as room:
        room.exec_driver_sql("PRAGMA application_id=1")
    store.room("north").vacuum()
    full = file.stat().st_size
    assert forget(store, NOON + timedelta(days=91)) == 95
    assert file.stat().st_size < full / 5


def test_a_former_tenants_database_goes_with_its_last_row(store: Store, tmp_path: Path) -> None:
    with store.room("north").writing() as room:
        outbox.put(room, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)
    store.close()
    later = Store(tmp_path / "data", ["south"])
    assert forget(later, NOON + timedelta(days=1)) == 0
    assert (tmp_path / "data" / "north.sqlite").exists()
    assert forget(later, NOON + timedelta(days=91)) == 1
    assert [file.name for file in (tmp_path / "data").glob("north*")] == []
    later.close()


def messages(room: Room) -> list[int]:
    with room.reading() as connection:
        return [message.id for message in outbox.after(connection, 0, 10)]


def test_an_answer_stays_as_long_as_its_receiver_may_fetch_it_again(store: Store) -> None:
    north = store.room("north")
    with north.writing() as room:
        had, waits = (
            outbox.put(room, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON) for _ in range(2)
        )
        outbox.confirm(room, had, NOON + timedelta(days=5))
    forget(store, NOON + timedelta(days=35))
    assert messages(north) == [had, waits]
    forget(store, NOON + timedelta(days=35, seconds=1))
    assert messages(north) == [waits]
    forget(store, NOON + timedelta(days=90, seconds=1))
    assert messages(north) == []


def test_the_operator_says_how_long(store: Store) -> None:
    with store.room("north").writing() as room:
        number = outbox.put(room, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)
        outbox.confirm(room, number, NOON)
    shorter = {**DEFAULTS, "delivered": 2}
    assert forget(store, NOON + timedelta(days=2), shorter) == 0
    assert forget(store, NOON + timedelta(days=2, seconds=1), shorter) == 1


def test_no_price_can_be_kept_longer_than_in_its_bid() -> None:
    periods = {row.table: row.retention.periods for row in policy_rows()}
    since = {row.table: [span.since for span in row.retention.spans] for row in policy_rows()}
    assert periods["merit_orders"] == periods["bids"] == ("bids",)
    assert since["merit_orders"] == since["bids"] == ["delivery_end"]
    assert {PERIODS[name].most_is for name in periods["outbox"]} == {"bids"}
    assert {PERIODS[name].most_is for name in periods["forwardings"]} == {"bids"}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"bids": 401}, ["bids: 401 days; the policy allows 7 to 400"]),
        ({"documents": 29}, ["documents: 29 days; the policy allows 30 to 3660"]),
        (
            {"bids": 20, "undelivered": 20},
            [
                "delivered: 30 days (the default), longer than bids (20 days)"
                + PRICES
                + ": write delivered = 20 or less under [retention]"
            ],
        ),
        ({"envelopes": 1}, ["envelopes: there is no such period; there are " + ", ".join(PERIODS)]),
        ({"bids": 20, "undelivered": 20, "delivered": 20}, []),
        ({}, []),
    ],
)
def test_periods_have_bounds(days: dict[str, int], said: list[str]) -> None:
    assert period_faults(days) == said


def test_a_former_tenant_is_forgotten_even_where_a_row_has_no_end(tmp_path: Path) -> None:
    both = Store(tmp_path / "data", ["north", "south"])
    with both.room("north").writing() as room:
        inbox.put(room, Envelope("north", "rest", "never settled", "application/xml", NOON, b"<a/>"))
    with both.house.writing() as house:
        grid_models.register(house, "north-20kv", "north", None)
    both.close()

    left = Store(tmp_path / "data", ["south"])
    forget(left, NOON)
    forget(left, NOON + timedelta(days=90))
    assert (tmp_path / "data" / "north.sqlite").exists()
    left.close()
    again = Store(tmp_path / "data", ["north", "south"])  # it takes part again: nothing counts any more
    forget(again, NOON + timedelta(days=91))
    again.close()
    left = Store(tmp_path / "data", ["south"])
    forget(left, NOON + timedelta(days=100))
    forget(left, NOON + timedelta(days=190))
    assert (tmp_path / "data" / "north.sqlite").exists()
    forget(left, NOON + timedelta(days=190, seconds=1))
    assert [file.name for file in (tmp_path / "data").glob("north*")] == []
    with left.house.reading() as house:
        assert grid_models.owner(house, "north-20kv") is None
    left.close()
