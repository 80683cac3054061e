"""What holds of stores in PostgreSQL alone: roles, rights, a server that goes away, and clear errors."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import func, literal, select
from sqlalchemy.exc import DataError

from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.ports import StoreUnavailableError
from gateway.records.engine.port import SHARED
from gateway.records.engine.postgresql.place import PostgresqlPlace, StoreAddressError
from gateway.records.engine.postgresql.prepare import CannotPrepareError, prepare
from gateway.records.engine.postgresql.register import NotPreparedError
from gateway.records.engine.store import OtherVersionError, shared_tables, tenant_tables
from gateway.records.engine.stores import Stores
from gateway.records.market import bids
from gateway.records.messages import bookmarks, outbox, webhooks
from tests.postgresql import Database
from tests.records.test_bids import collected

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MESSAGE = Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<a/>")


@pytest.fixture
def stores(postgresql: Database) -> Iterator[Stores]:
    opened = Stores(postgresql.place, ["north", "south"])
    yield opened
    opened.close()


def fill(stores: Stores) -> None:
    """Give both tenants something that the other must not see."""
    for store in (stores.of("north"), stores.of("south")):
        with store.writing() as uow:
            outbox.put(uow, MESSAGE, NOON)
            webhooks.put(uow, f"https://{store.name}.example", NOON)
            bids.put(uow, [collected("a")])


def readable(database: Database, login: str) -> dict[str, object]:
    """What a login reads of each of our tables, views and sequences: a number of rows, or the refusal."""
    found: dict[str, object] = {}
    objects = f"""
        SELECT format('%I.%I', n.nspname, c.relname), c.relkind FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname LIKE '{database.name}.%' AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
    """
    with psycopg.connect(database.by(login).address, autocommit=True) as connection:
        for name, kind in connection.execute(objects).fetchall():  # type: ignore[arg-type]
            statement = f"SELECT last_value FROM {name}" if kind == "S" else f"SELECT count(*) FROM {name}"
            try:
                found[name] = connection.execute(statement).fetchall()[0][0]  # type: ignore[arg-type]
            except psycopg.errors.InsufficientPrivilege:
                found[name] = "refused"
    return found


@pytest.mark.feature(id="D2")
def test_a_tenants_own_login_reads_nothing_of_others(stores: Stores, postgresql: Database) -> None:
    fill(stores)
    login = f"{postgresql.name}_login"
    postgresql.do(f"CREATE ROLE {login} LOGIN", f'GRANT "{postgresql.name}.north" TO {login}')
    read = readable(postgresql, login)
    own = {name: rows for name, rows in read.items() if name.startswith(f'"{postgresql.name}.north"')}
    others = {name: rows for name, rows in read.items() if name not in own}
    assert set(others.values()) == {"refused"}
    assert len(others) > len(tenant_tables.tables) + len(shared_tables.tables)
    assert own[f'"{postgresql.name}.north".outbox'] == 1
    functions = f"""
        SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname LIKE '{postgresql.name}.%'
    """
    with psycopg.connect(postgresql.by(login).address) as connection:
        assert connection.execute(functions).fetchall() == [(0,)]  # type: ignore[arg-type]
        for statement in (
            f'SET ROLE "{postgresql.name}.south"',
            f'INSERT INTO "{postgresql.name}.south".bookmarks VALUES (1, 2)',
            f'DELETE FROM "{postgresql.name}.south".outbox',
            f'UPDATE "{postgresql.name}._shared".stores SET changes = 0',
            f'CREATE TABLE "{postgresql.name}.north".mine (a int)',
            "CREATE TABLE public.mine (a int)",
            f'COPY "{postgresql.name}.south".outbox TO STDOUT',
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[arg-type]
            connection.rollback()


def test_the_gateways_login_reads_nothing_without_a_role(stores: Stores, postgresql: Database) -> None:
    fill(stores)
    read = readable(postgresql, postgresql.service)
    assert read.pop(f'"{postgresql.name}._shared".stores') == 3
    assert set(read.values()) == {"refused"}


@pytest.mark.parametrize("kind", ["reading", "writing", "settled"])
def test_a_unit_of_work_of_one_tenant_cannot_name_another(
    stores: Stores, postgresql: Database, kind: str
) -> None:
    fill(stores)
    opened = getattr(stores.of("south"), kind)
    with pytest.raises(StoreUnavailableError, match="lacks rights"), opened() as uow:
        uow.exec_driver_sql(f'SELECT payload FROM "{postgresql.name}.north".outbox').all()
    with stores.of("south").reading() as uow:
        assert uow.exec_driver_sql("SELECT current_user").scalar() == f"{postgresql.name}.south"


def test_texts_have_the_order_of_their_bytes_whatever_the_database_says(stores: Stores) -> None:
    names = ["a", "B", "ä", "Z", "_", "z-1", "z1"]
    with stores.of("north").writing() as uow:
        bids.put(uow, [collected(name) for name in names])
        assert [one.bid_id for one in bids.of_gate(uow, "g1")] == sorted(names)
        assert uow.scalar(select(func.max(bids.bids.c.bid_id))) == "ä"
        assert uow.scalar(select(literal("B") < literal("a"))) is True


def test_numbers_become_visible_in_their_order(stores: Stores, postgresql: Database) -> None:
    """A puller that asks for what follows its last id must miss nothing."""
    writers = [Stores(postgresql.place, ["north", "south"]) for _ in range(3)]
    ended = threading.Event()
    seen: list[int] = []

    def pull() -> None:
        done = False
        while not done:
            done = ended.is_set()
            with stores.of("north").reading() as uow:
                seen.extend(one.id for one in outbox.after(uow, seen[-1] if seen else 0, 1000))

    def put(own: Stores) -> None:
        for _ in range(20):
            with own.of("north").writing() as uow:
                outbox.put(uow, MESSAGE, NOON)

    puller = threading.Thread(target=pull)
    puller.start()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(put, writers))
    ended.set()
    puller.join()
    assert seen == sorted(seen)
    assert len(seen) == 60
    for own in writers:
        own.close()


def test_every_write_counts_for_every_process_and_only_its_own_store(
    stores: Stores, postgresql: Database
) -> None:
    other = Stores(postgresql.place, ["north", "south"])
    before = stores.of("north").changes, stores.of("south").changes
    with other.of("north").writing() as uow:
        webhooks.put(uow, "https://north.example", NOON)
        assert stores.of("north").changes == before[0]  # what is read now is the state before
    assert stores.of("north").changes != before[0]
    assert stores.of("south").changes == before[1]
    with pytest.raises(RuntimeError), other.of("south").writing():
        raise RuntimeError
    assert stores.of("south").changes == before[1]
    other.close()


def cut_off(database: Database) -> None:
    """End all connections of the gateway, as a server does that is restarted."""
    database.do(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.service}'",
    )


def test_connections_that_a_restart_closed_are_made_again(stores: Stores, postgresql: Database) -> None:
    with stores.of("north").reading(), stores.of("south").reading(), stores.shared.reading():
        pass
    cut_off(postgresql)
    with stores.of("north").writing() as uow:
        webhooks.put(uow, "https://north.example", NOON)
    with stores.of("north").reading() as uow:
        assert webhooks.find(uow) is not None


@pytest.mark.parametrize("last", [True, False])
def test_what_is_cut_off_in_work_is_not_done_and_refused(
    stores: Stores, postgresql: Database, last: bool
) -> None:
    def write() -> None:
        with stores.of("north").writing() as uow:
            webhooks.put(uow, "https://north.example", NOON)
            cut_off(postgresql)
            if not last:
                webhooks.put(uow, "https://south.example", NOON)

    with pytest.raises(StoreUnavailableError, match="database"):
        write()
    with stores.of("north").reading() as uow:
        assert webhooks.find(uow) is None


def test_a_server_that_is_not_there_is_stated() -> None:
    stores = Stores(PostgresqlPlace("postgresql://nobody@127.0.0.1:1/none"), ["north"])
    with pytest.raises(StoreUnavailableError, match="no connection to the database"):
        stores.of("north").reading().__enter__()
    assert stores.faults() == ["there is no connection to the database"]
    stores.close()


def test_a_login_or_a_database_that_is_not_there_is_stated(postgresql: Database) -> None:
    for place in (postgresql.by("nobody"), PostgresqlPlace(postgresql.place.address + "x")):
        stores = Stores(place, ["north"])
        with pytest.raises(StoreUnavailableError, match=r"login|no such database|connection"):
            stores.of("north").reading().__enter__()
        stores.close()


def test_a_store_that_nobody_prepared_is_stated(postgresql: Database) -> None:
    stores = Stores(postgresql.place, ["east"])
    with pytest.raises(NotPreparedError, match="has no store east; `flexgate store prepare` makes it"):
        stores.of("east").reading().__enter__()
    stores.close()


def test_a_store_of_another_version_is_refused(postgresql: Database) -> None:
    register = f'"{postgresql.name}.{SHARED}".stores'
    kept = f"UPDATE {register} SET version = version {{}} 1 WHERE name = 'north'"
    postgresql.do(kept.format("+"))
    stores = Stores(postgresql.place, ["north"])
    try:
        with pytest.raises(OtherVersionError, match="store north belongs to another version"):
            stores.of("north").writing().__enter__()
        with pytest.raises(OtherVersionError, match="store north belongs to another version"):
            prepare(postgresql.owner, postgresql.service, ["north"])
    finally:
        postgresql.do(kept.format("-"))
        stores.close()


def test_a_role_without_rights_is_stated(stores: Stores, postgresql: Database) -> None:
    table = f'"{postgresql.name}.north".webhooks'
    postgresql.do(f'REVOKE INSERT ON {table} FROM "{postgresql.name}.north"')
    try:
        with (
            pytest.raises(StoreUnavailableError, match="lacks rights: `flexgate store prepare`"),
            stores.of("north").writing() as uow,
        ):
            webhooks.put(uow, "https://north.example", NOON)
    finally:
        postgresql.do(f'GRANT INSERT ON {table} TO "{postgresql.name}.north"')


def test_preparing_again_makes_what_is_missing(postgresql: Database) -> None:
    assert prepare(postgresql.owner, postgresql.service, ["north", "south"]) == []
    assert prepare(postgresql.owner, postgresql.service, ["north", "west-1"]) == ["west-1"]
    stores = Stores(postgresql.place, ["west-1"])
    with stores.of("west-1").writing() as uow:
        webhooks.put(uow, "https://west.example", NOON)
    stores.close()


@pytest.mark.parametrize(
    ("login", "options", "stated"),
    [
        ("none", None, "there is no login .*CREATE ROLE"),
        ("all", "SUPERUSER", "may read everything"),
        ("heir", "INHERIT", "ALTER ROLE .* NOINHERIT"),
    ],
)
def test_a_login_that_may_too_much_is_refused(
    postgresql: Database, login: str, options: str | None, stated: str
) -> None:
    name = f"{postgresql.name}_{login}"
    if options is not None:
        postgresql.do(f"CREATE ROLE {name} LOGIN {options}")
    with pytest.raises(CannotPrepareError, match=stated):
        prepare(postgresql.owner, name, ["north"])


def test_more_tenants_than_the_ceiling_are_refused(postgresql: Database) -> None:
    with pytest.raises(CannotPrepareError, match="501 tenants; one database is for 500 at most"):
        prepare(postgresql.owner, postgresql.service, [f"t{number}" for number in range(501)])


@pytest.mark.parametrize(
    ("address", "stated"),
    [
        ("postgresql://gateway:secret@db.example/flexgate", "leave the password out"),
        ("postgresql://gateway@db.example/flexgate?password=secret", "leave the password out"),
        ("mysql://gateway@db.example/flexgate", "'mysql': an address is postgresql://"),
        ("postgresql://db.example/flexgate", "user, host and database are needed"),
        ("postgresql://gateway@db.example", "user, host and database are needed"),
        ("somewhere", "an address is postgresql://"),
        ("postgresql://gateway@db.example/a-database-with-a-long-name", "may have 22 bytes"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secret(address: str, stated: str) -> None:
    with pytest.raises(StoreAddressError, match=stated) as refused:
        PostgresqlPlace(address)
    assert "secret" not in str(refused.value)


def test_a_text_that_the_database_cannot_hold_is_refused_and_nothing_is_done(stores: Stores) -> None:
    bookmark = bookmarks.TenantBookmark(stores.of("north"), "channel")
    bookmark.write("before")
    with pytest.raises(DataError, match="NUL"):
        bookmark.write("a\0b")
    assert bookmark.read() == "before"
