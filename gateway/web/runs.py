"""Runs of gates and their results; everybody sees its own part."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemError, ProblemResponse, ProblemType, documented
from gateway.domain.counted import counted
from gateway.domain.result import Rung
from gateway.domain.tenant import Tenant
from gateway.security.permissions import Operation
from gateway.web.activation_views import ActivationList, activation_list
from gateway.web.dependencies import Dependencies, WebDependencies
from gateway.web.gate_versions import IfMatch, versions_of
from gateway.web.gate_views import Duration
from gateway.web.gates import GateId
from gateway.web.report_views import (
    FailingBidView,
    FairnessView,
    GridGapView,
    LimitedShareView,
    NonDeliveryView,
    WithheldVolumeView,
)
from gateway.web.run_views import (
    AvailabilityView,
    ChangeList,
    ExplanationList,
    MeritOrderView,
    RunList,
    RunView,
    availability_row,
    bid_change,
    merit_order_step,
    run_view,
)
from gateway.web.streams import json_stream

router = APIRouter(prefix="/v1", tags=["runs"], route_class=PermittedRoute)

RunId = Annotated[str, Path(description="Id of the run.")]


class RunTerms(BaseModel):
    """How a further run differs from the gate's terms."""

    model_config = ConfigDict(extra="forbid")

    budget: Duration | None = Field(
        default=None, description="What the optimiser may take in this run; null: the budget of the gate."
    )


def _head(dependencies: WebDependencies, run_id: str, caller: Tenant) -> dict[str, Any]:
    """What a list begins with, an `OfRun`."""
    gate, figures = (
        dependencies.results.gate_of(run_id, caller),
        dependencies.results.run(run_id, caller).figures,
    )
    starts = [gate.units.start_of(number) for number in range(len(gate.units))]
    return {
        "run_id": run_id,
        "gate_id": gate.gate_id,
        "mtu_starts": starts,
        "rung": Rung.NOT_ASSESSED if figures is None else figures.rung,
        "gap": None if figures is None else figures.gap,
        "cut_short": figures is not None and figures.cut_short,
    }


_COMMON = (ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND)


@router.get(
    "/gates/{gate_id}/runs", operation_id="listRuns", summary="List runs", responses=documented(*_COMMON)
)
def listed(
    granted: Annotated[Granted, permit(Operation.LIST_RUNS)], dependencies: Dependencies, gate_id: GateId
) -> RunList:
    """Runs of a gate in their order, once it has closed. The last published one supersedes those before."""
    return RunList(runs=[run_view(run) for run in dependencies.results.runs(gate_id, granted.tenant)])


@router.post(
    "/gates/{gate_id}/runs",
    operation_id="runAgain",
    summary="Run a published gate again",
    status_code=202,
    responses={
        202: {"headers": {"Location": {"description": "The run.", "schema": {"type": "string"}}}},
        **documented(*_COMMON, ProblemType.CONFLICT, ProblemType.STALE, ProblemType.INVALID),
    },
)
def run_again(
    granted: Annotated[Granted, permit(Operation.RERUN_GATE)],
    dependencies: Dependencies,
    gate_id: GateId,
    response: Response,
    *,
    terms: RunTerms | None = None,
    if_match: IfMatch = None,
) -> RunView:
    """On the grid models and assignments of now; bids and demands stay. It supersedes the runs before, and
    every participant gets the new result: documents keep their mRID, and their revision is the number of the
    run. Market time units that are in preparation before it has to be published stay as they were decided;
    409 if all are. The body may be left out; it gives the run a `budget` of its own, and with a larger one so
    much more time until it has to be published. It supersedes also where it comes out worse on the same
    input; then a note of its figures says by how much."""
    budget = None if terms is None else terms.budget
    dependencies.gates.find(gate_id, granted.tenant)
    run = dependencies.gates.run_again(gate_id, versions_of(if_match), budget)
    response.headers["Location"] = f"{router.prefix}/runs/{run.run_id}"
    return run_view(dependencies.results.run(run.run_id, granted.tenant))


@router.get(
    "/gates/{gate_id}/activations",
    operation_id="listActivations",
    summary="Read what was activated of a gate",
    responses=documented(*_COMMON),
)
def activated(
    granted: Annotated[Granted, permit(Operation.READ_ACTIVATIONS)],
    dependencies: Dependencies,
    gate_id: GateId,
) -> ActivationList:
    """What platforms reported by Activation documents of its delivery. A platform sees its own bids, the
    gate's TSOs and the operator all."""
    return activation_list(gate_id, dependencies.results.activations(gate_id, granted.tenant))


@router.get("/runs/{run_id}", operation_id="getRun", summary="See a run", responses=documented(*_COMMON))
def get(
    granted: Annotated[Granted, permit(Operation.READ_RUN)], dependencies: Dependencies, run_id: RunId
) -> RunView:
    """Its figures: all for the gate's TSOs and the operator; for others what concerns themselves."""
    return run_view(dependencies.results.run(run_id, granted.tenant))


