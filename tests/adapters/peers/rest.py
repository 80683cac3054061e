"""A peer that calls the REST interface and has a webhook; it repeats what was not confirmed."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from fastapi.testclient import TestClient

from adapters.kit.http.access import Access
from adapters.rest import ROUTERS
from adapters.rest.dependencies import RestDependencies
from adapters.rest.webhook import WebhookOutlet, WebhookRules
from gateway.ports import Outlet
from gateway.records.messages import webhooks
from gateway.security.clients import Client, Clients
from gateway.security.keys import signing_key
from gateway.security.message_signatures import MessageSigner
from gateway.security.tokens import AccessTokens
from gateway.web.application import create_app
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway, Received
from tests.web.local_gateway import HASHED

URL = "http://testserver"
_SERVER_FAULTS = (500, 503)


@dataclass
class RestPeer:
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = True
    keeps_messages: bool = False
    is_answered_again: bool = False
    client: TestClient | None = None
    server: HTTPServer | None = None
    port: int = 0
    came: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    locations: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    refusing: int | None = None
    """The status that the webhook answers to everything, taking nothing."""
    speaks: threading.Event = field(default_factory=threading.Event)

    def channel(self) -> None:
        return None

    def serve(self, local: LocalGateway) -> Outlet:
        member = Client(self.tenant, local.tenants[self.tenant], HASHED)
        key = signing_key(local.directory / "keys" / "tokens.pem")
        tokens = AccessTokens(URL, key, Clients([member]), local.clock)
        rules = WebhookRules(URL, private_addresses=True, timeout_s=5)
        app = create_app(ROUTERS, body_bytes=LARGEST_BYTES)
        app.state.access = Access(tokens, local.tenants)
        app.state.rest = RestDependencies(
            local.stores, local.intake, local.clock, rules, webhook_changed=lambda _: None
        )
        self.client = TestClient(app, raise_server_exceptions=False)
        self.client.headers["Authorization"] = f"Bearer {tokens.issue(member, member.may_have)}"
        with local.stores.of(self.tenant).writing() as uow:
            webhooks.put(uow, f"http://localhost:{self.port}/", local.clock.now())
        return WebhookOutlet(local.stores, MessageSigner(key), rules, local.clock)

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        assert self.client is not None
        headers = {"Content-Type": content_type or "application/xml"}
        if message_id is not None:
            headers["Idempotency-Key"] = message_id
        for _ in range(10):
            answer = self.client.post("/v1/documents", content=payload, headers=headers)
            if answer.status_code not in _SERVER_FAULTS:
                break
            time.sleep(0.02)
        if answer.status_code == 202 and message_id is not None:
            self.locations[answer.json()["document_id"]] = message_id
        elif answer.status_code != 202:
            self.refused.append(answer.json()["type"])

    def received(self) -> Sequence[Received]:
        return [
            Received(each.payload, each.message_id, self.locations.get(each.answers or ""))
            for each in self.came
        ]

    def refusals(self) -> Sequence[str]:
        return self.refused

    def unplug(self) -> None:
        assert self.server is not None
        self.speaks.set()
        self.server.shutdown()
        self.server.server_close()
        self.server = None

    def hang(self) -> None:
        self.speaks.clear()

    def slow_down(self, delay_s: float) -> None:
        self.delay_s = delay_s

    def plug(self) -> None:
        self.speaks.set()
        if self.server is not None:
            return
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(peer.delay_s)
                if not peer.speaks.is_set():
                    peer.speaks.wait()
                    return
                if peer.refusing is not None:
                    self.send_response(peer.refusing)
                    self.end_headers()
                    return
                peer.came.append(Received(payload, self.headers["ce-id"], self.headers["ce-subject"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}).start()


@contextmanager
def rest_peer(_: Path) -> Iterator[RestPeer]:
    peer = RestPeer()
    peer.plug()
    yield peer
    peer.unplug()
