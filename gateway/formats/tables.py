"""Tables of a format: CSV whose columns a description states, each as the JSON Schema of its cells.

A cell is a text, a number (`type = "number"`), a whole number or true or false; an empty one is not there.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs

from esmp.error_messages import clipped, quoted
from esmp.findings import DocumentLimits, SchemaFinding, Stage
from gateway.domain.json_text import pointer
from gateway.formats.content import CsvContent
from gateway.formats.descriptions import ColumnsTable
from gateway.formats.json_schemas import findings_in, row_validator
from mappings.csv_table import CsvFaultsError, number_fault, rows_of

_TYPES: Final = ("string", "number", "integer", "boolean")
_WHOLE: Final = re.compile(r"-?\d{1,15}", re.ASCII)
_TRUTH: Final = {"true": True, "false": False}


class Tables:
    """The columns of a format.

    Args:
        kind: of its documents, for messages.
    """

    def __init__(self, kind: str, table: ColumnsTable) -> None:
        self._kind = kind
        self._table = table
        self._validator: Any = None

    def read(
        self, data: bytes, limits: DocumentLimits
    ) -> tuple[CsvContent | None, tuple[SchemaFinding, ...]]:
        """The content of a document, and what is wrong with its cells, by line and column."""
        columns = self._table.columns
        needed = [name for name in columns if name not in self._table.optional]
        try:
            rows = rows_of(data, columns, needed, self._kind)
        except CsvFaultsError as error:
            return None, tuple(
                SchemaFinding(
                    Stage.SCHEMA,
                    "missing-element" if fault.is_missing else "invalid-value",
                    fault.message,
                    fault.line,
                    fault.column,
                )
                for fault in error.faults[: limits.findings]
            )
        if self._validator is None:
            self.compile()
        found: list[SchemaFinding] = []
        for row in rows:
            found += self._row_findings(row.line, row.cells)
            if len(found) >= limits.findings:
                break
        return CsvContent(rows), tuple(found[: limits.findings])

    def compile(self) -> None:
        """Compile the columns.

        Raises:
            jsonschema_rs.ValidationError: one makes no sense.
        """
        self._validator = row_validator(self._table.columns)

    def faults(self) -> Iterator[str]:
        """Faults that show before a document comes."""
        for name, schema in self._table.columns.items():
            if schema.get("type", "string") not in _TYPES:
                yield f"table.columns.{name}: its type is one of {', '.join(_TYPES)}"
        for name in self._table.optional:
            if name not in self._table.columns:
                yield f"table.optional: there is no column {name!r}"
        try:
            self.compile()
        except jsonschema_rs.ValidationError as error:
            steps = list(error.instance_path)
            place = ".".join(map(str, steps[1:])) if steps[:1] == ["properties"] else pointer(*steps)
            yield f"table.columns.{place}: {clipped(error.message)}"

    def _row_findings(self, line: int, cells: Mapping[str, str]) -> Iterator[SchemaFinding]:
        row: dict[str, Any] = {}
        for name in self._table.columns:
            cell = cells.get(name, "")
            if not cell:
                if name not in self._table.optional:
                    yield _at(line, name, "the cell is empty", "missing-element")
                continue
            try:
                row[name] = self._value(name, cell)
            except ValueError as error:
                yield _at(line, name, str(error))
        for finding in findings_in(self._validator, row, len(self._table.columns)):
            name = (finding.path or "")[1:].replace("~1", "/").replace("~0", "~")
            yield _at(line, name, finding.message)

    def _value(self, name: str, cell: str) -> Any:
        """The value of a cell.

        Raises:
            ValueError: it is none of its column's type.
        """
        kind = self._table.columns[name].get("type", "string")
        if kind == "number":
            return self._number(cell)
        if kind == "integer":
            if _WHOLE.fullmatch(cell) is None:
                raise ValueError(f"{quoted(cell)} is no whole number")
            return int(cell)
        if kind == "boolean":
            if cell.lower() not in _TRUTH:
                raise ValueError(f"{quoted(cell)} is neither true nor false")
            return _TRUTH[cell.lower()]
        return cell

    def _number(self, cell: str) -> float:
        if self._table.decimal == ",":
            if "." in cell or cell.count(",") > 1:
                raise ValueError(f"{quoted(cell)} is no number like 12 or -3,5")
            cell = cell.replace(",", ".")
        if fault := number_fault(cell):
            raise ValueError(fault)
        return float(cell)


def _at(line: int, column: str, message: str, code: str = "invalid-value") -> SchemaFinding:
    return SchemaFinding(Stage.SCHEMA, code, clipped(f"{column}: {message}"), line, column)
