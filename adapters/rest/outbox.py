"""Pull what the gateway has for the caller: list from a cursor, fetch, confirm."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.events import event_headers
from adapters.kit.http.problems import ProblemResponse, ProblemType, documented
from adapters.kit.http.representations import accepts_gzip, is_known, requested_range
from adapters.rest.answer_forms import CONTENT, in_accepted_form, only_form
from adapters.rest.dependencies import Dependencies
from adapters.rest.document_views import AnswerView
from gateway.domain.packed import GZIP, unpacked
from gateway.domain.transport import TransportState
from gateway.records.messages import acknowledgements, outbox, transports
from gateway.records.messages.acknowledgements import PeerAnswer
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage
from gateway.security.message_signatures import content_digest_of, content_sha256
from gateway.security.permissions import Operation

router = APIRouter(prefix="/v1/outbox", tags=["outbox"], route_class=PermittedRoute)

MessageNumber = Annotated[int, Path(ge=1, le=2**63 - 1, description="Id from the list.")]


class MessageView(BaseModel):
    """One message for the caller."""

    id: int = Field(description="Grows with every message; the cursor.")
    message_id: str = Field(description="The same however often the message is pushed or pulled.")
    kind: str = Field(description="Family of the document.", examples=["Acknowledgement"])
    version: str
    content_type: str
    size: int = Field(description="Bytes of the document without compression.")
    sha256: str = Field(description="Of the document without compression.")
    mrid: str | None = Field(default=None, description="Of the document, where you are to acknowledge it.")
    revision: int | None = Field(default=None, description="The same.")
    created_at: datetime
    not_after: datetime | None = Field(default=None, description="Of no use to you after this.")
    answers: str | None = Field(default=None, description="Id of the document or run it answers.")
    gate_id: str | None = Field(default=None, description="Of a result, the gate it is of.")
    state: OutboxState
    attempts: int = Field(description="How often a push was tried and failed.")
    last_error: str | None = None
    transport: TransportState | None = Field(
        default=None, description="How far it came, where the network between tells of it."
    )
    acknowledgement: AnswerView | None = Field(
        default=None, description="Your own acknowledgement of the document, where one is expected."
    )


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
    dependencies: Dependencies,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="Only messages after this id.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most this many.")] = 100,
) -> MessageList:
    """Everything that is for you, confirmed or not, as long as it is kept.

    Ask every few seconds while you wait for something, else every minute.
    """
    with dependencies.stores.of(granted.tenant.tenant_id).reading() as uow:
        found = outbox.after(uow, after, limit)
        answers = acknowledgements.of(uow, [message.id for message in found])
        transport_states = transports.states(uow, [message.message_id for message in found])
    views = [
        _shown(message, answers.get(message.id), transport_states.get(message.message_id))
        for message in found
    ]
    return MessageList(messages=views, next=found[-1].id if found else after)


@router.get(
    "/{message}",
    operation_id="getMessage",
    summary="Fetch a message",
    response_class=Response,
    responses={
        200: {
            "description": "The document itself, with CloudEvents 1.0 attributes (binary mode) as headers.",
            "content": CONTENT,
        },
        206: {"description": "The part that was asked for by `Range`.", "content": CONTENT},
        304: {"description": "You have it already: `If-None-Match` names its ETag."},
        **documented(
            ProblemType.UNAUTHENTICATED,
            ProblemType.FORBIDDEN,
            ProblemType.NOT_FOUND,
            ProblemType.RANGE_NOT_SATISFIABLE,
        ),
    },
)
def fetch(
    granted: Annotated[Granted, permit(Operation.READ_OUTBOX)],
    dependencies: Dependencies,
    message: MessageNumber,
    request: Request,
) -> Response:
    """The same bytes a push would bring, with gzip if you accept that. Confirm it once you have it in safety.

    A broken download goes on with `Range: bytes=N-` and its ETag in `If-Range`; `Repr-Digest` is of all.

    Who accepts nothing but `application/json` gets canonical JSON (see `/v1/schemas/canonical`); who accepts
    nothing but `text/csv` gets an Acknowledgement, BidAvailability or MeritOrderList as a table. What has no
    such form comes as it is pushed: `Content-Type` says which it is.
    """
    with dependencies.stores.of(granted.tenant.tenant_id).reading() as uow:
        found = outbox.find(uow, message)
        encoded = outbox.encoded_payload_of(uow, message)
    if found is None or encoded is None or found.dead_because is DeathCause.UNWRITABLE:
        raise _unknown(message)
    data, encoding = encoded
    headers = event_headers(
        source=dependencies.webhooks.source,
        message_id=found.message_id,
        kind=found.kind,
        at=found.created_at,
        answers=found.answers,
        gate_id=found.gate_id,
    )
    headers["Vary"] = "Accept, Accept-Encoding"
    if encoding is not None and only_form(request) is None:
        if accepts_gzip(request):
            headers["Content-Encoding"] = GZIP
            return _answer(
                request, _Form(found.content_type, [data], len(data), content_sha256(data)), headers
            )
        # A stream, so that no large document is completely in memory.
        return _answer(request, _Form(found.content_type, unpacked(data), found.size, found.sha256), headers)
    payload = data if encoding is None else b"".join(unpacked(data))
    body, media_type = in_accepted_form(request, payload, found.content_type)
    return _answer(request, _Form(media_type, [body], len(body), content_sha256(body)), headers)


class _Form(NamedTuple):
    """One form of a document: its bytes in pieces, how many, and their SHA-256."""

    media_type: str
    pieces: Iterable[bytes]
    size: int
    sha256: str


def _answer(request: Request, form: _Form, headers: dict[str, str]) -> Response:
    """A form of a document, or the part of it that is requested."""
    media_type, pieces, size, sha256 = form
    etag = f'"{sha256}"'
    headers |= {"ETag": etag, "Accept-Ranges": "bytes", "Repr-Digest": content_digest_of(sha256)}
    if is_known(request, etag):
        return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Vary")})
    wanted = requested_range(request, etag, size)
    if wanted is not None:
        headers |= {"Content-Range": wanted.content_range, "Content-Length": str(wanted.size)}
        pieces = wanted.of(pieces)
    else:
        headers |= {"Content-Length": str(size), "Content-Digest": content_digest_of(sha256)}
    return StreamingResponse(pieces, 200 if wanted is None else 206, headers, media_type)


@router.post(
    "/{message}/confirm",
    operation_id="confirmMessage",
    summary="Confirm a message",
    status_code=204,
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def confirm(
    granted: Annotated[Granted, permit(Operation.CONFIRM_OUTBOX)],
    dependencies: Dependencies,
    message: MessageNumber,
) -> None:
    """Say that you have it; it is not pushed any more. Confirming again changes nothing."""
    with dependencies.stores.of(granted.tenant.tenant_id).writing() as uow:
        known = outbox.confirm(uow, message, dependencies.clock.now())
    if not known:
        raise _unknown(message)


def _shown(
    message: StoredMessage, answer: PeerAnswer | None, transport_state: TransportState | None
) -> MessageView:
    view = MessageView.model_validate(message, from_attributes=True)
    known: dict[str, object] = {"transport": transport_state}
    if answer is not None:
        known |= {
            "mrid": answer.mrid,
            "revision": answer.revision,
            "acknowledgement": AnswerView.model_validate(answer),
        }
    return view.model_copy(update=known)


def _unknown(message: int) -> ProblemResponse:
    return ProblemResponse(ProblemType.NOT_FOUND, f"there is no message {message} for you")
