"""How the channels are, for whoever runs the gateway."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from adapters.channels import ChannelSetting, RunningChannel
from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemType, documented
from adapters.rest import REST, webhook
from gateway.domain.role import OVERSEERS
from gateway.ports import ChannelHealth, ChannelState, Initiative
from gateway.records.messages.backlogs import Backlog
from gateway.security.permissions import Operation
from gateway.web.backlogs import BacklogView
from gateway.web.dependencies import Dependencies

router = APIRouter(prefix="/v1/channels", tags=["service"], route_class=PermittedRoute)


class ChannelView(BaseModel):
    """One connection to a tenant, what it is and how it is."""

    name: str
    tenant: str
    adapter: str
    receives: bool
    sends: bool
    state: ChannelState
    since: datetime = Field(description="When it came into this state.")
    last_error: str | None = Field(default=None, description="Why it was last down.")
    largest_bytes: int | None = Field(
        default=None, description="Bytes of the largest message that is taken by it, where it receives."
    )
    largest_outgoing_bytes: int | None = Field(
        default=None,
        description="Bytes of the largest document that leaves by it, as far as is known now; a larger one "
        "becomes a dead letter.",
    )
    backlog: BacklogView | None = Field(
        default=None, description="What is held up on the way to the tenant, where this channel sends."
    )
    protocol: str
    information_model: str
    inward: Initiative = Field(description="Who begins when a message comes in.")
    outward: Initiative = Field(description="Who begins when a message leaves.")
    timing: str
    interaction: list[str] = Field(description="The steps of an exchange, in their order.")

    @classmethod
    def of(cls, running: RunningChannel, backlog: Backlog | None, body_bytes: int) -> Self:
        """The view of a channel as it is now."""
        setting, health = running.setting, running.channel.health()
        descriptor = setting.adapter.descriptor
        return cls(
            name=setting.name,
            tenant=setting.table.tenant,
            adapter=setting.table.adapter,
            receives=setting.receives,
            sends=setting.sends,
            state=health.state,
            since=health.since,
            last_error=health.last_error,
            largest_bytes=(setting.table.largest_bytes or body_bytes) if setting.receives else None,
            largest_outgoing_bytes=running.channel.largest if setting.sends else None,
            backlog=None if backlog is None else BacklogView.model_validate(backlog),
            protocol=descriptor.protocol,
            information_model=descriptor.information_model,
            inward=descriptor.inward,
            outward=descriptor.outward,
            timing=descriptor.timing,
            interaction=list(descriptor.interaction),
        )

    @classmethod
    def of_webhook(cls, tenant: str, health: ChannelHealth, backlog: Backlog) -> Self:
        """The view of the webhook that a tenant has set."""
        return cls(
            name=webhook.CHANNEL,
            tenant=tenant,
            adapter=webhook.CHANNEL,
            receives=False,
            sends=True,
            state=health.state,
            since=health.since,
            last_error=health.last_error,
            backlog=BacklogView.model_validate(backlog),
            protocol=REST.protocol,
            information_model=REST.information_model,
            inward=REST.inward,
            outward=REST.outward,
            timing=REST.timing,
            interaction=list(REST.interaction),
        )


class ChannelList(BaseModel):
    """Channels of the configuration, and webhooks that are set."""

    channels: list[ChannelView]


@router.get(
    "",
    operation_id="listChannels",
    summary="See how the channels are",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN),
)
def channels(
    granted: Annotated[Granted, permit(Operation.READ_CHANNELS)], dependencies: Dependencies
) -> ChannelList:
    """Connections to brokers, endpoints and folders, and webhooks: `starting` until first called, `stopped`
    once disabled. The REST interface itself is not among them.

    The operator sees all, anybody else its own, without the fault that the gateway met.
    """
    operates = granted.tenant.is_everywhere_a(*OVERSEERS)

    def backlog_of(setting: ChannelSetting) -> Backlog | None:
        return dependencies.dead_letters.backlog(setting.table.tenant) if setting.sends else None

    views = [
        ChannelView.of(running, backlog_of(running.setting), dependencies.limits["body_bytes"])
        for running in dependencies.channels
        if operates or running.setting.table.tenant == granted.tenant.tenant_id
    ] + [
        ChannelView.of_webhook(tenant, health, dependencies.dead_letters.backlog(tenant))
        for tenant, health in dependencies.webhooks().items()
        if operates or tenant == granted.tenant.tenant_id
    ]
    if not operates:
        views = [view.model_copy(update={"last_error": None}) for view in views]
    return ChannelList(channels=views)
