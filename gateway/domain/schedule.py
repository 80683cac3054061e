"""Schedules of resources: what they plan to deliver, and reserves they cannot."""

from dataclasses import dataclass

from gateway.domain.bid import Direction
from gateway.domain.header import DocumentHeader
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason
from gateway.domain.series import SeriesPeriod


@dataclass(frozen=True, slots=True)
class PlannedSeries:
    """What one resource, or one provider, plans to deliver.

    Attributes:
        product: ENTSO-E `EnergyProductTypeList`, e.g. 8716867000016 active power.
        aggregation: ENTSO-E `ObjectAggregationTypeList`, e.g. A06 resource object.
        curve: ENTSO-E `CurveTypeList`; not stated means A01, blocks of equal length.
    """

    mrid: str
    business_type: str
    product: str
    connecting_area: CodedId
    provider: CodedId
    periods: tuple[SeriesPeriod, ...]
    direction: Direction | None = None
    resource: CodedId | None = None
    acquiring_area: CodedId | None = None
    agreement_type: str | None = None
    agreement: str | None = None
    aggregation: str | None = None
    production_type: str | None = None
    curve: str | None = None
    quantity_unit: str = "MAW"
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class UnavailableSeries:
    """Reserve that a resource cannot deliver, and who delivers it instead."""

    mrid: str
    business_type: str
    product: str
    connecting_area: CodedId
    acquiring_area: CodedId
    provider: CodedId
    periods: tuple[SeriesPeriod, ...]
    direction: Direction | None = None
    resource: CodedId | None = None
    substitute: CodedId | None = None
    substitute_provider: Role | None = None
    agreement_type: str | None = None
    agreement: str | None = None
    curve: str | None = None
    quantity_unit: str = "MAW"


@dataclass(frozen=True, slots=True)
class ResourceSchedule:
    """A PlannedResourceSchedule document."""

    header: DocumentHeader
    period: Interval
    domain: CodedId | None
    subject: Role | None
    planned: tuple[PlannedSeries, ...] = ()
    unavailable: tuple[UnavailableSeries, ...] = ()
