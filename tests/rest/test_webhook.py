"""Pushing: to allowed places only, signed, and every answer but 2xx a failure."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import jwt
import pytest
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from adapters.rest.addresses import AddressError, checked_url, resolved
from adapters.rest.webhook import WebhookOutlet, WebhookRules
from gateway.domain.envelope import Envelope
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.ports import DeliveryError
from gateway.records.engine.stores import Stores
from gateway.records.messages import webhooks
from gateway.security.keys import SigningKey, signing_key
from gateway.security.message_signatures import MessageSigner, content_digest
from tests.security.clocks import SetClock
from tests.web.local_gateway import LocalGateway

HOSTS = ("hooks.example.org",)
BODY = b"<Acknowledgement/>"
TENANT = Tenant("east", held(TenantRole.PLATFORM), "East", webhook_hosts=("localhost", "127.0.0.1"))


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        ["https://hooks.example.org", "https://HOOKS.example.org:8443/in?a=b", "https://hooks.example.org/"],
    )
    def test_allowed(self, url: str) -> None:
        assert checked_url(url, HOSTS, private_addresses=False).hostname == "hooks.example.org"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "hooks.example.org",
            "http://hooks.example.org/",
            "ftp://hooks.example.org/",
            "file:///etc/passwd",
            "https://example.org/",
            "https://hooks.example.org.evil.test/",
            "https://evil.test/hooks.example.org",
            "https://evil.test#hooks.example.org",
            "https://hooks.example.org@evil.test/",
            "https://user@hooks.example.org/",
            "https://:secret@hooks.example.org/",
            "https://hooks.example.org/#part",
            "https://hooks.example.org:0/",
            "https://hooks.example.org:99999/",
            "https://[::1/",
            "https://hooks.example.org/a b",
            "https://hooks.example.org/a\nb",
            "https://höoks.example.org/",
            "https://hooks.example.org/" + "a" * 3000,
        ],
    )
    def test_refused(self, url: str) -> None:
        with pytest.raises(AddressError):
            checked_url(url, HOSTS, private_addresses=False)

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104
            "224.0.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
        ],
    )
    def test_private_networks_are_not_reached(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
        private = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, 443))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [public, private])
        with pytest.raises(AddressError, match="not a public address"):
            resolved("hooks.example.org", 443, private_addresses=False)
        assert resolved("hooks.example.org", 443, private_addresses=True) == "93.184.216.34"

    def test_an_unknown_host(self) -> None:
        with pytest.raises(AddressError, match="cannot be found"):
            resolved("no-such-host.invalid", 443, private_addresses=False)


@dataclass
class Peer:
    """A receiver that notes what came and answers as set."""

    port: int
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/in?from=flexgate"


@pytest.fixture
def peer() -> Iterator[Peer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.requests.append(
                (self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            )
            status = here.answers.pop(0) if here.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    here = Peer(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key(tmp_path / "webhooks.pem")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    new = Stores(tmp_path / "stores", ["east"])
    yield new
    new.close()


def outlet(stores: Stores, key: SigningKey, *, private: bool = True) -> WebhookOutlet:
    rules = WebhookRules("https://gateway.test", private_addresses=private, timeout_s=2)
    return WebhookOutlet(stores, MessageSigner(key), rules, SetClock(datetime.now(UTC)))


def set_webhook(stores: Stores, url: str) -> None:
    with stores.of("east").writing() as uow:
        webhooks.put(uow, url, datetime.now(UTC))


ENVELOPE = Envelope(
    "east",
    "webhook",
    "message-1",
    "application/xml",
    datetime(2026, 3, 1, 12, tzinfo=UTC),
    BODY,
    "envelope-1",
    "Acknowledgement",
)


def _state(outlet: WebhookOutlet) -> tuple[str, str | None]:
    health = outlet.health(TENANT.tenant_id)
    assert health is not None
    return health.state.value, health.last_error


class TestPushing:
    def test_what_arrives_is_signed_and_named(self, stores: Stores, key: SigningKey, peer: Peer) -> None:
        class Keys(HTTPSignatureKeyResolver):
            def resolve_public_key(self, key_id: str) -> object:
                assert key_id == key.key_id
                return jwt.PyJWK(key.public_jwk).key

        set_webhook(stores, peer.url)
        outlet(stores, key).send(TENANT, ENVELOPE)
        ((path, headers, body),) = peer.requests
        assert path == "/in?from=flexgate"
        assert body == BODY
        assert headers["host"] == f"localhost:{peer.port}"
        assert headers["content-type"] == "application/xml"
        assert headers["content-digest"] == content_digest(BODY)
        assert headers["ce-id"] == "message-1"
        assert headers["ce-type"] == "eu.flexgate.Acknowledgement.v1"
        assert headers["ce-subject"] == "envelope-1"
        arrived = httpx2.Request("POST", peer.url, headers=headers, content=body)
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
        (result,) = verifier.verify(arrived, body=body)
        assert '"@target-uri"' in result.covered_components
        assert '"ce-id"' in result.covered_components

    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_2xx_is_delivered(self, stores: Stores, key: SigningKey, peer: Peer, status: int) -> None:
        set_webhook(stores, peer.url)
        peer.answers = [status]
        outlet(stores, key).send(TENANT, ENVELOPE)

    @pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 500])
    def test_anything_else_is_not(self, stores: Stores, key: SigningKey, peer: Peer, status: int) -> None:
        set_webhook(stores, peer.url)
        peer.answers = [status]
        pushing = outlet(stores, key)
        with pytest.raises(DeliveryError, match=str(status)) as caught:
            pushing.send(TENANT, ENVELOPE)
        assert not caught.value.final
        assert len(peer.requests) == 1
        assert pushing.is_open(TENANT) is (status != 410)

    def test_a_peer_that_is_gone_can_come_back(self, stores: Stores, key: SigningKey, peer: Peer) -> None:
        set_webhook(stores, peer.url)
        peer.answers = [410]
        pushing = outlet(stores, key)
        with pytest.raises(DeliveryError):
            pushing.send(TENANT, ENVELOPE)
        with stores.of(TENANT.tenant_id).reading() as uow:
            webhook = webhooks.find(uow)
        assert webhook is not None
        assert webhook.disabled_because == "the webhook answered 410"
        set_webhook(stores, peer.url)
        assert pushing.is_open(TENANT)
        pushing.send(TENANT, ENVELOPE)

    def test_how_it_is_can_be_asked(self, stores: Stores, key: SigningKey, peer: Peer) -> None:
        pushing = outlet(stores, key)
        assert pushing.health(TENANT.tenant_id) is None
        set_webhook(stores, peer.url)
        pushing.look_again(TENANT.tenant_id)
        states = [_state(pushing)]
        peer.answers = [204, 503, 204, 422, 410]
        for _ in peer.answers[:]:
            with suppress(DeliveryError):
                pushing.send(TENANT, ENVELOPE)
            states.append(_state(pushing))
        assert states == [
            ("starting", None),
            ("up", None),
            ("down", "the webhook answered 503"),
            ("up", "the webhook answered 503"),
            ("up", "the webhook answered 422"),
            ("stopped", "the webhook answered 410"),
        ]

    def test_a_private_network_is_not_reached(self, stores: Stores, key: SigningKey, peer: Peer) -> None:
        set_webhook(stores, peer.url.replace("http:", "https:"))
        with pytest.raises(DeliveryError, match="not a public address"):
            outlet(stores, key, private=False).send(TENANT, ENVELOPE)
        assert peer.requests == []

    def test_a_host_that_is_allowed_no_more(self, stores: Stores, key: SigningKey, peer: Peer) -> None:
        set_webhook(stores, peer.url)
        with pytest.raises(DeliveryError, match="allowed webhook hosts"):
            outlet(stores, key).send(replace(TENANT, webhook_hosts=()), ENVELOPE)
        assert peer.requests == []

    def test_no_receiver_there(self, stores: Stores, key: SigningKey) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            set_webhook(stores, f"http://127.0.0.1:{taken.getsockname()[1]}/")
            with pytest.raises(DeliveryError, match="no answer"):
                outlet(stores, key).send(TENANT, ENVELOPE)

    def test_silence(self, stores: Stores, key: SigningKey) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            set_webhook(stores, f"http://127.0.0.1:{silent.getsockname()[1]}/")
            rules = WebhookRules("https://gateway.test", private_addresses=True, timeout_s=0.2)
            patient = WebhookOutlet(stores, MessageSigner(key), rules, SetClock())
            with pytest.raises(DeliveryError, match="Timeout"):
                patient.send(TENANT, ENVELOPE)

    def test_none_set(self, stores: Stores, key: SigningKey) -> None:
        with pytest.raises(DeliveryError, match="no webhook"):
            outlet(stores, key).send(TENANT, ENVELOPE)


class TestSetting:
    def test_set_see_remove(self, local: LocalGateway, monkeypatch: pytest.MonkeyPatch) -> None:
        allowed = replace(local.anonymous.app.state.access.tenants["east"], webhook_hosts=HOSTS)
        tenants = {**local.anonymous.app.state.access.tenants, "east": allowed}
        monkeypatch.setattr(
            local.anonymous.app.state, "access", replace(local.anonymous.app.state.access, tenants=tenants)
        )
        east = local.as_("east")
        assert east.get("/v1/webhook").status_code == 404
        url = "https://hooks.example.org/in"
        assert east.put("/v1/webhook", json={"url": url}).json()["active"]
        assert east.get("/v1/webhook").json()["url"] == url
        assert local.as_("west").get("/v1/webhook").status_code == 404
        rest = local.anonymous.app.state.rest
        monkeypatch.setattr(
            local.anonymous.app.state, "rest", replace(rest, channels_out={"east": "to-east"})
        )
        seen = east.get("/v1/webhook").json()
        assert (seen["url"], seen["active"], seen["channel"]) == (url, False, "to-east")
        assert east.delete("/v1/webhook").status_code == 204
        assert east.delete("/v1/webhook").status_code == 404

    def test_a_host_that_is_not_allowed(self, local: LocalGateway) -> None:
        answer = local.as_("east").put("/v1/webhook", json={"url": "https://hooks.example.org/in"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/url"
        assert "ask the operator" in answer.json()["detail"]
