"""Gates and who has closed them. They belong to no single tenant: the shared store has them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    Update,
    delete,
    exists,
    or_,
    select,
    update,
)

from gateway.domain.gate import Gate, GateState
from gateway.domain.market_time import Interval
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies, with_parent
from gateway.records.engine.store import shared_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.market.gate_terms import columns_of, gate_of

gates = Table(
    "gates",
    shared_tables,
    Column("gate_id", String, primary_key=True),
    Column("market", String, nullable=False),
    Column("process", String, nullable=False),
    Column("delivery_start", Moment, nullable=False, index=True),
    Column("delivery_end", Moment, nullable=False),
    Column("mtu_s", Integer, nullable=False),
    Column("currency", String, nullable=False),
    Column("system_operators", JSON, nullable=False),
    Column("grid_operators", JSON, nullable=False),
    Column("opens_at", Moment, nullable=False),
    Column("closes_at", Moment, nullable=False),
    Column("grids_due_at", Moment, nullable=False),
    Column("window_s", Float, nullable=False),
    Column("waits_until", Moment, nullable=False, index=True),
    Column("budget_s", Float, nullable=False),
    Column("publish_by", Moment, nullable=False),
    Column("minimum_bid_mw", Float),
    Column("max_model_age_s", Float),
    Column("stale_model", String, nullable=False),
    Column("use", String, nullable=False),
    Column("demand_rule", String, nullable=False),
    Column("objective", String, nullable=False),
    Column("one_buyer", Boolean, nullable=False),
    Column("netting_platform", Boolean, nullable=False),
    Column("technical_link", String, nullable=False),
    Column("netting_share", Float, nullable=False),
    Column("preparation_s", Float, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("domains", JSON, nullable=False),
    Column("products", JSON, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("closed_at", Moment),
    Column("amended_at", Moment),
    Column("cancelled_at", Moment),
)

gate_platforms = Table(
    "gate_platforms",
    shared_tables,
    Column("gate_id", ForeignKey("gates.gate_id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("closed_at", Moment),
)

POLICY = field_policies(
    gates,
    days_after("publish_by", "results"),
    gate_id="names the gate",
    market="shows people which market it is",
    process="decides which documents belong to it",
    delivery_start="decides which bids belong to it",
    delivery_end="decides which bids belong to it",
    mtu_s="market time unit of its bids and results",
    currency="a bid in another currency is refused",
    system_operators="which TSOs see it, and whose demand counts",
    grid_operators="whose grid models count",
    opens_at="documents before it are refused",
    closes_at="from then on platforms are waited for",
    grids_due_at="grid models taken into use later do not count",
    window_s="how long platforms are waited for",
    waits_until="when it closes at the latest",
    budget_s="time limit of the optimiser",
    publish_by="when the answer must be out; start of the retention period",
    minimum_bid_mw="smaller bids are refused",
    max_model_age_s="older grid models are reported",
    stale_model="whether these are used",
    use="how its published lists are used",
    demand_rule="whether demand or limits come first where they contradict each other",
    objective="what its lists maximise first",
    one_buyer="whether one buyer activates its lists as one",
    netting_platform="whether its lists go on to a platform with netting",
    technical_link="what technical links between its bids mean",
    netting_share="how far a limit may rely on other bids",
    preparation_s="until when a published gate can be run again",
    zones="bids of other bidding zones are refused",
    domains="documents and bids of other areas are refused",
    products="bids of other products are refused",
    state="state of the gate, also after a restart",
    version="detects concurrent changes by other clients",
    closed_at="no document received later counts",
    amended_at="shows participants that its terms have changed",
    cancelled_at="shows participants since when nothing is to be expected",
) + field_policies(
    gate_platforms,
    with_parent("gates"),
    gate_id="the gate",
    tenant="participates in the gate",
    place="the order in which participants were named",
    closed_at="when the platform declared that all its bids were sent; without one it was missing",
)


@dataclass(frozen=True, slots=True)
class GateStatus:
    """A gate and its state.

    Attributes:
        closed_by: platforms that declared they had sent everything, and when.
        closed_at: when the gate closed, None while it is open.
        amended_at: when its terms were changed last. cancelled_at: when it was called off.
        version: from 1; the next with every change of its terms or its state.
    """

    gate: Gate
    state: GateState
    closed_by: dict[str, datetime]
    closed_at: datetime | None
    amended_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int = 1

    @property
    def missing(self) -> tuple[str, ...]:
        """Platforms that have not closed: still waited for, or missing once the gate is closed; none of a
        cancelled one."""
        if self.state is GateState.CANCELLED:
            return ()
        return tuple(platform for platform in self.gate.platforms if platform not in self.closed_by)

    def takes_at(self, moment: datetime) -> bool:
        """Whether a document received at `moment` counts: in the gate's time, and before it closed."""
        return self.gate.takes_at(moment) and (self.closed_at is None or moment < self.closed_at)


def put(uow: UnitOfWork, gate: Gate) -> None:
    """Add an open gate; its id must be new."""
    fresh = {"gate_id": gate.gate_id, "state": GateState.OPEN, "version": 1}
    sql(uow).execute(gates.insert().values(fresh | columns_of(gate)))
    _put_platforms(uow, gate, {})


def amend(uow: UnitOfWork, status: GateStatus, gate: Gate, at: datetime) -> None:
    """Put new terms in place of those of the open gate `status`; platforms that had closed stay closed."""
    sql(uow).execute(_changed(gate.gate_id).values(amended_at=at, **columns_of(gate)))
    sql(uow).execute(delete(gate_platforms).where(gate_platforms.c.gate_id == gate.gate_id))
    _put_platforms(uow, gate, status.closed_by)


