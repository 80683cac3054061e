"""Moves results that were published to many into the stores of their receivers, several at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from gateway.ports import StoreUnavailableError
from gateway.records.engine.stores import Stores

log = structlog.get_logger(__name__)

AT_ONCE: Final = 8
"""Stores that are written to at the same time: each waits for the disk several times."""


class Settler:
    """Has stores settled (see `Store.settle`) without waiting for each."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._queued: set[str] = set()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="settle")

    def takes(self, tenant: str) -> bool:
        """Have the store of a tenant settled soon; False if it is. Listeners of the stores are notified when
        that is done."""
        if not self._stores.of(tenant).is_behind:
            return False
        if tenant not in self._queued:
            self._queued.add(tenant)
            self._threads.submit(self._settle, tenant)
        return True

    def stop(self) -> None:
        """Finish the stores in hand; the others wait for who opens them next."""
        self._threads.shutdown(cancel_futures=True)

    def _settle(self, tenant: str) -> None:
        self._queued.discard(tenant)  # what is published from now on is taken, too
        try:
            self._stores.of(tenant).settle()
        except StoreUnavailableError:
            pass  # the store logs why
        except Exception:
            log.exception("result cannot be moved", tenant=tenant)
