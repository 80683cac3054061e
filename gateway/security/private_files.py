"""Checks that only the owner can read the gateway's files."""

import os
from pathlib import Path
from typing import Final

OF_OTHERS: Final = 0o077

SHOWN: Final = 5
"""So many files are named; one command fixes all."""


class ExposedFilesError(Exception):
    """Others can read stored files; the text names them, and the command that fixes it."""


def refuse_exposed(directory: Path) -> None:
    """Return if only its owner can read or change anything below a directory.

    A copy that was put back without its modes usually can be.

    Raises:
        ExposedFilesError: others can.
    """
    found = [(path, mode & 0o777) for path in _below(directory) if (mode := path.lstat().st_mode) & OF_OTHERS]
    if not found:
        return
    named = ", ".join(f"{path} ({mode:o})" for path, mode in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise ExposedFilesError(
        f"others can read or change {named}{more}; directories must have mode 700, files 600: "
        f"chmod -R go= {directory}"
    )


def _below(directory: Path) -> list[Path]:
    if not directory.exists():
        return []
    inside = [
        Path(where, name)
        for where, directories, files in os.walk(directory)
        for name in sorted([*directories, *files])
    ]
    return [path for path in [directory, *inside] if not path.is_symlink()]
