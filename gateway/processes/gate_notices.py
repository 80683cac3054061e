"""Notices to participants of amended or cancelled gates, each with what it may see, each once."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import msgspec
import structlog

from gateway.domain.gate import Gate
from gateway.domain.gate_notice import GateEvent, GateNotice
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, StoreUnavailableError, UnitOfWork
from gateway.processes.participants import seen_names, takes_part
from gateway.records.engine.stores import SHARED, Stores
from gateway.records.market.gates import GateStatus
from gateway.records.messages import gate_notices
from gateway.workers import Worker

log = structlog.get_logger(__name__)

LOOK_S: Final = 10.0
"""How often to retry notices that could not be sent before."""

_TERMS: Final = tuple(field.name for field in fields(Gate) if field.init and field.name != "gate_id")
_PARTICIPANTS: Final = ("platforms", "system_operators", "grid_operators")


class NoticeBook:
    """Writes notices to participants in the transaction of the change.

    Args:
        deaf: tenants whose messages leave by a network that carries market documents only.
    """

    def __init__(self, tenants: Mapping[str, Tenant], deaf: Collection[str] = ()) -> None:
        self._tenants = {name: one for name, one in tenants.items() if name not in deaf}

    def amended(self, shared: UnitOfWork, before: Gate, after: GateStatus, at: datetime) -> None:
        """Notify the participants before and after of what changed for them, and only of what they may
        see."""
        for tenant in self._participants(before, after.gate):
            if not takes_part(tenant, after.gate):
                self._put(shared, tenant, after, at, GateEvent.LEFT)
                continue
            was, now = _seen(before, tenant), _seen(after.gate, tenant)
            if changed := {term: value for term, value in now.items() if value != was[term]}:
                self._put(shared, tenant, after, at, GateEvent.AMENDED, **changed)

    def cancelled(self, shared: UnitOfWork, status: GateStatus, at: datetime) -> None:
        """Notify all participants that a gate is called off."""
        for tenant in self._participants(status.gate):
            self._put(shared, tenant, status, at, GateEvent.CANCELLED)

    def _participants(self, *gates: Gate) -> list[Tenant]:
        names = [name for gate in gates for term in _PARTICIPANTS for name in getattr(gate, term)]
        return [self._tenants[name] for name in dict.fromkeys(names) if name in self._tenants]

    @staticmethod
    def _put(
        shared: UnitOfWork,
        tenant: Tenant,
        status: GateStatus,
        at: datetime,
        event: GateEvent,
        **changed: Any,
    ) -> None:
        gate = status.gate
        about = gate.gate_id, status.version, at, gate.market, gate.process, gate.delivery
        payload = msgspec.json.encode(GateNotice(event, *about, changed))
        ends = max(gate.publish_by, gate.delivery.end)
        gate_notices.put(shared, gate.gate_id, tenant.tenant_id, payload, ends)


class NoticeSender:
    """Moves notices to the outboxes of their receivers, after a restart, too."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self.worker = Worker("gate-notices", self._round)
        stores.listen(self._wrote)

    def start(self) -> None:
        """Begin to send, in a thread."""
        self.worker.start()

    def stop(self) -> None:
        """Stop; what is not sent is sent after the next start."""
        self.worker.stop()

    def send(self) -> None:
        """Send all notices to stores that can be written to now."""
        with self._stores.shared.reading() as shared:
            pending = gate_notices.pending(shared)
        by_tenant = attrgetter("tenant")
        for tenant, notices in groupby(sorted(pending, key=by_tenant), key=by_tenant):
            own = list(notices)
            # A tenant that is no longer configured gets nothing; its data are deleted in time.
            if self._stores.present([tenant]):
                try:
                    with self._stores.of(tenant).writing() as uow:
                        gate_notices.queue(uow, own, self._clock.now())
                except StoreUnavailableError:  # the store logs why
                    continue
            with self._stores.shared.writing() as shared:
                gate_notices.remove(shared, own)
            log.info("gate notices published", tenant=tenant, notices=len(own))

    def _round(self) -> float:
        self.send()
        return LOOK_S

    def _wrote(self, name: str) -> None:
        if name == SHARED:
            self.worker.wake()


def _seen(gate: Gate, tenant: Tenant) -> dict[str, Any]:
    """The terms of a gate as a tenant may see them."""
    terms = {term: getattr(gate, term) for term in _TERMS}
    return terms | {term: seen_names(terms[term], tenant, gate) for term in _PARTICIPANTS}
