"""The terms of a bid: its direction, links and everything a market document may state about it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Direction(IntEnum):
    """Direction of activation, seen from the grid; quantities are never signed."""

    UP = 1
    DOWN = -1
    BOTH = 2
    STABLE = 3


class BidTerm(StrEnum):
    """What a document may state of a bid as a whole, one text per bid. Absent means not stated.

    Units and currency are stored so that a bid leaves in the units it came in; canonical numbers are MW and
    prices per MWh or MW. `…_SCHEME` is the coding scheme of the code before it.
    """

    BUSINESS_TYPE = "business_type"
    AUCTION = "auction"
    RESOURCE = "resource"
    RESOURCE_SCHEME = "resource_scheme"
    PROVIDER = "provider"
    PROVIDER_SCHEME = "provider_scheme"
    ACQUIRING_AREA = "acquiring_area"
    ACQUIRING_AREA_SCHEME = "acquiring_area_scheme"
    CONNECTING_AREA = "connecting_area"
    CONNECTING_AREA_SCHEME = "connecting_area_scheme"
    QUANTITY_UNIT = "quantity_unit"
    CURRENCY = "currency"
    CAPACITY_PRICE_UNIT = "capacity_price_unit"
    ENERGY_PRICE_UNIT = "energy_price_unit"
    STEP_QUANTITY = "step_quantity"
    CURVE = "curve"
    STATUS = "status"
    PRIORITY = "priority"
    BLOCK = "block"
    PRODUCT = "product"
    ORIGINAL_PRODUCT = "original_product"
    PRODUCTION_TYPE = "production_type"
    AGREEMENT_TYPE = "agreement_type"
    AGREEMENT = "agreement"
    AGREEMENT_CREATED = "agreement_created"
    ORIGINAL_DOCUMENT = "original_document"
    ORIGINAL_DOCUMENT_REVISION = "original_document_revision"
    ACTIVATION_DURATION = "activation_duration"
    RESTING_DURATION = "resting_duration"
    MINIMUM_DURATION = "minimum_duration"
    MAXIMUM_DURATION = "maximum_duration"
    VALIDITY_START = "validity_start"
    VALIDITY_END = "validity_end"
    EXCLUSIVE_GROUP = "exclusive_group"
    """At most one bid of the group is activated."""
    MULTIPART_GROUP = "multipart_group"
    """A dearer part only if the cheaper ones are activated (up; the reverse for down)."""
    INCLUSIVE_GROUP = "inclusive_group"
    """All bids of the group or none."""
    TECHNICAL_LINK = "technical_link"
    """The same unit in neighbouring market time units: direct activation makes the next one unavailable."""


class Relation(StrEnum):
    """The relation of a further party to a bid."""

    PROCURED_FOR = "procured_for"
    SHARED_WITH = "shared_with"
    EXCHANGED_WITH = "exchanged_with"


@dataclass(frozen=True, slots=True)
class ConditionalLink:
    """A bid's availability depends on what happened to another bid one or two units earlier.

    `status` is one of A55 to A60 (bid available until …) or A67 to A72 (bid unavailable until …); `target`
    is the mRID of the other bid or of its inclusive group.
    """

    bid: int
    target: str
    status: str | None
