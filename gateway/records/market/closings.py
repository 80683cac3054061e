"""That a platform has sent everything of a gate, as its own documents state: a fact the scheduler acts on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Column, String, Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # of SQLite, too

from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

closings = Table(
    "closings",
    tenant_tables,
    Column("gate_id", String, primary_key=True),
    Column("declared_at", Moment, nullable=False),
)

POLICY = field_policies(
    closings,
    days_after("declared_at", "bids"),
    gate_id="the gate of which everything was sent",
    declared_at="from when on its bids come too late; start of the retention period",
)

_TIME_OF = PreparedSelect(select(closings.c.declared_at).where(closings.c.gate_id == bindparam("gate_id")))


def put(uow: UnitOfWork, gate_id: str, at: datetime) -> None:
    """Note that everything was sent; the first time counts."""
    values = insert(closings).values(gate_id=gate_id, declared_at=at)
    sql(uow).execute(values.on_conflict_do_nothing())


def times(uow: UnitOfWork) -> Mapping[str, datetime]:
    """Closing time by gate."""
    return {row.gate_id: row.declared_at for row in sql(uow).execute(select(closings))}


def time_of(uow: UnitOfWork, gate_id: str) -> datetime | None:
    """Closing time of a gate; None: not closed by a document."""
    found = _TIME_OF.rows(uow, gate_id=gate_id)
    return found[0][0] if found else None
