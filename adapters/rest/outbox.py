"""Pull what the gateway has for the caller: list from a cursor, fetch, confirm."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from adapters.http.access import Granted, permit
from adapters.http.problems import Problem, ProblemType, documented
from adapters.rest.events import event_headers
from adapters.rest.rooms import Rooms
from gateway.domain.document import DocumentKind
from gateway.records import outbox
from gateway.records.outbox import OutboxState, StoredMessage
from gateway.security.message_signatures import content_digest
from gateway.security.permissions import Operation

router = APIRouter(prefix="/v1/outbox", tags=["outbox"])

MessageNumber = Annotated[int, Path(ge=1, le=2**63 - 1, description="Id from the list.")]


class MessageView(BaseModel):
    """One message for the caller."""

    id: int = Field(description="Grows with every message; the cursor.")
    message_id: str = Field(description="The same however often the message is pushed or pulled.")
    kind: DocumentKind
    version: str
    content_type: str
    sha256: str
    created_at: datetime
    not_after: datetime | None = Field(default=None, description="Of no use to you after this.")
    answers: str | None = Field(default=None, description="Id of the document or run it answers.")
    state: OutboxState
    attempts: int = Field(description="How often a push was tried and failed.")
    last_error: str | None = None


class MessageList(BaseModel):
    """Messages after the cursor, oldest first."""

    messages: list[MessageView]
    next: int = Field(description="The cursor to ask with next; unchanged when there is nothing new.")


@router.get(
    "",
    operation_id="listOutbox",
    summary="List messages",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.INVALID),
)
def messages(
    granted: Annotated[Granted, permit(Operation.READ_OUTBOX)],
    rooms: Rooms,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="Only messages after this id.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most this many.")] = 100,
) -> MessageList:
    """Everything that is for you, confirmed or not, as long as it is kept."""
    with rooms.store.room(granted.tenant.tenant_id).reading() as connection:
        found = outbox.after(connection, after, limit)
    return MessageList(messages=[_shown(message) for message in found], next=found[-1].id if found else after)


@router.get(
    "/{message}",
    operation_id="getMessage",
    summary="Fetch a message",
    response_class=Response,
    responses={
        200: {
            "description": "The document itself, with CloudEvents 1.0 attributes (binary mode) as headers.",
            "content": {"application/xml": {"schema": {"type": "string"}}},
        },
        **documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
    },
)
def fetch(
    granted: Annotated[Granted, permit(Operation.READ_OUTBOX)], rooms: Rooms, message: MessageNumber
) -> Response:
    """The same bytes a push would bring. Confirm it once you have it in safety."""
    with rooms.store.room(granted.tenant.tenant_id).reading() as connection:
        found = outbox.find(connection, message)
        payload = outbox.payload_of(connection, message)
    if found is None or payload is None:
        raise _unknown(message)
    headers = event_headers(
        source=rooms.webhooks.source,
        message_id=found.message_id,
        kind=found.kind,
        at=found.created_at,
        answers=found.answers,
    )
    headers["Content-Digest"] = content_digest(payload)
    return Response(payload, media_type=found.content_type, headers=headers)


@router.post(
    "/{message}/confirm",
    operation_id="confirmMessage",
    summary="Confirm a message",
    status_code=204,
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def confirm(
    granted: Annotated[Granted, permit(Operation.CONFIRM_OUTBOX)], rooms: Rooms, message: MessageNumber
) -> None:
    """Say that you have it; it is not pushed any more. Confirming again changes nothing."""
    with rooms.store.room(granted.tenant.tenant_id).writing() as connection:
        known = outbox.confirm(connection, message, rooms.clock.now())
    if not known:
        raise _unknown(message)


def _shown(message: StoredMessage) -> MessageView:
    return MessageView.model_validate(message, from_attributes=True)


def _unknown(message: int) -> Problem:
    return Problem(ProblemType.NOT_FOUND, f"there is no message {message} for you")
