"""Requests to an HTTP peer: mutual TLS, bounds, what is refused. Against servers of this machine."""

import datetime
import gzip
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.kit.http.client import CallError, HttpPeer
from adapters.kit.options import DIRECTORY, ConnectionOptions

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])


def certified(directory: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / f"{name}.pem", directory / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


@contextmanager
def serving(answer: Any, context: ssl.SSLContext | None = None) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def peer(port: int, directory: Path = Path(), **more: Any) -> HttpPeer:
    options = {"host": "localhost", "port": port, "answer_timeout_s": 2.0} | more
    checked = ConnectionOptions.model_validate(options, context={DIRECTORY: directory})
    return HttpPeer(checked, threading.Event())


def sends(body: bytes, **headers: str) -> Any:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


class TestMutualTls:
    @pytest.fixture
    def port(self, tmp_path: Path) -> Iterator[int]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certified(tmp_path, "server"))
        certified(tmp_path, "client")
        context.load_verify_locations(tmp_path / "client.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        with serving(sends(b"welcome"), context) as port:
            yield port

    @pytest.mark.feature(id="E3")
    def test_a_known_certificate_opens(self, port: int, tmp_path: Path) -> None:
        known = {"ca": "server.pem", "certificate": "client.pem", "key": "client.key"}
        answer = peer(port, tmp_path, tls=True, **known).call("GET", "/", largest=100)
        assert answer.body == b"welcome"

    @pytest.mark.feature(id="E3")
    @pytest.mark.parametrize(
        "change",
        [
            {"ca": "server.pem"},
            {"ca": "server.pem", "certificate": "stranger.pem", "key": "stranger.key"},
            {"ca": "client.pem", "certificate": "client.pem", "key": "client.key"},
        ],
        ids=["no-certificate", "a-stranger", "a-server-that-is-not-trusted"],
    )
    def test_nothing_else_does(self, port: int, tmp_path: Path, change: dict[str, str]) -> None:
        certified(tmp_path, "stranger")
        with pytest.raises(CallError, match="no answer"):
            peer(port, tmp_path, tls=True, **change).call("GET", "/", largest=100)

    def test_a_certificate_that_is_not_there_is_a_fault_with_a_reason(self, tmp_path: Path) -> None:
        with pytest.raises(CallError, match="certificates cannot be used: No such file"):
            peer(1, tmp_path, tls=True, ca="absent.pem").call("GET", "/", largest=100)


class TestBounds:
    def test_what_is_larger_is_cut(self) -> None:
        with serving(sends(b"x" * 10_000_000)) as port:
            answer = peer(port).call("GET", "/", largest=1000)
            assert (len(answer.body), answer.complete) == (1000, False)
            exact = peer(port).call("GET", "/", largest=10_000_000)
            assert (len(exact.body), exact.complete) == (10_000_000, True)

    def test_a_compressed_answer_is_refused(self) -> None:
        bomb = gzip.compress(b" " * 10_000_000)
        with serving(sends(bomb, Content_Encoding="gzip")) as port, pytest.raises(CallError, match="gzip"):
            peer(port).call("GET", "/", largest=100)

    def test_an_answer_that_trickles_ends_with_the_channel(self) -> None:
        stopping, given_up = threading.Event(), threading.Event()

        def trickles(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            with suppress(OSError):
                while not given_up.wait(0.01):
                    handler.wfile.write(b".")

        with serving(trickles) as port:
            options = ConnectionOptions.model_validate({"host": "localhost", "port": port})
            timer = threading.Timer(0.2, stopping.set)
            timer.start()
            with pytest.raises(CallError, match="too slow"):
                HttpPeer(options, stopping).call("GET", "/", largest=10**9)
            given_up.set()

    @pytest.mark.parametrize(
        ("stated", "seconds"), [("7", 7), ("86400", 3600), ("soon", None), ("-1", None), ("", None)]
    )
    def test_how_long_a_peer_wants_to_be_left_alone(self, stated: str, seconds: int | None) -> None:
        with serving(sends(b"", Retry_After=stated)) as port:
            assert peer(port).call("GET", "/", largest=100).retry_after_s == seconds

    def test_the_environment_brings_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        with serving(sends(b"direct")) as port:
            assert peer(port).call("GET", "/", largest=100).body == b"direct"
