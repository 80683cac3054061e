"""The application over the processes' small world: real stores, a standing clock, a client per role."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi.testclient import TestClient

from adapters.kit.http.access import TOKEN_PATH, Access
from adapters.kit.http.authentication_throttle import Failures
from adapters.rest import ROUTERS
from adapters.rest.dependencies import RestDependencies
from adapters.rest.webhook import WebhookRules
from gateway.delivery import DeadLetters, RouteBook
from gateway.domain.document import DocumentKind
from gateway.domain.grant import Grants
from gateway.domain.route import Route, Routes
from gateway.domain.tenant import Tenant
from gateway.intake.apply.forwarding import Forwarder
from gateway.intake.service.handling import Handler
from gateway.intake.service.service import IntakeService
from gateway.records.privacy.used_client_assertions import UsedAssertions
from gateway.security.clients import Client, Clients, hash_secret
from gateway.security.issuer import Issuer
from gateway.security.keys import key_set, signing_key
from gateway.security.tokens import AccessTokens
from gateway.web.application import create_app
from gateway.web.dependencies import WebDependencies
from tests.processes.world import GATEWAY, TENANTS, World

URL = "http://testserver"
SECRET = "open sesame"
HASHED = hash_secret(SECRET)
BODY_BYTES = 4 * 2**20
ROUTES = Routes((Route("to-west", to="west", receiver="TEST-WEST", version="7.4", kind="ReserveBid"),))


def clients_of(tenants: Mapping[str, Tenant]) -> Clients:
    """A client of each tenant, named like it."""
    return Clients([Client(name, tenant, HASHED) for name, tenant in tenants.items()])


CLIENTS = clients_of(TENANTS)


@dataclass
class LocalGateway:
    """A served world; `as_(tenant)` is a client with a token of that tenant, `anonymous` one without."""

    world: World
    tokens: AccessTokens
    anonymous: TestClient
    dependencies: RestDependencies
    clients: Clients = CLIENTS
    faults: list[str] = field(default_factory=list)

    def token(self, tenant: str) -> str:
        client = self.clients.get(tenant)
        return self.tokens.issue(client, client.may_have)

    def as_(self, tenant: str) -> TestClient:
        client = TestClient(self.anonymous.app, raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {self.token(tenant)}"
        return client


@contextmanager
def served(
    directory: Path,
    *,
    intake: bool = True,
    failures: Failures | None = None,
    tenants: Mapping[str, Tenant] = TENANTS,
    routes: Routes = ROUTES,
    grants: Grants = Grants(),  # noqa: B008  (it is frozen)
) -> Iterator[LocalGateway]:
    """The application; without intake documents are stored and stay in work."""
    world, clients = World.at(directory / "data", tenants), clients_of(tenants)
    handler = Handler(
        world.stores,
        tenants,
        {DocumentKind.RESERVE_BID: world.collect},
        GATEWAY,
        world.clock,
        forwarder=Forwarder(routes, tenants, GATEWAY),
        grants=grants,
    )
    service = IntakeService(handler, workers=1)
    if not intake:
        service.stop()
    tokens = AccessTokens(URL, signing_key(directory / "tokens.pem"), clients, world.clock)
    app = create_app(ROUTERS, body_bytes=BODY_BYTES, failures=failures or Failures(at_once=1e9))
    app.state.access = Access(tokens, tenants)
    app.state.rest = RestDependencies(
        world.stores,
        service,
        world.clock,
        WebhookRules(URL, private_addresses=True),
        webhook_changed=lambda _: None,
        grants=grants,
        routes=routes,
        tenants=tenants,
    )
    faults: list[str] = []
    app.state.web = WebDependencies(
        gates=world.gates,
        demands=world.demands,
        grid_models=world.grid_models,
        resources=world.resources,
        results=world.results,
        issuer=Issuer(clients, tokens, (URL, URL + TOKEN_PATH), UsedAssertions(world.stores), world.clock),
        dead_letters=DeadLetters(world.stores, tenants, lambda _: None, world.clock),
        routes=RouteBook(world.stores, routes),
        public_url=URL,
        jwks=key_set([signing_key(directory / "tokens.pem")]),
        limits={"body_bytes": BODY_BYTES},
        faults=lambda: faults,
    )
    anonymous = TestClient(app, raise_server_exceptions=False)
    yield LocalGateway(world, tokens, anonymous, app.state.rest, clients, faults)
    service.stop()
    world.stores.close()
