"""Demands of a TSO in a gate, by list: its statements are in its own store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, String, Table, delete, select

from gateway.ports import UnitOfWork
from gateway.records.engine.arrays import FLOATS
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

Floats = NDArray[np.float64]

demands = Table(
    "demands",
    tenant_tables,
    Column("gate_id", String, primary_key=True),
    Column("zone", String, primary_key=True),
    Column("product", String, primary_key=True),
    Column("stated_at", Moment, nullable=False),
    Column("delivery_end", Moment, nullable=False),
    Column("up_mw", FLOATS, nullable=False),
    Column("down_mw", FLOATS, nullable=False),
)

POLICY = field_policies(
    demands,
    days_after("delivery_end", "bids"),
    gate_id="the gate it is for",
    zone="bidding zone of the list it is for",
    product="product of the list it is for",
    stated_at="when it was stated last",
    delivery_end="of its gate; start of the retention period",
    up_mw="what the chosen bids must cover",
    down_mw="what the chosen bids must cover",
)


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Demand of one TSO in one gate, MW per market time unit and direction, each of shape (T,).

    Attributes:
        zone, product: bidding zone and product of the lists it is for; empty: left open.
    """

    gate_id: str
    stated_at: datetime
    delivery_end: datetime
    up_mw: Floats
    down_mw: Floats
    zone: str = ""
    product: str = ""


def put(uow: UnitOfWork, demand: Demand) -> None:
    """State the demand, replacing what was stated before for the same lists."""
    same = demands.c.zone == demand.zone, demands.c.product == demand.product
    sql(uow).execute(delete(demands).where(demands.c.gate_id == demand.gate_id, *same))
    sql(uow).execute(
        demands.insert().values(
            gate_id=demand.gate_id,
            zone=demand.zone,
            product=demand.product,
            stated_at=demand.stated_at,
            delivery_end=demand.delivery_end,
            up_mw=demand.up_mw,
            down_mw=demand.down_mw,
        )
    )


def remove(uow: UnitOfWork, gate_id: str, zone: str, product: str) -> bool:
    """Delete what was stated for these lists; return whether anything was."""
    same = demands.c.gate_id == gate_id, demands.c.zone == zone, demands.c.product == product
    return sql(uow).execute(delete(demands).where(*same)).rowcount > 0


def of_gate(uow: UnitOfWork, gate_id: str) -> Sequence[Demand]:
    """Demands that this TSO stated for a gate, by zone and product."""
    statement = select(demands).where(demands.c.gate_id == gate_id)
    ordered = statement.order_by(demands.c.zone, demands.c.product)
    return [Demand(**row) for row in sql(uow).execute(ordered).mappings()]
