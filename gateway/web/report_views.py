"""Reports on a run as the interface shows them: whom limits hit, and what failures would overload."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gateway.domain.bid import Direction
from gateway.domain.result import GridGapCause, GridGapConsequence, GroupedBy, Side


class ShortageView(BaseModel):
    """Demand of one list that is not met in one market time unit."""

    model_config = ConfigDict(from_attributes=True)

    mtu: int = Field(description="The market time unit, from 0.")
    list_name: str = Field(
        description="Bidding zone, product and direction of the list.", examples=["10YNO-1--------2 A01 up"]
    )
    direction: str = Field(examples=["up"])
    mw: float
    anyway_mw: float = Field(
        description="What of it would be missing without any grid, too, as if every bid could be divided."
    )

    @field_validator("direction", mode="before")
    @classmethod
    def _named(cls, direction: int) -> str:
        return Direction(direction).name.lower()


class LimitedShareView(BaseModel):
    """How limits hit one provider or platform, against its part of the market."""

    by: GroupedBy
    name: str = Field(description="Code of the provider, empty for bids that name none; or the platform.")
    wanted_mwh: float = Field(
        description="What the merit order takes, as if there were no grid; in a safe merit order the offer."
    )
    limited_mwh: float = Field(
        description="What limits take away of the whole offer, also beyond what any demand needs: in exact "
        "lists a limited bid of 10 MW of which 4 MW are available counts with 6 MW, whatever the demand; and "
        "bids count that only come into question because limits keep cheaper ones back."
    )
    limited_wanted_mwh: float = Field(
        description="The part of `limited_mwh` by which less than `wanted_mwh` is available: in exact lists "
        "what the stated demand would take by price alone and limits keep back; in a safe merit order all "
        "of it."
    )
    share_of_wanted: float
    share_of_limited: float = Field(
        description="Of `limited_mwh`. Far above its share of the wanted volume: worth a look."
    )


class WithheldVolumeView(BaseModel):
    """What is kept back of one provider's bids for one reason."""

    provider: str = Field(description="Code of the provider, empty for bids that name none.")
    grid_id: str = Field(description="The grid that limits them most; empty where no grid does.")
    reason: str = Field(description="Code of the reason.")
    contracted: bool = Field(description="Whether the bids fill contracted capacity.")
    against_merit: bool = Field(
        description="Passed over in exact lists: a dearer bid of the list is taken, or demand is left."
    )
    mwh: float = Field(description="What of the whole offer is kept back, also beyond what a demand needs.")


class GridGapView(BaseModel):
    """A grid looked at with an old model or not at all, and what is offered behind it."""

    name: str = Field(description="The grid, or an operator from whom there is no model of any grid.")
    cause: GridGapCause
    consequence: GridGapConsequence = Field(
        description="What was done: withheld, unless the grid's operator agreed otherwise."
    )
    bids: int
    offered_mwh: float
    share_of_offered: float = Field(description="Of everything offered at the gate.")


class FairnessView(BaseModel):
    """Whom limits hit, and which grids were looked at with an old model or not at all."""

    run_id: str
    gate_id: str
    shares: list[LimitedShareView]
    withheld: list[WithheldVolumeView] = Field(description="The largest first.")
    grid_gaps: list[GridGapView]


class FailingBidView(BaseModel):
    """A bid whose failure to deliver would, alone, overload something; the worst it would do."""

    platform: str
    bid_id: str
    units: int = Field(description="Market time units in which it would.")
    mtu: int
    grid_id: str
    element_id: str
    side: Side
    operating_point: str
    overload_mw: float


class NonDeliveryView(BaseModel):
    """What the failure of single bids would overload, the worst first."""

    run_id: str
    gate_id: str
    assessed: bool = Field(description="Whether it was looked at.")
    bids: list[FailingBidView]
