"""What a gateway reports to a grid operator has the operator's own names, for every grid it has a key of."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import grid_answers
from gateway.cli.commands import app
from gateway.cli.screen import print_rows
from gateway.grids import exchange
from gateway.grids.pseudonyms import Pseudonyms
from tests.grids.samples import feeder

OWN = exchange.read(json.dumps(feeder()).encode())


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    """Key files of two grids, by the pseudonym of the first connection point of each."""
    found = {}
    for grid in ("north", "south"):
        file = tmp_path / f"{grid}.key"
        made = Pseudonyms.of_file(file, grid)
        hidden = made.disguised(OWN)
        made.save(file)
        found[hidden.connection_points[0]] = file
    return found


def answered(monkeypatch: pytest.MonkeyPatch, answer: Any, *words: str | Path) -> str:
    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield lambda _method, _path: answer

    monkeypatch.setattr(grid_answers, "connected", connected)
    done = CliRunner().invoke(app, ["grid", *map(str, words), "--credentials", "none.json"])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_names_of_several_grids_in_one_call(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, Path], form: tuple[str, ...]
) -> None:
    why = "; ".join(f"no connection point {pseudonym!r}" for pseudonym in keys)
    options = [word for file in keys.values() for word in ("--key-file", str(file))]
    remarks = {"remarks": [{"unit": "u1", "detail": why}]}
    reported = answered(monkeypatch, remarks, "remarks", "north", *options, *form)
    own = OWN.connection_points[0]
    assert reported.count(f"no connection point '{own}'") == 2
    plain = answered(monkeypatch, remarks, "remarks", "north", *form)
    assert why in plain


def test_units_with_their_points_and_what_becomes_of_their_bids(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, Path]
) -> None:
    pseudonym, file = next(iter(keys.items()))
    rows = [
        {"unit": "u1", "node": pseudonym, "factor": 0.5, "remark": None},
        {"unit": "u2", "node": "elsewhere", "factor": 1.0, "remark": "no such point"},
    ]
    reported = answered(monkeypatch, {"units": rows}, "units", "north", "--key-file", file)
    assert OWN.connection_points[0] in reported
    assert pseudonym not in reported
    assert "are withheld: no such point" in reported
    assert json.loads(answered(monkeypatch, {"units": rows}, "units", "north", "--json"))["units"] == rows
    assert "no unit is assigned" in answered(monkeypatch, {"units": []}, "units", "north")


@pytest.mark.parametrize("cut_short", [True, False])
def test_help_is_promised_only_where_a_search_was_cut_short(
    monkeypatch: pytest.MonkeyPatch, cut_short: bool
) -> None:
    run = {"rung": "best-found", "gap": 0.5, "cut_short": cut_short, "explanations": []}
    figures = {"notes": ["no system operator stated a demand"]}
    runs = [{"number": 1, "run_id": "r1", "figures": figures, "published_at": "2026-03-01T21:00:00Z"}]
    answer = {"state": "published", "runs": runs, **run}
    reported = answered(monkeypatch, answer, "explanations", "g1")
    assert ("`flexgate gate show g1` shows the remedy" in reported) is cut_short
    assert ("the gap is what could not be proven" in reported) is not cut_short
    assert "note: no system operator stated a demand" in reported, "why there is nothing to explain"


@pytest.mark.parametrize("own", [True, False], ids=["grid operator", "system operator"])
def test_an_earlier_run_is_shown_without_empty_columns(monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    mw = {
        "offered_mw": 5.0,
        "cut_mw": 2.0,
        "base_flow_mw": 1.5 if own else None,
        "limit_mw": 3.0 if own else None,
        "margin_mw": 0.0 if own else None,
    }
    element = {
        "grid_id": "north",
        "element_id": "line",
        "side": "forward",
        "operating_point": "normal",
        "unit": "MW",
    }
    place = {"bid_id": "cheap", "bid": 0, "mtu": 0, "full_at": 0, "direction": "up", "indivisible": False}
    row = {
        **mw,
        **element,
        **place,
        "share": 1.0,
        "platform": None if own else "east",
        "withheld_because": None,
    }
    asked: list[str] = []

    def call(_: str, path: str) -> Any:
        asked.append(path)
        if path == "/v1/gates/g1":
            return {"delivery": {"start": "2026-03-01T06:00:00Z"}, "mtu": "PT15M", "use": "prefix"}
        at = "2026-03-01T21:00:00Z"
        runs = [{"run_id": f"r{one}", "number": one, "published_at": at} for one in (1, 2)]
        return {"rung": "optimal", "explanations": [row], "runs": runs}

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield call

    monkeypatch.setattr(grid_answers, "connected", connected)
    words = ["grid", "explanations", "g1", "--run", "1", "--credentials", "none.json"]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    assert asked[-1] == "/v1/runs/r1/explanations"
    assert [name in done.output for name in ("platform", "flow before", "limit  ")] == [not own, own, own]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_the_key_of_another_grid_is_not_passed_over_in_silence(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, Path], form: tuple[str, ...]
) -> None:
    (own, file), (_, another) = keys.items()
    remarks = {"remarks": [{"unit": "u1", "detail": f"no connection point {own!r}"}]}
    stated = f"no name of 1 pseudonym ({own}) is in {another} (grid south)"
    words = ("remarks", "north", *form, "--key-file")
    assert stated in " ".join(answered(monkeypatch, remarks, *words, another).split())
    assert "no name of" not in answered(monkeypatch, remarks, *words, file)
    assert "no name of" not in answered(monkeypatch, remarks, *words, another, "--key-file", file)
    assert "no name of" not in answered(monkeypatch, remarks, "remarks", "north", *form)


def test_disclosure_and_resolve_say_that_the_key_is_of_another_grid(
    tmp_path: Path, keys: dict[str, Path]
) -> None:
    own, another = keys.values()
    model = tmp_path / "north.json"
    hidden = Pseudonyms.read(own).disguised(OWN)
    model.write_bytes(exchange.write(hidden))
    count = len(hidden.elements) + len(hidden.connection_points)
    for command in ("disclosure", "resolve"):
        wrong = CliRunner().invoke(app, ["grid", command, str(model), "--key-file", str(another)])
        assert f"no name of {count} pseudonyms ({hidden.elements[0].element_id}, " in wrong.output
        assert "(grid south)" in " ".join(wrong.output.split())
        right = CliRunner().invoke(app, ["grid", command, str(model), "--key-file", str(own)])
        assert (right.exit_code, "no name of" in right.output) == (0, False)


def test_connection_points_of_a_model_are_shown_beside_their_own_names_offline(
    tmp_path: Path, keys: dict[str, Path]
) -> None:
    own, another = keys.values()
    model = tmp_path / "north.json"
    hidden = Pseudonyms.read(own).disguised(OWN)
    model.write_bytes(exchange.write(hidden))

    def reported(*words: str | Path) -> str:
        done = CliRunner().invoke(app, ["grid", "points", str(model), *map(str, words)])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    shown = reported("--key-file", own)
    for pseudonym, name in zip(hidden.connection_points, OWN.connection_points, strict=True):
        assert f"│ {pseudonym} │ {name} │" in shown
        assert f"│ {pseudonym} │" in reported()
    assert "no name of" not in shown
    assert f"no name of {len(hidden.connection_points)} pseudonyms" in reported("--key-file", another)


def test_the_reference_is_named_where_nothing_moves_an_element(tmp_path: Path) -> None:
    model = tmp_path / "north.json"
    model.write_bytes(exchange.write(OWN))
    done = CliRunner().invoke(app, ["grid", "points", str(model)], env={"COLUMNS": "300"})
    remarked = [line for line in done.output.splitlines() if "reference:" in line]
    assert [line.split()[1] for line in remarked] == [node for node, _ in OWN.reference.weights]


def test_long_texts_continue_in_the_next_line_and_words_stay_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "x" * 40
    row = (f"the limit of {name} from 2026-03-01T06:00Z", "north", "7")
    print_rows(("because of", "in grid", "share"), [row, row], wrapped={"because of": 20}, once=("in grid",))
    first, *table = capsys.readouterr().out.splitlines()
    assert first == "all in grid north"
    assert [any(word in line for line in table) for word in (name, "2026-03-01T06:00Z")] == [True, True]
    assert not any("north" in line for line in table)
    assert max(map(len, table)) < len(row[0])
