"""Allocations: which bids for reserves were accepted, how much of them, and at what price."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.bid import Direction
from gateway.domain.header import DocumentHeader
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId
from gateway.domain.reason import Reason
from gateway.domain.series import Floats, Indices, PointReason


@dataclass(frozen=True, eq=False)
class AllocatedPeriod:
    """P points of one length by position; MW, prices per MW (capacity) or MWh (energy), NaN where not stated.

    Attributes:
        resolution: length of one point, ISO 8601.
        position: number of the point in the period, from 1, rising, shape (P,).
        accepted_mw: shape (P,).
        offered_mw: what was offered, shape (P,).
        capacity_price, energy_price: what is paid, shape (P,).
        bid_capacity_price, bid_energy_price: prices of the bid, shape (P,).
        financial_price: as in the document, known from version 6.5 on, shape (P,).
    """

    period: Interval
    resolution: str
    position: Indices
    accepted_mw: Floats
    offered_mw: Floats
    capacity_price: Floats
    energy_price: Floats
    bid_capacity_price: Floats
    bid_energy_price: Floats
    financial_price: Floats
    reasons: tuple[PointReason, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """The contract a series rests on."""

    type: str | None = None
    mrid: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Durations:
    """How a reserve may be used, as ISO 8601 durations."""

    activation: str | None = None
    resting: str | None = None
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True)
class AllocatedSeries:
    """What was accepted of one bid.

    Attributes:
        bid_id, bid_document: the bid this answers and the document it came in, as far as they are named.
        order_number: place of the bid in the merit order.
        product: ENTSO-E `MarketProductTypeList`, e.g. A01 standard.
        curve: ENTSO-E `CurveTypeList`; not stated means A01, blocks of equal length.
    """

    mrid: str
    business_type: str
    acquiring_area: CodedId
    connecting_area: CodedId
    direction: Direction
    periods: tuple[AllocatedPeriod, ...]
    bid_id: str | None = None
    bid_document: str | None = None
    bid_revision: int | None = None
    provider: CodedId | None = None
    auction: str | None = None
    agreement: Agreement = Agreement()
    resource: CodedId | None = None
    minimum_mw: float | None = None
    step_mw: float | None = None
    order_number: int | None = None
    durations: Durations = Durations()
    curve: str | None = None
    quantity_unit: str = "MAW"
    currency: str | None = None
    capacity_price_unit: str | None = None
    energy_price_unit: str | None = None
    product: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ReserveAllocation:
    """A ReserveAllocationResult document."""

    header: DocumentHeader
    period: Interval
    domain: CodedId
    series: tuple[AllocatedSeries, ...]
    reasons: tuple[Reason, ...] = ()
