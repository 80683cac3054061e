"""openapi.yaml is what is served, and says of every operation what it needs and how it may fail."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.security.permissions import Scope
from gateway.web.openapi import contract_text
from tests.web.local_gateway import LocalGateway

REDOCLY = "@redocly/cli@2.77.0"
OF_OAUTH = {("/oauth/token", "400"), ("/oauth/token", "401")}
"""These have the form of RFC 6749."""

COMMITTED = Path(__file__).resolve().parents[2] / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(COMMITTED.read_text("utf-8"))
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.feature(id="F2")
def test_the_committed_contract_is_the_served_one(shared_gateway: LocalGateway) -> None:
    served = shared_gateway.anonymous.get("/openapi.json").json()
    assert served == CONTRACT, "run: python -m gateway.web.openapi openapi.yaml"


@pytest.mark.feature(id="F2")
def test_the_file_is_what_the_command_writes() -> None:
    assert COMMITTED.read_text("utf-8") == contract_text()


def test_others_find_it_valid() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to run redocly with")
    command = [npm, "exec", "--yes", f"--package={REDOCLY}", "--", "redocly", "lint", str(COMMITTED)]
    stated = subprocess.run(command, capture_output=True, text=True, check=False)
    if "npm error" in stated.stderr and os.environ.get("FLEXGATE_REQUIRE_SERVICES") != "1":
        pytest.skip(f"npm cannot install {REDOCLY}")
    assert stated.returncode == 0, stated.stderr


def test_operation_ids_are_unique() -> None:
    ids = [operation.values[2]["operationId"] for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for status, response in operation["responses"].items():
        if int(status) >= 400 and (path, status) not in OF_OAUTH:
            assert list(response["content"]) == ["application/problem+json"], (method, status)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_what_is_not_public_needs_a_token(path: str, method: str, operation: dict[str, Any]) -> None:
    public = not path.startswith("/v1/") or path in ("/v1/limits", "/v1/schemas/canonical")
    if public:
        assert operation["security"] == []
        return
    (requirement,) = operation["security"]
    assert set(requirement["token"]) <= set(Scope)
    assert requirement["token"], method
    assert {"401", "403"} <= operation["responses"].keys()
    assert "Roles: " in operation["description"]
