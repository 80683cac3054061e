"""Quarantine: what was wrong with a refused or partly refused document, finding by finding."""

from collections.abc import Iterable

from sqlalchemy import Column, ForeignKey, Integer, String, Table, select

from gateway.domain.market_time import Interval
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import field_policies, with_parent
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages.inbox import envelopes

findings = Table(
    "findings",
    tenant_tables,
    Column("finding_id", Integer, primary_key=True),
    Column(
        "envelope_id",
        ForeignKey(envelopes.c.envelope_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("stage", String, nullable=False),
    Column("code", String, nullable=False),
    Column("message", String, nullable=False),
    Column("line", Integer),
    Column("column", Integer),
    Column("path", String),
    Column("series", String),
    Column("period_start", Moment),
    Column("period_end", Moment),
)

POLICY = field_policies(
    findings,
    with_parent("envelopes"),
    finding_id="order of the findings",
    envelope_id="the document it is about",
    stage="how far the document came",
    code="standard reason code of the acknowledgement",
    message="describes the fault",
    line="where in the document",
    column="where in the document",
    path="where in the document",
    series="the time series it is about",
    period_start="the period it is about",
    period_end="the period it is about",
)


def put(uow: UnitOfWork, envelope_id: str, found: Iterable[Finding]) -> None:
    """Store the findings of one document."""
    rows = [
        {
            "envelope_id": envelope_id,
            "stage": finding.stage,
            "code": finding.code,
            "message": finding.message,
            "line": finding.line,
            "column": finding.column,
            "path": finding.path,
            "series": finding.series,
            "period_start": finding.period and finding.period.start,
            "period_end": finding.period and finding.period.end,
        }
        for finding in found
    ]
    if rows:
        sql(uow).execute(findings.insert(), rows)


def of(uow: UnitOfWork, envelope_id: str) -> list[Finding]:
    """The findings of one document, in their order."""
    rows = sql(uow).execute(
        select(findings).where(findings.c.envelope_id == envelope_id).order_by(findings.c.finding_id)
    )
    return [
        Finding(
            stage=Stage(row.stage),
            code=ReasonCode(row.code),
            message=row.message,
            line=row.line,
            path=row.path,
            series=row.series,
            period=None if row.period_start is None else Interval(row.period_start, row.period_end),
            column=row.column,
        )
        for row in rows
    ]
