"""Reduced grid models, offline: for the grid operator's own machine."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import FAILED, err, fail, out
from gateway.extras import how_to_install

app = typer.Typer(
    no_args_is_help=True,
    help="Build and check reduced grid models where the grid is; the full grid never leaves that place.",
)

_FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]
"""With a zone: a time without one would be a guess."""


@app.command()
def build(
    network: Annotated[str, typer.Argument(help="A pandapower JSON file, or a network pandapower brings.")],
    output: Annotated[Path, typer.Argument(help="Where the model goes.", dir_okay=False)],
    grid_id: Annotated[str, typer.Option(help="Name of the grid at the gateway.")],
    valid_from: Annotated[datetime, typer.Option(formats=_FORMATS, help="Such as 2026-03-01T00:00Z.")],
    valid_to: Annotated[datetime, typer.Option(formats=_FORMATS, help="End of the model's validity.")],
    lowest_mw: Annotated[float, typer.Option(max=0, help="Sum of all down activations it must hold for.")],
    highest_mw: Annotated[float, typer.Option(min=0, help="Sum of all up activations it must hold for.")],
    point_mw: Annotated[float, typer.Option(min=0, help="Largest activation of one connection point.")],
    points: Annotated[
        Path | None, typer.Option(help="Operating points (JSON); without it, the state of the network.")
    ] = None,
    external_grid: Annotated[int | None, typer.Option(help="Which part of a network with several.")] = None,
    area: Annotated[str | None, typer.Option(help="EIC of the area.")] = None,
    max_loading_pct: Annotated[
        float, typer.Option(min=1, help="Share of the rating that may be used.")
    ] = 100.0,
    level_mw: Annotated[
        list[float] | None,
        typer.Option(help="A total activation with sensitivities of its own; several, over the whole band."),
    ] = None,
) -> None:
    """Build a reduced model of a grid: limits, base flows, signed sensitivities, a measured error band.

    A network file of pandapower can run code when read: use your own only. Needs the extra `grid`.
    """
    try:
        from gateway.grids.build import Band, NetworkError
        from gateway.grids.build_command import build_command
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed; install the extra 'grid': {how_to_install(['grid'])}")
    from gateway.domain.market_time import Interval, MarketTimeError
    from gateway.grids.exchange import GridModelError

    try:
        build_command(
            network,
            output,
            grid_id=grid_id,
            validity=Interval(valid_from, valid_to),
            band=Band(lowest_mw, highest_mw, point_mw),
            points=points,
            external_grid=external_grid,
            area=area,
            max_loading_pct=max_loading_pct,
            levels_mw=sorted(level_mw or ()),
            echo=lambda line: out.print(line, markup=False),
        )
    except (NetworkError, GridModelError, MarketTimeError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Models, as JSON.", metavar="FILE…")],
) -> None:
    """Say whether a gateway would take these models, and everything that is wrong with them.

    Exit code 0: all would be taken; 1: not all.
    """
    from gateway.grids.check_command import check_command

    faulty = False
    for file in files:
        try:
            findings = check_command(file)
        except OSError as error:
            fail(f"{file}: {error.strerror}")
        faulty = faulty or bool(findings)
        out.print(f"{file}: {'would be refused' if findings else 'would be taken'}", markup=False)
        for finding in findings:
            err.print(f"  {finding}", markup=False)
    if faulty:
        raise typer.Exit(FAILED)
