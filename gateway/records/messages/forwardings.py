"""Documents on their way from one tenant's store to another's, and what their versions could not express.

A row is written in the store of the sender, in the transaction of the document's effect, and carried over
afterwards. Its message id follows from the document, so carrying it a second time changes nothing.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    case,
    func,
    select,
    update,
)

from gateway.domain.document import DocumentLabel
from gateway.domain.party import CodedId
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies, with_parent
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages import claimed_names, documents, inbox
from mappings import Report

MOST_LOSSES: Final = 200
"""Kinds of losses that are stored of one document at most, the most frequent first."""

_POSITION: Final = re.compile(r"\[\d+\]")

forwardings = Table(
    "forwardings",
    tenant_tables,
    Column("number", Integer, primary_key=True),
    Column("message_id", String(32), nullable=False, unique=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("route", String, nullable=False, index=True),
    Column("to_tenant", String, nullable=False),
    Column("family", String, nullable=False),
    Column("version", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("mrid", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("content_type", String, nullable=False),
    Column("payload", LargeBinary),
    Column("answers", String),
    Column("put_at", Moment, nullable=False),
    Column("carried_at", Moment, index=True),
    sqlite_autoincrement=True,
)

forwarding_losses = Table(
    "forwarding_losses",
    tenant_tables,
    Column("loss_id", Integer, primary_key=True),
    Column("number", ForeignKey(forwardings.c.number, ondelete="CASCADE"), nullable=False, index=True),
    Column("fate", String, nullable=False),
    Column("path", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("times", Integer, nullable=False),
)

origins = Table(
    "forwarded_from",
    tenant_tables,
    Column("message", ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String, nullable=False),
    Column("document_id", String(32), nullable=False),
    Column("route", String, nullable=False),
)

POLICY = (
    *field_policies(
        forwardings,
        days_after("put_at", "undelivered"),
        number="order",
        message_id="follows from the document, so that it is carried over once",
        document_id="the envelope that brought the document",
        route="by which configuration it goes",
        to_tenant="to whom it goes",
        family="what it is, in the receiver's version",
        version="what it is, in the receiver's version",
        sender="what the receiver's acknowledgement will name",
        mrid="what the receiver's acknowledgement will name",
        revision="what the receiver's acknowledgement will name",
        created_at="the sender's own time of it; how old it is for the receiver",
        content_type="what the receiver can expect",
        payload="the document in the receiver's version; emptied when it is carried over",
        answers="the envelope of the receiver that it answers",
        put_at="start of the retention period",
        carried_at="when it was in the receiver's outbox; empty until then",
    ),
    *field_policies(
        forwarding_losses,
        with_parent("forwardings"),
        loss_id="order",
        number="the forwarded document",
        fate="dropped, altered or added",
        path="which element, without its value",
        reason="why",
        times="how many elements of this path",
    ),
    *field_policies(
        origins,
        with_parent("outbox"),
        message="the message that was forwarded",
        tenant="to whom the receiver's acknowledgement goes back",
        document_id="what the receiver's acknowledgement answers there",
        route="by which configuration it came",
    ),
)


@dataclass(frozen=True, slots=True)
class Loss:
    """Values of one path that did not travel as they stood."""

    fate: str
    path: str
    reason: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A document for another tenant.

    Attributes:
        document_id: the envelope that brought it.
        answers: the envelope, in the store of `to`, that it answers.
        payload: None once it was carried over.
    """

    document_id: str
    route: str
    to: str
    label: DocumentLabel
    payload: bytes | None = field(repr=False)
    content_type: str = "application/xml"
    answers: str | None = None
    number: int = 0
    message_id: str = ""
    carried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forwarded message came from."""

    tenant: str
    document_id: str
    route: str


def losses_in(report: Report) -> tuple[Loss, ...]:
    """Losses and changes of a conversion, by path without positions; never a value."""
    times = Counter((change.fate.value, _POSITION.sub("", change.path), change.reason) for change in report)
    return tuple(Loss(*key, number) for key, number in times.most_common(MOST_LOSSES))


def put(uow: UnitOfWork, tenant: str, document: Forwarded, losses: Iterable[Loss], at: datetime) -> None:
    """Have a document of `tenant`, whose store this is, carried over to another."""
    label = document.label
    name = f"{tenant}/{document.document_id}/{document.to}"
    number: int = (
        sql(uow)
        .execute(
            forwardings.insert()
            .values(
                message_id=hashlib.sha256(name.encode()).hexdigest()[:32],
                document_id=document.document_id,
                route=document.route,
                to_tenant=document.to,
                family=label.family,
                version=label.version,
                sender=label.sender.code,
                mrid=label.mrid,
                revision=label.revision,
                created_at=label.created_at,
                content_type=document.content_type,
                payload=document.payload,
                answers=document.answers,
                put_at=at,
            )
            .returning(forwardings.c.number)
        )
        .scalar_one()
    )
    rows = [
        {"number": number, "fate": loss.fate, "path": loss.path, "reason": loss.reason, "times": loss.times}
        for loss in losses
    ]
    if rows:
        sql(uow).execute(forwarding_losses.insert(), rows)


def waiting(uow: UnitOfWork, tenants: Collection[str], limit: int) -> Sequence[Forwarded]:
    """Documents that are to be carried over to one of these tenants, in their order."""
    left = forwardings.c.carried_at.is_(None)
    # One statement per tenant: a list of all tenants in the statement costs more than the few that documents
    # wait for.
    receivers: Sequence[str] = (
        sql(uow).execute(select(forwardings.c.to_tenant).where(left).distinct()).scalars().all()
    )
    known = [name for name in receivers if name in tenants]
    if not known:
        return []
    statement = select(forwardings).where(left, forwardings.c.to_tenant.in_(known))
    rows = sql(uow).execute(statement.order_by(forwardings.c.number).limit(limit))
    return [_forwarded(row) for row in rows]


def note_forwarded(uow: UnitOfWork, number: int, at: datetime) -> None:
    """The document is in its receiver's outbox."""
    statement = update(forwardings).where(forwardings.c.number == number)
    sql(uow).execute(statement.values(carried_at=at, payload=None))