@router.get(
    "/runs/{run_id}/merit-order",
    operation_id="getMeritOrder",
    response_model=MeritOrderView,
    summary="Read the merit order",
    responses=documented(*_COMMON, ProblemType.NOT_READY, ProblemType.INVALID),
)
def merit_order(
    granted: Annotated[Granted, permit(Operation.READ_MERIT_ORDER)],
    dependencies: Dependencies,
    request: Request,
    run_id: RunId,
    mtu: Annotated[int | None, Query(ge=0, description="Only this market time unit, from 0.")] = None,
) -> Response:
    """The grid-checked merit order of all platforms."""
    gate = dependencies.results.gate_of(run_id, granted.tenant)
    units = len(gate.units)
    if mtu is not None and mtu >= units:
        message = f"the gate has {counted(units, 'market time unit')}, numbered from 0"
        raise ProblemResponse(
            ProblemType.INVALID, message, errors=[ProblemError(pointer="query/mtu", detail=message)]
        )
    steps = map(merit_order_step, dependencies.results.merit_order(run_id, granted.tenant, mtu))
    return json_stream(request, _head(dependencies, run_id, granted.tenant), "steps", steps)


@router.get(
    "/runs/{run_id}/availability",
    operation_id="getAvailability",
    response_model=AvailabilityView,
    summary="Read what of which bid is available",
    responses=documented(*_COMMON, ProblemType.NOT_READY),
)
def availability(
    granted: Annotated[Granted, permit(Operation.READ_AVAILABILITY)],
    dependencies: Dependencies,
    request: Request,
    run_id: RunId,
) -> Response:
    """A platform sees its own bids, the gate's TSOs and the operator all: those of which nothing is left,
    too, which no merit order has."""
    found = dependencies.results.availability(run_id, granted.tenant)
    rows = (availability_row(platform, row) for platform, bids in found.items() for row in bids)
    return json_stream(request, _head(dependencies, run_id, granted.tenant), "bids", rows)


@router.get(
    "/runs/{run_id}/changes",
    operation_id="getChanges",
    response_model=ChangeList,
    summary="Read what a run changed",
    responses=documented(*_COMMON, ProblemType.NOT_READY),
)
def changes(
    granted: Annotated[Granted, permit(Operation.READ_AVAILABILITY)],
    dependencies: Dependencies,
    request: Request,
    run_id: RunId,
    since: Annotated[
        str | None,
        Query(max_length=64, description="A run of the same gate; left out, the last published one before."),
    ] = None,
) -> Response:
    """Bids of which more or less is available than by a run before. A platform sees its own bids, the gate's
    TSOs and the operator all; 404 where there is no run to compare with."""
    before, found = dependencies.results.changes(run_id, since, granted.tenant)
    head = _head(dependencies, run_id, granted.tenant) | {"since": before.run_id}
    return json_stream(request, head, "bids", map(bid_change, found))


@router.get(
    "/runs/{run_id}/explanations",
    operation_id="getExplanations",
    response_model=ExplanationList,
    summary="Read why bids were limited",
    responses=documented(*_COMMON, ProblemType.NOT_READY),
)
def explanations(
    granted: Annotated[Granted, permit(Operation.READ_EXPLANATIONS)],
    dependencies: Dependencies,
    request: Request,
    run_id: RunId,
) -> Response:
    """A grid operator sees what its own elements limited; the gate's TSOs and the operator of the gateway
    see everything, elements by the names that their models have, and bids behind grids that no grid operator
    of the gate has."""
    found = dependencies.results.explanations(run_id, granted.tenant)
    return json_stream(request, _head(dependencies, run_id, granted.tenant), "explanations", found)


@router.get(
    "/runs/{run_id}/fairness",
    operation_id="getFairness",
    summary="Read whom limits hit",
    responses=documented(*_COMMON, ProblemType.NOT_READY),
)
def fairness(
    granted: Annotated[Granted, permit(Operation.READ_REPORTS)], dependencies: Dependencies, run_id: RunId
) -> FairnessView:
    """What limits take from each provider and platform, beside its part of the merit order; in a safe
    merit order, beside its part of the offer."""
    found = dependencies.results.limited_shares(run_id, granted.tenant)
    withheld_volumes = dependencies.results.withheld(run_id, granted.tenant)
    gaps = dependencies.results.grid_gaps(run_id, granted.tenant)
    return FairnessView(
        run_id=run_id,
        gate_id=dependencies.results.gate_of(run_id, granted.tenant).gate_id,
        shares=[LimitedShareView.model_validate(row, from_attributes=True) for row in found],
        withheld=[WithheldVolumeView.model_validate(row, from_attributes=True) for row in withheld_volumes],
        grid_gaps=[GridGapView.model_validate(row, from_attributes=True) for row in gaps],
    )


@router.get(
    "/runs/{run_id}/non-delivery",
    operation_id="getNonDelivery",
    summary="Read what a failing bid would overload",
    responses=documented(*_COMMON, ProblemType.NOT_READY),
)
def non_delivery(
    granted: Annotated[Granted, permit(Operation.READ_REPORTS)], dependencies: Dependencies, run_id: RunId
) -> NonDeliveryView:
    """Every bid whose failure would, alone, overload something; in a safe merit order, in some activation.
    Not looked at where that would have put the publication at risk."""
    found = dependencies.results.failing_bids(run_id, granted.tenant)
    run = dependencies.results.run(run_id, granted.tenant)
    return NonDeliveryView(
        run_id=run_id,
        gate_id=run.gate_id,
        assessed=run.figures is not None and run.figures.failing_bids is not None,
        bids=[FailingBidView.model_validate(row, from_attributes=True) for row in found],
    )
