"""Routes of documents for other receivers, and losses by conversion to their versions."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemType, documented
from adapters.rest.document_views import LossView
from gateway.delivery.route_book import RouteFigures
from gateway.domain.route import LossPolicy
from gateway.security.permissions import Operation
from gateway.web.dependencies import Dependencies

router = APIRouter(prefix="/v1/routes", tags=["delivery"], route_class=PermittedRoute)


class RouteView(BaseModel):
    """A route of the configuration, and what went by it."""

    name: str
    sender: str | None = None
    receiver: str | None = None
    kind: str | None = None
    process: str | None = None
    to: str
    version: str | None = Field(
        default=None, description="None: as the receiver takes the kind, or as it came."
    )
    loss: LossPolicy
    forwarded: int = Field(description="Documents, and answers that went back, as long as that is kept.")
    waiting: int = Field(description="Those of them that are not in their receiver's outbox yet.")
    losses: list[LossView]

    @classmethod
    def of(cls, figures: RouteFigures) -> Self:
        """The view of a route."""
        route = figures.route
        return cls(
            name=route.name,
            sender=route.sender,
            receiver=route.receiver,
            kind=route.kind,
            process=route.process,
            to=route.to,
            version=route.version,
            loss=route.loss,
            forwarded=figures.forwarded,
            waiting=figures.waiting,
            losses=[LossView.model_validate(loss) for loss in figures.losses],
        )


class RouteList(BaseModel):
    """Every route of the configuration."""

    routes: list[RouteView]


@router.get(
    "",
    operation_id="listRoutes",
    summary="See what went by which route",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN),
)
def listed(_: Annotated[Granted, permit(Operation.READ_ROUTES)], dependencies: Dependencies) -> RouteList:
    """Routes for documents whose receiver is not the gateway; none of their content."""
    return RouteList(routes=[RouteView.of(figures) for figures in dependencies.routes.figures()])
