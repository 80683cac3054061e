"""Monitors backlogs and logs them: dead letters, missing acknowledgements."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import structlog

from gateway.domain.tenant import Tenant
from gateway.ports import Clock, StoreUnavailableError
from gateway.records.engine.stores import Stores
from gateway.records.messages import acknowledgements, backlogs, outbox
from gateway.workers import Worker

EVERY_S: Final = 10.0

_log: Final = structlog.get_logger(__name__)


class DeliveryMonitor:
    """Looks into every store, in a thread of its own.

    Dead letters are reported whenever there are more than before; one that arrived after all, as its network
    tells, and one of which a newer revision goes out, is none any more. Each acknowledgement
    that is overdue by the tenant's `acknowledge_within` is reported once.
    """

    def __init__(self, stores: Stores, tenants: Mapping[str, Tenant], clock: Clock) -> None:
        self._stores = stores
        self._tenants = tenants
        self._clock = clock
        self._known_dead: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self.worker = Worker("delivery-watch", self._round)

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """Finish the present round."""
        self.worker.stop()

    def look(self) -> None:
        """Look once into every store that changed, or in which an acknowledgement is awaited."""
        for tenant in self._tenants.values():
            with suppress(StoreUnavailableError):
                self._look_into(tenant)

    def _round(self) -> float:
        self.look()
        return EVERY_S

    def _look_into(self, tenant: Tenant) -> None:
        name = tenant.tenant_id
        store = self._stores.of(name)
        if not store.exists or self._seen.get(name) == (changes := store.changes):
            return
        awaited = self._look_for_dead(name)
        self._look_for_overdue(tenant)
        if not awaited or tenant.acknowledge_within is None:
            self._seen[name] = changes

    def _look_for_dead(self, tenant: str) -> int:
        """Return how many acknowledgements are awaited."""
        store = self._stores.of(tenant)
        with store.settled() as uow:  # of a thousand stores that a gate has written to few are open
            found = backlogs.backlog(uow)
            arrived = backlogs.arrived_after_all(uow) if found.dead else ()
            overtaken = backlogs.overtaken(uow) if found.dead else ()
        if arrived or overtaken:
            with store.writing() as uow:
                for number, _ in arrived:
                    outbox.confirm(uow, number, self._clock.now())
                backlogs.replace_overtaken(uow, [number for number, _ in overtaken])
            for _, message in arrived:
                _log.info("dead letter arrived after all", tenant=tenant, message=message)
            for _, message in overtaken:
                _log.info("dead letter replaced by a newer revision", tenant=tenant, message=message)
            with store.reading() as uow:
                found = backlogs.backlog(uow)
        if found.dead > self._known_dead.get(tenant, 0) and found.oldest_dead is not None:
            age = self._clock.now() - found.oldest_dead
            _log.warning("dead letters", tenant=tenant, depth=found.dead, oldest_s=int(age.total_seconds()))
        self._known_dead[tenant] = found.dead
        return found.awaited

    def _look_for_overdue(self, tenant: Tenant) -> None:
        if tenant.acknowledge_within is None:
            return
        now = self._clock.now()
        store = self._stores.of(tenant.tenant_id)
        with store.settled() as uow:
            found = backlogs.newly_overdue(uow, now - tenant.acknowledge_within)
        if not found:
            return
        for each in found:
            _log.warning(
                "acknowledgement overdue",
                tenant=tenant.tenant_id,
                message=each.message_id,
                kind=each.kind,
                seconds=int((now - each.delivered_at).total_seconds()),
            )
        with store.writing() as uow:
            acknowledgements.note_alarm(uow, [each.message for each in found], now)
