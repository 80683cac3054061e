"""What was decided is shown by one command, of the last published run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import gates
from gateway.cli.commands import app

STEP = {
    "mtu": 1,
    "direction": "up",
    "place": 2,
    "platform": "east",
    "bid_id": "cheap",
    "energy_price": 20.0,
    "offered_mw": 10.0,
    "available_mw": 4.0,
    "accepted_mw": None,
}


@pytest.mark.parametrize("published", [2, 0])
def test_of_the_last_published_run(monkeypatch: pytest.MonkeyPatch, published: int) -> None:
    def call(_: str, path: str) -> Any:
        if path == "/v1/gates/g1/runs":
            moments = ["2026-03-01T21:00:00Z" if number <= published else None for number in (1, 2, 3)]
            return {
                "runs": [
                    {"run_id": f"r{number}", "number": number, "published_at": at}
                    for number, at in enumerate(moments, start=1)
                ]
            }
        assert path == "/v1/runs/r2/merit-order?mtu=1"
        return {"run_id": "r2", "steps": [STEP]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(gates, "connected", connected)
    asked = ["gate", "merit-order", "g1", "--mtu", "1", "--credentials", "none.json"]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
    if not published:
        assert (done.exit_code, "has no published run yet" in done.output) == (1, True)
        return
    assert done.exit_code == 0, done.output
    for cell in ("cheap", "east", "20.000", "10.000", "4.000"):
        assert cell in done.output
