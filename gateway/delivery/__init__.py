"""What leaves: outboxes pushed in order, tried again, given up in the end, and what becomes of that."""

from gateway.delivery.carrier import Carrier
from gateway.delivery.dead_letters import (
    CannotGiveUpError,
    CannotRedriveError,
    DeadLetters,
    UnknownDeadLetterError,
)
from gateway.delivery.dispatcher import Dispatcher
from gateway.delivery.retry import RetrySchedule
from gateway.delivery.route_book import RouteBook
from gateway.delivery.watch import DeliveryWatch

__all__ = [
    "CannotGiveUpError",
    "CannotRedriveError",
    "Carrier",
    "DeadLetters",
    "DeliveryWatch",
    "Dispatcher",
    "RetrySchedule",
    "RouteBook",
    "UnknownDeadLetterError",
]
