"""Our schemas beside published ones."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import FAILED, fail, out

app = typer.Typer(no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """Compare our schemas with published ones."""


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(help="Where published XSD files lie, in any folders below.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Compare our schemas and code lists with published ones, element by element, and list every difference.

    Exit code 0: they say the same; 1: they differ, or nothing was found to compare.
    """
    from esmp.verification import verify as compared

    try:
        result = compared(directory)
    except OSError as error:
        fail(str(error))
    if as_json:
        sys.stdout.write(json.dumps(result.as_json(), ensure_ascii=False, indent=1) + "\n")
    else:
        for difference in result.differences:
            out.print(str(difference), markup=False)
        compared_with = f"{len(result.versions)} versions of {len(result.families)} families"
        out.print(f"{compared_with} compared, {len(result.differences)} differences")
        if result.not_found:
            out.print(f"no published schema here of: {', '.join(result.not_found)}", markup=False)
    if result.differences or not result.versions:
        raise typer.Exit(FAILED)
