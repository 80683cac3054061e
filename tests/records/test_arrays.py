"""Numbers come back bit for bit, whatever they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from sqlalchemy.dialects import sqlite

from gateway.records.engine.arrays import FLAGS, FLOATS, SECONDS, Array

DIALECT = sqlite.dialect()  # type: ignore[no-untyped-call]
LENGTHS = st.integers(0, 50)


@pytest.mark.parametrize(("column", "number"), [(FLOATS, "f8"), (SECONDS, "i8"), (FLAGS, "b1")])
def test_every_array_comes_back(column: Array, number: str) -> None:
    @given(arrays.arrays(np.dtype(number), LENGTHS))
    def check(numbers: NDArray[np.generic]) -> None:
        back = column.process_result_value(column.process_bind_param(numbers, DIALECT), DIALECT)
        assert back is not None
        assert back.dtype == numbers.dtype
        assert back.tobytes() == numbers.tobytes()

    check()


def test_numbers_are_stored_little_endian_on_every_machine() -> None:
    big = np.array([1.0, -2.5], dtype=">f8")
    stored = FLOATS.process_bind_param(big, DIALECT)
    assert stored == np.array([1.0, -2.5], dtype="<f8").tobytes()
    assert FLOATS.process_bind_param(None, DIALECT) is None
    assert FLOATS.process_result_value(None, DIALECT) is None
