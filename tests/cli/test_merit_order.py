"""What was decided is shown by one command, of the last published run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import run_results
from gateway.cli.commands import app

STEP = {
    "mtu": 1,
    "direction": "up",
    "place": 2,
    "platform": "east",
    "bid_id": "cheap",
    "zone": "10YTEST-AREA---F",
    "product": "A01",
    "energy_price": 20.0,
    "offered_mw": 10.0,
    "available_mw": 4.0,
    "accepted_mw": None,
}


@pytest.mark.parametrize(("published", "wanted"), [(2, None), (0, None), (3, 2)])
def test_of_the_last_published_run_or_another(
    monkeypatch: pytest.MonkeyPatch, published: int, wanted: int | None
) -> None:
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
        return {"run_id": "r2", "mtu_starts": MTU_STARTS, "steps": [STEP]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(run_results, "connected", connected)
    chosen = [] if wanted is None else ["--run", str(wanted)]
    asked = ["gate", "merit-order", "g1", "--mtu", "1", *chosen, "--credentials", "none.json"]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
    if not published:
        assert (done.exit_code, "has no published run yet" in done.output) == (1, True)
        return
    assert done.exit_code == 0, done.output
    for cell in (
        "2026-03-01T06:15Z",
        "cheap",
        "10YTEST-AREA---F",
        "A01",
        "east",
        "20.000",
        "10.000",
        "4.000",
    ):
        assert cell in done.output
    assert "available mw" in done.output
    assert "accepted mw" not in done.output, "no row has one"


def test_notes_say_why_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = {"run_id": "r1", "number": 1, "published_at": "2026-03-01T21:00:00Z"}
    figures = {"notes": ["no system operator stated a demand"]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield (
            lambda _, path: {"runs": [run | {"figures": figures}]} if path.endswith("runs") else {"steps": []}
        )

    monkeypatch.setattr(run_results, "connected", connected)
    done = CliRunner().invoke(app, ["gate", "merit-order", "g1", "--credentials", "none.json"])
    assert "note: no system operator stated a demand" in done.output


MTU_STARTS = ["2026-03-01T06:00:00Z", "2026-03-01T06:15:00Z", "2026-03-01T06:30:00Z"]
FIRST = "run 1 of gate g1 is the first: nothing to compare with"
CHANGED = {"mtu": [0, 1, 2], "before_mw": [4.0, 4.0, 4.0], "after_mw": [1.5, 1.5, 0.0]}


@pytest.mark.parametrize(
    ("asked", "path", "stated"),
    [
        ([], "/v1/runs/r3/changes", "-2.500"),
        (["--run", "2", "--since", "1"], "/v1/runs/r2/changes?since=r1", "-2.500"),
        (["--run", "7"], None, "has no published run 7; it has 1, 2, 3"),
        (["--run", "1", "--since", "3"], "/v1/runs/r1/changes?since=r3", "-2.500"),
    ],
)
def test_what_a_run_changed(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], path: str | None, stated: str
) -> None:
    def call(_: str, called: str) -> Any:
        if called == "/v1/gates/g1/runs":
            at = "2026-03-01T21:00:00Z"
            figures = {"models": []}
            return {
                "runs": [
                    {"run_id": f"r{one}", "number": one, "published_at": at, "figures": figures}
                    for one in (1, 2, 3)
                ]
            }
        if called == "/v1/gates/g1":
            return {"delivery": {"end": "2026-03-01T06:45:00Z"}}
        assert called == path
        bid = {"platform": "east", "bid_id": "cheap", "direction": "up", **CHANGED}
        return {"since": "r1", "mtu_starts": MTU_STARTS, "bids": [bid]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(run_results, "connected", connected)
    done = CliRunner().invoke(app, ["gate", "changes", "g1", *asked, "--credentials", "none.json"])
    assert (done.exit_code, stated in done.output) == (0 if path else 1, True), done.output
    if path:
        rows = [line.split("│")[1:3] for line in done.output.splitlines() if "cheap" in line]
        assert [[cell.strip() for cell in row] for row in rows] == [
            ["2026-03-01T06:00Z", "2026-03-01T06:30Z"],
            ["2026-03-01T06:30Z", "2026-03-01T06:45Z"],
        ]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_the_first_run_is_compared_with_nothing(
    monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    def call(_: str, path: str) -> Any:
        assert path == "/v1/gates/g1/runs"
        return {"runs": [{"run_id": "r1", "number": 1, "published_at": "2026-03-01T21:00:00Z"}]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(run_results, "connected", connected)
    done = CliRunner().invoke(app, ["gate", "changes", "g1", *form, "--credentials", "none.json"])
    assert done.exit_code == 0, done.output
    if form:
        assert json.loads(done.output) == {"run_id": "r1", "gate_id": "g1", "since": None, "bids": []}
    else:
        assert " ".join(done.output.split()) == FIRST


def test_what_was_activated_says_when_its_document_was_created(monkeypatch: pytest.MonkeyPatch) -> None:
    span = {"start": MTU_STARTS[0], "end": MTU_STARTS[1]}
    of_bid = {"platform": "east", "bid_id": "cheap", "direction": "up", "direct": True, "quantity_mw": 3.0}
    reported = [{**span, **of_bid, "created_at": "2026-03-01T05:58:00Z"}]

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield lambda _method, _path: {"activations": reported, "untold": []}

    monkeypatch.setattr(run_results, "connected", connected)
    asked = ["gate", "activations", "g1", "--credentials", "none.json"]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    for cell in ("createdDateTime", "2026-03-01T05:58:00Z", "direct", "3.000"):
        assert cell in done.output
