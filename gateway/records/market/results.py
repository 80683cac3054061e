"""Results of a run for each participant, in its own store.

A platform has the availability of its own bids, a TSO the grid-checked merit order of all; what a DSO has is
in `explanations`. Arrays are stored from the first to the last unit a bid is offered in.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    bindparam,
    func,
    select,
    tuple_,
)

from gateway.domain.bid import Direction
from gateway.domain.document import DocumentRef
from gateway.domain.reason import Reason
from gateway.ports import UnitOfWork
from gateway.records.engine.arrays import FLAGS, FLOATS
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies, with_parent
from gateway.records.engine.pages import ROWS_OF_PAGE
from gateway.records.engine.prepared import PreparedInsert, PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

Floats = NDArray[np.float64]

publications = Table(
    "publications",
    tenant_tables,
    Column("run_id", String(32), primary_key=True),
    Column("gate_id", String, nullable=False),
    Column("units", Integer, nullable=False),
    Column("published_at", Moment, nullable=False),
)

availability = Table(
    "availability",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("bid_id", String, primary_key=True),
    Column("document_mrid", String, nullable=False),
    Column("document_revision", Integer, nullable=False),
    Column("direction", Integer, nullable=False),
    Column("first_unit", Integer, nullable=False),
    Column("offered_mw", FLOATS, nullable=False),
    Column("available_mw", FLOATS, nullable=False),
    Column("accepted_mw", FLOATS),
    Column("limited", FLAGS, nullable=False),
    Column("reasons", JSON, nullable=False),
)

merit_orders = Table(
    "merit_orders",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("platform", String, primary_key=True),
    Column("bid_id", String, primary_key=True),
    Column("zone", String, nullable=False),
    Column("product", String, nullable=False),
    Column("delivery_end", Moment, nullable=False),
    Column("direction", Integer, nullable=False),
    Column("first_unit", Integer, nullable=False),
    Column("energy_price", FLOATS, nullable=False),
    Column("offered_mw", FLOATS, nullable=False),
    Column("available_mw", FLOATS, nullable=False),
    Column("accepted_mw", FLOATS),
)

_PUBLICATIONS = PreparedInsert(publications)
_UNITS = PreparedSelect(select(publications.c.units).where(publications.c.run_id == bindparam("run_id")))
_AVAILABILITY: Final = PreparedInsert(availability)
_MERIT_ORDERS: Final = PreparedInsert(merit_orders)

AT_ONCE: Final = 500
"""Rows put at once."""

_OF_RUN = with_parent("publications")

POLICY = (
    field_policies(
        publications,
        days_after("published_at", "results"),
        run_id="records that the result was published to this tenant: that is done once",
        gate_id="the gate",
        units="number of its market time units",
        published_at="start of the retention period",
    )
    + field_policies(
        availability,
        _OF_RUN,
        run_id="the run",
        bid_id="the bid",
        document_mrid="the document it came in, as its sender named it",
        document_revision="the document it came in, as its sender named it",
        direction="up and down are reported apart",
        first_unit="where the numbers begin",
        offered_mw="what the limit is measured against",
        available_mw="the answer: what the grid can carry",
        accepted_mw="the answer: quantities accepted at least cost",
        limited="the answer: where the grid is what limits",
        reasons="why, the weightiest first",
    )
    + field_policies(
        merit_orders,
        days_after("delivery_end", "bids"),  # as in the bid itself
        run_id="the run",
        platform="where the bid was made",
        bid_id="the bid",
        zone="which of the gate's lists it is in",
        product="which of the gate's lists it is in",
        delivery_end="of its gate; start of the retention period, as of the bid's",
        direction="one order for up, one for down",
        first_unit="where the numbers begin",
        energy_price="the order",
        offered_mw="what the bid was before the grid was looked at",
        available_mw="what the grid can carry",
        accepted_mw="quantities accepted at least cost",
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class BidAvailabilityRow:
    """Availability of one bid; arrays over the gate's market time units, MW.

    `accepted_mw` is None where nothing is taken (see `domain.result.Availability`); `reasons` are all that
    it has in any of the units, the weightiest first.
    """

    bid_id: str
    document: DocumentRef
    direction: Direction
    offered_mw: Floats
    available_mw: Floats
    accepted_mw: Floats | None
    limited: NDArray[np.bool_]
    reasons: tuple[Reason, ...] = ()

    @property
    def reason(self) -> Reason | None:
        """The weightiest of its reasons."""
        return self.reasons[0] if self.reasons else None


@dataclass(frozen=True, slots=True, eq=False)
class MeritOrderRow:
    """One bid of the merit order of all platforms; arrays as in `BidAvailabilityRow`.

    `zone` is its bidding zone, empty where it names none; `product` that of its list.
    """

    platform: str
    bid_id: str
    zone: str
    product: str
    direction: Direction
    energy_price: Floats
    offered_mw: Floats
    available_mw: Floats
    accepted_mw: Floats | None


def publish(
    uow: UnitOfWork,
    run_id: str,
    gate_id: str,
    at: datetime,
    *,
    units: int,
    delivery_end: datetime,
    availability_rows: Iterable[BidAvailabilityRow] = (),
    merit_order_rows: Iterable[MeritOrderRow] = (),
) -> None:
    """Publish to the tenant of this store its part of a run; once (see `published`).

    Rows are read and inserted some at a time: those of a large market together need much memory.
    """
    _PUBLICATIONS.put_one(uow, [run_id, gate_id, units, at])
    _put(uow, _AVAILABILITY, (_availability_values(run_id, row) for row in availability_rows))
    ordered = (_merit_order_values(run_id, delivery_end, row) for row in merit_order_rows)
    _put(uow, _MERIT_ORDERS, ordered)


def _put(uow: UnitOfWork, table: PreparedInsert, rows: Iterable[list[Any]]) -> None:
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        table.put(uow, some)


def published(uow: UnitOfWork, run_id: str) -> bool:
    """Whether the result of a run is published to this tenant."""
    return _units(uow, run_id) is not None


def availability_of(
    uow: UnitOfWork, run_id: str, bid_ids: Collection[str] | None = None
) -> Sequence[BidAvailabilityRow]:
    """Availability of this platform's bids, by bid; of all of them, or of some."""
    return _availability(uow, run_id, select(availability) if bid_ids is None else _of_bids(bid_ids))


