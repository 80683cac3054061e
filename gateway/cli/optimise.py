"""Put one problem file to the optimiser, without a gateway."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NoReturn

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway.cli.screen import FAILED, err, fail, out, print_table
from gateway.extras import how_to_install

if TYPE_CHECKING:
    from gateway.cli.outcome import OptimiseOutcome
    from gateway.optimiser.federated.coordinator import Round
    from gateway.optimiser.model.problem import Problem


Use = Literal["exact", "prefix"]
Rule = Literal["keep-limits", "meet-demand"]
"""As in `gateway.domain.gate`, which is slow to import."""

HIGHS: Final = "highs"
DEFAULT_BUDGET_S: Final = 30.0
_PYOMO: Final = "pyomo:"
_PYOMO_NAMES: Final = {"highs": "appsi_highs"}
_SECONDS: Final = {"ms": 0.001, "": 1.0, "s": 1.0, "min": 60.0}
_MOST_LIMITS: Final = 20
_UNITS: Final = {"mtus": "MTUs", "mw": "MW", "mwh": "MWh", "eur": "EUR", "pct": "%"}


def _duration_s(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|min|)", text)
    if found is None or float(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no duration such as 30s, 500ms or 2min")
    return float(found[1]) * _SECONDS[found[2]]


def optimise(
    problem: Annotated[
        Path, typer.Argument(metavar="PROBLEM", help="A problem.json, or a directory with one.", exists=True)
    ],
    use: Annotated[
        Use,
        typer.Option(
            help="How the lists are used. exact: just what is accepted for the stated demand; prefix: any "
            "amount of each list, in price order."
        ),
    ] = "exact",
    rule: Annotated[
        Rule | None,
        typer.Option(
            help="What comes first where demand and limits conflict (exact only): limits, or the "
            "demand, with limits exceeded as far as agreed. [value in the file, or keep-limits]",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="highs, or pyomo:NAME for a solver of Pyomo (exact only, no budget).")
    ] = HIGHS,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=_duration_s,
            metavar="TIME",
            help="When the answer must be there, such as 500ms or 2min. [30s]",
        ),
    ] = None,
    federated: Annotated[
        bool,
        typer.Option(
            help="Query every grid by prices, as operators that do not share their models (exact only)."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print figures and the complete answer as one JSON object.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw merit order and loadings to this file (.png, .svg, .pdf).", dir_okay=False),
    ] = None,
) -> None:
    """Print which bids the grids of a problem file can carry.

    Exit code 0: within every limit, and for exact lists with all demand met; 1: not so, or no answer;
    2: wrong use.
    """
    _check_use(use, rule, engine, budget, federated=federated)
    if plot is not None:
        _check_plot(plot)
    from gateway.domain.gate import DemandRule
    from gateway.optimiser.files.problem_file import read_problem
    from gateway.optimiser.model.checks import InvalidProblemError

    try:
        posed = read_problem(problem, apart=use == "prefix")
    except InvalidProblemError as error:
        fail(str(error))
    posed = posed if rule is None else replace(posed, rule=DemandRule(rule))
    seconds = DEFAULT_BUDGET_S if budget is None else budget
    limit = f"of at most {seconds:g} s" if engine == HIGHS else ""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn(limit),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        task = progress.add_task(f"{len(posed.bids.ids)} bids, {len(posed.grids)} grids, {posed.mtus} MTUs")
        if federated:
            outcome = _by_prices(posed, seconds, lambda text: progress.update(task, description=text))
        else:
            outcome = _answered(posed, use, engine, seconds)
    if as_json:
        put = {"use": use, "rule": posed.rule if use == "exact" else None}
        answer = {**put, "engine": engine, "federated": federated, **outcome.as_json(posed)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    else:
        _print(posed, outcome)
    if plot is not None:
        from gateway.cli.optimise_plot import draw

        try:
            draw(posed, outcome, plot)
        except OSError as error:
            fail(f"{plot}: {error.strerror}")
    if not outcome.holds:
        raise typer.Exit(FAILED)


def _check_use(use: Use, rule: Rule | None, engine: str, budget: float | None, *, federated: bool) -> None:
    if use == "prefix" and rule is not None:
        raise typer.BadParameter("prefix lists have no demand to meet", param_hint="--rule")
    if federated and use == "prefix":
        raise typer.BadParameter(
            "prefix lists have no demand to cover by prices", param_hint="--federated --use prefix"
        )
    if federated and engine != HIGHS:
        raise typer.BadParameter("a demand is covered by prices with highs only", param_hint="--federated")
    if engine == HIGHS:
        return
    if not engine.removeprefix(_PYOMO) or not engine.startswith(_PYOMO):
        raise typer.BadParameter(f"{engine!r} is neither highs nor pyomo:NAME", param_hint="--engine")
    if use == "prefix":
        raise typer.BadParameter("prefix lists are found by highs only", param_hint="--engine")
    if budget is not None:
        raise typer.BadParameter("a solver of Pyomo has no budget", param_hint="--budget")


def _check_plot(file: Path) -> None:
    """Before anything is solved: a drawing that cannot be made is better known now."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        _missing(error, "report")
    known = sorted(Figure().canvas.get_supported_filetypes())
    if file.suffix.removeprefix(".").lower() not in known:
        raise typer.BadParameter(f"{file} ends in none of {', '.join(known)}", param_hint="--plot")
    if not file.parent.is_dir():
        raise typer.BadParameter(f"there is no directory {file.parent}", param_hint="--plot")


