"""Submission of documents, and their state."""

import asyncio
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from adapters.kit.http.access import DirectRoute, Granted, PermittedRoute, permit
from adapters.kit.http.body import CSV, JSON, XML, read_body, request_body
from adapters.kit.http.problems import ProblemResponse, ProblemType, documented
from adapters.kit.inbound import TEXT_XML, is_document_type
from adapters.rest.answer_forms import CONTENT, in_accepted_form
from adapters.rest.dependencies import Dependencies, RestDependencies, dependencies_of
from adapters.rest.document_views import (
    DocumentList,
    DocumentView,
    ListedDocument,
    Shown,
    latest,
    view,
    without_values,
)
from adapters.rest.json_examples import EXAMPLES
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.role import OVERSEERS
from gateway.ports import ConflictError
from gateway.records.engine.store import Store
from gateway.records.messages import claimed_names, forwardings, inbox, outbox
from gateway.records.messages.inbox import EnvelopeState
from gateway.security.permissions import Operation

CHANNEL: Final = "rest"
RETRY_AFTER_S: Final = 1
_MOST: Final = 1000
_KEY: Final = r"^[\x21-\x7e]{1,128}$"

submissions = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=DirectRoute)
router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=PermittedRoute)


def _example(name: str) -> str:
    return files("adapters.rest").joinpath("examples", name).read_text("utf-8")


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


