"""Reduced grid models, offline: for the grid operator's own machine."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.own_names import KeyFiles, OwnNames, print_points
from gateway.cli.screen import FAILED, err, fail, finite, out, print_table
from gateway.cli.unplaced import print_lost, print_unplaced, unplaced_units
from gateway.extras import how_to_install

app = typer.Typer(
    no_args_is_help=True,
    help="Build and check reduced grid models where the grid is; the full grid never leaves that place.",
)

_FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]
"""With a zone: a time without one would be a guess."""


@app.command()
def build(
    network: Annotated[
        str,
        typer.Argument(help="CGMES (folder, zip, XML), pandapower JSON, or a network of pandapower."),
    ],
    output: Annotated[Path, typer.Argument(help="Where the model goes.", dir_okay=False)],
    grid_id: Annotated[str, typer.Option(help="Name of the grid at the gateway.")],
    valid_from: Annotated[datetime, typer.Option(formats=_FORMATS, help="Such as 2026-03-01T00:00Z.")],
    valid_to: Annotated[datetime, typer.Option(formats=_FORMATS, help="End of the model's validity.")],
    lowest_mw: Annotated[
        float, typer.Option(callback=finite, max=0, help="Sum of all down activations it must hold for.")
    ],
    highest_mw: Annotated[
        float, typer.Option(callback=finite, min=0, help="Sum of all up activations it must hold for.")
    ],
    point_mw: Annotated[
        float, typer.Option(callback=finite, min=0, help="Largest activation of one connection point.")
    ],
    also: Annotated[
        list[Path] | None, typer.Option(help="More CGMES files, such as the boundary; once for each.")
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="Operating points (JSON); without it, the state of the network.")
    ] = None,
    external_grid: Annotated[int | None, typer.Option(help="Which part of a network with several.")] = None,
    area: Annotated[str | None, typer.Option(help="EIC of the area.")] = None,
    max_loading_pct: Annotated[
        float, typer.Option(callback=finite, min=1, help="Share of the rating that may be used.")
    ] = 100.0,
    level_mw: Annotated[
        list[float] | None,
        typer.Option(
            callback=finite,
            help="A total activation with sensitivities of its own; several, over the complete band.",
        ),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            help="What the model limits; several times: `flow` (active power; the default), `current` (at "
            "both ends of branches, reactive power included), `voltage`."
        ),
    ] = None,
    lowest_pu: Annotated[
        float | None, typer.Option(callback=finite, min=0, help="Lowest voltage of every bus, p.u.")
    ] = None,
    highest_pu: Annotated[
        float | None, typer.Option(callback=finite, min=0, help="Highest voltage of every bus, p.u.")
    ] = None,
    monitored: Annotated[
        str,
        typer.Option(
            help="Which elements the model has: `reachable` (the band can bring it to half of its limit), "
            "`all`, or a file that names one a line."
        ),
    ] = "reachable",
    connection_points: Annotated[
        Path | None,
        typer.Option(
            help='Which buses, and the ids agreed for them (JSON: {"bus name": "id"}).', dir_okay=False
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="Key of the pseudonyms, made where there is none; without it GRID_ID.key next to the model.",
            dir_okay=False,
        ),
    ] = None,
    own_names: Annotated[
        bool, typer.Option("--own-names", help="Let the network's own names leave, without pseudonyms.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Where to write what is left out, and what others can conclude.", dir_okay=False),
    ] = None,
) -> None:
    """Build a reduced model of a grid: limits, base flows, signed sensitivities, a measured error band.

    Elements and connection points get pseudonyms; the key file resolves them and never leaves. A network file
    of pandapower can run code when read: use your own only. Needs the extra \\[grid].
    """
    try:
        from gateway.grids.build import NetworkError
        from gateway.grids.build_command import Names, build_command
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed; install the extra 'grid': {how_to_install(['grid'])}")
    from gateway.domain.grid import Band
    from gateway.domain.market_time import Interval, MarketTimeError
    from gateway.grids.exchange import GridModelError
    from gateway.grids.pseudonyms import PseudonymKeyFileError
    from gateway.grids.row_candidates import RowKind

    try:
        band = Band(lowest_mw, highest_mw, point_mw)
        rows = [RowKind(each) for each in row or ["flow"]]
    except ValueError as error:
        fail(str(error))
    if (lowest_pu is None) is not (highest_pu is None):
        fail("--lowest-pu and --highest-pu belong together")
    key = None if own_names else key_file or output.with_name(f"{grid_id}.key")
    try:
        build_command(
            network,
            output,
            grid_id=grid_id,
            validity=Interval(valid_from, valid_to),
            band=band,
            names=Names(key, connection_points),
            points=points,
            more=also or (),
            monitored=monitored,
            external_grid=external_grid,
            area=area,
            max_loading_pct=max_loading_pct,
            levels_mw=sorted(level_mw or ()),
            rows=rows,
            voltage_pu=None if lowest_pu is None or highest_pu is None else (lowest_pu, highest_pu),
            report_file=report,
            echo=lambda line: out.print(line, markup=False),
            warn=lambda line: err.print(line, style="bold yellow", markup=False),
        )
    except (NetworkError, GridModelError, MarketTimeError, PseudonymKeyFileError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


@app.command()
def disclosure(
    model: Annotated[Path, typer.Argument(help="A model, as JSON.", dir_okay=False)],
    key_file: Annotated[
        Path | None, typer.Option(help="Show your own names next to the pseudonyms.", dir_okay=False)
    ] = None,
) -> None:
    """Show what a reader of a model can conclude about the grid behind it, e.g. its tree."""
    from gateway.grids import exchange
    from gateway.grids.disclosure import conclusions
    from gateway.grids.disclosure import disclosure as concluded

    try:
        read = exchange.read(model.read_bytes())
    except exchange.GridModelError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    known = OwnNames(None if key_file is None else [key_file])
    for line in conclusions(read, concluded(read), known.with_name):
        out.print(line, markup=False)
    known.look_at(" ".join([*(element.element_id for element in read.elements), *read.connection_points]))
    known.print_unknown()


@app.command()
def points(
    model: Annotated[Path, typer.Argument(help="A model, as JSON.", dir_okay=False)],
    key_files: KeyFiles = None,
) -> None:
    """List the connection points of a model by the ids that system operators assign units to. Works offline.

    With --key-file your own names are shown beside them.
    """
    from gateway.grids import exchange

    try:
        read = exchange.read(model.read_bytes())
    except exchange.GridModelError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    known = OwnNames(key_files)
    nodes, references = (
        [(node,) for node in which] for which in (read.connection_points, read.unmoving_references())
    )
    print_points(nodes, key_files, "connection point", references=references)
    known.look_at(" ".join(read.connection_points))
    known.print_unknown()


@app.command()
def resolve(
    file: Annotated[Path, typer.Argument(help="Explanations or any other text; - for standard input.")],
    key_files: Annotated[
        list[Path],
        typer.Option("--key-file", help="The key file that `grid build` wrote; once for each grid."),
    ],
) -> None:
    """Put your own names in place of pseudonyms, e.g. in the explanations of a run. Works offline."""
    known = OwnNames(key_files)
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    out.print(known(text), markup=False)
    known.print_unknown()


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Models, as JSON.", metavar="FILE…")],
) -> None:
    """Print whether a gateway would accept these models, all their faults, and what is unusual.

    Exit code 0: all would be taken; 1: not all.
    """
    from gateway.grids.check_command import check_command

    faulty = False
    for file in files:
        try:
            findings, remarks = check_command(file)
        except OSError as error:
            fail(f"{file}: {error.strerror}")
        faulty = faulty or bool(findings)
        out.print(f"{file}: {'would be refused' if findings else 'would be taken'}", markup=False)
        for finding in findings:
            err.print(f"  {finding}", markup=False)
        for remark in remarks:
            out.print(f"  remark: {remark}", markup=False)
    if faulty:
        raise typer.Exit(FAILED)


@app.command()
def push(
    model: Annotated[Path, typer.Argument(help="A model, as JSON.", dir_okay=False)],
    credentials: CredentialsFile,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Put a model into use at a running gateway, as the operator of its grid.

    flexgate grid push model.json --credentials dso-east.json
    """
    from gateway.grids.check_command import check_command

    try:
        findings = check_command(model).findings  # before anything leaves: a key file, too, is JSON
        data = model.read_bytes()
    except OSError as error:
        fail(f"{model}: {error.strerror}")
    if findings:
        fail(f"{model} would be refused, so it is not sent:" + "".join(f"\n  {each}" for each in findings))
    grid = str(json.loads(data)["grid"])
    with connected(url, credentials) as call:
        answer = call("PUT", f"/v1/grids/{quote(grid, safe='')}/models", data)
        unplaced = unplaced_units(call, grid)
    if as_json:
        print_json(answer)
    else:
        validity = answer["validity"]
        out.print(
            f"model {answer['model_id']} of {grid} counts from {validity['start']} to {validity['end']}"
            + ("; unchanged, it was in use already" if answer["unchanged"] else ""),
            markup=False,
        )
        for remark in answer["remarks"]:
            out.print(f"remark: {remark}", markup=False)
        print_lost(answer)
        print_unplaced(grid, unplaced)


