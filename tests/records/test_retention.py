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
from gateway.records.engine.store import Store, shared_tables, tenant_tables
from gateway.records.engine.stores import Stores
from gateway.records.market import grid_models
from gateway.records.messages import findings, inbox, outbox, webhooks
from gateway.records.privacy.retention import RetentionJob, forget, policy_rows
from tests.patience import eventually
from tests.postgresql import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICES = "; messages can hold the prices of bids"


def fields_in(store: Store) -> set[tuple[str, str]]:
    with store.reading() as uow:
        schema = uow.get_execution_options().get("schema_translate_map", {}).get(None)
        database = inspect(uow)
        return {
            (table, column["name"])
            for table in database.get_table_names(schema)
            if table != "stores"  # the engine's own, see `Register`
            for column in database.get_columns(table, schema)
        }


@pytest.mark.feature(id="D1")
def test_the_database_holds_exactly_the_fields_of_the_policy(stores: Stores) -> None:
    kept = fields_in(stores.of("north")) | fields_in(stores.shared)
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
    tables = {**tenant_tables.tables, **shared_tables.tables}
    for row in policy_rows():
        for since in (span.since for span in row.retention.spans):
            assert since in tables[row.table].c, f"{row.table} has no {since}"


@pytest.mark.feature(id="D3")
def test_what_has_run_out_is_deleted_and_the_rest_stays(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        settled, open_ = (
            inbox.put(uow, Envelope("north", "rest", name, "application/xml", NOON, b"<a/>")).envelope_id
            for name in ("settled", "open")
        )
        findings.put(uow, settled, [Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, "no")])
        inbox.settle(uow, settled, inbox.EnvelopeState.REFUSED, NOON)
        outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)

    assert forget(stores, NOON + timedelta(days=90)) == 0
    assert forget(stores, NOON + timedelta(days=90, seconds=1)) == 2
    with stores.of("north").reading() as uow:
        assert inbox.find(uow, settled) is None
        assert findings.of(uow, settled) == []
        assert inbox.find(uow, open_) is not None
        assert outbox.after(uow, 0, 10) == []


class Clock:
    def now(self) -> datetime:
        return NOON + timedelta(days=91)


def test_forgetting_begins_at_the_start_and_goes_on_every_day(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put() -> None:
        with stores.of("north").writing() as uow:
            outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)

    def is_empty() -> bool:
        with stores.of("north").reading() as uow:
            return outbox.after(uow, 0, 10) == []

    monkeypatch.setattr("gateway.records.privacy.retention.DAY_S", 0.05)
    put()
    retention_job = RetentionJob(stores, Clock())
    retention_job.start()
    eventually(is_empty)
    put()
    eventually(is_empty)
    retention_job.stop()


def test_many_rows_go_in_batches_and_their_space_is_given_back(
    sqlite_stores: Stores, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gateway.records.privacy.retention.ROWS_AT_ONCE", 10)
    stores, payload = sqlite_stores, bytes(20_000)
    with stores.of("north").writing() as uow:
        for _ in range(95):
            outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", payload), NOON)
    file = tmp_path / "data" / "north.sqlite"
    with stores.of("north").writing() as uow:
        uow.exec_driver_sql("PRAGMA application_id=1")
    stores.of("north").vacuum()
    full = file.stat().st_size
    assert forget(stores, NOON + timedelta(days=91)) == 95
    assert file.stat().st_size < full / 5


@pytest.mark.feature(id="D3")
def test_a_former_tenants_database_goes_with_its_last_row(sqlite_stores: Stores, tmp_path: Path) -> None:
    stores = sqlite_stores
    with stores.of("north").writing() as uow:
        outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)
    stores.close()
    later = Stores(tmp_path / "data", ["south"])
    assert forget(later, NOON + timedelta(days=1)) == 0
    assert (tmp_path / "data" / "north.sqlite").exists()
    assert forget(later, NOON + timedelta(days=91)) == 1
    assert [file.name for file in (tmp_path / "data").glob("north*")] == []
    later.close()


