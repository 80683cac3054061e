"""What the gateway confirmed it does, whatever happens to it; what it says arrives, pushed or pulled."""

import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from joserfc.jwk import ECKey

from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from gateway.records.messages.inbox import EnvelopeState
from tests.e2e.conftest import MACHINE
from tests.e2e.running import Running, json_of
from tests.e2e.world import MEMBERS, bid, document, prepare

XML = {"Content-Type": "application/xml"}
MANY = 400


def test_kill_9_between_confirmation_and_acknowledgement_loses_nothing(tmp_path: Path) -> None:
    data = document("north", "7.2", "TEST-MANY", *(bid(f"TEST-{number}", 1, 50) for number in range(MANY)))
    gateway = Running(tmp_path, MEMBERS)
    with gateway:
        prepare(gateway)
        confirmed = gateway.as_("north").post("/v1/documents", content=data, headers=XML)
        assert gateway.end(signal.SIGKILL) == -signal.SIGKILL
    assert confirmed.status_code == 202
    document_id = confirmed.json()["document_id"]
    stores = Stores(tmp_path / "data" / "stores", ["north"])
    with stores.of("north").reading() as uow:
        stored = inbox.find(uow, document_id)
    stores.close()
    assert stored is not None
    assert stored.state is EnvelopeState.RECEIVED, "the gateway was faster than the kill"

    with gateway:
        north = gateway.as_("north")
        seen = gateway.settled(north, confirmed.headers["location"])
        assert seen["state"] == "accepted"
        again = north.post("/v1/documents", content=data, headers=XML)
        assert again.headers["location"] == confirmed.headers["location"]
        (message,) = json_of(north.get("/v1/outbox"))["messages"]
        assert (message["kind"], message["answers"]) == ("Acknowledgement", document_id)


def test_two_gateways_never_share_their_data(running: Running, tmp_path: Path) -> None:
    second = Running(tmp_path, MEMBERS, data=running.directory / "data")
    with pytest.raises(AssertionError, match="another gateway works on"):
        second.start()


@dataclass
class WebhookReceiver:
    """A platform's webhook: refuses the first attempts, then takes everything."""

    refusals: int
    url: str = ""
    arrived: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    here = WebhookReceiver(refusals=1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.arrived.append(({name.lower(): text for name, text in self.headers.items()}, body))
            here.refusals -= 1
            self.send_response(503 if here.refusals >= 0 else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://localhost:{server.server_port}/from-flexgate"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.feature(id="C12")
def test_the_same_message_pushed_and_pulled(running: Running, receiver: WebhookReceiver) -> None:
    class Keys(HTTPSignatureKeyResolver):
        def resolve_public_key(self, key_id: str) -> object:
            keys = httpx2.get(f"{running.url}/.well-known/jwks.json").json()["keys"]
            return jwt.PyJWK(next(key for key in keys if key["kid"] == key_id)).key

    listener = running.as_("listener")
    json_of(listener.put("/v1/webhook", json={"url": receiver.url}))
    running.hand_in(listener, b"not a document")

    def delivered() -> dict[str, Any] | None:
        (message,) = json_of(listener.get("/v1/outbox"))["messages"]
        return message if message["state"] == "delivered" else None

    message = running.until(delivered, "the push")
    assert message is not None
    assert message["attempts"] == 1
    assert "503" in message["last_error"]
    pulled = listener.get(f"/v1/outbox/{message['id']}")
    (first, _), (headers, pushed) = receiver.arrived
    assert first["ce-id"] == headers["ce-id"] == message["message_id"] == pulled.headers["ce-id"]
    assert pushed == pulled.content
    request = httpx2.Request("POST", receiver.url, headers=headers, content=pushed)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    (result,) = verifier.verify(request, body=pushed)
    assert '"content-digest"' in result.covered_components
    assert json_of(listener.get("/v1/webhook"))["active"]


@pytest.mark.feature(id="E1")
def test_a_machine_with_a_key_needs_no_secret(running: Running, machine_key: ECKey) -> None:
    """private_key_jwt from end to end: the key never leaves the machine, and an assertion is good once."""
    claims = {
        "iss": MACHINE,
        "sub": MACHINE,
        "aud": f"{running.url}/oauth/token",
        "exp": datetime.now(UTC) + timedelta(minutes=1),
        "jti": "once",
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, machine_key.private_key, "ES256", {"kid": "one"}),
    }
    granted = json_of(httpx2.post(f"{running.url}/oauth/token", data=form))
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    assert json_of(httpx2.get(f"{running.url}/v1/outbox", headers=header)) == json_of(
        running.as_("north").get("/v1/outbox")
    )
    replayed = httpx2.post(f"{running.url}/oauth/token", data=form)
    assert json_of(replayed, 401)["error_description"] == "the assertion was used before"
