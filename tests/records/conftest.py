"""A store of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.engine.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "data", ["north", "south"])
    yield opened
    opened.close()
