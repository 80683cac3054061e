"""What the gateway keeps is for its own eyes: whether anybody else could read it."""

import os
from pathlib import Path
from typing import Final

OF_OTHERS: Final = 0o077

SHOWN: Final = 5
"""So many files are named; one command mends all."""


class ExposedFilesError(Exception):
    """Others can read what is kept; says which files, and the command that mends it."""


def refuse_exposed(directory: Path) -> None:
    """Return if nobody but its owner can read or change anything below a directory.

    A copy that was put back without its modes usually can be.

    Raises:
        ExposedFilesError: somebody else can.
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
