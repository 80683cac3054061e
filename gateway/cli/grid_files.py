"""Grid files of CGMES: what is in them. Offline, for the grid operator's own machine."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.api_client import AsJson, print_json
from gateway.cli.screen import fail, out
from gateway.extras import how_to_install


def read(
    paths: Annotated[
        list[Path], typer.Argument(help="CGMES files, folders and zips of one grid.", metavar="PATH…")
    ],
    as_json: AsJson = False,
) -> None:
    """Read CGMES 2.4.15 or 3.0: what is in it, and does its power flow equal the state that it delivers?

    Exit code 1: refused, with file, line and rule. Needs the extra \\[grid].
    """
    try:
        from gateway.grids.cgmes.read_command import read_command
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed; install the extra 'grid': {how_to_install(['grid'])}")
    found = read_command(paths)
    refused = found["refused"]
    if as_json:
        print_json(found)
    elif refused is None:
        counts = ", ".join(
            f"{found[key]} {key}" for key in ("buses", "branches", "transformers", "injections")
        )
        out.print(f"CGMES {found['version']}, {len(found['models'])} models: {counts}", markup=False)
        for each in found["skipped"]:
            out.print(f"skipped: {each['file']}: {each['reason']}", markup=False)
        for remark in found["remarks"]:
            out.print(f"remark: {remark}", markup=False)
        if found["sv_max_dv_pu"] is None:
            out.print("no solved state (SV) is delivered: nothing to compare the power flow with")
        else:
            out.print(
                f"power flow differs from the solved state by up to {found['sv_max_dv_pu']:.5f} p.u. "
                f"and {found['sv_max_da_deg']:.4f}°",
                markup=False,
            )
    if refused is not None:
        where = f"{refused['file']}:{refused['line']}" if refused["line"] else refused["file"]
        fail(f"{where}: {refused['detail']} (rule: {refused['rule']})")


def inspect(
    paths: Annotated[list[Path], typer.Argument(help="CGMES 2.4.15 files and folders.", metavar="PATH…")],
    wanted: Annotated[str, typer.Option("--object", help="mRID of an object.")],
) -> None:
    """Show an object of CGMES 2.4.15 files with all its attributes. Needs the extra \\[cim-objects]."""
    try:
        from gateway.grids.cgmes.read_command import inspect_command

        found = inspect_command(paths, wanted)
    except ModuleNotFoundError as error:
        extras = ["cim-objects", "grid"]
        fail(f"{error.name} is not installed; install the extras: {how_to_install(extras)}")
    except KeyError:
        fail(f"no object {wanted} in these files")
    except ValueError as error:
        fail(str(error))
    print_json(found)


def add_to(app: typer.Typer) -> None:
    """Add these commands to `flexgate grid`."""
    for command in (read, inspect):
        app.command()(command)
