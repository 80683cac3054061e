"""A platform's own bids as they are held for a gate: what the gate would decide if it closed now."""

from datetime import UTC, datetime
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemType, documented
from gateway.records.market.bids import CollectedBid
from gateway.security.permissions import Operation
from gateway.web.dependencies import Dependencies
from gateway.web.gates import GateId
from gateway.web.run_views import direction_name

router = APIRouter(prefix="/v1/gates", tags=["gates"], route_class=PermittedRoute)


class HeldPointView(BaseModel):
    """What a bid offers from `start` to `end`."""

    start: datetime
    end: datetime
    quantity_mw: float
    minimum_mw: float | None = Field(description="Null where the bid states none.")
    energy_price: float | None = Field(description="Per MWh, in the gate's currency.")
    capacity_price: float | None = Field(description="Per MW.")


class HeldBidView(BaseModel):
    """One bid as it is held, from the last document that changed it."""

    bid_id: str
    document_id: str = Field(description="The document that brought it: see `/v1/documents/{document_id}`.")
    document_mrid: str
    document_revision: int
    direction: str = Field(examples=["up"])
    divisible: bool
    points: list[HeldPointView]


class HeldBidList(BaseModel):
    """Your own bids of a gate, by their ids."""

    gate_id: str
    bids: list[HeldBidView]
    next: str | None = Field(default=None, description="Ask for more `after` this; nothing at the end.")


@router.get(
    "/{gate_id}/bids",
    operation_id="listHeldBids",
    summary="List the bids held for a gate",
    responses=documented(
        ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND, ProblemType.INVALID
    ),
)
def held(
    granted: Annotated[Granted, permit(Operation.READ_HELD_BIDS)],
    dependencies: Dependencies,
    gate_id: GateId,
    after: Annotated[str, Query(max_length=60, description="Only bids whose ids follow this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="At most this many.")] = 100,
) -> HeldBidList:
    """Your own bids as the gate holds them now, after every replacement and withdrawal; of a gate that has
    closed, those that it decided. Cancelled bids are left out. No other participant sees them before the
    run."""
    found = dependencies.results.held_bids(gate_id, granted.tenant, after, limit)
    return HeldBidList(
        gate_id=gate_id,
        bids=[_shown(bid) for bid in found if (bid.quantity_mw > 0).any()],
        next=found[-1].bid_id if len(found) == limit else None,
    )


def _shown(bid: CollectedBid) -> HeldBidView:
    none = np.full(bid.quantity_mw.size, np.nan)
    capacity_price = none if bid.capacity_price is None else bid.capacity_price
    columns = (bid.start_s, bid.end_s, bid.quantity_mw, bid.minimum_mw, bid.energy_price, capacity_price)
    return HeldBidView(
        bid_id=bid.bid_id,
        document_id=bid.document_id,
        document_mrid=bid.document.mrid,
        document_revision=bid.document.revision,
        direction=direction_name(bid.direction),
        divisible=bid.divisible,
        points=[
            HeldPointView(
                start=datetime.fromtimestamp(start_s, UTC),
                end=datetime.fromtimestamp(end_s, UTC),
                quantity_mw=quantity,
                minimum_mw=_stated(minimum),
                energy_price=_stated(price),
                capacity_price=_stated(capacity),
            )
            for start_s, end_s, quantity, minimum, price, capacity in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ],
    )


def _stated(number: float) -> float | None:
    return None if np.isnan(number) else number
