"""The table of all stores: which there are, of which version, and how often each was written to.

It is the engine's own, in the schema of the shared store. A row is locked while its store is written to, so
writers take turns; one statement says of all stores which have changed.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import MetaData

from gateway.records.engine.port import SHARED
from gateway.records.engine.postgresql.connections import Connections
from gateway.records.engine.postgresql.names import Names
from gateway.records.engine.store import OtherVersionError, fingerprint

COLUMNS: Final = (
    'name TEXT COLLATE "C" PRIMARY KEY, version BIGINT NOT NULL, changes BIGINT NOT NULL DEFAULT 0, '
    "used BOOLEAN NOT NULL DEFAULT FALSE, looks BIGINT NOT NULL DEFAULT 0"
)
"""Of the table. `used`: whether anything was written since it was made or removed; `looks`: checks that it
can be written to."""


class NotPreparedError(OtherVersionError):
    """The database has no such store: it is to be prepared first."""


class Register:
    """The rows of the table, by the login of the service, which may read and update them."""

    def __init__(self, names: Names, connections: Connections) -> None:
        self._names = names
        self._connections = connections

    def count(self, name: str) -> str:
        """The statement that takes the turn to write to a store, until its transaction ends."""
        return self._update(name, "changes = changes + 1, used = TRUE")

    def forget(self, name: str) -> str:
        """As `count`, when everything is deleted."""
        return self._update(name, "changes = changes + 1, used = FALSE")

    def wait_for_writer(self, name: str) -> None:
        """Return when a write that is in progress has ended."""
        self._rows(f"SELECT changes FROM {self._names.register} WHERE {_is(name)} FOR SHARE")

    def changes(self, name: str) -> int:
        """How often a store was written to."""
        rows = self._rows(f"SELECT changes FROM {self._names.register} WHERE {_is(name)}")
        return int(rows[0][0]) if rows else 0

    def is_used(self, name: str) -> bool:
        """Whether there may be anything in a store."""
        return bool(self._rows(f"SELECT 1 FROM {self._names.register} WHERE {_is(name)} AND used"))

    def used(self) -> Collection[str]:
        """Tenants in whose stores there may be anything."""
        rows = self._rows(f"SELECT name FROM {self._names.register} WHERE used AND NOT {_is(SHARED)}")
        return {row[0] for row in rows}

    def look(self, name: str) -> None:
        """Write a row, without counting it as a write to the store."""
        self._rows(self._update(name, "looks = looks + 1"))

    def check(self, name: str, tables: MetaData) -> None:
        """As `check_all`, for one store."""
        self.check_all({name: tables})

    def check_all(self, stores: Mapping[str, MetaData]) -> None:
        """Return if all these stores are there with their tables.

        Raises:
            NotPreparedError: some are not there.
            OtherVersionError: one has others.
        """
        there = self._rows(f"SELECT to_regclass({_literal(self._names.register)}) IS NOT NULL")
        rows = self._rows(f"SELECT name, version FROM {self._names.register}") if there[0][0] else []
        versions: dict[str, int] = {row[0]: row[1] for row in rows}
        where = f"database {self._names.database}"
        if missing := sorted(stores.keys() - versions.keys()):
            named = ", ".join(missing)
            raise NotPreparedError(f"{where} has no store {named}; `flexgate store prepare` makes it")
        for name, tables in stores.items():
            if versions[name] != fingerprint(tables):
                raise OtherVersionError(f"{where}, store {name} belongs to another version of the gateway")

    def _update(self, name: str, values: str) -> str:
        return f"UPDATE {self._names.register} SET {values} WHERE {_is(name)}"

    def _rows(self, statement: str) -> list[Any]:
        with self._connections.begun(statement, "") as (_, rows):
            return rows


def _is(name: str) -> str:
    return f"name = {_literal(name)}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
