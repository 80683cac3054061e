"""Rows of one table at the cost of the driver: what SQLAlchemy does for each statement is done once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Table

_Process = Callable[[Any], Any] | None


class RowsOf:
    """Inserts whole rows, each a sequence with a value for every column in the order of the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._ready: tuple[Dialect, str, list[str] | None, list[_Process]] | None = None

    def put(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows; each value goes through the type of its column."""
        if not rows:
            return
        statement, names, ways = self._for(connection.dialect)
        columns = zip(*rows, strict=True)
        bound = zip(*(_bound(way, column) for way, column in zip(ways, columns, strict=True)), strict=True)
        if names is None:
            connection.exec_driver_sql(statement, list(bound))
        else:
            connection.exec_driver_sql(statement, [dict(zip(names, row, strict=True)) for row in bound])

    def _for(self, dialect: Dialect) -> tuple[str, list[str] | None, list[_Process]]:
        """The statement, the names of its values unless their order tells, and how each is bound."""
        ready = self._ready
        if ready is None or ready[0] is not dialect:
            compiled = self._table.insert().compile(dialect=dialect)
            names = None if compiled.positional else [column.name for column in self._table.c]
            ways: list[_Process] = [
                column.type.dialect_impl(dialect).bind_processor(dialect) for column in self._table.c
            ]
            self._ready = ready = dialect, str(compiled), names, ways
        return ready[1:]


def _bound(way: _Process, column: Iterable[Any]) -> Iterator[Any]:
    """The values as the driver takes them; rows that come together have many of them in common."""
    if way is None:
        yield from column
        return
    before: Any = object()
    bound = None
    for value in column:
        if value is not before:
            before, bound = value, way(value)
        yield bound
