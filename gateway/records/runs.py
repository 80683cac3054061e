"""Runs of gates: their figures, and what was decided until it is published. The house keeps them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, LargeBinary, Row, String, Table, delete, select, update

from gateway.domain.result import Run
from gateway.records.columns import Moment
from gateway.records.policy import days_after, keeps
from gateway.records.store import house_tables

runs = Table(
    "runs",
    house_tables,
    Column("run_id", String(32), primary_key=True),
    Column("gate_id", ForeignKey("gates.gate_id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("started_at", Moment, nullable=False),
    Column("figures", LargeBinary),
    Column("decision", LargeBinary),
    Column("published_at", Moment),
)

POLICY = keeps(
    runs,
    days_after("published_at", 400),
    run_id="names the run in results",
    gate_id="the gate it decided: one run per gate",
    started_at="shows how long it took, also over a restart",
    figures="how the gate went, without any single bid",
    decision="what was decided, so that after a restart everybody is told the same; emptied once published",
    published_at="start of the retention period",
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run and how far it is: `figures` are there once it has decided."""

    run_id: str
    gate_id: str
    started_at: datetime
    figures: Run | None
    published_at: datetime | None


_KNOWN = tuple(column for column in runs.c if column.name != "decision")


def start(connection: Connection, gate_id: str, at: datetime) -> RunRecord:
    """The run of a gate: a new one, or the one that was interrupted."""
    known = find_of_gate(connection, gate_id)
    if known is not None:
        return known
    run = RunRecord(uuid.uuid4().hex, gate_id, at, None, None)
    connection.execute(runs.insert().values(run_id=run.run_id, gate_id=gate_id, started_at=at))
    return run


def decide(connection: Connection, figures: Run, decision: bytes) -> bool:
    """Keep what was decided, before anybody is told; False if the run was given up."""
    values = {"figures": msgspec.json.encode(figures), "decision": decision}
    statement = update(runs).where(runs.c.run_id == figures.run_id)
    return connection.execute(statement.values(values)).rowcount == 1


def give_up(connection: Connection, run_id: str) -> None:
    """Forget a run that has not decided."""
    connection.execute(delete(runs).where(runs.c.run_id == run_id, runs.c.figures.is_(None)))


def finish(connection: Connection, run_id: str, at: datetime) -> None:
    """Everybody was told: the figures stay, the decision goes."""
    connection.execute(update(runs).where(runs.c.run_id == run_id).values(decision=None, published_at=at))


def decision_of(connection: Connection, run_id: str) -> bytes | None:
    """What is to be published; None before the run has decided and after it has published."""
    return connection.scalar(select(runs.c.decision).where(runs.c.run_id == run_id))


def find(connection: Connection, run_id: str) -> RunRecord | None:
    """One run; None if there is none of that id."""
    row = connection.execute(select(*_KNOWN).where(runs.c.run_id == run_id)).one_or_none()
    return None if row is None else _record(row)


def find_of_gate(connection: Connection, gate_id: str) -> RunRecord | None:
    """The run of a gate; None if it has not started."""
    row = connection.execute(select(*_KNOWN).where(runs.c.gate_id == gate_id)).one_or_none()
    return None if row is None else _record(row)


def listed(connection: Connection, gate_ids: Sequence[str]) -> Sequence[RunRecord]:
    """Runs of these gates, in the order they started."""
    statement = select(*_KNOWN).where(runs.c.gate_id.in_(gate_ids)).order_by(runs.c.started_at)
    return [_record(row) for row in connection.execute(statement)]


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        gate_id=row.gate_id,
        started_at=row.started_at,
        figures=None if row.figures is None else msgspec.json.decode(row.figures, type=Run),
        published_at=row.published_at,
    )
