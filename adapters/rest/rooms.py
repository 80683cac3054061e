"""What the routes of this adapter work with; the app carries it as `app.state.rest`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from adapters.rest.webhook import WebhookRules
from gateway.ports import Clock, Intake
from gateway.records.engine.store import Store


@dataclass(frozen=True)
class RestRooms:
    """The rooms behind the routes.

    Attributes:
        webhook_changed: told of a tenant whose webhook was set or removed, before its store is read again.
        channels_out: of tenants whose messages leave by a channel, its name; a webhook would never be used.
    """

    store: Store
    intake: Intake
    clock: Clock
    webhooks: WebhookRules
    webhook_changed: Callable[[str], None]
    channels_out: Mapping[str, str] = field(default_factory=dict)


def rooms_of(request: Request) -> RestRooms:
    """What the app carries."""
    rooms: RestRooms = request.app.state.rest
    return rooms


async def _rooms(request: Request) -> RestRooms:
    return rooms_of(request)


Rooms = Annotated[RestRooms, Depends(_rooms)]
