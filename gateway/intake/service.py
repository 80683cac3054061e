"""Where adapters hand in: store, confirm, handle later; take up after a restart what was left."""

import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

import esmp
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.party import Role
from gateway.domain.tenant import Tenant
from gateway.intake.handling import Handler
from gateway.ports import BusyError, Clock, Process, Receipt
from gateway.records import inbox
from gateway.records.store import Store

RETRY_AFTER_S: Final = 5
RETRY_DELAYS_S: Final = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Pauses after attempts in which the store could not be used. After the last the document is refused; when
not even that can be written, the next start takes it up."""

MOST_STARTS: Final = 3
"""How often a document may be in work when the process ends before it is refused unread."""

_log: Final = structlog.get_logger(__name__)


class IntakeService:
    """Implements `ports.Intake`.

    Args:
        processes: what takes each kind of document; any other kind is refused.
        gateway: as whom acknowledgements are sent, e.g. an EIC with role A04.
        workers: threads that handle documents.
        catalogue: the documents that are known; None: those of our own tables.
        most_waiting: stored documents that may wait for a worker; above, adapters are told to come again.
    """

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        processes: Mapping[DocumentKind, Process],
        gateway: Role,
        clock: Clock,
        *,
        catalogue: esmp.Catalogue | None = None,
        workers: int = 2,
        most_waiting: int = 1000,
    ) -> None:
        self._store = store
        self._handler = Handler(store, tenants, processes, gateway, clock, catalogue)
        self._places = threading.BoundedSemaphore(most_waiting)
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="intake")
        self._stopping = threading.Event()

    def start(self) -> None:
        """Take up what was received and not settled before the last stop. Call before the first `accept`."""
        left = [
            (tenant, envelope) for tenant in self._store.tenants() for envelope in self._unsettled(tenant)
        ]
        if left:
            _log.info("taking up documents left by the last stop", count=len(left))
            self._workers.submit(self._take_up, left)

    def stop(self) -> None:
        """Finish what is in work; what waits is taken up by the next start."""
        self._stopping.set()
        self._workers.shutdown(cancel_futures=True)

    def accept(self, envelope: Envelope) -> Receipt:
        """See `ports.Intake.accept`."""
        if not self._places.acquire(blocking=False):
            raise BusyError(RETRY_AFTER_S)
        try:
            with self._store.room(envelope.tenant).writing() as room:
                receipt = inbox.put(room, envelope)
            if receipt.repeated:
                self._places.release()
                return receipt
        except OperationalError as error:
            self._places.release()
            _log.error("store not usable", tenant=envelope.tenant, fault=_fault(error))
            raise BusyError(RETRY_AFTER_S) from None
        except BaseException:
            self._places.release()
            raise
        _log.info(
            "envelope stored",
            tenant=envelope.tenant,
            channel=envelope.channel,
            envelope=receipt.envelope_id,
            sha256=envelope.sha256,
            size=len(envelope.payload),
        )
        self._queue(envelope.tenant, receipt.envelope_id)
        return receipt

    def _queue(self, tenant: str, envelope: str) -> None:
        try:
            done = self._workers.submit(self._handle, tenant, envelope)
        except RuntimeError:  # stopped meanwhile; the next start takes it up
            self._places.release()
        else:
            done.add_done_callback(lambda _: self._places.release())

    def _unsettled(self, tenant: str) -> list[str]:
        with self._store.room(tenant).reading() as room:
            return list(inbox.unsettled(room))

    def _take_up(self, left: list[tuple[str, str]]) -> None:
        """Handle them one at a time, each noted before, so that one that ends the process is found out."""
        for tenant, envelope in left:
            self._see_to(tenant, envelope, self._take_up_one, self._refuse)

    def _take_up_one(self, tenant: str, envelope: str) -> None:
        with self._store.room(tenant).writing() as room:
            starts = inbox.count_start(room, envelope)
        if starts > MOST_STARTS:
            self._handler.refuse(tenant, envelope, "handling this document ended the gateway repeatedly")
        else:
            self._handler.handle(tenant, envelope)

    def _handle(self, tenant: str, envelope: str) -> None:
        self._see_to(tenant, envelope, self._handler.handle, self._refuse)

    def _refuse(self, tenant: str, envelope: str) -> None:
        self._handler.refuse(tenant, envelope, "an error of the gateway, not of the document")

    def _see_to(self, tenant: str, envelope: str, *ways: Callable[[str, str], None]) -> None:
        """Go the first way that can be gone."""
        for way in ways:
            try:
                if self._attempt(way, tenant, envelope):
                    return
            except Exception as error:  # noqa: BLE001  (whatever it is, the sender gets an answer)
                _log.error("document not handled", tenant=tenant, envelope=envelope, fault=_fault(error))

    def _attempt(self, way: Callable[[str, str], None], tenant: str, envelope: str) -> bool:
        """Work with the store, again after a while when it cannot be used; whether it was done in the end."""
        for delay in RETRY_DELAYS_S:
            if self._stopping.is_set():
                break
            try:
                way(tenant, envelope)
            except OperationalError as error:
                _log.warning("store not usable", tenant=tenant, envelope=envelope, fault=_fault(error))
                self._stopping.wait(delay)
            else:
                return True
        return False


def _fault(error: Exception) -> str:
    """What went wrong and where, without the message: it might quote the document."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
