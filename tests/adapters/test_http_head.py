"""Heads that two readers could take for two requests are refused, on the wire (RFC 9110, RFC 9112)."""

from collections.abc import Iterator

import pytest

from adapters.kit.http.connection import Bounds
from tests.adapters.sockets import Peer, post, serving

SINGLE = (
    b"Idempotency-Key: one",
    b"Authorization: Bearer one",
    b"Content-Type: text/xml",
    b"Client-Cert: :MA==:",
    b"X-Proxy-Secret: one",
    b"If-Range: one",
    b"Range: bytes=0-1",
)
CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Bounds()) as number:
        yield number


def answered(port: int, request: bytes) -> tuple[int, bytes]:
    """Status and body; whoever is refused is asked nothing more."""
    with Peer(port) as peer:
        peer.send(request)
        status, body = peer.answer()
        if status >= 400:
            assert peer.is_closed()
    return status, body


class TestHost:
    @pytest.mark.parametrize(
        "fields",
        [
            b"",
            b"Host: a\r\nHost: a\r\n",
            b"Host: a\r\nX: y\r\nhost: b\r\n",
            b"Host: a b\r\n",
            b"Host: a, b\r\n",
            b"Host: u@a\r\n",
            b"Host: a/b\r\n",
            b"Host: a:80:81\r\n",
            b"Host: [::1\r\n",
            b"Host: \xc3\xa4\r\n",
        ],
    )
    @pytest.mark.parametrize("offer", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
    def test_there_is_just_one_that_names_a_host(self, port: int, fields: bytes, offer: bytes) -> None:
        status, body = answered(port, b"GET / HTTP/1.1\r\n" + fields + offer + b"\r\n")
        assert status == 400
        assert b"host" in body

    @pytest.mark.parametrize(
        "host", [b"a", b"a:8080", b"[2001:db8::1]:80", b"192.0.2.1", b"x-1.example", b""]
    )
    def test_names_and_addresses(self, port: int, host: bytes) -> None:
        assert answered(port, b"GET /one HTTP/1.1\r\nHost: " + host + b"\r\n\r\n") == (200, b"GET /one ")

    def test_http_1_0_needs_none(self, port: int) -> None:
        assert answered(port, b"GET /one HTTP/1.0\r\n\r\n") == (200, b"GET /one ")
        assert answered(port, b"GET /one HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n")[0] == 400


class TestFields:
    @pytest.mark.parametrize("field", SINGLE)
    def test_of_which_there_is_one_stand_once(self, port: int, field: bytes) -> None:
        once, twice = field + b"\r\n", field + b"\r\nX: y\r\n" + field.upper() + b"2\r\n"
        assert answered(port, post(b"/one", b"abc", once)) == (200, b"POST /one abc")
        status, body = answered(port, post(b"/one", b"abc", twice))
        assert status == 400
        assert field.partition(b":")[0].lower() in body

    def test_lists_may_be_split(self, port: int) -> None:
        fields = b"Accept: text/xml\r\nAccept: */*\r\nVia: 1.1 a\r\nVia: 1.1 b\r\nX-Forwarded-For: a\r\n"
        assert answered(port, post(b"/one", b"abc", fields)) == (200, b"POST /one abc")


class TestFraming:
    @pytest.mark.parametrize(
        "codings",
        [
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b"Transfer-Encoding: xchunked\r\n",
            b"Transfer-Encoding: deflate, gzip, chunked\r\n",
            b"Transfer-Encoding: identity\r\n",
        ],
    )
    def test_what_is_packed_is_not_read(self, port: int, codings: bytes) -> None:
        assert answered(port, post(b"/one", CHUNKS, codings))[0] == 501

    def test_http_1_0_has_no_chunks(self, port: int) -> None:
        request = post(b"/one", CHUNKS, b"Transfer-Encoding: chunked\r\n").replace(b"/1.1", b"/1.0")
        assert answered(port, request)[0] == 400

    @pytest.mark.parametrize("written", [b"chunked", b"Chunked", b" chunked "])
    def test_chunks(self, port: int, written: bytes) -> None:
        request = post(b"/one", CHUNKS, b"Transfer-Encoding:" + written + b"\r\n")
        assert answered(port, request) == (200, b"POST /one abc")


class TestMethods:
    @pytest.mark.parametrize("method", [b"BREW", b"get", b"GETTING", b"PROPFIND", b"SOURCE", b"M-X", b"P!"])
    def test_unknown_ones_are_not_implemented(self, port: int, method: bytes) -> None:
        status, body = answered(port, method + b" / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert status == 501
        assert b"urn:flexgate:problem:not-implemented" in body

    @pytest.mark.parametrize("method", [b"BREW", b"GETTING", b"GEX"])
    def test_byte_by_byte(self, port: int, method: bytes) -> None:
        with Peer(port) as peer:
            try:
                for byte in method + b" / HTTP/1.1\r\nHost: a\r\n\r\n":
                    peer.send(bytes([byte]))
            except OSError:
                pass  # it was refused while it was sent
            assert peer.answer()[0] == 501

    @pytest.mark.parametrize("first", [b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n", post(b"/one", b"BREW x ")])
    @pytest.mark.parametrize(
        ("behind", "status"),
        [(b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501), (b"}\r\n\r\n", 400), (b"GETTING", 501)],
    )
    @pytest.mark.parametrize("at_once", [True, False])
    def test_behind_another_request(
        self, port: int, first: bytes, behind: bytes, status: int, at_once: bool
    ) -> None:
        with Peer(port) as peer:
            if at_once:
                peer.send(first + first + behind)
            else:  # the end of a body and what follows it, or the one after the other
                peer.send(first + first[:-4] if first.endswith(b" ") else first + first)
                peer.answer()
                peer.send(first[-4:] + behind if first.endswith(b" ") else behind)
            codes = [peer.answer()[0] for _ in range(3 if at_once else 2)]
            assert codes[-2:] == [200, status]

    @pytest.mark.parametrize(
        "begun", [b"\x16\x03\x01", b"GET\r\n\r\n", b"hello\r\n\r\n", b"(G) / HTTP/1.1\r\n"]
    )
    def test_what_is_no_method(self, port: int, begun: bytes) -> None:
        assert answered(port, begun)[0] == 400

    @pytest.mark.parametrize("version", [b"0.9", b"2.0"])
    def test_other_versions(self, port: int, version: bytes) -> None:
        assert answered(port, b"GET / HTTP/" + version + b"\r\nHost: a\r\n\r\n")[0] == 505


class TestInARow:
    @pytest.mark.parametrize(
        ("bad", "status"),
        [
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (post(b"/", CHUNKS, b"Transfer-Encoding: gzip, chunked\r\n"), 501),
            (b"\x00", 400),
            (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        ],
        ids=["no host", "packed", "no request", "too large"],
    )
    def test_what_came_before_is_answered_as_if_alone(self, port: int, bad: bytes, status: int) -> None:
        """A request that has its effect never has the answer of the one behind it."""
        with Peer(port) as peer:
            peer.send(post(b"/one", b"first") + post(b"/two", b"second") + bad + post(b"/never", b"x"))
            assert peer.answer() == (200, b"POST /one first")
            assert peer.answer() == (200, b"POST /two second")
            assert peer.answer()[0] == status
            assert peer.is_closed()
