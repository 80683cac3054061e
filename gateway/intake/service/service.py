"""Intake of documents from adapters: store, confirm, handle; resume after a restart.

With a pool, small documents are examined first, and stored together with their effects in one transaction.
Larger ones are stored first; the pool handles them later, in processes of their own, so that small ones need
not wait for them. Without a pool every document is stored first, and threads handle it. No receipt is
returned before the document is durable.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog

from gateway.domain.envelope import Envelope
from gateway.intake.apply.repeating import answer_message_again
from gateway.intake.service.attempts import DEADLY, Attempts
from gateway.intake.service.faults import fault_of
from gateway.intake.service.handling import Handler
from gateway.intake.service.pool import IntakePool
from gateway.intake.service.pool_process import IntakeResult, NotHandled, Settled, Stored
from gateway.intake.service.queues import Admission
from gateway.ports import BusyError, ConflictError, Receipt, StoreUnavailableError, UnitOfWork
from gateway.records.messages import inbox
from gateway.records.messages.inbox import StoredEnvelope

RETRY_AFTER_S: Final = 5

SMALL: Final = 64 * 1024
"""Bytes up to which a document goes to the pool, or stays in memory while it waits for a worker; larger ones
are stored first, and read again when their turn comes."""

MOST_SETTLING: Final = 64
"""Examined documents that may wait for the store to be written to."""

_log: Final = structlog.get_logger(__name__)


IntakeAnswer = Receipt | ConflictError
"""The answer to an envelope that is handed in."""

NOTHING: Final[Mapping[int, NotHandled]] = {}

_UNREAD: Final = {
    NotHandled.DEADLY: DEADLY,
    NotHandled.SLOW: "checking this document took more processor time than any document may use",
}
"""Why a document is no longer examined."""


class IntakeService:
    """Implements `ports.Intake`.

    Args:
        handler: examines documents, and applies and answers them.
        workers: threads that handle documents.
        most_waiting: documents that may wait to be handled, half of them of one tenant; above, adapters
            are asked to retry.
        pool: handles documents in separate processes; None: threads handle all.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        workers: int = 2,
        most_waiting: int = 1000,
        pool: IntakePool | None = None,
    ) -> None:
        self._handler = handler
        self._stores = handler.stores
        self._clock = handler.clock
        self._pool = pool
        self._admission = Admission(most_waiting)
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="intake")
        self._settling = threading.BoundedSemaphore(MOST_SETTLING)
        self._stopping = threading.Event()
        self._attempts = Attempts(self._stores, handler, self._stopping, self._handle)
        self._coming: dict[int, tuple[str, datetime]] = {}

    def start(self) -> None:
        """Resume documents that were received and not settled before the last stop. Call before the first
        `submit`."""
        if self._pool is not None:
            self._pool.start()
        if left := self._attempts.unsettled():
            _log.info("resuming documents left by the last stop", count=len(left))
            self._workers.submit(self._attempts.resume, left)

    def stop(self) -> None:
        """Finish documents in work; those that wait are resumed by the next start."""
        self._stopping.set()
        if self._pool is not None:
            self._pool.stop()
        self._workers.shutdown(cancel_futures=True)
        for _ in range(MOST_SETTLING):  # all are free when nothing is being settled
            self._settling.acquire()
        self._settling.release(MOST_SETTLING)

    def submit(self, envelopes: Sequence[Envelope]) -> Future[Sequence[IntakeAnswer]]:
        """See `ports.Intake.submit`.

        Raises:
            UnknownTenantError: no such tenant.
        """
        self._stores.of(envelopes[0].tenant)
        receipts: Future[Sequence[IntakeAnswer]] = Future()
        receipts.set_running_or_notify_cancel()  # the caller may go away; handling goes on
        if not self._admission.reserve(envelopes[0].tenant, len(envelopes)):
            receipts.set_exception(BusyError(RETRY_AFTER_S))
            return receipts
        self._coming[id(receipts)] = envelopes[0].tenant, envelopes[0].received_at
        receipts.add_done_callback(lambda done: self._coming.pop(id(done)))
        if self._pool is not None and all(len(envelope.payload) <= SMALL for envelope in envelopes):
            handled = self._pool.put(envelopes)
            handled.add_done_callback(lambda done: self._handled(envelopes, done.result(), receipts))
        else:
            stored = self._stores.of(envelopes[0].tenant).write(partial(_put, envelopes=envelopes))
            stored.add_done_callback(lambda done: self._stored(envelopes, done, receipts))
        return receipts

    def answer_again(self, envelope: Envelope, first: Receipt, *, redelivered: bool) -> None:
        """See `ports.Intake.answer_again`."""
        store = self._stores.of(envelope.tenant)
        if redelivered:
            with store.reading() as uow:
                known = inbox.find(uow, first.envelope_id)
            if known is None or _answered_alike(envelope, known):
                return
        now = self._clock.now()
        store.write(lambda uow: answer_message_again(uow, envelope, first.envelope_id, now)).result()

    def in_work(self, tenant: str, received_before: datetime) -> bool:
        """Whether something that a tenant handed in before this moment is not settled yet, be it on its way
        into the store or there. Of a tenant of whom nothing is under way the store is not even opened.

        Raises:
            StoreUnavailableError: not now.
        """
        if not (self._admission.holds(tenant) or self._attempts.left_of(tenant)):
            return False
        if any(
            who == tenant and received_at < received_before
            for who, received_at in list(self._coming.values())
        ):
            return True
        with self._stores.of(tenant).reading() as uow:
            return inbox.count_unsettled(uow, received_before) > 0

    def _handled(
        self,
        envelopes: Sequence[Envelope],
        handled: Sequence[IntakeResult],
        receipts: Future[Sequence[IntakeAnswer]],
    ) -> None:
        """The pool has finished envelopes; those that it could not handle are stored now and handled
        later."""
        self._stores.wrote(envelopes[0].tenant)
        busy = next((one for one in handled if isinstance(one, BusyError)), None)
        tenant = envelopes[0].tenant
        if busy is not None:  # documents stored all the same are known when they come again
            self._admission.release(tenant, len(envelopes))
            receipts.set_exception(busy)
            return
        left = [
            (envelope, one)
            for envelope, one in zip(envelopes, handled, strict=True)
            if isinstance(one, NotHandled)
        ]
        self._admission.release(tenant, len(envelopes) - len(left))
        answers = [one for one in handled if isinstance(one, Receipt | ConflictError)]
        if not left:
            receipts.set_result(answers)
            return
        later_receipts: Future[Sequence[IntakeAnswer]] = Future()
        later_receipts.add_done_callback(lambda done: _merge(handled, done, receipts))
        rest = [envelope for envelope, _ in left]
        unread = {place: why for place, (_, why) in enumerate(left) if why in _UNREAD}
        stored = self._stores.of(rest[0].tenant).write(partial(_put, envelopes=rest))
        stored.add_done_callback(lambda done: self._stored(rest, done, later_receipts, unread))

    def _stored(
        self,
        envelopes: Sequence[Envelope],
        done: Future[Sequence[IntakeAnswer]],
        receipts: Future[Sequence[IntakeAnswer]],
        unread: Mapping[int, NotHandled] = NOTHING,
    ) -> None:
        """The envelopes are durable, or they are not: report that to the caller, and handle them.

        Those `unread`, by their place, are refused without being read, because processes ended over them.
        """
        tenant = envelopes[0].tenant
        error = done.exception()
        if error is not None:
            self._admission.release(tenant, len(envelopes))
            if isinstance(error, StoreUnavailableError):
                error = BusyError(RETRY_AFTER_S, str(error))
            receipts.set_exception(error)
            return
        for place, (envelope, answer) in enumerate(zip(envelopes, done.result(), strict=True)):
            if isinstance(answer, ConflictError) or answer.repeated:
                self._admission.release(tenant)
                continue
            _log.info(
                "envelope stored",
                tenant=envelope.tenant,
                channel=envelope.channel,
                envelope=answer.envelope_id,
                sha256=envelope.sha256,
                size=len(envelope.payload),
            )
            if place in unread:
                self._queue(self._refuse, tenant, answer.envelope_id, unread[place])
            elif self._pool is not None:
                settled = self._pool.put_stored(Stored(tenant, answer.envelope_id))
                settled.add_done_callback(partial(self._stored_handled, tenant, answer.envelope_id))
            else:
                in_hand = envelope if len(envelope.payload) <= SMALL else None
                self._queue(self._begin, tenant, answer.envelope_id, in_hand)
        receipts.set_result(done.result())

    def _stored_handled(self, tenant: str, envelope_id: str, done: Future[Settled]) -> None:
        """The pool has finished a stored document."""
        self._stores.wrote(tenant)
        settled = done.result()
        if settled is None:
            self._admission.release(tenant)
        elif isinstance(settled, BusyError):
            self._attempts.later(tenant, envelope_id, partial(self._admission.release, tenant))
        elif settled in _UNREAD:
            self._queue(self._refuse, tenant, envelope_id, settled)
        else:  # the fault may be the process's; a thread tries once more
            self._queue(self._begin, tenant, envelope_id, None)

    def _handle(self, tenant: str, envelope_id: str) -> None:
        """Handle a stored document, in a process where there is one. Blocking.

        Raises:
            StoreUnavailableError: the store could not be used; try again later.
        """
        settled = (
            NotHandled.FAULT
            if self._pool is None
            else self._pool.put_stored(Stored(tenant, envelope_id)).result()
        )
        if isinstance(settled, BusyError):
            raise StoreUnavailableError(str(settled))
        if settled is NotHandled.FAULT:
            self._handler.handle(tenant, envelope_id)
        elif settled is not None:
            self._handler.refuse(tenant, envelope_id, _UNREAD[settled])

    def _queue(self, work: Callable[..., None], tenant: str, *arguments: object) -> None:
        try:
            self._workers.submit(work, tenant, *arguments)
        except RuntimeError:  # stopped meanwhile; the next start resumes it
            self._admission.release(tenant)

    def _begin(self, tenant: str, envelope_id: str, envelope: Envelope | None) -> None:
        """The first attempt waits for nothing but a place among the documents that are being settled."""
        if self._stopping.is_set():
            self._admission.release(tenant)
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
            self._admission.release(tenant)
        elif isinstance(error, StoreUnavailableError):
            self._attempts.later(tenant, envelope_id, partial(self._admission.release, tenant))
        else:
            _log.warning(
                "document not handled yet", tenant=tenant, envelope=envelope_id, fault=fault_of(error)
            )
            self._queue(self._attempts.refuse, tenant, envelope_id, partial(self._admission.release, tenant))

    def _refuse(self, tenant: str, envelope_id: str, why: NotHandled) -> None:
        self._attempts.refuse_unread(
            tenant, envelope_id, _UNREAD[why], partial(self._admission.release, tenant)
        )


def _answered_alike(envelope: Envelope, known: StoredEnvelope) -> bool:
    """Whether the answer to both is one message for the peer."""
    return (envelope.correlation_id, envelope.reply_to) == (known.correlation_id, known.reply_to)


def _merge(
    handled: Sequence[IntakeResult],
    done: Future[Sequence[IntakeAnswer]],
    receipts: Future[Sequence[IntakeAnswer]],
) -> None:
    """Report the pool's answers, and the state of the rest."""
    error = done.exception()
    if error is not None:
        receipts.set_exception(error)
        return
    rest = iter(done.result())
    receipts.set_result([one if isinstance(one, Receipt | ConflictError) else next(rest) for one in handled])


def _put(uow: UnitOfWork, envelopes: Sequence[Envelope]) -> Sequence[IntakeAnswer]:
    answers: list[IntakeAnswer] = []
    for envelope in envelopes:
        try:
            answers.append(inbox.put(uow, envelope))
        except ConflictError as conflict:
            answers.append(conflict)
    return answers
