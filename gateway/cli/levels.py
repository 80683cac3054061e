"""Compare grids that decide one level after the other with the joint decision, on a problem file."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gateway.cli.screen import fail, print_table

if TYPE_CHECKING:
    from gateway.optimiser.check.answer import Answer
    from gateway.optimiser.model.problem import Problem


def compare_levels(
    problem: Annotated[
        Path, typer.Argument(metavar="PROBLEM", help="A problem.json, or a directory with one.", exists=True)
    ],
    levels: Annotated[
        list[str],
        typer.Argument(
            metavar="LEVEL...", help="Grids of one level, joined by commas; first to decide, first."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare deciding level by level with deciding all grids jointly, for exact lists, without a budget.

    Each level decides with its own grids alone, from what the levels before left available. The last decision
    is then checked against all grids: its violations, and the demand it leaves unmet, are what the joint
    decision prevents.
    """
    from gateway.optimiser.cover import hierarchy
    from gateway.optimiser.files.problem_file import read_problem
    from gateway.optimiser.model.checks import InvalidProblemError
    from gateway.optimiser.solver.highs import SolverError

    try:
        posed = read_problem(problem)
        found = hierarchy.compare_levels(posed, [level.split(",") for level in levels])
    except (InvalidProblemError, SolverError) as error:
        fail(str(error))
    rows = [
        *(_figures(posed, level, answer) for level, answer in zip(levels, found.levels, strict=True)),
        _figures(posed, "level by level", found.in_sequence),
        _figures(posed, "jointly", found.joint),
    ]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
        return
    table = Table("decided by", "accepted MWh", "unmet MWh", "cost EUR", "violations", "worst MW")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        texts = (f"{value:,.2f}" if isinstance(value, float) else str(value) for value in row.values())
        table.add_row(*texts)
    print_table(table)


def _figures(problem: "Problem", decided_by: str, answer: "Answer") -> dict[str, str | float | int]:
    """What one decision comes to; a level's own is checked against the grids of the level alone."""
    return {
        "decided_by": decided_by,
        "accepted_mwh": problem.mtu_hours * float(answer.accepted_mw.sum()),
        "unmet_mwh": problem.mtu_hours * float(answer.shortage_mw.sum()),
        "cost_eur": float(answer.cost_eur.sum()),
        "violations": answer.verification.violations,
        "max_violation_mw": answer.verification.max_violation_mw,
    }
