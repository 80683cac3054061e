"""Dependencies of the routes of this adapter, in `app.state.rest`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from adapters.rest.webhook import WebhookRules
from gateway.domain.grant import Grants
from gateway.domain.route import Routes
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, Intake
from gateway.records.engine.stores import Stores


@dataclass(frozen=True)
class RestDependencies:
    """Dependencies of the routes.

    Attributes:
        webhook_changed: called with a tenant whose webhook was set or removed, before its store is read.
        channels_out: of tenants whose messages leave by a channel, its name; a webhook would never be used.
        grants, routes, tenants: who may see what became of whose documents.
    """

    stores: Stores
    intake: Intake
    clock: Clock
    webhooks: WebhookRules
    webhook_changed: Callable[[str], None]
    channels_out: Mapping[str, str] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    routes: Routes = field(default_factory=Routes)
    tenants: Mapping[str, Tenant] = field(default_factory=dict)


def dependencies_of(request: Request) -> RestDependencies:
    """The dependencies of the app."""
    dependencies: RestDependencies = request.app.state.rest
    return dependencies


async def _dependencies(request: Request) -> RestDependencies:
    return dependencies_of(request)


Dependencies = Annotated[RestDependencies, Depends(_dependencies)]
