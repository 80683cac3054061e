"""A store of its own for every test, on each of the two engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.engine.stores import Stores
from tests.postgresql import Database, database

TENANTS = ("north", "south")


@pytest.fixture(scope="session")
def _database() -> Iterator[Database]:
    with database(*TENANTS) as made:
        yield made


@pytest.fixture
def postgresql(_database: Database) -> Iterator[Database]:
    """An empty database with stores of `TENANTS`."""
    yield _database
    _database.clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "sqlite":
        opened = Stores(tmp_path / "data", TENANTS)
    else:
        opened = Stores(request.getfixturevalue("postgresql").place, TENANTS)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_stores(tmp_path: Path) -> Iterator[Stores]:
    """For what is only so with files."""
    opened = Stores(tmp_path / "data", TENANTS)
    yield opened
    opened.close()
