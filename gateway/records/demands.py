"""What a TSO needs in a gate: its statement lies in its own room."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Connection, String, Table, delete, select

from gateway.records.arrays import FLOATS
from gateway.records.columns import Moment
from gateway.records.policy import days_after, keeps
from gateway.records.store import tenant_tables

Floats = NDArray[np.float64]

demands = Table(
    "demands",
    tenant_tables,
    Column("gate_id", String, primary_key=True),
    Column("stated_at", Moment, nullable=False),
    Column("up_mw", FLOATS, nullable=False),
    Column("down_mw", FLOATS, nullable=False),
)

POLICY = keeps(
    demands,
    days_after("stated_at", 90),
    gate_id="the gate it is for",
    stated_at="when it was stated last; start of the retention period",
    up_mw="what the chosen bids must cover",
    down_mw="what the chosen bids must cover",
)


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Demand of one TSO in one gate, MW per market time unit and direction, each of shape (T,)."""

    gate_id: str
    stated_at: datetime
    up_mw: Floats
    down_mw: Floats


def put(connection: Connection, demand: Demand) -> None:
    """State the demand, replacing what was stated before."""
    connection.execute(delete(demands).where(demands.c.gate_id == demand.gate_id))
    connection.execute(
        demands.insert().values(
            gate_id=demand.gate_id,
            stated_at=demand.stated_at,
            up_mw=demand.up_mw,
            down_mw=demand.down_mw,
        )
    )


def find(connection: Connection, gate_id: str) -> Demand | None:
    """What this TSO stated for a gate; None if nothing."""
    row = connection.execute(select(demands).where(demands.c.gate_id == gate_id)).mappings().one_or_none()
    return None if row is None else Demand(**row)
