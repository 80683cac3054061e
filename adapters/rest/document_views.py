"""Outcomes of documents, as their senders and the operator of the gateway see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from adapters.rest import masking
from gateway.domain.document import DocumentKind
from gateway.ports import UnitOfWork
from gateway.records.engine.store import Store
from gateway.records.engine.stores import Stores
from gateway.records.messages import (
    acknowledgements,
    claimed_names,
    documents,
    findings,
    forwardings,
    inbox,
    outbox,
)
from gateway.records.messages.acknowledgements import AnswerState, PeerAnswer
from gateway.records.messages.forwardings import Forwarded, Loss
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope


class FindingView(BaseModel):
    """One thing that is wrong with a document."""

    stage: str = Field(description="How far the document came.", examples=["schema"])
    code: str = Field(description="Reason code of the acknowledgement.", examples=["A69"])
    message: str
    line: int | None = None
    column: int | None = Field(
        default=None,
        description="Given where lines are too long to locate it, and where a document is not well-formed.",
    )
    path: str | None = Field(default=None, description="The element.")
    series: str | None = Field(default=None, description="mRID of the time series; none: the whole document.")


class LossView(BaseModel):
    """Values of one path that the receiver's version takes otherwise, or not at all."""

    model_config = ConfigDict(from_attributes=True)

    fate: str = Field(description="dropped, altered or added.", examples=["dropped"])
    path: str = Field(description="The element, without positions.", examples=["Bid_TimeSeries/name"])
    reason: str
    times: int = Field(description="In how many places.")


class AnswerView(BaseModel):
    """What the receiver says of a document."""

    model_config = ConfigDict(from_attributes=True)

    state: AnswerState = Field(description="`awaited` until an Acknowledgement document names it.")
    codes: list[str] = Field(description="Reason codes of the acknowledgement.")
    answered_at: datetime | None = None


class AcknowledgedView(BaseModel):
    """What an Acknowledgement that was handed in says, and of which document."""

    model_config = ConfigDict(from_attributes=True)

    family: str = Field(description="Of the document that it is of.", examples=["ReserveBid"])
    mrid: str
    revision: int
    state: AnswerState
    codes: list[str] = Field(description="Its reason codes.")


class ForwardingView(BaseModel):
    """How a document was forwarded, and what its receiver says of it."""

    route: str
    version: str = Field(description="In which it leaves.")
    carried_at: datetime | None = Field(description="When it was ready for its receiver; null until then.")
    losses: list[LossView]
    answer: AnswerView | None = Field(
        description="The verdict of the receiver; null before the document is ready for it, where none is "
        "awaited, and when it is not kept any more."
    )


class ListedDocument(BaseModel):
    """What became of a document, in short; its findings are at its own address."""

    document_id: str
    tenant: str = Field(description="Whose document it is.")
    channel: str = Field(description="By which it came.", examples=["rest"])
    state: EnvelopeState = Field(description="`received` until it is checked, then final.")
    received_at: datetime
    content_type: str
    sha256: str | None = Field(
        description="Hash of the bytes as they came, for their sender; null for everybody else, who could "
        "try by it which values a small document has."
    )
    size: int
    kind: str | None = Field(
        default=None,
        description="Family of the document, as far as it was recognised; null until it is checked.",
        examples=["ReserveBid"],
    )
    version: str | None = None
    mrid: str | None = Field(default=None, description="What it calls itself.")
    revision: int | None = None
    repeats: str | None = Field(
        default=None,
        description="Id of the first document, where this is the same message or document again: it has no "
        "effect of its own, and gets the answer of the first.",
    )
    remarks: list[str] = Field(default=[], description="What was odd, or forgiven, and accepted.")
    acknowledges: AcknowledgedView | None = Field(
        default=None,
        description="Of an Acknowledgement, what it says of which document: `state` is the gateway's verdict "
        "on the Acknowledgement itself. Null where it decided nothing, as when it was not the first.",
    )


class DocumentView(ListedDocument):
    """What became of a document."""

    findings: list[FindingView] = []
    forwarding: ForwardingView | None = Field(
        default=None, description="How it leaves for its receiver, where that is not the gateway."
    )


