"""What the store's users read when it cannot be used; errors are SQLite's and the system's own."""

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from gateway.ports import StoreFullError, StoreUnavailableError
from gateway.records.engine import store_faults
from gateway.records.engine import stores as stores_module
from gateway.records.engine.sqlite import store as store_module
from gateway.records.engine.store_faults import StoreFaults, unavailable
from gateway.records.engine.stores import Stores
from tests.patience import PATIENCE_S


def of_sqlite(statement: str, file: Path, how: str = "rwc") -> OperationalError:
    with sqlite3.connect(f"file:{file}?mode={how}", uri=True, isolation_level=None) as connection:
        try:
            for each in statement.split(";"):
                connection.execute(each)
        except sqlite3.OperationalError as error:
            return OperationalError(each, {}, error)
    raise AssertionError("it worked")


def test_a_full_database(tmp_path: Path) -> None:
    grow = "CREATE TABLE a (b); PRAGMA max_page_count=2; INSERT INTO a VALUES (zeroblob(100000))"
    assert isinstance(unavailable(of_sqlite(grow, tmp_path / "a")), StoreFullError)


def test_a_database_that_may_only_be_read(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a").execute("CREATE TABLE a (b)")
    fault = unavailable(of_sqlite("INSERT INTO a VALUES (1)", tmp_path / "a", "ro"))
    assert fault is not None
    assert "written to" in str(fault)


def test_a_statement_that_is_wrong_is_no_fault_of_the_store(tmp_path: Path) -> None:
    assert unavailable(of_sqlite("SELECT * FROM nothing", tmp_path / "a")) is None


@pytest.mark.parametrize("number", [28, 122, 27])
def test_the_system_says_that_there_is_no_space(number: int) -> None:
    assert isinstance(unavailable(OSError(number, os.strerror(number))), StoreFullError)
    assert unavailable(FileNotFoundError(2, "none")) is None


def test_many_stores_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_faults, "LOOK_S", 3600.0)
    faults = StoreFaults(lambda _: None)
    with capture_logs() as logs:
        for number in range(1000):
            with pytest.raises(StoreUnavailableError), faults.translated(f"tenant-{number}"):
                raise OSError(28, "No space left on device")
    faults.close()
    assert [line["event"] for line in logs] == ["data cannot be stored; senders receive a request to retry"]
    assert faults.known() == ["no space is left on the disk"]


def test_little_space_is_seen_by_looking_and_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_faults, "LOOK_S", 0.01)
    monkeypatch.setattr(stores_module, "LOOK_S", 0.0)
    stores = Stores(tmp_path, ["north"])
    assert stores.faults() == []
    monkeypatch.setattr(store_module, "LEAST_FREE_BYTES", 2**60)
    assert "MiB are left" in stores.faults()[0]
    monkeypatch.setattr(store_module, "LEAST_FREE_BYTES", 0)
    watching = stores._faults._watching
    assert watching is not None
    watching.join(PATIENCE_S)
    assert stores.is_usable
    assert stores.faults() == []
    stores.close()
