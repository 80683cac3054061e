"""Reports on a run for its TSOs and the operator: whom limits hit, what if a bid fails."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String, Table, insert, select

from gateway.domain.result import (
    GridGap,
    GridGapCause,
    GridGapConsequence,
    GroupedBy,
    LimitedShare,
    Side,
    WithheldVolume,
)
from gateway.ports import UnitOfWork
from gateway.records.engine.field_policy import field_policies, with_parent
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

limited_shares = Table(
    "limited_shares",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("by", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("wanted_mwh", Float, nullable=False),
    Column("limited_mwh", Float, nullable=False),
    Column("limited_wanted_mwh", Float, nullable=False),
    Column("share_of_wanted", Float, nullable=False),
    Column("share_of_limited", Float, nullable=False),
)

withheld_volumes = Table(
    "withheld_volumes",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("provider", String, nullable=False),
    Column("grid_id", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("contracted", Boolean, nullable=False),
    Column("against_merit", Boolean, nullable=False),
    Column("mwh", Float, nullable=False),
)

grid_gaps = Table(
    "grid_gaps",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("cause", String, primary_key=True),
    Column("consequence", String, nullable=False),
    Column("bids", Integer, nullable=False),
    Column("offered_mwh", Float, nullable=False),
    Column("share_of_offered", Float, nullable=False),
)

failing_bids = Table(
    "failing_bids",
    tenant_tables,
    Column("run_id", ForeignKey("publications.run_id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("platform", String, nullable=False),
    Column("bid_id", String, nullable=False),
    Column("units", Integer, nullable=False),
    Column("mtu", Integer, nullable=False),
    Column("grid_id", String, nullable=False),
    Column("element_id", String, nullable=False),
    Column("side", String, nullable=False),
    Column("operating_point", String, nullable=False),
    Column("overload_mw", Float, nullable=False),
)

_OF_RUN = with_parent("publications")

POLICY = (
    field_policies(
        limited_shares,
        _OF_RUN,
        run_id="the run",
        by="providers and platforms are compared apart",
        name="whom limits hit",
        wanted_mwh="quantity accepted by the merit order: the measure of the rest",
        limited_mwh="quantity withheld by limits, of all that is offered",
        limited_wanted_mwh="of it, what the merit order would accept",
        share_of_wanted="its part of the market",
        share_of_limited="its part of what is limited; far above its part of the market is worth a look",
    )
    + field_policies(
        withheld_volumes,
        _OF_RUN,
        run_id="the run",
        place="the largest first",
        provider="of whose bids",
        grid_id="the grid that limits them most",
        reason="why, as a code",
        contracted="contracted capacity is reported separately",
        against_merit="bids passed over for dearer ones are reported separately",
        mwh="how much is withheld",
    )
    + field_policies(
        grid_gaps,
        _OF_RUN,
        run_id="the run",
        name="the grid looked at with an old model or not at all",
        cause="why",
        consequence="what was done, as the operator agreed",
        bids="how many bids that concerns",
        offered_mwh="how much of the offer that concerns",
        share_of_offered="its part of all offers",
    )
    + field_policies(
        failing_bids,
        _OF_RUN,
        run_id="the run",
        place="the worst first",
        platform="where the bid was made",
        bid_id="the bid whose failure would overload something",
        units="in how many market time units",
        mtu="the worst of them",
        grid_id="where",
        element_id="where",
        side="which of its two limits",
        operating_point="which of the model's operating points",
        overload_mw="how much beyond the limit",
    )
)


@dataclass(frozen=True, slots=True)
class FailingBidRow:
    """One bid whose failure would overload something (see `domain.result.FailingBid`)."""

    platform: str
    bid_id: str
    units: int
    mtu: int
    grid_id: str
    element_id: str
    side: Side
    operating_point: str
    overload_mw: float


def put(  # noqa: PLR0917 - one report after the other
    uow: UnitOfWork,
    run_id: str,
    shares: Sequence[LimitedShare],
    withheld: Sequence[WithheldVolume],
    gaps: Sequence[GridGap],
    failing: Sequence[FailingBidRow],
) -> None:
    """Add to the published results of the tenant of this store for a run (see `results.publish`)."""
    if shares:
        sql(uow).execute(insert(limited_shares), [{**asdict(row), "run_id": run_id} for row in shares])
    if withheld:
        rows = [{**asdict(row), "run_id": run_id, "place": place} for place, row in enumerate(withheld)]
        sql(uow).execute(insert(withheld_volumes), rows)
    if gaps:
        sql(uow).execute(insert(grid_gaps), [{**asdict(row), "run_id": run_id} for row in gaps])
    if failing:
        rows = [{**asdict(row), "run_id": run_id, "place": place} for place, row in enumerate(failing)]
        sql(uow).execute(insert(failing_bids), rows)


def limited_shares_of(uow: UnitOfWork, run_id: str) -> Sequence[LimitedShare]:
    """Providers, then platforms, the most limited first."""
    table = limited_shares
    statement = select(table).where(table.c.run_id == run_id)
    ordered = statement.order_by(table.c.by.desc(), table.c.limited_mwh.desc(), table.c.name)
    return [
        LimitedShare(
            GroupedBy(row.by),
            row.name,
            row.wanted_mwh,
            row.limited_mwh,
            row.limited_wanted_mwh,
            row.share_of_wanted,
            row.share_of_limited,
        )
        for row in sql(uow).execute(ordered)
    ]


def withheld_of(uow: UnitOfWork, run_id: str) -> Sequence[WithheldVolume]:
    """Withheld volume by participant and reason, the largest first."""
    table = withheld_volumes
    statement = select(table).where(table.c.run_id == run_id).order_by(table.c.place)
    return [
        WithheldVolume(row.provider, row.grid_id, row.reason, row.contracted, row.against_merit, row.mwh)
        for row in sql(uow).execute(statement)
    ]


def grid_gaps_of(uow: UnitOfWork, run_id: str) -> Sequence[GridGap]:
    """Grids looked at with an old model or not at all, by name."""
    table = grid_gaps
    statement = select(table).where(table.c.run_id == run_id).order_by(table.c.name, table.c.cause)
    return [
        GridGap(
            row.name,
            GridGapCause(row.cause),
            GridGapConsequence(row.consequence),
            row.bids,
            row.offered_mwh,
            row.share_of_offered,
        )
        for row in sql(uow).execute(statement)
    ]


def failing_bids_of(uow: UnitOfWork, run_id: str) -> Sequence[FailingBidRow]:
    """Bids whose failure would overload something, the worst first."""
    statement = select(failing_bids).where(failing_bids.c.run_id == run_id).order_by(failing_bids.c.place)
    return [
        FailingBidRow(
            row.platform,
            row.bid_id,
            row.units,
            row.mtu,
            row.grid_id,
            row.element_id,
            Side(row.side),
            row.operating_point,
            row.overload_mw,
        )
        for row in sql(uow).execute(statement)
    ]
