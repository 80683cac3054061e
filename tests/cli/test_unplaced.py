"""Whoever withdraws a model hears whose bids are withheld by that, and whether anything changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import grids, unplaced
from gateway.cli.commands import app


def withdrawn(monkeypatch: pytest.MonkeyPatch, remarks: list[dict[str, str]], *, again: bool = False) -> str:
    def call(method: str, path: str, *_: Any) -> Any:
        if method == "GET":
            assert path == "/v1/grids/north/assignment-remarks"
            return {"remarks": remarks}
        return {"model_id": 1, "withdrawn_at": "2026-03-01T12:00:00Z", "unchanged": again}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(grids, "connected", connected)
    done = CliRunner().invoke(app, ["grid", "withdraw", "north", "1", "--credentials", "none.json"])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_of_the_last_model(monkeypatch: pytest.MonkeyPatch) -> None:
    why = "grid 'north' has no model in use now or later"
    reported = withdrawn(monkeypatch, [{"unit": f"u{n}", "detail": why} for n in (2, 1, 1)])
    assert "units at no point of a model in use: 2 (u1, u2); their bids are withheld" in reported


def test_of_a_model_that_another_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    assert withdrawn(monkeypatch, []) == "model 1 of north is withdrawn"


def test_a_model_that_is_out_of_use_already(monkeypatch: pytest.MonkeyPatch) -> None:
    reported = withdrawn(monkeypatch, [], again=True)
    assert reported == "model 1 of north was withdrawn already, at 2026-03-01T12:00:00Z: nothing has changed"


@pytest.mark.parametrize(("assigned", "all_of_them"), [(3, False), (2, True)])
def test_assigned_points_that_a_new_model_lacks_are_a_warning(
    capsys: pytest.CaptureFixture[str], assigned: int, all_of_them: bool
) -> None:
    unplaced.print_lost({"assigned_points": assigned, "lost_points": ["point-a", "point-b"]})
    reported = " ".join(capsys.readouterr().err.split())
    assert (
        f"WARNING 2 of {assigned} connection points with assigned units are not in the model in use"
        in reported
    )
    assert ("a model built with a new key file has new names for every point" in reported) is all_of_them
    unplaced.print_lost({"assigned_points": assigned, "lost_points": []})
    assert capsys.readouterr().err == ""
