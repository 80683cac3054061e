"""Tables as text (CSV): read row by row, every fault at its line and column.

UTF-8, with or without a byte-order mark. The first line names the columns, or the second where the first
is `sep=;` as spreadsheets write it. Cells are separated by what that line names; without one by semicolons
where the names are, else by commas. In numbers a point marks decimals and nothing marks thousands.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Final

from gateway.domain.json_text import UNCARRIED, altered, uncarried
from mappings.texts import SAFE_LENGTH

MOST_FAULTS: Final = 100

_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_MARKED: Final = re.compile(r"[+-]?\d[\d.,' \u00a0\u202f_]*", re.ASCII)
_SEPARATOR: Final = re.compile(r"\"?sep=([;,\t])\"?\r?\n", re.IGNORECASE)
_QUOTED: Final = 40
_FURTHEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class CsvFault:
    """One thing wrong with a table.

    Attributes:
        line: of the text, from 1.
        column: name; None for the row itself.
        is_missing: whether something is not there, rather than wrong.
    """

    line: int
    column: str | None
    message: str
    is_missing: bool = False


class CsvFaultsError(ValueError):
    """A text that is not the table it should be; `faults` state where and why, at most `MOST_FAULTS`."""

    def __init__(self, faults: Sequence[CsvFault]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        super().__init__("; ".join(f"line {each.line}: {each.message}" for each in self.faults))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins in, and its cells by column, without blanks around them."""

    line: int
    cells: Mapping[str, str]


def first_row(data: bytes, columns: Collection[str]) -> dict[str, str]:
    """Values of the first row in the known columns, however broken the table is elsewhere."""
    names, cells = _beginning(data)
    return {name: cell for name, cell in zip(names, cells, strict=False) if name in columns and cell}


def column_names(data: bytes) -> Sequence[str]:
    """The names of the columns, however broken the table is elsewhere; none without a line of them."""
    return _beginning(data)[0]


def _beginning(data: bytes) -> tuple[list[str], list[str]]:
    """The names of the columns, and the cells of the first row."""
    lines = data[:_FURTHEST].decode("utf-8-sig", "replace").splitlines(keepends=True)
    separator_line = _SEPARATOR.match(lines[0]) if lines else None
    lines = lines[0 if separator_line is None else 1 :]
    separator = separator_line[1] if separator_line else ";" if lines and ";" in lines[0] else ","
    found: list[list[str]] = []
    with suppress(csv.Error):
        for cells in csv.reader(lines, delimiter=separator):
            if any(map(str.strip, cells)):
                found.append(list(map(str.strip, cells)))
            if len(found) == 2:
                break
    names, first = (*found, [], [])[:2]
    return names, first


def rows_of(data: bytes, columns: Collection[str], required: Collection[str], what: str) -> list[Row]:
    """Read a table whose columns are some of `columns`, each once, and all of `required`.

    Raises:
        CsvFaultsError: not UTF-8, no CSV, other columns, rows of another length, cells that no XML document
            can contain, or no row at all. `what` names the table in messages.
    """
    text = _text(data)
    separator_line = _SEPARATOR.match(text)
    begun, text = (1, text) if separator_line is None else (2, text[separator_line.end() :])
    separator = separator_line[1] if separator_line else ";" if ";" in text.partition("\n")[0] else ","
    is_storable = UNCARRIED.search(text) is None
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    first = begun
    rows: list[Row] = []
    faults: list[CsvFault] = []
    names: Sequence[str] = ()
    try:
        for cells in reader:
            line, begun = begun, reader.line_num + first
            if not any(map(str.strip, cells)):
                continue
            if not names:
                names = [cell.strip() for cell in cells]
                _check_names(names, line, columns, required, what)
            elif len(cells) != len(names):
                message = f"{len(cells)} cells where there are {len(names)} columns"
                faults.append(CsvFault(line, None, message))
            elif not is_storable and (uncarried_cells := list(_uncarried_cells(line, names, cells))):
                faults += uncarried_cells
            else:
                rows.append(Row(line, dict(zip(names, map(str.strip, cells), strict=True))))
            if len(faults) >= MOST_FAULTS:
                break
    except csv.Error as error:
        faults.append(CsvFault(begun, None, f"no CSV: {error}"))
    if not names or (not rows and not faults):
        faults.append(CsvFault(begun, None, "no row", is_missing=True))
    if faults:
        raise CsvFaultsError(faults)
    return rows


def _uncarried_cells(line: int, names: Sequence[str], cells: Sequence[str]) -> Iterator[CsvFault]:
    for number, (name, cell) in enumerate(zip(names, cells, strict=True), start=1):
        if fault := uncarried(cell):
            yield CsvFault(line, name, f"column {number} ({name}): {fault}")


def _text(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise CsvFaultsError([CsvFault(1, None, "UTF-16: save the table as CSV UTF-8")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CsvFaultsError([CsvFault(line, None, "not UTF-8: save the table as CSV UTF-8")]) from None


def _check_names(
    names: Sequence[str], line: int, columns: Collection[str], required: Collection[str], what: str
) -> None:
    faults = list(islice(_name_faults(names, line, columns, what), MOST_FAULTS))
    faults += [
        CsvFault(line, name, f"the column {name} is missing", is_missing=True)
        for name in required
        if name not in names
    ]
    if faults:
        raise CsvFaultsError(faults)


def _name_faults(names: Sequence[str], line: int, columns: Collection[str], what: str) -> Iterator[CsvFault]:
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if name not in columns:
            message = f"column {number}: there is no column {_short(name)} in a table of {what}"
            yield CsvFault(line, name[:_QUOTED], message)
        elif name in seen:
            yield CsvFault(line, name, f"column {number}: {name} occurs twice")
        seen.add(name)


def number_fault(cell: str) -> str | None:
    """Return why a cell is no number; None: it is one that `float` reads."""
    if _NUMBER.fullmatch(cell):
        if len(cell) > SAFE_LENGTH and altered(cell):
            return f"{_short(cell)} cannot be stored exactly: at most 15 digits are allowed"
        return None
    if _MARKED.fullmatch(cell) and not cell.lstrip("+-").isdigit() and cell[-1].isdigit():
        return (
            f"{_short(cell)} could be read in two ways: write a point before decimals and nothing between "
            "thousands, like 1234.5"
        )
    return f"{_short(cell)} is no number like 12 or -3.5"


def _short(cell: str) -> str:
    return repr(cell) if len(cell) <= _QUOTED else f"{cell[:_QUOTED]!r}… ({len(cell)} characters)"
