"""A store in a schema of its own, with a role of its own that every unit of work takes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, MetaData, delete

from gateway.ports import UnitOfWork
from gateway.records.engine.postgresql.connections import Connections
from gateway.records.engine.postgresql.names import Names
from gateway.records.engine.postgresql.register import Register
from gateway.records.engine.store import Store
from gateway.records.engine.store_faults import StoreFaults
from gateway.records.engine.unit_of_work import unit_of_work


class PostgresqlStore(Store):
    """A store that `prepare` has made. Its row of the register is the turn to write, and counts writes."""

    def __init__(
        self,
        name: str,
        tables: MetaData,
        *,
        names: Names,
        register: Register,
        connections: Connections,
        faults: StoreFaults,
        wrote: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(name, wrote)
        self._tables = tables
        self._schema = names.of(name)
        self._register = register
        self._connections = connections
        self._faults = faults
        role = f"SET LOCAL ROLE {names.quoted(name)}"
        self._read = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {role}"
        self._write = f"BEGIN; {register.count(name)}; {role}"
        self._forget = f"BEGIN; {register.forget(name)}; {role}"
        self._known = False

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """See `Store.reading`."""
        with self._faults.translated(self.name):
            self._check()
            with self._connections.begun(self._read, self._schema) as (connection, _):
                yield unit_of_work(connection)

    @contextmanager
    def settled(self) -> Iterator[UnitOfWork]:
        """See `Store.settled`."""
        with self._faults.translated(self.name):
            self._register.wait_for_writer(self.name)
        with self.reading() as uow:
            yield uow

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._changing(self._write) as connection:
            yield connection

    @contextmanager
    def _changing(self, begin: str) -> Iterator[Connection]:
        with self._faults.translated(self.name):
            self._check()
            with self._connections.begun(begin, self._schema) as (connection, _), connection.begin():
                yield connection

    @property
    def is_behind(self) -> bool:
        """Never: what is published is written to the store itself."""
        return False

    def settle(self) -> None:
        """Nothing is elsewhere."""

    @property
    def changes(self) -> int:
        """See `Store.changes`."""
        with self._faults.translated(self.name):
            return self._register.changes(self.name)

    @property
    def exists(self) -> bool:
        """See `Store.exists`."""
        with self._faults.translated(self.name):
            return self._register.is_used(self.name)

    def look(self) -> None:
        """See `Store.look`."""
        with self._faults.translated(self.name):
            self._check()
            self._register.look(self.name)

    def vacuum(self) -> None:
        """The server does it by itself."""

    def remove(self) -> None:
        """Delete all rows; the schema stays, because only its owner may drop it."""
        self.close()
        with self._changing(self._forget) as connection:
            for table in reversed(self._tables.sorted_tables):
                connection.execute(delete(table))

    def _check(self) -> None:
        if not self._known:
            self._register.check(self.name, self._tables)
            self._known = True
