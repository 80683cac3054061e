"""A grid operator's own names in place of pseudonyms; key files never leave its machine."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.screen import err, fail, print_rows
from gateway.domain.counted import counted

if TYPE_CHECKING:
    from gateway.grids.pseudonyms import Pseudonyms

KeyFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--key-file",
        help="Show your own names in place of pseudonyms; once for each grid. The file stays local.",
        dir_okay=False,
    ),
]
AT_REFERENCE: Final = "reference: every sensitivity is 0, so no element limits a unit here"

_NAMED = 3
"""Pseudonyms that are named; of more, only the number is given."""


def print_points(
    rows: Sequence[tuple[str, ...]],
    key_files: Sequence[Path] | None,
    *columns: str,
    references: Collection[tuple[str, ...]] = (),
) -> None:
    """Print connection points as a table: rows of `columns`, whose last is the id of the point, beside it its
    own name where there are key files, and a remark on those rows that are `references`."""
    shown = OwnNames(key_files)
    lines = []
    for row in rows:
        name = shown(row[-1])
        lines.append((*row, "" if name == row[-1] else name, AT_REFERENCE if row in references else ""))
    print_rows([*columns, "own name", "remark"], lines)


class OwnNames:
    """The names of key files: called, it puts them into a text, JSON or not; without files the text stays.

    Ends the program where a file cannot be used.
    """

    def __init__(self, key_files: Sequence[Path] | None) -> None:
        from gateway.grids import pseudonyms

        self._of: dict[Path, Pseudonyms] = {}
        try:
            for file in key_files or ():
                self._of[file] = pseudonyms.Pseudonyms.read(file)
        except pseudonyms.PseudonymKeyFileError as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
        self._unknown: dict[str, None] = {}

    def __call__(self, text: str) -> str:
        """The text with own names in place of pseudonyms."""
        self.look_at(text)
        for one in self._of.values():
            text = one.resolved(text)
        return text

    def with_name(self, known: str) -> str:
        """An id of a model with its own name behind it, where it is a pseudonym."""
        for one in self._of.values():
            known = one.shown(known)
        return known

    def look_at(self, text: str) -> None:
        """Note the pseudonyms of a text that no file knows."""
        unknown = [one.unknown(text) for one in self._of.values()]
        if unknown:
            self._unknown |= {name: None for name in unknown[0] if all(name in each for each in unknown)}

    def print_unknown(self) -> None:
        """Print the pseudonyms without a name, as where a file is the key of another grid."""
        if not self._unknown:
            return
        first = ", ".join([*self._unknown][:_NAMED]) + (", …" if len(self._unknown) > _NAMED else "")
        files = ", ".join(f"{file} (grid {one.grid_id})" for file, one in self._of.items())
        err.print(
            f"no name of {counted(len(self._unknown), 'pseudonym')} ({first}) is in {files}: they are of "
            "another grid, mistyped, or were made with another key",
            markup=False,
        )
