"""The field policy as a whole, and the deletion of what has run out."""

import threading
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import structlog
from sqlalchemy import Connection, MetaData, delete

from gateway.ports import Clock, StoreUnavailableError
from gateway.records import MODULES
from gateway.records.policy import FieldPolicy, Retention
from gateway.records.store import Store, house_tables, tenant_tables

DAY_S: Final = 86_400

_log: Final = structlog.get_logger(__name__)


def policy_rows() -> tuple[FieldPolicy, ...]:
    """Every field that is kept, why, and for how long."""
    return tuple(row for module in MODULES for row in module.POLICY)


_RETENTION: Final[Mapping[str, Retention]] = MappingProxyType(
    {row.table: row.retention for row in policy_rows()}
)


def forget(store: Store, now: datetime) -> int:
    """Delete, in every room, rows whose time has run out by `now`; gives how many.

    Rows that hang on a deleted row go with it and are not counted.
    """
    forgotten = 0
    for tenant in store.tenants():
        with store.room(tenant).writing() as connection:
            forgotten += _forget_in(connection, tenant_tables, now)
    with store.house.writing() as connection:
        forgotten += _forget_in(connection, house_tables, now)
    return forgotten


def _forget_in(connection: Connection, tables: MetaData, now: datetime) -> int:
    forgotten = 0
    for table in reversed(tables.sorted_tables):
        retention = _RETENTION[table.name]
        if retention.period is None or retention.since is None:
            continue
        ran_out = table.c[retention.since] < now - retention.period
        forgotten += connection.execute(delete(table).where(ran_out)).rowcount
    return forgotten


class Forgetting:
    """Forgets at the start and once a day, in a thread of its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forgetting", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the room that is in work."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                forgotten = forget(self._store, self._clock.now())
            except StoreUnavailableError:
                _log.warning("records could not be forgotten; tried again tomorrow")
            else:
                _log.info("records forgotten", rows=forgotten)
            if self._stopping.wait(DAY_S):
                return
