"""One connection of an HTTP client, bounded in size, time and number (RFC 9110, RFC 9112).

uvicorn's own protocol class, with what it leaves out:

- the head of a request (request line and fields) has a largest size, must be complete within some seconds,
and
  is served only where it has one reading (see `head`);
- a body must keep coming, and what frames its chunks is bounded like a head; trailer fields are dropped;
- a peer has a largest number of connections, and so has the server;
- an offer to upgrade (`Upgrade: h2c`, websockets) is passed over, as a server may (RFC 9110, 7.8): the
  request is served as HTTP/1.1 with its body;
- a connection that is closed before its request was read stays half open for a moment, so that the answer
  reaches a client that is still sending (RFC 9112, 9.6).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final
from uuid import uuid4

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.kit.http.head import UNKNOWN_METHOD, Fault, after_complete_requests, fault_of, is_method
from adapters.kit.http.network import network_of
from adapters.kit.http.problems import MEDIA_TYPE, ProblemResponse, ProblemType, details_of

LINGER_S: Final = 2.0
_LINGER_AT_STOP_S: Final = 0.3
_MOST_DISCARDED: Final = 256 * 2**10
"""Of a body that is not read: a larger rest is not worth keeping the connection."""
_SLOWEST_BYTES_PER_S: Final = 1024
_MOST_FRAMING: Final = 8
"""Bytes of framing for each byte of a body: the smallest chunk has one byte, in five others."""
_OFFERING: Final = frozenset({b"upgrade", b"http2-settings"})

_NO_REQUEST: Final[Fault] = (ProblemType.BAD_REQUEST, "this is no HTTP/1.1 request")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Bounds:
    """Limits of one connection, of one peer and of all.

    Attributes:
        header_bytes: request line and header fields together.
        header_s: seconds until they are complete, from the connection or the first byte on; a body must bring
            1,024 bytes a second on average over as long a time.
        connections_per_peer: of one IPv4 address or one IPv6 network of 64 bits.
        connections: of all peers together.
    """

    header_bytes: int = 32 * 2**10
    header_s: float = 10.0
    connections_per_peer: int = 256
    connections: int = 1000


class BoundedConnection(HttpToolsProtocol):
    """See the module. `bounds` and `of_peers` are shared by the connections of one server."""

    bounds: ClassVar[Bounds]
    of_peers: ClassVar[Counter[str]]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.linger_s = LINGER_S
        self._peer = ""
        self._in_head = True
        self._heads = 0
        self._answered = 0
        self._head_bytes = 0
        self._offered_upgrade = False
        self._refusal: Fault | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._framing_bytes = 0
        self._body_bytes = 0
        self._seen_bytes = 0
        self._discarded = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and refuse it where there are too many."""
        super().connection_made(_Lingering(transport, self))
        self._peer = network_of(self.client[0]) if self.client else ""
        self.of_peers[self._peer] += 1
        if self.of_peers[self._peer] > self.bounds.connections_per_peer:
            self._refuse(
                ProblemType.TOO_MANY, f"a peer may have {self.bounds.connections_per_peer} connections"
            )
        elif len(self.connections) > self.bounds.connections:
            self._refuse(ProblemType.BUSY, "too many connections are open")
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.of_peers[self._peer] -= 1
        if not self.of_peers[self._peer]:
            del self.of_peers[self._peer]
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, within the bounds."""
        if self.transport.is_closing() or self._refusal is not None:
            return
        was_in_head, heads, body_bytes = self._in_head, self._heads, self._body_bytes
        of_head = self._head_bytes
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserInvalidMethodError:
            begun = data
            if heads != self._heads or not was_in_head:  # others are complete before it
                begun = (
                    after_complete_requests(data)
                    if was_in_head and not of_head
                    else data[self._body_bytes - body_bytes :]
                )
            self._refuse(*(UNKNOWN_METHOD if is_method(begun) else _NO_REQUEST))
            return
        except httptools.HttpParserError:
            self._refuse(*(self._refusal or _NO_REQUEST))
            return
        if self._in_head == was_in_head and heads == self._heads:
            # The callbacks of the parser see a field only when it is complete.
            self._count(len(data), self._body_bytes - body_bytes)
        self._watch()

    def _count(self, received: int, of_body: int) -> None:
        """Bound what belongs to a head, or frames the chunks of a body: some bytes a chunk, and trailers."""
        if self._in_head:
            self._head_bytes += received
        else:
            self._framing_bytes += received - of_body - _MOST_FRAMING * of_body
        if max(self._head_bytes, self._framing_bytes) > self.bounds.header_bytes:
            self._refuse(*self._too_large_head())

    def _feed(self, data: bytes) -> None:
        rest = memoryview(data)
        while True:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as offer:
                rest = rest[offer.args[0] :]
                self._offered_upgrade = False
                head = self._head_without_offer()
                self.parser = httptools.HttpRequestParser(self)
                self.parser.feed_data(head)
            else:
                return

    def _head_without_offer(self) -> bytes:
        """The head that was just parsed, as if no upgrade had been offered."""
        version = self.parser.get_http_version().encode()
        lines = [b" ".join((self.parser.get_method(), self.url, b"HTTP/" + version))]
        for name, value in self.headers:
            if name == b"connection":
                options = [option.strip() for option in value.split(b",")]
                options_left = [option for option in options if option.lower() not in _OFFERING]
                lines.append(b"connection: " + b", ".join(options_left))
            elif name not in _OFFERING:
                lines.append(name + b": " + value)
        return b"\r\n".join((*lines, b"", b""))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a field of the head; one behind the body could pass for one of the head that was checked."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the head; begin to serve it unless an upgrade must be taken out first."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.bounds.header_bytes:
            self._refusal = self._too_large_head()
        else:
            parser = self.parser
            self._refusal = fault_of(parser.get_http_version(), parser.get_method(), self.headers)
        if self._refusal is not None:
            raise ValueError  # ends the parsing; the caller of the parser refuses
        if self.parser.should_upgrade():
            self._offered_upgrade = True
            return
        self._in_head = False
        self._heads += 1
        self._head_bytes = self._framing_bytes = self._discarded = 0
        self._unwatch()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body; a long one that is not read ends the connection."""
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._discarded += len(body)
            if self._discarded > _MOST_DISCARDED:
                self.transport.close()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request was read."""
        if self._offered_upgrade:
            return
        self._in_head = True
        self._unwatch()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server stops: finish the received request; one that is incomplete may come again."""
        self.linger_s = _LINGER_AT_STOP_S
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_started:
            self._refuse(ProblemType.BUSY, "the gateway stops; come again")
        else:
            super().shutdown()

    def has_unread_request(self) -> bool:
        """Whether the peer may still be sending what is not read any more."""
        return not self._in_head or self._refusal is not None

    def _watch(self) -> None:
        """Set a deadline where it is the peer's turn to send."""
        if self._deadline is not None or self.transport.is_closing():
            return
        if not self._in_head:
            self._seen_bytes = self._body_bytes
            self._deadline = self.loop.call_later(self.bounds.header_s, self._look_at_body)
        elif self.cycle is None or self.cycle.response_complete:
            self._deadline = self.loop.call_later(self.bounds.header_s, self._head_is_late)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        self._refuse(ProblemType.TIMEOUT, f"a request must begin within {self.bounds.header_s:g} s")

    def _look_at_body(self) -> None:
        self._deadline = None
        came = self._body_bytes - self._seen_bytes
        if self.flow.read_paused or came >= _SLOWEST_BYTES_PER_S * self.bounds.header_s:
            self._watch()
        elif self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(ProblemType.TIMEOUT, "the body comes too slowly")

    def _too_large_head(self) -> Fault:
        return (
            ProblemType.HEADER_TOO_LARGE,
            f"request line and header fields may have {self.bounds.header_bytes:,} bytes",
        )

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  (uvicorn's text is less precise than ours)
        """Refuse what is no request."""
        self._refuse(*_NO_REQUEST)

    def on_response_complete(self) -> None:
        """A request was answered; a refusal that waited for it is sent now."""
        self._answered += 1
        super().on_response_complete()
        if self._refusal is not None:
            self._refuse(*self._refusal)

    def _refuse(self, kind: ProblemType, detail: str) -> None:
        """Answer without calling the application, when all earlier requests are answered, and close."""
        if self.transport.is_closing():
            return
        self._refusal = (kind, detail)
        self._unwatch()
        if self._heads - self._answered > (0 if self._in_head else 1):
            return
        reference = str(uuid4())
        _log.info("connection refused", status=kind.status, kind=kind.name, request=reference)
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = (
                details_of(ProblemResponse(kind, detail), reference)
                .model_dump_json(exclude_defaults=True)
                .encode()
            )
            retry = "retry-after: 5\r\n" if kind in (ProblemType.TOO_MANY, ProblemType.BUSY) else ""
            self.transport.write(
                f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}\r\n"
                f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nx-request-id: {reference}\r\n"
                f"{retry}connection: close\r\n\r\n".encode()
                + body
            )
        self.transport.close()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # a reader of its body waits no longer
            self.cycle.message_event.set()


class _Lingering(asyncio.Transport):
    """A transport whose `close` first lets the peer see what was written: it closes our half first, and the
    peer's half when the peer does or after a moment; what comes in between is dropped."""

    def __init__(self, transport: asyncio.Transport, connection: BoundedConnection) -> None:
        super().__init__()
        self._transport = transport
        self._connection = connection
        self._closing = False

    def write(self, data: Any) -> None:
        if not self._closing:
            self._transport.write(data)

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        if self._transport.is_closing():
            return
        if not self._connection.has_unread_request() or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        self._transport.resume_reading()
        self._connection.loop.call_later(self._connection.linger_s, self._transport.close)

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)


def connections_within(bounds: Bounds) -> type[BoundedConnection]:
    """The protocol class of one server."""
    return type("Connection", (BoundedConnection,), {"bounds": bounds, "of_peers": Counter()})
