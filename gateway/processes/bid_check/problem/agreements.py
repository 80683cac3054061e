"""Bids that a grid cannot check: withheld, unless the grid's operator agreed.

The agreement is the operator's own (`Tenant.passes_unchecked`), so it concerns its own grids only: a bid
behind the grids of several operators is passed on only if all of them agreed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.domain.resource import ConnectionPoint
from gateway.domain.result import GridGapConsequence
from gateway.domain.tenant import Tenant
from gateway.records.engine.stores import Stores
from gateway.records.market import grid_models


@dataclass(frozen=True, slots=True)
class Agreements:
    """Whose bids pass unchecked.

    Attributes:
        owners: operator of each registered grid.
        connections: connection points of each unit.
    """

    owners: Mapping[str, str]
    tenants: Mapping[str, Tenant]
    connections: Mapping[str, tuple[ConnectionPoint, ...]]

    @classmethod
    def read(
        cls,
        stores: Stores,
        tenants: Mapping[str, Tenant],
        connections: Mapping[str, tuple[ConnectionPoint, ...]],
    ) -> "Agreements":
        """Read the current agreements."""
        with stores.shared.reading() as shared:
            return cls(grid_models.owners(shared), tenants, connections)

    def passes(self, grid_id: str) -> bool:
        """Whether the operator of a grid agreed to pass on bids that the grid cannot check."""
        return self.agreed(self.owners.get(grid_id, ""))

    def agreed(self, operator: str) -> bool:
        """Whether this grid operator does."""
        tenant = self.tenants.get(operator)
        return tenant is not None and tenant.passes_unchecked

    def pass_units(self, units: Iterable[str]) -> bool:
        """Whether all operators behind these units agreed; no operator can for a unit without a connection
        point."""
        points = [self.connections.get(unit, ()) for unit in units]
        return all(own and all(self.passes(point.grid_id) for point in own) for own in points)

    def consequence(self, name: str) -> GridGapConsequence:
        """The agreement on bids behind a grid, or the grids of an operator, without a usable model."""
        passed = self.passes(name) or self.agreed(name)
        return GridGapConsequence.PASSED_UNCHECKED if passed else GridGapConsequence.WITHHELD
