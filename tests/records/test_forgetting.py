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
from gateway.records import findings, inbox, outbox
from gateway.records.forgetting import Forgetting, forget, policy_rows
from gateway.records.store import Room, Store, house_tables, tenant_tables
from tests.patience import eventually

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
    assert all(row.why and row.retention.text for row in policy_rows())


def test_every_module_with_tables_is_gathered() -> None:
    modules = [
        importlib.import_module(f"gateway.records.{module.name}")
        for module in pkgutil.iter_modules(gateway.records.__path__)
    ]
    owners = {module.__name__ for module in modules if hasattr(module, "POLICY")}
    assert owners == {module.__name__ for module in gateway.records.MODULES}


def test_a_retention_period_starts_with_a_field_of_its_table() -> None:
    tables = {**tenant_tables.tables, **house_tables.tables}
    for row in policy_rows():
        since = row.retention.since
        assert since is None or since in tables[row.table].c, f"{row.table} has no {since}"


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

    monkeypatch.setattr("gateway.records.forgetting.DAY_S", 0.05)
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
    monkeypatch.setattr("gateway.records.forgetting.ROWS_AT_ONCE", 10)
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
