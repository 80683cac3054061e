"""Pending notices of gates: written with the change itself, removed once they are in the outbox.

A gate is in the shared store, what leaves for a participant in its tenant store: two databases. So the change
of a gate stores its notices, and the sender moves each to the outbox under an id that it already has.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    select,
)

from gateway.domain.gate_notice import NOTICE_KIND, NOTICE_VERSION
from gateway.domain.outgoing import Outgoing
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import Retention, field_policies
from gateway.records.engine.store import shared_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages import outbox

gate_notices = Table(
    "gate_notices",
    shared_tables,
    Column("id", Integer, primary_key=True),
    Column("gate_id", ForeignKey("gates.gate_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("tenant", String, nullable=False),
    Column("message_id", String(32), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("not_after", Moment, nullable=False),
    sqlite_autoincrement=True,  # notices are sent in the order of their ids
)

POLICY = field_policies(
    gate_notices,
    Retention(otherwise="until it is sent, and no longer than its row in gates"),
    id="order in which they are sent",
    gate_id="the gate",
    tenant="to whom it is sent",
    message_id="of the message: it is sent once",
    payload="what is sent: what happened to the gate, and those of its new terms that the receiver may see",
    not_after="when it is of no more use to the receiver",
)


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """A notice that is not in its receiver's outbox yet."""

    id: int
    gate_id: str
    tenant: str
    message_id: str
    payload: bytes
    not_after: datetime


def put(shared: UnitOfWork, gate_id: str, tenant: str, payload: bytes, not_after: datetime) -> None:
    """Add a notice of a gate for a participant."""
    row = {"gate_id": gate_id, "tenant": tenant, "payload": payload, "not_after": not_after}
    sql(shared).execute(gate_notices.insert().values(message_id=uuid.uuid4().hex, **row))


def pending(shared: UnitOfWork, gate_id: str | None = None) -> Sequence[PendingNotice]:
    """Notices that are still to be sent, of all gates or of one, in their order."""
    statement = select(gate_notices).order_by(gate_notices.c.id)
    if gate_id is not None:
        statement = statement.where(gate_notices.c.gate_id == gate_id)
    return [PendingNotice(**row) for row in sql(shared).execute(statement).mappings()]


def queue(uow: UnitOfWork, notices: Iterable[PendingNotice], now: datetime) -> None:
    """Put notices into the outbox of the store of their receiver; what is there already is not put again."""
    for notice in notices:
        if outbox.named(uow, notice.message_id) is None:
            message = Outgoing(
                kind=NOTICE_KIND,
                version=NOTICE_VERSION,
                payload=notice.payload,
                not_after=notice.not_after,
                content_type="application/json",
                message_id=notice.message_id,
                conversation=f"gate {notice.gate_id}",
                gate_id=notice.gate_id,
            )
            outbox.put(uow, message, now)


def remove(shared: UnitOfWork, notices: Iterable[PendingNotice]) -> None:
    """Notices are in the outboxes of their receivers."""
    ids = [notice.id for notice in notices]
    sql(shared).execute(delete(gate_notices).where(gate_notices.c.id.in_(ids)))
