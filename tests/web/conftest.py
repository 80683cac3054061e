"""A served world for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.house import House, served


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with served(tmp_path) as new:
        yield new


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For tests that change nothing."""
    with served(tmp_path_factory.mktemp("house")) as new:
        yield new
