"""Carries forwarded documents from their sender's room into the outbox of their receiver, each once.

No transaction can cross rooms. The document is put into the outbox under a message id that follows from it,
then noted as carried; when the process ends in between, the next one finds the id and only notes it.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.domain.document import DocumentKind
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, StoreUnavailableError
from gateway.records import forwardings, inbox, outbox
from gateway.records.forwardings import Forwarded, Origin
from gateway.records.outbox import Outgoing
from gateway.records.store import Store
from gateway.security.permissions import PERMISSIONS, Operation

POLL_S: Final = 0.1
"""How often rooms are looked into that changed."""

_AT_ONCE: Final = 100

_log: Final = structlog.get_logger(__name__)


class Carrier:
    """Works in a thread of its own.

    Args:
        max_age_of: the age up to which each tenant's peer takes messages.
    """

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        max_age_of: Callable[[str], timedelta | None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._max_age_of = max_age_of
        self._clock = clock
        self._seen: dict[str, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="carrier", daemon=True)

    def start(self) -> None:
        """Begin with what the last stop left."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the document in hand."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            for tenant in self._tenants:
                with suppress(StoreUnavailableError):  # they wait, and the store says why
                    self.carry(tenant)

    def carry(self, tenant: str) -> None:
        """Carry over what waits in a tenant's room, in its order."""
        room = self._store.room(tenant)
        while self._seen.get(tenant) != (changes := room.changes) and not self._stopping.is_set():
            with room.reading() as connection:
                found = forwardings.waiting(connection, self._tenants, _AT_ONCE)
            for document in found:
                self._hand_over(tenant, document)
            self._seen[tenant] = changes  # carrying changes the room: what came meanwhile is seen next

    def _hand_over(self, tenant: str, document: Forwarded) -> None:
        with self._store.room(document.to).writing() as connection:
            if outbox.named(connection, document.message_id) is None:
                self._put(connection, tenant, document)
        with self._store.room(tenant).writing() as connection:
            forwardings.note_carried(connection, document.number, self._clock.now())
        _log.info(
            "document forwarded",
            tenant=tenant,
            to=document.to,
            document=document.document_id,
            route=document.route,
            message=document.message_id,
        )

    def _put(self, connection: Connection, tenant: str, document: Forwarded) -> None:
        label, age = document.label, self._max_age_of(document.to)
        can_answer = self._tenants[document.to].role in PERMISSIONS[Operation.SUBMIT_DOCUMENT].roles
        is_answer = label.family == DocumentKind.ACKNOWLEDGEMENT
        asked = None if document.answers is None else inbox.find(connection, document.answers)
        message = Outgoing(
            kind=label.family,
            version=label.version,
            payload=document.payload or b"",
            answers=document.answers,
            not_after=None if age is None else label.created_at + age,
            content_type=document.content_type,
            wants=label if can_answer and not is_answer else None,
            message_id=document.message_id,
            made_here=False,
            conversation=document.answers or f"{label.sender.code}/{label.mrid}",
            receiver=None if asked is None else asked.reply_to,
        )
        number = outbox.put(connection, message, self._clock.now())
        if not is_answer:
            origin = Origin(tenant, document.document_id, document.route)
            forwardings.note_origin(connection, number, origin)
