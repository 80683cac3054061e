"""Repeated documents and messages: they get the first answer again, without a second effect."""

from dataclasses import replace
from datetime import datetime

from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.outgoing import Outgoing
from gateway.intake.apply.apply import ApplyOutcome
from gateway.ports import UnitOfWork
from gateway.records.messages import claimed_names, documents, findings, forwardings, inbox, outbox
from gateway.records.messages.claimed_names import ClaimedName
from gateway.records.messages.documents import StoredDocument
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope


def document_again(uow: UnitOfWork, earlier: StoredDocument, newest: StoredDocument) -> ApplyOutcome:
    """The outcome of a document that took effect before, where a newer revision may hold now."""
    first = inbox.find(uow, earlier.document_id)
    state = EnvelopeState.ACCEPTED if first is None else first.state
    remarks = list(earlier.remarks)
    if newest.revision > earlier.revision:
        remarks.append(f"no second effect: revision {newest.revision} of {earlier.mrid} holds")
    return ApplyOutcome(state, findings.of(uow, earlier.document_id), remarks)


def answer_document_again(uow: UnitOfWork, stored: StoredEnvelope, first_id: str, now: datetime) -> None:
    """Answer a document that took effect before, under another message id."""
    _put_again(uow, stored, first_id, now)


def answer_message_again(uow: UnitOfWork, envelope: Envelope, first_id: str, now: datetime) -> None:
    """Answer a message that its sender sends again, under the names of this repetition.

    Nothing while the first is in work: its answer is on the way. The repetition gets an envelope of its own,
    without content, because that is where an answer finds the peer's own names.
    """
    first = inbox.find(uow, first_id)
    if first is None or first.state is EnvelopeState.RECEIVED:
        return
    stored = inbox.as_repetition(envelope)
    if _put_again(uow, stored, first_id, now):
        inbox.put_repetition(uow, stored, first.state, now)
        findings.put(uow, stored.envelope_id, findings.of(uow, first_id))
        claimed_names.put(uow, stored.envelope_id, _name_of(uow, first_id))


def _name_of(uow: UnitOfWork, first_id: str) -> ClaimedName:
    """The claimed name of a repetition: that of the first, which may be one itself."""
    found = documents.find(uow, first_id)
    if found is not None:
        forwarded = forwardings.of_document(uow, first_id)
        route = claimed_names.HERE if forwarded is None else forwarded.route
        return ClaimedName(found.kind, found.version, found.mrid, found.revision, first_id, route)
    claimed = claimed_names.find(uow, first_id)
    if claimed is None:
        return ClaimedName(None, None, None, None, first_id)
    return replace(claimed, repeats=claimed.repeats or first_id)


def _put_again(uow: UnitOfWork, stored: StoredEnvelope, first_id: str, now: datetime) -> bool:
    """Let the answer to an earlier envelope leave again as one to this; whether there is one."""
    found = False
    for answer in outbox.answering(uow, first_id):
        payload = outbox.payload_of(uow, answer.id)
        ours = answer.made_here or answer.kind == DocumentKind.ACKNOWLEDGEMENT
        if ours and payload is not None:
            again = Outgoing(
                answer.kind,
                answer.version,
                payload,
                answers=stored.envelope_id,
                content_type=answer.content_type,
                receiver=stored.reply_to,
            )
            outbox.put(uow, again, now)
            found = True
    return found
