"""A served world for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.local_gateway import LocalGateway, served


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalGateway]:
    with served(tmp_path) as new:
        yield new


@pytest.fixture(scope="module")
def shared_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGateway]:
    """For tests that change nothing."""
    with served(tmp_path_factory.mktemp("local")) as new:
        yield new
