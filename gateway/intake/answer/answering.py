"""What answers a document: an Acknowledgement, a document of its own format, or nothing."""

from datetime import datetime

from gateway.domain.outgoing import Outgoing
from gateway.domain.party import Role
from gateway.domain.tenant import Tenant
from gateway.formats import Formats
from gateway.formats.answers import Outcome, own_answer
from gateway.formats.descriptions import Answer
from gateway.intake.answer.acknowledging import acknowledgement
from gateway.intake.apply.apply import ApplyOutcome
from gateway.intake.check.examination import Examination
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope


def answer_to(
    examination: Examination,
    outcome: ApplyOutcome,
    gateway: Role,
    tenant: Tenant,
    formats: Formats,
    *,
    answered: StoredEnvelope,
    now: datetime,
) -> Outgoing | None:
    """The answer to one document, ready to send; None: its format is not answered.

    A document that says too little of itself for an answer of its own gets an Acknowledgement.
    """
    described = examination.described
    if described is not None and described.answer.by is Answer.NOTHING:
        return None
    if described is not None and described.answer.by is Answer.OWN:
        sender = None if examination.label is None else examination.label.sender
        reasons = [finding.as_reason().text or "" for finding in outcome.findings]
        made = own_answer(
            described,
            formats.described,
            Outcome(
                accepted=outcome.state is EnvelopeState.ACCEPTED,
                answers=examination.received.mrid or "",
                revision=1 if examination.label is None else examination.label.revision,
                received_sender="" if sender is None else sender.code,
                sender=gateway.party.code,
                created=now,
                reasons="; ".join((*reasons, *outcome.remarks)),
            ),
        )
        if made is not None:
            own = formats.described[described.answer.kind or ""]
            return Outgoing(
                own.kind,
                own.version,
                made,
                answers=answered.envelope_id,
                content_type=own.content_type,
                receiver=answered.reply_to,
            )
    return acknowledgement(examination, outcome, gateway, tenant, answered=answered, now=now)
