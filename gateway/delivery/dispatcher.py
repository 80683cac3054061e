"""Pushes what is in the outboxes: in order, again when it failed, not for ever and not after its time.

The state is in the outbox alone, so a restart goes on where the last process stopped. A message may reach its
peer twice, when the confirmation was lost; it then carries the same message id.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from gateway.delivery.envelopes import end_of_use, envelope_of
from gateway.delivery.rebuilding import rebuilt
from gateway.delivery.retry import RetrySchedule
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, DeliveryError, Outlet
from gateway.records import outbox
from gateway.records.outbox import DeathCause, StoredMessage
from gateway.records.store import Store

POLL_S: Final = 0.25
"""How often outboxes are looked into."""

_log: Final = structlog.get_logger(__name__)


class Dispatcher:
    """One thread looks for work; every tenant with work has its own, so that no peer waits for another.

    Args:
        outlet_of: how each tenant gets its messages.
        rebuilding: tenants that get documents of ours anew when these became too old for them.
    """

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        outlet_of: Callable[[str], Outlet],
        clock: Clock,
        schedule: RetrySchedule | None = None,
        *,
        rebuilding: Collection[str] = (),
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._outlet_of = outlet_of
        self._clock = clock
        self._schedule = schedule or RetrySchedule()
        self._rebuilding = frozenset(rebuilding)
        self._stopping = threading.Event()
        self._busy: dict[str, threading.Thread] = {}
        self._looking = threading.Thread(target=self._look, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to push."""
        self._looking.start()

    def stop(self, grace_s: float | None = None) -> None:
        """Begin nothing more, and finish the messages that are under way, as far as `grace_s` allows.

        A message may wait minutes for its network; a channel that is stopped ends that, so stop again then.
        """
        self._stopping.set()
        self._looking.join()
        end = None if grace_s is None else time.monotonic() + grace_s
        for thread in self._busy.values():
            thread.join(None if end is None else max(end - time.monotonic(), 0.0))

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
        end = end_of_use(message, outlet.max_age)
        if end is not None and now > end:
            self._end(tenant, message, now)
            return
        with room.reading() as connection:
            envelope = envelope_of(connection, tenant.tenant_id, outlet.name, message, outlet.max_age)
        if envelope is None:
            return
        try:
            outlet.send(tenant, envelope)
        except DeliveryError as error:
            self._failed(tenant, message, str(error), final=error.final)
        except Exception as error:  # noqa: BLE001  (a fault of an outlet must not end the pushing)
            self._failed(tenant, message, type(error).__name__)
        else:
            with room.writing() as connection:
                outbox.confirm(connection, message.id, self._clock.now())
            _log.info("message delivered", tenant=tenant.tenant_id, message=message.message_id)

    def _end(self, tenant: Tenant, message: StoredMessage, now: datetime) -> None:
        """The message is of no more use: make it anew where that helps, else give it up."""
        with self._store.room(tenant.tenant_id).writing() as connection:
            anew = rebuilt(connection, message, now) if tenant.tenant_id in self._rebuilding else None
            if anew is None:
                outbox.expire(connection, message, now)
            else:
                outbox.replace(connection, message, anew, now)
        event = "message expired" if anew is None else "message made anew"
        _log.warning(event, tenant=tenant.tenant_id, message=message.message_id)

    def _failed(self, tenant: Tenant, message: StoredMessage, error: str, *, final: bool = False) -> None:
        now = self._clock.now()
        failures = message.attempts + 1
        pause = None if final else self._schedule.pause(failures)
        with self._store.room(tenant.tenant_id).writing() as connection:
            if pause is None:
                because = DeathCause.REFUSED if final else DeathCause.ATTEMPTS
                outbox.give_up(connection, message.id, error, because, at=now, failures=failures)
            else:
                outbox.postpone(connection, message.id, error, now + pause, at=now, failures=failures)
        _log.warning(
            "message not delivered",
            tenant=tenant.tenant_id,
            message=message.message_id,
            failures=failures,
            error=error,
            given_up=pause is None,
        )
