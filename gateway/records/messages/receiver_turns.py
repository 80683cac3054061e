"""Whose turn it is in an outbox, and receivers that could not be reached.

A receiver is a place on the tenant's channel that the peer named for its answers (an MQTT response topic), or
the place of the channel itself. One that cannot be reached holds up what is for it and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages.outbox import KNOWN, OutboxState, StoredMessage, message_of, outbox

receivers = Table(
    "unreached_receivers",
    tenant_tables,
    Column("receiver", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
)

POLICY = field_policies(
    receivers,
    days_after("next_attempt_at", 7),
    receiver="where on the channel it listens",
    failures="pauses grow with the failures in a row",
    next_attempt_at="until then nothing is sent there",
)


_before = outbox.alias("before")
_IS_FIRST = ~exists().where(
    _before.c.conversation == outbox.c.conversation,
    _before.c.receiver == outbox.c.receiver,
    _before.c.state == OutboxState.WAITING,
    _before.c.id < outbox.c.id,
)
_CAN_BE_REACHED = ~exists().where(
    receivers.c.receiver == outbox.c.receiver, receivers.c.next_attempt_at > bindparam("now", type_=Moment)
)
_DUE = (
    select(*KNOWN)
    .where(outbox.c.state == OutboxState.WAITING, _IS_FIRST, _CAN_BE_REACHED)
    .limit(bindparam("most"))
)
_NEW = PreparedSelect(_DUE.where(outbox.c.next_attempt_at.is_(None)).order_by(outbox.c.id))
_AGAIN = PreparedSelect(
    _DUE.where(outbox.c.next_attempt_at <= bindparam("now", type_=Moment)).order_by(
        outbox.c.next_attempt_at, outbox.c.id
    )
)
_ANY_UNREACHED = PreparedSelect(select(receivers.c.receiver).limit(1))


def due(uow: UnitOfWork, now: datetime, most: int) -> Sequence[StoredMessage]:
    """Up to `most` messages whose turn it is; those that were never tried come first.

    A message waits only for earlier ones of its conversation to the same receiver, for the pause after its
    own last failure, and for its receiver while that cannot be reached.
    """
    found: list[StoredMessage] = []
    for statement in (_NEW, _AGAIN):
        if left := most - len(found):
            found += map(message_of, statement.rows(uow, now=now, most=left))
    return found


def next_due(uow: UnitOfWork) -> datetime | None:
    """A moment before which nothing is due, where nothing is due now; None when nothing waits for a time."""
    tried = select(func.min(outbox.c.next_attempt_at, type_=Moment)).where(
        outbox.c.state == OutboxState.WAITING
    )
    missed = select(func.min(receivers.c.next_attempt_at, type_=Moment))
    found = [sql(uow).scalar(statement) for statement in (tried, missed)]
    return min((moment for moment in found if moment is not None), default=None)


def failures(uow: UnitOfWork, of: Iterable[str]) -> Mapping[str, int]:
    """How often in a row receivers could not be reached; nothing of those that were."""
    statement = select(receivers.c.receiver, receivers.c.failures).where(receivers.c.receiver.in_(of))
    return {row.receiver: row.failures for row in sql(uow).execute(statement)}


def paused_until(uow: UnitOfWork, receiver: str) -> datetime | None:
    """Until when nothing is sent to a receiver; None: it could be reached."""
    return sql(uow).scalar(select(receivers.c.next_attempt_at).where(receivers.c.receiver == receiver))


def not_reached(uow: UnitOfWork, receiver: str, failures: int, next_at: datetime) -> None:
    """The last of `failures` in a row; the next attempt is due at `next_at`."""
    reached(uow, [receiver])
    sql(uow).execute(receivers.insert().values(receiver=receiver, failures=failures, next_attempt_at=next_at))


def reached(uow: UnitOfWork, those: Iterable[str]) -> None:
    """Receivers are there again."""
    if _ANY_UNREACHED.rows(uow):
        sql(uow).execute(delete(receivers).where(receivers.c.receiver.in_(those)))


def start_over(uow: UnitOfWork) -> None:
    """Forget failed attempts and pauses of what is waiting, because it goes elsewhere now."""
    waiting = outbox.c.state == OutboxState.WAITING
    sql(uow).execute(update(outbox).where(waiting).values(attempts=0, next_attempt_at=None))
    sql(uow).execute(delete(receivers))
