"""Output of commands: text on the screen, faults on stderr with an exit code."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

FAILED: Final = 1
"""Exit code: the command did what it is for, and the answer is no, or it could not do it."""

_ANY_WIDTH: Final = 10_000

_Numbers = TypeVar("_Numbers", bound=float | Sequence[float] | None)

out: Final = Console(highlight=False, soft_wrap=True)
err: Final = Console(highlight=False, soft_wrap=True, stderr=True)


def fail(message: str) -> NoReturn:
    """Print what is wrong on stderr and end with an exit code that is not 0."""
    err.print(f"[red]flexgate:[/red] {escape(message)}")
    raise typer.Exit(FAILED)


def finite(value: _Numbers) -> _Numbers:
    """Check the number or numbers of an option, as its callback.

    Raises:
        typer.BadParameter: one is infinite, or none at all (`nan`), which passes every bound.
    """
    for one in value if isinstance(value, Sequence) else (value,):
        if one is not None and not math.isfinite(one):
            raise typer.BadParameter(f"{one} is not a finite number")
    return value


def range_text(values: Iterable[float | None], style: str, unit: str = "") -> str:
    """The least and the most of those numbers that there are, once where they read the same; else nothing.

    Args:
        style: how a number is written, as `format` takes it.
    """
    stated = [value for value in values if value is not None]
    if not stated:
        return ""
    ends = dict.fromkeys(format(value, style) for value in (min(stated), max(stated)))
    return f"{' to '.join(ends)} {unit}".rstrip()


def print_rows(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    wrapped: Mapping[str, int] | None = None,
    once: Collection[str] = (),
) -> None:
    """Write a table without the columns that are empty in every row.

    Args:
        wrapped: widths at which columns continue in the next line, between words: a longer word makes its
            column wider.
        once: columns that stand above the table instead where every row says the same.
    """
    cells = list(rows)
    shown = [at for at in range(len(columns)) if any(row[at] for row in cells)]
    same = [at for at in shown if columns[at] in once and len({row[at] for row in cells}) == 1]
    if same:
        out.print("all " + ", ".join(f"{columns[at]} {cells[0][at]}" for at in same), markup=False)
    table = Table()
    kept = [at for at in shown if at not in same]
    for at in kept:
        width = (wrapped or {}).get(columns[at])
        words = [word for text in (columns[at], *(row[at] for row in cells)) for word in text.split()]
        table.add_column(columns[at], max_width=width and max(width, *map(len, words)))
    for row in cells:
        table.add_row(*(row[at] for at in kept))
    print_table(table)


def print_table(table: Table) -> None:
    """Write a table as wide as it needs: half an id, or half a time, is of no use in the next command."""
    options = out.options.update(width=_ANY_WIDTH, max_width=_ANY_WIDTH)
    needed = Measurement.get(out, options, table).maximum
    Console(highlight=False, width=max(needed, out.width)).print(table)
