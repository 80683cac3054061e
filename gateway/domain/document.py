"""Documents by meaning: the header all share, and what each kind contains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from gateway.domain.activation import Activation
from gateway.domain.allocation import ReserveAllocation
from gateway.domain.bids import Bids
from gateway.domain.composition import ResourceCompositions
from gateway.domain.header import DocumentHeader, DocumentKind, DocumentLabel, DocumentRef
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason
from gateway.domain.schedule import ResourceSchedule
from gateway.domain.status_request import StatusRequest

__all__ = [
    "Acknowledgement",
    "BidAvailability",
    "BidLimit",
    "CanonicalDocument",
    "DocumentHeader",
    "DocumentKind",
    "DocumentLabel",
    "DocumentRef",
    "LimitColumns",
    "MeritOrderList",
    "MeritOrderSeries",
    "PeriodErrors",
    "ReceivedDocument",
    "RejectedSeries",
    "ReserveBids",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReserveBids:
    """A ReserveBid document: bids of one provider (or one platform) for one period."""

    header: DocumentHeader
    period: Interval
    domain: CodedId
    subject: Role | None
    bids: Bids


@dataclass(frozen=True, slots=True)
class PeriodErrors:
    """A period of a time series that was found in error."""

    period: Interval
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RejectedSeries:
    """A time series named in an acknowledgement."""

    mrid: str
    reasons: tuple[Reason, ...]
    version: str | None = None
    periods: tuple[PeriodErrors, ...] = ()


ACKNOWLEDGEMENT_VERSION: Final = "8.1"
"""In which a tenant gets acknowledgements, of the gateway and of others, where it names no version."""


@dataclass(frozen=True, slots=True)
class ReceivedDocument:
    """What an acknowledgement says of the document it answers; as much of it as could be read."""

    mrid: str | None = None
    revision: int | None = None
    type: str | None = None
    process: str | None = None
    title: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The business answer to one document. It has no type, process or revision of its own.

    Attributes:
        rejected_others, rejected_activities: series that are no time series, and records of activities;
            known from version 9.0 on.
    """

    header: DocumentHeader
    received: ReceivedDocument
    reasons: tuple[Reason, ...]
    rejected_series: tuple[RejectedSeries, ...] = ()
    periods: tuple[PeriodErrors, ...] = ()
    rejected_others: tuple[RejectedSeries, ...] = ()
    rejected_activities: tuple[RejectedSeries, ...] = ()

    @property
    def rejects_part(self) -> bool:
        """Whether it names anything of the document as rejected."""
        return bool(self.rejected_series or self.rejected_others or self.rejected_activities)


@dataclass(frozen=True, slots=True)
class BidLimit:
    """One bid that is not fully available: how much is, in MW, and why."""

    bid_id: str
    bid_document: DocumentRef | None
    business_type: str
    domain: CodedId
    requesting_party: CodedId | None
    requesting_party_name: str | None
    requesting_party_role: str | None
    available_mw: float | None
    resources: tuple[CodedId, ...] = ()
    reasons: tuple[Reason, ...] = ()
    quantity_unit: str = "MAW"


@dataclass(frozen=True, slots=True, eq=False)
class LimitColumns(Sequence[BidLimit]):
    """N limits as columns, for documents of one run that state much the same of many bids.

    Attributes:
        alike: limits as they are but for their quantity, shared by these documents.
        which: of each limit its place in `alike`, shape (N,).
        available_mw: shape (N,).
    """

    alike: Sequence[BidLimit]
    which: NDArray[np.intp]
    available_mw: Floats

    def __len__(self) -> int:
        return len(self.which)

    @overload
    def __getitem__(self, index: int) -> BidLimit: ...
    @overload
    def __getitem__(self, index: slice) -> "LimitColumns": ...
    def __getitem__(self, index: int | slice) -> "BidLimit | LimitColumns":
        if isinstance(index, slice):
            return LimitColumns(self.alike, self.which[index], self.available_mw[index])
        return replace(self.alike[int(self.which[index])], available_mw=float(self.available_mw[index]))


@dataclass(frozen=True, slots=True)
class BidAvailability:
    """A BidAvailability document: what of which bid may be used in one period."""

    header: DocumentHeader
    period: Interval
    limits: Sequence[BidLimit]
    status: str | None = None


@dataclass(frozen=True)
class MeritOrderSeries:
    """One bid in a merit order list, for one stretch of market time units.

    Attributes:
        quantity_mw: available, shape (T,) over the units of `period` at `resolution`.
        energy_price, capacity_price: NaN where not stated, shape (T,).
        activated_mw: chosen by the optimiser; NaN where not stated, shape (T,).
    """

    bid_id: str
    direction: int
    period: Interval
    resolution: str
    quantity_mw: Floats
    energy_price: Floats
    capacity_price: Floats
    activated_mw: Floats
    business_type: str
    acquiring_area: CodedId
    connecting_area: CodedId
    auction: str
    status: str
    currency: str | None = None
    resource: CodedId | None = None
    provider: CodedId | None = None
    priority: int | None = None
    minimum_mw: float | None = None
    step_mw: float | None = None
    created_at: datetime | None = None
    payment_terms: str | None = None
    quantity_unit: str = "MAW"
    capacity_price_unit: str | None = None
    energy_price_unit: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class MeritOrderList:
    """A MeritOrderList document: the bids of one period in the order in which to use them."""

    header: DocumentHeader
    period: Interval
    domain: CodedId | None
    bid_document: DocumentRef | None
    series: tuple[MeritOrderSeries, ...]
    reasons: tuple[Reason, ...] = ()


CanonicalDocument = (
    ReserveBids
    | Acknowledgement
    | BidAvailability
    | MeritOrderList
    | Activation
    | ReserveAllocation
    | ResourceSchedule
    | ResourceCompositions
    | StatusRequest
)
