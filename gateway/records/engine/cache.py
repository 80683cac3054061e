"""Cache of data read from a store until the next write there: for data read often and changed rarely."""

import threading
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Final, Generic, TypeVar

from gateway.ports import UnitOfWork
from gateway.records.engine.store import Store

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST: Final = 20_000
"""Cached answers at most: keys come from documents, so a sender could choose any number of them."""


class Cache(Generic[K, V]):
    """Answers of one store by key. An answer is never older than the last write that was finished at the
    call.

    Args:
        read: looks up keys; those without an answer are left out, which is remembered as well.
    """

    def __init__(self, store: Store, read: Callable[[UnitOfWork, Collection[K]], Mapping[K, V]]) -> None:
        self._store = store
        self._read = read
        self._lock = threading.Lock()
        self._as_of = -1
        self._known: dict[K, V | None] = {}

    def of(self, keys: Collection[K]) -> dict[K, V]:
        """The answers for these keys."""
        with self._lock:
            as_of = self._store.changes
            if self._as_of != as_of or len(self._known) > MOST:
                self._known, self._as_of = {}, as_of
            known = self._known
            missing = [key for key in keys if key not in known]
        if missing:
            with self._store.reading() as uow:
                found = self._read(uow, missing)
            # This is at least as new as `as_of`; a write since then makes the next caller read again.
            known.update({key: found.get(key) for key in missing})
        return {key: value for key in keys if (value := known.get(key)) is not None}
