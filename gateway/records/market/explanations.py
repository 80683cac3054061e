"""Why bids were limited, in the store of each grid operator whose elements limit them.

Why bids are withheld for a grid that no grid operator of the gate has is in the stores of those who see all,
and so is which platform's bids they are.

A large market has more than a million limitations, so there is one row for each bid, with a column of each
number over its limitations.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Boolean, Column, ForeignKey, Integer, Row, String, Table, select

from gateway.domain.bid import Direction
from gateway.domain.grid import Unit
from gateway.domain.limiting import LimitingRow
from gateway.domain.result import GridGapCause, SearchGap, Side
from gateway.ports import UnitOfWork
from gateway.records.engine.arrays import FLOATS, NUMBERS
from gateway.records.engine.field_policy import field_policies, with_parent
from gateway.records.engine.pages import ROWS_OF_PAGE, paged
from gateway.records.engine.prepared import PreparedInsert
from gateway.records.engine.store import Store, tenant_tables
from gateway.records.engine.unit_of_work import sql

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]

limiting_rows = Table(
    "limiting_rows",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("grid_id", String, nullable=False),
    Column("element_id", String),
    Column("side", String),
    Column("operating_point", String),
    Column("withheld_because", String),
    Column("unit", String, nullable=False),
)

explanations = Table(
    "explanations",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("bid", Integer, nullable=False),
    Column("bid_id", String, nullable=False),
    Column("direction", Integer, nullable=False),
    Column("indivisible", Boolean, nullable=False),
    Column("mtu", NUMBERS, nullable=False),
    Column("limiting_row", NUMBERS, nullable=False),
    Column("full_at", NUMBERS, nullable=False),
    Column("offered_mw", FLOATS, nullable=False),
    Column("cut_mw", FLOATS, nullable=False),
    Column("share", FLOATS, nullable=False),
    Column("margin_mw", FLOATS, nullable=False),
    Column("base_mw", FLOATS, nullable=False),
    Column("limit_mw", FLOATS, nullable=False),
    Column("shadow_price", FLOATS),
)

explained_platforms = Table(
    "explained_platforms",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("first_bid", Integer, primary_key=True),
    Column("platform", String, nullable=False),
)

_OF_RUN = with_parent("publications")

POLICY = (
    field_policies(
        limiting_rows,
        _OF_RUN,
        run_id="the run",
        number="what an explanation names it by",
        grid_id="the operator's own grid; with those who see all, one that no grid operator of the gate has",
        element_id="the operator's own element, or the connection point that its model lacks",
        side="which of its two limits",
        operating_point="which of the model's operating points",
        withheld_because="why the grid could not check bids, or why no element was found; else empty",
        unit="in which its value and its limit are",
    )
    + field_policies(
        explanations,
        _OF_RUN,
        run_id="the run",
        place="distinguishes rows",
        bid="its number in the run, as bids of two platforms may have the same id",
        bid_id="the limited bid, without platform, provider or price",
        direction="which limit of an element it may reach depends on it",
        indivisible="why an element that limits it can have margin left",
        mtu="the market time units",
        limiting_row="what limits it there",
        full_at="the market time units in which the element is full: direct activation lasts into the next",
        offered_mw="what the limit is measured against: a grid operator knows what is available of it anyway",
        cut_mw="how much of the bid the grid cannot carry",
        share="how much of the limitation this element accounts for",
        margin_mw="margin left on the element",
        base_mw="the operator's own flow before any bid, shown to no other participant",
        limit_mw="the operator's own limit, shown to no other participant",
        shadow_price="what a MW of margin more would be worth",
    )
    + field_policies(
        explained_platforms,
        _OF_RUN,
        run_id="the run",
        first_bid="bids are numbered platform by platform: its first",
        platform="whose bids are limited; with those who see all, nowhere else",
    )
)

_LIMITING_ROWS, _EXPLANATIONS = PreparedInsert(limiting_rows), PreparedInsert(explanations)
_PLATFORMS = PreparedInsert(explained_platforms)
_AT_ONCE = 1000
"""Bids whose explanations are inserted together."""


@dataclass(frozen=True, slots=True, eq=False)
class BidExplanation:
    """Limitations of one bid; columns of one number for each, by market time unit.

    Attributes:
        bid: its number among the bids of the run.
        row: which of the rows of the run limits it (see `domain.limiting.Limitations`, as for the others).
        offered_mw: of the bid.
        cut_mw: how much of the bid the grid does not allow.
    """

    bid: int
    bid_id: str
    direction: Direction
    indivisible: bool
    mtu: Numbers
    row: Numbers
    full_at: Numbers
    offered_mw: Floats
    cut_mw: Floats
    share: Floats
    margin_mw: Floats
    base_mw: Floats
    limit_mw: Floats
    shadow_price: Floats | None


class ExplanationRow(msgspec.Struct, frozen=True, gc=False):
    """One limitation of one bid in one market time unit (see `domain.limiting.Limitations` and
    `LimitingRow`), as JSON has it: there may be more than a million of them.

    Attributes:
        direction: name of a `Direction`, `up` or `down`.
        indivisible: the bid is withheld completely, also where the element would allow a part of it.
        platform: where the bid was made, for those who see all; else None.
        unit: of margin, base flow and limit.
    """

    bid: int
    bid_id: str
    direction: str
    indivisible: bool
    mtu: int
    offered_mw: float
    cut_mw: float
    grid_id: str
    withheld_because: GridGapCause | SearchGap | None
    element_id: str | None
    side: Side | None
    operating_point: str | None
    full_at: int
    share: float
    margin_mw: float | None
    base_flow_mw: float | None
    limit_mw: float | None
    shadow_price: float | None
    platform: str | None = None
    unit: str = Unit.MW.value


def put(
    uow: UnitOfWork,
    run_id: str,
    rows: Sequence[LimitingRow],
    explained: Iterable[BidExplanation],
    platforms: Mapping[int, str],
) -> None:
    """Store limitations of bids in a run published to this participant, and the rows that limit any.

    Args:
        platforms: by the number of the first bid of each, for those who see all; else none.
    """
    named: set[int] = set()
    places, rest = count(), iter(explained)
    while some := list(islice(rest, _AT_ONCE)):
        named.update(number for one in some for number in one.row.tolist())
        values = [
            [
                run_id,
                next(places),
                one.bid,
                one.bid_id,
                one.direction,
                one.indivisible,
                one.mtu,
                one.row,
                one.full_at,
                one.offered_mw,
                one.cut_mw,
                one.share,
                one.margin_mw,
                one.base_mw,
                one.limit_mw,
                one.shadow_price,
            ]
            for one in some
        ]
        _EXPLANATIONS.put(uow, values)
    of_run = ((number, rows[number]) for number in sorted(named))
    _LIMITING_ROWS.put(
        uow,
        [
            [
                run_id,
                number,
                one.grid_id,
                one.element_id,
                one.side,
                one.operating_point,
                one.unnamed_because,
                one.unit,
            ]
            for number, one in of_run
        ],
    )
    _PLATFORMS.put(uow, [[run_id, first, platform] for first, platform in platforms.items()])


def platforms_of(uow: UnitOfWork, run_id: str) -> Mapping[int, str]:
    """Platforms by the number of the first bid of each, in this order; none for those who do not see all."""
    columns = explained_platforms.c.first_bid, explained_platforms.c.platform
    statement = select(*columns).where(explained_platforms.c.run_id == run_id)
    rows = sql(uow).execute(statement.order_by(explained_platforms.c.first_bid))
    return {row.first_bid: row.platform for row in rows}


def grids_of(uow: UnitOfWork, run_id: str) -> frozenset[str]:
    """Grids whose limitations are in this participant's store."""
    statement = select(limiting_rows.c.grid_id).where(limiting_rows.c.run_id == run_id).distinct()
    return frozenset(sql(uow).execute(statement).scalars())


