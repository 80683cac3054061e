"""One store: a tenant's, or the one that all share. Its engine says where the rows are (`sqlite`)."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection, MetaData

from gateway.ports import UnitOfWork
from gateway.records.engine.group_commit import GroupCommit
from gateway.records.engine.unit_of_work import unit_of_work

tenant_tables = MetaData()
"""Tables that every tenant's store has. Other modules of records add theirs."""

shared_tables = MetaData()
"""Tables of what belongs to no single tenant: gates, demands, runs."""

T = TypeVar("T")


class OtherVersionError(Exception):
    """The data belongs to another version of the gateway."""


class Store(ABC):
    """One tenant's store, or the one that all share. Writers take turns, also those of other processes;
    readers never wait. Nothing is opened before it is used.

    Args:
        wrote: called with the name after every write.
    """

    def __init__(self, name: str, wrote: Callable[[str], None] = lambda _: None) -> None:
        self.name = name
        self._wrote = wrote
        self._group_commit = GroupCommit(name, self.writing)

    @abstractmethod
    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """A unit of work that sees one consistent state.

        Raises:
            StoreUnavailableError: not now.
        """

    @abstractmethod
    def settled(self) -> AbstractContextManager[UnitOfWork]:
        """As `reading`, of a state in which everything is written that was being written at the call.

        Writers may have to wait meanwhile, so the reader must not write to the same store.

        Raises:
            StoreUnavailableError: not now.
        """

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """A transaction: all of it is durable on leaving, or nothing when an exception leaves.

        Raises:
            StoreUnavailableError: not now; nothing is done.
        """
        with self._transaction() as connection:
            yield unit_of_work(connection)
        self._wrote(self.name)

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Connection]:
        """A transaction in which nobody else writes to this store."""

    def write(self, work: Callable[[UnitOfWork], T]) -> Future[T]:
        """Have a piece of work done in a transaction it shares with others that wait, in their order.

        It is done completely or not at all, whatever the others do. The future is done when that is
        durable, or raises what the work raised; its callbacks run in the writing thread and must be short.
        """
        return self._group_commit.put(work)

    def write_all(self, works: Sequence[Callable[[UnitOfWork], T]]) -> Sequence[T | Exception]:
        """As `write` for several pieces of work, but now; return the result or error of each."""
        return self._group_commit.all(works)

    @property
    @abstractmethod
    def is_behind(self) -> bool:
        """Whether something is published to this store that is still elsewhere (see `settle`)."""

    @abstractmethod
    def settle(self) -> None:
        """Move what is published to this store to it, if there is anything: once, whoever else does it.

        Raises:
            StoreUnavailableError: not now; it stays where it is.
        """

    @property
    @abstractmethod
    def changes(self) -> int:
        """Another number after every write, by whatever process. Data read when it had a value is still
        current when it has the same value."""

    @property
    @abstractmethod
    def exists(self) -> bool:
        """Whether anything was ever written to it, or for it."""

    @abstractmethod
    def look(self) -> None:
        """Return if the store can be written to.

        Raises:
            StoreUnavailableError: it cannot, or there is hardly any space.
        """

    @abstractmethod
    def vacuum(self) -> None:
        """Return the space of deleted rows to the system."""

    @abstractmethod
    def remove(self) -> None:
        """Close it and delete all that is in it."""

    def close(self) -> None:
        """Write what waits."""
        self._group_commit.close()


@cache
def fingerprint(tables: MetaData) -> int:
    """A number that distinguishes tables of different versions; never 0."""
    columns = sorted(
        f"{column.table.name}.{column.name} {column.type!r}"
        for table in tables.tables.values()
        for column in table.c
    )
    return (zlib.crc32("\n".join(columns).encode()) & 0x7FFFFFFF) or 1
