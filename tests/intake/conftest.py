"""Stores of their own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.engine.stores import Stores
from tests.intake.local_gateway import TENANTS
from tests.stores import stores_in


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = stores_in(tmp_path / "data", TENANTS)
    yield opened
    opened.close()
