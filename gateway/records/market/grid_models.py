"""Reduced grid models in their operator's store, in exchange format and nothing else; who owns which grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, LargeBinary, Row, String, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # of SQLite, too

from gateway.domain.market_time import Interval
from gateway.ports import UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import IN_USE, days_after, field_policies
from gateway.records.engine.store import shared_tables, tenant_tables
from gateway.records.engine.unit_of_work import sql

grid_models = Table(
    "grid_models",
    tenant_tables,
    Column("grid_id", String, primary_key=True),
    Column("model_id", Integer, primary_key=True),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("sha256", String(64), nullable=False),
    Column("elements", Integer, nullable=False),
    Column("nodes", Integer, nullable=False),
    Column("operating_points", Integer, nullable=False),
    Column("payload", LargeBinary),
)

model_numbers = Table(
    "model_numbers",
    tenant_tables,
    Column("grid_id", String, primary_key=True),
    Column("last", Integer, nullable=False),
)

grids = Table(
    "grids",
    shared_tables,
    Column("grid_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("area", String),
)

POLICY = (
    field_policies(
        grid_models,
        days_after("valid_to", "grid_models"),
        model_id="names the model of its grid in lists and when it is withdrawn; shows which is newer",
        grid_id="the grid it describes",
        valid_from="decides for which deliveries it counts",
        valid_to="decides for which deliveries it counts; start of the retention period",
        taken_at="the newest counts; one that comes after the DSO gate does not",
        withdrawn_at="a withdrawn model counts for no gate whose DSO gate is still to come",
        sha256="knows the same model again; proof of what was used",
        elements="shown in lists",
        nodes="shown in lists",
        operating_points="shown in lists",
        payload="limits, base flows and sensitivities; emptied once withdrawn and needed by no gate",
    )
    + field_policies(
        model_numbers,
        IN_USE,
        grid_id="the grid",
        last="number of its last model: no other gets it, also when the model is deleted",
    )
    + field_policies(
        grids,
        IN_USE,
        grid_id="a grid has one owner",
        tenant="the owner: only it can replace its models",
        area="the area of the grid",
    )
)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """Metadata of a grid model, without its numbers.

    Attributes:
        model_id: of the grid's models, from 1 in the order in which they were taken into use.
    """

    model_id: int
    grid_id: str
    validity: Interval
    taken_at: datetime
    withdrawn_at: datetime | None
    sha256: str
    elements: int
    nodes: int
    operating_points: int


_KNOWN = tuple(column for column in grid_models.c if column.name != "payload")


def put(
    uow: UnitOfWork,
    grid_id: str,
    validity: Interval,
    payload: bytes,
    *,
    sha256: str,
    shape: tuple[int, int, int],
    now: datetime,
) -> StoredModel:
    """Put a model into use; the one that counts already stays as it is (`taken_at` is before `now`).

    Args:
        shape: number of operating points, elements and nodes.
    """
    counting = (
        sql(uow)
        .execute(
            select(*_KNOWN)
            .where(
                grid_models.c.grid_id == grid_id,
                grid_models.c.valid_from < validity.end,
                grid_models.c.valid_to > validity.start,
                grid_models.c.withdrawn_at.is_(None),
            )
            .order_by(grid_models.c.model_id.desc())
            .limit(1)
        )
        .one_or_none()
    )
    if counting is not None and counting.sha256 == sha256:
        return _model(counting)
    points, elements, nodes = shape
    numbered = insert(model_numbers).values(grid_id=grid_id, last=1)
    numbered = numbered.on_conflict_do_update(
        index_elements=[model_numbers.c.grid_id], set_={"last": model_numbers.c.last + 1}
    )
    number: int = sql(uow).execute(numbered.returning(model_numbers.c.last)).scalar_one()
    row = (
        sql(uow)
        .execute(
            grid_models.insert()
            .values(
                grid_id=grid_id,
                model_id=number,
                valid_from=validity.start,
                valid_to=validity.end,
                taken_at=now,
                sha256=sha256,
                elements=elements,
                nodes=nodes,
                operating_points=points,
                payload=payload,
            )
            .returning(*_KNOWN)
        )
        .one()
    )
    return _model(row)


def find(uow: UnitOfWork, grid_id: str, model_id: int) -> StoredModel | None:
    """One model of a grid; None if there is none in this store."""
    row = sql(uow).execute(select(*_KNOWN).where(*_is(grid_id, model_id))).one_or_none()
    return None if row is None else _model(row)


def listed(uow: UnitOfWork, grid_id: str | None = None) -> Sequence[StoredModel]:
    """Models of one grid, or of all, by grid, newest first, withdrawn ones too."""
    statement = select(*_KNOWN).order_by(grid_models.c.grid_id, grid_models.c.model_id.desc())
    if grid_id is not None:
        statement = statement.where(grid_models.c.grid_id == grid_id)
    return [_model(row) for row in sql(uow).execute(statement)]


def counting(uow: UnitOfWork, period: Interval, due_at: datetime) -> Sequence[StoredModel]:
    """Of each grid the newest model that covers `period` and was in use at `due_at`, by grid."""
    statement = select(*_KNOWN).where(
        grid_models.c.valid_from <= period.start,
        grid_models.c.valid_to >= period.end,
        grid_models.c.taken_at <= due_at,
        grid_models.c.withdrawn_at.is_(None) | (grid_models.c.withdrawn_at > due_at),
        grid_models.c.payload.is_not(None),
    )
    newest = {row.grid_id: row for row in sql(uow).execute(statement.order_by(grid_models.c.model_id))}
    return [_model(newest[grid_id]) for grid_id in sorted(newest)]


def withdrawn(uow: UnitOfWork, period: Interval, due_at: datetime) -> frozenset[str]:
    """Grids of which a model covers `period` but was out of use at `due_at`."""
    statement = select(grid_models.c.grid_id).where(
        grid_models.c.valid_from <= period.start,
        grid_models.c.valid_to >= period.end,
        grid_models.c.withdrawn_at <= due_at,
    )
    return frozenset(sql(uow).scalars(statement))


def payload_of(uow: UnitOfWork, grid_id: str, model_id: int) -> bytes | None:
    """The model in exchange format; None if withdrawn and emptied, or when there is none."""
    return sql(uow).scalar(select(grid_models.c.payload).where(*_is(grid_id, model_id)))


def withdraw(uow: UnitOfWork, grid_id: str, model_id: int, at: datetime, *, keep_payload: bool) -> None:
    """Withdraw a model. Its numbers are deleted at once unless a gate past its DSO gate still needs them."""
    model = update(grid_models).where(*_is(grid_id, model_id))
    sql(uow).execute(model.where(grid_models.c.withdrawn_at.is_(None)).values(withdrawn_at=at))
    if not keep_payload:
        sql(uow).execute(model.values(payload=None))


def owner(uow: UnitOfWork, grid_id: str) -> str | None:
    """The tenant a grid belongs to (shared store)."""
    return sql(uow).scalar(select(grids.c.tenant).where(grids.c.grid_id == grid_id))


def owners(uow: UnitOfWork) -> dict[str, str]:
    """The tenant of every known grid (shared store)."""
    return {row.grid_id: row.tenant for row in sql(uow).execute(select(grids))}


def register(uow: UnitOfWork, grid_id: str, tenant: str, area: str | None) -> None:
    """Note the owner of a grid (shared store); its id must be new."""
    sql(uow).execute(grids.insert().values(grid_id=grid_id, tenant=tenant, area=area))


def _is(grid_id: str, model_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return grid_models.c.grid_id == grid_id, grid_models.c.model_id == model_id


def _model(row: Row[Any]) -> StoredModel:
    return StoredModel(
        model_id=row.model_id,
        grid_id=row.grid_id,
        validity=Interval(row.valid_from, row.valid_to),
        taken_at=row.taken_at,
        withdrawn_at=row.withdrawn_at,
        sha256=row.sha256,
        elements=row.elements,
        nodes=row.nodes,
        operating_points=row.operating_points,
    )


def forget_owner(shared: UnitOfWork, tenant: str) -> None:
    """Delete the grid registrations of an organisation that is configured no longer: others may operate
    them."""
    sql(shared).execute(delete(grids).where(grids.c.tenant == tenant))
