"""Activations: orders to deliver, and the answers to them."""

from dataclasses import dataclass

from gateway.domain.bid import Direction
from gateway.domain.header import DocumentHeader, DocumentRef
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason
from gateway.domain.series import SeriesPeriod


@dataclass(frozen=True, slots=True)
class AccountingPoint:
    """One accounting point of an activated bid. It may identify a customer: carried, never recorded.

    Attributes:
        flow: ENTSO-E `FlowCommodityOptionTypeList`: what is metered there.
    """

    party: CodedId | None = None
    role: str | None = None
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class ActivatedSeries:
    """What is asked, or confirmed, of one bid.

    Attributes:
        status: ENTSO-E `StatusTypeList`, e.g. A10 ordered, A07 activated, A11 unavailable.
        related: a further party the activation concerns; known from version 6.4 on, as accounting points are.
        curve: ENTSO-E `CurveTypeList`; not stated means A01, blocks of equal length.
    """

    mrid: str
    provider: CodedId
    business_type: str
    acquiring_area: CodedId
    connecting_area: CodedId
    direction: Direction
    status: str
    periods: tuple[SeriesPeriod, ...] = ()
    resource: CodedId | None = None
    auction: str | None = None
    quantity_unit: str = "MAW"
    reasons: tuple[Reason, ...] = ()
    related: Role | None = None
    accounting_points: tuple[AccountingPoint, ...] = ()
    curve: str | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """An Activation document.

    Attributes:
        order: the order that an answer belongs to.
    """

    header: DocumentHeader
    period: Interval
    domain: CodedId | None
    subject: Role | None
    order: DocumentRef | None
    series: tuple[ActivatedSeries, ...]
