"""Long answers in pieces are the same JSON as in one."""

import asyncio
import json
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.streams import ROWS_AT_ONCE, json_stream

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), st.text())
ROWS = st.dictionaries(st.text(), st.one_of(VALUES, st.lists(VALUES)))


def said(value: Any) -> Any:
    """As JSON can say it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [said(one) for one in value]
    return {name: said(one) for name, one in value.items()} if isinstance(value, dict) else value


async def body(rows: list[dict[str, Any]]) -> bytes:
    return b"".join([piece async for piece in json_stream({"run": "r"}, "rows", rows).body_iterator])  # type: ignore[misc]


@settings(deadline=None)
@given(st.lists(ROWS, max_size=5), st.sampled_from([0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1]))
def test_pieces_make_one_object(rows: list[dict[str, Any]], more: int) -> None:
    every = rows + [{"n": number} for number in range(more)]
    assert json.loads(asyncio.run(body(every))) == {"run": "r", "rows": said(every)}
