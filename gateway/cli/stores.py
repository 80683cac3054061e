"""Make the database of a gateway ready."""

from typing import Annotated

import typer

from gateway.cli.run import CONFIG, ConfigFile
from gateway.cli.screen import fail, out
from gateway.domain.counted import counted

app = typer.Typer(no_args_is_help=True, help="The stores of a gateway whose records are in PostgreSQL.")


@app.callback()
def _of_all() -> None:
    """The stores of a gateway whose records are in PostgreSQL."""


@app.command()
def prepare(
    login: Annotated[
        str,
        typer.Option(
            help="Login that may create schemas and roles in the database of [store] url. It owns what it "
            "makes; the gateway itself never uses it.",
            envvar="FLEXGATE_STORE_OWNER",
        ),
    ],
    config: ConfigFile = CONFIG,
) -> None:
    """Make schema, role and tables of every tenant that has none yet; what is there stays as it is.

    Needed before the first start, and after tenants were added to the configuration. The password of the
    login comes from PGPASSWORD, or the file that PGPASSFILE names.
    """
    from gateway.ports import StoreUnavailableError
    from gateway.records.engine.postgresql.place import PostgresqlPlace, StoreAddressError
    from gateway.records.engine.store import OtherVersionError
    from gateway.settings import SettingsError, read_settings

    try:
        settings = read_settings(config)
    except SettingsError as error:
        fail(str(error))
    if not isinstance(settings.store, PostgresqlPlace):
        fail(f"{config}: there is no [store] url; files are made by themselves")
    from gateway.records.engine.postgresql.prepare import CannotPrepareError
    from gateway.records.engine.postgresql.prepare import prepare as make_missing

    service = settings.store.url.username or ""
    try:
        owner = PostgresqlPlace(settings.store.url.set(username=login).render_as_string())
        made = make_missing(owner, service, settings.tenants)
    except (CannotPrepareError, StoreAddressError, StoreUnavailableError, OtherVersionError) as error:
        fail(str(error))
    out.print(f"{counted(len(made), 'store')} made of {len(settings.tenants) + 1}", markup=False)
