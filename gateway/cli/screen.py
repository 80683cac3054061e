"""What commands share: words on the screen, faults on stderr with an exit code."""

from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

FAILED: Final = 1
"""Exit code: the command did what it is for, and the answer is no, or it could not do it."""

out: Final = Console(highlight=False, soft_wrap=True)
err: Final = Console(highlight=False, soft_wrap=True, stderr=True)


def fail(message: str) -> NoReturn:
    """Say what is wrong on stderr and end with an exit code that is not 0."""
    err.print(f"[red]flexgate:[/red] {escape(message)}")
    raise typer.Exit(FAILED)
