"""Runs of gates: their figures, and what was decided, until it is no longer needed. The shared store keeps
them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    exists,
    select,
    update,
)

from gateway.domain.result import Run
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment, only
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.store import shared_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.market.gates import Viewer

runs = Table(
    "runs",
    shared_tables,
    Column("run_id", String(32), primary_key=True),
    Column("gate_id", ForeignKey("gates.gate_id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("budget_s", Float),
    Column("figures", LargeBinary),
    Column("published_at", Moment),
    UniqueConstraint("gate_id", "number"),
    Index("runs_published", "published_at"),
)

decisions = Table(
    "decisions",
    shared_tables,
    Column("run_id", ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("decision", LargeBinary, nullable=False),
    Column("published_to_all", Boolean, nullable=False),
    Column("needed_until", Moment),
)
Index("decisions_unpublished", decisions.c.run_id, **only(~decisions.c.published_to_all))

POLICY = field_policies(
    runs,
    days_after("published_at", "results"),
    run_id="names the run in results",
    gate_id="the gate it decided",
    number="the last run of a gate supersedes those before; revision of its documents",
    started_at="shows how long it took, also over a restart",
    budget_s="time limit of the optimiser in a further run with a budget of its own",
    figures="how the gate went, without any single bid",
    published_at="start of the retention period",
) + field_policies(
    decisions,
    days_after("needed_until", 1),
    run_id="the run",
    decision="the decision: after a restart all receive the same, and a further run retains the units in "
    "preparation; deleted once a further run has decided",
    published_to_all="whether it is published to all",
    needed_until="end of the delivery, once it is published to all: start of the retention period",
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run and how far it is: `figures` are there once it has decided.

    Attributes:
        number: of the gate's runs, from 1; the last published one supersedes those before.
        budget: time limit of the optimiser in this run; None: the budget of the gate.
    """

    run_id: str
    gate_id: str
    number: int
    started_at: datetime
    figures: Run | None
    published_at: datetime | None
    budget: timedelta | None = None


def start(uow: UnitOfWork, gate_id: str, at: datetime) -> RunRecord:
    """The last run of a gate, which may be interrupted; its first one if there is none."""
    return find_of_gate(uow, gate_id) or start_next(uow, gate_id, at)


def start_next(uow: UnitOfWork, gate_id: str, at: datetime, budget: timedelta | None = None) -> RunRecord:
    """One more run of a gate, with a budget of its own if any; those before need not be published."""
    last = find_of_gate(uow, gate_id)
    superseded = decisions.c.run_id.in_(select(runs.c.run_id).where(runs.c.gate_id == gate_id))
    sql(uow).execute(update(decisions).where(superseded).values(published_to_all=True))
    number = 1 if last is None else last.number + 1
    run = RunRecord(uuid.uuid4().hex, gate_id, number, at, None, None, budget)
    row = {"run_id": run.run_id, "gate_id": gate_id, "number": number, "started_at": at}
    budget_s = None if budget is None else budget.total_seconds()
    sql(uow).execute(runs.insert().values(row | {"budget_s": budget_s}))
    return run


def decide(uow: UnitOfWork, figures: Run, decision: bytes) -> bool:
    """Store a decision, before publication, in place of earlier ones; False if the run was
    given up."""
    this = runs.c.run_id == figures.run_id
    if not sql(uow).execute(update(runs).where(this).values(figures=msgspec.json.encode(figures))).rowcount:
        return False
    of_gate = decisions.c.run_id.in_(select(runs.c.run_id).where(runs.c.gate_id == figures.gate_id))
    sql(uow).execute(delete(decisions).where(of_gate))
    row = {"run_id": figures.run_id, "decision": decision, "published_to_all": False}
    sql(uow).execute(decisions.insert().values(row))
    return True


