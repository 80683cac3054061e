"""Many dead letters are sent after all by one command, the oldest first; one that cannot hinders none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import deadletters
from gateway.cli.commands import app

LETTERS = [("m4", "east"), ("m3", "west"), ("m2", "east"), ("m1", "east")]
"""As the interface lists them: latest first, at most two of each tenant at once."""


def _listed(before: str) -> list[dict[str, str]]:
    tenants = {dict(LETTERS)[before]} if before else {"east", "west"}
    return [
        {"message_id": one, "tenant": tenant, "created_at": f"2026-03-01T0{one[1]}:00:00Z"}
        for tenant in sorted(tenants, reverse=True)
        for one in [name for name, whose in LETTERS if whose == tenant and name < (before or "n")][:2]
    ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    def call(method: str, path: str, *_: Any, or_refused: bool = False) -> Any:
        if method == "GET":
            return {"dead_letters": _listed(path.partition("&before=")[2])}
        message = path.split("/")[3]
        assert (path, or_refused) == (f"/v1/dead-letters/{message}/redrive", True)
        seen.append(message)
        if message == "m2":
            return {"detail": "what expired is never sent", "status": 409}
        return {"message_id": message, "tenant": dict(LETTERS)[message], "state": "waiting"}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(deadletters, "connected", connected)
    monkeypatch.setattr(deadletters, "MOST", 2)
    return seen


@pytest.mark.parametrize(
    ("arguments", "messages", "code"),
    [
        (["--all"], ["m1", "m2", "m3", "m4"], 1),
        (["--tenant", "east"], ["m1", "m2", "m4"], 1),
        (["--tenant", "west"], ["m3"], 0),
        (["m4", "m3"], ["m4", "m3"], 0),
    ],
)
def test_many_at_once(asked: list[str], arguments: list[str], messages: list[str], code: int) -> None:
    done = CliRunner().invoke(app, ["deadletter", "redrive", *arguments, "--credentials", "none.json"])
    assert (asked, done.exit_code) == (messages, code), done.output
    assert ("m2: what expired is never sent" in done.output) == ("m2" in messages)


@pytest.mark.parametrize("arguments", [[], ["m1", "--all"], ["--tenant", "east", "--all"]])
def test_it_is_stated_which(asked: list[str], arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["deadletter", "redrive", *arguments, "--credentials", "none.json"])
    assert (asked, done.exit_code) == ([], 2)
