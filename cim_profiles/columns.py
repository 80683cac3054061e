"""Tables of typed columns, the base of the generated classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim_profiles.findings import GridFileError, Place

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.int8]
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Table:
    """All n objects of one class, column by column.

    References are numbers that stand for ids in one read set (see `GridFiles.ids`), -1 where there is none.
    Numbers that are not given are NaN, flags -1, texts and enumerations "".

    Attributes:
        ids: number of each object's id, shape (n,).
        defined: whether a file defines the object (`rdf:ID`), or some only add to it (`rdf:about`).
        file_of: index of the file that has the object first, shape (n,).
        line_of: its line there.
        files: names of the files.
    """

    ids: Numbers
    defined: NDArray[np.bool_]
    file_of: Numbers
    line_of: Numbers
    files: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, row: int) -> Place:
        """Where the object of this row stands first."""
        return Place(self.files[int(self.file_of[row])], int(self.line_of[row]))

    def refuse(self, row: int, rule: str, detail: str) -> GridFileError:
        """An error at the place of this row."""
        return GridFileError(self.place(row), rule, f"{type(self).__name__}: {detail}")
