"""Answers of any length: written some rows at a time while they are sent, never completely in memory."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec
from fastapi import Request
from fastapi.responses import StreamingResponse

from adapters.kit.http.representations import accepts_gzip, packed_stream
from gateway.domain.packed import GZIP

ROWS_AT_ONCE: Final = 200
"""Rows of one piece: while it is written, for some milliseconds, no other request is."""


def json_stream(
    request: Request, head: Mapping[str, Any], name: str, rows: Iterable[Any]
) -> StreamingResponse:
    """An object with the members of `head`, then the list `name` of rows; with gzip where the client accepts
    it.

    Rows are what msgspec encodes: dictionaries, dataclasses. NaN is null.
    """
    pieces, headers = _pieces(head, name, rows), {"Vary": "Accept-Encoding"}
    if accepts_gzip(request):
        pieces, headers = packed_stream(pieces), {**headers, "Content-Encoding": GZIP}
    return StreamingResponse(pieces, headers=headers, media_type="application/json")


def _pieces(head: Mapping[str, Any], name: str, rows: Iterable[Any]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    rest = iter(rows)
    separator = b""
    yield encode(head)[:-1] + b"," + encode(name) + b":["
    while some := [encode(row) for row in islice(rest, ROWS_AT_ONCE)]:
        yield separator + b",".join(some)
        separator = b","
    yield b"]}"
