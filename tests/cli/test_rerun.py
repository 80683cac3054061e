"""`gate rerun --wait` says what came of a further run, also that it is worse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import gates, run_results
from gateway.cli.commands import app

FIGURES: dict[str, Any] = {
    "outcome": "within-limits",
    "shortage_mwh": 0.0,
    "overloads": [],
    "overloads_remaining": [],
    "partly_unchecked": False,
    "limited_bids": 1,
    "bids": 2,
    "withheld_bids": 0,
    "available_mwh": 5.0,
    "offered_mwh": 10.0,
    "contracted_cut_mwh": 0.0,
    "cost": None,
    "cost_unconstrained": None,
    "rung": "best-found",
    "gap": 0.1,
    "cut_short": True,
    "missing_grids": [],
    "models": [],
    "notes": ["worse than run 1 on the same input: it costs 3.00 more"],
}
GATE = {"gate_id": "g1", "use": "exact", "demand_rule": "keep-limits", "state": "published"}
BEGUN = {"run_id": "r2", "gate_id": "g1", "number": 2, "published_at": None, "figures": None}
DONE = BEGUN | {"published_at": "2026-03-01T21:00:00Z", "figures": FIGURES}


def rerun(monkeypatch: pytest.MonkeyPatch, looked: list[Any], *more: str) -> tuple[int, str, list[Any]]:
    """Exit code, output and bodies sent; `looked` is what is found of the run at each look."""
    sent: list[Any] = []

    def call(
        method: str, path: str, body: Any = None, *, of: int | None = None, or_none: bool = False
    ) -> Any:
        if method == "POST":
            sent.append((path, body, of))
            return BEGUN
        if path == "/v1/gates/g1":
            return GATE
        assert (path, or_none) == ("/v1/runs/r2", True)
        return looked.pop(0)

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(gates, "connected", connected)
    monkeypatch.setattr(run_results, "_LOOK_S", 0)
    done = CliRunner().invoke(app, ["gate", "rerun", "g1", *more, "--credentials", "none.json"])
    return done.exit_code, done.output, sent


def test_it_waits_until_the_run_is_published_and_says_that_it_is_worse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = [BEGUN, BEGUN | {"figures": FIGURES}, DONE]
    code, stated, sent = rerun(monkeypatch, looked, "--wait", "--budget", "PT2M", "--of-version", "4")
    assert (code, looked, sent) == (0, [], [("/v1/gates/g1/runs", {"budget": "PT2M"}, 4)])
    assert "run 2 of gate g1 has begun: r2" in stated
    assert "1 of 2 bids limited" in stated
    assert "note: worse than run 1 on the same input: it costs 3.00 more" in stated


def test_a_run_that_is_given_up_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    code, stated, _ = rerun(monkeypatch, [BEGUN, None], "--wait")
    assert code == 1
    assert "run 2 of gate g1 was given up and changes nothing" in stated


def test_without_wait_it_says_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    code, stated, sent = rerun(monkeypatch, [])
    assert (code, sent) == (0, [("/v1/gates/g1/runs", None, None)])
    assert "`flexgate gate show g1` shows the outcome" in " ".join(stated.split())