@app.command("list")
def listed(
    credentials: CredentialsFile,
    grid: Annotated[str | None, typer.Argument(help="One grid; left out, all of yours.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the models of your grids, newest first.

    flexgate grid list --credentials dso-east.json
    """
    path = "/v1/grids" if grid is None else f"/v1/grids/{quote(grid, safe='')}/models"
    with connected(url, credentials) as call:
        answer = call("GET", path)
    if as_json:
        print_json(answer)
        return
    if not answer["models"]:
        out.print("no model yet; `flexgate grid push` puts one into use")
        return
    table = Table("grid", "model", "valid from", "to", "elements", "points", "withdrawn")
    for each in answer["models"]:
        period = each["validity"]
        sizes = str(each["elements"]), str(each["nodes"])
        table.add_row(
            each["grid_id"],
            str(each["model_id"]),
            period["start"],
            period["end"],
            *sizes,
            each["withdrawn_at"] or "",
        )
    print_table(table)


@app.command()
def withdraw(
    grid: str, model_id: int, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False
) -> None:
    """Withdraw a model: the next newest replaces it.

    flexgate grid withdraw north-20kv 1 --credentials dso-east.json
    """
    with connected(url, credentials) as call:
        answer = call("DELETE", f"/v1/grids/{quote(grid, safe='')}/models/{model_id}")
        unplaced = unplaced_units(call, grid)
    if as_json:
        print_json(answer)
    else:
        since = f"was withdrawn already, at {answer['withdrawn_at']}: nothing has changed"
        out.print(
            f"model {model_id} of {grid} {since if answer['unchanged'] else 'is withdrawn'}", markup=False
        )
        print_unplaced(grid, unplaced)
