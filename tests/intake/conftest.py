"""Rooms of their own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.engine.store import Store
from tests.intake.house import TENANTS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "data", TENANTS)
    yield opened
    opened.close()
