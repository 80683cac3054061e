"""Reduced grid models: put into use, list, withdraw."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.body import JSON, Body, body_of_type, request_body
from adapters.kit.http.problems import ProblemType, documented
from gateway.records.market.grid_models import StoredModel
from gateway.security.permissions import Operation
from gateway.web.dependencies import Dependencies

router = APIRouter(prefix="/v1/grids", tags=["grids"], route_class=PermittedRoute)

GridId = Annotated[str, Path(description="Name of the grid; the first operator to use it owns it.")]
ModelId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Period(BaseModel):
    """From `start` (in) to `end` (out), UTC."""

    start: AwareDatetime
    end: AwareDatetime


class GridModelView(BaseModel):
    """A reduced grid model, without its numbers: those are never handed out."""

    model_id: int = Field(description="Of the grid's models, from 1 in the order of taking into use.")
    grid_id: str
    validity: Period
    taken_at: datetime = Field(description="Since when it counts, unless a newer one covers its period.")
    withdrawn_at: datetime | None = None
    sha256: str
    elements: int
    nodes: int
    operating_points: int


class GridModelTaken(GridModelView):
    """A model taken into use, and what should be looked at."""

    unchanged: bool = Field(description="It is the model that counted already: nothing has changed.")
    remarks: list[str] = Field(description="What is unusual in the model, as a base flow beyond its limit.")
    assigned_points: int = Field(description="Connection points of the grid to which units are assigned.")
    lost_points: list[str] = Field(
        description="Of these, points that the newest model in use does not have, by name: bids of their "
        "units are withheld. Where they are all, the model was perhaps built with a new key of pseudonyms."
    )


class GridModelWithdrawn(GridModelView):
    """A model out of use."""

    unchanged: bool = Field(
        description="It was out of use already, since `withdrawn_at`: nothing has changed."
    )


class AssignedUnit(BaseModel):
    """A unit that a system operator has assigned to a connection point of the grid."""

    unit: str
    node: str = Field(description="The connection point.")
    factor: float = Field(description="MW at this point per MW of the unit.")
    remark: str | None = Field(
        description="Why bids of the unit are withheld: the grid's newest model in use lacks the point, or "
        "there is none. Null where all is well."
    )


class AssignedUnits(BaseModel):
    """Every unit that system operators have assigned to a grid, by unit."""

    units: list[AssignedUnit]


class AssignmentRemark(BaseModel):
    """A unit that a system operator has assigned to a connection point the grid's model does not have."""

    unit: str
    detail: str


class AssignmentRemarks(BaseModel):
    """What is wrong with assignments to a grid. Bids of these units are withheld until it is mended."""

    remarks: list[AssignmentRemark]


class GridModelList(BaseModel):
    """Models of one grid or of several, by grid, newest first."""

    models: list[GridModelView]


@router.put(
    "/{grid_id}/models",
    operation_id="putGridModel",
    summary="Put a grid model into use",
    openapi_extra=request_body(
        JSON, description="A reduced grid model (schema: gateway/grids/reduced-grid-model.schema.json)."
    ),
    responses=documented(
        ProblemType.UNAUTHENTICATED,
        ProblemType.FORBIDDEN,
        ProblemType.CONFLICT,
        ProblemType.TOO_LARGE,
        ProblemType.UNSUPPORTED_MEDIA_TYPE,
        ProblemType.INVALID,
    ),
)
def put(
    granted: Annotated[Granted, permit(Operation.PUT_GRID_MODEL)],
    dependencies: Dependencies,
    grid_id: GridId,
    body: Annotated[Body, body_of_type(lambda media_type: media_type == JSON, (JSON,))],
) -> GridModelTaken:
    """The model counts for its whole validity and replaces older ones there; sent again it changes nothing.

    Everything that is wrong with a model is reported at once, each fault with a JSON pointer.
    """
    in_use = dependencies.grid_models.add(granted.tenant, grid_id, body.data)
    placed = dependencies.resources.units_on_grid(granted.tenant, grid_id)
    lost = sorted({unit.node for unit in placed if unit.remark is not None})
    return GridModelTaken(
        **_shown(in_use.model).model_dump(),
        unchanged=in_use.unchanged,
        remarks=list(in_use.remarks),
        assigned_points=len({unit.node for unit in placed}),
        lost_points=lost,
    )


@router.get(
    "",
    operation_id="listGrids",
    summary="List all models of your grids",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN),
)
def all_listed(
    granted: Annotated[Granted, permit(Operation.LIST_GRID_MODELS)], dependencies: Dependencies
) -> GridModelList:
    """Models of all your grids, by grid, newest first, withdrawn ones too."""
    return GridModelList(
        models=[_shown(model) for model in dependencies.grid_models.all_listed(granted.tenant)]
    )


@router.get(
    "/{grid_id}/models",
    operation_id="listGridModels",
    summary="List grid models",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def listed(
    granted: Annotated[Granted, permit(Operation.LIST_GRID_MODELS)],
    dependencies: Dependencies,
    grid_id: GridId,
) -> GridModelList:
    """Models of one of your grids, withdrawn ones too."""
    return GridModelList(
        models=[_shown(model) for model in dependencies.grid_models.listed(granted.tenant, grid_id)]
    )


@router.get(
    "/{grid_id}/units",
    operation_id="listUnitsOfGrid",
    summary="See which units are assigned to a grid",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def units(
    granted: Annotated[Granted, permit(Operation.LIST_GRID_MODELS)],
    dependencies: Dependencies,
    grid_id: GridId,
) -> AssignedUnits:
    """Units that system operators have assigned to your grid, each with its connection point and with what is
    wrong with that, if anything is."""
    found = dependencies.resources.units_on_grid(granted.tenant, grid_id)
    return AssignedUnits(units=[AssignedUnit.model_validate(one, from_attributes=True) for one in found])


@router.get(
    "/{grid_id}/assignment-remarks",
    operation_id="listAssignmentRemarks",
    summary="See what is wrong with assignments to a grid",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def assignment_remarks(
    granted: Annotated[Granted, permit(Operation.LIST_GRID_MODELS)],
    dependencies: Dependencies,
    grid_id: GridId,
) -> AssignmentRemarks:
    """Units that system operators have assigned to connection points of your grid which its newest model in
    use does not have. They get the same remarks when they assign."""
    found = dependencies.resources.remarks_on_grid(granted.tenant, grid_id)
    return AssignmentRemarks(remarks=[AssignmentRemark(unit=unit, detail=why) for unit, why in found])


@router.delete(
    "/{grid_id}/models/{model_id}",
    operation_id="withdrawGridModel",
    summary="Withdraw a grid model",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def withdraw(
    granted: Annotated[Granted, permit(Operation.WITHDRAW_GRID_MODEL)],
    dependencies: Dependencies,
    grid_id: GridId,
    model_id: ModelId,
) -> GridModelWithdrawn:
    """It counts for no gate whose DSO gate is still to come; the next newest takes its place. Withdrawn
    again, nothing changes, and the answer says so."""
    gone = dependencies.grid_models.withdraw(granted.tenant, grid_id, model_id)
    return GridModelWithdrawn(**_shown(gone.model).model_dump(), unchanged=gone.unchanged)


def _shown(model: StoredModel) -> GridModelView:
    return GridModelView(
        model_id=model.model_id,
        grid_id=model.grid_id,
        validity=Period(start=model.validity.start, end=model.validity.end),
        taken_at=model.taken_at,
        withdrawn_at=model.withdrawn_at,
        sha256=model.sha256,
        elements=model.elements,
        nodes=model.nodes,
        operating_points=model.operating_points,
    )
