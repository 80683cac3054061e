"""Apply an examined document, completely, in part or not at all, inside its store's open transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.domain.document import CanonicalDocument, DocumentKind, DocumentLabel, ReserveBids
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage, concern_whole_document
from gateway.domain.tenant import Tenant
from gateway.intake.apply.forwarding import Forwarding
from gateway.intake.check.examination import Examination
from gateway.intake.check.parties import other_scheme
from gateway.intake.check.series import associated, refused_series, without
from gateway.ports import DocumentApplier, UnitOfWork
from gateway.records.engine.savepoint import Savepoint
from gateway.records.messages import documents
from gateway.records.messages.documents import StoredDocument
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope

_WITHOUT_REVISION: Final = frozenset({DocumentKind.ACKNOWLEDGEMENT, DocumentKind.STATUS_REQUEST})
"""Documents that have no revision number, so that nothing can come in the place of one."""


@dataclass(frozen=True, slots=True)
class ApplyOutcome:
    """Final state of a document with findings; `remarks` are on departures that were accepted."""

    state: EnvelopeState
    findings: Sequence[Finding] = ()
    remarks: Sequence[str] = ()


def known_revisions(uow: UnitOfWork, examination: Examination) -> Sequence[StoredDocument]:
    """The revisions of an examined document that took effect before, newest first."""
    label = examination.label
    return () if label is None else documents.revisions(uow, label.family, label.sender.code, label.mrid)


def same_document(known: Sequence[StoredDocument], stored: StoredEnvelope) -> StoredDocument | None:
    """The one of the known revisions that has the same bytes; it came under another message id."""
    return next((earlier for earlier in known if earlier.sha256 == stored.sha256), None)


def apply_document(
    uow: UnitOfWork,
    tenant: Tenant,
    stored: StoredEnvelope,
    examination: Examination,
    applier: DocumentApplier | None,
    *,
    known: Sequence[StoredDocument],
    forwarding: Forwarding | None = None,
) -> ApplyOutcome:
    """Apply a document as far as it is valid. `applier` is None where nothing applies its kind.

    `known` are its revisions that took effect before, newest first. One that is
    forwarded is accepted completely or not at all, and nothing applies it.
    """
    label, document = examination.label, examination.document
    if label is None:
        return ApplyOutcome(EnvelopeState.REFUSED, examination.findings)
    findings = [*examination.findings, *_check_label(tenant, label, known)]
    remarks = list(examination.remarks)
    if forwarding is not None:
        document = None
        findings += forwarding.findings
        if not findings:
            forwarding.put(uow, tenant, stored)
    elif examination.not_for_us is not None:
        findings.append(examination.not_for_us)
    elif document is None:
        pass  # it is only recorded
    elif applier is None:
        message = f"{label.family} documents are not accepted"
        findings.append(Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, message))
    elif label.sender in tenant.parties:  # else findings on the rest would disclose data of others

        def apply_part(part: CanonicalDocument) -> Sequence[Finding]:
            return applier.apply(uow, tenant, part, stored.envelope_id, stored.received_at)

        findings, odd = _apply(uow, tenant, document, findings, apply_part)
        remarks += odd
    state = _verdict(document, findings, tenant)
    if state is not EnvelopeState.REFUSED:
        documents.put(
            uow,
            stored.envelope_id,
            label,
            received_at=stored.received_at,
            sha256=stored.sha256,
            size=stored.size,
            remarks=remarks,
        )
    return ApplyOutcome(state, examination.places.located(findings), remarks)


def _apply(
    uow: UnitOfWork,
    tenant: Tenant,
    document: CanonicalDocument,
    findings: list[Finding],
    apply_part: Callable[[CanonicalDocument], Sequence[Finding]],
) -> tuple[list[Finding], list[str]]:
    """Apply the valid series; those that the applier refuses may exclude others, then the rest is applied.

    A document that is refused already, for some of its series or completely, is processed all the same, so
    that its sender gets all findings at once; its effects are rolled back.
    """
    while True:
        remaining = without(document, refused_series(findings))
        if isinstance(remaining, ReserveBids) and not len(remaining.bids):
            return findings, []
        effects = Savepoint(uow, "effects")
        new = apply_part(remaining)
        refused = [found for found in new if found.code is not ReasonCode.COMPLEMENTARY]
        remarks = [found.message for found in new if found.code is ReasonCode.COMPLEMENTARY]
        dragged = associated(remaining, refused)
        findings = [*findings, *refused, *dragged]
        if _verdict(document, findings, tenant) is EnvelopeState.REFUSED:
            effects.undo()
            return findings, []
        if not dragged:
            effects.release()
            return findings, remarks
        effects.undo()


def _verdict(
    document: CanonicalDocument | None, findings: Sequence[Finding], tenant: Tenant
) -> EnvelopeState:
    """Series at fault refuse the document where the tenant accepts no parts, or no series is left."""
    if not findings:
        return EnvelopeState.ACCEPTED
    if concern_whole_document(findings) or not tenant.accepts_parts or not isinstance(document, ReserveBids):
        return EnvelopeState.REFUSED
    nothing_left = refused_series(findings).issuperset(document.bids.bid_id)
    return EnvelopeState.REFUSED if nothing_left else EnvelopeState.PARTLY


def _check_label(tenant: Tenant, label: DocumentLabel, known: Sequence[StoredDocument]) -> list[Finding]:
    if label.sender not in tenant.parties:
        unknown = (
            f"{label.sender.named} is not registered as a sender of {tenant.name}; {_some_parties(tenant)}"
        )
        message = other_scheme(label.sender, tenant.parties) or unknown
        return [Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, message, place=Place(Part.SENDER))]
    newest = next(iter(known), None)
    if newest is None or newest.revision < label.revision:
        return []
    if label.family in _WITHOUT_REVISION:
        message = (
            f"{label.mrid} is known with other content and still holds; another document needs another mRID"
        )
        return [Finding(Stage.PROCESS, ReasonCode.MESSAGE_VERSION_CONFLICT, message, place=Place(Part.MRID))]
    known_as = f"revision {newest.revision} of {label.mrid} is known with other content and still holds"
    message = f"{known_as}; a change needs a higher revision number"
    return [Finding(Stage.PROCESS, ReasonCode.MESSAGE_VERSION_CONFLICT, message, place=Place(Part.REVISION))]


def _some_parties(tenant: Tenant) -> str:
    codes = [party.named for party in tenant.parties]
    return f"registered: {', '.join(codes[:3])}{' …' if len(codes) > 3 else ''}" if codes else "it has none"
