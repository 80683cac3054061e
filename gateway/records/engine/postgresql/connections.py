"""Connections to one PostgreSQL database, which all its stores share."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.ports import StoreUnavailableError
from gateway.records.engine.column_types import json_text
from gateway.records.engine.postgresql.dialect import NAME
from gateway.records.engine.postgresql.place import PostgresqlPlace

KEPT: Final = 4
"""Connections that stay open while nobody uses them."""

MOST: Final = 12
"""Connections of one process; a gateway has up to seven, a server allows 100 unless it is told otherwise."""

PATIENCE_S: Final = 30.0
"""How long to wait for a connection, for a turn to write, or for one statement."""

CONNECT_S: Final = 5
"""How long to wait for the server's answer to a new connection."""

_BOUNDS: Final = " ".join(
    f"-c {name}={int(PATIENCE_S)}s"
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
)


class Connections:
    """At most `MOST` connections; each is used by one thread at a time."""

    def __init__(self, place: PostgresqlPlace) -> None:
        self.engine: Engine = create_engine(
            place.url.set(drivername=NAME),
            isolation_level="AUTOCOMMIT",  # transactions begin as `begun` says
            pool_size=KEPT,
            max_overflow=MOST - KEPT,
            pool_timeout=PATIENCE_S,
            hide_parameters=True,  # an error may be logged, its values never
            json_serializer=json_text,
            json_deserializer=msgspec.json.decode,
            connect_args={
                "connect_timeout": CONNECT_S,
                "tcp_user_timeout": int(PATIENCE_S * 1000),
                "application_name": "flexgate",
                "options": _BOUNDS,
            },
        )

    @contextmanager
    def begun(self, statements: str, schema: str) -> Iterator[tuple[Connection, list[Any]]]:
        """A connection that has executed some statements, by one message, and the rows of the last of them
        that has any. It is rolled back in the end where nobody commits.

        Args:
            schema: of the tables in statements that follow.

        Raises:
            DBAPIError: what the server answers.
            StoreUnavailableError: all connections were in use for half a minute.
        """
        with self._connected(statements) as (connection, rows):
            yield connection.execution_options(schema_translate_map={None: schema}), rows

    @contextmanager
    def _connected(self, statements: str) -> Iterator[tuple[Connection, list[Any]]]:
        # A server that was restarted has closed connections that lie here: nothing was done on them.
        for attempt in range(MOST + 1):
            try:
                connection = self.engine.connect()
            except PoolTimeoutError:
                raise StoreUnavailableError(f"all {MOST} connections to the database are in use") from None
            try:
                rows = _rows_of(connection, statements)
            except OperationalError as error:
                lost = _is_lost(connection)
                if lost:
                    connection.invalidate()
                connection.close()
                if not lost or attempt == MOST or _is_refused(error):
                    raise
            except BaseException:
                connection.close()
                raise
            else:
                break
        with connection:
            yield connection, rows

    def rest(self) -> None:
        """Close all unused connections."""
        self.engine.dispose()


def _rows_of(connection: Connection, statements: str) -> list[Any]:
    rows: list[Any] = []
    cursor: Any
    with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]  # psycopg's
        try:
            cursor.execute(statements, prepare=False)
            more: bool | None = True
            while more:
                if cursor.description is not None:
                    rows = list(cursor.fetchall())
                more = cursor.nextset()
        except psycopg.Error as error:
            raise DBAPIError.instance(
                None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
            ) from error
    return rows


def _is_lost(connection: Connection) -> bool:
    with suppress(DBAPIError):
        driver: Any = connection.connection.dbapi_connection
        return driver is None or bool(driver.closed)
    return True


def _is_refused(error: OperationalError) -> bool:
    """Whether the server answered, so that it makes no sense to ask it again at once."""
    state = getattr(error.orig, "sqlstate", None)
    return state is not None and not state.startswith(("08", "57P"))
