"""Pushes what is in the outboxes: in order, again when it failed, not for ever and not after its time.

The state is in the outbox alone, so a restart goes on where the last process stopped. A message may reach its
peer twice, when the confirmation was lost; it then carries the same message id.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from gateway.delivery.retry import RetrySchedule
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, DeliveryError, Outlet
from gateway.records import inbox, outbox
from gateway.records.inbox import StoredEnvelope
from gateway.records.outbox import StoredMessage
from gateway.records.store import Store

POLL_S: Final = 0.25
"""How often outboxes are looked into."""

_log: Final = structlog.get_logger(__name__)


class Dispatcher:
    """One thread looks for work; every tenant with work has its own, so that no peer waits for another.

    Args:
        outlet_of: how each tenant gets its messages.
    """

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        outlet_of: Callable[[str], Outlet],
        clock: Clock,
        schedule: RetrySchedule | None = None,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._outlet_of = outlet_of
        self._clock = clock
        self._schedule = schedule or RetrySchedule()
        self._stopping = threading.Event()
        self._busy: dict[str, threading.Thread] = {}
        self._looking = threading.Thread(target=self._look, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to push."""
        self._looking.start()

    def stop(self) -> None:
        """Finish the messages that are under way."""
        self._stopping.set()
        self._looking.join()
        for thread in self._busy.values():
            thread.join()

    def _look(self) -> None:
        while not self._stopping.wait(POLL_S):
            self._busy = {name: thread for name, thread in self._busy.items() if thread.is_alive()}
            for name in self._tenants:
                if name not in self._busy and self._is_due(name):
                    thread = threading.Thread(
                        target=self._push, args=(name,), name=f"push-{name}", daemon=True
                    )
                    self._busy[name] = thread
                    thread.start()

    def _is_due(self, tenant: str) -> bool:
        try:
            return self._due(tenant) is not None
        except OperationalError:
            _log.warning("outbox cannot be read", tenant=tenant)
            return False

    def _due(self, tenant: str) -> StoredMessage | None:
        """The message whose turn it is; None without one, in a pause after a failure or with no way out."""
        with self._store.room(tenant).reading() as room:
            message = outbox.first_waiting(room)
        if message is None:
            return None
        pausing = message.next_attempt_at is not None and message.next_attempt_at > self._clock.now()
        return None if pausing or not self._outlet_of(tenant).is_open(self._tenants[tenant]) else message

    def _push(self, tenant: str) -> None:
        try:
            while not self._stopping.is_set() and (message := self._due(tenant)) is not None:
                self._hand_over(self._tenants[tenant], message)
        except OperationalError:
            _log.warning("outbox cannot be used", tenant=tenant)

    def _hand_over(self, tenant: Tenant, message: StoredMessage) -> None:
        room = self._store.room(tenant.tenant_id)
        outlet = self._outlet_of(tenant.tenant_id)
        now = self._clock.now()
        end = _end_of_use(message, outlet)
        if end is not None and now > end:
            with room.writing() as connection:
                outbox.give_up(
                    connection, message.id, "not delivered in time", now, failures=message.attempts
                )
            _log.warning("message expired", tenant=tenant.tenant_id, message=message.message_id)
            return
        with room.reading() as connection:
            payload = outbox.payload_of(connection, message.id)
            answered = None if message.answers is None else inbox.find(connection, message.answers)
        if payload is None:
            return  # forgotten meanwhile
        try:
            outlet.send(tenant, _envelope(tenant, outlet, message, payload, answered))
        except DeliveryError as error:
            self._failed(tenant, message, str(error), final=error.final)
        except Exception as error:  # noqa: BLE001  (a fault of an outlet must not end the pushing)
            self._failed(tenant, message, type(error).__name__)
        else:
            with room.writing() as connection:
                outbox.confirm(connection, message.id, self._clock.now())
            _log.info("message delivered", tenant=tenant.tenant_id, message=message.message_id)

    def _failed(self, tenant: Tenant, message: StoredMessage, error: str, *, final: bool = False) -> None:
        now = self._clock.now()
        failures = message.attempts + 1
        pause = None if final else self._schedule.pause(failures)
        with self._store.room(tenant.tenant_id).writing() as connection:
            if pause is None:
                outbox.give_up(connection, message.id, error, now, failures=failures)
            else:
                outbox.postpone(connection, message.id, error, now + pause, failures=failures)
        _log.warning(
            "message not delivered",
            tenant=tenant.tenant_id,
            message=message.message_id,
            failures=failures,
            error=error,
            given_up=pause is None,
        )


def _end_of_use(message: StoredMessage, outlet: Outlet) -> datetime | None:
    """When the message is of no more use: by its own time or the age its peer takes, whichever is first."""
    ends = [] if message.not_after is None else [message.not_after]
    if outlet.max_age is not None:
        ends.append(message.created_at + outlet.max_age)
    return min(ends, default=None)


def _envelope(
    tenant: Tenant, outlet: Outlet, message: StoredMessage, payload: bytes, answered: StoredEnvelope | None
) -> Envelope:
    """The message in its envelope; the peer's own ids in it where the peer knows them from this channel."""
    known_there = answered is not None and answered.channel == outlet.name
    return Envelope(
        tenant=tenant.tenant_id,
        channel=outlet.name,
        message_id=message.message_id,
        content_type=message.content_type,
        received_at=message.created_at,
        payload=payload,
        correlation_id=answered.correlation_id if answered and known_there else message.answers,
        message_type=message.kind.value,
        reply_to=answered.reply_to if answered and known_there else None,
        not_after=_end_of_use(message, outlet),
    )
