"""Growing columns while files are read."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from cim_profiles.bindings import CLASSES
from cim_profiles.columns import Table
from cim_profiles.findings import GridFileError, Place
from cim_profiles.names import CIM, EXTENSIONS, plain_id
from cim_profiles.profile_table import BOOL, ENUM, REFERENCE, TEXT, Attribute, profile_table

_FLAGS: Final = {"true": 1, "false": 0, "1": 1, "0": 0}
_DTYPES: Final = {REFERENCE: np.int64, BOOL: np.int8, TEXT: np.object_, ENUM: np.object_}
_ABSENT: Final[dict[str, Any]] = {REFERENCE: -1, BOOL: -1, TEXT: "", ENUM: ""}


def _number(text: str) -> float:
    if "_" in text:
        raise ValueError
    value = float(text)
    if not -1e300 < value < 1e300:
        raise ValueError
    return value


@dataclass(eq=False, slots=True)
class Column:
    """Values of one attribute as they come: the row of each, and the value."""

    attribute: Attribute
    convert: Callable[[str], Any]
    is_resource: bool
    rows: "array[int]" = field(default_factory=lambda: array("i"))
    values: Any = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Rows:
    """Objects of one class as they come; the file and line of each is where it stands first."""

    name: str
    row_of: dict[int, int] = field(default_factory=dict)
    defined: bytearray = field(default_factory=bytearray)
    file_of: "array[int]" = field(default_factory=lambda: array("i"))
    line_of: "array[int]" = field(default_factory=lambda: array("i"))
    columns: dict[str, Column] = field(default_factory=dict)
    by_tag: dict[str, Column | None] = field(default_factory=dict)
    """Columns by `namespace name`, filled as tags come; None for what is not read."""

    def remove(self, number: int) -> None:
        """Remove the object of an id; the rows behind it move up."""
        gone = self.row_of.pop(number)
        for key, row in self.row_of.items():
            self.row_of[key] = row - (row > gone)
        for grown in (self.defined, self.file_of, self.line_of):
            del grown[gone]
        for column in self.columns.values():
            kept = [place for place, row in enumerate(column.rows) if row != gone]
            rows = array("i", [column.rows[place] - (column.rows[place] > gone) for place in kept])
            values = [column.values[place] for place in kept]
            column.rows = rows
            column.values = (
                values if isinstance(column.values, list) else array(column.values.typecode, values)
            )


class Collector:
    """All objects of a set of files while it is read."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        """Numbers by an id as it is written, `#_x` or `_x`: found at once when it comes again."""
        self.files: list[str] = []
        self.classes: dict[str, Rows] = {}
        self.counts: dict[str, int] = {}
        """Objects per class, with those that are not read; a class has no namespace here."""

    def id_number(self, written: str) -> int:
        """The number that stands for an id."""
        number = self.numbers.get(written)
        if number is None:
            number = self.numbers[written] = self.ids.setdefault(plain_id(written), len(self.ids))
        return number

    def rows_of(self, name: str) -> Rows:
        """The rows of a class of the profile table, made when it comes first."""
        rows = self.classes.get(name)
        if rows is None:
            rows = self.classes[name] = Rows(name)
            for each in profile_table().attributes(name).values():
                rows.columns[each.name] = self._column(each)
        return rows

    def _column(self, attribute: Attribute) -> Column:
        kind = attribute.kind
        if kind == REFERENCE:
            return Column(attribute, self.id_number, True, values=array("i"))
        if kind == BOOL:
            return Column(attribute, lambda text: _FLAGS[text.strip().lower()], False, values=array("b"))
        if kind == ENUM:
            return Column(attribute, lambda uri: uri[uri.rfind(".") + 1 :], True)
        if kind == TEXT:
            return Column(attribute, str.strip, False)
        return Column(attribute, _number, False, values=array("d"))

    def column_of(self, rows: Rows, tag: str) -> Column | None:
        """The column of a tag, `namespace Class.attribute`, in a class; None if it is not read."""
        namespace, _, local = tag.rpartition(" ")
        owner, _, name = local.partition(".")
        column = rows.columns.get(name)
        known = namespace in CIM or namespace in EXTENSIONS
        found = column if column is not None and known and column.attribute.owner == owner else None
        rows.by_tag[tag] = found
        return found

    def row(
        self, rows: Rows, number: int, known: int | None, place: tuple[int, int], *, defines: bool
    ) -> int:
        """The row of an object, new or known. Two models may define one object, if they say the same.

        Args:
            number: of its id.
            known: its row, None for a new one.
            place: index of the file, line.

        Raises:
            GridFileError: two definitions in one file.
        """
        if known is None:
            row = rows.row_of[number] = len(rows.defined)
            rows.defined.append(defines)
            rows.file_of.append(place[0])
            rows.line_of.append(place[1])
            return row
        if defines:
            if rows.defined[known] and rows.file_of[known] == place[0]:
                raise GridFileError(
                    Place(self.files[place[0]], place[1]),
                    "an rdf:ID is there once",
                    f"this {rows.name} is defined in line {rows.line_of[known]} already",
                )
            rows.defined[known] = True
            rows.file_of[known], rows.line_of[known] = place
        return known

    def tables(self) -> dict[type[Table], Table]:
        """All classes as typed tables.

        Raises:
            GridFileError: a number outside the range of its unit, two values for one attribute.
        """
        files = tuple(self.files)
        found: dict[type[Table], Table] = {}
        for name, kind in CLASSES.items():
            rows = self.rows_of(name)
            count = len(rows.defined)
            base = Table(
                np.fromiter(rows.row_of, dtype=np.int64, count=count),
                np.array(rows.defined, dtype=np.bool_),
                np.array(rows.file_of, dtype=np.int64),
                np.array(rows.line_of, dtype=np.int64),
                files,
            )
            values = {key: _filled(column, count, base, name) for key, column in rows.columns.items()}
            found[kind] = kind(base.ids, base.defined, base.file_of, base.line_of, files, **values)
            self.classes[name] = Rows(name)  # what grew is no longer needed
        return found


def _filled(column: Column, count: int, base: Table, name: str) -> Any:
    kind = column.attribute.kind
    dtype: Any = _DTYPES.get(kind, np.float64)
    full = np.full(count, _ABSENT.get(kind, np.nan), dtype=dtype)
    if not len(column.rows):
        return full
    rows = np.array(column.rows, dtype=np.int64)
    values = np.array(column.values, dtype=dtype)
    full[rows] = values
    if kind not in (TEXT, ENUM):
        _check_single(column, values, full, base)
    if dtype is np.float64:
        lowest, highest = profile_table().units[kind]
        wrong = np.flatnonzero((values < lowest) | (values > highest))
        if len(wrong):
            row = int(rows[wrong[0]])
            raise GridFileError(
                base.place(row),
                f"unit {kind}",
                f"{column.attribute.name} of {name} is {values[wrong[0]]:g}, no value in {kind}",
            )
    return full


def _check_single(column: Column, values: Any, full: Any, base: Table) -> None:
    """Refuse two different values: the last one is in the column, so every other must equal it."""
    rows = np.array(column.rows, dtype=np.int64)
    other = np.flatnonzero(full[rows] != values)
    if len(other):
        row = int(rows[other[0]])
        name = f"{column.attribute.owner}.{column.attribute.name}"
        raise GridFileError(
            base.place(row),
            "one value for an attribute",
            f"{name} is given as {values[other[0]]:g} and {full[row]:g}",
        )
