"""Where adapters hand in: store, confirm, handle later; take up after a restart what was left."""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

import esmp
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.party import Role
from gateway.domain.route import Routes
from gateway.domain.tenant import Tenant
from gateway.intake.forwarding import Forwarder
from gateway.intake.handling import Handler
from gateway.ports import BusyError, Clock, ConflictError, Process, Receipt
from gateway.records import inbox
from gateway.records.store import Store

RETRY_AFTER_S: Final = 5
RETRY_DELAYS_S: Final = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Pauses after attempts in which the store could not be used. After the last the document is refused; when
not even that can be written, the next start takes it up."""

MOST_STARTS: Final = 3
"""How often a document may be in work when the process ends before it is refused unread."""

SMALL: Final = 64 * 1024
"""Bytes up to which a document stays in memory while it waits for a worker; larger ones are read again."""

MOST_SETTLING: Final = 64
"""Examined documents that may wait for the room to be written to."""

_log: Final = structlog.get_logger(__name__)


Given = Receipt | ConflictError
"""What becomes of an envelope that is handed in."""


class IntakeService:
    """Implements `ports.Intake`.

    Args:
        processes: what takes each kind of document; any other kind is refused.
        gateway: as whom acknowledgements are sent, e.g. an EIC with role A04.
        workers: threads that handle documents.
        catalogue: the documents that are known; None: those of our own tables.
        routes: where documents go whose receiver is somebody else; None: nowhere.
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
        routes: Routes | None = None,
    ) -> None:
        self._store = store
        forwarder = None if routes is None else Forwarder(routes, tenants, gateway)
        self._handler = Handler(store, tenants, processes, gateway, clock, catalogue, forwarder)
        self._places = threading.BoundedSemaphore(most_waiting)
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="intake")
        self._settling = threading.BoundedSemaphore(MOST_SETTLING)
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
        for _ in range(MOST_SETTLING):  # all of them are here when nothing is being settled
            self._settling.acquire()
        self._settling.release(MOST_SETTLING)

    def accept(self, envelope: Envelope) -> Receipt:
        """See `ports.Intake.accept`."""
        (given,) = self.submit([envelope]).result()
        if isinstance(given, ConflictError):
            raise given
        return given

    def submit(self, envelopes: Sequence[Envelope]) -> Future[Sequence[Given]]:
        """See `ports.Intake.submit`.

        Raises:
            UnknownTenantError: no such tenant.
        """
        room = self._store.room(envelopes[0].tenant)
        told: Future[Sequence[Given]] = Future()
        for place in range(len(envelopes)):
            if not self._places.acquire(blocking=False):
                self._release(place)
                told.set_exception(BusyError(RETRY_AFTER_S))
                return told
        stored = room.write(partial(_put, envelopes=envelopes))
        stored.add_done_callback(lambda done: self._stored(envelopes, done, told))
        return told

    def _stored(
        self,
        envelopes: Sequence[Envelope],
        done: Future[Sequence[Given]],
        told: Future[Sequence[Given]],
    ) -> None:
        """The envelopes are durable, or they are not: tell whoever waits, and see to what they say."""
        error = done.exception()
        if error is not None:
            self._release(len(envelopes))
            if isinstance(error, OperationalError):
                _log.error("store not usable", tenant=envelopes[0].tenant, fault=_fault(error))
                error = BusyError(RETRY_AFTER_S)
            told.set_exception(error)
            return
        for envelope, given in zip(envelopes, done.result(), strict=True):
            if isinstance(given, ConflictError) or given.repeated:
                self._release(1)
                continue
            _log.info(
                "envelope stored",
                tenant=envelope.tenant,
                channel=envelope.channel,
                envelope=given.envelope_id,
                sha256=envelope.sha256,
                size=len(envelope.payload),
            )
            in_hand = envelope if len(envelope.payload) <= SMALL else None
            self._queue(envelope.tenant, given.envelope_id, in_hand)
        told.set_result(done.result())

    def _release(self, places: int) -> None:
        if places:
            self._places.release(places)

    def _queue(self, tenant: str, envelope_id: str, envelope: Envelope | None) -> None:
        try:
            self._workers.submit(self._begin, tenant, envelope_id, envelope)
        except RuntimeError:  # stopped meanwhile; the next start takes it up
            self._places.release()

    def _begin(self, tenant: str, envelope_id: str, envelope: Envelope | None) -> None:
        """The first attempt waits for nothing but a place among the documents that are being settled."""
        if self._stopping.is_set():
            self._places.release()
            return
        self._settling.acquire()
        try:
            settled = self._handler.begin(tenant, envelope_id, envelope)
        except Exception as error:  # noqa: BLE001  (the same as when it fails later)
            settled = Future()
            settled.set_exception(error)
        settled.add_done_callback(lambda done: self._settled(tenant, envelope_id, done))
        if envelope is None:
            wait([settled])  # of large documents few are held at a time

    def _settled(self, tenant: str, envelope_id: str, done: Future[Any]) -> None:
        self._settling.release()
        error = done.exception()
        if error is None:
            self._places.release()
            return
        _log.warning("document not handled yet", tenant=tenant, envelope=envelope_id, fault=_fault(error))
        try:
            self._workers.submit(self._again, tenant, envelope_id, error)
        except RuntimeError:  # stopped meanwhile; the next start takes it up
            self._places.release()

    def _again(self, tenant: str, envelope_id: str, error: BaseException) -> None:
        """Further attempts take their time: a fault of the store may pass, any other refuses the document."""
        try:
            if isinstance(error, OperationalError):
                self._stopping.wait(RETRY_DELAYS_S[0])
                self._see_to(tenant, envelope_id, self._handler.handle, self._refuse)
            else:
                self._see_to(tenant, envelope_id, self._refuse)
        finally:
            self._places.release()

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


def _put(connection: Connection, envelopes: Sequence[Envelope]) -> Sequence[Given]:
    given: list[Given] = []
    for envelope in envelopes:
        try:
            given.append(inbox.put(connection, envelope))
        except ConflictError as conflict:
            given.append(conflict)
    return given


def _fault(error: BaseException) -> str:
    """What went wrong and where, without the message: it might quote the document."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
