"""What commands share: words on the screen, faults on stderr with an exit code."""

from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

FAILED: Final = 1
"""Exit code: the command did what it is for, and the answer is no, or it could not do it."""

_ANY_WIDTH: Final = 10_000

out: Final = Console(highlight=False, soft_wrap=True)
err: Final = Console(highlight=False, soft_wrap=True, stderr=True)


def fail(message: str) -> NoReturn:
    """Say what is wrong on stderr and end with an exit code that is not 0."""
    err.print(f"[red]flexgate:[/red] {escape(message)}")
    raise typer.Exit(FAILED)


def print_table(table: Table) -> None:
    """Write a table as wide as it needs: half an id, or half a time, is of no use in the next command."""
    options = out.options.update(width=_ANY_WIDTH, max_width=_ANY_WIDTH)
    needed = Measurement.get(out, options, table).maximum
    Console(highlight=False, width=max(needed, out.width)).print(table)
