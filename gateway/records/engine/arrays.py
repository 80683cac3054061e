"""A column of numbers as one field: little-endian bytes, the same on every machine."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    ArrayType = TypeDecorator[NDArray[Any]]
else:
    ArrayType = TypeDecorator


class Array(ArrayType):
    """A one-dimensional array of one numpy type, e.g. `Array("<f8")`; comes back read-only."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number

    def process_bind_param(self, value: NDArray[Any] | None, _dialect: Dialect) -> bytes | None:
        """Store the numbers one after the other."""
        return None if value is None else np.ascontiguousarray(value, dtype=self.number).tobytes()

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> NDArray[Any] | None:
        """Return them in the machine's own byte order."""
        if value is None:
            return None
        stored = np.frombuffer(value, dtype=self.number)
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)


FLOATS = Array("<f8")
SECONDS = Array("<i8")
NUMBERS = Array("<i4")
FLAGS = Array("|b1")
