"""Documents that took effect: their natural key, which no other content may use again.

A refused document has no row, so its sender may correct it and send it again under the same key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
)

from gateway.domain.document import DocumentLabel
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import PreparedInsert, PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

documents = Table(
    "documents",
    tenant_tables,
    Column("document_id", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("version", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("mrid", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("remarks", String, nullable=False),
    UniqueConstraint("kind", "sender", "mrid", "revision"),
)

POLICY = field_policies(
    documents,
    days_after("received_at", "documents"),
    document_id="the envelope that brought it; names it in results",
    kind="natural key",
    version="the form in which it came",
    sender="natural key",
    mrid="natural key; answers refer to it",
    revision="natural key; orders corrections",
    created_at="the sender's own time of it",
    received_at="proof that it was in time; start of the retention period",
    sha256="proof of what was taken; distinguishes a repetition from a conflict",
    size="operation figures without looking at content",
    remarks="what was odd about it, or forgiven, and accepted all the same",
)


_ROWS = PreparedInsert(documents)
_REVISIONS = PreparedSelect(
    select(documents)
    .where(
        documents.c.kind == bindparam("kind"),
        documents.c.sender == bindparam("sender"),
        documents.c.mrid == bindparam("mrid"),
    )
    .order_by(documents.c.revision.desc())
)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """Stored data of a document.

    Attributes:
        document_id: the id of the envelope that brought it.
        kind: its family: a `DocumentKind`, or one that has no place in the canonical model.
    """

    document_id: str
    kind: str
    version: str
    sender: str
    mrid: str
    revision: int
    created_at: datetime
    received_at: datetime
    sha256: str
    size: int
    remarks: tuple[str, ...] = ()


def put(
    uow: UnitOfWork,
    document_id: str,
    label: DocumentLabel,
    *,
    received_at: datetime,
    sha256: str,
    size: int,
    remarks: Sequence[str] = (),
) -> None:
    """Note a document that takes effect."""
    row: list[Any] = [
        document_id,
        label.family,
        label.version,
        label.sender.code,
        label.mrid,
        label.revision,
        label.created_at,
        received_at,
        sha256,
        size,
        "\n".join(remarks),
    ]
    _ROWS.put_one(uow, row)


def find(uow: UnitOfWork, document_id: str) -> StoredDocument | None:
    """One document by its id; None if it took no effect in this store."""
    statement = select(documents).where(documents.c.document_id == document_id)
    row = sql(uow).execute(statement).one_or_none()
    return None if row is None else _document(tuple(row))


def revisions(uow: UnitOfWork, kind: str, sender: str, mrid: str) -> Sequence[StoredDocument]:
    """The revisions of a document that took effect, newest first."""
    return [_document(row) for row in _REVISIONS.rows(uow, kind=kind, sender=sender, mrid=mrid)]


def ids_named(uow: UnitOfWork, mrid: str) -> Sequence[str]:
    """Ids of the documents that took effect under an mRID, whatever their kind, sender and revision."""
    return sql(uow).scalars(select(documents.c.document_id).where(documents.c.mrid == mrid)).all()


def _document(row: tuple[Any, ...]) -> StoredDocument:
    stored = StoredDocument(*row)
    return replace(stored, remarks=tuple(row[-1].splitlines()))
