"""Claimed names of documents that took no effect: refused ones, and repetitions of others."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, String, Table, insert, select

from gateway.ports import UnitOfWork
from gateway.records.engine.field_policy import field_policies, with_parent
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages.inbox import envelopes

claimed_names = Table(
    "claimed_names",
    tenant_tables,
    Column("envelope_id", ForeignKey(envelopes.c.envelope_id, ondelete="CASCADE"), primary_key=True),
    Column("kind", String),
    Column("version", String),
    Column("mrid", String),
    Column("revision", Integer),
    Column("repeats", String),
    Column("route", String),
)

POLICY = field_policies(
    claimed_names,
    with_parent("envelopes"),
    envelope_id="the document it is about",
    kind="lets its sender and the operator find it",
    version="lets its sender and the operator find it",
    mrid="lets its sender and the operator find it",
    revision="lets its sender and the operator find it",
    repeats="which document it was handled as; its answer came again",
    route="tells whom it was for, and so who may see what became of it",
)


HERE: Final = ""
"""In place of a route: the document is for the gateway itself."""


@dataclass(frozen=True, slots=True)
class ClaimedName:
    """Claimed name of a document, as far as it could be read.

    Attributes:
        repeats: id of the document that this one is again; None: it was refused.
        route: by which it would have left, or `HERE`; None: nobody receives it, or its receiver was not read.
    """

    kind: str | None
    version: str | None
    mrid: str | None
    revision: int | None
    repeats: str | None = None
    route: str | None = None


LONGEST_MRID: Final = 200
"""Longer texts are no names, and not stored: no schema lets an mRID have more than 60 characters."""


def put(uow: UnitOfWork, envelope_id: str, name: ClaimedName) -> None:
    """Store the claimed name of a document."""
    mrid = None if name.mrid is not None and len(name.mrid) > LONGEST_MRID else name.mrid
    row = asdict(replace(name, mrid=mrid))
    sql(uow).execute(insert(claimed_names).values(envelope_id=envelope_id, **row))


def find(uow: UnitOfWork, envelope_id: str) -> ClaimedName | None:
    """The claimed name of a document; None if it took effect, or nothing could be read."""
    statement = select(claimed_names).where(claimed_names.c.envelope_id == envelope_id)
    row = sql(uow).execute(statement).one_or_none()
    if row is None:
        return None
    return ClaimedName(row.kind, row.version, row.mrid, row.revision, row.repeats, row.route)


def ids_named(uow: UnitOfWork, mrid: str) -> Sequence[str]:
    """Ids of the documents that claim an mRID and took no effect."""
    return sql(uow).scalars(select(claimed_names.c.envelope_id).where(claimed_names.c.mrid == mrid)).all()
