"""Which form of something stored is answered with, and which part of it (RFC 9110, 12.5.3, 13 and 14)."""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from adapters.kit.http.problems import ProblemResponse, ProblemType
from gateway.domain.packed import GZIP

_RANGE: Final = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)
_GZIP_WINDOW: Final = 31
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range of bytes, the last one included."""

    first: int
    last: int
    total: int

    @property
    def size(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        """The field Content-Range."""
        return f"bytes {self.first}-{self.last}/{self.total}"

    def of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """These bytes of a body that comes in pieces."""
        at = 0
        for piece in pieces:
            if at > self.last:
                return
            some = piece[max(self.first - at, 0) : self.last + 1 - at]
            at += len(piece)
            if some:
                yield some


def accepts_gzip(request: Request) -> bool:
    """Whether the caller accepts gzip; one that does not state it does not."""
    weights: dict[str, bool] = {}
    for named in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        coding, _, weight = named.replace(" ", "").partition(";q=")
        weights[coding] = re.fullmatch(r"0(\.0*)?", weight) is None
    return weights.get(GZIP, weights.get("x-gzip", weights.get("*", False)))


def is_known(request: Request, etag: str) -> bool:
    """Whether the caller has this very form already (If-None-Match)."""
    named = ",".join(request.headers.getlist("if-none-match"))
    tags = {tag.strip().removeprefix("W/") for tag in named.split(",")}
    return etag in tags or "*" in tags


def requested_range(request: Request, etag: str, total: int) -> ByteRange | None:
    """The part that is requested; None for all of it, as where several parts are, or those of another form.

    Raises:
        ProblemResponse: it has no such bytes.
    """
    if request.headers.get("if-range", etag) != etag:
        return None
    requested = _RANGE.fullmatch(request.headers.get("range", ""))
    if requested is None or not any(requested.groups()):
        return None
    first, last = requested.groups()
    if not first:
        begin, end = max(total - int(last), 0), total - 1
    else:
        begin, end = int(first), min(int(last or total), total - 1)
        if last and int(last) < begin:
            return None
    if begin >= total:
        message = f"it has {total:,} bytes"
        headers = {"Content-Range": f"bytes */{total}"}
        raise ProblemResponse(ProblemType.RANGE_NOT_SATISFIABLE, message, headers=headers)
    return ByteRange(begin, end, total)


def packed_stream(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same as gzip."""
    compressor = zlib.compressobj(_LEVEL, wbits=_GZIP_WINDOW)
    for piece in pieces:
        if some := compressor.compress(piece):
            yield some
    yield compressor.flush()
