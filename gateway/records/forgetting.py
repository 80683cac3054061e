"""The field policy as a whole, and the deletion of what has run out."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import structlog
from sqlalchemy import ColumnElement, MetaData, Table, delete, func, select

from gateway.ports import Clock
from gateway.records import MODULES
from gateway.records.policy import FieldPolicy, Retention
from gateway.records.store import Room, Store, house_tables, tenant_tables
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


def forget(store: Store, now: datetime) -> int:
    """Delete rows whose time has run out by `now`, and give their space back; gives how many.

    Rows that hang on a deleted row go with it and are not counted. The database of a tenant that takes part
    no longer goes as a whole with its last row that has a time.
    """
    forgotten = 0
    for tenant in store.written():
        forgotten += _forget_in(store.room(tenant), tenant_tables, now)
    for room in store.former():
        forgotten += _forget_in(room, tenant_tables, now)
        if not _holds_dated_rows(room):
            room.remove()
            _log.info("database of a former tenant removed", tenant=room.name)
    return forgotten + _forget_in(store.house, house_tables, now)


def _forget_in(room: Room, tables: MetaData, now: datetime) -> int:
    forgotten = 0
    for table in reversed(tables.sorted_tables):
        since = _since(table)
        period = _RETENTION[table.name].period
        if since is not None and period is not None:
            forgotten += _delete(room, table, since < now - period)
    if forgotten:
        room.vacuum()
    return forgotten


def _delete(room: Room, table: Table, ran_out: ColumnElement[bool]) -> int:
    (key, *_) = table.primary_key.columns
    some = select(key).where(ran_out).limit(ROWS_AT_ONCE)
    deleted = 0
    while True:
        with room.writing() as connection:
            rows = connection.execute(delete(table).where(key.in_(some), ran_out)).rowcount
        deleted += rows
        if not rows:
            return deleted


def _holds_dated_rows(room: Room) -> bool:
    with room.reading() as connection:
        return any(
            connection.scalar(select(func.count()).select_from(table))
            for table in tenant_tables.sorted_tables
            if _since(table) is not None
        )


def _since(table: Table) -> ColumnElement[datetime] | None:
    """The column that the time of a table's rows begins with."""
    since = _RETENTION[table.name].since
    return None if since is None else table.c[since]


class Forgetting:
    """Forgets at the start and once a day, in a thread of its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.worker = Worker("forgetting", self._round)

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """Finish the present round."""
        self.worker.stop()

    def _round(self) -> float:
        forgotten = forget(self._store, self._clock.now())
        _log.info("records forgotten", rows=forgotten)
        return DAY_S
