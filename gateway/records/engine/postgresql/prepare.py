"""Makes a database ready: schemas, roles, tables and rights. It needs a login of its own, the owner of them
all, which the gateway never uses."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from gateway.records.engine.port import SHARED
from gateway.records.engine.postgresql.connections import Connections
from gateway.records.engine.postgresql.names import Names, quoted
from gateway.records.engine.postgresql.place import PostgresqlPlace
from gateway.records.engine.postgresql.register import COLUMNS
from gateway.records.engine.store import OtherVersionError, fingerprint, shared_tables, tenant_tables

OLDEST_SERVER: Final = 150000
"""PostgreSQL 15: before, everybody may make tables in the schema `public`."""

MOST_TENANTS: Final = 500
"""Schemas in one database: what was designed for."""

_LOCK: Final = 0x466C6578
"""One at a time prepares a database."""


class CannotPrepareError(Exception):
    """The database, or a login, is not as it must be."""


def prepare(owner: PostgresqlPlace, service: str, tenants: Iterable[str]) -> Sequence[str]:
    """Make all stores that are missing, in one transaction; return their names.

    Args:
        owner: login that may create schemas and roles; it owns what it makes.
        service: login of the gateway, which must be there; it may do nothing but take on the roles of stores.

    Raises:
        CannotPrepareError: says what is to be changed.
        OtherVersionError: a store is there with tables of another version.
    """
    wanted = [SHARED, *tenants]
    if len(wanted) - 1 > MOST_TENANTS:
        raise CannotPrepareError(f"{len(wanted) - 1} tenants; one database is for {MOST_TENANTS} at most")
    connections = Connections(owner)
    try:
        begin = f"BEGIN; SELECT pg_advisory_xact_lock({_LOCK})"
        with connections.begun(begin, "") as (connection, _), connection.begin():
            return _Preparation(connection, owner.names, service).make(wanted)
    except DBAPIError as error:
        raise CannotPrepareError(f"{owner}: {error.orig}".strip()) from error
    finally:
        connections.rest()


class _Preparation:
    def __init__(self, connection: Connection, names: Names, service: str) -> None:
        self._connection = connection
        self._names = names
        self._service = service
        self._server = int(self._scalar("SHOW server_version_num"))

    def make(self, wanted: Sequence[str]) -> Sequence[str]:
        self._check_server()
        self._check_service()
        made = [name for name in wanted if self._make_missing(name)]
        for name in set(wanted) - set(made):
            self._check_version(name)
        return made

    def _check_server(self) -> None:
        if self._server < OLDEST_SERVER:
            raise CannotPrepareError(f"PostgreSQL {self._server // 10000}: 15 or later is needed")
        encoding = self._scalar("SHOW server_encoding")
        if encoding != "UTF8":
            raise CannotPrepareError(f"the database's encoding is {encoding}: UTF8 is needed")

    def _check_service(self) -> None:
        statement = "SELECT rolsuper OR rolbypassrls, rolinherit FROM pg_roles WHERE rolname = %s"
        found = self._connection.exec_driver_sql(statement, (self._service,)).one_or_none()
        login = quoted(self._service)
        if found is None:
            raise CannotPrepareError(f"there is no login {login}: CREATE ROLE {login} LOGIN NOINHERIT")
        may_all, inherits = found
        if may_all:
            raise CannotPrepareError(f"{login} may read everything: take another login for the gateway")
        if inherits:
            raise CannotPrepareError(
                f"{login} has the rights of all tenants at once: ALTER ROLE {login} NOINHERIT"
            )

    def _make_missing(self, name: str) -> bool:
        schema, role = self._names.of(name), self._names.quoted(name)
        if self._scalar("SELECT count(*) FROM pg_namespace WHERE nspname = %s", schema):
            return False
        tables = _tables_of(name)
        if not self._scalar("SELECT count(*) FROM pg_roles WHERE rolname = %s", schema):
            self._do(f"CREATE ROLE {role} NOLOGIN")
        inherited = " WITH INHERIT FALSE" if self._server >= 160000 else ""
        self._do(f"GRANT {role} TO {quoted(self._service)}{inherited}")
        self._do(f"CREATE SCHEMA {role}")
        tables.create_all(
            self._connection.execution_options(schema_translate_map={None: schema}), checkfirst=False
        )
        self._do(f"GRANT USAGE ON SCHEMA {role} TO {role}")
        self._do(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {role} TO {role}")
        if name == SHARED:
            service = quoted(self._service)
            self._do(f"CREATE TABLE {self._names.register} ({COLUMNS})")
            self._do(f"GRANT USAGE ON SCHEMA {role} TO {service}")
            self._do(f"GRANT SELECT, UPDATE ON {self._names.register} TO {service}")
        self._connection.exec_driver_sql(
            f"INSERT INTO {self._names.register} (name, version) VALUES (%s, %s)",
            (name, fingerprint(tables)),
        )
        return True

    def _check_version(self, name: str) -> None:
        statement = f"SELECT version FROM {self._names.register} WHERE name = %s"
        if self._scalar(statement, name) != fingerprint(_tables_of(name)):
            raise OtherVersionError(
                f"database {self._names.database}, store {name} belongs to another version of the gateway"
            )

    def _scalar(self, statement: str, *values: str) -> Any:
        return self._connection.exec_driver_sql(statement, values or None).scalar()

    def _do(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)


def _tables_of(name: str) -> MetaData:
    return shared_tables if name == SHARED else tenant_tables
