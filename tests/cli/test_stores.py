"""`flexgate store prepare`: what it makes, and what it says where it cannot."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.commands import app
from gateway.records.engine.stores import Stores
from gateway.settings import read_settings
from tests.postgresql import Database, database


def configured(directory: Path, url: str | None) -> Path:
    result = CliRunner().invoke(app, ["init", str(directory)])
    assert result.exit_code == 0, result.output
    file = directory / "flexgate.toml"
    if url is not None:
        file.write_text(file.read_text("utf-8") + f'\n[store]\nurl = "{url}"\n', "utf-8")
    return file


def prepare(file: Path, login: str = "postgres") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["store", "prepare", "--login", login, "--config", str(file)])
    return result.exit_code, " ".join(result.output.split())


def test_every_tenant_gets_a_store_once(tmp_path: Path) -> None:
    with database() as made:
        file = configured(tmp_path / "mygate", str(made.place))
        settings = read_settings(file)
        count = len(settings.tenants)
        assert prepare(file) == (0, f"{count} stores made of {count + 1}")  # the shared one was there
        assert prepare(file) == (0, f"0 stores made of {count + 1}")
        stores = Stores(settings.store, settings.tenants)
        stores.check()
        assert stores.written() == ()
        stores.close()


def test_a_login_that_may_not_is_named_with_what_the_server_says(tmp_path: Path) -> None:
    with database() as made:
        file = configured(tmp_path / "mygate", str(made.place))
        code, said = prepare(file, made.service)
        assert code == 1
        assert "permission denied" in said
        code, said = prepare(file, "nobody")
        assert code == 1
        assert 'role "nobody" does not exist' in said
        assert _stores_in(made) == 1


def _stores_in(made: Database) -> int:
    stores = Stores(made.place, [])
    with stores.shared.reading() as uow:
        schemas = uow.exec_driver_sql(
            f"SELECT count(*) FROM pg_namespace WHERE nspname LIKE '{made.name}.%%'"
        )
        count = int(schemas.scalar())
    stores.close()
    return count


def test_without_a_database_there_is_nothing_to_prepare(tmp_path: Path) -> None:
    code, said = prepare(configured(tmp_path / "mygate", None))
    assert code == 1
    assert "there is no [store] url" in said


@pytest.mark.parametrize(
    ("url", "stated"),
    [
        ("postgresql://gateway:secret@db.example/flexgate", "store.url: leave the password out"),
        ("sqlite:///flexgate.db", "store.url: 'sqlite': an address is postgresql://USER@HOST:PORT/DATABASE"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_fault_of_the_configuration(
    tmp_path: Path, url: str, stated: str
) -> None:
    code, said = prepare(configured(tmp_path / "mygate", url))
    assert code == 1
    assert stated in said
    assert "secret" not in said
