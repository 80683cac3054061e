"""Technical units and resources: one assignment across all markets, each part of it owned by one TSO."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.grid import ReducedGridModel
from gateway.domain.market_time import Interval
from gateway.domain.resource import SHARE_TOLERANCE, ConnectionPoint, ResourceMap
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.grids import exchange
from gateway.ports import Clock, UnitOfWork
from gateway.processes.errors import ResourceFault, ResourceOwnedError, UnknownGridError
from gateway.records.engine.cache import Cache
from gateway.records.engine.stores import Stores
from gateway.records.market import compositions, grid_models, resources
from gateway.records.market.compositions import StoredComposition


@dataclass(frozen=True, slots=True)
class UnitShares:
    """The units behind a bid and the part of it each delivers, summing to 1.

    `stated` is False where no document states the parts, and they are equal by default.
    """

    shares: Mapping[str, float]
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Assigned:
    """Assignments of some resources.

    Attributes:
        registered: units and shares, from the TSOs' assignments.
        composed: units without shares, from ResourceMapping documents whose units are all connected to a
            grid.
    """

    registered: Mapping[str, Mapping[str, float]]
    composed: Mapping[str, Sequence[StoredComposition]]

    def units_of(self, resource: str, period: Interval) -> UnitShares | None:
        """The units behind a resource throughout a period; registered shares win. None: unknown."""
        if resource in self.registered:
            return UnitShares(self.registered[resource])
        for one in self.composed.get(resource, ()):
            if one.covers(period):
                return UnitShares(dict.fromkeys(one.units, 1 / len(one.units)), stated=len(one.units) == 1)
        return None


@dataclass(frozen=True, slots=True)
class UnitOnGrid:
    """A unit that a TSO has assigned to a connection point of a grid.

    Attributes:
        factor: MW at this point per MW of the unit.
        remark: why the newest model in use cannot place it; None where it can.
    """

    unit: str
    node: str
    factor: float
    remark: str | None


_OwnAssignments = tuple[Mapping[str, float] | None, Sequence[StoredComposition]]
"""Registered units and shares of a resource, or else its compositions."""


class Resources:
    """The assignments of all TSOs."""

    def __init__(self, stores: Stores, tenants: Mapping[str, Tenant], clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._owners = tuple(sorted(name for name, tenant in tenants.items() if tenant.is_a(TenantRole.TSO)))
        self._assignments = [Cache(stores.of(owner), _read_assignments) for owner in self._owners]

    def replace(self, caller: Tenant, assignment: ResourceMap) -> ResourceMap:
        """Replace the complete assignment of the caller; return the one before.

        Collected bids keep the unit shares they were collected with.

        Raises:
            ResourceOwnedError: another TSO has assigned one of its units or resources.
        """
        before, _ = self.change(caller, lambda _: assignment)
        return before

    def change(
        self, caller: Tenant, changed: Callable[[ResourceMap], ResourceMap]
    ) -> tuple[ResourceMap, ResourceMap]:
        """Replace the caller's assignment by what `changed` returns for it, atomically. Return the one before
        and the new one.

        Raises:
            ResourceOwnedError: see `replace`.
            ResourcesInvalidError: what `changed` raises.
        """
        # Assignments are serialised by the shared store, so that two TSOs cannot both be first with a unit.
        with self._stores.shared.writing():
            before = self.find(caller)
            assignment = changed(before)
            self.refuse_owned(caller, assignment)
            with self._stores.of(caller.tenant_id).writing() as uow:
                resources.replace(uow, assignment)
        return before, assignment

    def refuse_owned(self, caller: Tenant, assignment: ResourceMap) -> None:
        """Return if no other TSO has assigned any of this.

        Raises:
            ResourceOwnedError: another TSO has assigned one of its units or resources.
        """
        names = [*assignment.connections, *assignment.participation]
        if assigned_names := self.assigned_by_others(caller, names):
            raise ResourceOwnedError(sorted(assigned_names))

    def remarks(self, assignment: ResourceMap) -> Sequence[ResourceFault]:
        """Connection points that no grid model has, behind which bids are withheld until that is mended, and
        those at the reference of one.

        Of each grid the newest model in use counts whose validity has not ended.
        """
        return [
            ResourceFault(f"/connections/{_escaped(unit)}/{number}{place}", fault)
            for unit, number, place, fault in sorted(
                [*self._misplaced(assignment), *self._at_reference(assignment)]
            )
        ]

    def _at_reference(self, assignment: ResourceMap) -> Iterator[tuple[str, int, str, str]]:
        """As `_misplaced`, every point that moves no element of its grid."""
        references: dict[str, tuple[str, ...]] = {}
        for unit, points in assignment.connections.items():
            for number, point in enumerate(points):
                if point.grid_id not in references:
                    references[point.grid_id] = self._references(point.grid_id)
                if point.node in references[point.grid_id]:
                    why = f"is the reference of grid {point.grid_id!r}: no element of it limits a unit there"
                    yield unit, number, "/node", f"{point.node!r} {why}"

    def _references(self, grid_id: str) -> tuple[str, ...]:
        try:
            model = self.models_in_use(grid_id).get(grid_id)
        except UnknownGridError:
            return ()
        return () if model is None else model.unmoving_references()

    def all_remarks(self) -> Sequence[tuple[str, str, str]]:
        """TSOs, units and what is wrong with a connection point of each, in the assignments of all TSOs, as
        `remarks`."""
        found = []
        for owner in self._owners:
            with self._stores.of(owner).reading() as uow:
                assignment = resources.find(uow)
            found += [(owner, unit, fault) for unit, _, _, fault in self._misplaced(assignment)]
        return found

    def _misplaced(self, assignment: ResourceMap) -> Sequence[tuple[str, int, str, str]]:
        """Unit, number of its point, place in that and fault, of every point that no model in use has."""
        wanted = {point.grid_id for points in assignment.connections.values() for point in points}
        with self._stores.shared.reading() as shared:
            owners = grid_models.owners(shared)
        present = {name: owner for name, owner in owners.items() if self._stores.present([owner])}
        nodes = {name: self._nodes(present[name], name) for name in wanted & present.keys()}
        return [
            (unit, number, place, fault)
            for unit, points in sorted(assignment.connections.items())
            for number, point in enumerate(points)
            for place, fault in _unknown(point, present, nodes)
        ]

    def units_on_grid(self, caller: Tenant, grid_id: str) -> Sequence[UnitOnGrid]:
        """Units that TSOs have assigned to one of the caller's grids, by unit, each with what is wrong with
        its connection point in the newest model in use.

        Raises:
            UnknownGridError: the caller has no such grid.
        """
        with self._stores.shared.reading() as shared:
            if grid_models.owner(shared, grid_id) != caller.tenant_id:
                raise UnknownGridError(grid_id)
        owners, nodes = {grid_id: caller.tenant_id}, {grid_id: self._nodes(caller.tenant_id, grid_id)}
        return [
            UnitOnGrid(unit, point.node, point.factor, next((why for _, why in wrong), None))
            for unit, points in sorted(self.connections().items())
            for point in points
            if point.grid_id == grid_id
            for wrong in (_unknown(point, owners, nodes),)
        ]

    def remarks_on_grid(self, caller: Tenant, grid_id: str) -> Sequence[tuple[str, str]]:
        """Units, each with what is wrong, that TSOs have assigned to connection points of one of the caller's
        grids which its newest model in use does not have.

        Raises:
            UnknownGridError: the caller has no such grid.
        """
        placed = self.units_on_grid(caller, grid_id)
        return [(one.unit, one.remark) for one in placed if one.remark is not None]

    def models_in_use(self, grid_id: str | None = None) -> Mapping[str, ReducedGridModel]:
        """The newest model in use of one grid or of every one, by grid; a grid without one is left out.

        Raises:
            UnknownGridError: this grid is not registered.
        """
        with self._stores.shared.reading() as shared:
            owners = grid_models.owners(shared)
        if grid_id is not None and grid_id not in owners:
            raise UnknownGridError(grid_id)
        names = sorted(owners) if grid_id is None else [grid_id]
        present = set(self._stores.present({owners[name] for name in names}))
        models = {name: self._model(owners[name], name) for name in names if owners[name] in present}
        return {name: model for name, model in models.items() if model is not None}

    def _nodes(self, owner: str, grid_id: str) -> frozenset[str] | None:
        """Connection points of the model in use; None if there is no readable one."""
        model = self._model(owner, grid_id)
        return None if model is None else frozenset(model.connection_points)

    def _model(self, owner: str, grid_id: str) -> ReducedGridModel | None:
        """The newest model in use whose validity has not ended."""
        with self._stores.of(owner).reading() as uow:
            now = self._clock.now()
            used = (
                one
                for one in grid_models.listed(uow, grid_id)
                if one.withdrawn_at is None and one.validity.end > now
            )
            newest = next(used, None)
            payload = None if newest is None else grid_models.payload_of(uow, grid_id, newest.model_id)
        try:
            if newest is None or payload is None:
                return None
            return exchange.read_stored(payload, newest.sha256)
        except exchange.GridModelError:
            return None

    def find(self, caller: Tenant) -> ResourceMap:
        """The caller's own assignment."""
        with self._stores.of(caller.tenant_id).reading() as uow:
            return resources.find(uow)

    def assigned_by_others(self, caller: Tenant, names: Sequence[str]) -> set[str]:
        """Those units and resources that a TSO other than the caller has assigned."""
        assigned_names: set[str] = set()
        for owner in self._owners:
            if owner != caller.tenant_id:
                with self._stores.of(owner).reading() as uow:
                    assigned_names.update(resources.units_of(uow, names))
                    assigned_names.update(one.resource for one in compositions.of_resources(uow, names))
        return assigned_names

    def assigned(self, names: Iterable[str]) -> Assigned:
        """Assignments of these resources by any TSO; of two with the same, the first by name counts."""
        wanted = set(names)
        registered: dict[str, Mapping[str, float]] = {}
        composed: dict[str, Sequence[StoredComposition]] = {}
        for cache in self._assignments:
            for name, (shares, compositions_of) in cache.of(wanted).items():
                if shares is not None:
                    registered[name] = shares
                else:
                    composed[name] = compositions_of
                wanted.remove(name)
        return Assigned(registered, composed)

    def connections(self) -> Mapping[str, tuple[ConnectionPoint, ...]]:
        """Connection points of every unit of every TSO."""
        joint: dict[str, tuple[ConnectionPoint, ...]] = {}
        for owner in self._owners:
            with self._stores.of(owner).reading() as uow:
                joint.update(resources.find(uow).connections)
        return joint


