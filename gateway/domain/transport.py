"""The delivery state of a message to a partner, where the network between reports it.

    QUEUED → HANDED_OVER → ACCEPTED → DELIVERED → RECEIVED

Reports come more than once and in any order. States have one order, and the furthest reported one counts, so
every order and repetition of the same reports has the same result. A received message can no longer fail.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class TransportState(StrEnum):
    """Where a message is, in the order in which news moves it.

    A message may be UNKNOWN to have been handed over; it is repeated under the same id. FAILED and EXPIRED
    end an attempt, whatever came before but RECEIVED.
    """

    QUEUED = "queued"
    UNKNOWN = "unknown"
    HANDED_OVER = "handed-over"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    RECEIVED = "received"


_RANK: Final = {state: rank for rank, state in enumerate(TransportState)}
_ENDED: Final = frozenset({TransportState.FAILED, TransportState.EXPIRED})


def furthest(state: TransportState, news: TransportState) -> TransportState:
    """The state after news."""
    return max(state, news, key=_RANK.__getitem__)


def has_reached(state: TransportState, goal: TransportState) -> bool:
    """Whether a message came as far as a goal; one that failed before it did not."""
    return state not in _ENDED and _RANK[state] >= _RANK[goal]


@dataclass(frozen=True, slots=True)
class TransportNews:
    """A report about a message: by our id, by the network's, or by both.

    Attributes:
        message_id: ours, the same on every attempt (`baMessageID` in ECP and EDX).
        transport_id: the network's own (`messageID`); every attempt gets another.
        fault: why it failed.
    """

    state: TransportState
    message_id: str | None = None
    transport_id: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class TransportStatus:
    """The delivery state of a message.

    Attributes:
        begun_at: when the last attempt began.
        attempts: how often it was handed over, or was about to be.
        transport_id: the network's id of the last attempt, once it has reported one.
        fault: why the last attempt failed.
    """

    state: TransportState
    begun_at: datetime
    attempts: int
    transport_id: str | None = None
    fault: str | None = None
