"""Where records live: one SQLite file per tenant, one for the shared store. No statement can cross stores."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import MetaData

from gateway.ports import StoreUnavailableError, UnitOfWork
from gateway.records.engine import pending_publications
from gateway.records.engine.arrivals import SUFFIXES, Arrivals
from gateway.records.engine.connections import Connections
from gateway.records.engine.recorded_inserts import RecordedInserts
from gateway.records.engine.store import Move, Store, shared_tables, tenant_tables
from gateway.records.engine.store_faults import LOOK_S, StoreFaults

SHARED = "_shared"


class UnknownTenantError(LookupError):
    """There is no such tenant store."""


class Stores:
    """All tenant stores below one directory."""

    def __init__(self, directory: Path, tenants: Iterable[str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._connections = Connections()
        self._faults = StoreFaults(self._probe)
        self._looked = -LOOK_S
        self._listeners: list[Callable[[str], None]] = []

        def opened(name: str, tables: MetaData, move: Move | None = None) -> Store:
            return Store(
                name,
                self._file(name),
                tables,
                connections=self._connections,
                faults=self._faults,
                wrote=self.wrote,
                move=move,
            )

        self.shared = opened(SHARED, shared_tables)
        self._stores = {tenant: opened(tenant, tenant_tables, self._move) for tenant in tenants}

    def of(self, tenant: str) -> Store:
        """The tenant store of one tenant.

        Raises:
            UnknownTenantError: no such tenant.
        """
        try:
            return self._stores[tenant]
        except KeyError:
            raise UnknownTenantError(f"no tenant {tenant!r}") from None

    def tenants(self) -> tuple[str, ...]:
        """Names of all tenants with a store."""
        return tuple(self._stores)

    def present(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of these participants that are tenants still: a gate may name one that is configured no
        longer."""
        return tuple(name for name in names if name in self._stores)

    def written(self) -> tuple[str, ...]:
        """Names of the tenants to whose databases something was ever written: all others hold nothing."""
        return tuple(name for name, store in self._stores.items() if store.exists)

    def faults(self) -> Sequence[str]:
        """Why data cannot be stored now, in any of the stores; empty when it can.

        Checks itself when there was no check for a second.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_S and not self._faults.known():
            self._looked = now
            try:
                self.shared.look()
            except StoreUnavailableError as fault:
                self._faults.note(SHARED, str(fault))
        return self._faults.known()

    @property
    def is_usable(self) -> bool:
        """Whether no fault is known."""
        return not self._faults.known()

    def former(self) -> Iterator[Store]:
        """The databases of tenants that are configured no longer."""
        found = {file.stem for end in (".sqlite", *SUFFIXES) for file in self._directory.glob(f"*{end}")}
        for name in sorted(found - {SHARED} - self._stores.keys()):
            file = self._file(name)
            yield Store(name, file, tenant_tables, connections=self._connections, move=self._move)

    def recorded(self) -> RecordedInserts:
        """A unit of work for what is published to a tenant by `publish_all`."""
        return RecordedInserts(self._connections.engine.dialect)

    def publish_all(self, run_id: str, publications: Mapping[str, bytes]) -> None:
        """Publish a run to tenants in one transaction; on return it is durable, and whoever opens their
        databases finds it there. A tenant to whom it is published already does not get it twice.

        Args:
            publications: what each receives (`RecordedInserts.encoded`); the first insert is of the row whose
                key says that the run is published.

        Raises:
            StoreUnavailableError: not now; it is published to none of them, or to all when that is repeated.
        """
        with self.shared.writing() as shared:
            pending_publications.put(shared, run_id, publications)
        self._announce(publications)

    def announce_pending(self) -> Sequence[str]:
        """Have tenants' databases receive what is pending for them, also after an interruption; return the
        names of these tenants."""
        with self.shared.reading() as shared:
            pending = pending_publications.tenants(shared)
        self._announce(pending)
        return pending

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

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called after every write, with the name of the store that was written to.

        It is called in the thread that wrote, and must be short.
        """
        self._listeners.append(listener)

    def wrote(self, name: str) -> None:
        """Notify listeners of a write; for other processes, their parent does."""
        for listener in self._listeners:
            listener(name)

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.sqlite"

    def _probe(self, name: str) -> None:
        (self.shared if name == SHARED else self._stores[name]).look()

    def rest(self) -> None:
        """Close what is held open for the next use."""
        self._connections.rest()

    def close(self) -> None:
        """Close every store."""
        self._faults.close()
        for store in (self.shared, *self._stores.values()):
            store.close()
