"""What was activated of bids: only what links of later bids look at."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, Connection, Float, String, Table, delete, exists, select

from gateway.records.columns import Moment
from gateway.records.policy import days_after, keeps
from gateway.records.store import tenant_tables

activations = Table(
    "activations",
    tenant_tables,
    Column("bid_id", String, primary_key=True),
    Column("start_s", BigInteger, primary_key=True),
    Column("direct", Boolean, primary_key=True),
    Column("quantity_mw", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
)

activation_periods = Table(
    "activation_periods",
    tenant_tables,
    Column("start_s", BigInteger, primary_key=True),
    Column("end_s", BigInteger, primary_key=True),
    Column("received_at", Moment, nullable=False),
)

POLICY = keeps(
    activations,
    days_after("received_at", "bids"),
    bid_id="the bid, which links of later bids look at",
    start_s="in which market time unit it was activated",
    direct="direct activation delivers in the next unit, too, and blocks what is linked to it there",
    quantity_mw="0: it was not, or not any more",
    created_at="the newer of two documents about a bid counts",
    received_at="start of the retention period",
) + keeps(
    activation_periods,
    days_after("received_at", "bids"),
    start_s="for which time somebody told what was activated",
    end_s="for which time somebody told what was activated",
    received_at="start of the retention period",
)


@dataclass(frozen=True, slots=True)
class KeptActivation:
    """That a bid was activated, from `start_s` on; with 0 MW that it was not."""

    bid_id: str
    start_s: int
    direct: bool
    quantity_mw: float
    created_at: datetime
    received_at: datetime


def put(
    connection: Connection, kept: Iterable[KeptActivation], period_s: tuple[int, int], received_at: datetime
) -> None:
    """Keep what a document tells of a period, unless a newer one is here."""
    for one in kept:
        key = [activations.c[name] == getattr(one, name) for name in ("bid_id", "start_s", "direct")]
        if connection.scalar(select(exists().where(*key, activations.c.created_at > one.created_at))):
            continue
        connection.execute(delete(activations).where(*key))
        connection.execute(activations.insert().values(asdict(one)))
    start_s, end_s = period_s
    same = activation_periods.c.start_s == start_s, activation_periods.c.end_s == end_s
    connection.execute(delete(activation_periods).where(*same))
    values = {"start_s": start_s, "end_s": end_s, "received_at": received_at}
    connection.execute(activation_periods.insert().values(values))


def of_bids(connection: Connection, bid_ids: Collection[str]) -> Sequence[KeptActivation]:
    """What was told of these bids."""
    statement = (
        select(activations).where(activations.c.bid_id.in_(bid_ids)).order_by(*activations.primary_key)
    )
    return [KeptActivation(**row) for row in connection.execute(statement).mappings()]


def told_of(connection: Connection, moment_s: int) -> bool:
    """Whether somebody told what was activated at a moment."""
    covers = activation_periods.c.start_s <= moment_s, activation_periods.c.end_s > moment_s
    return bool(connection.scalar(select(exists().where(*covers))))
