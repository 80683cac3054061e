"""A TSO: it states connection points of technical units and its demands."""

from collections.abc import Mapping, Sequence

from contract_tests.emulators.client import GatewayClient


class TsoEmulator:
    """One transmission system operator."""

    def __init__(self, client: GatewayClient) -> None:
        self._client = client

    def assign(
        self, locations: Mapping[str, tuple[str, str]], pools: Mapping[str, Mapping[str, float]]
    ) -> None:
        """Assign technical units to connection points, and pools to their units.

        Args:
            locations: (grid, node) of every unit.
            pools: share of each unit in resources that are bid as one.
        """
        connections = {
            unit: [{"grid_id": grid, "node": node}] for unit, (grid, node) in sorted(locations.items())
        }
        participation = {resource: dict(shares) for resource, shares in sorted(pools.items())}
        self._client.put("/v1/resources", {"connections": connections, "participation": participation})

    def demand(self, gate_id: str, up_mw: Sequence[float], down_mw: Sequence[float]) -> None:
        """State the demand per market time unit of a gate."""
        self._client.put(f"/v1/gates/{gate_id}/demand", {"up_mw": list(up_mw), "down_mw": list(down_mw)})
