"""A DSO: it sends reduced grid models, and learns what its own grid limited."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_tests.emulators.client import GatewayClient


@dataclass(frozen=True, slots=True)
class Limitation:
    """One element that limits one bid in one market time unit, as the gateway explains it to the owner.

    Attributes:
        cut_mw: how much of the bid the grid cannot carry.
        share: this element's part of the limitation.
    """

    bid_id: str
    mtu: int
    cut_mw: float
    grid_id: str
    element_id: str
    share: float


class DsoEmulator:
    """One distribution system operator."""

    def __init__(self, client: GatewayClient) -> None:
        self._client = client

    def send_model(self, grid_id: str, model: bytes) -> None:
        """Put a reduced grid model (JSON) into use."""
        self._client.request(
            "PUT",
            f"/v1/grids/{grid_id}/models",
            content=model,
            headers={"Content-Type": "application/json"},
        )

    def limitations(self, run_id: str) -> Sequence[Limitation]:
        """Limitations by its own elements in a run."""
        found = self._client.get(f"/v1/runs/{run_id}/explanations")["explanations"]
        return [
            Limitation(
                bid_id=row["bid_id"],
                mtu=row["mtu"],
                cut_mw=row["cut_mw"],
                grid_id=row["grid_id"],
                element_id=row["element_id"],
                share=row["share"],
            )
            for row in found
            if row["withheld_because"] is None
        ]
