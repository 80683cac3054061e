"""Gates and who has closed them. They belong to no single tenant: the shared store has them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Update, delete, exists, or_, select, true, update

from gateway.domain.gate import Gate, GateState
from gateway.domain.market_time import Interval
from gateway.ports import UnitOfWork
from gateway.records.engine.unit_of_work import sql
from gateway.records.market.gate_tables import gate_operators, gate_platforms, gates
from gateway.records.market.gate_terms import columns_of, gate_of


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks for a gate. Gates that it may not see are left out by the statement that looks for them, so
    that to look for one takes as long as to look for one that does not exist.

    Attributes:
        tenant: sees gates that name it.
        markets: of which it sees every gate; None: of all.
    """

    tenant: str
    markets: frozenset[str] | None = frozenset()

    def may_see(self, gate_id: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether it may see the gate that a column names."""
        if self.markets is None:
            return true()
        named = [
            exists().where(table.c.gate_id == gate_id, table.c.tenant == self.tenant)
            for table in (gate_platforms, gate_operators)
        ]
        overseen = exists().where(gates.c.gate_id == gate_id, gates.c.market.in_(self.markets))
        return or_(*named, *([overseen] if self.markets else []))


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
    _put_participants(uow, gate, {})


def amend(uow: UnitOfWork, status: GateStatus, gate: Gate, at: datetime) -> None:
    """Put new terms in place of those of the open gate `status`; platforms that had closed stay closed."""
    sql(uow).execute(_changed(gate.gate_id).values(amended_at=at, **columns_of(gate)))
    for table in (gate_platforms, gate_operators):
        sql(uow).execute(delete(table).where(table.c.gate_id == gate.gate_id))
    _put_participants(uow, gate, status.closed_by)


def cancel(uow: UnitOfWork, gate_id: str, at: datetime) -> None:
    """Call a gate off, in whatever state it is."""
    sql(uow).execute(_changed(gate_id).values(state=GateState.CANCELLED, cancelled_at=at))


def _changed(gate_id: str) -> Update:
    return update(gates).where(gates.c.gate_id == gate_id).values(version=gates.c.version + 1)


def _put_participants(uow: UnitOfWork, gate: Gate, closed_by: Mapping[str, datetime]) -> None:
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
    operators = dict.fromkeys((*gate.system_operators, *gate.grid_operators))
    if operators:
        sql(uow).execute(
            gate_operators.insert(), [{"gate_id": gate.gate_id, "tenant": tenant} for tenant in operators]
        )


def find(uow: UnitOfWork, gate_id: str, viewer: Viewer | None = None) -> GateStatus | None:
    """One gate; None if there is none of that name, or the viewer may not see it.

    Args:
        viewer: None: one who may see every gate.
    """
    visible = () if viewer is None else (viewer.may_see(gates.c.gate_id),)
    found = _statuses(uow, gates.c.gate_id == gate_id, *visible)
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
