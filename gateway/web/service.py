"""Whether the gateway lives, whether it can work, and what it takes."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from adapters.http.problems import Problem, ProblemType, documented
from gateway.web.rooms import Rooms

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """It answers."""

    status: str = "ok"


class Limits(BaseModel):
    """Bounds of what is taken."""

    limits: dict[str, int] = Field(examples=[{"body_bytes": 67108864, "waiting_documents": 1000}])


@router.get("/healthz", operation_id="getHealth", summary="Is it alive?")
def health() -> Health:
    """Answers as long as the process lives; for whoever restarts it."""
    return Health()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Can it work?",
    responses=documented(ProblemType.BUSY),
)
def ready(rooms: Rooms) -> Health:
    """Whether requests can be served now; for whoever routes them here."""
    if faults := rooms.faults():
        raise Problem(ProblemType.BUSY, "; ".join(faults), headers={"Retry-After": "5"})
    return Health()


@router.get("/v1/limits", operation_id="getLimits", summary="What is taken?")
def limits(rooms: Rooms) -> Limits:
    """Published so that nobody has to find out by being refused."""
    return Limits(limits=rooms.limits)
