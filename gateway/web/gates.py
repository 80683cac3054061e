"""Gates: create, see, close, and state what is needed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemError, ProblemResponse, ProblemType, documented
from gateway.domain.bounds import MAX_DEMAND_MW
from gateway.domain.gate import Gate, GateState, GateTermError
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.records.market.demands import Demand
from gateway.records.market.gates import GateStatus
from gateway.security.permissions import ForbiddenError, Operation
from gateway.web.dependencies import Dependencies, WebDependencies
from gateway.web.gate_versions import TAGGED, IfMatch, tag, versions_of
from gateway.web.gate_views import EXAMPLE, GateDefinition, GateList, GateView, shown

router = APIRouter(prefix="/v1/gates", tags=["gates"], route_class=PermittedRoute)

GateId = Annotated[str, Path(description="Name of the gate.")]

_COMMON = (ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN)
_CHANGES = (*_COMMON, ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.STALE)

Demanded = Annotated[float, Field(strict=True, ge=0, le=MAX_DEMAND_MW, allow_inf_nan=False)]


class DemandStatement(BaseModel):
    """What a system operator needs, MW per market time unit of the gate."""

    model_config = ConfigDict(extra="forbid")

    up_mw: list[Demanded] = Field(description="More injection.", examples=[[10.0, 12.5, 12.5, 8.0]])
    down_mw: list[Demanded] = Field(description="Less injection.", examples=[[0.0, 0.0, 3.0, 3.0]])
    zone: str = Field(
        default="",
        max_length=18,
        description="Bidding zone of the lists it is for; better named. Empty: that of the gate, if it names "
        "one; otherwise bids of all zones meet it, in one list. Of a gate all demands name a zone, or none "
        "does: 409 names the other.",
        examples=["10YNO-1--------2"],
    )
    product: str = Field(
        default="",
        max_length=3,
        description="Product of the lists it is for, without the kind of activation (A05, A06 and "
        "A07 are in the lists of A01). Empty: as with zones, among the demands for its zone.",
        examples=["A01"],
    )


class DemandView(DemandStatement):
    """What was stated, by whom and when."""

    gate_id: str
    system_operator: str
    stated_at: datetime
    remarks: list[str] = Field(
        description="What is odd about it while the gate is open, e.g. that the gate has no bids in its zone."
    )


class DemandList(BaseModel):
    """What was stated, by system operator, zone and product."""

    demands: list[DemandView]


@router.post(
    "",
    operation_id="createGate",
    summary="Create a gate",
    status_code=201,
    responses={
        201: {
            "headers": {
                "Location": {"description": "The gate.", "schema": {"type": "string"}},
                **TAGGED["headers"],
            }
        },
        **documented(*_COMMON, ProblemType.CONFLICT, ProblemType.INVALID),
    },
)
def create(
    granted: Annotated[Granted, permit(Operation.CREATE_GATE)],
    dependencies: Dependencies,
    definition: Annotated[GateDefinition, Body(examples=[EXAMPLE])],
    response: Response,
) -> GateView:
    """It opens, closes, runs and publishes by its own times. A second gate for the same bids is refused, and
    the first is named if you may see it. A gate as it is shown may be sent back, under another `gate_id` and
    with other times: what is shown beside its terms (`state`, `version`, `remarks`, …) is ignored."""
    gate = _gate(definition)
    _require_operated(gate.market, granted)
    status = dependencies.gates.create(gate, granted.tenant)
    response.headers["Location"] = f"{router.prefix}/{gate.gate_id}"
    return _tagged(dependencies, status, granted.tenant, response)


@router.put(
    "/{gate_id}",
    operation_id="amendGate",
    summary="Amend an open gate",
    responses={
        200: TAGGED,
        **documented(*_CHANGES, ProblemType.INVALID),
    },
)
def amend(
    granted: Annotated[Granted, permit(Operation.AMEND_GATE)],
    dependencies: Dependencies,
    gate_id: GateId,
    definition: GateDefinition,
    *,
    response: Response,
    if_match: IfMatch = None,
) -> GateView:
    """New terms, whole, in place of the old; participants get a GateNotice of those that concern them. Bids,
    demands and platforms that have closed stay. Process, delivery, market time unit, currency, least bid,
    zones, domains and products cannot change, because bids were taken on them (409 names those that would);
    platforms can join, not leave. The terms that it has change nothing. What is shown of a gate beside its
    terms is ignored."""
    if definition.gate_id != gate_id:
        message = f"the body names gate {definition.gate_id!r}, not {gate_id!r}"
        raise ProblemResponse(
            ProblemType.INVALID, message, errors=[ProblemError(pointer="/gate_id", detail=message)]
        )
    dependencies.gates.find(gate_id, granted.tenant)
    gate = _gate(definition)
    _require_operated(gate.market, granted)
    amended = dependencies.gates.amend(gate, versions_of(if_match), granted.tenant)
    return _tagged(dependencies, amended, granted.tenant, response)


@router.post(
    "/{gate_id}/cancel",
    operation_id="cancelGate",
    summary="Cancel a gate",
    responses={200: TAGGED, **documented(*_CHANGES)},
)
def cancel(
    granted: Annotated[Granted, permit(Operation.CANCEL_GATE)],
    dependencies: Dependencies,
    gate_id: GateId,
    response: Response,
    if_match: IfMatch = None,
) -> GateView:
    """Until it is decided; a published one is run again instead. Nothing is published, participants get a
    GateNotice, and the delivery is free for another gate, to which bids are sent in documents of a new mRID
    or a higher revision: the same document again has no second effect. Cancelling what is cancelled changes
    nothing."""
    dependencies.gates.find(gate_id, granted.tenant)
    cancelled = dependencies.gates.cancel(gate_id, versions_of(if_match))
    return _tagged(dependencies, cancelled, granted.tenant, response)


@router.get(
    "",
    operation_id="listGates",
    summary="List gates",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND, ProblemType.INVALID),
)
def listed(
    granted: Annotated[Granted, permit(Operation.READ_GATE)],
    dependencies: Dependencies,
    after: Annotated[str | None, Query(description="Only gates that follow this one in the list.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most this many.")] = 100,
) -> GateList:
    """Gates in which you take part; the operator sees all."""
    found = dependencies.gates.listed(granted.tenant, after, limit)
    return GateList(
        gates=[_seen(dependencies, status, granted.tenant) for status in found],
        next=found[-1].gate.gate_id if len(found) == limit else None,
    )


@router.get(
    "/{gate_id}",
    operation_id="getGate",
    summary="See a gate",
    responses={200: TAGGED, **documented(*_COMMON, ProblemType.NOT_FOUND)},
)
def get(
    granted: Annotated[Granted, permit(Operation.READ_GATE)],
    dependencies: Dependencies,
    gate_id: GateId,
    response: Response,
) -> GateView:
    """Its state, its times, and which participants are still waited for."""
    return _tagged(dependencies, dependencies.gates.find(gate_id, granted.tenant), granted.tenant, response)


@router.post(
    "/{gate_id}/close",
    operation_id="closeGate",
    summary="Close a gate, or your part of it",
    responses={200: TAGGED, **documented(*_CHANGES)},
)
def close(
    granted: Annotated[Granted, permit(Operation.CLOSE_OWN_PART, Operation.CLOSE_GATE)],
    dependencies: Dependencies,
    gate_id: GateId,
    response: Response,
    if_match: IfMatch = None,
) -> GateView:
    """A platform says that it has sent everything; the gate closes with the last of them. The operator closes
    it now. Closing what is closed changes nothing."""
    closed = dependencies.gates.close(gate_id, granted.tenant, versions_of(if_match))
    return _tagged(dependencies, closed, granted.tenant, response)


@router.put(
    "/{gate_id}/demand",
    operation_id="putDemand",
    summary="State the demand",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.INVALID),
)
def put_demand(
    granted: Annotated[Granted, permit(Operation.PUT_DEMAND)],
    dependencies: Dependencies,
    gate_id: GateId,
    demand: DemandStatement,
) -> DemandView:
    """Replaces what you stated before for the same zone and product, until the gate closes. Demands of
    several system operators add up. One without a zone beside one with a zone is refused with 409, because it
    could be a part of it or more; so for products. Read the `remarks`: a zone without bids is a demand that
    no bid meets."""
    stated = dependencies.demands.state(
        gate_id,
        granted.tenant,
        demand.up_mw,
        demand.down_mw,
        zone=demand.zone,
        product=demand.product,
    )
    return _stated(dependencies, granted.tenant.tenant_id, stated, gate_is_open=True)


@router.delete(
    "/{gate_id}/demand",
    operation_id="takeBackDemand",
    summary="Take back a demand",
    status_code=204,
    responses=documented(*_COMMON, ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.INVALID),
)
def withdraw_demand(
    granted: Annotated[Granted, permit(Operation.PUT_DEMAND)],
    dependencies: Dependencies,
    gate_id: GateId,
    zone: Annotated[str, Query(max_length=18, description="As it was stated; left out if it was.")] = "",
    product: Annotated[str, Query(max_length=3, description="As it was stated; left out if it was.")] = "",
) -> None:
    """What you stated with this zone and product counts no more. Possible until the gate closes."""
    dependencies.demands.withdraw(gate_id, granted.tenant, zone=zone, product=product)


@router.get(
    "/{gate_id}/demand",
    operation_id="getDemand",
    summary="See the demand",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND),
)
def get_demand(
    granted: Annotated[Granted, permit(Operation.READ_DEMAND)], dependencies: Dependencies, gate_id: GateId
) -> DemandList:
    """What you yourself stated; for the operator, what every system operator stated."""
    is_open = dependencies.gates.find(gate_id, granted.tenant).state is GateState.OPEN
    stated = dependencies.demands.stated(gate_id, granted.tenant)
    return DemandList(
        demands=[_stated(dependencies, name, one, gate_is_open=is_open) for name, one in stated]
    )


def _seen(dependencies: WebDependencies, status: GateStatus, caller: Tenant) -> GateView:
    return shown(status, caller, dependencies.gates.remarks(status))


def _tagged(
    dependencies: WebDependencies, status: GateStatus, caller: Tenant, response: Response
) -> GateView:
    tag(response, status.version)
    return _seen(dependencies, status, caller)


def _require_operated(market: str, granted: Granted) -> None:
    """Return if the caller operates a market.

    Raises:
        ForbiddenError: it operates others.
    """
    if not granted.tenant.is_in(market, TenantRole.OPERATOR):
        raise ForbiddenError(f"your role does not operate market {market!r}")


def _gate(definition: GateDefinition) -> Gate:
    try:
        return definition.gate()
    except GateTermError as error:
        fault = ProblemError(pointer=f"/{error.term}", detail=str(error))
        raise ProblemResponse(ProblemType.INVALID, str(error), errors=[fault]) from error


def _stated(
    dependencies: Dependencies, system_operator: str, demand: Demand, *, gate_is_open: bool
) -> DemandView:
    remarks = []
    if gate_is_open and (open_parts := [part for part in ("zone", "product") if not getattr(demand, part)]):
        remarks = [
            f"it names no {' and no '.join(open_parts)}: bids of any may meet it; better name what is meant"
        ]
    if gate_is_open and demand.zone and not dependencies.demands.has_bids_in(demand.gate_id, demand.zone):
        remarks.append(
            f"the gate has no bids in zone {demand.zone!r} yet; without any, no bid meets this demand"
        )
    return DemandView(
        gate_id=demand.gate_id,
        system_operator=system_operator,
        stated_at=demand.stated_at,
        up_mw=demand.up_mw.tolist(),
        down_mw=demand.down_mw.tolist(),
        zone=demand.zone,
        product=demand.product,
        remarks=remarks,
    )
