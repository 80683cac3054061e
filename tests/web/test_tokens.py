"""The token endpoint over HTTP: forms, Basic authentication, OAuth's own errors, metadata."""

import base64
from typing import Any

import pytest

from tests.web.local_gateway import SECRET, URL, LocalGateway

GRANT = {"grant_type": "client_credentials"}
BY_EAST = {"Authorization": "Basic " + base64.b64encode(f"east:{SECRET}".encode()).decode()}


def test_a_token_gives_access(shared_gateway: LocalGateway) -> None:
    answer = shared_gateway.anonymous.post("/oauth/token", data=GRANT, auth=("east", SECRET))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    granted = answer.json()
    assert granted["token_type"] == "Bearer"
    assert 0 < granted["expires_in"] <= 900
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    assert shared_gateway.anonymous.get("/v1/gates", headers=header).status_code == 200


def test_the_secret_may_come_in_the_form(shared_gateway: LocalGateway) -> None:
    form = GRANT | {"client_id": "east", "client_secret": SECRET, "scope": "gates:read"}
    answer = shared_gateway.anonymous.post("/oauth/token", data=form)
    assert answer.json()["scope"] == "gates:read"


def test_basic_authentication_is_form_encoded(shared_gateway: LocalGateway) -> None:
    encoded = base64.b64encode(b"east:open+sesame").decode()
    answer = shared_gateway.anonymous.post(
        "/oauth/token", data=GRANT, headers={"Authorization": f"Basic {encoded}"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        (GRANT, {}, 401, "invalid_client"),
        (GRANT | {"client_id": "east", "client_secret": "wrong"}, {}, 401, "invalid_client"),
        (GRANT | {"client_id": "nobody", "client_secret": SECRET}, {}, 401, "invalid_client"),
        (GRANT, {"Authorization": "Basic ***"}, 400, "invalid_request"),
        (GRANT, {"Authorization": "Bearer abc"}, 401, "invalid_client"),
        (GRANT | {"client_id": "north"}, BY_EAST, 400, "invalid_request"),
        (GRANT | {"client_secret": SECRET}, BY_EAST, 400, "invalid_request"),
        ({}, BY_EAST, 400, "invalid_request"),
        ({"grant_type": ""}, BY_EAST, 400, "invalid_request"),
        ({"grant_type": ["client_credentials"] * 2}, BY_EAST, 400, "invalid_request"),
        ({str(number): "x" for number in range(100)}, BY_EAST, 400, "invalid_request"),
        ({"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        (
            GRANT | {"client_id": "east", "client_secret": SECRET, "scope": "admin"},
            {},
            400,
            "invalid_scope",
        ),
    ],
)
def test_refused(
    shared_gateway: LocalGateway, form: dict[str, Any], headers: dict[str, str], status: int, error: str
) -> None:
    answer = shared_gateway.anonymous.post("/oauth/token", data=form, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"grant_type": "client_credentials"}'),
        ("", b"grant_type=client_credentials"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/x-www-form-urlencoded", b"grant_type=\xff"),
        ("application/x-www-form-urlencoded", b"grant_type=%ff"),
    ],
)
def test_what_is_no_form_is_refused_with_oauths_codes(
    shared_gateway: LocalGateway, content_type: str, body: bytes
) -> None:
    headers = BY_EAST | ({"Content-Type": content_type} if content_type else {})
    answer = shared_gateway.anonymous.post("/oauth/token", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == "invalid_request"


def test_a_form_is_small(shared_gateway: LocalGateway) -> None:
    answer = shared_gateway.anonymous.post(
        "/oauth/token", data=GRANT | {"x": "a" * 2**16}, auth=("east", SECRET)
    )
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_metadata_leads_to_what_it_names(shared_gateway: LocalGateway) -> None:
    metadata: dict[str, Any] = shared_gateway.anonymous.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == URL
    keys = shared_gateway.anonymous.get(metadata["jwks_uri"]).json()["keys"]
    assert keys
    assert all("d" not in key for key in keys)
    answer = shared_gateway.anonymous.post(metadata["token_endpoint"], data=GRANT, auth=("east", SECRET))
    assert answer.status_code == 200


def test_health_readiness_and_limits_are_open_to_all(local: LocalGateway) -> None:
    assert local.anonymous.get("/healthz").json() == {"status": "ok"}
    assert local.anonymous.get("/readyz").status_code == 200
    assert local.anonymous.get("/v1/limits").json()["limits"]["body_bytes"] > 0
    local.faults.append("the data cannot be read")
    answer = local.anonymous.get("/readyz")
    assert answer.status_code == 503
    assert "the data cannot be read" in answer.json()["detail"]
    assert local.anonymous.get("/healthz").status_code == 200
