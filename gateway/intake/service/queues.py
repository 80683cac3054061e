"""Fair queues: documents wait by tenant, and tenants take turns, so that none waits for all of another's."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

MOST: Final = 16
"""Documents that are handed to a process together, and share a transaction."""

MOST_BYTES: Final = 64 * 1024
"""Bytes of these, unless one alone has more, while a tenant's documents are not known to be quick: it bounds
the time that they occupy a process."""

QUICK_S: Final = 0.03
"""Processor time of a document on average where a tenant's are quick."""

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Queue of waiting things, by tenant. Any number of threads may use it.

    Args:
        size: bytes of one thing; None: each is returned alone, and of a tenant the next only when it is
            `done`.
    """

    def __init__(self, takers: int, size: Callable[[T], int] | None) -> None:
        self._takers = takers
        self._size = size
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0
        self._busy: set[str] = set()
        self._quick: set[str] = set()
        self._changed = threading.Condition()
        self._open = True

    def put(self, tenant: str, things: list[T]) -> None:
        """Append things to those of their tenant."""
        with self._changed:
            self._waiting.setdefault(tenant, deque()).extend(things)
            self._count += len(things)
            self._changed.notify(len(things))

    def get(self, on_get: Callable[[str, list[T]], None] = lambda *_: None) -> tuple[str, list[T]] | None:
        """Wait for the next things: of one tenant, in order; None when the queue is closed and empty.

        `on_get` is called before any other thread gets something.
        """
        with self._changed:
            while (tenant := self._next()) is None:
                if not self._open and not self._count:
                    return None
                self._changed.wait()
            waiting = self._waiting.pop(tenant)
            things = self._some(waiting, most_bytes=None if tenant in self._quick else MOST_BYTES)
            self._count -= len(things)
            if waiting:
                self._waiting[tenant] = waiting  # behind all others
            if self._size is None:
                self._busy.add(tenant)
            on_get(tenant, things)
            return tenant, things

    def done(self, tenant: str) -> None:
        """The last thing of a tenant is done; the next may be returned."""
        with self._changed:
            self._busy.discard(tenant)
            self._changed.notify_all()

    def add_time(self, tenant: str, count: int, seconds: float) -> None:
        """Record whether a tenant's things are quick: `count` of them needed so many seconds together."""
        with self._changed:
            if seconds <= count * QUICK_S:
                self._quick.add(tenant)
            else:
                self._quick.discard(tenant)

    def close(self) -> None:
        """Accept nothing more; waiting things are still returned."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def clear(self) -> list[T]:
        """Remove and return all that waits."""
        with self._changed:
            left = [thing for things in self._waiting.values() for thing in things]
            self._waiting.clear()
            self._count = 0
            return left

    def _next(self) -> str | None:
        if not self._busy:
            return next(iter(self._waiting), None)
        return next((tenant for tenant in self._waiting if tenant not in self._busy), None)

    def _some(self, waiting: deque[T], most_bytes: int | None) -> list[T]:
        """As many as go together, but so that the other threads get some too."""
        things = [waiting.popleft()]
        if self._size is None:
            return things
        most = min(MOST, -(-self._count // self._takers))
        size = self._size(things[0])
        while waiting and len(things) < most:
            size += self._size(waiting[0])
            if most_bytes is not None and size > most_bytes:
                break
            things.append(waiting.popleft())
        return things


class Admission:
    """How many documents may wait to be handled, of all tenants together and of one.

    One tenant may have half of them, so that a flood of one leaves places for others.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_one = max(1, -(-most // 2))
        self._reserved: dict[str, int] = {}
        self._count = 0
        self._counting = threading.Lock()

    def reserve(self, tenant: str, count: int) -> bool:
        """Reserve places, all or none; return whether there were enough."""
        with self._counting:
            own = self._reserved.get(tenant, 0) + count
            if self._count + count > self._most or own > self._most_of_one:
                return False
            self._reserved[tenant] = own
            self._count += count
            return True

    def holds(self, tenant: str) -> bool:
        """Whether anything of a tenant waits or is being handled."""
        return tenant in self._reserved

    def release(self, tenant: str, count: int = 1) -> None:
        """Release places."""
        with self._counting:
            self._reserved[tenant] -= count
            self._count -= count
            if not self._reserved[tenant]:
                del self._reserved[tenant]
