"""Acknowledgements of peers for documents of the gateway, apart from whether these arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    func,
    select,
    update,
)

from gateway.domain.document import DocumentLabel, ReceivedDocument
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import field_policies, with_parent
from gateway.records.engine.prepared import PreparedInsert
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql


class AnswerState(StrEnum):
    """A peer's answer to a document. It leaves AWAITED once."""

    AWAITED = "awaited"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"


acknowledgements = Table(
    "acknowledgements",
    tenant_tables,
    Column("message", ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("family", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("mrid", String, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("codes", String, nullable=False),
    Column("answered_at", Moment),
    Column("answered_by", String, index=True),
    Column("alarmed_at", Moment),
)

POLICY = field_policies(
    acknowledgements,
    with_parent("outbox"),
    message="the message of the outbox that brought the document",
    family="distinguishes a document from others",
    sender="distinguishes documents of the same mRID",
    mrid="by what an acknowledgement names the document",
    revision="by what an acknowledgement names the document; orders corrections",
    state="the verdict of the peer",
    codes="the reason codes of the acknowledgement",
    answered_at="when the acknowledgement came",
    answered_by="the envelope that brought the acknowledgement",
    alarmed_at="a missing acknowledgement is reported once",
)

_COLUMNS = [column.name for column in acknowledgements.c]
_ROWS = PreparedInsert(acknowledgements)


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """State of the acknowledgement of one message.

    Attributes:
        message: its number in the outbox.
        codes: reason codes of the acknowledgement, in its order.
        alarmed_at: when it was found to stay out longer than agreed.
    """

    message: int
    family: str
    sender: str
    mrid: str
    revision: int
    state: AnswerState
    codes: tuple[str, ...]
    answered_at: datetime | None
    answered_by: str | None
    alarmed_at: datetime | None


def expect(uow: UnitOfWork, message: int, label: DocumentLabel) -> None:
    """A document goes out that its receiver has to acknowledge."""
    row: dict[str, Any] = dict.fromkeys(_COLUMNS) | {
        "message": message,
        "family": label.family,
        "sender": label.sender.code,
        "mrid": label.mrid,
        "revision": label.revision,
        "state": AnswerState.AWAITED,
        "codes": "",
    }
    _ROWS.put_one(uow, list(row.values()))


def of(uow: UnitOfWork, messages: Sequence[int]) -> dict[int, PeerAnswer]:
    """States of the acknowledgements of some messages; without those that need none."""
    statement = select(acknowledgements).where(acknowledgements.c.message.in_(messages))
    return {row["message"]: _answer(row) for row in sql(uow).execute(statement).mappings()}


def matching(uow: UnitOfWork, received: ReceivedDocument, receiver: str) -> PeerAnswer | None:
    """The document that an acknowledgement to `receiver` names; an awaited one first, then the newest."""
    if received.mrid is None:
        return None
    named = acknowledgements.c.mrid == received.mrid
    if received.revision is not None:
        named &= acknowledgements.c.revision == received.revision
    found = [_answer(row) for row in sql(uow).execute(select(acknowledgements).where(named)).mappings()]
    return max(
        found,
        key=lambda each: (each.sender == receiver, each.state is AnswerState.AWAITED, each.message),
        default=None,
    )


def revisions(uow: UnitOfWork, mrid: str) -> Sequence[int]:
    """The revisions of a document that went out."""
    statement = select(acknowledgements.c.revision).where(acknowledgements.c.mrid == mrid).distinct()
    return sorted(sql(uow).scalars(statement))


def answer(
    uow: UnitOfWork, message: int, state: AnswerState, codes: Sequence[str], *, at: datetime, by: str
) -> None:
    """Note the peer's answer; `by` is the envelope that brought it."""
    sql(uow).execute(
        update(acknowledgements)
        .where(acknowledgements.c.message == message)
        .values(state=state, codes=" ".join(codes), answered_at=at, answered_by=by)
    )


def decided_by(uow: UnitOfWork, envelope_id: str) -> PeerAnswer | None:
    """The answer that an envelope brought; None if it brought none, or a further one."""
    statement = select(acknowledgements).where(acknowledgements.c.answered_by == envelope_id)
    row = sql(uow).execute(statement).mappings().one_or_none()
    return None if row is None else _answer(row)


def note_alarm(uow: UnitOfWork, messages: Sequence[int], at: datetime) -> None:
    """Note that these overdue acknowledgements were reported."""
    sql(uow).execute(
        update(acknowledgements).where(acknowledgements.c.message.in_(messages)).values(alarmed_at=at)
    )


def newest_revision(uow: UnitOfWork, one: PeerAnswer) -> int:
    """The newest revision of the same document that went, or is to go, to the same tenant."""
    same = (
        (acknowledgements.c.family == one.family)
        & (acknowledgements.c.sender == one.sender)
        & (acknowledgements.c.mrid == one.mrid)
    )
    return sql(uow).scalar(select(func.max(acknowledgements.c.revision)).where(same)) or one.revision


def _answer(row: RowMapping) -> PeerAnswer:
    return PeerAnswer(**{**row, "state": AnswerState(row["state"]), "codes": tuple(row["codes"].split())})
