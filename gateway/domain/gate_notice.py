"""Notices about a gate between its creation and its results: no standard document has this content."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from gateway.domain.market_time import Interval

NOTICE_KIND: Final = "GateNotice"
"""Name of such a message where documents are named by their family."""

NOTICE_VERSION: Final = "1"


class GateEvent(StrEnum):
    """What happened to a gate."""

    AMENDED = "amended"
    LEFT = "left"
    """It was amended, and the receiver takes no part in it any more."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class GateNotice:
    """What happened to a gate, for one participant.

    Attributes:
        version: of the gate since then; that of a later notice is higher.
        process, delivery: what the gate is about, for a receiver that does not know its name.
        changed: the new terms, of those that changed and that the receiver may see, by name.
    """

    event: GateEvent
    gate_id: str
    version: int
    at: datetime
    market: str
    process: str
    delivery: Interval
    changed: dict[str, Any]
