"""Inserts that are done later, in another process perhaps: they are recorded, stored, and done again."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Dialect

_NUMBER_AT: Final = -(2**62)
"""The number of a recorded row is this plus its place: no column has such values of its own."""

Recorded = list[tuple[str, list[list[Any]]]]


class RecordedInserts:
    """A unit of work that takes prepared inserts and nothing else: whatever reads or changes rows fails.

    Args:
        dialect: of the database that the inserts are for.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._inserts: Recorded = []

    def add(self, table: str, rows: Sequence[list[Any]]) -> int:
        """Record inserts into a table, in the form of the driver; return a placeholder of the number of the
        last row, which may be a value of rows that follow."""
        self._inserts.append((str(table), list(rows)))  # it is a subclass of str
        return _NUMBER_AT + len(self._inserts) - 1

    def encoded(self) -> bytes:
        """All of them, for `replay`."""
        return msgspec.msgpack.encode(self._inserts)


def replay(encoded: bytes, insert: Callable[[str, Sequence[list[Any]]], int]) -> None:
    """Do recorded inserts, in their order.

    Args:
        insert: inserts rows into a table; returns the number of the last one.
    """
    numbers: list[int] = []
    for table, rows in _DECODER.decode(encoded):
        for row in rows:
            for at, value in enumerate(row):
                if type(value) is int and value <= _NUMBER_AT + len(numbers):
                    row[at] = numbers[value - _NUMBER_AT]
        numbers.append(insert(table, rows))


_DECODER: Final = msgspec.msgpack.Decoder(Recorded)
