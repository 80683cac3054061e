"""Headers of market documents, and references between documents."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.market_time import utc
from gateway.domain.party import CodedId, Role


class DocumentKind(StrEnum):
    """Document families, by the name of their root element without `_MarketDocument`."""

    RESERVE_BID = "ReserveBid"
    ACKNOWLEDGEMENT = "Acknowledgement"
    BID_AVAILABILITY = "BidAvailability"
    MERIT_ORDER_LIST = "MeritOrderList"
    ACTIVATION = "Activation"
    RESERVE_ALLOCATION_RESULT = "ReserveAllocationResult"
    PLANNED_RESOURCE_SCHEDULE = "PlannedResourceSchedule"
    RESOURCE_MAPPING = "ResourceMapping"
    STATUS_REQUEST = "StatusRequest"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """How one document names another."""

    mrid: str
    revision: int = 1


@dataclass(frozen=True, slots=True)
class DocumentLabel:
    """Identification of a document, of any family, with or without a place in this model.

    Attributes:
        family: a `DocumentKind`, or the name of a family that has none.
    """

    family: str
    version: str
    sender: CodedId
    mrid: str
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentHeader:
    """Header of a market document.

    Attributes:
        kind, version: family and version it came in or is to leave in; version as in the family's profile
            table, e.g. `7.4`.
        type, process: ENTSO-E `MessageTypeList` and `ProcessTypeList` codes, e.g. A37 and A47.
        created_at: UTC, to the second.
    """

    kind: DocumentKind
    version: str
    mrid: str
    revision: int
    type: str | None
    process: str | None
    sender: Role
    receiver: Role
    created_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "created_at", utc(self.created_at))

    @property
    def ref(self) -> DocumentRef:
        """How other documents name this one."""
        return DocumentRef(self.mrid, self.revision)

    @property
    def label(self) -> DocumentLabel:
        """Identification of this document."""
        return DocumentLabel(
            self.kind.value, self.version, self.sender.party, self.mrid, self.revision, self.created_at
        )
