"""What `Stores` needs of the database management system below it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Dialect

from gateway.records.engine.store import Store

SHARED = "_shared"
"""Name of the store that all share."""


class StoreInUseError(Exception):
    """Another gateway works on the same stores."""


class StoreEngine(Protocol):
    """The stores of one place: the shared one, and each tenant's by its name."""

    @property
    def dialect(self) -> Dialect:
        """That of the statements."""

    @property
    def shared(self) -> Store:
        """The store that all share."""

    def of_tenant(self, name: str) -> Store:
        """The store of a tenant."""

    def names(self) -> Collection[str]:
        """Names of the tenants to whose stores, or for which, anything was ever written."""

    def check(self, tenants: Collection[str]) -> None:
        """See `Stores.check`."""

    def publish_all(self, run_id: str, publications: Mapping[str, bytes]) -> None:
        """See `Stores.publish_all`."""

    def announce_pending(self) -> Sequence[str]:
        """See `Stores.announce_pending`."""

    def hold(self, lost: Callable[[], None]) -> Callable[[], None]:
        """See `Stores.hold`."""

    def rest(self) -> None:
        """Close what is held open for the next use."""
