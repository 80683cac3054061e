"""Where a tenant wants its messages pushed: one address, or none, then it pulls."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, delete, select, update

from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import IN_USE, field_policies
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql
from gateway.records.messages import receiver_turns

webhooks = Table(
    "webhooks",
    tenant_tables,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("url", String, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("disabled_because", String),
)

POLICY = field_policies(
    webhooks,
    IN_USE,
    id="there is at most one",
    url="where to push",
    set_at="shows the tenant which setting is in force",
    disabled_at="a peer that is gone is not called again",
    disabled_because="shows the tenant why nothing is pushed",
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages are pushed, and since when not any more."""

    url: str
    set_at: datetime
    disabled_at: datetime | None = None
    disabled_because: str | None = None

    @property
    def active(self) -> bool:
        """Whether messages are pushed."""
        return self.disabled_at is None


def put(uow: UnitOfWork, url: str, at: datetime) -> None:
    """Push to `url` from now on; what is waiting goes there at once."""
    remove(uow)
    sql(uow).execute(webhooks.insert().values(id=1, url=url, set_at=at))
    receiver_turns.start_over(uow)


def find(uow: UnitOfWork) -> Webhook | None:
    """Where to push; None if the tenant pulls."""
    columns = (webhooks.c.url, webhooks.c.set_at, webhooks.c.disabled_at, webhooks.c.disabled_because)
    row = sql(uow).execute(select(*columns)).mappings().one_or_none()
    return None if row is None else Webhook(**row)


def disable(uow: UnitOfWork, webhook: Webhook, because: str, at: datetime) -> None:
    """Stop pushing until the tenant sets a webhook again, unless it has; all can be pulled meanwhile."""
    same = (webhooks.c.url == webhook.url) & (webhooks.c.set_at == webhook.set_at)
    sql(uow).execute(update(webhooks).where(same).values(disabled_at=at, disabled_because=because))


def remove(uow: UnitOfWork) -> bool:
    """Stop pushing. False if there was no webhook."""
    return sql(uow).execute(delete(webhooks)).rowcount > 0
