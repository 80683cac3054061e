"""Connection points of technical units, and the units of aggregated resources."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.body import JSON, Body, body_of_type, request_body
from adapters.kit.http.problems import ProblemType, documented
from gateway.domain.resource import ResourceMap
from gateway.processes.resource_files import (
    point_lines,
    read_changes,
    read_csv,
    read_csv_changes,
    read_json,
    write_json,
)
from gateway.processes.resources import counted_beyond_all_power
from gateway.security.permissions import Operation
from gateway.web.dependencies import Dependencies, WebDependencies

CSV: Final = "text/csv"

_FAILS: Final = documented(
    ProblemType.UNAUTHENTICATED,
    ProblemType.FORBIDDEN,
    ProblemType.CONFLICT,
    ProblemType.TOO_LARGE,
    ProblemType.UNSUPPORTED_MEDIA_TYPE,
    ProblemType.INVALID,
)

router = APIRouter(prefix="/v1/resources", tags=["resources"], route_class=PermittedRoute)


class ConnectionPointView(BaseModel):
    """A place where a unit's power enters a grid."""

    grid_id: str
    node: str
    factor: float = Field(default=1.0, description="MW at this node per MW of the unit.")


class AssignmentView(BaseModel):
    """The whole assignment of one system operator."""

    connections: dict[str, list[ConnectionPointView]] = Field(description="Connection points of each unit.")
    participation: dict[str, dict[str, float]] = Field(
        default={}, description="Units behind each aggregated resource and their shares, which sum to 1."
    )


class RemarkView(BaseModel):
    """A connection point that no grid model has."""

    pointer: str = Field(description="Its place in the assignment, a JSON pointer.")
    line: int | None = Field(
        default=None, description="Its line in the CSV that was sent; null where that does not name it."
    )
    detail: str


class AssignmentTaken(AssignmentView):
    """The assignment now in force, and what should be looked at."""

    dropped_units: list[str] = Field(
        description="Units that were assigned before and are not any more: bids of them are refused."
    )
    remarks: list[RemarkView] = Field(
        description="Connection points in grids that are not registered, or that the newest model of "
        "their grid does not have: bids behind them are withheld until that is mended. Those at the "
        "reference of a grid, where no element limits them. And units that count for more than all of their "
        "power in one grid."
    )


class ResourceRemark(BaseModel):
    """A unit that a system operator has assigned to a grid or connection point that is not there."""

    system_operator: str
    unit: str
    detail: str


class ResourceRemarks(BaseModel):
    """What is wrong with assignments. Bids of these units are withheld until it is mended."""

    remarks: list[ResourceRemark]


class PointsOfGrid(BaseModel):
    """Where units can hang in a grid."""

    grid_id: str
    nodes: list[str] = Field(description="Connection points of its newest model in use, in its order.")
    unmoving: list[str] = Field(
        description="Those of them that are its reference and have every sensitivity 0: no element limits a "
        "unit there."
    )


class ConnectionPointList(BaseModel):
    """Where units can hang, by grid; a grid without a model in use is left out."""

    grids: list[PointsOfGrid]


@router.put(
    "",
    operation_id="putResources",
    summary="Assign technical units to connection points",
    openapi_extra=request_body(
        JSON,
        CSV,
        description="The whole assignment: JSON as `getResources` answers it, or CSV with the columns "
        "resource, unit, share, grid_id, node, factor.",
        examples={
            JSON: {
                "connections": {
                    "11WTEST-UNIT-1-U": [{"grid_id": "north-20kv", "node": "bus-7", "factor": 1.0}]
                },
                "participation": {"11WTEST-POOL-1-U": {"11WTEST-UNIT-1-U": 1.0}},
            },
            CSV: "unit,grid_id,node\n11WTEST-UNIT-1-U,north-20kv,bus-7\n",
        },
    ),
    responses={
        200: {"description": "The assignment now in force, with remarks."},
        **_FAILS,
    },
)
def put(
    granted: Annotated[Granted, permit(Operation.PUT_RESOURCES)],
    dependencies: Dependencies,
    body: Annotated[Body, body_of_type(lambda media_type: media_type in (JSON, CSV), (JSON, CSV))],
) -> AssignmentTaken:
    """Replaces your whole assignment. Bids already collected keep the shares they were collected with."""
    assignment = _read(body)
    before = dependencies.resources.replace(granted.tenant, assignment)
    return _assignment_answer(dependencies, before, assignment, body)


