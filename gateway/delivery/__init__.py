"""What leaves: outboxes pushed in order, tried again, given up in the end."""

from gateway.delivery.dispatcher import Dispatcher
from gateway.delivery.retry import RetrySchedule

__all__ = ["Dispatcher", "RetrySchedule"]
