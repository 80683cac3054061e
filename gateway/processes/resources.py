"""Technical units and resources: one assignment across all markets, each part of it owned by one TSO."""

from collections.abc import Iterable, Mapping

from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.domain.tenant import Tenant, TenantRole
from gateway.processes.errors import ResourceOwnedError
from gateway.records import resources
from gateway.records.store import Store


class Resources:
    """The assignments of all TSOs."""

    def __init__(self, store: Store, tenants: Mapping[str, Tenant]) -> None:
        self._store = store
        self._owners = tuple(
            sorted(name for name, tenant in tenants.items() if tenant.role is TenantRole.TSO)
        )

    def take(self, caller: Tenant, assignment: ResourceMap) -> None:
        """Put the caller's whole assignment in place of the one before.

        Bids already collected keep the unit shares they were collected with.

        Raises:
            ResourceOwnedError: another TSO has assigned one of its units or resources.
        """
        names = [*assignment.connections, *assignment.participation]
        # Assignments take turns in the house, so that two TSOs cannot both be first with a unit.
        with self._store.house.writing():
            for other in self._owners:
                if other != caller.tenant_id:
                    with self._store.room(other).reading() as room:
                        taken = resources.units_of(room, names)
                    if taken:
                        raise ResourceOwnedError(sorted(taken))
            with self._store.room(caller.tenant_id).writing() as room:
                resources.replace(room, assignment)

    def find(self, caller: Tenant) -> ResourceMap:
        """The caller's own assignment."""
        with self._store.room(caller.tenant_id).reading() as room:
            return resources.find(room)

    def units_of(self, names: Iterable[str]) -> Mapping[str, Mapping[str, float]]:
        """Units and shares behind those resources that any TSO has assigned."""
        wanted = set(names)
        known: dict[str, Mapping[str, float]] = {}
        for owner in self._owners:
            with self._store.room(owner).reading() as room:
                known.update(resources.units_of(room, wanted - known.keys()))
        return known

    def connections(self) -> Mapping[str, tuple[ConnectionPoint, ...]]:
        """Connection points of every unit of every TSO."""
        joint: dict[str, tuple[ConnectionPoint, ...]] = {}
        for owner in self._owners:
            with self._store.room(owner).reading() as room:
                joint.update(resources.find(room).connections)
        return joint
