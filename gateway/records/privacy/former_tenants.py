"""Since when organisations take part no longer that have left records here: these go in the end."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Column, String, Table, delete, insert, select

from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import Retention, field_policies
from gateway.records.engine.store import shared_tables
from gateway.records.engine.unit_of_work import sql

former_tenants = Table(
    "former_tenants",
    shared_tables,
    Column("tenant", String, primary_key=True),
    Column("noticed_at", Moment, nullable=False),
)

POLICY = field_policies(
    former_tenants,
    Retention(otherwise="until its database is removed, or it takes part again"),
    tenant="whose database is left",
    noticed_at="its database goes at a stated time after that",
)


def noticed(uow: UnitOfWork, tenants: Collection[str], now: datetime) -> Mapping[str, datetime]:
    """When each of these was first found to be a former tenant, at the latest now; others are none."""
    sql(uow).execute(delete(former_tenants).where(former_tenants.c.tenant.not_in(tenants)))
    since = {row.tenant: row.noticed_at for row in sql(uow).execute(select(former_tenants))}
    for tenant in tenants:
        if since.setdefault(tenant, now) is now:
            sql(uow).execute(insert(former_tenants).values(tenant=tenant, noticed_at=now))
    return since
