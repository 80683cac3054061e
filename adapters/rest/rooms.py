"""What the routes of this adapter work with; the app carries it as `app.state.rest`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from adapters.rest.webhook import WebhookRules
from gateway.ports import Clock, Intake
from gateway.records.store import Store


@dataclass(frozen=True)
class RestRooms:
    """The rooms behind the routes."""

    store: Store
    intake: Intake
    clock: Clock
    webhooks: WebhookRules


def _rooms(request: Request) -> RestRooms:
    rooms: RestRooms = request.app.state.rest
    return rooms


Rooms = Annotated[RestRooms, Depends(_rooms)]
