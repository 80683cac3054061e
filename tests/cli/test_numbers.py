"""Numbers given to commands are numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest
import typer
from typer.models import OptionInfo
from typer.testing import CliRunner

from gateway.cli.commands import app
from gateway.cli.screen import finite

RUN = CliRunner()


def options(of: typer.Typer) -> Iterator[tuple[str, OptionInfo]]:
    """Every option of every command that is one number with a fraction, or several."""
    for group in of.registered_groups:
        if group.typer_instance is not None:
            yield from options(group.typer_instance)
    for command in of.registered_commands:
        hints = get_type_hints(command.callback, include_extras=True)
        for name, hint in hints.items():
            for info in getattr(hint, "__metadata__", ()):
                if isinstance(info, OptionInfo) and "float" in repr(hint.__origin__):
                    yield name, info


def test_every_number_must_be_finite_or_has_words_of_its_own() -> None:
    found = list(options(app))
    assert {"overlap_h", "lowest_mw", "level_mw", "budget"} <= {name for name, _ in found}
    assert [name for name, info in found if info.callback is not finite and info.parser is None] == []


@pytest.mark.parametrize("option", ["--up", "--down"])
@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_a_demand_that_is_no_number_is_refused_in_words(tmp_path: Path, text: str, option: str) -> None:
    """It is a list of numbers in one text, so no type of an option checks it."""
    none = str(tmp_path / "none.json")
    done = RUN.invoke(app, ["gate", "demand", "g1", f"{option}=1,{text}", "--credentials", none])
    assert done.exit_code == 2
    assert f"{text} is not a finite number" in done.output