def of_run(store: Store, run_id: str, grids: Container[str]) -> Iterator[ExplanationRow]:
    """Why bids were limited in these grids, by bid and market time unit, read page by page."""
    with store.reading() as uow:
        statement = select(limiting_rows).where(limiting_rows.c.run_id == run_id)
        rows = {row.number: row for row in sql(uow).execute(statement)}

    def after(uow: UnitOfWork, place: int) -> Sequence[Row[Any]]:
        behind = explanations.c.run_id == run_id, explanations.c.place > place
        statement = select(explanations).where(*behind).order_by(explanations.c.place).limit(ROWS_OF_PAGE)
        return sql(uow).execute(statement).all()

    for one in paged(store, after, -1, lambda row: int(row.place)):
        yield from (row for row in _of_bid(one, rows) if row.grid_id in grids)


def _of_bid(one: Any, rows: dict[int, Any]) -> Iterator[ExplanationRow]:
    direction = Direction(one.direction).name.lower()
    prices = [None] * len(one.mtu) if one.shadow_price is None else one.shadow_price.tolist()
    numbers = (one.mtu, one.limiting_row, one.full_at, one.offered_mw, one.cut_mw, one.share)
    flows = zip(*(column.tolist() for column in (one.margin_mw, one.base_mw, one.limit_mw)), strict=True)
    for mtu, number, full_at, offered_mw, cut_mw, share, flow, price in zip(
        *(column.tolist() for column in numbers), flows, prices, strict=True
    ):
        row = rows[number]
        checked = row.withheld_because is None
        margin_mw, base_mw, limit_mw = flow if checked else (None, None, None)
        yield ExplanationRow(
            bid=one.bid,
            bid_id=one.bid_id,
            direction=direction,
            indivisible=one.indivisible,
            mtu=mtu,
            offered_mw=offered_mw,
            cut_mw=cut_mw,
            grid_id=row.grid_id,
            withheld_because=None if checked else _because(row.withheld_because),
            element_id=row.element_id,
            side=None if row.side is None else Side(row.side),
            operating_point=row.operating_point,
            full_at=full_at,
            share=share,
            margin_mw=margin_mw,
            base_flow_mw=base_mw,
            limit_mw=limit_mw,
            shadow_price=price if checked and price is not None and not np.isnan(price) else None,
            unit=row.unit,
        )


def _because(code: str) -> GridGapCause | SearchGap:
    return SearchGap(code) if code in set(SearchGap) else GridGapCause(code)


def units_of(uow: UnitOfWork, run_id: str) -> Iterator[tuple[str, Numbers]]:
    """Limited bids, each with the market time units in which it was."""
    columns = explanations.c.bid_id, explanations.c.mtu
    for row in sql(uow).execute(select(*columns).where(explanations.c.run_id == run_id)):
        yield row.bid_id, row.mtu
