"""The server's connections: offers to upgrade, bounds on heads, bodies and numbers; by sockets and by clients
of other authors (curl, the JDK, the standard library)."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import pytest

from adapters.kit.http.connection import Bounds
from adapters.kit.http.network import network_of
from tests.adapters.sockets import Peer, post, serving
from tests.patience import PATIENCE_S

OFFERS = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    b"Connection: keep-alive, upgrade\r\nUpgrade: TLS/1.2, HTTP/2.0\r\n",
    b"connection: upgrade\r\nupgrade: h2c, foo/2\r\nConnection: HTTP2-Settings\r\n",
)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
JAVA = """
import java.net.URI;
import java.net.http.*;
import java.net.http.HttpRequest.BodyPublishers;
public class Post {
    public static void main(String[] given) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int i = 0; i < 2; i++) {
            var body = BodyPublishers.ofString(given[1]);
            var request = HttpRequest.newBuilder(URI.create(given[0])).POST(body).build();
            System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        }
    }
}
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Bounds()) as number:
        yield number


class TestOffersToUpgrade:
    @pytest.mark.parametrize("offer", OFFERS)
    def test_the_body_is_kept(self, port: int, offer: bytes) -> None:
        with Peer(port) as peer:
            peer.send(post(b"/one", b"first", offer))
            assert peer.answer() == (200, b"POST /one first")
            peer.send(post(b"/two", b"second"))  # it stays HTTP/1.1
            assert peer.answer() == (200, b"POST /two second")

    @pytest.mark.parametrize("offer", OFFERS)
    def test_in_chunks(self, port: int, offer: bytes) -> None:
        chunks = b"3\r\nfir\r\n2\r\nst\r\n0\r\n\r\n"
        with Peer(port) as peer:
            peer.send(post(b"/one", chunks, offer + CHUNKED))
            assert peer.answer() == (200, b"POST /one first")

    @pytest.mark.parametrize("offer", OFFERS)
    def test_byte_by_byte(self, port: int, offer: bytes) -> None:
        with Peer(port) as peer:
            for byte in post(b"/one", b"first", offer):
                peer.send(bytes([byte]))
            assert peer.answer() == (200, b"POST /one first")

    def test_several_at_once_are_answered_in_order(self, port: int) -> None:
        requests = [post(b"/%d" % number, b"body", offer) for number, offer in enumerate(OFFERS)]
        with Peer(port) as peer:
            peer.send(b"".join([*requests, post(b"/last", b"x" * 300_000)]))
            for number in range(len(OFFERS)):
                assert peer.answer() == (200, b"POST /%d body" % number)
            assert peer.answer() == (200, b"POST /last " + b"x" * 300_000)

    def test_without_a_body(self, port: int) -> None:
        with Peer(port) as peer:
            peer.send(b"GET /one HTTP/1.1\r\nHost: a\r\n" + OFFERS[0] + b"\r\n")
            assert peer.answer() == (200, b"GET /one ")

    def test_the_last_request_of_a_connection(self, port: int) -> None:
        offer = b"Connection: close, Upgrade\r\nUpgrade: h2c\r\n"
        with Peer(port) as peer:
            peer.send(post(b"/one", b"first", offer))
            assert peer.answer() == (200, b"POST /one first")
            assert peer.is_closed()

    def test_there_is_no_tunnel(self, port: int) -> None:
        with Peer(port) as peer:
            peer.send(b"CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n")
            assert peer.answer()[0] == 501

    @pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
    @pytest.mark.parametrize("size", [5, 2_000_000])
    def test_curl(self, port: int, tmp_path: Path, size: int) -> None:
        sent = tmp_path / "sent"
        sent.write_bytes(b"x" * size)
        command = ["curl", "-sS", "--http2", "--data-binary", f"@{sent}", f"http://127.0.0.1:{port}/one"]
        for more in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]):
            answer = subprocess.run([*command, *more], capture_output=True, check=True, timeout=PATIENCE_S)
            assert answer.stdout == b"POST /one " + b"x" * size

    @pytest.mark.skipif(shutil.which("java") is None, reason="there is no JDK")
    def test_the_jdk(self, port: int, tmp_path: Path) -> None:
        """Its HttpClient offers HTTP/2 with the first request unless that is switched off."""
        (tmp_path / "Post.java").write_text(JAVA, "utf-8")
        command = ["java", str(tmp_path / "Post.java"), f"http://127.0.0.1:{port}/one", "body"]
        answer = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S)
        if b"no compiler" in answer.stderr.lower() or b"jdk.compiler" in answer.stderr:
            pytest.skip("there is a Java without its compiler")
        assert answer.stdout.split(b"\n")[:2] == [b"POST /one body"] * 2, answer.stderr


