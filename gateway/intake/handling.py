"""One envelope from storage to acknowledgement: all that it causes happens in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

import esmp
from gateway.domain.document import DocumentKind
from gateway.domain.party import Role
from gateway.domain.reason import ReasonCode
from gateway.domain.tenant import Tenant
from gateway.intake.acknowledging import acknowledgement
from gateway.intake.examination import Examination, examine, unreadable
from gateway.intake.taking import Outcome, same_document, take
from gateway.ports import Clock, Process
from gateway.records import findings, inbox, outbox
from gateway.records.documents import StoredDocument
from gateway.records.inbox import EnvelopeState, StoredEnvelope
from gateway.records.outbox import Outgoing
from gateway.records.store import Store

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handler:
    """Handles stored envelopes. Any number of threads may use it.

    Attributes:
        processes: what takes each kind of document; any other kind is refused.
        gateway: as whom acknowledgements are sent.
        catalogue: the documents that are known; None: those of our own tables.
    """

    store: Store
    tenants: Mapping[str, Tenant]
    processes: Mapping[DocumentKind, Process]
    gateway: Role
    clock: Clock
    catalogue: esmp.Catalogue | None = None

    def handle(self, tenant_id: str, envelope_id: str) -> None:
        """Examine a document, let it take effect, queue its acknowledgement; once, however often called.

        Raises:
            sqlalchemy.exc.OperationalError: the store could not be used; try again later.
        """
        tenant = self.tenants[tenant_id]
        with self.store.room(tenant_id).reading() as room:
            stored = inbox.find(room, envelope_id)
            payload = inbox.payload_of(room, envelope_id)
        if stored is None or payload is None or stored.state is not EnvelopeState.RECEIVED:
            return
        validate = partial(
            esmp.validate,
            codes=tenant.codes or esmp.DEFAULT_CODES,
            catalogue=self.catalogue,
            tolerances=tenant.tolerances,
        )
        self._settle(tenant, envelope_id, examine(payload, stored.content_type, stored.received_at, validate))

    def refuse(self, tenant_id: str, envelope_id: str, message: str) -> None:
        """Refuse a document that could not be handled through a fault of ours; it stays in quarantine."""
        examination = unreadable(f"{message}; reference {envelope_id}", ReasonCode.CALCULATION_FAILED)
        self._settle(self.tenants[tenant_id], envelope_id, examination)

    def _settle(self, tenant: Tenant, envelope_id: str, examination: Examination) -> None:
        now = self.clock.now()
        with self.store.room(tenant.tenant_id).writing() as room:
            stored = inbox.find(room, envelope_id)
            if stored is None or stored.state is not EnvelopeState.RECEIVED:
                return  # somebody else was faster
            earlier = same_document(room, stored, examination)
            if earlier is None:
                outcome = self._take(room, tenant, stored, examination, now)
            else:
                outcome = _answer_again(room, stored, earlier, now)
            findings.put(room, envelope_id, outcome.findings)
            inbox.settle(room, envelope_id, outcome.state, now)
        _log.info(
            "document settled",
            tenant=tenant.tenant_id,
            envelope=envelope_id,
            sha256=stored.sha256,
            size=stored.size,
            kind=examination.family,
            state=outcome.state.value,
            repeats=earlier and earlier.document_id,
            reasons=sorted({finding.code.value for finding in outcome.findings}),
            seconds=(self.clock.now() - stored.received_at).total_seconds(),
        )

    def _take(
        self,
        room: Connection,
        tenant: Tenant,
        stored: StoredEnvelope,
        examination: Examination,
        now: datetime,
    ) -> Outcome:
        process = None if examination.kind is None else self.processes.get(examination.kind)
        outcome = take(room, tenant, stored, examination, process)
        if examination.kind is not DocumentKind.ACKNOWLEDGEMENT:  # answers are not answered
            answer = acknowledgement(
                examination, outcome, self.gateway, tenant, answers=stored.envelope_id, now=now
            )
            outbox.put(room, answer, now)
        return outcome


def _answer_again(
    room: Connection, stored: StoredEnvelope, earlier: StoredDocument, now: datetime
) -> Outcome:
    """The same document came under another message id: the same answer once more, and no second effect."""
    for answer in outbox.answering(room, earlier.document_id):
        payload = outbox.payload_of(room, answer.id)
        if answer.kind is DocumentKind.ACKNOWLEDGEMENT and payload is not None:
            again = Outgoing(answer.kind, answer.version, payload, answers=stored.envelope_id)
            outbox.put(room, again, now)
    first = inbox.find(room, earlier.document_id)
    state = EnvelopeState.ACCEPTED if first is None else first.state
    return Outcome(state, findings.of(room, earlier.document_id))