def counted_beyond_all_power(assignment: ResourceMap) -> Sequence[ResourceFault]:
    """Units whose points in one grid count for more than all of their power together."""
    found = []
    for unit, points in sorted(assignment.connections.items()):
        places: dict[str, list[int]] = {}
        for number, point in enumerate(points):
            places.setdefault(point.grid_id, []).append(number)
        for grid_id, numbers in places.items():
            total = sum(points[number].factor for number in numbers)
            if len(numbers) > 1 and total > 1 + SHARE_TOLERANCE:
                where = ", ".join(points[number].node for number in numbers)
                fault = (
                    f"unit {unit!r} hangs on {where} of grid {grid_id!r} with factors that sum to {total:g}: "
                    "the grid counts more than all of its power"
                )
                found.append(ResourceFault(f"/connections/{_escaped(unit)}/{numbers[-1]}/factor", fault))
    return found


def _unknown(
    point: ConnectionPoint,
    owners: Mapping[str, str],
    nodes: Mapping[str, frozenset[str] | None],
) -> Iterator[tuple[str, str]]:
    """Where in a point and why it is unknown; nothing where it is known."""
    known = nodes.get(point.grid_id)
    if point.grid_id not in owners:
        yield "/grid_id", f"no grid is called {point.grid_id!r}"
    elif known is None:
        yield "/grid_id", f"grid {point.grid_id!r} has no model in use now or later"
    elif point.node not in known:
        yield "/node", f"the model of grid {point.grid_id!r} has no connection point {point.node!r}"


def _escaped(name: str) -> str:
    """A name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _read_assignments(uow: UnitOfWork, names: Collection[str]) -> Mapping[str, _OwnAssignments]:
    """The assignment of each resource in a store; registered shares win over compositions."""
    registered = resources.units_of(uow, names)
    composed = _connected(uow, set(names) - registered.keys())
    found: dict[str, _OwnAssignments] = {name: (shares, ()) for name, shares in registered.items()}
    return found | {name: (None, compositions_of) for name, compositions_of in composed.items()}


def _connected(uow: UnitOfWork, names: Iterable[str]) -> Mapping[str, Sequence[StoredComposition]]:
    """Compositions of those resources, without those naming a unit without a connection point."""
    found = compositions.of_resources(uow, names)
    hanging = resources.connected(uow, {unit for one in found for unit in one.units})
    composed: dict[str, list[StoredComposition]] = {}
    for one in found:
        if hanging.issuperset(one.units):
            composed.setdefault(one.resource, []).append(one)
    return composed
