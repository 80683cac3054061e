"""Whoever withdraws a model hears whose bids are withheld by that."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import grids
from gateway.cli.commands import app


def withdrawn(monkeypatch: pytest.MonkeyPatch, remarks: list[dict[str, str]]) -> str:
    def call(method: str, path: str, *_: Any) -> Any:
        if method == "GET":
            assert path == "/v1/grids/north/assignment-remarks"
            return {"remarks": remarks}
        return {"model_id": 1}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(grids, "connected", connected)
    done = CliRunner().invoke(app, ["grid", "withdraw", "north", "1", "--credentials", "none.json"])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_of_the_last_model(monkeypatch: pytest.MonkeyPatch) -> None:
    why = "grid 'north' has no model in use now"
    told = withdrawn(monkeypatch, [{"unit": f"u{n}", "detail": why} for n in (2, 1, 1)])
    assert "units at no point of a model in use: 2 (u1, u2); their bids are withheld" in told


def test_of_a_model_that_another_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    assert withdrawn(monkeypatch, []) == "model 1 of north is withdrawn"