def cancel(uow: UnitOfWork, gate_id: str, at: datetime) -> None:
    """Call a gate off, in whatever state it is."""
    sql(uow).execute(_changed(gate_id).values(state=GateState.CANCELLED, cancelled_at=at))


def _changed(gate_id: str) -> Update:
    return update(gates).where(gates.c.gate_id == gate_id).values(version=gates.c.version + 1)


def _put_platforms(uow: UnitOfWork, gate: Gate, closed_by: Mapping[str, datetime]) -> None:
    sql(uow).execute(
        gate_platforms.insert(),
        [
            {
                "gate_id": gate.gate_id,
                "tenant": tenant,
                "place": place,
                "closed_at": closed_by.get(tenant),
            }
            for place, tenant in enumerate(gate.platforms)
        ],
    )


def find(uow: UnitOfWork, gate_id: str) -> GateStatus | None:
    """One gate; None if there is none of that name."""
    found = _statuses(uow, gates.c.gate_id == gate_id)
    return found[0] if found else None


def listed(uow: UnitOfWork, after: Gate | None, limit: int) -> Sequence[GateStatus]:
    """Up to `limit` gates that follow another one, or from the first on: latest delivery first."""
    statement = select(gates.c.gate_id).order_by(gates.c.delivery_start.desc(), gates.c.gate_id.desc())
    if after is not None:
        start, same = after.delivery.start, gates.c.delivery_start == after.delivery.start
        statement = statement.where(
            or_(gates.c.delivery_start < start, same & (gates.c.gate_id < after.gate_id))
        )
    names: Sequence[str] = sql(uow).scalars(statement.limit(limit)).all()
    return _statuses(uow, gates.c.gate_id.in_(names))[::-1]


def open_ones(uow: UnitOfWork) -> Sequence[GateStatus]:
    """Gates that are open."""
    return _statuses(uow, gates.c.state == GateState.OPEN)


def due(uow: UnitOfWork, now: datetime, former: Collection[str] = ()) -> Sequence[GateStatus]:
    """Gates with something to do now, the most urgent first: closed and unpublished ones, and open ones whose
    window has ended or whose platforms have all closed, but for `former` ones."""
    waited_for = (
        gate_platforms.c.gate_id == gates.c.gate_id,
        gate_platforms.c.closed_at.is_(None),
        gate_platforms.c.tenant.not_in(former),
    )
    ends = (gates.c.waits_until <= now) | ~exists().where(*waited_for)
    closed = gates.c.state.in_((GateState.CLOSED, GateState.RUNNING))
    found = _statuses(uow, closed | ((gates.c.state == GateState.OPEN) & ends))
    return sorted(found, key=lambda status: status.gate.publish_by)


def delivering_in(uow: UnitOfWork, period: Interval) -> Sequence[GateStatus]:
    """Gates whose delivery overlaps `period`, by delivery; without those that were cancelled."""
    overlapping = gates.c.delivery_start < period.end, gates.c.delivery_end > period.start
    return _statuses(uow, *overlapping, gates.c.state != GateState.CANCELLED)


def cancelled_in(uow: UnitOfWork, period: Interval) -> Sequence[GateStatus]:
    """Gates whose delivery would have overlapped `period`, by delivery: those that were cancelled."""
    overlapping = gates.c.delivery_start < period.end, gates.c.delivery_end > period.start
    return _statuses(uow, *overlapping, gates.c.state == GateState.CANCELLED)


def move(uow: UnitOfWork, gate_id: str, before: GateState, after: GateState) -> bool:
    """Move a gate from one state to another; False if it is no longer in state `before`."""
    statement = _changed(gate_id).where(gates.c.state == before)
    return sql(uow).execute(statement.values(state=after)).rowcount == 1


def close(uow: UnitOfWork, gate_id: str, at: datetime) -> bool:
    """Close an open gate; False if it was closed before."""
    statement = _changed(gate_id).where(gates.c.state == GateState.OPEN)
    return sql(uow).execute(statement.values(state=GateState.CLOSED, closed_at=at)).rowcount == 1


def close_platform(uow: UnitOfWork, gate_id: str, tenant: str, at: datetime) -> None:
    """Note that a platform has sent everything; the first time counts."""
    statement = update(gate_platforms).where(
        gate_platforms.c.gate_id == gate_id,
        gate_platforms.c.tenant == tenant,
        gate_platforms.c.closed_at.is_(None),
    )
    sql(uow).execute(statement.values(closed_at=at))


def _statuses(uow: UnitOfWork, *where: Any) -> Sequence[GateStatus]:
    rows = (
        sql(uow)
        .execute(select(gates).where(*where).order_by(gates.c.delivery_start, gates.c.gate_id))
        .mappings()
    )
    platforms: dict[str, dict[str, datetime | None]] = {}
    statement = (
        select(gate_platforms)
        .where(gate_platforms.c.gate_id.in_(select(gates.c.gate_id).where(*where)))
        .order_by(gate_platforms.c.place)
    )
    for row in sql(uow).execute(statement):
        platforms.setdefault(row.gate_id, {})[row.tenant] = row.closed_at
    return [_status(row, platforms[row["gate_id"]]) for row in rows]


def _status(row: RowMapping, platforms: dict[str, datetime | None]) -> GateStatus:
    gate = gate_of(row, tuple(platforms))
    closed = {tenant: at for tenant, at in platforms.items() if at is not None}
    return GateStatus(
        gate,
        GateState(row["state"]),
        closed,
        row["closed_at"],
        row["amended_at"],
        row["cancelled_at"],
        row["version"],
    )
