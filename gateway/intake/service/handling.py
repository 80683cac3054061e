"""One envelope from storage to acknowledgement: all that it causes happens in one transaction."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog

import esmp
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.grant import Grants
from gateway.domain.party import CodedId, Role
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.tenant import Tenant
from gateway.formats import Formats
from gateway.intake.answer.answering import answer_to
from gateway.intake.apply.apply import ApplyOutcome, apply_document, known_revisions, same_document
from gateway.intake.apply.forwarding import Forwarder, Forwarding
from gateway.intake.apply.repeating import answer_document_again, document_again
from gateway.intake.check.described import examine_any
from gateway.intake.check.examination import Examination, unreadable
from gateway.intake.check.grants import grant_finding, other_market
from gateway.intake.check.parties import other_scheme, party_findings, platforms_of
from gateway.ports import Clock, ConflictError, DocumentApplier, Receipt, UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.messages import claimed_names, findings, inbox, outbox
from gateway.records.messages.claimed_names import ClaimedName
from gateway.records.messages.documents import StoredDocument
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handler:
    """Handles stored envelopes. Any number of threads may use it.

    Attributes:
        appliers: apply documents, by kind; any other kind is refused.
        gateway: as whom acknowledgements are sent.
        formats: the documents that are known.
        forwarder: finds routes of documents for other receivers; None: there is none.
        grants: who may send what to whom.
        platforms: codes of all platforms.
    """

    stores: Stores
    tenants: Mapping[str, Tenant]
    appliers: Mapping[DocumentKind, DocumentApplier]
    gateway: Role
    clock: Clock
    formats: Formats = field(default_factory=Formats)
    forwarder: Forwarder | None = None
    grants: Grants = field(default_factory=Grants)
    platforms: frozenset[CodedId] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "platforms", platforms_of(self.tenants))

    def handle(self, tenant_id: str, envelope_id: str) -> None:
        """Examine a document, apply it, queue its acknowledgement; once, however often called.

        Raises:
            StoreUnavailableError: the store could not be used; try again later.
        """
        self.begin(tenant_id, envelope_id).result()

    def begin(self, tenant_id: str, envelope_id: str, envelope: Envelope | None = None) -> Future[Any]:
        """As `handle`, but return when it is examined; the future is done when all it causes is durable.

        `envelope` is the stored one, where it is in memory.

        Raises:
            StoreUnavailableError: the store could not be used; try again later.
        """
        if envelope is not None:
            prepared = self.prepare(envelope)
        else:
            with self.stores.of(tenant_id).reading() as uow:
                stored = inbox.find(uow, envelope_id)
                payload = inbox.payload_of(uow, envelope_id)
            if stored is None or payload is None or stored.state is not EnvelopeState.RECEIVED:
                nothing: Future[Any] = Future()
                nothing.set_result(None)
                return nothing
            prepared = self._prepared(tenant_id, payload, stored.content_type, stored.received_at)
        return self._settle(envelope_id, prepared)

    def prepare(self, envelope: Envelope) -> "Prepared":
        """Examine an envelope. Touches no store."""
        return self._prepared(envelope.tenant, envelope.payload, envelope.content_type, envelope.received_at)

    def handle_all(self, arrivals: Sequence[tuple[Envelope, "Prepared"]]) -> Sequence[Receipt | Exception]:
        """Store new envelopes of one tenant with all that they cause, in their order.

        Returns for each its receipt, or the error because of which nothing of it is stored.
        """
        store = self.stores.of(arrivals[0][0].tenant)
        stored_all = store.write_all([partial(self._arrive, envelope, what) for envelope, what in arrivals])
        receipts: list[Receipt | Exception] = []
        for one, (_, prepared) in zip(stored_all, arrivals, strict=True):
            if isinstance(one, _Settled):
                self._log(prepared, one)
                receipts.append(Receipt(one.envelope.envelope_id, repeated=False))
            else:
                receipts.append(one)
        return receipts

    def refuse(self, tenant_id: str, envelope_id: str, message: str) -> None:
        """Refuse a document that could not be handled through a fault of ours; it stays in quarantine."""
        examination = unreadable(f"{message}; reference {envelope_id}", ReasonCode.CALCULATION_FAILED)
        self._settle(envelope_id, Prepared(self.tenants[tenant_id], examination)).result()

    def _prepared(
        self, tenant_id: str, payload: bytes, content_type: str, received_at: datetime
    ) -> "Prepared":
        tenant = self.tenants[tenant_id]
        validate = partial(
            esmp.validate,
            codes=tenant.codes or esmp.DEFAULT_CODES,
            catalogue=self.formats.esmp,
            tolerances=tenant.tolerances,
        )
        examination = examine_any(
            payload,
            content_type,
            received_at,
            validate,
            tenant.bounds,
            formats=self.formats,
            sender=next(iter(tenant.parties), None),
        )
        forwarding = None
        if self.forwarder is not None and not _is_answer(examination):
            forwarding = self.forwarder.routed(examination)
        refusal = self._refusal(tenant, examination, forwarding)
        if self.forwarder is not None and forwarding is not None and refusal is None:
            forwarding = self.forwarder.converted(forwarding, tenant, examination, payload, content_type)
        route = claimed_names.HERE if examination.receiver == self.gateway.party else None
        if forwarding is not None:
            route = forwarding.route.name
        return Prepared(tenant, examination, forwarding, refusal, route)

    def _refusal(
        self, tenant: Tenant, examination: Examination, forwarding: Forwarding | None
    ) -> Finding | None:
        """Why a document may neither be taken by the gateway nor be forwarded; None: it may be."""
        receiver = examination.receiver
        if forwarding is not None:
            route = forwarding.route
            if finding := other_market(examination, route.market):
                return finding
            market = examination.market or route.market
            return grant_finding(self.grants, examination, tenant, self.tenants[route.to], market)
        if receiver is None or receiver == self.gateway.party or _is_answer(examination):
            return grant_finding(self.grants, examination, tenant)
        return _for_another(receiver, self.gateway.party)

    def _arrive(
        self, envelope: Envelope, prepared: "Prepared", uow: UnitOfWork
    ) -> "_Settled | Receipt | ConflictError":
        try:
            known = inbox.same_message(uow, envelope)
        except ConflictError as conflict:
            return conflict
        if known is not None:
            return known
        stored = inbox.as_received(envelope)
        settled = self._effect(uow, stored, prepared)
        inbox.put_settled(uow, stored, envelope.payload, settled.outcome.state, self.clock.now())
        _note(uow, settled, prepared)
        return settled

    def _settle(self, envelope_id: str, prepared: "Prepared") -> Future[Any]:
        def settle(uow: UnitOfWork) -> _Settled | None:
            stored = inbox.find(uow, envelope_id)
            if stored is None or stored.state is not EnvelopeState.RECEIVED:
                return None  # another thread was faster
            settled = self._effect(uow, stored, prepared)
            inbox.settle(uow, envelope_id, settled.outcome.state, self.clock.now())
            _note(uow, settled, prepared)
            return settled

        def log(done: Future[_Settled | None]) -> None:
            if done.exception() is None and (settled := done.result()) is not None:
                self._log(prepared, settled)

        durable = self.stores.of(prepared.tenant.tenant_id).write(settle)
        durable.add_done_callback(log)
        return durable

    def _effect(self, uow: UnitOfWork, stored: StoredEnvelope, prepared: "Prepared") -> "_Settled":
        """All effects of an envelope but its own state and findings."""
        known = known_revisions(uow, prepared.examination)
        earlier = same_document(known, stored)
        if earlier is None:
            outcome = self._apply(uow, stored, prepared, known)
        else:
            outcome = document_again(uow, earlier, known[0])
            if known[0].revision > earlier.revision:  # the old answer would state that it holds
                self._answer(uow, stored, prepared, prepared.examination, outcome)
            else:
                answer_document_again(uow, stored, earlier.document_id, self.clock.now())
        return _Settled(stored, outcome, earlier)

    def _log(self, prepared: "Prepared", settled: "_Settled") -> None:
        stored, outcome, earlier = settled.envelope, settled.outcome, settled.earlier
        _log.info(
            "document settled",
            tenant=prepared.tenant.tenant_id,
            envelope=stored.envelope_id,
            sha256=stored.sha256,
            size=stored.size,
            kind=prepared.examination.family,
            state=outcome.state.value,
            repeats=earlier and earlier.document_id,
            reasons=sorted({finding.code.value for finding in outcome.findings}),
            seconds=(self.clock.now() - stored.received_at).total_seconds(),
        )
        if (
            prepared.examination.family == DocumentKind.ACKNOWLEDGEMENT
            and outcome.state is EnvelopeState.REFUSED
        ):  # its sender gets no document: answers are not answered
            _log.warning(
                "acknowledgement refused",
                tenant=prepared.tenant.tenant_id,
                channel=stored.channel,
                document=stored.envelope_id,
            )

    def _apply(
        self, uow: UnitOfWork, stored: StoredEnvelope, prepared: "Prepared", known: Sequence[StoredDocument]
    ) -> ApplyOutcome:
        tenant, examination, forwarding = prepared.tenant, prepared.examination, prepared.forwarding
        applier = None if examination.kind is None else self.appliers.get(examination.kind)
        if prepared.refusal is not None:
            examination, forwarding = replace(examination, not_for_us=prepared.refusal), None
        elif forwarding is not None:
            examination = replace(examination, remarks=forwarding.remarks)
        else:
            odd = tuple(party_findings(examination.document, tenant, self.platforms, self.gateway))
            if odd:
                examination = replace(examination, findings=(*examination.findings, *odd))
        outcome = apply_document(
            uow, tenant, stored, examination, applier, known=known, forwarding=forwarding
        )
        self._answer(uow, stored, prepared, examination, outcome)
        return outcome

    def _answer(
        self,
        uow: UnitOfWork,
        stored: StoredEnvelope,
        prepared: "Prepared",
        examination: Examination,
        outcome: ApplyOutcome,
    ) -> None:
        if examination.kind is DocumentKind.ACKNOWLEDGEMENT:
            return  # answers are not answered
        now, tenant = self.clock.now(), prepared.tenant
        answer = answer_to(examination, outcome, self.gateway, tenant, self.formats, answered=stored, now=now)
        if answer is not None:
            outbox.put(uow, answer, now)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An examined envelope, and how it is forwarded.

    Attributes:
        refusal: why its sender may not send it, or nobody receives it.
        route: by which it leaves (see `ClaimedName`).
    """

    tenant: Tenant
    examination: Examination
    forwarding: Forwarding | None = None
    refusal: Finding | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class _Settled:
    """The outcome of an envelope; `earlier` is the same document that came before."""

    envelope: StoredEnvelope
    outcome: ApplyOutcome
    earlier: StoredDocument | None


