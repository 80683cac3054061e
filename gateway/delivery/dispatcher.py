"""Pushes what is in the outboxes of tenants with a webhook: in order, again when it failed, not for ever.

The state is in the outbox alone, so a restart goes on where the last process stopped. A message may reach its
peer twice, when the confirmation was lost; it then carries the same message id.
"""

import threading
from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from gateway.delivery.retry import RetrySchedule
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, DeliveryError, Outlet
from gateway.records import outbox, webhooks
from gateway.records.outbox import StoredMessage
from gateway.records.store import Store
from gateway.records.webhooks import Webhook

POLL_S: Final = 0.25
"""How often outboxes are looked into."""

_log: Final = structlog.get_logger(__name__)


class Dispatcher:
    """One thread looks for work; every tenant with work has its own, so that no peer waits for another."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        outlet: Outlet,
        clock: Clock,
        schedule: RetrySchedule | None = None,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._outlet = outlet
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

    def _due(self, tenant: str) -> tuple[StoredMessage, Webhook] | None:
        """The message whose turn it is and where it goes; None without one, or in a pause after a failure."""
        with self._store.room(tenant).reading() as room:
            webhook = webhooks.find(room)
            message = outbox.first_waiting(room)
        if message is None or webhook is None or not webhook.active:
            return None
        pausing = message.next_attempt_at is not None and message.next_attempt_at > self._clock.now()
        return None if pausing else (message, webhook)

    def _push(self, tenant: str) -> None:
        try:
            while not self._stopping.is_set() and (due := self._due(tenant)) is not None:
                self._hand_over(self._tenants[tenant], *due)
        except OperationalError:
            _log.warning("outbox cannot be used", tenant=tenant)

    def _hand_over(self, tenant: Tenant, message: StoredMessage, webhook: Webhook) -> None:
        room = self._store.room(tenant.tenant_id)
        now = self._clock.now()
        if message.not_after is not None and now > message.not_after:
            with room.writing() as connection:
                outbox.give_up(
                    connection, message.id, "not delivered in time", now, failures=message.attempts
                )
            _log.warning("message expired", tenant=tenant.tenant_id, message=message.message_id)
            return
        with room.reading() as connection:
            payload = outbox.payload_of(connection, message.id)
        if payload is None:
            return  # forgotten meanwhile
        try:
            self._outlet.send(tenant, _envelope(tenant, self._outlet.channel, message, payload))
        except DeliveryError as error:
            self._failed(tenant, message, str(error), gone=webhook if error.final else None)
        except Exception as error:  # noqa: BLE001  (a fault of an outlet must not end the pushing)
            self._failed(tenant, message, type(error).__name__)
        else:
            with room.writing() as connection:
                outbox.confirm(connection, message.id, self._clock.now())
            _log.info("message delivered", tenant=tenant.tenant_id, message=message.message_id)

    def _failed(
        self, tenant: Tenant, message: StoredMessage, error: str, gone: Webhook | None = None
    ) -> None:
        now = self._clock.now()
        failures = message.attempts + 1
        pause = self._schedule.pause(failures)
        with self._store.room(tenant.tenant_id).writing() as connection:
            if pause is None:
                outbox.give_up(connection, message.id, error, now, failures=failures)
            else:
                outbox.postpone(connection, message.id, error, now + pause, failures=failures)
            if gone is not None:
                webhooks.disable(connection, gone, error, now)
        _log.warning(
            "message not delivered",
            tenant=tenant.tenant_id,
            message=message.message_id,
            failures=failures,
            error=error,
            given_up=pause is None,
            webhook_disabled=gone is not None,
        )


def _envelope(tenant: Tenant, channel: str, message: StoredMessage, payload: bytes) -> Envelope:
    return Envelope(
        tenant=tenant.tenant_id,
        channel=channel,
        message_id=message.message_id,
        content_type=message.content_type,
        received_at=message.created_at,
        payload=payload,
        correlation_id=message.answers,
        message_type=message.kind.value,
    )
