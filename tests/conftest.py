"""What every test room shares."""

import os

# Before numpy is first imported: more threads than cores make small matrices slower, not faster.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from tests.shared import STANDARDS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, visibly, what needs published reference data where there is none."""
    if STANDARDS.is_dir():
        return
    skip = pytest.mark.skip(reason=f"published reference data not found at {STANDARDS}")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)
