"""Stores as schemas of one database."""

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import Dialect, MetaData

from gateway.records.engine import pending_publications
from gateway.records.engine.port import SHARED
from gateway.records.engine.postgresql.connections import Connections
from gateway.records.engine.postgresql.place import PostgresqlPlace
from gateway.records.engine.postgresql.register import Register
from gateway.records.engine.postgresql.sole_gateway import SoleGateway
from gateway.records.engine.postgresql.store import PostgresqlStore
from gateway.records.engine.store import Store, shared_tables, tenant_tables
from gateway.records.engine.store_faults import StoreFaults


class PostgresqlEngine:
    """Implements `StoreEngine` in a database that `prepare` has made ready.

    Args:
        wrote: called with the name of a store after every write.
    """

    def __init__(self, place: PostgresqlPlace, faults: StoreFaults, wrote: Callable[[str], None]) -> None:
        self._place = place
        self._names = place.names
        self._connections = Connections(place)
        self._register = Register(self._names, self._connections)
        self._faults = faults
        self._wrote = wrote
        self.shared: Store = self._store(SHARED, shared_tables)

    @property
    def dialect(self) -> Dialect:
        """See `StoreEngine.dialect`."""
        return self._connections.engine.dialect

    def of_tenant(self, name: str) -> Store:
        """See `StoreEngine.of_tenant`."""
        return self._store(name, tenant_tables)

    def names(self) -> Collection[str]:
        """See `StoreEngine.names`."""
        with self._faults.translated(SHARED):
            return self._register.used()

    def check(self, tenants: Collection[str]) -> None:
        """See `Stores.check`."""
        with self._faults.translated(SHARED):
            self._register.check_all({SHARED: shared_tables} | dict.fromkeys(tenants, tenant_tables))

    def publish_all(self, run_id: str, publications: Mapping[str, bytes]) -> None:  # noqa: ARG002
        """Write to each tenant's own store: see `Stores.publish_all`."""
        for name, inserts in publications.items():
            with self.of_tenant(name).writing() as uow:
                pending_publications.put_once(uow, inserts)

    def announce_pending(self) -> Sequence[str]:
        """Nothing is ever pending: see `Stores.announce_pending`."""
        return ()

    def hold(self, lost: Callable[[], None]) -> Callable[[], None]:
        """See `Stores.hold`."""
        return SoleGateway(self._place, lost).close

    def rest(self) -> None:
        """See `StoreEngine.rest`."""
        self._connections.rest()

    def _store(self, name: str, tables: MetaData) -> Store:
        return PostgresqlStore(
            name,
            tables,
            names=self._names,
            register=self._register,
            connections=self._connections,
            faults=self._faults,
            wrote=self._wrote,
        )
