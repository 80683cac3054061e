"""Messages that could not be delivered or were refused: listed without their content, or sent after all."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from adapters.kit.http.access import Granted, PermittedRoute, permit
from adapters.kit.http.problems import ProblemType, documented
from gateway.delivery.dead_letters import DeadLetter, RefusedDocument
from gateway.domain.tenant import Tenant
from gateway.domain.transport import TransportState
from gateway.records.messages.outbox import DeathCause, OutboxState
from gateway.security.permissions import Operation
from gateway.web.dependencies import Dependencies

router = APIRouter(prefix="/v1/dead-letters", tags=["delivery"], route_class=PermittedRoute)

MessageId = Annotated[str, Path(description="The message's own id.", max_length=64)]
_COMMON = (ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN)


class DeadLetterView(BaseModel):
    """A message that was given up, was replaced, or waits."""

    message_id: str = Field(description="The same on every attempt, and when it is sent after all.")
    tenant: str
    kind: str
    version: str
    mrid: str | None = Field(default=None, description="Of the document, where its receiver acknowledges it.")
    revision: int | None = None
    sha256: str | None = Field(description="Of the document, for its receiver; null for everybody else.")
    created_at: datetime
    not_after: datetime | None = Field(default=None, description="Of no use to the peer after this.")
    answers: str | None = Field(default=None, description="Id of the document or run it answers.")
    gate_id: str | None = Field(default=None, description="Of a result, the gate it is of.")
    state: OutboxState = Field(
        description="`dead`, until it is sent after all; `waiting` for its turn; `replaced` by a newer "
        "revision, or rebuilt."
    )
    because: DeathCause | None = Field(
        default=None,
        description="`expired`: it is never sent any more. `refused`: the peer will never take it. "
        "`attempts`: it was tried as often as is tried. `by-hand`: an operator gave it up. `too-large`: the "
        "channel takes no document of this size; fetch it. `unwritable`: there is nothing to send.",
    )
    reason: str | None = Field(
        default=None, description="Why the last attempt failed, or why it was given up by hand."
    )
    attempts: int
    first_failure_at: datetime | None = None
    last_failure_at: datetime | None = None
    next_attempt_at: datetime | None = Field(
        default=None,
        description="When it may go out again: after the pause of its own last failure, or of its receiver's "
        "where that could not be reached.",
    )
    given_up_at: datetime | None = None
    age_s: int = Field(description="Seconds since the message was made.")
    redriven: int = Field(description="How often it was sent after all.")
    transport: TransportState | None = Field(
        default=None, description="How far it came, where the network between tells of it."
    )
    transport_id: str | None = Field(default=None, description="The network's own id of the message.")

    @classmethod
    def of(cls, letter: DeadLetter, viewer: Tenant) -> Self:
        """The view of a dead letter; who did not get it could guess its values by its hash."""
        message, transport, answer = letter.message, letter.transport, letter.answer
        return cls(
            message_id=message.message_id,
            tenant=letter.tenant,
            kind=message.kind,
            version=message.version,
            mrid=None if answer is None else answer.mrid,
            revision=None if answer is None else answer.revision,
            sha256=message.sha256 if letter.tenant == viewer.tenant_id else None,
            created_at=message.created_at,
            not_after=message.not_after,
            answers=message.answers,
            gate_id=message.gate_id,
            state=message.state,
            because=message.dead_because,
            reason=message.last_error,
            attempts=message.attempts,
            first_failure_at=message.first_failure_at,
            last_failure_at=message.last_failure_at,
            next_attempt_at=letter.next_attempt_at,
            given_up_at=message.settled_at if message.state is OutboxState.DEAD else None,
            age_s=int(letter.age.total_seconds()),
            redriven=message.redriven,
            transport=None if transport is None else transport.state,
            transport_id=None if transport is None else transport.transport_id,
        )


class RefusedView(BaseModel):
    """A refused document in quarantine; its sender sees why at `/v1/documents/{id}`."""

    document_id: str
    tenant: str
    channel: str
    received_at: datetime
    sha256: str | None = Field(description="Of the document, for its sender; null for everybody else.")
    size: int

    @classmethod
    def of(cls, document: RefusedDocument, viewer: Tenant) -> Self:
        """The view of a document in quarantine; its hash as in `DeadLetterView`."""
        envelope = document.envelope
        return cls(
            document_id=envelope.envelope_id,
            tenant=document.tenant,
            channel=envelope.channel,
            received_at=envelope.received_at,
            sha256=envelope.sha256 if document.tenant == viewer.tenant_id else None,
            size=envelope.size,
        )


class GivenUp(BaseModel):
    """Why a message is given up."""

    reason: str = Field(
        min_length=1,
        max_length=500,
        pattern=r"\S",
        description="Kept with the message, and in the log.",
        examples=["agreed with the platform by telephone: it has the document by mail"],
    )


class DeadLetterList(BaseModel):
    """Everything that is given up, latest first."""

    dead_letters: list[DeadLetterView]
    refused_documents: list[RefusedView]


@router.get(
    "",
    operation_id="listDeadLetters",
    summary="List dead letters",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND, ProblemType.INVALID),
)
def listed(
    granted: Annotated[Granted, permit(Operation.READ_DEAD_LETTERS)],
    dependencies: Dependencies,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many of each tenant.")] = 100,
    before: Annotated[
        str | None,
        Query(
            max_length=64,
            description="A message: only dead letters of its tenant made before it, and no documents.",
        ),
    ] = None,
) -> DeadLetterList:
    """Messages that could not be delivered to you, and documents of yours that were refused.

    An operator sees those of all tenants.
    """
    if before is not None:
        earlier = dependencies.dead_letters.before(granted.tenant, before, limit)
        return DeadLetterList(
            dead_letters=[DeadLetterView.of(letter, granted.tenant) for letter in earlier],
            refused_documents=[],
        )
    letters = dependencies.dead_letters.listed(granted.tenant, limit)
    refused = dependencies.dead_letters.refused(granted.tenant, limit)
    return DeadLetterList(
        dead_letters=[DeadLetterView.of(letter, granted.tenant) for letter in letters],
        refused_documents=[RefusedView.of(document, granted.tenant) for document in refused],
    )


@router.get(
    "/{message_id}",
    operation_id="getDeadLetter",
    summary="See a dead letter",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND),
)
def get(
    granted: Annotated[Granted, permit(Operation.READ_DEAD_LETTERS)],
    dependencies: Dependencies,
    message_id: MessageId,
) -> DeadLetterView:
    """Why it was given up, how often it was tried, and its state now."""
    return DeadLetterView.of(dependencies.dead_letters.find(granted.tenant, message_id), granted.tenant)


@router.post(
    "/{message_id}/give-up",
    operation_id="giveUpMessage",
    summary="Send a message no more",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.INVALID),
)
def give_up(
    granted: Annotated[Granted, permit(Operation.GIVE_UP_MESSAGE)],
    dependencies: Dependencies,
    message_id: MessageId,
    given_up: GivenUp,
) -> DeadLetterView:
    """The message becomes a dead letter, with your reason. What waits behind it goes on."""
    letter = dependencies.dead_letters.give_up(
        granted.tenant, message_id, given_up.reason, granted.caller.client_id
    )
    return DeadLetterView.of(letter, granted.tenant)


@router.post(
    "/{message_id}/redrive",
    operation_id="redriveDeadLetter",
    summary="Have a dead letter sent after all",
    responses=documented(*_COMMON, ProblemType.NOT_FOUND, ProblemType.CONFLICT),
)
def redrive(
    granted: Annotated[Granted, permit(Operation.REDRIVE_DEAD_LETTER)],
    dependencies: Dependencies,
    message_id: MessageId,
) -> DeadLetterView:
    """New attempts under the same message id; not for what expired or was overtaken by a newer revision."""
    letter = dependencies.dead_letters.redrive(granted.tenant, message_id, granted.caller.client_id)
    return DeadLetterView.of(letter, granted.tenant)