def _answered(problem: "Problem", use: Use, engine: str, budget_s: float) -> "OptimiseOutcome":
    from gateway.cli.outcome import covered, safe_outcome
    from gateway.optimiser.deadline.demand import solve_with_deadline
    from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline

    if use == "prefix":
        return safe_outcome(problem, safe_merit_order_with_deadline(problem, budget_s))
    if engine == HIGHS:
        return covered(problem, solve_with_deadline(problem, budget_s))
    name = engine.removeprefix(_PYOMO)
    return _by_pyomo(problem, _PYOMO_NAMES.get(name, name))


def _by_prices(problem: "Problem", budget_s: float, show: Callable[[str], None]) -> "OptimiseOutcome":
    from gateway.cli.outcome import covered
    from gateway.optimiser.federated.member import cover_by_members
    from gateway.optimiser.model.checks import InvalidProblemError

    def report(one: "Round") -> None:
        show(f"round {one.number}: {one.open_mtus} MTUs open, gap {one.gap:.1e}")

    try:
        return covered(problem, cover_by_members(problem, budget_s, report))
    except InvalidProblemError as error:
        fail(str(error))


def _by_pyomo(problem: "Problem", name: str) -> "OptimiseOutcome":
    import logging

    from gateway.cli.outcome import covered

    logging.getLogger("pyomo").setLevel(logging.CRITICAL)  # its errors come as exceptions too
    try:
        import pyomo.environ as pyo

        from gateway.optimiser.reference import cover_by_reference
    except ModuleNotFoundError as error:
        _missing(error, "reference")
    if not pyo.SolverFactory(name).available(exception_flag=False):
        fail(f"Pyomo finds no solver {name!r} on this machine")
    try:
        answer = cover_by_reference(problem, name)
    except RuntimeError as error:
        fail(str(error))
    note = "Pyomo returns no prices: which bids are limited, and by what, is unknown"
    return covered(problem, replace(answer, notes=(*answer.notes, note)))


def _missing(error: ModuleNotFoundError, extra: str) -> NoReturn:
    fail(f"{error.name} is not installed; install the extra {extra!r}: {how_to_install([extra])}")


def _print(problem: "Problem", outcome: "OptimiseOutcome") -> None:
    figures = Table(show_header=False, box=None)
    for name, value in outcome.figures.items():
        if value is not None:
            text = f"{value:,.2f}" if isinstance(value, float) else str(value)
            figures.add_row(" ".join(_UNITS.get(word, word) for word in name.split("_")), text)
    print_table(figures)
    for note in outcome.notes:
        out.print(f"note: {note}", markup=False)
    limits = outcome.limit_rows(problem)
    if limits:
        table = Table("bid", "MTU", "limited by", "operating point", "share")
        for row in limits[:_MOST_LIMITS]:
            where = f"{row['grid']}: {row['element']} ({row['side']})"
            table.add_row(row["bid"], str(row["mtu"]), where, row["operating_point"], f"{row['share']:.0%}")
        print_table(table)
    if len(limits) > _MOST_LIMITS:
        out.print(f"and {len(limits) - _MOST_LIMITS} more; --json has all")
