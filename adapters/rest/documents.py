"""Hand in documents and see what became of them."""

import asyncio
import hashlib
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from adapters.handing_in import TEXT_XML, is_document_type
from adapters.http.access import Granted, PermittedRoute, permit
from adapters.http.body import CSV, JSON, XML, read_body, request_body
from adapters.http.problems import Problem, ProblemType, documented
from adapters.rest.answer_forms import CONTENT, in_accepted_form
from adapters.rest.rooms import Rooms, rooms_of
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.reason import Finding
from gateway.ports import ConflictError
from gateway.records import documents, findings, forwardings, inbox, outbox
from gateway.records.inbox import EnvelopeState, StoredEnvelope
from gateway.records.store import Room
from gateway.security.permissions import Operation

CHANNEL: Final = "rest"
RETRY_AFTER_S: Final = 1
_KEY: Final = r"^[\x21-\x7e]{1,128}$"

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=PermittedRoute)


DocumentId = Annotated[str, Path(description="Id from the Location of the submission.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=_KEY,
        description="Any text of your own for this submission. The same key with the same content is "
        "answered again and done once; with other content it is refused. Without it, the same bytes count "
        "as the same submission.",
        examples=["2026-03-01/north/17"],
    ),
]


class FindingView(BaseModel):
    """One thing that is wrong with a document."""

    stage: str = Field(description="How far the document came.", examples=["schema"])
    code: str = Field(description="Reason code of the acknowledgement.", examples=["A69"])
    message: str
    line: int | None = None
    column: int | None = Field(default=None, description="Said where lines are too long to tell.")
    path: str | None = Field(default=None, description="The element.")
    series: str | None = Field(default=None, description="mRID of the time series; none: the whole document.")


class LossView(BaseModel):
    """Values of one path that the receiver's version takes otherwise, or not at all."""

    model_config = ConfigDict(from_attributes=True)

    fate: str = Field(description="dropped, altered or added.", examples=["dropped"])
    path: str = Field(description="The element, without positions.", examples=["Bid_TimeSeries/name"])
    reason: str
    times: int = Field(description="In how many places.")


class ForwardingView(BaseModel):
    """How a document was forwarded."""

    route: str
    version: str = Field(description="In which it leaves.")
    carried_at: datetime | None = Field(description="When it was ready for its receiver; null until then.")
    losses: list[LossView]


class DocumentView(BaseModel):
    """What became of a document."""

    document_id: str
    state: EnvelopeState = Field(description="`received` until it is checked, then final.")
    received_at: datetime
    content_type: str
    sha256: str = Field(description="Hash of the bytes as they came.")
    size: int
    kind: str | None = Field(
        default=None,
        description="Family of the document; known once it took effect.",
        examples=["ReserveBid"],
    )
    version: str | None = None
    mrid: str | None = None
    revision: int | None = None
    findings: list[FindingView] = []
    remarks: list[str] = Field(default=[], description="What was odd, or forgiven, and accepted.")
    forwarding: ForwardingView | None = Field(
        default=None, description="How it leaves for its receiver, where that is not the gateway."
    )


