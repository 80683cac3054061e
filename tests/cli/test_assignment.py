"""What is said of an assignment stands out where it takes something away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import resources
from gateway.cli.commands import app


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
    code, told = checked(monkeypatch, tmp_path, dropped_units=[f"u{n}[1]" for n in range(6)])
    assert code == 0
    named = "u0[1], u1[1], u2[1], u3[1], u4[1] and 1 more"
    assert f"WARNING not in it any more: 6 units: {named}" in told


def test_where_none_fall_out_nobody_is_warned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "WARNING" not in checked(monkeypatch, tmp_path)[1]
