"""openapi.yaml is what is served, and says of every operation what it needs and how it may fail."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.security.permissions import Scope
from gateway.web.openapi import contract_text
from tests.web.house import House

COMMITTED = Path(__file__).resolve().parents[2] / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(COMMITTED.read_text("utf-8"))
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
]


def test_the_committed_contract_is_the_served_one(shared_house: House) -> None:
    served = shared_house.nobody.get("/openapi.json").json()
    assert served == CONTRACT, "run: python -m gateway.web.openapi openapi.yaml"


def test_the_file_is_what_the_command_writes() -> None:
    assert COMMITTED.read_text("utf-8") == contract_text()


def test_operation_ids_are_unique() -> None:
    ids = [operation.values[2]["operationId"] for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for status, response in operation["responses"].items():
        if int(status) >= 400 and path != "/oauth/token":
            assert list(response["content"]) == ["application/problem+json"], (method, status)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_what_is_not_public_needs_a_token(path: str, method: str, operation: dict[str, Any]) -> None:
    public = not path.startswith("/v1/") or path == "/v1/limits"
    if public:
        assert "security" not in operation
        return
    (requirement,) = operation["security"]
    assert set(requirement["token"]) <= set(Scope)
    assert requirement["token"], method
    assert {"401", "403"} <= operation["responses"].keys()
    assert "Roles: " in operation["description"]
