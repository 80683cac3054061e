"""Who is next: documents wait by tenant, and tenants take turns, so that none waits for all of another's."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

MOST: Final = 16
"""Documents that are handed to a process together, and share a transaction."""

MOST_BYTES: Final = 64 * 1024
"""Bytes of these, unless one alone has more, while a tenant's documents are not known to be quick: so long
may they keep a process."""

QUICK_S: Final = 0.03
"""Processor time that a document takes on average where a tenant's are quick."""

T = TypeVar("T")


class FairQueue(Generic[T]):
    """What waits, by tenant. Any number of threads may take.

    Args:
        size: bytes of one thing; None: each is taken alone, and of a tenant the next only when it is `done`.
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
        """Let things wait behind what waits of their tenant."""
        with self._changed:
            self._waiting.setdefault(tenant, deque()).extend(things)
            self._count += len(things)
            self._changed.notify(len(things))

    def take(self, taken: Callable[[str, list[T]], None] = lambda *_: None) -> tuple[str, list[T]] | None:
        """Wait for what is next: of one tenant, in order; None when it is closed and nothing waits.

        `taken` is called before anybody else takes something.
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
            taken(tenant, things)
            return tenant, things

    def done(self, tenant: str) -> None:
        """What was taken of a tenant is done; the next may be taken."""
        with self._changed:
            self._busy.discard(tenant)
            self._changed.notify_all()

    def took(self, tenant: str, count: int, seconds: float) -> None:
        """Learn whether a tenant's things are quick: `count` of them took so many seconds together."""
        with self._changed:
            if seconds <= count * QUICK_S:
                self._quick.add(tenant)
            else:
                self._quick.discard(tenant)

    def close(self) -> None:
        """Nothing more comes; what waits can still be taken."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def clear(self) -> list[T]:
        """Let nothing wait any more; gives what did."""
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
        """As many as go together, and no more than leaves something for the other takers."""
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


class Places:
    """How many documents may wait to be handled, of all tenants together and of one.

    One tenant may take half of them: no flood of one keeps all others out.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_one = max(1, -(-most // 2))
        self._taken: dict[str, int] = {}
        self._count = 0
        self._counting = threading.Lock()

    def take(self, tenant: str, count: int) -> bool:
        """Take places, all or none; whether there were so many."""
        with self._counting:
            own = self._taken.get(tenant, 0) + count
            if self._count + count > self._most or own > self._most_of_one:
                return False
            self._taken[tenant] = own
            self._count += count
            return True

    def holds(self, tenant: str) -> bool:
        """Whether anything of a tenant waits or is being handled."""
        return tenant in self._taken

    def leave(self, tenant: str, count: int = 1) -> None:
        """Give places back."""
        with self._counting:
            self._taken[tenant] -= count
            self._count -= count
            if not self._taken[tenant]:
                del self._taken[tenant]
