"""A client that offers HTTP/2 with every request, as Java's do, is served on every path of a real gateway."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import SECRET, Running
from tests.e2e.world import GRID, MEMBERS, bid, document, gate, grid_model, prepare
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("gateway"), MEMBERS) as running:
        prepare(running)
        yield running


def offering(local: Running, method: str, path: str, body: bytes, *fields: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of what a client is answered that offers `h2c`."""
    command = ["curl", "-sS", "--http2", "-X", method, "--data-binary", "@-", "-w", "\n%{http_code}"]
    for each in fields:
        command += ["-H", each]
    stated = subprocess.run(
        [*command, local.url + path], input=body, capture_output=True, check=True, timeout=PATIENCE_S
    )
    answer, _, status = stated.stdout.rpartition(b"\n")
    return int(status), json.loads(answer) if answer else {}


def token(local: Running, client: str) -> str:
    form = f"grant_type=client_credentials&client_id={client}&client_secret={SECRET.replace(' ', '+')}"
    status, granted = offering(local, "POST", "/oauth/token", form.encode())
    assert status == 200, granted
    return f"Authorization: Bearer {granted['access_token']}"


def test_a_document_is_the_one_that_was_sent(local: Running) -> None:
    data = document("north", "7.4", "TEST-OFFERED", bid("TEST-OFFERED-B", 5, 10))
    bearer = token(local, "north")
    status, seen = offering(local, "POST", "/v1/documents", data, bearer, "Content-Type: application/xml")
    assert (status, seen["size"]) == (202, len(data))
    settled = local.settled(local.as_("north"), f"/v1/documents/{seen['document_id']}")
    assert settled["state"] == "accepted"


@pytest.mark.parametrize(
    ("client", "method", "path", "body", "status"),
    [
        ("operator", "POST", "/v1/gates", gate("offered", process="A51"), 201),
        ("dso", "PUT", f"/v1/grids/{GRID}/models", grid_model(), 200),
        ("tso", "PUT", "/v1/gates/hour/demand", {"up_mw": [1.0], "down_mw": [0.0]}, 422),
        ("north", "PUT", "/v1/webhook", {"url": "https://localhost:9/"}, 200),
    ],
    ids=["gate", "grid model", "demand of a wrong length", "webhook"],
)
def test_json_is_read(
    local: Running, client: str, method: str, path: str, body: dict[str, object], status: int
) -> None:
    data = json.dumps(body).encode()
    fields = (token(local, client), "Content-Type: application/json")
    found, answer = offering(local, method, path, data, *fields)
    assert found == status, answer
    assert Path(path).name not in answer.get("detail", "")
