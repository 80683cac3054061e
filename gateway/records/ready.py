"""Statements of every document at the cost of the driver: what SQLAlchemy does for each is done once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Table
from sqlalchemy.exc import DBAPIError

_Process = Callable[[Any], Any] | None


class RowsOf:
    """Inserts whole rows, each a sequence with a value for every column in the order of the table.

    Args:
        bound: columns whose values come as the driver takes them.
    """

    def __init__(self, table: Table, bound: Iterable[str] = ()) -> None:
        self._table = table
        self._bound = frozenset(bound)
        self._ready: tuple[Dialect, str, list[str] | None, list[_Process]] | None = None

    def put(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows; each value goes through the type of its column."""
        if not rows:
            return
        statement, names, ways = self._for(connection.dialect)
        columns = zip(*rows, strict=True)
        bound = zip(*(_bound(way, column) for way, column in zip(ways, columns, strict=True)), strict=True)
        if names is None:
            _execute(connection, statement, list(bound), many=True)
        else:
            named = [dict(zip(names, row, strict=True)) for row in bound]
            _execute(connection, statement, named, many=True)

    def _for(self, dialect: Dialect) -> tuple[str, list[str] | None, list[_Process]]:
        """The statement, the names of its values unless their order tells, and how each is bound."""
        ready = self._ready
        if ready is None or ready[0] is not dialect:
            compiled = self._table.insert().compile(dialect=dialect)
            names = None if compiled.positional else [column.name for column in self._table.c]
            ways: list[_Process] = [
                None
                if column.name in self._bound
                else column.type.dialect_impl(dialect).bind_processor(dialect)
                for column in self._table.c
            ]
            self._ready = ready = dialect, str(compiled), names, ways
        return ready[1:]


class Ready:
    """A select with named values, of which none is a list."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._ready: tuple[Dialect, str, bool, list[tuple[str, _Process]], list[_Process]] | None = None

    def rows(self, connection: Connection, **values: object) -> list[tuple[Any, ...]]:
        """What a select finds, in the order of its columns."""
        found = self._done(connection, values).fetchall()
        if not found:
            return []
        ways = self._for(connection.dialect)[3]
        return [
            tuple(value if way is None else way(value) for way, value in zip(ways, row, strict=True))
            for row in found
        ]

    def _done(self, connection: Connection, values: Mapping[str, object]) -> Any:
        statement, positional, names, _ = self._for(connection.dialect)
        bound = [(name, values[name] if way is None else way(values[name])) for name, way in names]
        if positional:
            return _execute(connection, statement, tuple(value for _, value in bound))
        return _execute(connection, statement, dict(bound))

    def _for(self, dialect: Dialect) -> tuple[str, bool, list[tuple[str, _Process]], list[_Process]]:
        """The statement, whether its values go by order, how each is bound, and how each column is read."""
        ready = self._ready
        if ready is None or ready[0] is not dialect:
            compiled = self._statement.compile(dialect=dialect)
            order = compiled.positiontup if compiled.positional else compiled.params
            bound = {parameter.key: parameter for parameter in compiled.bind_names}
            names: list[tuple[str, _Process]] = [
                (name, bound[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order or ()
            ]
            ways: list[_Process] = [
                column.type.dialect_impl(dialect).result_processor(dialect, None)
                for column in self._statement.selected_columns
            ]
            self._ready = ready = dialect, str(compiled), compiled.positional, names, ways
        return ready[1:]


def _bound(way: _Process, column: Sequence[Any]) -> Sequence[Any]:
    """The values as the driver takes them; rows that come together have many of them in common."""
    if way is None:
        return column
    first = column[0]
    bound = way(first)
    return [bound if value is first else way(value) for value in column]


def _execute(connection: Connection, statement: str, values: Any, *, many: bool = False) -> Any:
    """Give a statement to the driver; its errors are those of SQLAlchemy."""
    cursor = connection.connection.cursor()
    try:
        if many:
            cursor.executemany(statement, values)
        else:
            cursor.execute(statement, values)
    except connection.dialect.loaded_dbapi.Error as error:
        base = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            statement, None, error, base, hide_parameters=True, dialect=connection.dialect
        ) from error
    return cursor
