"""What is said of an assignment stands out where it takes something away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import resources
from gateway.cli.commands import app


def answered(
    monkeypatch: pytest.MonkeyPatch, answer: Any, *words: str | Path
) -> tuple[int, str, list[tuple[Any, ...]]]:
    """Exit code, output, and what was asked."""
    asked: list[tuple[Any, ...]] = []

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield lambda *request: asked.append(request) or answer

    monkeypatch.setattr(resources, "connected", connected)
    done = CliRunner().invoke(app, ["resources", *map(str, words), "--credentials", "none.json"])
    return done.exit_code, " ".join(done.output.split()), asked


def checked(monkeypatch: pytest.MonkeyPatch, directory: Path, **answer: Any) -> tuple[int, str]:
    whole = {"connections": {}, "participation": {}, "dropped_units": [], "remarks": []} | answer

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield lambda *_: whole

    monkeypatch.setattr(resources, "connected", connected)
    file = directory / "units.csv"
    file.write_bytes(b"unit,grid_id,node\n")
    done = CliRunner().invoke(app, ["resources", "check", str(file), "--credentials", "none.json"])
    return done.exit_code, " ".join(done.output.split())


def test_units_that_fall_out_are_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, reported = checked(monkeypatch, tmp_path, dropped_units=[f"u{n}[1]" for n in range(6)])
    assert code == 0
    named = "u0[1], u1[1], u2[1], u3[1], u4[1] and 1 more"
    assert f"WARNING not in it any more: 6 units: {named}" in reported


def test_where_none_fall_out_there_is_no_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "WARNING" not in checked(monkeypatch, tmp_path)[1]


def test_changes_are_checked_as_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = {"connections": {}, "participation": {}, "dropped_units": [], "remarks": []}
    file = tmp_path / "units.json"
    file.write_text('{"connections": {"u1": null}}')
    for option, path in (((), "/v1/resources/check"), (("--change",), "/v1/resources/check?change=true")):
        code, _, ((method, asked, *_),) = answered(monkeypatch, whole, "check", file, *option)
        assert (code, method, asked) == (0, "POST", path)


def test_the_operator_reads_which_assignments_no_model_has(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"system_operator": "tso", "unit": "u1", "detail": "no grid is called 'nroth'"}
    _, reported, asked = answered(monkeypatch, {"remarks": [row]}, "remarks")
    assert "│ tso │ u1 │ no grid is called 'nroth' │" in reported
    assert asked == [("GET", "/v1/resources/remarks")]
    assert "every assigned unit is at a point" in answered(monkeypatch, {"remarks": []}, "remarks")[1]
