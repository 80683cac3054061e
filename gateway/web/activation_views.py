"""Activations, as the interface shows them."""

from datetime import datetime

from pydantic import BaseModel, Field

from gateway.processes.activated import GateActivations
from gateway.web.run_views import direction_name


class ActivationView(BaseModel):
    """What of one bid was activated, from `start` to `end`, as its platform reported it."""

    platform: str
    bid_id: str
    direction: str = Field(examples=["up"])
    start: datetime
    end: datetime
    direct: bool = Field(description="Directly: it delivers in the market time unit after it, too.")
    quantity_mw: float = Field(description="0: it was not activated, or is not any more.")
    created_at: datetime = Field(description="`createdDateTime` of the document that says so.")


class ActivationList(BaseModel):
    """What was activated of the bids of a gate, by platform, bid and time."""

    gate_id: str
    untold: list[str] = Field(
        description="Platforms that have not reported activations for all of the delivery: what is not "
        "listed of their bids is not known."
    )
    activations: list[ActivationView]


def activation_list(gate_id: str, found: GateActivations) -> ActivationList:
    """What was activated, as shown."""
    return ActivationList(
        gate_id=gate_id,
        untold=list(found.unreported),
        activations=[
            ActivationView(
                platform=one.platform,
                bid_id=one.bid_id,
                direction=direction_name(one.direction),
                start=one.start,
                end=one.end,
                direct=one.direct,
                quantity_mw=one.quantity_mw,
                created_at=one.created_at,
            )
            for one in found.reported
        ],
    )
