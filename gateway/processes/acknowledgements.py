"""Processing of acknowledgements: a peer's answer to a document it got from us."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

import mappings
from gateway.domain.document import (
    ACKNOWLEDGEMENT_VERSION,
    Acknowledgement,
    CanonicalDocument,
    DocumentKind,
    ReceivedDocument,
)
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.records.messages import acknowledgements, forwardings
from gateway.records.messages.acknowledgements import AnswerState
from gateway.records.messages.forwardings import Forwarded, Origin

_log: Final = structlog.get_logger(__name__)


class RecordAcknowledgements:
    """The process for Acknowledgement documents. They are noted, and not answered.

    A receiver's answer to a forwarded document goes back to the document's sender.
    """

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        self._tenants = tenants

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Note the peer's answer to the document that it names (see `ports.DocumentApplier`).

        The first answer stays; another one to the same document goes to quarantine.
        """
        if not isinstance(document, Acknowledgement):
            raise TypeError(f"not an acknowledgement: {type(document).__name__}")
        known = acknowledgements.matching(uow, document.received, document.header.receiver.party.code)
        if known is None:
            return [_finding(_unknown(uow, document.received))]
        verdict = verdict_of(document)
        if known.state is not AnswerState.AWAITED:
            if known.state is verdict:
                return []
            return [_finding(f"document {known.mrid} was acknowledged before, as {known.state}")]
        codes = [reason.code for reason in document.reasons]
        acknowledgements.answer(uow, known.message, verdict, codes, at=received_at, by=document_id)
        origin = forwardings.origin_of(uow, known.message)
        if origin is not None:
            try:
                self._send_back(uow, tenant, document, origin, envelope_id=document_id, at=received_at)
            except mappings.UnwritableError as error:
                return [_finding(f"it cannot be written for the sender of the document: {error}")]
        _log.info(
            "acknowledgement taken",
            tenant=tenant.tenant_id,
            message=known.message,
            kind=known.family,
            state=verdict.value,
            reasons=codes,
        )
        return []

    def _send_back(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: Acknowledgement,
        origin: Origin,
        *,
        envelope_id: str,
        at: datetime,
    ) -> None:
        """To the sender of the forwarded document, in its version, in this store's transaction."""
        to = self._tenants.get(origin.tenant)
        if to is None:
            _log.error("the sender of a forwarded document is no tenant any more", tenant=origin.tenant)
            return
        version = to.versions.get(DocumentKind.ACKNOWLEDGEMENT, ACKNOWLEDGEMENT_VERSION)
        writing = mappings.write(document, version)
        label = replace(document.header.label, version=version)
        answer = Forwarded(
            envelope_id, origin.route, origin.tenant, label, writing.data, answers=origin.document_id
        )
        losses = forwardings.losses_in(writing.losses)
        forwardings.put(uow, tenant.tenant_id, answer, losses, at)


def _unknown(uow: UnitOfWork, received: ReceivedDocument) -> str:
    others = acknowledgements.revisions(uow, received.mrid or "")
    if not others:
        return f"no document {received.mrid!r} was sent to you"
    sent = ", ".join(map(str, others))
    return f"revision {received.revision} of document {received.mrid!r} was not sent to you, but {sent}"


def verdict_of(document: Acknowledgement) -> AnswerState:
    """The verdict of an acknowledgement on its document. One that does not state acceptance refuses."""
    codes = {reason.code for reason in document.reasons}
    if ReasonCode.REJECTED in codes:
        return AnswerState.REFUSED
    if document.rejects_part or codes & {ReasonCode.PARTLY_ACCEPTED, ReasonCode.ERRORS_IN_SERIES}:
        return AnswerState.PARTLY
    return AnswerState.ACCEPTED if ReasonCode.ACCEPTED in codes else AnswerState.REFUSED


def _finding(message: str) -> Finding:
    return Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, message, place=Place(Part.RECEIVED))
