"""Liveness, readiness and limits of the gateway."""

from collections import Counter

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from adapters.kit.http.problems import ProblemResponse, ProblemType, documented
from gateway.ports import ChannelState
from gateway.web.dependencies import Dependencies
from mappings.json_schema import published

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """It answers."""

    status: str = "ok"


class Readiness(Health):
    """It can work."""

    channels: dict[ChannelState, int] = Field(
        description="How many channels and webhooks are in which state; one that is down keeps no other "
        "from working.",
        examples=[{"up": 3, "down": 1}],
    )


class Limits(BaseModel):
    """Bounds of what is taken."""

    limits: dict[str, int] = Field(examples=[{"body_bytes": 67108864, "waiting_documents": 1000}])


@router.get("/healthz", operation_id="getHealth", summary="Is it alive?")
async def health() -> Health:
    """Answers as long as the process lives; for whoever restarts it."""
    return Health()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Can it work?",
    responses=documented(ProblemType.BUSY),
)
def ready(dependencies: Dependencies) -> Readiness:
    """Whether requests can be served now; for whoever routes them here."""
    if faults := dependencies.faults():
        raise ProblemResponse(ProblemType.BUSY, "; ".join(faults), headers={"Retry-After": "5"})
    channels = (running.channel.health() for running in dependencies.channels)
    return Readiness(
        channels=Counter(health.state for health in (*channels, *dependencies.webhooks().values()))
    )


@router.get("/v1/limits", operation_id="getLimits", summary="What is taken?")
async def limits(dependencies: Dependencies) -> Limits:
    """Published so that no client learns them from a refusal."""
    return Limits(limits=dependencies.limits)


@router.get(
    "/v1/schemas/canonical",
    operation_id="getCanonicalSchema",
    summary="What do documents as JSON look like?",
    response_class=Response,
    responses={
        200: {
            "description": "A JSON Schema (2020-12) of all kinds of documents.",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        }
    },
)
async def canonical_schema() -> Response:
    """The schema of the JSON form that documents have whatever their version."""
    return Response(published(), media_type="application/schema+json")
