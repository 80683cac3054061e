"""The complete command line."""

import os
from importlib.metadata import version
from typing import Annotated

import typer

from gateway.cli import (
    channels,
    clients,
    conformance,
    conformance_run,
    deadletters,
    documents,
    emulate,
    formats,
    gates,
    grants,
    grid_answers,
    grid_files,
    grids,
    inbox,
    levels,
    optimise,
    outbox,
    policy,
    resources,
    routes,
    run,
    sample_files,
    schemas,
    stores,
)
from gateway.cli.screen import out


def _version(requested: bool) -> None:
    if requested:
        out.print(f"flexgate {version('flexgate-market-gateway')}", markup=False)
        raise typer.Exit


app = typer.Typer(
    name="flexgate",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Flexgate connects market platforms, system operators and flexibility providers.\n\n"
    "[bold]Run it:[/bold] `flexgate init DIR`, then `flexgate serve --config DIR/flexgate.toml`.\n\n"
    "[bold]See it:[/bold] `flexgate demo` plays one day of two platforms, two DSOs and a TSO.\n\n"
    "[bold]Offline:[/bold] `validate` and `convert` work on documents, `grid` on grid models, "
    "`optimise` and `compare-levels` on problems.\n\n"
    "Faults go to stderr; the exit code is 0 only when everything requested succeeded.",
)


@app.callback()
def _of_all(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""


app.command("serve")(run.serve)
app.command("init")(run.init)
app.command("secret")(run.secret)
app.command("demo")(run.demo)
app.command("validate")(documents.validate)
app.command("convert")(documents.convert)
app.command("sample")(sample_files.sample)
app.command("optimise")(optimise.optimise)
app.command("compare-levels")(levels.compare_levels)
app.command("policy")(policy.policy)
app.add_typer(gates.app, name="gate")
app.add_typer(clients.app, name="client")
conformance.app.command("run")(conformance_run.run)
conformance.app.command("steps")(conformance_run.steps)
app.add_typer(conformance.app, name="conformance")
emulate.add_to(conformance_run.emulators)
app.add_typer(conformance_run.emulators, name="emulate")
app.add_typer(inbox.app, name="document")
app.add_typer(outbox.app, name="outbox")
app.add_typer(channels.app, name="channel")
app.add_typer(deadletters.app, name="deadletter")
app.add_typer(routes.app, name="routes")
app.add_typer(grants.app, name="grants")
grid_answers.add_to(grids.app)
grid_files.add_to(grids.app)
app.add_typer(grids.app, name="grid")
app.add_typer(resources.app, name="resources")
app.add_typer(formats.app, name="formats")
app.add_typer(schemas.app, name="schemas")
app.add_typer(stores.app, name="store")


def main() -> None:
    """The entry point of `flexgate`."""
    # Before anything imports numpy: on matrices of our sizes BLAS threads mostly wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    app()
