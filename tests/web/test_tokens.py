"""The token endpoint over HTTP: forms, Basic authentication, OAuth's own errors, metadata."""

import base64
from typing import Any

import pytest

from tests.web.house import SECRET, URL, House

GRANT = {"grant_type": "client_credentials"}


def test_a_token_opens_the_door(shared_house: House) -> None:
    answer = shared_house.nobody.post("/oauth/token", data=GRANT, auth=("east", SECRET))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    granted = answer.json()
    assert granted["token_type"] == "Bearer"
    assert 0 < granted["expires_in"] <= 900
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    assert shared_house.nobody.get("/v1/gates", headers=header).status_code == 200


def test_the_secret_may_come_in_the_form(shared_house: House) -> None:
    form = GRANT | {"client_id": "east", "client_secret": SECRET, "scope": "gates:read"}
    answer = shared_house.nobody.post("/oauth/token", data=form)
    assert answer.json()["scope"] == "gates:read"


def test_basic_authentication_is_form_encoded(shared_house: House) -> None:
    encoded = base64.b64encode(b"east:open+sesame").decode()
    answer = shared_house.nobody.post(
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
        (GRANT, {"Authorization": "Bearer abc"}, 400, "invalid_request"),
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
    shared_house: House, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    answer = shared_house.nobody.post("/oauth/token", data=form, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_what_is_no_form_is_a_problem(shared_house: House) -> None:
    answer = shared_house.nobody.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert answer.status_code == 422


def test_metadata_leads_to_what_it_names(shared_house: House) -> None:
    metadata: dict[str, Any] = shared_house.nobody.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == URL
    keys = shared_house.nobody.get(metadata["jwks_uri"]).json()["keys"]
    assert keys
    assert all("d" not in key for key in keys)
    answer = shared_house.nobody.post(metadata["token_endpoint"], data=GRANT, auth=("east", SECRET))
    assert answer.status_code == 200


def test_health_readiness_and_limits_are_open_to_all(house: House) -> None:
    assert house.nobody.get("/healthz").json() == {"status": "ok"}
    assert house.nobody.get("/readyz").status_code == 200
    assert house.nobody.get("/v1/limits").json()["limits"]["body_bytes"] > 0
    house.faults.append("the data cannot be read")
    answer = house.nobody.get("/readyz")
    assert answer.status_code == 503
    assert "the data cannot be read" in answer.json()["detail"]
    assert house.nobody.get("/healthz").status_code == 200
