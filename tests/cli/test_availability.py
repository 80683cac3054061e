"""What of each bid is available is shown of the last run or another, without columns that no row has."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import availability
from gateway.cli.commands import app


@pytest.mark.parametrize("accepted", [[4.0, 0.0], None], ids=["exact", "prefix"])
@pytest.mark.parametrize(("asked", "shown"), [([], "r2"), (["--run", "1"], "r1")])
def test_of_a_run(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], shown: str, accepted: list[float] | None
) -> None:
    bid = {
        "platform": "east",
        "bid_id": "cheap",
        "direction": "up",
        "offered_mw": [10.0, 0.0],
        "available_mw": [4.0, 0.0],
        "accepted_mw": accepted,
        "limited": [True, False],
        "reasons": [{"code": "B46", "text": None}],
    }

    def call(_: str, path: str) -> Any:
        if path == "/v1/gates/g1/runs":
            at = "2026-03-01T21:00:00Z"
            return {"runs": [{"run_id": f"r{one}", "number": one, "published_at": at} for one in (1, 2)]}
        assert path == f"/v1/runs/{shown}/availability"
        return {"bids": [bid]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(availability, "connected", connected)
    words = ["gate", "availability", "g1", *asked, "--credentials", "none.json"]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    for cell in (f"run {shown[1]} of gate g1", "cheap", "10.000", "4.000", "B46", "limited by a grid in 1"):
        assert cell in done.output
    assert ("accepted MW" in done.output) is (accepted is not None)
