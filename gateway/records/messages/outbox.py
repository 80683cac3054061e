"""Outgoing messages: written in the transaction of their cause, pulled or pushed, then confirmed.

The integer id is the cursor of a puller. Writers of a store take turns, so ids become visible in their order
and a puller that asks for what follows its last id misses nothing.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    func,
    select,
    update,
)

from gateway.domain.outgoing import Outgoing
from gateway.domain.packed import GZIP, Packed, unpacked
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import Retention, Span, field_policies
from gateway.records.engine.prepared import PreparedInsert, PreparedListSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages import acknowledgements, transports

LATE: Final = "not delivered in time"


class OutboxState(StrEnum):
    """State of a message. A delivered or dead one can still be pulled.

    REPLACED: its document was rebuilt for a peer it was too old for, or a newer revision goes out.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    REPLACED = "replaced"


class DeathCause(StrEnum):
    """Why a message is a dead letter."""

    EXPIRED = "expired"
    REFUSED = "refused"
    ATTEMPTS = "attempts"
    BY_HAND = "by-hand"  # an operator gave it up, and stated why
    TOO_LARGE = "too-large"  # for its receiver's channel
    UNWRITABLE = "unwritable"  # it was never a document: there is nothing to send


outbox = Table(
    "outbox",
    tenant_tables,
    Column("id", Integer, primary_key=True),
    Column("message_id", String(32), nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("version", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("encoding", String),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("not_after", Moment),
    Column("answers", String, index=True),
    Column("gate_id", String),
    Column("conversation", String, nullable=False, index=True),
    Column("receiver", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment),
    Column("first_failure_at", Moment),
    Column("last_failure_at", Moment),
    Column("settled_at", Moment),
    Column("last_error", String),
    Column("dead_because", String),
    Column("redriven", Integer, nullable=False),
    Column("made_here", Boolean, nullable=False),
    Index("outbox_due", "state", "next_attempt_at"),
    sqlite_autoincrement=True,  # an id once seen by a puller is never given again
)

POLICY = field_policies(
    outbox,
    Retention((Span("settled_at", "delivered"), Span("created_at", "undelivered"))),
    id="cursor of a puller",
    message_id="the same on every attempt, so that the peer knows a repetition",
    kind="what the peer can expect",
    version="what the peer can expect",
    content_type="what the peer can expect",
    payload="the message itself, as long as the peer may fetch it again",
    encoding="how the payload is compressed",
    size="what the peer can expect, and whether its channel accepts it",
    sha256="proof of what was sent",
    created_at="order and age; start of the retention period",
    not_after="a message that comes too late is not sent",
    answers="the envelope or run it answers",
    gate_id="shows the peer which gate's result it is",
    conversation="its messages are sent in their order",
    receiver="the receiver on the channel; one that cannot be reached delays no other",
    state="delivery status",
    attempts="retry schedule",
    next_attempt_at="retry schedule",
    first_failure_at="since when a peer cannot be reached",
    last_failure_at="when it was tried last",
    settled_at="when the peer had it, or when it was given up",
    last_error="why the last attempt failed",
    dead_because="decides whether a dead letter can be sent after all",
    redriven="how often an operator had it sent after all",
    made_here="documents of others are never changed",
)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """Metadata of a message, without its payload."""

    id: int
    message_id: str
    kind: str
    version: str
    content_type: str
    encoding: str | None
    size: int
    sha256: str
    created_at: datetime
    not_after: datetime | None
    answers: str | None
    gate_id: str | None
    conversation: str
    receiver: str
    state: OutboxState
    attempts: int
    next_attempt_at: datetime | None
    first_failure_at: datetime | None
    last_failure_at: datetime | None
    settled_at: datetime | None
    last_error: str | None
    dead_because: DeathCause | None
    redriven: int
    made_here: bool


KNOWN = tuple(column for column in outbox.c if column.name != "payload")
"""Columns of a `StoredMessage`, in the order of its fields."""

_STATE, _BECAUSE = ([column.name for column in KNOWN].index(name) for name in ("state", "dead_because"))

MAIN: Final = ""
"""The channel itself among receivers."""

_PAYLOADS = PreparedListSelect(
    lambda listed: select(outbox.c.id, outbox.c.payload, outbox.c.encoding).where(outbox.c.id.in_(listed))
)
_CONFIRM = (
    update(outbox)
    .where(outbox.c.id == bindparam("number"), outbox.c.state != OutboxState.DELIVERED)
    .values(state=OutboxState.DELIVERED, settled_at=bindparam("at"), dead_because=None, next_attempt_at=None)
)
_COLUMNS = [column.name for column in outbox.c]
_ROWS = PreparedInsert(outbox)


def put(uow: UnitOfWork, message: Outgoing, now: datetime) -> int:
    """Queue a message; return its id, the cursor of a puller."""
    message_id, payload = message.message_id or uuid.uuid4().hex, message.payload
    row: dict[str, Any] = dict.fromkeys(_COLUMNS) | {
        "message_id": message_id,
        "kind": message.kind,
        "version": message.version,
        "content_type": message.content_type,
        "payload": payload.data if isinstance(payload, Packed) else payload,
        "encoding": GZIP if isinstance(payload, Packed) else None,
        "size": payload.size if isinstance(payload, Packed) else len(payload),
        "sha256": payload.sha256 if isinstance(payload, Packed) else hashlib.sha256(payload).hexdigest(),
        "created_at": now,
        "not_after": message.not_after,
        "answers": message.answers,
        "gate_id": message.gate_id,
        "conversation": message.conversation or message.answers or message_id,
        "receiver": message.receiver or MAIN,
        "state": OutboxState.WAITING,
        "attempts": 0,
        "redriven": 0,
        "made_here": message.made_here,
    }
    number = _ROWS.put_one(uow, list(row.values()))
    if message.wants is not None:
        acknowledgements.expect(uow, number, message.wants)
    return number


def after(uow: UnitOfWork, cursor: int, limit: int) -> Sequence[StoredMessage]:
    """Up to `limit` messages that follow `cursor`, oldest first, whatever their state."""
    statement = select(*KNOWN).where(outbox.c.id > cursor).order_by(outbox.c.id).limit(limit)
    return [message_of(row) for row in sql(uow).execute(statement)]


def find(uow: UnitOfWork, message: int) -> StoredMessage | None:
    """One message; None if there is none in this store."""
    row = sql(uow).execute(select(*KNOWN).where(outbox.c.id == message)).one_or_none()
    return None if row is None else message_of(row)


def payload_of(uow: UnitOfWork, message: int) -> bytes | None:
    """The bytes of one message; None if there is none in this store."""
    return payloads_of(uow, [message]).get(message)


def encoded_payload_of(uow: UnitOfWork, message: int) -> tuple[bytes, str | None] | None:
    """The stored bytes of one message, and their compression; None if there is none in this store."""
    return next(((payload, encoding) for _, payload, encoding in _PAYLOADS.rows(uow, [message])), None)


def payloads_of(uow: UnitOfWork, messages: Sequence[int]) -> dict[int, bytes]:
    """The bytes of messages, by their ids; nothing of those that are not in this store."""
    return {
        number: payload if encoding is None else b"".join(unpacked(payload))
        for number, payload, encoding in _PAYLOADS.rows(uow, messages)
    }


def answering(uow: UnitOfWork, answers: str) -> Sequence[StoredMessage]:
    """Messages that answer one envelope or run, oldest first."""
    statement = select(*KNOWN).where(outbox.c.answers == answers).order_by(outbox.c.id)
    return [message_of(row) for row in sql(uow).execute(statement)]


def dead(uow: UnitOfWork, limit: int, before: int = 2**63 - 1) -> Sequence[StoredMessage]:
    """Dead letters with an id below `before`, latest first."""
    chosen = (outbox.c.state == OutboxState.DEAD) & (outbox.c.id < before)
    statement = select(*KNOWN).where(chosen).order_by(outbox.c.id.desc()).limit(limit)
    return [message_of(row) for row in sql(uow).execute(statement)]


def waiting(uow: UnitOfWork, limit: int) -> Sequence[StoredMessage]:
    """Messages that are still to go out, oldest first."""
    statement = select(*KNOWN).where(outbox.c.state == OutboxState.WAITING).order_by(outbox.c.id)
    return [message_of(row) for row in sql(uow).execute(statement.limit(limit))]


def named(uow: UnitOfWork, message_id: str) -> StoredMessage | None:
    """One message by the id that its peer knows; None if there is none in this store."""
    row = sql(uow).execute(select(*KNOWN).where(outbox.c.message_id == message_id)).one_or_none()
    return None if row is None else message_of(row)


def redrive(uow: UnitOfWork, message: int) -> bool:
    """Have a dead letter sent after all, under the same id; false if it is none any more."""
    is_dead = (outbox.c.id == message) & (outbox.c.state == OutboxState.DEAD)
    reset = {"state": OutboxState.WAITING, "attempts": 0, "dead_because": None, "settled_at": None}
    statement = update(outbox).where(is_dead).values(reset | {"redriven": outbox.c.redriven + 1})
    return sql(uow).execute(statement).rowcount == 1


def confirm(uow: UnitOfWork, message: int, at: datetime) -> bool:
    """The peer has the message; no more attempts. False if there is none in this store."""
    known = sql(uow).scalar(select(outbox.c.id).where(outbox.c.id == message))
    confirm_all(uow, [] if known is None else [known], at)
    return known is not None


def confirm_all(uow: UnitOfWork, messages: Sequence[int], at: datetime) -> None:
    """Their peer has these messages; no more attempts."""
    if messages:
        sql(uow).execute(_CONFIRM, [{"number": message, "at": at} for message in messages])


def postpone(
    uow: UnitOfWork, message: int, error: str, next_at: datetime, *, at: datetime, failures: int
) -> None:
    """An attempt failed, the last of `failures`; the next one is due at `next_at`."""
    _set_waiting(uow, message, **_failure(error, at, failures), next_attempt_at=next_at)


def give_up(
    uow: UnitOfWork, message: int, error: str, because: DeathCause, *, at: datetime, failures: int
) -> None:
    """No more attempts after `failures` that failed; the message stays to be pulled, or sent after all."""
    _set_waiting(
        uow,
        message,
        **_failure(error, at, failures),
        state=OutboxState.DEAD,
        dead_because=because,
        settled_at=at,
        next_attempt_at=None,
    )


def expire(uow: UnitOfWork, message: StoredMessage, at: datetime) -> None:
    """The message is of no more use to the peer; it is never sent again."""
    _set_waiting(
        uow,
        message.id,
        state=OutboxState.DEAD,
        dead_because=DeathCause.EXPIRED,
        last_error=message.last_error or LATE,
        settled_at=at,
        next_attempt_at=None,
    )
    transports.expire(uow, message.message_id)


def replace(uow: UnitOfWork, message: StoredMessage, rebuilt: Outgoing, at: datetime) -> int:
    """Queue a rebuilt document in place of one that was too old for its peer; failures still count."""
    _set_waiting(uow, message.id, state=OutboxState.REPLACED, settled_at=at, next_attempt_at=None)
    transports.expire(uow, message.message_id)
    number = put(uow, rebuilt, at)
    so_far = {"attempts": message.attempts, "last_error": message.last_error}
    sql(uow).execute(update(outbox).where(outbox.c.id == number).values(so_far))
    return number


def _failure(error: str, at: datetime, failures: int) -> dict[str, Any]:
    return {
        "attempts": failures,
        "last_error": error,
        "first_failure_at": func.coalesce(outbox.c.first_failure_at, bindparam("at", at, Moment)),
        "last_failure_at": at,
    }


def _set_waiting(uow: UnitOfWork, message: int, **values: object) -> None:
    """Change a message only if it was not confirmed meanwhile."""
    still_waiting = (outbox.c.id == message) & (outbox.c.state == OutboxState.WAITING)
    sql(uow).execute(update(outbox).where(still_waiting).values(values))


def message_of(row: Sequence[Any]) -> StoredMessage:
    """A message from its columns `KNOWN`, in their order."""
    known = list(row)
    known[_STATE] = OutboxState(row[_STATE])
    known[_BECAUSE] = row[_BECAUSE] and DeathCause(row[_BECAUSE])
    return StoredMessage(*known)
