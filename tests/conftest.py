"""What all tests share."""

import logging
import os
from collections.abc import Iterator

# Before numpy is first imported: more threads than cores make small matrices slower, not faster.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.shared import STANDARDS

# No test depends on the speed of a machine.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command that sets up logs leaves them on a stream that is closed after its test."""
    root = logging.getLogger()
    level = root.level
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler:  # those of pytest are of kinds of their own
            root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, visibly, what needs published reference data where there is none."""
    if STANDARDS.is_dir():
        return
    skip = pytest.mark.skip(reason=f"published reference data not found at {STANDARDS}")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)