@submissions.post(
    "",
    operation_id="submitDocument",
    response_model=DocumentView,
    status_code=202,
    summary="Hand in a document",
    openapi_extra=request_body(
        XML,
        TEXT_XML,
        JSON,
        CSV,
        description="A market document in any version the gateway knows, its canonical JSON form, or bids as "
        "a table with a row for each bid and market time unit.",
        named={
            JSON: {each["kind"]: each for each in EXAMPLES},
            XML: {name: _example(f"{name}.xml") for name in ("bids", "refused-bids")},
        },
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
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Store the document and confirm at once; its acknowledgement follows within moments."""
    dependencies = dependencies_of(request)
    body = await read_body(request, is_document_type, (XML, JSON, CSV))
    sha256 = hashlib.sha256(body.data).hexdigest()
    message_id = f"sha256:{sha256}" if idempotency_key is None else f"key:{idempotency_key}"
    envelope = Envelope(
        tenant=granted.tenant.tenant_id,
        channel=CHANNEL,
        message_id=message_id,
        content_type=body.content_type,
        received_at=dependencies.clock.now(),
        payload=body.data,
        sha256=sha256,
    )
    (receipt,) = await asyncio.wrap_future(dependencies.intake.submit([envelope]))
    if isinstance(receipt, ConflictError):
        raise receipt
    known: DocumentView | None = None
    if receipt.repeated:
        store = dependencies.stores.of(granted.tenant.tenant_id)
        known = await run_in_threadpool(view, dependencies.stores, store, receipt.envelope_id)
    shown = known or DocumentView(
        document_id=receipt.envelope_id,
        tenant=envelope.tenant,
        channel=envelope.channel,
        state=EnvelopeState.RECEIVED,
        received_at=envelope.received_at,
        content_type=envelope.content_type,
        sha256=sha256,
        size=len(envelope.payload),
    )
    location = {"Location": f"{router.prefix}/{receipt.envelope_id}"}
    return Response(shown.model_dump_json(), 202, location, "application/json")


@router.get(
    "",
    operation_id="listDocuments",
    summary="List documents",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.INVALID),
)
def listed(
    granted: Annotated[Granted, permit(Operation.READ_DOCUMENT)],
    dependencies: Dependencies,
    state: Annotated[EnvelopeState | None, Query(description="Only documents in this state.")] = None,
    mrid: Annotated[
        str | None, Query(max_length=60, description="Only documents with this mRID, every revision.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="At most so many of each tenant.")] = 100,
) -> DocumentList:
    """What you handed in, latest first, by whatever channel; the operator sees documents of all tenants, and
    anybody else those that a grant lets it see, among the latest thousand of a tenant."""
    found: list[ListedDocument] = []
    for store in _visible_stores(granted, dependencies):
        if _sees_all_of(granted, store.name):
            found += latest(store, limit, state, mrid)
            continue
        others = latest(store, _MOST, state, mrid)
        visible = (one for one in others if _is_granted(granted, dependencies, store, one.document_id))
        found += islice(visible, limit)
    found.sort(key=lambda shown: shown.received_at, reverse=True)
    return DocumentList(documents=[_seen(granted, shown) for shown in found])


@router.get(
    "/{document_id}",
    operation_id="getDocument",
    summary="See what became of a document",
    responses=documented(ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND),
)
def status(
    granted: Annotated[Granted, permit(Operation.READ_DOCUMENT)],
    dependencies: Dependencies,
    document_id: DocumentId,
) -> DocumentView:
    """State of a document, and everything that was found wrong with it.

    `state` is the verdict of the gateway; of a forwarded document, `forwarding.answer` has the receiver's.

    The operator sees documents of all tenants, and others those that a grant lets them see, without values of
    their content: reasons keep their words, codes and places.
    """
    for store in _visible_stores(granted, dependencies):
        visible = _sees_all_of(granted, store.name) or _is_granted(granted, dependencies, store, document_id)
        if visible and (shown := view(dependencies.stores, store, document_id)) is not None:
            return _seen(granted, shown)
    raise _unknown(document_id)


@router.get(
    "/{document_id}/acknowledgement",
    operation_id="getAcknowledgement",
    summary="Fetch the acknowledgement of a document",
    response_class=Response,
    responses={
        200: {
            "description": "The Acknowledgement document; as JSON or a table for who accepts nothing but "
            "`application/json` or `text/csv`.",
            "content": CONTENT,
        },
        **documented(
            ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.NOT_FOUND, ProblemType.NOT_READY
        ),
    },
)
def acknowledgement(
    granted: Annotated[Granted, permit(Operation.READ_ACKNOWLEDGEMENT)],
    dependencies: Dependencies,
    document_id: DocumentId,
    request: Request,
) -> Response:
    """The business answer, in the version you are configured for; it is also in your outbox.

    An Acknowledgement is not acknowledged itself: for one that you handed in there is none, now or later.
    """
    with dependencies.stores.of(granted.tenant.tenant_id).reading() as uow:
        envelope = inbox.find(uow, document_id)
        if envelope is None:
            raise _unknown(document_id)
        for message in outbox.answering(uow, document_id):
            payload = outbox.payload_of(uow, message.id)
            if message.kind == DocumentKind.ACKNOWLEDGEMENT and payload is not None:
                body, media_type = in_accepted_form(request, payload, message.content_type)
                return Response(body, media_type=media_type, headers={"Vary": "Accept"})
    if envelope.state is not EnvelopeState.RECEIVED:  # settled together with its acknowledgement, if any
        raise ProblemResponse(
            ProblemType.NOT_FOUND,
            "no acknowledgement is here: an Acknowledgement is not acknowledged itself, and those of other "
            "documents are deleted at the end of their retention; the state of the document says what "
            "became of it",
        )
    raise ProblemResponse(
        ProblemType.NOT_READY,
        "the document is still being checked",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _visible_stores(granted: Granted, dependencies: RestDependencies) -> Iterator[Store]:
    """The caller's own store; all for the operator, and for who sees documents of others by a grant."""
    everywhere = granted.tenant.is_everywhere_a(*OVERSEERS) or dependencies.grants.lets_see(granted.tenant)
    names = dependencies.stores.written() if everywhere else (granted.tenant.tenant_id,)
    return map(dependencies.stores.of, names)


def _sees_all_of(granted: Granted, tenant: str) -> bool:
    return granted.tenant.tenant_id == tenant or granted.tenant.is_everywhere_a(*OVERSEERS)


def _is_granted(granted: Granted, dependencies: RestDependencies, store: Store, document_id: str) -> bool:
    """Whether there is such a document of another tenant, and a grant lets the caller see what became of it.

    It is decided before the document is read, so that one which the caller may not see takes no longer than
    one that is not there.
    """
    with store.reading() as uow:
        kind, route = forwardings.kind_and_route(uow, document_id) or (None, None)
    sender = dependencies.tenants.get(store.name)
    if kind is None or sender is None or route is None:
        return False
    if route == claimed_names.HERE:
        return dependencies.grants.lets_see_of(granted.tenant, kind, sender, None)
    taken = next((one for one in dependencies.routes.routes if one.name == route), None)
    receiver = None if taken is None else dependencies.tenants.get(taken.to)
    if taken is None or receiver is None:
        return False
    return dependencies.grants.lets_see_of(granted.tenant, kind, sender, receiver, taken.market)


def _seen(granted: Granted, shown: Shown) -> Shown:
    return shown if granted.tenant.tenant_id == shown.tenant else without_values(shown)


def _unknown(document_id: str) -> ProblemResponse:
    return ProblemResponse(ProblemType.NOT_FOUND, f"there is no document {document_id!r} of yours")
