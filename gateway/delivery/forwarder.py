"""Moves forwarded documents from their sender's store into the outbox of their receiver, each once.

No transaction can cross stores. The document is put into the outbox under a message id that follows from it,
then noted as forwarded; when the process ends in between, the next one finds the id and only notes it.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Final

import structlog

from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.domain.route import Routes
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, StoreUnavailableError, UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.messages import forwardings, inbox, outbox
from gateway.records.messages.forwardings import Forwarded, Origin
from gateway.workers import ChangedNames, Worker

LOOK_S: Final = 10.0
"""How often to poll for changes without a notification, as of another process."""

_AT_ONCE: Final = 100

_log: Final = structlog.get_logger(__name__)


class ForwardingJob:
    """Works in a thread of its own.

    Args:
        routes: those of the configuration. Where none of them begins or ends, only answers to what an earlier
            configuration forwarded can wait; they are found by polling.
        max_age_of: the age up to which each tenant's peer accepts messages.
        unacknowledged: kinds of documents of which no Acknowledgement is awaited.
    """

    def __init__(
        self,
        stores: Stores,
        tenants: Mapping[str, Tenant],
        routes: Routes,
        max_age_of: Callable[[str], timedelta | None],
        clock: Clock,
        *,
        unacknowledged: Collection[str] = (),
    ) -> None:
        self._stores = stores
        self._tenants = tenants
        self._unacknowledged = frozenset(unacknowledged)
        self._max_age_of = max_age_of
        self._clock = clock
        self._fed = frozenset(name for name, tenant in tenants.items() if _may_forward(tenant, routes))
        self._seen: dict[str, int | None] = dict.fromkeys(tenants)
        self._changed = ChangedNames()
        self._look_at = 0.0
        self.worker = Worker("forwarder", self._round)
        stores.listen(self._wrote)

    def start(self) -> None:
        """Begin with what the last stop left."""
        self.worker.start()

    def stop(self) -> None:
        """Finish the document in hand."""
        self.worker.stop()

    def forward(self, tenant: str) -> None:
        """Forward what waits in a tenant's store, in its order."""
        store = self._stores.of(tenant)
        while not self.worker.stopping:
            changes = store.changes
            with store.reading() as uow:
                found = forwardings.waiting(uow, self._tenants, _AT_ONCE)
            if not found:
                self._seen[tenant] = changes
                return
            for document in found:
                self._hand_over(tenant, document)

    def _wrote(self, name: str) -> None:
        if name in self._fed:
            self._changed.add(name)
            self.worker.wake()

    def _round(self) -> float:
        changed = self._changed.pop_all()
        if monotonic() >= self._look_at:
            changed.update(name for name, seen in self._seen.items() if self._changes(name) != seen)
            self._look_at = monotonic() + LOOK_S
        for tenant in changed:
            if self.worker.stopping:
                break
            with suppress(StoreUnavailableError):  # they wait, and the store logs why
                self.forward(tenant)
        return LOOK_S

    def _changes(self, name: str) -> int | None:
        """None while nothing was ever written there: such a store is not even opened."""
        store = self._stores.of(name)
        return store.changes if store.exists else None

    def _hand_over(self, tenant: str, document: Forwarded) -> None:
        with self._stores.of(document.to).writing() as uow:
            if outbox.named(uow, document.message_id) is None:
                self._put(uow, tenant, document)
        with self._stores.of(tenant).writing() as uow:
            forwardings.note_forwarded(uow, document.number, self._clock.now())
        _log.info(
            "document forwarded",
            tenant=tenant,
            to=document.to,
            document=document.document_id,
            route=document.route,
            message=document.message_id,
        )

    def _put(self, uow: UnitOfWork, tenant: str, document: Forwarded) -> None:
        label, age = document.label, self._max_age_of(document.to)
        is_answer = label.family == DocumentKind.ACKNOWLEDGEMENT
        request = None if document.answers is None else inbox.find(uow, document.answers)
        message = Outgoing(
            kind=label.family,
            version=label.version,
            payload=document.payload or b"",
            answers=document.answers,
            not_after=None if age is None else label.created_at + age,
            content_type=document.content_type,
            wants=None if is_answer or label.family in self._unacknowledged else label,
            message_id=document.message_id,
            made_here=False,
            conversation=document.answers or f"{label.sender.code}/{label.mrid}",
            receiver=None if request is None else request.reply_to,
        )
        number = outbox.put(uow, message, self._clock.now())
        if not is_answer:
            origin = Origin(tenant, document.document_id, document.route)
            forwardings.note_origin(uow, number, origin)


def _may_forward(tenant: Tenant, routes: Routes) -> bool:
    """Whether documents of a tenant, or its answers to what it got, may go to others."""
    codes = {party.code for party in tenant.parties}
    return any(
        route.to == tenant.tenant_id or route.sender is None or route.sender in codes
        for route in routes.routes
    )