def of_document(uow: UnitOfWork, document_id: str) -> Forwarded | None:
    """How a document was forwarded; None if it was not."""
    row = sql(uow).execute(select(forwardings).where(forwardings.c.document_id == document_id)).one_or_none()
    return None if row is None else _forwarded(row)


_received, _applied, _claimed = inbox.envelopes, documents.documents, claimed_names.claimed_names
_KIND_AND_ROUTE: Final = (
    select(
        func.coalesce(_applied.c.kind, _claimed.c.kind),
        func.coalesce(
            forwardings.c.route,
            _claimed.c.route,
            case((_applied.c.kind.is_not(None), claimed_names.HERE)),
        ),
    )
    .select_from(_received)
    .outerjoin(_applied, _applied.c.document_id == _received.c.envelope_id)
    .outerjoin(_claimed, _claimed.c.envelope_id == _received.c.envelope_id)
    .outerjoin(forwardings, forwardings.c.document_id == _received.c.envelope_id)
    .where(_received.c.envelope_id == bindparam("document_id"))
)


def kind_and_route(uow: UnitOfWork, document_id: str) -> tuple[str | None, str | None] | None:
    """Kind of a document as far as it was recognised, and the route by which it leaves or would have left
    (see `ClaimedName`); None if it did not come into this store.

    One statement for all, so that it takes about as long whether or not there is such a document.
    """
    row = sql(uow).execute(_KIND_AND_ROUTE, {"document_id": document_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def losses_of(uow: UnitOfWork, number: int) -> Sequence[Loss]:
    """Losses because the receiver's version of a document could not express them."""
    statement = select(forwarding_losses).where(forwarding_losses.c.number == number)
    rows = sql(uow).execute(statement.order_by(forwarding_losses.c.loss_id))
    return [Loss(row.fate, row.path, row.reason, row.times) for row in rows]


def counts(uow: UnitOfWork, route: str) -> tuple[int, int]:
    """How many documents went by a route, and how many are still to be carried over."""
    statement = select(func.count(), func.count(forwardings.c.carried_at)).where(forwardings.c.route == route)
    number, carried = sql(uow).execute(statement).one()
    return number, number - carried


def losses_by(uow: UnitOfWork, route: str) -> Sequence[Loss]:
    """Losses and changes by a route, all documents together."""
    columns = (forwarding_losses.c.fate, forwarding_losses.c.path, forwarding_losses.c.reason)
    statement = (
        select(*columns, func.sum(forwarding_losses.c.times).label("times"))
        .join(forwardings, forwardings.c.number == forwarding_losses.c.number)
        .where(forwardings.c.route == route)
        .group_by(*columns)
        .order_by(*columns)
    )
    return [Loss(row.fate, row.path, row.reason, row.times) for row in sql(uow).execute(statement)]


def note_origin(uow: UnitOfWork, message: int, origin: Origin) -> None:
    """A message of this store's outbox came from another store."""
    sql(uow).execute(
        origins.insert().values(
            message=message, tenant=origin.tenant, document_id=origin.document_id, route=origin.route
        )
    )


def origin_of(uow: UnitOfWork, message: int) -> Origin | None:
    """The origin of a message; None if the gateway wrote it."""
    row = sql(uow).execute(select(origins).where(origins.c.message == message)).one_or_none()
    return None if row is None else Origin(row.tenant, row.document_id, row.route)


def _forwarded(row: Row[Any]) -> Forwarded:
    label = DocumentLabel(
        row.family, row.version, CodedId(row.sender), row.mrid, row.revision, row.created_at
    )
    return Forwarded(
        document_id=row.document_id,
        route=row.route,
        to=row.to_tenant,
        label=label,
        payload=row.payload,
        content_type=row.content_type,
        answers=row.answers,
        number=row.number,
        message_id=row.message_id,
        carried_at=row.carried_at,
    )
