"""Activations: orders to deliver, and the answers to them."""

from dataclasses import dataclass

from gateway.domain.bid import Direction
from gateway.domain.header import DocumentHeader, DocumentRef
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason
from gateway.domain.series import SeriesPeriod


@dataclass(frozen=True, slots=True)
class ActivatedSeries:
    """What is asked, or confirmed, of one bid.

    Attributes:
        status: ENTSO-E `StatusTypeList`, e.g. A10 ordered, A07 activated, A11 unavailable.
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
