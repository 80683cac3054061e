"""The field policy as a whole, and the deletion of what has run out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog
from sqlalchemy import ColumnElement, MetaData, Table, delete, func, or_, select

from gateway.ports import Clock
from gateway.records import MODULES
from gateway.records.engine.field_policy import DEFAULTS, Days, FieldPolicy, Retention
from gateway.records.engine.store import Store, shared_tables, tenant_tables
from gateway.records.engine.stores import Stores
from gateway.records.engine.unit_of_work import sql
from gateway.records.market import grid_models
from gateway.records.privacy import former_tenants
from gateway.workers import Worker

DAY_S: Final = 86_400

ROWS_AT_ONCE: Final = 1000
"""Rows deleted in one transaction, so that writers need not wait long."""

_log: Final = structlog.get_logger(__name__)


def policy_rows() -> tuple[FieldPolicy, ...]:
    """Every field that is kept, why, and for how long."""
    return tuple(row for module in MODULES for row in module.POLICY)


_RETENTION: Final[Mapping[str, Retention]] = MappingProxyType(
    {row.table: row.retention for row in policy_rows()}
)


def forget(stores: Stores, now: datetime, days: Days = DEFAULTS) -> int:
    """Delete rows whose time has run out by `now`, and give their space back; gives how many.

    Rows that hang on a deleted row go with it and are not counted. The database of a tenant that takes part
    no longer goes as a whole: with its last row that has a time, and at the latest when the period for former
    tenants has passed since it was first found to be one.

    Args:
        days: length of every period that the operator may set.
    """
    stores.announce_pending()  # all of it is moved by then; what a fault left is moved now
    forgotten = 0
    for tenant in stores.written():
        forgotten += _forget_in(stores.of(tenant), tenant_tables, now, days)
    former = {store.name: store for store in stores.former()}
    with stores.shared.writing() as shared:
        noticed = former_tenants.noticed(shared, former, now)
    for name, store in former.items():
        forgotten += _forget_in(store, tenant_tables, now, days)
        if noticed[name] + timedelta(days=days["former_tenants"]) < now or not _holds_dated_rows(store):
            store.remove()
            with stores.shared.writing() as shared:
                grid_models.forget_owner(shared, name)
            _log.info("database of a former tenant removed", tenant=name)
    return forgotten + _forget_in(stores.shared, shared_tables, now, days)


def _forget_in(store: Store, tables: MetaData, now: datetime, days: Days) -> int:
    forgotten = 0
    for table in reversed(tables.sorted_tables):
        ran_out = [
            table.c[span.since] < now - timedelta(days=span.days(days))
            for span in _RETENTION[table.name].spans
        ]
        if ran_out:
            forgotten += _delete(store, table, or_(*ran_out))
    if forgotten:
        store.vacuum()
    return forgotten


def _delete(store: Store, table: Table, ran_out: ColumnElement[bool]) -> int:
    (key, *_) = table.primary_key.columns
    some = select(key).where(ran_out).limit(ROWS_AT_ONCE)
    deleted = 0
    while True:
        with store.writing() as uow:
            rows = sql(uow).execute(delete(table).where(key.in_(some), ran_out)).rowcount
        deleted += rows
        if not rows:
            return deleted


def _holds_dated_rows(store: Store) -> bool:
    with store.reading() as uow:
        return any(
            sql(uow).scalar(select(func.count()).select_from(table))
            for table in tenant_tables.sorted_tables
            if _RETENTION[table.name].spans
        )


class RetentionJob:
    """Forgets at the start and once a day, in a thread of its own."""

    def __init__(self, stores: Stores, clock: Clock, days: Days = DEFAULTS) -> None:
        self._stores = stores
        self._clock = clock
        self._days = days
        self.worker = Worker("retention", self._round)

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """Finish the present round."""
        self.worker.stop()

    def _round(self) -> float:
        forgotten = forget(self._stores, self._clock.now(), self._days)
        _log.info("records forgotten", rows=forgotten)
        return DAY_S
