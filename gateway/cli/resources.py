"""Assign technical units to connection points at a running gateway, over its interface."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer
from rich.markup import escape
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.own_names import KeyFiles, print_points
from gateway.cli.screen import FAILED, err, fail, out, print_table
from gateway.domain.counted import counted

_CSV, _JSON = "text/csv", "application/json"

SHOWN: Final = 5
"""So many units are named; `--json` names all."""

Assignment = Annotated[
    Path, typer.Argument(help="JSON as `resources show` prints it, or CSV (by its name).", dir_okay=False)
]

app = typer.Typer(
    no_args_is_help=True,
    help="Assign technical units to connection points (as their system operator).",
)


@app.command()
def put(file: Assignment, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Replace the complete assignment; print which units are in it no more.

    flexgate resources put resources.json --credentials tso.json
    """
    answer = _sent("PUT", "/v1/resources", file, credentials, url)
    _print_answer(answer, "assigned", as_json=as_json)


@app.command()
def change(file: Assignment, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Change the units and resources that a file names; all others stay. In JSON null removes one.

    flexgate resources change moved.csv --credentials tso.json
    """
    answer = _sent("PATCH", "/v1/resources", file, credentials, url)
    _print_answer(answer, "assigned", as_json=as_json)


@app.command()
def check(
    file: Assignment,
    credentials: CredentialsFile,
    change: Annotated[
        bool,
        typer.Option(
            "--change", help="The file has some units only, as for `resources change`; others stay."
        ),
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Print the answer of the gateway to an assignment, or with --change to changes of it; nothing changes.

    Exit code 0: it would be taken without remarks; 1: not.

    flexgate resources check resources.json --credentials tso.json
    """
    query = f"?{urlencode({'change': 'true'})}" if change else ""
    answer = _sent("POST", f"/v1/resources/check{query}", file, credentials, url)
    _print_answer(answer, "would be assigned", as_json=as_json)
    if answer["remarks"]:
        raise typer.Exit(FAILED)


@app.command()
def show(credentials: CredentialsFile, url: Url = None) -> None:
    """Print the assignment in force, as JSON."""
    with connected(url, credentials) as call:
        print_json(call("GET", "/v1/resources"))


@app.command()
def points(
    credentials: CredentialsFile,
    grid: Annotated[str | None, typer.Argument(help="One grid; left out, all.")] = None,
    key_files: KeyFiles = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the connection points of the models in use, by the ids that an assignment names.

    An id is the name that the grid's operator agreed with others, else a pseudonym: that operator can
    resolve it. A column next to the ids resolves those of your own grids, with their key files.

    flexgate resources points north-20kv --credentials tso.json
    """
    query = "" if grid is None else f"?{urlencode({'grid_id': grid})}"
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/resources/connection-points{query}")
    if as_json:
        print_json(answer)
        return
    if not answer["grids"]:
        out.print(
            "no grid has a model in use" if grid is None else f"grid {grid} has no model in use", markup=False
        )
        return
    rows = [(one["grid_id"], node) for one in answer["grids"] for node in one["nodes"]]
    references = [(one["grid_id"], node) for one in answer["grids"] for node in one["unmoving"]]
    print_points(rows, key_files, "grid", "connection point", references=references)


@app.command()
def remarks(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Show units that any system operator has assigned to grids or points that are not there (operator).

    A system operator reads the same of its own units in the answer to `put`, `change` and `check`, the
    operator of a grid with `flexgate grid remarks`.

    flexgate resources remarks --credentials operator.json
    """
    with connected(url, credentials) as call:
        answer = call("GET", "/v1/resources/remarks")
    if as_json:
        print_json(answer)
        return
    if not answer["remarks"]:
        out.print("no remark: every assigned unit is at a point of a model in use")
        return
    table = Table("system operator", "unit", "remark")
    for one in answer["remarks"]:
        table.add_row(one["system_operator"], one["unit"], escape(one["detail"]))
    print_table(table)


def _sent(method: str, path: str, file: Path, credentials: Path, url: str | None) -> Any:
    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    with connected(url, credentials) as call:
        return call(method, path, data, _CSV if file.suffix.lower() == ".csv" else _JSON)


def _print_answer(answer: Mapping[str, Any], what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    units, pools = len(answer["connections"]), len(answer["participation"])
    out.print(f"{counted(units, 'unit')} and {counted(pools, 'resource')} of several units {what}")
    if dropped := answer["dropped_units"]:
        more = f" and {len(dropped) - SHOWN} more" if len(dropped) > SHOWN else ""
        named = escape(f"{counted(len(dropped), 'unit')}: {', '.join(dropped[:SHOWN])}{more}")
        err.print(f"[bold yellow]WARNING[/bold yellow] not in it any more: {named}")
    if answer["remarks"]:
        err.print("Remarks; bids behind a point that no model in use has are withheld until one has it:")
    for remark in answer["remarks"]:
        err.print(f"  {_place(remark)}: {remark['detail']}", markup=False)


def _place(remark: Mapping[str, Any]) -> str:
    """Where a remark belongs: the line of the CSV that was sent, or else the place in the assignment."""
    return remark["pointer"] if remark["line"] is None else f"line {remark['line']}"
