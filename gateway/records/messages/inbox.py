"""Envelopes as they came in. An envelope is stored before it is confirmed to its peer."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    select,
    update,
)

from gateway.domain.envelope import Envelope
from gateway.ports import ConflictError, Receipt, UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import MOST_LISTED, PreparedInsert, PreparedListSelect, PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql


class EnvelopeState(StrEnum):
    """State of an envelope. It leaves RECEIVED once, together with its acknowledgement."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"


envelopes = Table(
    "envelopes",
    tenant_tables,
    Column("envelope_id", String(32), primary_key=True),
    Column("channel", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("correlation_id", String),
    Column("message_type", String),
    Column("reply_to", String),
    Column("received_at", Moment, nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("payload", LargeBinary),
    Column("state", String, nullable=False, index=True),
    Column("starts", Integer, nullable=False),
    Column("settled_at", Moment),
    UniqueConstraint("channel", "message_id"),
)

POLICY = field_policies(
    envelopes,
    days_after("settled_at", "quarantine"),
    envelope_id="names the envelope in status queries and logs",
    channel="with message_id: knows a repeated message again",
    message_id="with channel: knows a repeated message again",
    content_type="distinguishes XML from JSON when a document is taken up again after a restart",
    correlation_id="lets the answer name what it answers in the peer's own words",
    message_type="routes messages on channels that name their kind",
    reply_to="where the peer wants the answer on channels that have such addresses",
    received_at="decides whether a document was in time",
    sha256="distinguishes a repetition from a conflict; proof of what came",
    size="operation figures without looking at content",
    payload="work in progress and quarantine; emptied when a document is fully accepted",
    state="status of the document",
    starts="stops a document that ends the process from doing so for ever",
    settled_at="start of the retention period",
)


@dataclass(frozen=True, slots=True)
class StoredEnvelope:
    """Metadata of an envelope, without its payload."""

    envelope_id: str
    channel: str
    message_id: str
    content_type: str
    correlation_id: str | None
    message_type: str | None
    reply_to: str | None
    received_at: datetime
    sha256: str
    size: int
    state: EnvelopeState
    starts: int
    settled_at: datetime | None


_AGAIN: Final = "again:"
"""Before the message id of a repetition; no channel uses such ids."""

_KNOWN = tuple(column for column in envelopes.c if column.name != "payload")
"""The columns of a `StoredEnvelope`, in the order of its fields."""

_STATE = [column.name for column in _KNOWN].index("state")

# Statements of every message are prepared: building one takes longer than executing it.
_SAME_MESSAGE = PreparedSelect(
    select(envelopes.c.envelope_id, envelopes.c.sha256).where(
        envelopes.c.channel == bindparam("channel"), envelopes.c.message_id == bindparam("message_id")
    )
)
_SOME = PreparedListSelect(lambda listed: select(*_KNOWN).where(envelopes.c.envelope_id.in_(listed)))
_PAYLOAD = select(envelopes.c.payload).where(envelopes.c.envelope_id == bindparam("envelope_id"))
_ROWS = PreparedInsert(envelopes)
_UNSETTLED = PreparedSelect(
    select(func.count()).where(
        envelopes.c.state == bindparam("state"),
        envelopes.c.received_at < bindparam("received_before"),
    )
)
_STATES = PreparedSelect(
    select(envelopes.c.state, func.count())
    .where(envelopes.c.received_at >= bindparam("first"), envelopes.c.received_at < bindparam("end"))
    .group_by(envelopes.c.state)
)
_SETTLE = (
    update(envelopes)
    .where(envelopes.c.envelope_id == bindparam("settled"))
    .values(state=bindparam("state"), settled_at=bindparam("settled_at"))
)
_SETTLE_AND_EMPTY = _SETTLE.values(payload=None)


def put(uow: UnitOfWork, envelope: Envelope) -> Receipt:
    """Store an envelope, or return the receipt of the same message, where it came before.

    Raises:
        ConflictError: the channel brought other content under the same message id; the first stays.
    """
    known = same_message(uow, envelope)
    if known is not None:
        return known
    stored = as_received(envelope)
    _ROWS.put_one(uow, _row(stored, envelope.payload, stored.state, None))
    return Receipt(stored.envelope_id, repeated=False)


def same_message(uow: UnitOfWork, envelope: Envelope) -> Receipt | None:
    """The receipt of a message that came before; None for a new one.

    Raises:
        ConflictError: see `put`.
    """
    known = _SAME_MESSAGE.rows(uow, channel=envelope.channel, message_id=envelope.message_id)
    if not known:
        return None
    ((envelope_id, sha256),) = known
    if sha256 != envelope.sha256:
        named = envelope.message_id.removeprefix("id:").removeprefix("key:")  # as its sender wrote it
        raise ConflictError(f"message id {named!r} was used before with other content")
    return Receipt(envelope_id, repeated=True)


def as_received(envelope: Envelope) -> StoredEnvelope:
    """Metadata of a new envelope, with a new id."""
    return StoredEnvelope(
        envelope_id=uuid.uuid4().hex,
        channel=envelope.channel,
        message_id=envelope.message_id,
        content_type=envelope.content_type,
        correlation_id=envelope.correlation_id,
        message_type=envelope.message_type,
        reply_to=envelope.reply_to,
        received_at=envelope.received_at,
        sha256=envelope.sha256,
        size=len(envelope.payload),
        state=EnvelopeState.RECEIVED,
        starts=0,
        settled_at=None,
    )


def put_settled(
    uow: UnitOfWork, stored: StoredEnvelope, payload: bytes, state: EnvelopeState, at: datetime
) -> None:
    """Store a new envelope together with its state; as `put` and `settle`."""
    retained = None if state is EnvelopeState.ACCEPTED else payload
    _ROWS.put_one(uow, _row(stored, retained, state, at))


def put_repetition(uow: UnitOfWork, stored: StoredEnvelope, state: EnvelopeState, at: datetime) -> None:
    """Store that a message came again, without its content, with the state of the first."""
    _ROWS.put_one(uow, _row(stored, None, state, at))


def as_repetition(envelope: Envelope) -> StoredEnvelope:
    """Metadata of a message that came again, with a new id."""
    return replace(as_received(envelope), message_id=f"{_AGAIN}{uuid.uuid4()}")


def find(uow: UnitOfWork, envelope_id: str) -> StoredEnvelope | None:
    """Metadata of one envelope; None if it is not in this store."""
    return find_all(uow, [envelope_id]).get(envelope_id)


def find_all(uow: UnitOfWork, envelope_ids: Sequence[str]) -> dict[str, StoredEnvelope]:
    """Metadata of envelopes, by their ids; without those that are not in this store."""
    return {stored.envelope_id: stored for stored in map(_stored, _SOME.rows(uow, envelope_ids))}


def payload_of(uow: UnitOfWork, envelope_id: str) -> bytes | None:
    """The bytes as they came; None once the document is fully accepted, or when there is no envelope."""
    return sql(uow).scalar(_PAYLOAD, {"envelope_id": envelope_id})


def unsettled(uow: UnitOfWork, received_before: datetime | None = None) -> Sequence[str]:
    """Envelopes still in work, in the order they came; with a moment, only those that came before it."""
    statement = select(envelopes.c.envelope_id).where(envelopes.c.state == EnvelopeState.RECEIVED)
    if received_before is not None:
        statement = statement.where(envelopes.c.received_at < received_before)
    return sql(uow).scalars(statement.order_by(envelopes.c.received_at)).all()


def states_between(uow: UnitOfWork, first: datetime, end: datetime) -> Mapping[EnvelopeState, int]:
    """How many envelopes came from `first` on and before `end`, by state."""
    return {EnvelopeState(state): count for state, count in _STATES.rows(uow, first=first, end=end)}


def count_unsettled(uow: UnitOfWork, received_before: datetime) -> int:
    """How many envelopes that came before this moment are still in work."""
    ((count,),) = _UNSETTLED.rows(uow, state=EnvelopeState.RECEIVED, received_before=received_before)
    return int(count)


def latest(
    uow: UnitOfWork,
    limit: int,
    state: EnvelopeState | None = None,
    among: Sequence[str] | None = None,
) -> Sequence[StoredEnvelope]:
    """The latest envelopes, latest first; of one state, without repetitions, or all.

    Args:
        among: ids of those that count; None: all do.
    """
    statement = select(*_KNOWN).order_by(envelopes.c.received_at.desc()).limit(limit)
    if among is not None:
        statement = statement.where(envelopes.c.envelope_id.in_(among[:MOST_LISTED]))
    if state is not None:
        statement = statement.where(envelopes.c.state == state, envelopes.c.message_id.not_like(f"{_AGAIN}%"))
    return [_stored(row) for row in sql(uow).execute(statement)]


def count_start(uow: UnitOfWork, envelope_id: str) -> int:
    """Note that work on an envelope starts once more after a restart; return how often it has."""
    starts = envelopes.c.starts
    return (
        sql(uow)
        .execute(
            update(envelopes)
            .where(envelopes.c.envelope_id == envelope_id)
            .values(starts=starts + 1)
            .returning(starts)
        )
        .scalar_one()
    )


def settle(uow: UnitOfWork, envelope_id: str, state: EnvelopeState, at: datetime) -> None:
    """Set the final state of an envelope. The payload of fully accepted ones is deleted; that of others
    stays."""
    statement = _SETTLE_AND_EMPTY if state is EnvelopeState.ACCEPTED else _SETTLE
    sql(uow).execute(statement, {"settled": envelope_id, "state": state, "settled_at": at})


def _row(
    stored: StoredEnvelope, payload: bytes | None, state: EnvelopeState, settled_at: datetime | None
) -> list[Any]:
    """The stored values, in the order of the columns."""
    return [
        stored.envelope_id,
        stored.channel,
        stored.message_id,
        stored.content_type,
        stored.correlation_id,
        stored.message_type,
        stored.reply_to,
        stored.received_at,
        stored.sha256,
        stored.size,
        payload,
        state,
        stored.starts,
        settled_at,
    ]


def _stored(row: Sequence[Any]) -> StoredEnvelope:
    known = list(row)
    known[_STATE] = EnvelopeState(known[_STATE])
    return StoredEnvelope(*known)
