"""Long answers in pieces are the same JSON as in one."""

import asyncio
import gzip
import json
import math
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.streams import ROWS_AT_ONCE, json_stream

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), st.text())
ROWS = st.dictionaries(st.text(), st.one_of(VALUES, st.lists(VALUES)))


def stated(value: Any) -> Any:
    """As JSON can say it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [stated(one) for one in value]
    return {name: stated(one) for name, one in value.items()} if isinstance(value, dict) else value


def asking(accepted: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-encoding", accepted.encode())]})


async def body(rows: list[dict[str, Any]], accepted: str) -> bytes:
    answer = json_stream(asking(accepted), {"run": "r"}, "rows", rows)
    data = b"".join([piece async for piece in answer.body_iterator])  # type: ignore[misc]
    return gzip.decompress(data) if answer.headers.get("content-encoding") == "gzip" else data


@settings(deadline=None)
@given(
    st.lists(ROWS, max_size=5),
    st.sampled_from([0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1]),
    st.sampled_from(["", "gzip"]),
)
def test_pieces_make_one_object(rows: list[dict[str, Any]], more: int, accepted: str) -> None:
    every = rows + [{"n": number} for number in range(more)]
    assert json.loads(asyncio.run(body(every, accepted))) == {"run": "r", "rows": stated(every)}


@pytest.mark.feature(id="C14")
@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, identity", True),
        ("x-gzip", True),
        ("br, *", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("notgzip", False),
    ],
)
def test_only_who_takes_gzip_gets_it(accepted: str, is_packed: bool) -> None:
    answer = json_stream(asking(accepted), {}, "rows", [])
    assert (answer.headers.get("content-encoding") == "gzip") is is_packed
    assert answer.headers["vary"] == "Accept-Encoding"
