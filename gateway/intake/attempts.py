"""Further attempts at stored documents: after a fault of the store, and after a restart."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from gateway.intake.faults import fault_of
from gateway.intake.handling import Handler
from gateway.records import inbox
from gateway.records.store import Store

RETRY_DELAYS_S: Final = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Pauses after attempts in which the store could not be used. After the last the document is refused; when
not even that can be written, the next start takes it up."""

MOST_STARTS: Final = 3
"""How often a document may be in work when the process ends before it is refused unread."""

DEADLY: Final = "handling this document ended the gateway repeatedly"

_log: Final = structlog.get_logger(__name__)


class Attempts:
    """Sees to documents that the first attempt did not settle. Any number of threads may use it.

    Args:
        stopping: ends every pause when it is set.
    """

    def __init__(self, store: Store, handler: Handler, stopping: threading.Event) -> None:
        self._store = store
        self._handler = handler
        self._stopping = stopping

    def unsettled(self) -> list[tuple[str, str]]:
        """Tenant and envelope of everything that was received and not settled."""
        left: list[tuple[str, str]] = []
        for tenant in self._store.tenants():
            with self._store.room(tenant).reading() as room:
                left.extend((tenant, envelope) for envelope in inbox.unsettled(room))
        return left

    def take_up(self, left: Sequence[tuple[str, str]]) -> None:
        """Handle them one at a time, each noted before, so that one that ends the process is found out."""
        for tenant, envelope in left:
            self._see_to(tenant, envelope, self._take_up_one, self._refuse)

    def again(self, tenant: str, envelope: str, error: BaseException) -> None:
        """A fault of the store may pass, any other refuses the document."""
        if isinstance(error, OperationalError):
            self._stopping.wait(RETRY_DELAYS_S[0])
            self._see_to(tenant, envelope, self._handler.handle, self._refuse)
        else:
            self._see_to(tenant, envelope, self._refuse)

    def refuse_deadly(self, tenant: str, envelope: str) -> None:
        """Refuse a document that ended processes, without looking into it."""
        self._see_to(tenant, envelope, lambda room, name: self._handler.refuse(room, name, DEADLY))

    def _take_up_one(self, tenant: str, envelope: str) -> None:
        with self._store.room(tenant).writing() as room:
            starts = inbox.count_start(room, envelope)
        if starts > MOST_STARTS:
            self._handler.refuse(tenant, envelope, DEADLY)
        else:
            self._handler.handle(tenant, envelope)

    def _refuse(self, tenant: str, envelope: str) -> None:
        self._handler.refuse(tenant, envelope, "an error of the gateway, not of the document")

    def _see_to(self, tenant: str, envelope: str, *ways: Callable[[str, str], None]) -> None:
        """Go the first way that can be gone."""
        for way in ways:
            try:
                if self._attempt(way, tenant, envelope):
                    return
            except Exception as error:  # noqa: BLE001  (whatever it is, the sender gets an answer)
                _log.error("document not handled", tenant=tenant, envelope=envelope, fault=fault_of(error))

    def _attempt(self, way: Callable[[str, str], None], tenant: str, envelope: str) -> bool:
        """Work with the store, again after a while when it cannot be used; whether it was done in the end."""
        for delay in RETRY_DELAYS_S:
            if self._stopping.is_set():
                break
            try:
                way(tenant, envelope)
            except OperationalError as error:
                _log.warning("store not usable", tenant=tenant, envelope=envelope, fault=fault_of(error))
                self._stopping.wait(delay)
            else:
                return True
        return False