@router.patch(
    "",
    operation_id="changeResources",
    summary="Change some of the assignment",
    openapi_extra=request_body(
        JSON,
        CSV,
        description="Units and resources as `getResources` answers them; null takes one away. Or CSV as "
        "`putResources` takes it: rows of a unit or resource replace its earlier rows.",
        examples={
            JSON: {
                "connections": {
                    "11WTEST-UNIT-1-U": [{"grid_id": "north-20kv", "node": "bus-8"}],
                    "11WTEST-UNIT-2-R": None,
                }
            },
            CSV: "unit,grid_id,node\n11WTEST-UNIT-1-U,north-20kv,bus-8\n",
        },
    ),
    responses={
        200: {"description": "The whole assignment now in force, with remarks."},
        **_FAILS,
    },
)
def change(
    granted: Annotated[Granted, permit(Operation.PUT_RESOURCES)],
    dependencies: Dependencies,
    body: Annotated[Body, body_of_type(lambda media_type: media_type in (JSON, CSV), (JSON, CSV))],
) -> AssignmentTaken:
    """What is named takes the place of what was before; everything else stays. Bids already collected keep
    the shares they were collected with."""
    return _assignment_answer(
        dependencies, *dependencies.resources.change(granted.tenant, _changes(body)), body
    )


@router.post(
    "/check",
    operation_id="checkResources",
    summary="Check an assignment",
    openapi_extra=request_body(
        JSON, CSV, description="A whole assignment, as `putResources` takes it, or changes of it."
    ),
    responses={200: {"description": "What would be in force, with remarks."}, **_FAILS},
)
def check(
    granted: Annotated[Granted, permit(Operation.PUT_RESOURCES)],
    dependencies: Dependencies,
    body: Annotated[Body, body_of_type(lambda media_type: media_type in (JSON, CSV), (JSON, CSV))],
    *,
    change: Annotated[
        bool, Query(description="The body has changes, as `changeResources` takes them; all else stays.")
    ] = False,
) -> AssignmentTaken:
    """Answered as `putResources`, or with `change` as `changeResources`, would answer it; nothing changes."""
    before = dependencies.resources.find(granted.tenant)
    assignment = _changes(body)(before) if change else _read(body)
    dependencies.resources.refuse_owned(granted.tenant, assignment)
    return _assignment_answer(dependencies, before, assignment, body)


def _read(body: Body) -> ResourceMap:
    return read_csv(body.data) if body.content_type == CSV else read_json(body.data)


def _changes(body: Body) -> Callable[[ResourceMap], ResourceMap]:
    return read_csv_changes(body.data) if body.content_type == CSV else read_changes(body.data)


@router.get(
    "/remarks",
    operation_id="listResourceRemarks",
    summary="See what is wrong with all assignments",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN),
)
def remarks(
    _granted: Annotated[Granted, permit(Operation.READ_ASSIGNMENT_REMARKS)], dependencies: Dependencies
) -> ResourceRemarks:
    """Units of every system operator at grids that are not registered, or at connection points that the
    newest model in use does not have. System operators get the same remarks on their own units when they
    assign, grid operators those on their own grids at `listAssignmentRemarks`."""
    found = dependencies.resources.all_remarks()
    return ResourceRemarks(
        remarks=[ResourceRemark(system_operator=owner, unit=unit, detail=why) for owner, unit, why in found]
    )


def _assignment_answer(
    dependencies: WebDependencies, before: ResourceMap, assignment: ResourceMap, body: Body
) -> AssignmentTaken:
    remarks = [*dependencies.resources.remarks(assignment), *counted_beyond_all_power(assignment)]
    lines = point_lines(body.data) if remarks and body.content_type == CSV else {}
    return AssignmentTaken(
        dropped_units=sorted(before.connections.keys() - assignment.connections.keys()),
        connections={
            unit: [ConnectionPointView.model_validate(point, from_attributes=True) for point in points]
            for unit, points in sorted(assignment.connections.items())
        },
        participation={name: dict(shares) for name, shares in sorted(assignment.participation.items())},
        remarks=[
            RemarkView(
                pointer=remark.place, line=lines.get(remark.place.rpartition("/")[0]), detail=remark.message
            )
            for remark in remarks
        ],
    )


@router.get(
    "",
    operation_id="getResources",
    summary="See the assignment",
    responses={
        200: {"model": AssignmentView, "description": "The assignment in force."},
        **documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN),
    },
)
def get(
    granted: Annotated[Granted, permit(Operation.READ_RESOURCES)], dependencies: Dependencies
) -> Response:
    """Your own assignment, as you put it."""
    return Response(write_json(dependencies.resources.find(granted.tenant)), media_type=JSON)


@router.get(
    "/connection-points",
    operation_id="listConnectionPoints",
    summary="See where units can be assigned",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def connection_points(
    _granted: Annotated[Granted, permit(Operation.LIST_CONNECTION_POINTS)],
    dependencies: Dependencies,
    grid_id: Annotated[str | None, Query(description="Only of this grid.")] = None,
) -> ConnectionPointList:
    """Connection points of the newest model in use of each grid, under the ids that an assignment names: the
    name that the grid's operator agreed with others, else a pseudonym, which that operator can resolve."""
    found = dependencies.resources.models_in_use(grid_id)
    return ConnectionPointList(
        grids=[
            PointsOfGrid(
                grid_id=name, nodes=list(model.connection_points), unmoving=list(model.unmoving_references())
            )
            for name, model in found.items()
        ]
    )