@router.post(
    "",
    operation_id="submitDocument",
    status_code=202,
    summary="Hand in a document",
    openapi_extra=request_body(
        XML,
        TEXT_XML,
        JSON,
        CSV,
        description="A market document in any version the gateway knows, its canonical JSON form, or bids as "
        "a table with a row for each bid and market time unit.",
    ),
    responses={
        202: {
            "description": "Stored; it cannot get lost any more. What it says is checked afterwards and "
            "answered by an acknowledgement document.",
            "headers": {"Location": {"description": "Where its status is.", "schema": {"type": "string"}}},
        },
        **documented(
            ProblemType.UNAUTHENTICATED,
            ProblemType.FORBIDDEN,
            ProblemType.TOO_LARGE,
            ProblemType.UNSUPPORTED_MEDIA_TYPE,
            ProblemType.KEY_REUSED,
            ProblemType.BUSY,
        ),
    },
)
async def submit(
    granted: Annotated[Granted, permit(Operation.SUBMIT_DOCUMENT)],
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> DocumentView:
    """Store the document and confirm at once; its acknowledgement follows within moments."""
    # Neither is a dependency here: each of those takes a twentieth of the time of the whole request.
    rooms = rooms_of(request)
    body = await read_body(request, is_document_type, (XML, JSON, CSV))
    sha256 = hashlib.sha256(body.data).hexdigest()
    message_id = f"sha256:{sha256}" if idempotency_key is None else f"key:{idempotency_key}"
    envelope = Envelope(
        tenant=granted.tenant.tenant_id,
        channel=CHANNEL,
        message_id=message_id,
        content_type=body.content_type,
        received_at=rooms.clock.now(),
        payload=body.data,
        sha256=sha256,
    )
    (receipt,) = await asyncio.wrap_future(rooms.intake.submit([envelope]))
    if isinstance(receipt, ConflictError):
        raise receipt
    response.headers["Location"] = f"{router.prefix}/{receipt.envelope_id}"
    if receipt.repeated:
        room = rooms.store.room(granted.tenant.tenant_id)
        return await run_in_threadpool(_view, room, receipt.envelope_id)
    return DocumentView(
        document_id=receipt.envelope_id,
        state=EnvelopeState.RECEIVED,
        received_at=envelope.received_at,
        content_type=envelope.content_type,
        sha256=sha256,
        size=len(envelope.payload),
    )


@router.get(
    "/{document_id}",
    operation_id="getDocument",
    summary="See what became of a document",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def status(
    granted: Annotated[Granted, permit(Operation.READ_DOCUMENT)], rooms: Rooms, document_id: DocumentId
) -> DocumentView:
    """State of a document, and everything that was found wrong with it."""
    return _view(rooms.store.room(granted.tenant.tenant_id), document_id)


@router.get(
    "/{document_id}/acknowledgement",
    operation_id="getAcknowledgement",
    summary="Fetch the acknowledgement of a document",
    response_class=Response,
    responses={
        200: {
            "description": "The Acknowledgement document; a table for who accepts nothing but `text/csv`.",
            "content": CONTENT,
        },
        **documented(
            ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND, ProblemType.NOT_READY
        ),
    },
)
def acknowledgement(
    granted: Annotated[Granted, permit(Operation.READ_DOCUMENT)],
    rooms: Rooms,
    document_id: DocumentId,
    request: Request,
) -> Response:
    """The business answer, in the version you are configured for; it also lies in your outbox.

    An Acknowledgement is not acknowledged itself: for one that you handed in there is none, now or later.
    """
    with rooms.store.room(granted.tenant.tenant_id).reading() as connection:
        envelope = inbox.find(connection, document_id)
        if envelope is None:
            raise _unknown(document_id)
        for message in outbox.answering(connection, document_id):
            payload = outbox.payload_of(connection, message.id)
            if message.kind == DocumentKind.ACKNOWLEDGEMENT and payload is not None:
                body, media_type = in_accepted_form(request, payload, message.content_type)
                return Response(body, media_type=media_type, headers={"Vary": "Accept"})
    if envelope.state is not EnvelopeState.RECEIVED:  # settled together with its acknowledgement, if any
        raise Problem(
            ProblemType.NOT_FOUND,
            "no acknowledgement is here: an Acknowledgement is not acknowledged itself, and those of other "
            "documents are deleted at the end of their retention; the state of the document says what "
            "became of it",
        )
    raise Problem(
        ProblemType.NOT_READY,
        "the document is still being checked",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _view(room: Room, document_id: str) -> DocumentView:
    with room.reading() as connection:
        envelope = inbox.find(connection, document_id)
        if envelope is None:
            raise _unknown(document_id)
        document = documents.find(connection, document_id)
        found = findings.of(connection, document_id)
        forwarding = _forwarding(connection, document_id)
    return _shown(envelope, document, found).model_copy(update={"forwarding": forwarding})


def _forwarding(connection: Connection, document_id: str) -> ForwardingView | None:
    forwarded = forwardings.of_document(connection, document_id)
    if forwarded is None:
        return None
    lost = forwardings.losses_of(connection, forwarded.number)
    return ForwardingView(
        route=forwarded.route,
        version=forwarded.label.version,
        carried_at=forwarded.carried_at,
        losses=[LossView.model_validate(loss) for loss in lost],
    )


def _shown(
    envelope: StoredEnvelope, document: documents.StoredDocument | None, found: list[Finding]
) -> DocumentView:
    view = DocumentView(
        document_id=envelope.envelope_id,
        state=envelope.state,
        received_at=envelope.received_at,
        content_type=envelope.content_type,
        sha256=envelope.sha256,
        size=envelope.size,
        findings=[FindingView.model_validate(each, from_attributes=True) for each in found],
    )
    if document is None:
        return view
    key = {"kind": document.kind, "version": document.version, "mrid": document.mrid}
    return view.model_copy(update=key | {"revision": document.revision, "remarks": list(document.remarks)})


def _unknown(document_id: str) -> Problem:
    return Problem(ProblemType.NOT_FOUND, f"you handed in no document {document_id!r}")
