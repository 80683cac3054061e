"""Where records live: a store for each tenant, and one that all share. No statement can cross stores."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gateway.ports import StoreUnavailableError
from gateway.records.engine.port import SHARED, StoreEngine
from gateway.records.engine.postgresql.place import PostgresqlPlace
from gateway.records.engine.recorded_inserts import RecordedInserts
from gateway.records.engine.sqlite.engine import SqliteEngine
from gateway.records.engine.store import Store
from gateway.records.engine.store_faults import LOOK_S, StoreFaults

__all__ = ["SHARED", "Stores", "UnknownTenantError"]


class UnknownTenantError(LookupError):
    """There is no such tenant store."""


Place = Path | PostgresqlPlace
"""Where stores are: a directory, or a database."""


def _engine_of(place: Place, faults: StoreFaults, wrote: Callable[[str], None]) -> StoreEngine:
    if isinstance(place, Path):
        return SqliteEngine(place, faults, wrote)
    # Its driver is an extra, and a gateway on files does not wait for its import.
    from gateway.records.engine.postgresql.engine import PostgresqlEngine  # noqa: PLC0415

    return PostgresqlEngine(place, faults, wrote)


class Stores:
    """All tenant stores of one place."""

    def __init__(self, place: Place, tenants: Iterable[str]) -> None:
        self._faults = StoreFaults(self._probe)
        self._engine = _engine_of(place, self._faults, self.wrote)
        self._looked = -LOOK_S
        self._listeners: list[Callable[[str], None]] = []
        self.shared = self._engine.shared
        self._stores = {tenant: self._engine.of_tenant(tenant) for tenant in tenants}

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
        """Names of the tenants to whose stores something was ever written: all others hold nothing."""
        there = set(self._engine.names())
        return tuple(name for name in self._stores if name in there)

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
        """The stores of tenants that are configured no longer."""
        for name in sorted(set(self._engine.names()) - self._stores.keys()):
            yield self._engine.of_tenant(name)

    def check(self) -> None:
        """Return if every tenant has a store of this version, or gets one by itself.

        Raises:
            OtherVersionError: a store is missing, or of another version.
            StoreUnavailableError: not now.
        """
        self._engine.check(tuple(self._stores))

    def hold(self, lost: Callable[[], None]) -> Callable[[], None]:
        """Keep other gateways off a database, which may be reached from other machines; return what ends it.

        Args:
            lost: called when another gateway has taken it, after a time without connection.

        Raises:
            StoreInUseError: another gateway works on it.
            StoreUnavailableError: not now.
        """
        return self._engine.hold(lost)

    def recorded(self) -> RecordedInserts:
        """A unit of work for what is published to a tenant by `publish_all`."""
        return RecordedInserts(self._engine.dialect)

    def publish_all(self, run_id: str, publications: Mapping[str, bytes]) -> None:
        """Publish a run to tenants; on return it is durable, and whoever opens their stores finds it there.
        A tenant to whom it is published already does not get it twice.

        Args:
            publications: what each receives (`RecordedInserts.encoded`); the first insert is of the row whose
                key says that the run is published.

        Raises:
            StoreUnavailableError: not now; it is published to all of them when that is repeated.
        """
        self._engine.publish_all(run_id, publications)

    def announce_pending(self) -> Sequence[str]:
        """Have tenants' stores receive what is pending for them, also after an interruption; return the
        names of these tenants."""
        return self._engine.announce_pending()

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called after every write, with the name of the store that was written to.

        It is called in the thread that wrote, and must be short.
        """
        self._listeners.append(listener)

    def wrote(self, name: str) -> None:
        """Notify listeners of a write; for other processes, their parent does."""
        for listener in self._listeners:
            listener(name)

    def _probe(self, name: str) -> None:
        (self.shared if name == SHARED else self._engine.of_tenant(name)).look()

    def rest(self) -> None:
        """Close what is held open for the next use."""
        self._engine.rest()

    def close(self) -> None:
        """Close every store."""
        self._faults.close()
        for store in (self.shared, *self._stores.values()):
            store.close()
        self._engine.rest()
