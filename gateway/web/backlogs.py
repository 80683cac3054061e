"""Backlogs of messages to tenants, whether they have a channel or fetch them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemType, documented
from gateway.security.permissions import Operation
from gateway.web.dead_letters import DeadLetterView
from gateway.web.dependencies import Dependencies

router = APIRouter(prefix="/v1/backlogs", tags=["delivery"], route_class=PermittedRoute)


class BacklogView(BaseModel):
    """What is held up on the way to a tenant."""

    model_config = ConfigDict(from_attributes=True)

    waiting: int = Field(description="Messages that are to go out.")
    oldest_waiting: datetime | None = None
    dead: int = Field(description="Messages that were given up.")
    oldest_dead: datetime | None = None
    awaited: int = Field(description="Documents that arrived and whose acknowledgement is still out.")
    overdue: int = Field(description="Those of them for which it is out longer than agreed.")


class OverdueView(BaseModel):
    """A document that its receiver has and did not acknowledge in time."""

    model_config = ConfigDict(from_attributes=True)

    message_id: str
    kind: str
    delivered_at: datetime


class TenantBacklogView(BacklogView):
    """What is held up on the way to one tenant."""

    tenant: str
    sent_by: str | None = Field(
        default=None,
        description="Channel by which messages are sent, or `webhook`; nothing: the tenant fetches them.",
    )
    stopped_because: str | None = Field(
        default=None, description="Why nothing is pushed to its webhook any more."
    )
    overdue_documents: list[OverdueView] = Field(description="The oldest of those that are overdue.")


class BacklogList(BaseModel):
    """Of you; of an operator, of every tenant."""

    backlogs: list[TenantBacklogView]
    next: str | None = Field(default=None, description="Ask for more `after` this; nothing at the end.")


@router.get(
    "",
    operation_id="listBacklogs",
    summary="See what is held up",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.INVALID),
)
def listed(
    granted: Annotated[Granted, permit(Operation.READ_DEAD_LETTERS)],
    dependencies: Dependencies,
    after: Annotated[str, Query(description="Only tenants whose names follow this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many tenants.")] = 100,
    overdue: Annotated[
        int, Query(ge=1, le=1000, description="At most so many overdue documents of each.")
    ] = 100,
) -> BacklogList:
    """Messages that wait or were given up, since when, and acknowledgements that are out."""
    found = dependencies.dead_letters.backlogs(granted.tenant, after, limit, overdue)
    return BacklogList(
        backlogs=[
            TenantBacklogView(
                **BacklogView.model_validate(of.backlog).model_dump(),
                tenant=tenant,
                sent_by=of.sent_by,
                stopped_because=of.stopped_because,
                overdue_documents=[OverdueView.model_validate(each) for each in of.overdue],
            )
            for tenant, of in found.items()
        ],
        next=list(found)[-1] if len(found) == limit else None,
    )


class WaitingList(BaseModel):
    """Messages that are still to go out, oldest first."""

    messages: list[DeadLetterView]


@router.get(
    "/messages",
    operation_id="listWaitingMessages",
    summary="List messages that wait",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.INVALID),
)
def waiting(
    granted: Annotated[Granted, permit(Operation.READ_DEAD_LETTERS)],
    dependencies: Dependencies,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many of each tenant.")] = 100,
) -> WaitingList:
    """Messages to you that were not pushed yet, or that you did not confirm; to an operator, those of all."""
    letters = dependencies.dead_letters.waiting(granted.tenant, limit)
    return WaitingList(messages=[DeadLetterView.of(letter, granted.tenant) for letter in letters])
