"""One gateway works on a database at a time: a lock of the server that lasts as long as its session."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg
import structlog

from gateway.ports import StoreUnavailableError
from gateway.records.engine.port import StoreInUseError
from gateway.records.engine.postgresql.connections import CONNECT_S, PATIENCE_S
from gateway.records.engine.postgresql.place import PostgresqlPlace

_KEY: Final = 0x466C6579
"""Of the lock; it belongs to the database."""

LOOK_S: Final = 1.0
"""How often the session is looked at."""

ENDING_S: Final = 3.0
"""A gateway that was killed may have its session for a moment more."""

log = structlog.get_logger(__name__)


class SoleGateway:
    """The lock, taken again when the server was restarted.

    Args:
        lost: called when another gateway has it, and keeps it for half a minute.

    Raises:
        StoreInUseError: another gateway has it.
        StoreUnavailableError: there is no connection to the database.
    """

    def __init__(self, place: PostgresqlPlace, lost: Callable[[], None]) -> None:
        self._place = place
        self._lost = lost
        self._stopped = threading.Event()
        self._session = self._connected()
        end = time.monotonic() + ENDING_S
        while not self._takes():
            if time.monotonic() < end:
                time.sleep(LOOK_S / 4)
                continue
            self._session.close()
            raise StoreInUseError(f"another gateway works on {place}")
        self._thread = threading.Thread(target=self._watch, name="sole-gateway", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of it."""
        self._stopped.set()
        self._thread.join()
        self._session.close()

    def _connected(self) -> psycopg.Connection:
        try:
            return psycopg.connect(
                self._place.address,
                autocommit=True,
                connect_timeout=CONNECT_S,
                tcp_user_timeout=int(PATIENCE_S * 1000),
                application_name="flexgate",
            )
        except psycopg.OperationalError as error:
            raise StoreUnavailableError("there is no connection to the database") from error

    def _takes(self) -> bool:
        row = self._session.execute("SELECT pg_try_advisory_lock(%s)", (_KEY,)).fetchone()
        return row is not None and bool(row[0])

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_S):
            try:
                self._session.execute("SELECT 1")
            except psycopg.Error:
                self._session.close()
                if not self._taken_again():
                    log.critical("another gateway works on the database; this one ends")
                    self._lost()
                    return

    def _taken_again(self) -> bool:
        """Whether we have it again; the server may need a while to notice that our former session ended."""
        refused_since: float | None = None
        while not self._stopped.wait(LOOK_S):
            with suppress(StoreUnavailableError, psycopg.Error):
                self._session = self._connected()
                if self._takes():
                    return True
                self._session.close()
                refused_since = refused_since or time.monotonic()
                if time.monotonic() - refused_since > PATIENCE_S:
                    return False
        return True
