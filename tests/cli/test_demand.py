"""A demand is stated for both directions, and can be read back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import demand as demand_command
from gateway.cli.commands import app

STATED: dict[str, Any] = {}
"""The body of the last statement."""


def demand(monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    STATED.clear()

    def call(method: str, path: str, body: Any = None) -> Any:
        if method == "PUT":
            STATED.update(body)
            return {**body, "remarks": [], "system_operator": "tso"}
        if method == "DELETE":
            return None
        there = {"up_mw": [3.0, 3.0, 4.0, 3.0], "down_mw": [0.0] * 4, "zone": "Z", "product": "A01"}
        whose = {"system_operator": "tso", "stated_at": "2026-03-01T12:00:00Z"}
        if path.endswith("g1"):
            delivery = {"start": "2026-03-01T06:00:00Z", "end": "2026-03-01T07:00:00Z"}
            return {"market_time_units": 4, "mtu": "PT15M", "delivery": delivery}
        return {"demands": [there | whose]}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(demand_command, "connected", connected)
    asked = ["gate", "demand", "g1", *options, "--credentials", "none.json"]
    return CliRunner().invoke(app, asked, env={"COLUMNS": "200"})


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
    done = demand(monkeypatch, "--up", "3,4.5", "--up", "4", "--up", "4", "--down", "0")
    assert text(done) == "demand of gate g1 is stated for 4 market time units: 3 to 4.5 MW up, 0 MW down"
    assert STATED == {"up_mw": [3.0, 4.5, 4.0, 4.0], "down_mw": [0.0] * 4, "zone": "", "product": ""}


def test_stretches_of_equal_values_are_shown_with_their_times(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = demand(monkeypatch)
    rows = [line.split("│")[1:9] for line in shown.output.splitlines() if "tso" in line]
    assert [[cell.strip() for cell in row[3:7]] for row in rows] == [
        ["2026-03-01T06:00Z", "2026-03-01T06:30Z", "3 MW", "0 MW"],
        ["2026-03-01T06:30Z", "2026-03-01T06:45Z", "4 MW", "0 MW"],
        ["2026-03-01T06:45Z", "2026-03-01T07:00Z", "3 MW", "0 MW"],
    ]


@pytest.mark.parametrize("wrong", ["a", "3,,4", "3,nan,4,5", "inf"])
def test_what_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    done = demand(monkeypatch, "--up", wrong, "--down", "0")
    assert (done.exit_code, STATED) == (2, {})


@pytest.mark.parametrize(
    "table",
    [
        "mtu,up_mw,down_mw\n1,18,0.5\n0,16,0\n2,20,0\n3,24,0\n",
        (
            "start;up_mw;down_mw\n2026-03-01T06:00Z;16;0\n2026-03-01T07:15+01:00;18;0.5\n"
            "2026-03-01T06:30:00Z;20;0\n2026-03-01T06:45Z;24;0\n"
        ),
    ],
    ids=["by number", "by time"],
)
def test_a_table_states_every_unit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: str) -> None:
    file = tmp_path / "demand.csv"
    file.write_text(table)
    assert "16 to 24 MW up, 0 to 0.5 MW down" in text(demand(monkeypatch, "--file", str(file)))
    assert (STATED["up_mw"], STATED["down_mw"]) == ([16.0, 18.0, 20.0, 24.0], [0.0, 0.5, 0.0, 0.0])


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("mtu,up_mw,down_mw\n0,1,0\n", "3 market time units without a row, first 1 (2026-03-01T06:15Z)"),
        ("mtu,up_mw,down_mw\n4,1,0\n", "line 2: '4' is no market time unit of the gate: 0 to 3"),
        ("start,up_mw,down_mw\n2026-03-01T06:00,1,0\n", "is no market time unit of the gate"),
        ("mtu,up_mw,down_mw\n0,1,0\n0,1,0\n", "line 3: market time unit 0 occurs twice"),
        ("mtu,up_mw,down_mw\n0,1,x\n", "line 2: down_mw: 'x' is no number"),
        ("mtu,start,up_mw,down_mw\n0,2026-03-01T06:00Z,1,0\n", "either a column mtu or a column start"),
        ("mtu,up_mw\n0,1\n", "the column down_mw is missing"),
    ],
)
def test_a_table_with_a_fault_states_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: str, fault: str
) -> None:
    file = tmp_path / "demand.csv"
    file.write_text(table)
    done = demand(monkeypatch, "--file", str(file))
    assert (done.exit_code, STATED) == (1, {})
    assert fault in " ".join(done.output.split())


def test_a_table_and_options_are_not_mixed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "demand.csv"
    file.write_text("mtu,up_mw,down_mw\n0,1,0\n")
    done = demand(monkeypatch, "--file", str(file), "--up", "3", "--down", "0")
    assert (done.exit_code, STATED) == (2, {})


def test_a_demand_taken_back_leaves_nothing_to_be_available(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "without any nothing will be available" in text(demand(monkeypatch, "--take-back"))
