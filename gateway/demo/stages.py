"""The stages of the demo: shown while they run, timed for the report."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Stages:
    """Runs stages one after the other and keeps how long each took, in seconds.

    Args:
        console: where progress is shown; a quiet one shows nothing.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.perf_counter()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Everything done inside is the stage `name`."""
        began = time.perf_counter()
        with self._console.status(f"{name} …"):
            yield
        took = self.seconds[name] = time.perf_counter() - began
        self._console.print(f"[green]✓[/] {name} [dim]{took:.1f} s[/]")

    @property
    def total(self) -> float:
        """Seconds since the first stage could begin."""
        return time.perf_counter() - self._began
