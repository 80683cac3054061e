"""Backlogs of a store: messages that wait, dead letters, missing acknowledgements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, update

from gateway.domain.transport import TransportState
from gateway.ports import UnitOfWork
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages.acknowledgements import AnswerState, acknowledgements
from gateway.records.messages.outbox import OutboxState, outbox
from gateway.records.messages.transports import transports

_AWAITED = acknowledgements.c.state == AnswerState.AWAITED


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much there is of it, and since when.

    Attributes:
        awaited: documents that their receiver has, and whose acknowledgement is still out.
        overdue: those of them for which it has been out longer than agreed.
    """

    waiting: int
    oldest_waiting: datetime | None
    dead: int
    oldest_dead: datetime | None
    awaited: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A document that its receiver has and did not acknowledge in time."""

    message: int
    message_id: str
    kind: str
    delivered_at: datetime


def backlog(uow: UnitOfWork) -> Backlog:
    """Of one store."""
    waiting, oldest_waiting = _count(uow, OutboxState.WAITING)
    dead, oldest_dead = _count(uow, OutboxState.DEAD)
    awaited, overdue = (
        sql(uow)
        .execute(
            select(func.count(), func.count(acknowledgements.c.alarmed_at))
            .select_from(acknowledgements)
            .join(outbox, acknowledgements.c.message == outbox.c.id)
            .where(_AWAITED, outbox.c.state == OutboxState.DELIVERED)
        )
        .one()
    )
    return Backlog(waiting, oldest_waiting, dead, oldest_dead, awaited, overdue)


def newly_overdue(uow: UnitOfWork, delivered_before: datetime) -> Sequence[Overdue]:
    """Documents delivered before this moment, not acknowledged, and not reported yet."""
    not_alarmed = acknowledgements.c.alarmed_at.is_(None)
    delivered = (outbox.c.state == OutboxState.DELIVERED) & (outbox.c.settled_at < delivered_before)
    return _overdue(uow, not_alarmed & delivered)


def overdue(uow: UnitOfWork, limit: int) -> Sequence[Overdue]:
    """Documents that were reported as overdue and still are not acknowledged, oldest first."""
    return _overdue(uow, acknowledgements.c.alarmed_at.is_not(None), limit)


def _overdue(uow: UnitOfWork, meant: ColumnElement[bool], limit: int | None = None) -> Sequence[Overdue]:
    statement = (
        select(outbox.c.id, outbox.c.message_id, outbox.c.kind, outbox.c.settled_at)
        .join(acknowledgements, acknowledgements.c.message == outbox.c.id)
        .where(_AWAITED, meant)
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return [Overdue(row.id, row.message_id, row.kind, row.settled_at) for row in sql(uow).execute(statement)]


def arrived_after_all(uow: UnitOfWork) -> Sequence[tuple[int, str]]:
    """Dead letters that the network reported later as received: number and message id."""
    statement = (
        select(outbox.c.id, outbox.c.message_id)
        .join(transports, transports.c.message_id == outbox.c.message_id)
        .where(outbox.c.state == OutboxState.DEAD, transports.c.state == TransportState.RECEIVED)
    )
    return [(row.id, row.message_id) for row in sql(uow).execute(statement)]


def overtaken(uow: UnitOfWork) -> Sequence[tuple[int, str]]:
    """Dead letters of which a newer revision waits or was delivered: number and message id."""
    newer, newer_message = acknowledgements.alias(), outbox.alias()
    statement = (
        select(outbox.c.id, outbox.c.message_id)
        .join(acknowledgements, acknowledgements.c.message == outbox.c.id)
        .where(
            outbox.c.state == OutboxState.DEAD,
            exists().where(
                newer.c.message == newer_message.c.id,
                newer.c.mrid == acknowledgements.c.mrid,
                newer.c.family == acknowledgements.c.family,
                newer.c.sender == acknowledgements.c.sender,
                newer.c.revision > acknowledgements.c.revision,
                newer_message.c.state.in_((OutboxState.WAITING, OutboxState.DELIVERED)),
            ),
        )
    )
    return [(row.id, row.message_id) for row in sql(uow).execute(statement)]


def replace_overtaken(uow: UnitOfWork, messages: Sequence[int]) -> None:
    """Newer revisions of these dead letters are on their way or arrived: they are no longer needed."""
    still_dead = outbox.c.id.in_(messages), outbox.c.state == OutboxState.DEAD
    sql(uow).execute(update(outbox).where(*still_dead).values(state=OutboxState.REPLACED))


def _count(uow: UnitOfWork, state: OutboxState) -> tuple[int, datetime | None]:
    count = select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.state == state)
    row = sql(uow).execute(count).one()
    return row[0], row[1]