def availability_after(uow: UnitOfWork, bid_id: str, run_id: str) -> Sequence[BidAvailabilityRow]:
    """A page of the same: what follows a bid."""
    behind = select(availability).where(availability.c.bid_id > bid_id).limit(ROWS_OF_PAGE)
    return _availability(uow, run_id, behind)


def _of_bids(bid_ids: Collection[str]) -> Select[Any]:
    return select(availability).where(availability.c.bid_id.in_(bid_ids))


def _availability(uow: UnitOfWork, run_id: str, some: Select[Any]) -> Sequence[BidAvailabilityRow]:
    units = _units(uow, run_id) or 0
    statement = some.where(availability.c.run_id == run_id).order_by(availability.c.bid_id)
    return [
        BidAvailabilityRow(
            row.bid_id,
            DocumentRef(row.document_mrid, row.document_revision),
            Direction(row.direction),
            _over_all(units, row.first_unit, row.offered_mw),
            _over_all(units, row.first_unit, row.available_mw),
            _accepted(units, row),
            _over_all(units, row.first_unit, row.limited),
            tuple(Reason(code, text) for code, text in row.reasons),
        )
        for row in sql(uow).execute(statement)
    ]


def merit_order_bids(uow: UnitOfWork, run_id: str) -> int:
    """How many bids the merit order of all platforms has."""
    count = select(func.count()).select_from(merit_orders).where(merit_orders.c.run_id == run_id)
    return sql(uow).execute(count).scalar_one()


def merit_order_after(uow: UnitOfWork, bid: tuple[str, str], run_id: str) -> Sequence[MeritOrderRow]:
    """A page of the bids of all platforms: what follows a bid, by platform and bid; order them with
    `domain.result.merit_order`."""
    units = _units(uow, run_id) or 0
    key = merit_orders.c.platform, merit_orders.c.bid_id
    statement = (
        select(merit_orders)
        .where(merit_orders.c.run_id == run_id, tuple_(*key) > bid)
        .order_by(*key)
        .limit(ROWS_OF_PAGE)
    )
    return [
        MeritOrderRow(
            row.platform,
            row.bid_id,
            row.zone,
            row.product,
            Direction(row.direction),
            _over_all(units, row.first_unit, row.energy_price, np.nan),
            _over_all(units, row.first_unit, row.offered_mw),
            _over_all(units, row.first_unit, row.available_mw),
            _accepted(units, row),
        )
        for row in sql(uow).execute(statement)
    ]


def _units(uow: UnitOfWork, run_id: str) -> int | None:
    found = _UNITS.rows(uow, run_id=run_id)
    return int(found[0][0]) if found else None


def _offered(row: BidAvailabilityRow | MeritOrderRow) -> slice:
    """From the first to the last unit in which a bid is offered."""
    units = np.flatnonzero(row.offered_mw)
    return slice(int(units[0]), int(units[-1]) + 1) if units.size else slice(0, 0)


def _over_all(units: int, first: int, offered: NDArray[Any], elsewhere: float = 0.0) -> NDArray[Any]:
    """The stored numbers at their place among all units of the gate."""
    table = np.full(units, elsewhere, dtype=offered.dtype)
    table[first : first + offered.size] = offered
    return table


def _accepted(units: int, row: Row[Any]) -> Floats | None:
    return None if row.accepted_mw is None else _over_all(units, row.first_unit, row.accepted_mw)


def _availability_values(run_id: str, row: BidAvailabilityRow) -> list[Any]:
    """The stored values of a row, in the order of the columns."""
    offered = _offered(row)
    return [
        run_id,
        row.bid_id,
        row.document.mrid,
        row.document.revision,
        int(row.direction),
        offered.start,
        row.offered_mw[offered],
        row.available_mw[offered],
        None if row.accepted_mw is None else row.accepted_mw[offered],
        row.limited[offered],
        [(reason.code, reason.text) for reason in row.reasons],
    ]


def _merit_order_values(run_id: str, delivery_end: datetime, row: MeritOrderRow) -> list[Any]:
    """The stored values of a row, in the order of the columns."""
    offered = _offered(row)
    return [
        run_id,
        row.platform,
        row.bid_id,
        row.zone,
        row.product,
        delivery_end,
        int(row.direction),
        offered.start,
        row.energy_price[offered],
        row.offered_mw[offered],
        row.available_mw[offered],
        None if row.accepted_mw is None else row.accepted_mw[offered],
    ]
