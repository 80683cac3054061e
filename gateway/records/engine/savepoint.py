"""Savepoints: rollback of a part of a transaction."""

from gateway.ports import UnitOfWork
from gateway.records.engine.prepared import execute
from gateway.records.engine.unit_of_work import sql


class Savepoint:
    """A place in a transaction to which one can return; made for every document, and therefore cheap."""

    def __init__(self, uow: UnitOfWork, name: str) -> None:
        self._connection = sql(uow)
        self._name = name
        execute(self._connection, f"SAVEPOINT {name}")

    def release(self) -> None:
        """Accept the changes since the savepoint."""
        execute(self._connection, f"RELEASE SAVEPOINT {self._name}")

    def undo(self) -> None:
        """Roll back the changes since the savepoint."""
        execute(self._connection, f"ROLLBACK TO SAVEPOINT {self._name}")
        self.release()
