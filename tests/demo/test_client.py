"""The emulators' HTTP client against a server that behaves badly on purpose."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from contract_tests.emulators.client import (
    Credentials,
    GatewayClient,
    RefusedError,
    WaitedTooLongError,
    wait_for,
    wait_until_ready,
)

PROBLEM = {
    "type": "https://example.org/problems/invalid",
    "title": "Not valid",
    "detail": "up_mw has 3 values",
    "errors": [{"pointer": "/up_mw", "detail": "96 wanted"}],
    "instance": "urn:uuid:1234",
}


class Gateway(ThreadingHTTPServer):
    """Gives tokens, is busy twice, refuses what is asked for at /invalid."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tokens = 0
        self.lifetime_s = 900
        self.busy = 2
        self.seen: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "good" not in self._basic():
            self._answer(401, {"error": "invalid_client", "error_description": "who are you?"})
            return
        self.server.tokens += 1
        token = {"access_token": f"token-{self.server.tokens}", "expires_in": self.server.lifetime_s}
        self._answer(200, token)

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))
        if self.path == "/invalid":
            self._answer(422, PROBLEM, "application/problem+json")
        elif self.path == "/busy" and self.server.busy:
            self.server.busy -= 1
            self._answer(503, {}, retry_after="0")
        else:
            self._answer(200, {"path": self.path})

    def _basic(self) -> str:
        return base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()

    def _answer(
        self, status: int, body: object, media_type: str = "application/json", retry_after: str | None = None
    ) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def client_of(gateway: Gateway, name: str = "good") -> GatewayClient:
    return GatewayClient(f"http://127.0.0.1:{gateway.server_port}", Credentials(name, "test"))


def test_one_token_serves_many_requests(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        assert client.get("/a") == {"path": "/a"}
        client.get("/b", after=3)
    assert gateway.tokens == 1
    assert gateway.seen == ["Bearer token-1"] * 2


def test_a_token_about_to_end_is_renewed(gateway: Gateway) -> None:
    gateway.lifetime_s = 5
    with client_of(gateway) as client:
        client.get("/a")
        client.get("/b")
    assert len(set(gateway.seen)) == 2


def test_a_request_to_a_busy_gateway_is_repeated(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        assert client.get("/busy") == {"path": "/busy"}
    assert len(gateway.seen) == 3


def test_a_gateway_that_stays_busy_is_an_error(gateway: Gateway) -> None:
    gateway.busy = 99
    with client_of(gateway) as client, pytest.raises(RefusedError, match="503"):
        client.get("/busy")
    assert len(gateway.seen) == 8


def test_a_problem_becomes_text_with_place_and_reference(gateway: Gateway) -> None:
    with client_of(gateway) as client, pytest.raises(RefusedError) as refused:
        client.get("/invalid")
    assert refused.value.status == 422
    assert refused.value.problem == PROBLEM
    for part in (
        "GET /invalid",
        "422",
        "Not valid",
        "up_mw has 3 values",
        "/up_mw 96 wanted",
        "urn:uuid:1234",
    ):
        assert part in str(refused.value)


def test_a_refused_client_is_named(gateway: Gateway) -> None:
    with client_of(gateway, "bad") as client, pytest.raises(RefusedError, match="invalid_client: who"):
        client.get("/a")


def test_waiting_ends() -> None:
    with pytest.raises(WaitedTooLongError, match="in vain for the moon"):
        wait_for(lambda: None, "the moon", 0.05)


def test_a_process_that_ended_is_not_waited_for() -> None:
    with pytest.raises(WaitedTooLongError, match="ended before it was ready"):
        wait_until_ready("http://127.0.0.1:9", 30.0, lambda: False)
