"""Delivery of outgoing messages: pushed in order, retried, given up in the end, and rebuilt or sent after
all."""

from gateway.delivery.dead_letters import (
    CannotGiveUpError,
    CannotRedriveError,
    DeadLetters,
    UnknownDeadLetterError,
)
from gateway.delivery.dispatcher import Dispatcher
from gateway.delivery.forwarder import ForwardingJob
from gateway.delivery.monitor import DeliveryMonitor
from gateway.delivery.retry import RetrySchedule
from gateway.delivery.route_book import RouteBook

__all__ = [
    "CannotGiveUpError",
    "CannotRedriveError",
    "DeadLetters",
    "DeliveryMonitor",
    "Dispatcher",
    "ForwardingJob",
    "RetrySchedule",
    "RouteBook",
    "UnknownDeadLetterError",
]