def give_up(uow: UnitOfWork, run: RunRecord) -> None:
    """Forget a run that has not decided; publication of the one before continues."""
    sql(uow).execute(delete(runs).where(runs.c.run_id == run.run_id, runs.c.figures.is_(None)))
    before = decisions.c.run_id.in_(select(runs.c.run_id).where(runs.c.gate_id == run.gate_id))
    sql(uow).execute(
        update(decisions).where(before).values(published_to_all=decisions.c.needed_until.is_not(None))
    )


def publish(uow: UnitOfWork, figures: Run, at: datetime, *, to_all: bool, needed_until: datetime) -> None:
    """Note a run as published: results can be read. The decision stays while a further run may need it."""
    is_this = runs.c.run_id == figures.run_id
    sql(uow).execute(update(runs).where(is_this).values(figures=msgspec.json.encode(figures)))
    first = is_this & runs.c.published_at.is_(None)
    sql(uow).execute(update(runs).where(first).values(published_at=at))
    if to_all:
        of_run = update(decisions).where(decisions.c.run_id == figures.run_id)
        sql(uow).execute(of_run.values(published_to_all=True, needed_until=needed_until))


def pending_gates(uow: UnitOfWork) -> Sequence[str]:
    """Gates of published runs that some participant did not receive yet."""
    left = runs.c.published_at.is_not(None) & ~decisions.c.published_to_all
    return sql(uow).scalars(select(runs.c.gate_id).join(decisions).where(left)).all()


def published_last(uow: UnitOfWork, most: int) -> Sequence[RunRecord]:
    """The last published runs of all gates, latest first."""
    statement = select(runs).where(runs.c.published_at.is_not(None)).order_by(runs.c.published_at.desc())
    return [_record(row) for row in sql(uow).execute(statement.limit(most))]


def decision_of(uow: UnitOfWork, run_id: str) -> bytes | None:
    """The decision of a run; None before it, once a further run has decided, and some time after the
    delivery."""
    return sql(uow).scalar(select(decisions.c.decision).where(decisions.c.run_id == run_id))


def published_to_all(uow: UnitOfWork, run_id: str) -> bool:
    """Whether a run is published to all its participants."""
    left = exists().where(decisions.c.run_id == runs.c.run_id, ~decisions.c.published_to_all)
    this_run = runs.c.run_id == run_id, runs.c.published_at.is_not(None), ~left
    return bool(sql(uow).scalar(select(exists().where(*this_run))))


def find(uow: UnitOfWork, run_id: str, viewer: Viewer | None = None) -> RunRecord | None:
    """One run; None if there is none of that id, or the viewer may not see its gate.

    Args:
        viewer: None: one who may see every gate.
    """
    statement = select(runs).where(runs.c.run_id == run_id)
    if viewer is not None:
        statement = statement.where(viewer.may_see(runs.c.gate_id))
    row = sql(uow).execute(statement).one_or_none()
    return None if row is None else _record(row)


def find_of_gate(uow: UnitOfWork, gate_id: str) -> RunRecord | None:
    """The last run of a gate; None if none has started."""
    found = of_gate(uow, gate_id)
    return found[-1] if found else None


def last_decided(uow: UnitOfWork, gate_id: str) -> Run | None:
    """Figures of the last run of a gate that has decided, even if it is still to be published; None: none
    has."""
    newest = runs.c.number.desc()
    statement = select(runs.c.figures).where(runs.c.gate_id == gate_id, runs.c.figures.is_not(None))
    figures = sql(uow).scalar(statement.order_by(newest).limit(1))
    return None if figures is None else msgspec.json.decode(figures, type=Run)


def of_gate(uow: UnitOfWork, gate_id: str) -> Sequence[RunRecord]:
    """Runs of a gate, in their order."""
    statement = select(runs).where(runs.c.gate_id == gate_id).order_by(runs.c.number)
    return [_record(row) for row in sql(uow).execute(statement)]


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        gate_id=row.gate_id,
        number=row.number,
        started_at=row.started_at,
        figures=None if row.figures is None else msgspec.json.decode(row.figures, type=Run),
        published_at=row.published_at,
        budget=None if row.budget_s is None else timedelta(seconds=row.budget_s),
    )
