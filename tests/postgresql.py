"""Databases of their own for tests: on this machine's server, else on one that is started; else a skip."""

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest

from contract_tests.brokers import free_ports, listens
from gateway.records.engine.postgresql.place import PostgresqlPlace
from gateway.records.engine.postgresql.prepare import prepare

PORT: Final = 5432


def absent(reason: str) -> None:
    """Skip, or fail where services must be there."""
    if os.environ.get("FLEXGATE_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{reason}, and FLEXGATE_REQUIRE_SERVICES=1")
    pytest.skip(reason)


@cache
def server() -> str:
    """The address of a server on which we may do everything, without its database."""
    address = f"postgresql://postgres@127.0.0.1:{PORT}"
    if listens(PORT):
        try:
            psycopg.connect(f"{address}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            pass  # somebody else's: one of our own is started
        else:
            return address
    return _started()


def _started() -> str:
    programs = _programs()
    if programs is None:
        absent("PostgreSQL does not run here, and its programs are not installed")
        raise AssertionError
    (port,), directory = free_ports(1), Path(mkdtemp(prefix="flexgate-postgresql-"))
    own: dict[str, Any] = {}
    if os.getuid() == 0:  # initdb refuses to work as root
        own = {"user": "postgres"}
        shutil.chown(directory, "postgres")
    data = directory / "data"
    options = f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [programs / "pg_ctl", "-D", data, "-w"]

    def run(*command: object) -> None:
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, cwd=directory, **own)

    def end() -> None:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(directory, ignore_errors=True)

    run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    atexit.register(end)
    run(*control, "-l", directory / "log", "-o", options, "start")
    return f"postgresql://postgres@127.0.0.1:{port}"


def _programs() -> Path | None:
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if (on_path := shutil.which("initdb")) is not None:
        folders.append(Path(on_path).parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


_END_CONNECTIONS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'"

_CLEAR: Final = """
DO $$
DECLARE one record; filled boolean;
BEGIN
  FOR one IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname LIKE current_database() || '.%' AND tablename <> 'stores' LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || one.name || ')' INTO filled;
    IF filled THEN EXECUTE 'TRUNCATE ' || one.name || ' RESTART IDENTITY CASCADE'; END IF;
  END LOOP;
  FOR one IN SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences
    WHERE schemaname LIKE current_database() || '.%' AND last_value IS NOT NULL LOOP
    EXECUTE 'ALTER SEQUENCE ' || one.name || ' RESTART';
  END LOOP;
  EXECUTE format('UPDATE %I.stores SET used = FALSE', current_database() || '._shared');
END $$
"""


class Database:
    """A database with a login for the gateway; its owner is the server's superuser.

    Its name ends the names of roles of its own, which belong to the whole server.
    """

    def __init__(self) -> None:
        self.name = f"fg_{uuid4().hex[:12]}"
        self.service = f"{self.name}_service"
        self._server = server()

    @property
    def owner(self) -> PostgresqlPlace:
        """By the login that migrates."""
        return PostgresqlPlace(f"{self._server}/{self.name}")

    @property
    def place(self) -> PostgresqlPlace:
        """By the login of the gateway."""
        return self.by(self.service)

    def by(self, login: str) -> PostgresqlPlace:
        """By another login."""
        return PostgresqlPlace(f"{self._server}/{self.name}".replace("postgres@", f"{login}@"))

    def do(self, *statements: str) -> None:
        """Execute statements as the superuser, in no transaction."""
        self._do(self.name, statements)

    def make(self) -> None:
        """Make the database, in another order of texts than SQLite's, and the login."""
        self._do(
            "postgres",
            [
                f"CREATE DATABASE {self.name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
                f"CREATE ROLE {self.service} LOGIN NOINHERIT",
            ],
        )

    def clear(self) -> None:
        """Delete all rows, and number the next ones from 1."""
        self.do(_END_CONNECTIONS.format(self.service), _CLEAR)

    def drop(self) -> None:
        """Remove all of it."""
        roles = f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{self.name}%'"
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")  # type: ignore[arg-type]
            for (role,) in connection.execute(roles).fetchall():  # type: ignore[arg-type]
                connection.execute(f'DROP ROLE "{role}"')  # type: ignore[arg-type]

    def _do(self, database: str, statements: Iterable[str]) -> None:
        with psycopg.connect(f"{self._server}/{database}", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement, prepare=False)  # type: ignore[arg-type]


@contextmanager
def database(*tenants: str) -> Iterator[Database]:
    """A database that is ready for tenants, as long as the block lasts."""
    made = Database()
    made.make()
    try:
        prepare(made.owner, made.service, tenants)
        yield made
    finally:
        made.drop()
