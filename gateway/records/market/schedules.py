"""Schedules of technical units in a gate: only those that split an aggregated bid over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Integer, String, Table, bindparam, delete, select

from gateway.ports import UnitOfWork
from gateway.records.engine.arrays import FLOATS, SECONDS
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

schedules = Table(
    "schedules",
    tenant_tables,
    Column("gate_id", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("direction", Integer, primary_key=True),
    Column("sender", String, nullable=False),
    Column("document_mrid", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("delivery_end", Moment, nullable=False),
    Column("start_s", SECONDS, nullable=False),
    Column("end_s", SECONDS, nullable=False),
    Column("quantity_mw", FLOATS, nullable=False),
)

POLICY = field_policies(
    schedules,
    days_after("delivery_end", "bids"),
    gate_id="the gate it counts for",
    unit="the technical unit",
    direction="which bids it splits: up, down, or (0) both",
    sender="only the sender of a schedule may replace it",
    document_mrid="a newer revision replaces its schedules",
    created_at="the newer of two schedules of one unit counts",
    delivery_end="of its gate; start of the retention period",
    start_s="market time units it is for",
    end_s="market time units it is for",
    quantity_mw="over the sum of all units it is the part of a bid the unit delivers",
)

_COLUMNS = [column.name for column in schedules.c]
_OF_GATE = PreparedSelect(
    select(schedules)
    .where(schedules.c.gate_id == bindparam("gate_id"))
    .order_by(schedules.c.unit, schedules.c.direction)
)

BOTH = 0
"""Direction of a schedule that is for up and down bids alike."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredSchedule:
    """Planned delivery of one unit in one gate.

    Attributes:
        direction: 1 for up bids, -1 for down bids, 0 for both.
        start_s, end_s, quantity_mw: one number per stretch of time; stretches do not overlap. Time in
            none of them is not planned.
    """

    gate_id: str
    unit: str
    direction: int
    sender: str
    document_mrid: str
    created_at: datetime
    delivery_end: datetime
    start_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    quantity_mw: NDArray[np.float64]

    @property
    def key(self) -> tuple[str, str, int]:
        """The key of the schedule; there is one for each."""
        return self.gate_id, self.unit, self.direction


def put(uow: UnitOfWork, planned: Iterable[StoredSchedule]) -> None:
    """Store schedules, each in place of the one of the same unit, direction and gate."""
    rows = [{name: getattr(one, name) for name in schedules.c.keys()} for one in planned]  # noqa: SIM118 - column names
    for row in rows:
        key = (schedules.c[name] == row[name] for name in ("gate_id", "unit", "direction"))
        sql(uow).execute(delete(schedules).where(*key))
    if rows:
        sql(uow).execute(schedules.insert(), rows)


def withdraw_document(uow: UnitOfWork, gate_ids: Sequence[str], sender: str, mrid: str) -> None:
    """Delete the schedules of any revision of a document in these gates."""
    of_document = schedules.c.sender == sender, schedules.c.document_mrid == mrid
    sql(uow).execute(delete(schedules).where(schedules.c.gate_id.in_(gate_ids), *of_document))


def of_gates(uow: UnitOfWork, gate_ids: Sequence[str]) -> Sequence[StoredSchedule]:
    """All schedules of some gates in this store, by gate, unit and direction."""
    rows = [row for gate_id in sorted(gate_ids) for row in _OF_GATE.rows(uow, gate_id=gate_id)]
    return [StoredSchedule(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]
