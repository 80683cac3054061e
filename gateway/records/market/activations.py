"""Activations of bids: links of later bids depend on them, and they load the grids of other gates."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, String, Table, delete, select

from gateway.domain.bid import Direction
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.market.bids import bids

activations = Table(
    "activations",
    tenant_tables,
    Column("bid_id", String, primary_key=True),
    Column("start_s", BigInteger, primary_key=True),
    Column("direct", Boolean, primary_key=True),
    Column("end_s", BigInteger, nullable=False),
    Column("quantity_mw", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("order_id", String, nullable=False),
)

activation_periods = Table(
    "activation_periods",
    tenant_tables,
    Column("start_s", BigInteger, primary_key=True),
    Column("end_s", BigInteger, primary_key=True),
    Column("received_at", Moment, nullable=False),
)

POLICY = field_policies(
    activations,
    days_after("received_at", "bids"),
    bid_id="the bid, which links of later bids look at",
    start_s="in which market time unit it was activated",
    end_s="until when it is delivered",
    direct="direct activation delivers in the next unit, too, and blocks what is linked to it there",
    quantity_mw="what loads the grid; 0: it was not, or not any more",
    created_at="the newer of two documents about a bid counts",
    received_at="start of the retention period",
    order_id="which order a response names",
) + field_policies(
    activation_periods,
    days_after("received_at", "bids"),
    start_s="for which time it was reported what was activated",
    end_s="for which time it was reported what was activated",
    received_at="start of the retention period",
)


@dataclass(frozen=True, slots=True)
class StoredActivation:
    """That a bid was activated, from `start_s` to `end_s`; with 0 MW that it was not.

    Attributes:
        order_id: what documents call the order; the mRID of its document where that names none.
    """

    bid_id: str
    start_s: int
    end_s: int
    direct: bool
    quantity_mw: float
    created_at: datetime
    received_at: datetime
    order_id: str


def put(
    uow: UnitOfWork, reported: Iterable[StoredActivation], period_s: tuple[int, int], received_at: datetime
) -> None:
    """Store the reports of a document for a period, unless newer ones are stored; older ones outside it
    stay."""
    for one in reported:
        same = [activations.c[name] == getattr(one, name) for name in ("bid_id", "direct")]
        meets = (*same, activations.c.start_s < one.end_s, activations.c.end_s > one.start_s)
        before = [
            StoredActivation(**row) for row in sql(uow).execute(select(activations).where(*meets)).mappings()
        ]
        if newer(one, before) is not None:
            continue
        sql(uow).execute(delete(activations).where(*meets))
        left = [replace(other, end_s=one.start_s) for other in before if other.start_s < one.start_s]
        left += [replace(other, start_s=one.end_s) for other in before if other.end_s > one.end_s]
        for each in (one, *left):
            sql(uow).execute(activations.insert().values(asdict(each)))
    start_s, end_s = period_s
    again = activation_periods.c.start_s == start_s, activation_periods.c.end_s == end_s
    sql(uow).execute(delete(activation_periods).where(*again))
    values = {"start_s": start_s, "end_s": end_s, "received_at": received_at}
    sql(uow).execute(activation_periods.insert().values(values))


def newer(one: StoredActivation, known: Iterable[StoredActivation]) -> StoredActivation | None:
    """The report of a newer document of some of the same time and activation type; None: there is none."""
    return max(
        (
            other
            for other in known
            if other.created_at > one.created_at
            and (other.bid_id, other.direct) == (one.bid_id, one.direct)
            and other.start_s < one.end_s
            and other.end_s > one.start_s
        ),
        key=lambda other: other.created_at,
        default=None,
    )


def of_bids(uow: UnitOfWork, bid_ids: Collection[str]) -> Sequence[StoredActivation]:
    """Reported activations of these bids."""
    statement = (
        select(activations).where(activations.c.bid_id.in_(bid_ids)).order_by(*activations.primary_key)
    )
    return [StoredActivation(**row) for row in sql(uow).execute(statement).mappings()]


def within(uow: UnitOfWork, start_s: int, end_s: int) -> Sequence[StoredActivation]:
    """Reported activations of any bid at some moment from `start_s` to before `end_s`."""
    statement = (
        select(activations)
        .where(activations.c.start_s < end_s, activations.c.end_s > start_s, activations.c.quantity_mw > 0)
        .order_by(*activations.primary_key)
    )
    return [StoredActivation(**row) for row in sql(uow).execute(statement).mappings()]


def of_gate(
    uow: UnitOfWork, gate_id: str, start_s: int, end_s: int
) -> Sequence[tuple[StoredActivation, Direction]]:
    """Reported activations of bids of a gate from `start_s` to before `end_s`, also those of 0 MW; by
    bid and time, each with the direction of its bid."""
    its_bid = (bids.c.bid_id == activations.c.bid_id) & (bids.c.gate_id == gate_id)
    statement = (
        select(*(activations.c[one.name] for one in fields(StoredActivation)), bids.c.direction)
        .join(bids, its_bid)
        .where(activations.c.start_s < end_s, activations.c.end_s > start_s)
        .order_by(*activations.primary_key)
    )
    found: Iterable[Any] = sql(uow).execute(statement)
    return [(StoredActivation(*row[:-1]), Direction(row[-1])) for row in found]


def is_reported(uow: UnitOfWork, start_s: int, end_s: int) -> bool:
    """Whether reports cover all of a time."""
    periods = activation_periods.c
    statement = select(periods.start_s, periods.end_s).where(periods.end_s > start_s, periods.start_s < end_s)
    reported_s = start_s
    for period in sql(uow).execute(statement.order_by(periods.start_s)):
        if period.start_s > reported_s:
            break
        reported_s = max(reported_s, period.end_s)
    return reported_s >= end_s
