"""Every route × every role over HTTP, and everything that is not a valid token."""

import re
from datetime import timedelta

import pytest

from adapters.kit.http.access import PermittedRoute, operations_of
from adapters.rest import ROUTERS
from gateway.domain.role import TenantRole
from gateway.security.permissions import PERMISSIONS, Operation
from gateway.web.application import ROUTERS as MANAGEMENT
from gateway.web.contract import routes_of
from tests.processes.world import TENANTS
from tests.web.local_gateway import CLIENTS, LocalGateway

TENANT_OF = {role: name for name, tenant in reversed(TENANTS.items()) for role in tenant.like}
ROUTES = [
    (next(iter(route.methods)), re.sub(r"\{\w+\}", "1", route.path), operations_of(route))
    for route in routes_of((*ROUTERS, *MANAGEMENT))
]
PROTECTED = [route for route in ROUTES if route[2]]


def test_every_operation_has_a_route_and_the_rest_is_meant_to_be_public() -> None:
    assert {operation for route in PROTECTED for operation in route[2]} == set(Operation)
    assert sorted(path for _, path, operations in ROUTES if not operations) == [
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/healthz",
        "/oauth/token",
        "/readyz",
        "/v1/limits",
        "/v1/schemas/canonical",
    ]


def test_every_protected_route_asks_first_who_is_calling() -> None:
    for route in routes_of((*ROUTERS, *MANAGEMENT)):
        assert isinstance(route, PermittedRoute) or not operations_of(route), route.path


@pytest.mark.feature(id="E2")
@pytest.mark.parametrize("role", TenantRole)
@pytest.mark.parametrize(
    ("method", "path", "operations"), PROTECTED, ids=[f"{method} {path}" for method, path, _ in PROTECTED]
)
def test_cell(
    shared_gateway: LocalGateway, method: str, path: str, operations: tuple[Operation, ...], role: TenantRole
) -> None:
    answer = shared_gateway.as_(TENANT_OF[role]).request(method, path)
    allowed = any(role in PERMISSIONS[operation].roles for operation in operations)
    assert answer.status_code != 401
    if allowed:
        assert answer.status_code < 500
        assert answer.status_code != 403
    else:
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:flexgate:problem:forbidden"
        assert role in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path"), [route[:2] for route in PROTECTED])
def test_nobody_gets_in_without_a_token(shared_gateway: LocalGateway, method: str, path: str) -> None:
    for body in (b"", b"{", b"[" * 100_000):
        answer = shared_gateway.anonymous.request(
            method, path, content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:flexgate:problem:unauthenticated"


@pytest.mark.parametrize(
    "header", ["Bearer garbage", "Bearer", "Bearer ", "Basic b3BlbjpzZXNhbWU=", "garbage", "bearer a.b.c"]
)
def test_what_is_no_token(shared_gateway: LocalGateway, header: str) -> None:
    answer = shared_gateway.anonymous.get("/v1/gates", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_token(local: LocalGateway) -> None:
    client = local.as_("east")
    assert client.get("/v1/gates").status_code == 200
    local.world.clock.moment += timedelta(minutes=15)
    answer = client.get("/v1/gates")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert "expired" in answer.json()["detail"]


def test_a_token_without_the_scope(shared_gateway: LocalGateway) -> None:
    client = shared_gateway.as_("east")
    token = shared_gateway.tokens.issue(CLIENTS.get("east"), frozenset())
    answer = client.get("/v1/gates", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="gates:read"'
