"""Stores as files of one directory: `NAME.sqlite`, and what lies beside it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Dialect, MetaData

from gateway.ports import UnitOfWork
from gateway.records.engine import pending_publications
from gateway.records.engine.port import SHARED
from gateway.records.engine.sqlite.arrivals import SUFFIXES, Arrivals
from gateway.records.engine.sqlite.connections import Connections
from gateway.records.engine.sqlite.store import Move, SqliteStore
from gateway.records.engine.store import Store, shared_tables, tenant_tables
from gateway.records.engine.store_faults import StoreFaults


class SqliteEngine:
    """Implements `StoreEngine` in a directory, which is made where it is missing.

    Args:
        wrote: called with the name of a store after every write.
    """

    def __init__(self, directory: Path, faults: StoreFaults, wrote: Callable[[str], None]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._connections = Connections()
        self._faults = faults
        self._wrote = wrote
        self.shared: Store = self._store(SHARED, shared_tables)

    @property
    def dialect(self) -> Dialect:
        """See `StoreEngine.dialect`."""
        return self._connections.engine.dialect

    def of_tenant(self, name: str) -> Store:
        """See `StoreEngine.of_tenant`."""
        return self._store(name, tenant_tables, self._move)

    def names(self) -> Collection[str]:
        """See `StoreEngine.names`."""
        ends = (".sqlite", *SUFFIXES)
        return {file.stem for end in ends for file in self._directory.glob(f"*{end}")} - {SHARED}

    def check(self, tenants: Collection[str]) -> None:  # noqa: ARG002
        """Files are made where they are missing: see `Stores.check`."""
        with self.shared.reading():
            pass

    def publish_all(self, run_id: str, publications: Mapping[str, bytes]) -> None:
        """Put all into the shared store, by one transaction: see `Stores.publish_all`."""
        with self.shared.writing() as shared:
            pending_publications.put(shared, run_id, publications)
        self._announce(publications)

    def announce_pending(self) -> Sequence[str]:
        """See `Stores.announce_pending`."""
        with self.shared.reading() as shared:
            pending = pending_publications.tenants(shared)
        self._announce(pending)
        return pending

    def hold(self, lost: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """The lock of the data directory does it: see `Stores.hold`."""
        return lambda: None

    def rest(self) -> None:
        """See `StoreEngine.rest`."""
        self._connections.rest()

    def _announce(self, tenants: Iterable[str]) -> None:
        with self._faults.translated(SHARED):
            for name in tenants:
                Arrivals(self._file(name)).announce()

    def _move(self, tenant: str, uow: UnitOfWork) -> Callable[[], None]:
        with self.shared.reading() as shared:
            moved = pending_publications.move(shared, tenant, uow)

        def remove() -> None:
            # No caller waits for it: what is left by an interruption is removed with the next move.
            if moved:
                self.shared.write(partial(pending_publications.remove, numbers=moved))

        return remove

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.sqlite"

    def _store(self, name: str, tables: MetaData, move: Move | None = None) -> Store:
        return SqliteStore(
            name,
            self._file(name),
            tables,
            connections=self._connections,
            faults=self._faults,
            wrote=self._wrote,
            move=move,
        )
