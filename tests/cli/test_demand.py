"""A demand is stated for both directions, and can be read back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import gates
from gateway.cli.commands import app


def demand(monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    stated: dict[str, Any] = {}

    def call(method: str, path: str, body: Any = None) -> Any:
        if method == "PUT":
            stated.update(body, remarks=[], system_operator="tso", stated_at="2026-03-01T12:00:00Z")
            return stated
        if method == "DELETE":
            return None
        there = {"up_mw": [3.0, 4.0], "down_mw": [0.0, 0.0], "zone": "Z", "product": "A01"}
        whose = {"system_operator": "tso", "stated_at": "2026-03-01T12:00:00Z"}
        return {"market_time_units": 2} if path.endswith("g1") else {"demands": [there | whose]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(gates, "connected", connected)
    return CliRunner().invoke(app, ["gate", "demand", "g1", *options, "--credentials", "none.json"])


def text(done: Result) -> str:
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize("direction", ["--up", "--down"])
def test_one_direction_alone_would_take_back_the_other(
    monkeypatch: pytest.MonkeyPatch, direction: str
) -> None:
    done = demand(monkeypatch, direction, "5")
    assert done.exit_code == 2
    assert "state both --up and --down" in " ".join(done.output.split())


def test_what_is_stated_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    done = demand(monkeypatch, "--up", "3", "--up", "4.5", "--down", "0")
    assert text(done) == "demand of gate g1 is stated for 2 market time units: 3 to 4.5 MW up, 0 MW down"
    shown = text(demand(monkeypatch))
    assert "tso" in shown
    assert "3 to 4 MW" in shown


def test_a_demand_taken_back_leaves_nothing_to_be_available(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "without any nothing will be available" in text(demand(monkeypatch, "--take-back"))
