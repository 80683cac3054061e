"""A grid operator's own names in place of pseudonyms; key files never leave its machine."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import fail

KeyFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--key-file",
        help="Show your own names in place of pseudonyms; once for each grid. The file is read here only.",
        dir_okay=False,
    ),
]


def own_names(key_files: Sequence[Path] | None) -> Callable[[str], str]:
    """Puts the names of all these key files into a text, JSON or not; without files the text stays."""
    from gateway.grids.pseudonyms import KeyFileError, Pseudonyms

    try:
        known = [Pseudonyms.read(file) for file in key_files or ()]
    except KeyFileError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")

    def shown(text: str) -> str:
        for one in known:
            text = one.resolved(text)
        return text

    return shown
