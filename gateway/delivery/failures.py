"""Consequences of failed deliveries, and their records."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from gateway.ports import DeliveryError, UnitOfWork
from gateway.records.messages import outbox
from gateway.records.messages.outbox import DeathCause, StoredMessage


def note_failure(
    uow: UnitOfWork, message: StoredMessage, error: BaseException, pause: timedelta | None, now: datetime
) -> None:
    """Note in its store that a message was not handed over; without a `pause` it is given up."""
    failures = message.attempts + 1
    if pause is None:
        final = isinstance(error, DeliveryError) and error.final
        because = DeathCause.REFUSED if final else DeathCause.ATTEMPTS
        outbox.give_up(uow, message.id, error_text(error), because, at=now, failures=failures)
    else:
        outbox.postpone(uow, message.id, error_text(error), now + pause, at=now, failures=failures)


def is_alone(error: BaseException) -> bool:
    """Whether a failure concerns no other messages to the same receiver."""
    return error.alone if isinstance(error, DeliveryError) else True


def error_text(error: BaseException) -> str:
    """Text of a failure: of an unforeseen one only its kind, for it may quote anything."""
    return str(error) if isinstance(error, DeliveryError) else type(error).__name__


def fault_of(done: Future[None]) -> BaseException | None:
    """Why a message is not with its peer; None when it is."""
    if not done.done():
        return DeliveryError("not confirmed in time", alone=True)
    return DeliveryError("broken off") if done.cancelled() else done.exception()
