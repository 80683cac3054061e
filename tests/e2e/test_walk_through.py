"""The page for platforms, done as it says: its commands against a real gateway, its code on a real push."""

import json
import re
import shutil
import subprocess
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

import esmp
from adapters.kit.http.problems import ProblemType
from gateway.security.keys import key_set, signing_key
from gateway.security.message_signatures import MessageSigner
from tests.e2e.running import SECRET, Running
from tests.e2e.world import bid, document

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "connecting-a-platform" / "README.md").read_text("utf-8")
PAGES = [PAGE, (ROOT / "docs" / "running" / "README.md").read_text("utf-8")]


def block(language: str) -> str:
    """The one block of code in this language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    result: str = code
    return result


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_work_as_written(running: Running, tmp_path: Path) -> None:
    bids = tmp_path / "bids.xml"
    bids.write_bytes(document("visitor", "7.4", "TEST-WALK", bid("TEST-W", 5, 10)))
    reported = {"GATEWAY": running.url, "CLIENT_ID": "visitor", "CLIENT_SECRET": SECRET, "BIDS": str(bids)}
    ran = subprocess.run(
        ["sh", "-eu"],
        input=block("sh"),
        env=reported,
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    submitted = json.loads((tmp_path / "submitted.json").read_text())
    assert submitted["state"] == "received"
    assert esmp.validate((tmp_path / "acknowledgement.xml").read_bytes()).valid
    (message,) = json.loads((tmp_path / "outbox.json").read_text())["messages"]
    assert (tmp_path / "message.xml").read_bytes().startswith(b"<?xml")
    states = running.as_("visitor").get("/v1/outbox").json()["messages"]
    assert next(each["state"] for each in states if each["id"] == message["id"]) == "delivered"


@pytest.mark.parametrize("change", ["nothing", "body", "header", "url", "key"])
def test_the_code_tells_a_genuine_push_from_any_other(tmp_path: Path, change: str) -> None:
    module: Any = types.ModuleType("page")
    exec(block("python"), module.__dict__)  # noqa: S102  (it is our own page)
    body, headers = b"<a/>", {"Content-Type": "application/xml", "ce-id": "m", "ce-type": "eu.flexgate.T.v1"}
    signed = httpx2.Request("POST", "https://peer.test/in", content=body, headers=headers)
    key = signing_key(tmp_path / "key.pem")
    MessageSigner(key).sign(signed, body, datetime.now(UTC))
    url = "https://other.test/in" if change == "url" else "https://peer.test/in"
    arrived = httpx2.Request("POST", url, headers=signed.headers)
    if change == "header":
        arrived.headers["ce-id"] = "other"
    jwks = key_set([signing_key(tmp_path / "other.pem") if change == "key" else key])
    got = b"<b/>" if change == "body" else body
    assert module.is_from_gateway(arrived, got, jwks) is (change == "nothing")


def test_every_path_named_is_in_the_contract() -> None:
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    named = {
        f"{method} {path}"
        for page in PAGES
        for method, path in re.findall(r"`(GET|PUT|POST|DELETE) (/[^`?\s]+)", page)
    }
    known = {
        f"{method.upper()} {path.replace('{message}', '{id}')}"
        for path, methods in contract["paths"].items()
        for method in methods
    }
    assert named <= known
    assert len(named) >= 6


def test_every_problem_is_explained() -> None:
    rows = set(re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    assert rows == {(str(kind.status), kind.uri.rsplit(":", 1)[1]) for kind in ProblemType}