def _note(uow: UnitOfWork, settled: "_Settled", prepared: Prepared) -> None:
    """Store findings; and, of a document that is not recorded as such, its claimed name."""
    examination, envelope_id, outcome = prepared.examination, settled.envelope.envelope_id, settled.outcome
    findings.put(uow, envelope_id, outcome.findings)
    if outcome.state is EnvelopeState.REFUSED or settled.earlier is not None:
        version = examination.version if examination.label is None else examination.label.version
        received = examination.received
        repeats = None if settled.earlier is None else settled.earlier.document_id
        key = examination.family, version, received.mrid, received.revision
        name = ClaimedName(*key, repeats, prepared.route)
        claimed_names.put(uow, envelope_id, name)


def _is_answer(examination: Examination) -> bool:
    """Whether it goes by no route: it is sent back to the sender of the document that it answers, and taken
    only from that one's receiver."""
    return examination.kind is DocumentKind.ACKNOWLEDGEMENT and examination.document is not None


def _for_another(receiver: CodedId, gateway: CodedId) -> Finding:
    no_route = f"the document is for {receiver.named}, and there is no route to it"
    message = other_scheme(receiver, [gateway]) or no_route
    return Finding(Stage.PROCESS, ReasonCode.RECEIVER_INCORRECT, message, place=Place(Part.RECEIVER))
