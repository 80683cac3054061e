"""Checks of the head of a request before it is used (RFC 9110, RFC 9112).

The parser checks the syntax of a head; this module checks its content: a version, a method and a framing that
are served, one host, and each field once of which there is one. What two readers of a request could take for
two different things is refused, never chosen from.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import httptools

from adapters.kit.http.problems import ProblemType

METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"})
"""Methods with a known meaning (RFC 9110, 9.3; RFC 5789): those that a path does not support are 405
there."""

_VERSIONS: Final = frozenset({"1.0", "1.1"})
_SINGLE: Final = frozenset(
    {
        b"authorization",
        b"client-cert",
        b"content-length",
        b"content-location",
        b"content-range",
        b"content-type",
        b"date",
        b"from",
        b"host",
        b"idempotency-key",
        b"if-modified-since",
        b"if-range",
        b"if-unmodified-since",
        b"last-event-id",
        b"max-forwards",
        b"proxy-authorization",
        b"range",
        b"referer",
        b"soapaction",
        b"user-agent",
        b"x-proxy-secret",
    }
)
"""Fields that are no lists (RFC 9110, 5.3): two of them are no request."""

_HOST: Final = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[\w\-.~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::\d*)?", re.ASCII
)
_METHOD_BEGUN: Final = re.compile(rb"[\r\n]*[\w!#$%&'*+\-.^`|~]+(?: |\Z)", re.ASCII)

Fault = tuple[ProblemType, str]
_NO_TUNNEL: Final[Fault] = (ProblemType.NOT_IMPLEMENTED, "tunnels are not supported")
UNKNOWN_METHOD: Final[Fault] = (ProblemType.NOT_IMPLEMENTED, "the gateway knows no such method")


def fault_of(version: str, method: bytes, fields: Sequence[tuple[bytes, bytes]]) -> Fault | None:
    """Why a request is not served whatever its target, None where it may be.

    Args:
        version: "1.1".
        fields: in their order, names in small letters.
    """
    if version not in _VERSIONS:
        return ProblemType.VERSION_NOT_SUPPORTED, "only HTTP/1.1 is supported"
    if method not in METHODS:
        return _NO_TUNNEL if method == b"CONNECT" else UNKNOWN_METHOD
    names = [name for name, _ in fields]
    if len(set(names)) != len(names):
        doubled = [name.decode() for name in sorted(_SINGLE) if names.count(name) > 1]
        if doubled:
            return ProblemType.BAD_REQUEST, f"there is more than one field {doubled[0]}"
    if b"transfer-encoding" in names and (fault := _fault_of_framing(version, fields)):
        return fault
    return _fault_of_host(version, dict(fields).get(b"host"))


def _fault_of_host(version: str, host: bytes | None) -> Fault | None:
    if host is None:
        return (ProblemType.BAD_REQUEST, "there is no field host") if version == "1.1" else None
    return None if _HOST.fullmatch(host) else (ProblemType.BAD_REQUEST, "the field host names no host")


def _fault_of_framing(version: str, fields: Sequence[tuple[bytes, bytes]]) -> Fault | None:
    """A body that is packed below its chunks would be read as if it were not (RFC 9112, 6.1)."""
    codings = b",".join(value for name, value in fields if name == b"transfer-encoding")
    if version == "1.0":
        return ProblemType.BAD_REQUEST, "HTTP/1.0 has no field transfer-encoding"
    if codings.strip().lower() != b"chunked":
        return ProblemType.NOT_IMPLEMENTED, "of transfer codings, only chunked is supported"
    return None


def is_method(received: bytes) -> bool:
    """Whether a text that the parser refused as method is one in form: some of its letters, up to the
    space."""
    return _METHOD_BEGUN.match(received) is not None


def after_complete_requests(received: bytes) -> bytes:
    """Bytes after the complete requests, in bytes that begin with one.

    The parser does not report where it stopped: how many requests are complete in the first so many bytes
    does.
    """
    ends = range(len(received) + 1)
    return received[
        bisect_left(ends, _complete_requests(received), key=lambda end: _complete_requests(received[:end])) :
    ]


class _Count:
    def __init__(self) -> None:
        self.complete = 0

    def on_message_complete(self) -> None:
        self.complete += 1


def _complete_requests(received: bytes) -> int:
    count = _Count()
    with suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):  # what came before was counted
        httptools.HttpRequestParser(count).feed_data(received)
    return count.complete
