"""Technical units: their connection points, and which of them deliver an aggregated bid."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SHARE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, order=True)
class ConnectionPoint:
    """A place where a unit's power enters a grid.

    A unit may be connected to several grids (its DSO's, the upstream DSO's, the TSO's). `factor`: how much of
    each MW it delivers appears at this node: 1 at its own node, less behind losses or a split feed.
    """

    grid_id: str
    node: str
    factor: float = 1.0


class UnknownResourceError(LookupError):
    """Neither a connection point nor the units of this resource are known."""

    def __init__(self, resource: str, message: str) -> None:
        super().__init__(message)
        self.resource = resource


@dataclass(frozen=True, slots=True)
class ResourceMap:
    """One assignment across all markets: units to connection points, resources to units.

    Attributes:
        connections: connection points of each technical unit.
        participation: for a resource that is bid as one but consists of several units: the share of each
            unit. Shares of one resource sum to 1.
    """

    connections: Mapping[str, tuple[ConnectionPoint, ...]] = field(default_factory=dict)
    participation: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for resource, shares in self.participation.items():
            if abs(sum(shares.values()) - 1.0) > SHARE_TOLERANCE:
                raise ValueError(f"shares of {resource} sum to {sum(shares.values()):.6g}, not 1")
            for unit in shares:
                if unit not in self.connections:
                    raise UnknownResourceError(
                        unit, f"unit {unit} of resource {resource} has no connection point"
                    )

    def units_of(self, resource: str) -> Mapping[str, float]:
        """The units behind a bid's resource and the share each delivers; shares sum to 1.

        Raises:
            UnknownResourceError: neither a unit nor an aggregated resource; never guessed at.
        """
        if resource in self.participation:
            return self.participation[resource]
        if resource in self.connections:
            return {resource: 1.0}
        raise UnknownResourceError(resource, f"resource {resource} is not mapped to any connection point")