class TestHeads:
    @pytest.mark.feature(id="E4")
    @pytest.mark.parametrize(
        "parts",
        [
            [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", *[b"a" * 2**16] * 64],
            [b"GET / HTTP/1.1\r\nHost: a\r\n", *[b"X: b\r\n" * 10_000] * 64],
            [b"GET /", *[b"a" * 2**16] * 64],
            [b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n"],
            [post(b"/", b"0\r\nX: ", CHUNKED), *[b"a" * 2**16] * 64],
            [post(b"/", b"1;x=", CHUNKED), *[b"a" * 2**16] * 64],
        ],
        ids=["one long field", "many fields", "a long line", "in one piece", "trailers", "of a chunk"],
    )
    def test_have_a_largest_size(self, port: int, parts: Sequence[bytes]) -> None:
        with Peer(port) as peer:
            try:
                for part in parts:
                    peer.send(part)
            except OSError:
                pass  # it was refused while it was sent
            status, body = peer.answer()
            assert status == 431
            assert b"32,768" in body

    def test_a_large_body_counts_for_no_head(self, port: int) -> None:
        with Peer(port) as peer:
            half = post(b"/two", b"second")
            peer.send(post(b"/one", b"x" * 500_000) + half[:20])
            assert peer.answer() == (200, b"POST /one " + b"x" * 500_000)
            peer.send(half[20:])
            assert peer.answer() == (200, b"POST /two second")

    @pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost:", b"\r\n", b"G"])
    def test_must_be_whole_in_time(self, begun: bytes) -> None:
        with serving(Bounds(header_s=0.2)) as port, Peer(port) as peer:
            peer.send(begun)
            assert peer.answer()[0] == 408  # and no other thing but time makes it answer
            assert peer.is_closed()

    def test_a_head_that_trickles_is_late_too(self) -> None:
        with serving(Bounds(header_s=0.5)) as port, Peer(port) as peer:
            ended = threading.Event()
            peer.send(b"GET / HTTP/1.1\r\nHost: ")

            def trickle() -> None:
                while not ended.wait(0.02):
                    try:
                        peer.send(b"a")
                    except OSError:
                        return

            sending = threading.Thread(target=trickle)
            sending.start()
            try:
                assert peer.answer()[0] == 408
            finally:
                ended.set()
                sending.join()

    def test_what_is_no_request(self, port: int) -> None:
        for data in (b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            with Peer(port) as peer:
                peer.send(data)
                status, body = peer.answer()
                assert status == 400
                assert b"urn:flexgate:problem:bad-request" in body

    def test_lengths_that_contradict(self, port: int) -> None:
        """What two servers could read as two requests (RFC 9112, 6.3)."""
        for more in (
            b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            b"Content-Length: 3\r\nContent-Length: 4\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Length: 1_0\r\n",
        ):
            with Peer(port) as peer:
                peer.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + more + b"\r\nabc")
                assert peer.answer()[0] == 400


class TestBodies:
    def test_must_keep_coming(self) -> None:
        with serving(Bounds(header_s=0.2)) as port, Peer(port) as peer:
            peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
            assert peer.answer()[0] == 408

    def test_in_the_smallest_chunks(self, port: int) -> None:
        with Peer(port) as peer:
            peer.send(post(b"/", b"1\r\nx\r\n" * 60_000 + b"0\r\n\r\n", CHUNKED))
            assert peer.answer() == (200, b"POST / " + b"x" * 60_000)

    def test_an_early_answer_reaches_who_still_sends(self, port: int) -> None:
        body = b"x" * 20_000_000
        answer = httpx2.post(f"http://127.0.0.1:{port}/unread", content=body, timeout=PATIENCE_S)
        assert (answer.status_code, answer.content) == (413, b"POST /unread ")

    def test_a_body_that_was_not_asked_for_is_not_waited_for(self, port: int) -> None:
        with Peer(port) as peer:
            expect = b"Expect: 100-continue\r\n"
            head = post(b"/unread", b"", expect).replace(b"Length: 0", b"Length: 9000000000")
            peer.send(head)
            assert peer.answer() == (413, b"POST /unread ")
            assert peer.is_closed()


class TestNumbers:
    def test_a_peer_has_so_many_connections(self) -> None:
        with serving(Bounds(connections_per_peer=3)) as port:
            held = [Peer(port) for _ in range(3)]
            assert [self.is_served(peer) for peer in held] == [True] * 3
            with Peer(port) as one_more:
                assert one_more.answer()[0] == 429
            with Peer(port, "127.0.0.2") as other:
                assert self.is_served(other)
            held[0].socket.shutdown(socket.SHUT_WR)
            assert held[0].is_closed()  # given back
            with Peer(port) as again:
                assert self.is_served(again)
            for peer in held:
                peer.close()

    def test_all_together_have_so_many(self) -> None:
        with serving(Bounds(connections=2)) as port:
            held = [Peer(port) for _ in range(2)]
            assert [self.is_served(peer) for peer in held] == [True] * 2
            with Peer(port, "127.0.0.2") as one_more:
                assert one_more.answer()[0] == 503
            for peer in held:
                peer.close()

    def is_served(self, peer: Peer) -> bool:
        peer.send(post(b"/", b"x"))
        return peer.answer() == (200, b"POST / x")

    def test_one_subscriber_is_one_peer(self) -> None:
        assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
        assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") != network_of("192.0.2.8")
