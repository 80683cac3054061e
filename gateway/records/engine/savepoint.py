"""Taking back a part of a transaction."""

from sqlalchemy import Connection

from gateway.records.engine.prepared import execute


class Savepoint:
    """A place in a transaction to which one can return; made for every document, and therefore cheap."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        execute(connection, f"SAVEPOINT {name}")

    def keep(self) -> None:
        """Let what was done since stand."""
        execute(self._connection, f"RELEASE SAVEPOINT {self._name}")

    def undo(self) -> None:
        """Take back what was done since."""
        execute(self._connection, f"ROLLBACK TO SAVEPOINT {self._name}")
        self.keep()
