"""Dependencies of the management routes, in `app.state.web`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from anyio import CapacityLimiter
from fastapi import Depends, Request

from adapters.channels import RunningChannel
from gateway.delivery import DeadLetters, RouteBook
from gateway.ports import ChannelHealth
from gateway.processes.demands import Demands
from gateway.processes.gates import Gates
from gateway.processes.grid_models import GridModels
from gateway.processes.resources import Resources
from gateway.processes.results import Results
from gateway.security.issuer import Issuer


@dataclass(frozen=True)
class WebDependencies:
    """Dependencies of the routes.

    Attributes:
        public_url: the issuer's name, and where peers reach the gateway.
        jwks: public keys that verify tokens and webhook signatures.
        limits: what is published at `/v1/limits`.
        channels: other interfaces for documents than REST.
        webhooks: how the webhooks of tenants are that have one and no channel out.
        proofs: how many secrets are proved at once.
        faults: why the gateway cannot work now; empty when it can.
    """

    gates: Gates
    demands: Demands
    grid_models: GridModels
    resources: Resources
    results: Results
    issuer: Issuer = field(repr=False)
    dead_letters: DeadLetters
    routes: RouteBook
    public_url: str
    jwks: dict[str, Any]
    limits: dict[str, int]
    faults: Callable[[], list[str]]
    channels: Sequence[RunningChannel] = ()
    webhooks: Callable[[], Mapping[str, ChannelHealth]] = dict
    proofs: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2), repr=False)


def _dependencies(request: Request) -> WebDependencies:
    dependencies: WebDependencies = request.app.state.web
    return dependencies


Dependencies = Annotated[WebDependencies, Depends(_dependencies)]
