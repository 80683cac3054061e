"""A TSO's assignment of technical units to connection points, and of resources to units, in its store."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Float, String, Table, delete, select

from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.ports import UnitOfWork
from gateway.records.engine.field_policy import IN_USE, field_policies
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

_MANY = 500
"""Values in one IN list: databases limit the number of parameters."""

connections = Table(
    "connections",
    tenant_tables,
    Column("unit", String, primary_key=True),
    Column("grid_id", String, primary_key=True),
    Column("node", String, primary_key=True),
    Column("factor", Float, nullable=False),
)

participation = Table(
    "participation",
    tenant_tables,
    Column("resource", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("share", Float, nullable=False),
)

POLICY = field_policies(
    connections,
    IN_USE,
    unit="the technical unit",
    grid_id="the grid it acts on",
    node="where in that grid",
    factor="how much of each MW acts there",
) + field_policies(
    participation,
    IN_USE,
    resource="what bids name",
    unit="a technical unit behind it",
    share="the part of each MW it delivers",
)


def replace(uow: UnitOfWork, resources: ResourceMap) -> None:
    """Replace the complete assignment of this store."""
    sql(uow).execute(delete(connections))
    sql(uow).execute(delete(participation))
    points = [
        {"unit": unit, "grid_id": point.grid_id, "node": point.node, "factor": point.factor}
        for unit, hangs_on in resources.connections.items()
        for point in hangs_on
    ]
    shares = [
        {"resource": resource, "unit": unit, "share": share}
        for resource, units in resources.participation.items()
        for unit, share in units.items()
    ]
    if points:
        sql(uow).execute(connections.insert(), points)
    if shares:
        sql(uow).execute(participation.insert(), shares)


def find(uow: UnitOfWork) -> ResourceMap:
    """The complete assignment of this store."""
    points: dict[str, list[ConnectionPoint]] = {}
    for row in sql(uow).execute(select(connections).order_by(*connections.primary_key)):
        points.setdefault(row.unit, []).append(ConnectionPoint(row.grid_id, row.node, row.factor))
    shares: dict[str, dict[str, float]] = {}
    for row in sql(uow).execute(select(participation).order_by(*participation.primary_key)):
        shares.setdefault(row.resource, {})[row.unit] = row.share
    return ResourceMap({unit: tuple(hangs_on) for unit, hangs_on in points.items()}, shares)


def connected(uow: UnitOfWork, units: Iterable[str]) -> set[str]:
    """Those of `units` that this store knows to have a connection point."""
    wanted = sorted(set(units))
    found: set[str] = set()
    for first in range(0, len(wanted), _MANY):
        named = connections.c.unit.in_(wanted[first : first + _MANY])
        found.update(sql(uow).scalars(select(connections.c.unit).where(named).distinct()))
    return found


def units_of(uow: UnitOfWork, resources: Iterable[str]) -> Mapping[str, Mapping[str, float]]:
    """Units and shares behind those of `resources` that this store knows; a unit is its own resource."""
    wanted = sorted(set(resources))
    found: dict[str, Mapping[str, float]] = {unit: {unit: 1.0} for unit in connected(uow, wanted)}
    for first in range(0, len(wanted), _MANY):
        some = wanted[first : first + _MANY]
        shares: dict[str, dict[str, float]] = {}
        statement = select(participation).where(participation.c.resource.in_(some))
        for row in sql(uow).execute(statement.order_by(*participation.primary_key)):
            shares.setdefault(row.resource, {})[row.unit] = row.share
        found.update(shares)
    return found
