"""Statements of every document at the cost of the driver: what SQLAlchemy does for each is done once.

The statements are those of SQLAlchemy for any database; values go by their order. SQLite's driver says the
number of a new row, PostgreSQL returns it where a statement asks.

Compiled statements are cached per engine, which all stores share; where a store is a schema, its name is put
in when they are executed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, ClauseElement, Connection, Dialect, Select, Table, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from gateway.ports import UnitOfWork
from gateway.records.engine.recorded_inserts import RecordedInserts
from gateway.records.engine.unit_of_work import sql

_LENGTHS: Final = (4, 16, 64, 500)

MOST_LISTED: Final = _LENGTHS[-1]
"""Values in one list: databases limit the number of parameters."""

_LISTED: Final = tuple(f"listed_{at}" for at in range(MOST_LISTED))

_Convert = Callable[[Any], Any]
"""Converts a value for the driver, or from it."""
_SCHEMA: Final = "__[SCHEMA__none]"
"""Where SQLAlchemy leaves the place of a schema in a compiled statement."""


class _Insert(NamedTuple):
    """A compiled insert.

    Attributes:
        converted: positions of values to convert.
        numbered: where the number of a new row comes from the statement: one without the key, which returns
            it, and the position of the key.
    """

    statement: str
    converted: list[tuple[int, _Convert]]
    numbered: tuple[str, int] | None


_Select = tuple[str, list[tuple[str, _Convert | None]], dict[str, object], list[tuple[int, _Convert]]]
"""The statement, its values in order and how each is bound, its constants, and the columns to convert."""
Compiled = TypeVar("Compiled")


class _Prepared(ABC, Generic[Compiled]):
    """A statement that is compiled once for each kind of database."""

    def __init__(self) -> None:
        self._compiled: WeakKeyDictionary[Dialect, Compiled] = WeakKeyDictionary()

    def _for(self, dialect: Dialect) -> Compiled:
        compiled = self._compiled.get(dialect)
        if compiled is None:
            self._compiled[dialect] = compiled = self._compile(dialect)
        return compiled

    @abstractmethod
    def _compile(self, dialect: Dialect) -> Compiled: ...


class PreparedInsert(_Prepared[_Insert]):
    """Inserts complete rows, each a list with a value for every column in the order of the table.

    Args:
        bound: columns whose values are in the form of the driver.
    """

    def __init__(self, table: Table, bound: Iterable[str] = ()) -> None:
        super().__init__()
        self._table = table
        self._bound = frozenset(bound)

    def put(self, uow: UnitOfWork, rows: Sequence[list[Any]]) -> None:
        """Insert rows, which are used up by it; each value goes through the type of its column."""
        if len(rows) == 1:
            self.put_one(uow, rows[0])
        elif rows:
            place = uow if isinstance(uow, RecordedInserts) else sql(uow)
            statement, converted, numbered = self._for(place.dialect)
            for at, convert in converted:
                _bind(convert, at, rows)
            if isinstance(place, RecordedInserts):
                place.add(self._table.name, rows)
            elif numbered is not None and rows[0][numbered[1]] is None:
                for row in rows:
                    del row[numbered[1]]
                execute_many(place, numbered[0], rows)
            else:
                execute_many(place, statement, rows)

    def put_one(self, uow: UnitOfWork, row: list[Any]) -> int:
        """Insert a row; return its number, which is its key where that is None in the row."""
        place = uow if isinstance(uow, RecordedInserts) else sql(uow)
        statement, converted, numbered = self._for(place.dialect)
        for at, convert in converted:
            row[at] = convert(row[at])
        if isinstance(place, RecordedInserts):
            return place.add(self._table.name, [row])
        if place.dialect.name == SQLITE:
            return int(execute(place, statement, row).lastrowid)
        if numbered is None or row[numbered[1]] is not None:
            execute(place, statement, row)
            return 0 if numbered is None else int(row[numbered[1]])
        del row[numbered[1]]
        return int(execute(place, numbered[0], row).fetchone()[0])

    def _compile(self, dialect: Dialect) -> _Insert:
        converted = [
            (at, convert)
            for at, column in enumerate(self._table.c)
            if column.name not in self._bound and (convert := _binding(column.type, dialect)) is not None
        ]
        key = None if dialect.name == SQLITE else self._table.autoincrement_column
        if key is None:
            return _Insert(_text(self._table.insert(), dialect), converted, None)
        others: dict[str, Any] = {
            column.name: bindparam(column.name) for column in self._table.c if column is not key
        }
        numbered = self._table.insert().values(others).returning(key)
        at = list(self._table.c).index(key)
        return _Insert(_text(self._table.insert(), dialect), converted, (_text(numbered, dialect), at))


class PreparedSelect(_Prepared[_Select]):
    """A select with named values, of which none is a list."""

    def __init__(self, statement: Select[Any]) -> None:
        super().__init__()
        self._statement = statement

    def rows(self, uow: UnitOfWork, **values: object) -> list[tuple[Any, ...]]:
        """Rows that a select finds, in the order of its columns."""
        connection = sql(uow)
        statement, names, constants, converted = self._for(connection.dialect)
        if constants:
            values |= constants
        bound = [values[name] if convert is None else convert(values[name]) for name, convert in names]
        found: list[tuple[Any, ...]] = execute(connection, statement, bound).fetchall()
        return [_read(converted, row) for row in found] if found and converted else found

    def _compile(self, dialect: Dialect) -> _Select:
        compiled = _compiled(self._statement, dialect)
        parameters = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        names = [(name, _binding(parameter.type, dialect)) for name, parameter in parameters]
        constants = {name: parameter.value for name, parameter in parameters if not parameter.required}
        converted: list[tuple[int, _Convert]] = [
            (at, convert)
            for at, column in enumerate(self._statement.selected_columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        return str(compiled), names, constants, converted


class PreparedListSelect:
    """A select in which one column is one of many values, prepared for a few lengths of their list.

    Args:
        of: returns the select for its bound values.
    """

    def __init__(self, of: Callable[[list[BindParameter[Any]]], Select[Any]]) -> None:
        self._of = of
        self._selects: dict[int, PreparedSelect] = {}

    def rows(self, uow: UnitOfWork, listed: Sequence[object], **values: object) -> list[tuple[Any, ...]]:
        """Rows that the select finds for the listed values, each once, and its other named values."""
        found: list[tuple[Any, ...]] = []
        for first in range(0, len(listed), MOST_LISTED):
            some = listed[first : first + MOST_LISTED]
            length = next(size for size in _LENGTHS if size >= len(some))
            padded = [*some, *[some[-1]] * (length - len(some))]
            named = dict(zip(_LISTED[:length], padded, strict=True))
            found += self._for(length).rows(uow, **named, **values)
        return found

    def _for(self, length: int) -> PreparedSelect:
        if length not in self._selects:
            self._selects[length] = PreparedSelect(self._of([bindparam(name) for name in _LISTED[:length]]))
        return self._selects[length]


SQLITE: Final = "sqlite"


def _compiled(statement: ClauseElement, dialect: Dialect) -> Any:
    if dialect.name == SQLITE:
        return statement.compile(dialect=dialect)
    return statement.compile(dialect=dialect, schema_translate_map={None: ""}, render_schema_translate=False)


def _text(statement: ClauseElement, dialect: Dialect) -> str:
    return str(_compiled(statement, dialect))


def _in_schema(connection: Connection, statement: str) -> str:
    if _SCHEMA not in statement:
        return statement
    schema = connection.get_execution_options()["schema_translate_map"][None]
    return statement.replace(_SCHEMA, connection.dialect.identifier_preparer.quote_schema(schema))


def execute(connection: Connection, statement: str, values: Sequence[Any] = ()) -> Any:
    """Execute a statement by the driver; return its cursor. Errors are those of SQLAlchemy."""
    cursor = connection.connection.cursor()
    statement = _in_schema(connection, statement)
    try:
        cursor.execute(statement, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_of_sqlalchemy(connection, statement, error) from error
    return cursor


def execute_many(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """As `execute`, once for each row of values."""
    statement = _in_schema(connection, statement)
    try:
        connection.connection.cursor().executemany(statement, rows)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_of_sqlalchemy(connection, statement, error) from error


def _binding(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _bind(convert: _Convert, at: int, rows: Sequence[list[Any]]) -> None:
    """Bind a column; rows that come together have many of their values in common."""
    first = rows[0][at]
    bound = convert(first)
    for row in rows:
        value = row[at]
        row[at] = bound if value is first else convert(value)


def _read(converted: Sequence[tuple[int, _Convert]], row: Sequence[Any]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert in converted:
        values[at] = convert(values[at])
    return tuple(values)


def _as_of_sqlalchemy(connection: Connection, statement: str, error: Exception) -> BaseException:
    base = connection.dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, error, base, hide_parameters=True, dialect=connection.dialect)
