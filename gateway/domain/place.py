"""Places in a document, in the terms of the canonical model.

How a version of a document, canonical JSON or a table writes a place is known to `mappings` alone.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.bid import BidTerm


class Part(StrEnum):
    """Parts that a finding may concern, in addition to the terms of bids, which other series have, too.

    The values are the names of fields in the tables of `mappings`.
    """

    MRID = "mrid"
    REVISION = "revision"
    TYPE = "type"
    PROCESS = "process"
    CREATED_AT = "created_at"
    SENDER = "sender"
    SENDER_ROLE = "sender_role"
    RECEIVER = "receiver"
    RECEIVER_ROLE = "receiver_role"
    DOMAIN = "domain"
    SUBJECT = "subject"
    SUBJECT_ROLE = "subject_role"

    DIRECTION = "direction"
    LINKS = "links"
    """Conditional links of a bid."""
    STEP = "step"

    INTERVAL = "interval"
    """From when to when a period is, or the document, or whatever else has a start and an end."""
    RESOLUTION = "resolution"
    POINTS = "points"
    POSITION = "position"
    QUANTITY = "quantity"
    MINIMUM = "minimum"
    ENERGY_PRICE = "energy_price"
    CAPACITY_PRICE = "price"
    ACTIVATED = "activated"
    ACCEPTED = "accepted"
    OFFERED = "offered"
    BID_ENERGY_PRICE = "bid_energy_price"
    BID_CAPACITY_PRICE = "bid_price"

    RECEIVED = "received_mrid"
    """Of an acknowledgement: the document that it answers."""
    ATTRIBUTE_VALUE = "value"
    """Of a status request."""
    MARKET_RESOURCE = "market"
    UNIT = "unit"
    """Of a composition: a unit behind the market resource."""
    START_DATE = "start_date"
    END_DATE = "end_date"


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a document, or of one of its time series, wherever the document has it.

    Attributes:
        period: number of the period that it is in, from 1; None: the first, if it is in one.
        point: number of the point in that period, from 1; None: likewise.
    """

    part: Part | BidTerm
    period: int | None = None
    point: int | None = None
