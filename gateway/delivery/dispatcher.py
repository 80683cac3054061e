"""Pushes what is in the outboxes: again when it failed, not for ever and not after its time.

Messages of one conversation are sent in their order. Otherwise none waits for another: neither for one that
fails, nor for one whose receiver is not there.

The state is in the outbox alone, so a restart goes on where the last process stopped. A message may reach its
peer twice, when the confirmation was lost; it then carries the same message id.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Final

import structlog

from gateway.delivery.envelopes import end_of_use, envelopes_of
from gateway.delivery.failures import error_text, fault_of, is_alone, note_failure
from gateway.delivery.refresh import rebuilt
from gateway.delivery.retry import RetrySchedule
from gateway.delivery.settler import Settler
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, DeliveryError, Outlet, PipelinedOutlet, StoreUnavailableError
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox, receiver_turns
from gateway.records.messages.outbox import DeathCause, StoredMessage
from gateway.workers import ChangedNames, Worker

LOOK_S: Final = 10.0
"""How often to poll for changes without a notification, as of another process."""

POLL_S: Final = 0.25
"""How often to poll, while messages wait, whether the time of one has come."""

SHUT_S: Final = 1.0
"""How often to poll, while messages are due, whether their outlet is open again."""

TOGETHER_S: Final = 0.02
"""How long what is over waits for others that are over soon, to be noted with them."""

GATHER_S: Final = 0.02
GATHER_MOST_S: Final = 0.1
"""Pause between two looks for due messages of a tenant: GATHER_S for each message just sent, at most
GATHER_MOST_S, counted from the last look. Meanwhile more become due, so that under load many are read and
noted with as many statements as one. There is no pause while as many are due as may be in flight at once."""

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _InFlight:
    """A message in flight, and its timeout by the monotonic clock."""

    message: StoredMessage
    done: Future[None]
    end_s: float


class Dispatcher:
    """One thread looks for work; every tenant with work has its own, so that no peer waits for another.

    Args:
        outlet_of: how each tenant gets its messages.
        rebuilding: tenants for which our documents are rebuilt when these became too old for them.
    """

    def __init__(
        self,
        stores: Stores,
        tenants: Mapping[str, Tenant],
        outlet_of: Callable[[str], Outlet],
        clock: Clock,
        schedule: RetrySchedule | None = None,
        *,
        rebuilding: Collection[str] = (),
    ) -> None:
        self._stores = stores
        self._tenants = tenants
        self._outlet_of = outlet_of
        self._clock = clock
        self._schedule = schedule or RetrySchedule()
        self._rebuilding = frozenset(rebuilding)
        self._busy: dict[str, threading.Thread] = {}
        self._seen: dict[str, int | None] = dict.fromkeys(tenants)
        self._changed = ChangedNames()
        self._waiting: dict[str, datetime] = {}
        """Tenants whose messages wait, with the moment when one of them is due."""
        self._shut: set[str] = set()
        """Tenants whose messages are due and have no outlet."""
        self._settler = Settler(stores)
        self._look_at = self._try_at = 0.0
        self.worker = Worker("dispatcher", self._round)
        stores.listen(self._wrote)

    def start(self) -> None:
        """Begin to push."""
        self.worker.start()

    def stop(self, grace_s: float | None = None) -> None:
        """Begin nothing more, and finish the messages in flight, as far as `grace_s` allows.

        A message may wait minutes for its network; a channel that is stopped ends that, so stop again then.
        """
        self.worker.stop()
        self._settler.stop()
        end = None if grace_s is None else monotonic() + grace_s
        for thread in tuple(self._busy.values()):
            thread.join(None if end is None else max(end - monotonic(), 0.0))

    def _wrote(self, name: str) -> None:
        if name in self._seen:
            self._changed.add(name)
            self.worker.wake()

    def _round(self) -> float:
        now = self._clock.now()
        changed = self._changed.pop_all() | {name for name, at in self._waiting.items() if at <= now}
        if monotonic() >= self._look_at:
            self._look_at = monotonic() + LOOK_S
            changed.update(name for name, seen in self._seen.items() if self._changes(name) != seen)
        if monotonic() >= self._try_at:
            self._try_at = monotonic() + SHUT_S
            changed.update(name for name in self._shut if self._is_open(name))
        for name in changed - set(self._busy):
            if not self._settler.takes(name) and self._is_due(name):
                self._begin(name)
        return POLL_S if self._waiting else SHUT_S if self._shut else LOOK_S

    def _is_open(self, name: str) -> bool:
        with suppress(StoreUnavailableError):
            return self._outlet_of(name).is_open(self._tenants[name])
        return False

    def _changes(self, name: str) -> int | None:
        """None while nothing was ever written there: such a store is not even opened."""
        store = self._stores.of(name)
        return store.changes if store.exists else None

    def _begin(self, name: str) -> None:
        thread = threading.Thread(target=self._push, args=(name,), name=f"push-{name}", daemon=True)
        self._busy[name] = thread
        thread.start()

    def _is_due(self, name: str) -> bool:
        """Whether to push now; notes, where not, what is waited for."""
        if name in self._shut and not self._is_open(name):
            return False  # however much waits behind it
        self._shut.discard(name)
        self._waiting.pop(name, None)
        now = self._clock.now()
        try:
            # A message that cannot be recorded as delivered would be sent again and again.
            if not self._stores.is_usable:
                self._waiting[name] = now
                return False
            changes = self._changes(name)
            with self._stores.of(name).reading() as uow:
                due = receiver_turns.due(uow, now, 1)
                next_at = None if due else receiver_turns.next_due(uow)
            self._seen[name] = changes
        except StoreUnavailableError:
            self._waiting[name] = now
            return False
        if next_at is not None:
            self._waiting[name] = next_at
        if due and not self._is_open(name):
            self._shut.add(name)
        return bool(due) and name not in self._shut

    def _due(self, tenant: str, most: int) -> Sequence[StoredMessage]:
        """The messages to send next; none where there is no outlet."""
        with self._stores.of(tenant).reading() as uow:
            due = receiver_turns.due(uow, self._clock.now(), most)
        return due if due and self._outlet_of(tenant).is_open(self._tenants[tenant]) else ()

    def _push(self, name: str) -> None:
        try:
            self._push_all(name)
        finally:
            del self._busy[name]
            self._wrote(name)  # what came meanwhile, and when the next one is due

    def _push_all(self, name: str) -> None:
        tenant, outlet = self._tenants[name], self._outlet_of(name)
        most = outlet.in_flight if isinstance(outlet, PipelinedOutlet) else 1
        in_flight: dict[int, _InFlight] = {}
        try:
            while True:
                looked = monotonic()
                due = () if self.worker.stopping else self._due(name, most)
                next_ones = [one for one in due if one.id not in in_flight][: most - len(in_flight)]
                in_flight |= self._begun(tenant, outlet, next_ones)
                if not due and not in_flight:
                    return
                if outcomes := _outcomes(in_flight):
                    self._note(tenant, outcomes)
                if len(due) < most:
                    gather_s = min(GATHER_S * len(next_ones), GATHER_MOST_S)
                    sleep(max(looked + gather_s - monotonic(), 0.0))
        except StoreUnavailableError:
            return  # the store logs it; messages in flight are sent once more when that can be recorded

    def _begun(
        self, tenant: Tenant, outlet: Outlet, messages: Sequence[StoredMessage]
    ) -> "dict[int, _InFlight]":
        """Send messages and return those in flight; expired ones are ended instead."""
        now = self._clock.now()
        old = [one for one in messages if (end := end_of_use(one, outlet.max_age)) is not None and now > end]
        for message in old:
            self._end(tenant, message, now)
        largest = outlet.largest
        large = [one for one in messages if largest is not None and one.size > largest and one not in old]
        if largest is not None and large:
            self._give_up(tenant, large, largest, now)
        leaving = [message for message in messages if message not in old and message not in large]
        if not leaving:
            return {}
        with self._stores.of(tenant.tenant_id).reading() as uow:
            envelopes = envelopes_of(uow, tenant.tenant_id, outlet.name, leaving, outlet.max_age)
        patience_s = outlet.patience_s if isinstance(outlet, PipelinedOutlet) else 0.0
        end_s = monotonic() + patience_s
        known = [message for message in leaving if message.id in envelopes]
        begun = _sent(outlet, tenant, [envelopes[message.id] for message in known])
        return {
            message.id: _InFlight(message, done, end_s) for message, done in zip(known, begun, strict=True)
        }

    def _note(self, tenant: Tenant, outcomes: Sequence[tuple[StoredMessage, BaseException | None]]) -> None:
        """Record the outcome of messages that were in flight together, in one transaction."""
        now = self._clock.now()
        delivered = [message for message, error in outcomes if error is None]
        reached = {message.receiver for message in delivered}
        failed = [
            (message, error, self._pause_after(message, error))
            for message, error in outcomes
            if error is not None
        ]
        unreached = {message.receiver for message, error, _ in failed if not is_alone(error)} - reached
        with self._stores.of(tenant.tenant_id).writing() as uow:
            outbox.confirm_all(uow, [message.id for message in delivered], now)
            receiver_turns.reached(uow, reached)
            before = (
                receiver_turns.failures(uow, {message.receiver for message, _, _ in failed}) if failed else {}
            )
            for message, error, pause in failed:
                # Others were taken there since it failed: then it is the message, and it has its own pause.
                others_pass = message.receiver in reached or (
                    message.attempts and not before.get(message.receiver)
                )
                own = (
                    self._schedule.pause(message.attempts + 1) if pause is not None and others_pass else pause
                )
                note_failure(uow, message, error, own, now)
            for receiver in unreached:
                failures = before.get(receiver, 0) + 1
                pause = self._schedule.pause(min(failures, self._schedule.attempts - 1)) or timedelta(0)
                receiver_turns.not_reached(uow, receiver, failures, now + pause)
        for message in delivered:
            _log.info("message delivered", tenant=tenant.tenant_id, message=message.message_id)
        for message, error, pause in failed:
            _log.warning(
                "message not delivered",
                tenant=tenant.tenant_id,
                message=message.message_id,
                failures=message.attempts + 1,
                error=error_text(error),
                given_up=pause is None,
            )

    def _pause_after(self, message: StoredMessage, error: BaseException) -> timedelta | None:
        """How long a message waits after an attempt that failed; None when there will be no other.

        Where its receiver is not there, that has a pause, and the message goes on with it.
        """
        if isinstance(error, DeliveryError) and error.final:
            return None
        pause = self._schedule.pause(message.attempts + 1)
        return pause if pause is None or is_alone(error) else timedelta(0)

    def _give_up(self, tenant: Tenant, large: Sequence[StoredMessage], largest: int, now: datetime) -> None:
        """Nothing of them leaves; who they are for can fetch them, and the operator is notified."""
        with self._stores.of(tenant.tenant_id).writing() as uow:
            for message in large:
                why = f"{message.size:,} bytes; the channel accepts {largest:,}"
                outbox.give_up(uow, message.id, why, DeathCause.TOO_LARGE, at=now, failures=message.attempts)
        for message in large:
            _log.warning(
                "message too large for its channel",
                tenant=tenant.tenant_id,
                message=message.message_id,
                bytes=message.size,
                largest=largest,
            )

    def _end(self, tenant: Tenant, message: StoredMessage, now: datetime) -> None:
        """The message has expired: rebuild it where that helps, else give it up."""
        with self._stores.of(tenant.tenant_id).writing() as uow:
            rebuilt_message = rebuilt(uow, message, now) if tenant.tenant_id in self._rebuilding else None
            if rebuilt_message is None:
                outbox.expire(uow, message, now)
            else:
                outbox.replace(uow, message, rebuilt_message, now)
        event = "message expired" if rebuilt_message is None else "message rebuilt"
        _log.warning(event, tenant=tenant.tenant_id, message=message.message_id)


def _sent(outlet: Outlet, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:
    """Futures of messages handed over; where one is sent at a time, it is done already."""
    if isinstance(outlet, PipelinedOutlet):
        return outlet.begin(tenant, envelopes)
    return [_sent_alone(outlet, tenant, envelope) for envelope in envelopes]


def _sent_alone(outlet: Outlet, tenant: Tenant, envelope: Envelope) -> Future[None]:
    done: Future[None] = Future()
    try:
        outlet.send(tenant, envelope)
    except Exception as error:  # noqa: BLE001  (a fault of an outlet must not end the pushing)
        done.set_exception(error)
    else:
        done.set_result(None)
    return done


def _outcomes(in_flight: dict[int, _InFlight]) -> Sequence[tuple[StoredMessage, BaseException | None]]:
    """Wait for messages a moment, and remove those that are over, each with its fault."""
    if wait([one.done for one in in_flight.values()], POLL_S, FIRST_COMPLETED).done:
        wait([one.done for one in in_flight.values()], TOGETHER_S)
    now = monotonic()
    over = [one for one in in_flight.values() if one.done.done() or one.end_s <= now]
    for one in over:
        del in_flight[one.message.id]
    return [(one.message, fault_of(one.done)) for one in over]
