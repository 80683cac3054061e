"""Where the caller wants its messages pushed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemError, ProblemResponse, ProblemType, documented
from adapters.rest.addresses import AddressError, checked_url
from adapters.rest.dependencies import Dependencies
from gateway.records.messages import webhooks
from gateway.records.messages.webhooks import Webhook
from gateway.security.permissions import Operation

router = APIRouter(prefix="/v1/webhook", tags=["outbox"], route_class=PermittedRoute)


class WebhookSetting(BaseModel):
    """Where to push."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(examples=["https://platform.example.org/from-flexgate"])


class WebhookView(BaseModel):
    """Where messages are pushed."""

    url: str
    set_at: datetime
    active: bool = Field(
        description="False: nothing is pushed, because it was disabled or messages leave by a channel."
    )
    channel: str | None = Field(
        default=None, description="The channel by which your messages leave instead, where there is one."
    )
    disabled_at: datetime | None = None
    disabled_because: str | None = None


@router.put(
    "",
    operation_id="setWebhook",
    summary="Have messages pushed",
    responses=documented(
        ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.CONFLICT, ProblemType.INVALID
    ),
)
def put(
    granted: Annotated[Granted, permit(Operation.SET_WEBHOOK)],
    dependencies: Dependencies,
    setting: WebhookSetting,
) -> WebhookView:
    """Every message is POSTed there, signed (RFC 9421), until you answer 2xx or it is of no more use.

    The host must be among those the operator allows for you. What waits in the outbox is pushed too.
    """
    channel = dependencies.channels_out.get(granted.tenant.tenant_id)
    if channel is not None:
        raise ProblemResponse(
            ProblemType.CONFLICT,
            f"your messages leave by the channel {channel!r}, so a webhook would never be called; the "
            "operator can let the channel carry only what comes in",
        )
    if dependencies.grants.pulls_only(granted.tenant) is not None:
        raise ProblemResponse(
            ProblemType.CONFLICT,
            "the operator grants you messages to be fetched from the outbox, not pushed to a webhook",
        )
    private = dependencies.webhooks.private_addresses
    try:
        checked_url(setting.url, granted.tenant.webhook_hosts, private_addresses=private)
    except AddressError as error:
        fault = ProblemError(pointer="/url", detail=str(error))
        raise ProblemResponse(ProblemType.INVALID, str(error), errors=[fault]) from error
    with dependencies.stores.of(granted.tenant.tenant_id).writing() as uow:
        webhooks.put(uow, setting.url, dependencies.clock.now())
        webhook = webhooks.find(uow)
    dependencies.webhook_changed(granted.tenant.tenant_id)
    return _shown(webhook, channel)


@router.get(
    "",
    operation_id="getWebhook",
    summary="See where messages are pushed",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def get(
    granted: Annotated[Granted, permit(Operation.READ_WEBHOOK)], dependencies: Dependencies
) -> WebhookView:
    """The webhook you set, and whether it is used: it may be disabled because the peer was gone."""
    with dependencies.stores.of(granted.tenant.tenant_id).reading() as uow:
        webhook = webhooks.find(uow)
    return _shown(webhook, dependencies.channels_out.get(granted.tenant.tenant_id))


@router.delete(
    "",
    operation_id="removeWebhook",
    summary="Stop pushing",
    status_code=204,
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def delete(granted: Annotated[Granted, permit(Operation.SET_WEBHOOK)], dependencies: Dependencies) -> None:
    """Messages stay in the outbox to be pulled."""
    with dependencies.stores.of(granted.tenant.tenant_id).writing() as uow:
        if not webhooks.remove(uow):
            raise _none_set()
    dependencies.webhook_changed(granted.tenant.tenant_id)


def _shown(webhook: Webhook | None, channel: str | None) -> WebhookView:
    if webhook is None:
        raise _none_set()
    view = WebhookView.model_validate(webhook, from_attributes=True)
    return view if channel is None else view.model_copy(update={"active": False, "channel": channel})


def _none_set() -> ProblemResponse:
    return ProblemResponse(ProblemType.NOT_FOUND, "no webhook is set; messages wait in the outbox")
