"""Results published to many tenants by one transaction of the shared store, until they are moved.

A tenant's database is opened, written to and closed again at the cost of five waits for the disk. With a
thousand platforms that is most of what publishing takes, so a small publication is stored here at first, as
the inserts that it is, and moved into the tenant's own database by whoever opens that next (`Store.settle`).
"""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert  # of SQLite, too
from sqlalchemy.exc import IntegrityError

from gateway.ports import UnitOfWork
from gateway.records.engine.field_policy import Retention, field_policies
from gateway.records.engine.prepared import PreparedInsert
from gateway.records.engine.recorded_inserts import replay
from gateway.records.engine.savepoint import Savepoint
from gateway.records.engine.store import shared_tables, tenant_tables
from gateway.records.engine.unit_of_work import sql

pending_publications = Table(
    "pending_publications",
    shared_tables,
    Column("id", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("run_id", ForeignKey("runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("inserts", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "run_id"),
    sqlite_autoincrement=True,  # a number that is still to be removed is never given again
)

POLICY = field_policies(
    pending_publications,
    Retention(otherwise="until it is in the tenant's own database, and no longer than its row in runs"),
    id="order in which they are moved",
    tenant="to whom the result is published",
    run_id="the run: its result is published to a tenant once",
    inserts="the result as it will be in the tenant's own database, where each field has its reason",
)


def put(shared: UnitOfWork, run_id: str, publications: Mapping[str, bytes]) -> None:
    """Publish a run to tenants: the recorded inserts of each, of which the first is the row that says so."""
    rows = [{"tenant": name, "run_id": run_id, "inserts": each} for name, each in publications.items()]
    if rows:
        sql(shared).execute(insert(pending_publications).on_conflict_do_nothing(), rows)


def tenants(shared: UnitOfWork) -> Sequence[str]:
    """Tenants for which there is something to move."""
    return sql(shared).scalars(select(pending_publications.c.tenant).distinct()).all()


def move(shared: UnitOfWork, tenant: str, uow: UnitOfWork) -> Sequence[int]:
    """Insert all that a tenant is to have, but nothing twice; return their numbers, for `remove`."""
    table = pending_publications.c
    statement = select(table.id, table.inserts).where(table.tenant == tenant).order_by(table.id)
    moved: list[int] = []
    for row in sql(shared).execute(statement):
        put_once(uow, row.inserts)
        moved.append(row.id)
    return moved


def remove(shared: UnitOfWork, numbers: Sequence[int]) -> None:
    """These are durable in the databases of their tenants."""
    sql(shared).execute(delete(pending_publications).where(pending_publications.c.id.in_(numbers)))


def put_once(uow: UnitOfWork, inserts: bytes) -> None:
    """Insert what a tenant is to have of a run, unless the first row says that it has it."""
    begun = False
    place = Savepoint(uow, "publication")

    def put_rows(table: str, rows: Sequence[list[object]]) -> int:
        nonlocal begun
        prepared = _insert(table)
        if len(rows) > 1:
            prepared.put(uow, rows)
            return 0
        number = prepared.put_one(uow, rows[0])
        begun = True
        return number

    try:
        replay(inserts, put_rows)
    except IntegrityError:
        if begun:
            raise
        # The row that says it is published was there, and so everything is: it was moved before.
        place.undo()
    else:
        place.release()


@cache
def _insert(table: str) -> PreparedInsert:
    columns = tenant_tables.tables[table]
    return PreparedInsert(columns, bound=[column.name for column in columns.c])
