"""A small gateway around the intake: real stores, a standing clock, and a process that notes what it took."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, select

import esmp
import mappings
from gateway.domain.document import Acknowledgement, CanonicalDocument, DocumentKind, ReserveBids
from gateway.domain.envelope import Envelope
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.intake.service.service import IntakeService
from gateway.ports import ConflictError, Receipt
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox
from gateway.records.messages.bookmarks import bookmarks
from gateway.records.messages.inbox import EnvelopeState
from tests.specimens import GATEWAY, NORTH, SOUTH

NOW = datetime(2026, 2, 28, 11, tzinfo=UTC)
GATEWAY_ROLE = Role(CodedId(GATEWAY), "A34")


@dataclass
class Clock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


def tenant(tenant_id: str, party: str, *, accepts_parts: bool = True, version: str = "8.1") -> Tenant:
    return Tenant(
        tenant_id,
        held(TenantRole.PLATFORM),
        f"{tenant_id} platform",
        parties=(CodedId(party),),
        party_role="A46",
        versions={DocumentKind.ACKNOWLEDGEMENT: version},
        accepts_parts=accepts_parts,
    )


TENANTS = {
    "north": tenant("north", NORTH),
    "south": tenant("south", SOUTH),
    "strict": tenant("strict", NORTH, accepts_parts=False),
}


def envelope(
    data: bytes, tenant_id: str = "north", message_id: str = "m1", content_type: str = "application/xml"
) -> Envelope:
    return Envelope(tenant_id, "test", message_id, content_type, NOW, data)


@dataclass
class Notebook:
    """Takes every document and notes its bids in the store; refuses the series that are set."""

    refuses: Callable[[ReserveBids], Sequence[Finding]] = lambda _: ()
    calls: list[list[str]] = field(default_factory=list)
    reported: list[tuple[str, str, datetime]] = field(default_factory=list)

    def apply(
        self,
        store: Connection,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        assert isinstance(document, ReserveBids)
        refused = list(self.refuses(document))
        bad = {finding.series for finding in refused}
        self.calls.append(list(document.bids.bid_id))
        self.reported.append((tenant.tenant_id, document_id, received_at))
        for bid in document.bids.bid_id:
            if bid not in bad:
                store.execute(bookmarks.insert().values(channel=f"{document_id} {bid}", place=bid))
        return refused


def refusing(*bids: str) -> Callable[[ReserveBids], Sequence[Finding]]:
    """As a process refuses bids of unknown resources."""

    def refuse(document: ReserveBids) -> Sequence[Finding]:
        return [
            Finding(
                Stage.PROCESS, ReasonCode.RESOURCE_INVALID, f"the resource of {bid} is unknown", series=bid
            )
            for bid in bids
            if bid in document.bids.position_of
        ]

    return refuse


def noted(stores: Stores, tenant_id: str = "north") -> list[str]:
    """Bids that took effect."""
    with stores.of(tenant_id).reading() as uow:
        # Channels have bookmarks in the same table; their names have no space.
        of_notebook = select(bookmarks.c.place).where(bookmarks.c.channel.contains(" "))
        return list(uow.scalars(of_notebook.order_by(bookmarks.c.place)))


def answers(stores: Stores, tenant_id: str = "north") -> list[Acknowledgement]:
    """Acknowledgements in the outbox, each valid by its schema."""
    with stores.of(tenant_id).reading() as uow:
        payloads = [outbox.payload_of(uow, message.id) or b"" for message in outbox.after(uow, 0, 1000)]
    return [acknowledgement_in(payload) for payload in payloads]


def acknowledgement_in(payload: bytes) -> Acknowledgement:
    report = esmp.validate(payload)
    assert report.findings == ()
    assert report.identity is not None
    document = mappings.read(payload, report.identity).document
    assert isinstance(document, Acknowledgement)
    return document


def codes_of(answer: Acknowledgement) -> list[str]:
    return [reason.code for reason in answer.reasons]


SETTLED = frozenset(EnvelopeState) - {EnvelopeState.RECEIVED}


def hand_in(intake: IntakeService, one: Envelope) -> Receipt:
    """The receipt of an envelope, once it is durable; a conflict is raised."""
    (answer,) = intake.submit([one]).result()
    if isinstance(answer, ConflictError):
        raise answer
    return answer
