"""Further attempts at stored documents: after a fault of the store, and after a restart."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from gateway.intake.service.faults import fault_of
from gateway.intake.service.handling import Handler
from gateway.ports import StoreUnavailableError
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
"""Between attempts at documents whose store cannot be used; they go on until it can."""

MOST_STARTS: Final = 3
"""How often a document may be in work when the process ends before it is refused unread."""

DEADLY: Final = "handling this document ended the gateway repeatedly"

_log: Final = structlog.get_logger(__name__)


Attempt = Callable[[str, str], None]
"""Handles or refuses the document of a tenant, by tenant and envelope."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document that waits for its store; the first of its attempts that succeeds settles it."""

    tenant: str
    envelope: str
    attempts: Sequence[Attempt]
    done: Callable[[], None]


class Attempts:
    """Retries documents that the first attempt did not settle. Any number of threads may use it.

    Args:
        stopping: ends every pause when it is set.
        handle: handles a stored document, see `Handler.handle`.
    """

    def __init__(
        self,
        stores: Stores,
        handler: Handler,
        stopping: threading.Event,
        handle: Callable[[str, str], None],
    ) -> None:
        self._stores = stores
        self._handler = handler
        self._stopping = stopping
        self._putting = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._thread: threading.Thread | None = None
        self._handle = handle
        self._left: Counter[str] = Counter()

    def unsettled(self) -> list[tuple[str, str]]:
        """Tenant and envelope of everything that was received and not settled."""
        left: list[tuple[str, str]] = []
        for tenant in self._stores.written():
            with self._stores.of(tenant).reading() as uow:
                left.extend((tenant, envelope) for envelope in inbox.unsettled(uow))
        self._left = Counter(tenant for tenant, _ in left)
        return left

    def resume(self, left: Sequence[tuple[str, str]]) -> None:
        """Handle them one at a time, each recorded before, so that one that ends the process is
        identified."""
        for tenant, envelope in left:
            done = partial(self._resumed, tenant)
            self._try_now(_Waiting(tenant, envelope, (self._resume_one, self._refuse), done))

    def left_of(self, tenant: str) -> bool:
        """Whether something of a tenant that the last stop left is still to be settled."""
        return self._left[tenant] > 0

    def later(self, tenant: str, envelope: str, done: Callable[[], None]) -> None:
        """Handle a document when its store can be used again; `done` is called then."""
        self._put(_Waiting(tenant, envelope, (self._handle, self._refuse), done))

    def refuse(self, tenant: str, envelope: str, done: Callable[[], None]) -> None:
        """Refuse a document that could not be handled."""
        self._try_now(_Waiting(tenant, envelope, (self._refuse,), done))

    def refuse_unread(self, tenant: str, envelope: str, why: str, done: Callable[[], None]) -> None:
        """Refuse a document that ended processes, without looking into it."""

        def refuse(store: str, name: str) -> None:
            self._handler.refuse(store, name, why)

        self._try_now(_Waiting(tenant, envelope, (refuse,), done))

    def _resumed(self, tenant: str) -> None:
        with self._putting:
            self._left[tenant] -= 1

    def _resume_one(self, tenant: str, envelope: str) -> None:
        with self._stores.of(tenant).writing() as uow:
            starts = inbox.count_start(uow, envelope)
        if starts > MOST_STARTS:
            self._handler.refuse(tenant, envelope, DEADLY)
        else:
            self._handle(tenant, envelope)

    def _refuse(self, tenant: str, envelope: str) -> None:
        self._handler.refuse(tenant, envelope, "an error of the gateway, not of the document")

    def _try_now(self, one: _Waiting) -> None:
        if self._try(one):
            one.done()
        else:
            self._put(one)

    def _try(self, one: _Waiting) -> bool:
        """Try the attempts in order until one succeeds; return False where the store cannot be used."""
        for attempt in one.attempts:
            try:
                attempt(one.tenant, one.envelope)
            except StoreUnavailableError:
                return False
            except Exception as error:  # noqa: BLE001  (whatever it is, the sender gets an answer)
                _log.error(
                    "document not handled", tenant=one.tenant, envelope=one.envelope, fault=fault_of(error)
                )
            else:
                return True
        return True

    def _put(self, one: _Waiting) -> None:
        with self._putting:
            self._waiting.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_round, name="intake-again", daemon=True)
                self._thread.start()

    def _go_round(self) -> None:
        """Retry each that waits: a store that cannot be used delays no other."""
        pause_s = FIRST_PAUSE_S
        while not self._stopping.wait(pause_s):
            with self._putting:
                waiting, self._waiting = self._waiting, []
                if not waiting:
                    self._thread = None
                    return
            left = [one for one in waiting if self._stopping.is_set() or not self._try(one)]
            for one in waiting:
                if one not in left:
                    one.done()
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S) if left else FIRST_PAUSE_S
            with self._putting:
                self._waiting = left + self._waiting
