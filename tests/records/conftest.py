"""A store of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.engine.stores import Stores


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores(tmp_path / "data", ["north", "south"])
    yield opened
    opened.close()
