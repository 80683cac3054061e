"""Stores for tests of what lies above them: files, or, with `FLEXGATE_TEST_STORE=postgresql`, a database."""

import atexit
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from gateway.records.engine.postgresql.prepare import prepare
from gateway.records.engine.stores import Stores
from tests.postgresql import Database

_databases: Final[dict[Path, tuple[str, Database]]] = {}
"""By the directory that each stands for, with the test that it was last used in."""


in_files = pytest.mark.skipif(
    os.environ.get("FLEXGATE_TEST_STORE") == "postgresql", reason="looks at files, or into another process"
)
"""Marks tests of what is only so with files."""


def stores_in(directory: Path, tenants: Iterable[str]) -> Stores:
    """Stores that are the same whenever a test names the same directory."""
    names = list(tenants)
    if os.environ.get("FLEXGATE_TEST_STORE") != "postgresql":
        return Stores(directory, names)
    directory.mkdir(parents=True, exist_ok=True)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" (")[0]
    if directory in _databases:
        _, database = _databases[directory]
    else:
        database = _free(test) or _made()
    _databases[directory] = test, database
    prepare(database.owner, database.service, names)
    return Stores(database.place, names)


def _free(test: str) -> Database | None:
    """One that an earlier test had, without its rows."""
    for directory, (user, database) in tuple(_databases.items()):
        if user != test:
            del _databases[directory]
            database.clear()
            return database
    return None


def _made() -> Database:
    database = Database()
    database.make()
    atexit.register(database.drop)
    return database