class DocumentList(BaseModel):
    """Documents, latest first; the findings of one are at its own address."""

    documents: list[ListedDocument]


Shown = TypeVar("Shown", bound=ListedDocument)


def view(stores: Stores, store: Store, document_id: str) -> DocumentView | None:
    """The outcome of a document; None if it did not come into this store.

    Args:
        stores: in one of them is what its receiver answered, where it was forwarded.
    """
    with store.reading() as uow:
        envelope = inbox.find(uow, document_id)
        if envelope is None:
            return None
        shown = _shown(store.name, uow, envelope)
        found = findings.of(uow, document_id)
        forwarded = forwardings.of_document(uow, document_id)
        lost = [] if forwarded is None else forwardings.losses_of(uow, forwarded.number)
    return DocumentView(
        **dict(shown),
        findings=[FindingView.model_validate(each, from_attributes=True) for each in found],
        forwarding=None if forwarded is None else _forwarding(stores, forwarded, lost),
    )


def latest(
    store: Store, limit: int, state: EnvelopeState | None, mrid: str | None = None
) -> list[ListedDocument]:
    """The latest documents of a store, or of those that have an mRID, without what was found in them."""
    with store.reading() as uow:
        among = (
            None if mrid is None else (*documents.ids_named(uow, mrid), *claimed_names.ids_named(uow, mrid))
        )
        return [_shown(store.name, uow, envelope) for envelope in inbox.latest(uow, limit, state, among)]


def without_values(shown: Shown) -> Shown:
    """A document as others than its sender may see it: without numbers, names or texts of its content, and
    without its hash, by which these could be guessed.

    Reasons show their texts, codes and places, and what was expected.
    """
    masked: dict[str, object] = {
        "sha256": None,
        "remarks": [masking.without_values(remark) for remark in shown.remarks],
    }
    if isinstance(shown, DocumentView):
        masked["findings"] = [
            finding.model_copy(update={"message": masking.without_values(finding.message)})
            for finding in shown.findings
        ]
    return shown.model_copy(update=masked)


def _forwarding(stores: Stores, forwarded: Forwarded, lost: Sequence[Loss]) -> ForwardingView:
    answer = _answer(stores, forwarded)
    return ForwardingView(
        route=forwarded.route,
        version=forwarded.label.version,
        carried_at=forwarded.carried_at,
        losses=[LossView.model_validate(loss) for loss in lost],
        answer=None if answer is None else AnswerView.model_validate(answer),
    )


def _answer(stores: Stores, forwarded: Forwarded) -> PeerAnswer | None:
    """What the receiver said, from its own store."""
    if forwarded.carried_at is None or not stores.present([forwarded.to]):
        return None
    with stores.of(forwarded.to).reading() as uow:
        message = outbox.named(uow, forwarded.message_id)
        return None if message is None else acknowledgements.of(uow, [message.id]).get(message.id)


def _shown(tenant: str, uow: UnitOfWork, envelope: StoredEnvelope) -> ListedDocument:
    view = ListedDocument(
        document_id=envelope.envelope_id,
        tenant=tenant,
        channel=envelope.channel,
        state=envelope.state,
        received_at=envelope.received_at,
        content_type=envelope.content_type,
        sha256=envelope.sha256,
        size=envelope.size,
    )
    document = documents.find(uow, envelope.envelope_id)
    claimed = None if document is not None else claimed_names.find(uow, envelope.envelope_id)
    named = document or claimed
    if named is None:
        return view
    key = {"kind": named.kind, "version": named.version, "mrid": named.mrid, "revision": named.revision}
    repeats = None if claimed is None else claimed.repeats
    remarks = [] if document is None else list(document.remarks)
    shown: dict[str, object] = {**key, "repeats": repeats, "remarks": remarks}
    if named.kind == DocumentKind.ACKNOWLEDGEMENT:
        decided = acknowledgements.decided_by(uow, envelope.envelope_id)
        shown["acknowledges"] = None if decided is None else AcknowledgedView.model_validate(decided)
    return view.model_copy(update=shown)
