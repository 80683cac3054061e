"""Which technical units a market resource consists of, and when, as documents in a TSO's store state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table, delete, select

from gateway.domain.market_time import Interval
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

_MANY = 500
"""Values in one IN list: databases limit the number of parameters."""

compositions = Table(
    "compositions",
    tenant_tables,
    Column("sender", String, primary_key=True),
    Column("series", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("resource", String, nullable=False, index=True),
    Column("document_mrid", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
)

POLICY = field_policies(
    compositions,
    days_after("ends_at", "bids"),
    sender="only the sender of a time series may replace it",
    series="the time series it came in: a newer one of the same name replaces it",
    unit="a technical unit behind the resource",
    resource="what bids name",
    document_mrid="a newer revision replaces its time series",
    created_at="the newer of two documents with the same time series counts",
    starts_at="when it begins to hold",
    ends_at="when it ceases to hold; start of the retention period",
)


@dataclass(frozen=True, slots=True)
class StoredComposition:
    """The units behind one market resource from one moment (in) to another (out; None: without end)."""

    sender: str
    series: str
    resource: str
    units: tuple[str, ...]
    document_mrid: str
    created_at: datetime
    starts_at: datetime
    ends_at: datetime | None = None

    def covers(self, period: Interval) -> bool:
        """Whether it holds throughout `period`."""
        return self.starts_at <= period.start and (self.ends_at is None or period.end <= self.ends_at)

    def overlaps(self, other: "StoredComposition") -> bool:
        """Whether both hold at some moment."""
        return (self.ends_at is None or other.starts_at < self.ends_at) and (
            other.ends_at is None or self.starts_at < other.ends_at
        )


def put(uow: UnitOfWork, new: Iterable[StoredComposition]) -> None:
    """Store compositions; time series of the same names must have been withdrawn."""
    rows = [
        {
            "sender": one.sender,
            "series": one.series,
            "unit": unit,
            "resource": one.resource,
            "document_mrid": one.document_mrid,
            "created_at": one.created_at,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
        }
        for one in new
        for unit in one.units
    ]
    if rows:
        sql(uow).execute(compositions.insert(), rows)


def withdraw(uow: UnitOfWork, sender: str, series: Sequence[str]) -> None:
    """Delete time series of a sender."""
    for first in range(0, len(series), _MANY):
        some = series[first : first + _MANY]
        named = compositions.c.sender == sender, compositions.c.series.in_(some)
        sql(uow).execute(delete(compositions).where(*named))


def withdraw_document(uow: UnitOfWork, sender: str, mrid: str) -> None:
    """Delete the compositions of any revision of a document."""
    of_document = compositions.c.sender == sender, compositions.c.document_mrid == mrid
    sql(uow).execute(delete(compositions).where(*of_document))


def created_at(uow: UnitOfWork, sender: str, series: Sequence[str]) -> Mapping[str, datetime]:
    """When documents of these time series were created; of those that are stored."""
    found: dict[str, datetime] = {}
    for first in range(0, len(series), _MANY):
        some = series[first : first + _MANY]
        statement = select(compositions.c.series, compositions.c.created_at).where(
            compositions.c.sender == sender, compositions.c.series.in_(some)
        )
        found.update({row.series: row.created_at for row in sql(uow).execute(statement)})
    return found


def of_resources(uow: UnitOfWork, resources: Iterable[str]) -> Sequence[StoredComposition]:
    """All compositions of those of `resources` that this store knows, by resource and start."""
    wanted = sorted(set(resources))
    found: list[StoredComposition] = []
    for first in range(0, len(wanted), _MANY):
        some = wanted[first : first + _MANY]
        units: dict[tuple[str, str], list[str]] = {}
        rows = {}
        statement = select(compositions).where(compositions.c.resource.in_(some))
        order = compositions.c.resource, compositions.c.starts_at, *compositions.primary_key
        for row in sql(uow).execute(statement.order_by(*order)):
            rows[row.sender, row.series] = row
            units.setdefault((row.sender, row.series), []).append(row.unit)
        found.extend(
            StoredComposition(
                row.sender,
                row.series,
                row.resource,
                tuple(units[key]),
                row.document_mrid,
                row.created_at,
                row.starts_at,
                row.ends_at,
            )
            for key, row in rows.items()
        )
    return found