@pytest.mark.feature(id="D3")
def test_a_former_tenants_rows_go_where_its_schema_stays(postgresql: Database) -> None:
    stores = Stores(postgresql.place, ["north", "south"])
    with stores.of("north").writing() as uow:
        outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)
        webhooks.put(uow, "https://north.example", NOON)
    stores.close()
    later = Stores(postgresql.place, ["south"])
    assert [store.name for store in later.former()] == ["north"]
    assert forget(later, NOON + timedelta(days=1)) == 0
    assert [store.name for store in later.former()] == ["north"]
    assert forget(later, NOON + timedelta(days=91)) == 1
    assert list(later.former()) == []
    later.close()
    again = Stores(postgresql.place, ["north", "south"])
    with again.of("north").reading() as uow:
        assert webhooks.find(uow) is None
    again.close()


def messages(store: Store) -> list[int]:
    with store.reading() as uow:
        return [message.id for message in outbox.after(uow, 0, 10)]


def test_an_answer_stays_as_long_as_its_receiver_may_fetch_it_again(stores: Stores) -> None:
    north = stores.of("north")
    with north.writing() as uow:
        had, waits = (
            outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON) for _ in range(2)
        )
        outbox.confirm(uow, had, NOON + timedelta(days=5))
    forget(stores, NOON + timedelta(days=35))
    assert messages(north) == [had, waits]
    forget(stores, NOON + timedelta(days=35, seconds=1))
    assert messages(north) == [waits]
    forget(stores, NOON + timedelta(days=90, seconds=1))
    assert messages(north) == []


def test_the_operator_says_how_long(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        number = outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>"), NOON)
        outbox.confirm(uow, number, NOON)
    shorter = {**DEFAULTS, "delivered": 2}
    assert forget(stores, NOON + timedelta(days=2), shorter) == 0
    assert forget(stores, NOON + timedelta(days=2, seconds=1), shorter) == 1


def test_no_price_can_be_kept_longer_than_in_its_bid() -> None:
    periods = {row.table: row.retention.periods for row in policy_rows()}
    since = {row.table: [span.since for span in row.retention.spans] for row in policy_rows()}
    assert periods["merit_orders"] == periods["bids"] == ("bids",)
    assert since["merit_orders"] == since["bids"] == ["delivery_end"]
    assert {PERIODS[name].most_is for name in periods["outbox"]} == {"bids"}
    assert {PERIODS[name].most_is for name in periods["forwardings"]} == {"bids"}


@pytest.mark.parametrize(
    ("days", "stated"),
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
def test_periods_have_bounds(days: dict[str, int], stated: list[str]) -> None:
    assert period_faults(days) == stated


def test_a_former_tenant_is_forgotten_even_where_a_row_has_no_end(tmp_path: Path) -> None:
    both = Stores(tmp_path / "data", ["north", "south"])
    with both.of("north").writing() as uow:
        inbox.put(uow, Envelope("north", "rest", "never settled", "application/xml", NOON, b"<a/>"))
    with both.shared.writing() as shared:
        grid_models.register(shared, "north-20kv", "north", None)
    both.close()

    left = Stores(tmp_path / "data", ["south"])
    forget(left, NOON)
    forget(left, NOON + timedelta(days=90))
    assert (tmp_path / "data" / "north.sqlite").exists()
    left.close()
    again = Stores(tmp_path / "data", ["north", "south"])  # it takes part again: nothing counts any more
    forget(again, NOON + timedelta(days=91))
    again.close()
    left = Stores(tmp_path / "data", ["south"])
    forget(left, NOON + timedelta(days=100))
    forget(left, NOON + timedelta(days=190))
    assert (tmp_path / "data" / "north.sqlite").exists()
    forget(left, NOON + timedelta(days=190, seconds=1))
    assert [file.name for file in (tmp_path / "data").glob("north*")] == []
    with left.shared.reading() as shared:
        assert grid_models.owner(shared, "north-20kv") is None
    left.close()
