"""`flexgate optimise` as a user types it: figures, the whole answer, drawings, faults, exit codes."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.commands import app
from gateway.optimiser.files.problem_file import read_problem
from tests.optimiser.problem_writer import write_problem

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "optimise" / "problem.json"
PAGE = ROOT / "docs" / "running" / "optimise.md"


def optimise(problem: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["optimise", str(problem), *map(str, arguments)])


def answered(problem: Path, *arguments: object) -> dict[str, Any]:
    ended = optimise(problem, "--json", *arguments)
    assert ended.exit_code == 0, ended.output
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def changed(directory: Path, *path: str | int, to: object) -> Path:
    """The example with one value changed."""
    content = place = json.loads(EXAMPLE.read_text())
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    file = directory / "problem.json"
    file.write_text(json.dumps(content))
    return file


def quantities(answer: dict[str, Any], name: str, mtu: int) -> dict[str, float]:
    return {row["bid"]: round(row[name][mtu], 6) for row in answer["answer"]}


class TestTheExample:
    def test_covers_its_demand_as_by_hand(self) -> None:
        """At noon the feeder leaves 4 MW to the battery, the transformer 3 MW to the CHP; hydro fills up."""
        answer = answered(EXAMPLE)
        assert quantities(answer, "accepted_mw", 0) == {
            "battery": 4,
            "chp": 3,
            "hydro": 3,
            "pumps": 0,
            "heat": 0,
        }
        assert quantities(answer, "accepted_mw", 1) == {
            "battery": 5,
            "chp": 3,
            "hydro": 0,
            "pumps": 3,
            "heat": 0,
        }
        assert answer["cost_eur"] == pytest.approx((4 * 40 + 3 * 60 + 3 * 90 + 5 * 40 + 3 * 60 - 3 * 30) / 4)
        assert answer["merit_order_cost_eur"] == pytest.approx(
            (5 * 40 + 5 * 60 + 5 * 40 + 3 * 60 - 3 * 30) / 4
        )
        assert (answer["use"], answer["rule"], answer["rung"]) == ("exact", "keep-limits", "optimal")
        assert (answer["outcome"], answer["partly_unchecked"], answer["gap"]) == ("within-limits", False, 0)
        assert (answer["limited_bids"], answer["violations"], answer["shortage_mwh"]) == (2, 0, 0)
        assert answer["max_loading_before_pct"] == pytest.approx(100 * (2 + 10) / 9)
        assert answer["max_loading_after_pct"] == pytest.approx(100)
        named = {(row["bid"], row["grid"], row["element"], row["side"]) for row in answer["limits"]}
        assert named == {
            ("battery", "north", "farm feeder", "upper"),
            ("battery", "north", "transformer", "upper"),
            ("chp", "north", "transformer", "upper"),
        }

    def test_keeps_a_safe_merit_order_as_by_hand(self) -> None:
        """Before hydro relieves it, the tie line leaves 4 MW / 0.6 to battery and CHP together, in watts."""
        answer = answered(EXAMPLE, "--use", "prefix")
        kept = quantities(answer, "available_mw", 0)
        assert kept == {"battery": 4, "chp": 2.666666, "hydro": 10, "pumps": 4, "heat": 5}
        assert {row["accepted_mw"] for row in answer["answer"]} == {None}
        assert (answer["cost_eur"], answer["gap"], answer["shortage_mwh"]) == (None, 0.0, None)
        assert (answer["rung"], answer["violations"], answer["limited_bids"]) == ("optimal", 0, 3)
        assert answer["available_mwh"] < answer["offered_mwh"] == 16.5
        limiting = {row["element"] for row in answer["limits"] if (row["bid"], row["mtu"]) == ("chp", 0)}
        assert limiting == {"tie line"}

    def test_a_solver_of_pyomo_agrees_and_says_what_it_cannot(self) -> None:
        ours, theirs = answered(EXAMPLE), answered(EXAMPLE, "--engine", "pyomo:highs")
        assert theirs["cost_eur"] == pytest.approx(ours["cost_eur"])
        assert theirs["violations"] == 0
        assert "no prices" in theirs["notes"][0]

    def test_asked_by_prices_the_grids_come_to_the_same(self) -> None:
        answer, alone = answered(EXAMPLE, "--federated"), answered(EXAMPLE)
        assert answer["federated"]
        assert answer["cost_eur"] == pytest.approx(alone["cost_eur"], rel=1e-6)
        for mtu in (0, 1):
            taken = quantities(alone, "accepted_mw", mtu)
            assert quantities(answer, "accepted_mw", mtu) == pytest.approx(taken, abs=1e-3)
        assert "own grid only" in answer["notes"][0]

    def test_indivisible_bids_cannot_be_asked_for_by_prices(self, tmp_path: Path) -> None:
        ended = optimise(changed(tmp_path, "links", to={"exclusive": [["battery", "chp"]]}), "--federated")
        assert ended.exit_code == 1
        assert "divisible bids without links" in ended.stderr

    def test_from_a_directory_it_is_the_same(self, tmp_path: Path) -> None:
        write_problem(read_problem(EXAMPLE), tmp_path / "again")
        again, first = answered(tmp_path / "again"), answered(EXAMPLE)
        assert again["answer"] == first["answer"]
        assert again["limits"] == first["limits"]

    @pytest.mark.parametrize("use", ["exact", "prefix"])
    def test_prints_what_the_page_shows(self, use: str) -> None:
        shown = optimise(EXAMPLE, "--use", use)
        assert shown.exit_code == 0
        page = PAGE.read_text()
        lines = [
            line.rstrip() for line in shown.output.splitlines() if not line.strip().startswith("seconds")
        ]
        assert len(lines) > 15
        assert [line for line in lines if line not in page] == []


class TestDrawing:
    @pytest.mark.parametrize(("use", "stated"), [("exact", "accepted"), ("prefix", "may stay in the list")])
    def test_names_the_worst_elements(
        self, tmp_path: Path, use: str, stated: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import matplotlib as mpl  # noqa: PLC0415 - only this test draws

        monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
        file = tmp_path / "day.svg"
        assert optimise(EXAMPLE, "--use", use, "--plot", file).exit_code == 0
        drawn = file.read_text()
        for text in ("north: farm feeder", "north: transformer", "region: tie line", stated):
            assert text in drawn

    def test_of_one_direction_only(self, tmp_path: Path) -> None:
        """All bids go up and none is limited: empty halves are drawn too."""
        file = changed(tmp_path, "bids", "direction", to=["up"] * 5)
        assert optimise(file, "--use", "prefix", "--plot", tmp_path / "day.png").exit_code == 0
        assert (tmp_path / "day.png").read_bytes().startswith(b"\x89PNG")

    def test_the_worst_activation_is_what_the_list_allows(self) -> None:
        """Offered: battery and CHP bring 15 of 9 MW on the transformer; kept: nothing is beyond 100 %."""
        from gateway.cli.optimise_plot import worst_activation  # noqa: PLC0415 - needs matplotlib

        problem = read_problem(EXAMPLE)
        offered = worst_activation(problem, problem.bids.quantity_mw, 0)
        assert offered[0].tolist() == pytest.approx([8 / 7, 15 / 9])
        assert offered[1].tolist() == pytest.approx([(2 + 0.6 * 13) / 6])
        kept = answered(EXAMPLE, "--use", "prefix")["answer"]
        safe = worst_activation(problem, np.array([r["available_mw"] for r in kept]), 0)
        assert max(float(each.max()) for each in safe) == pytest.approx(1.0, abs=1e-5)

    def test_without_matplotlib_it_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        ended = optimise(EXAMPLE, "--plot", tmp_path / "day.png")
        assert ended.exit_code == 1
        assert "[report]" in ended.stderr

    def test_a_file_that_cannot_be_written_is_named_after_the_answer(self, tmp_path: Path) -> None:
        (tmp_path / "day.png").symlink_to(tmp_path / "no" / "where.png")
        ended = optimise(EXAMPLE, "--plot", tmp_path / "day.png")
        assert ended.exit_code == 1
        assert "day.png" in ended.stderr.replace("\n", "")
        assert "225.00" in ended.stdout


class TestWhatDoesNotHold:
    def test_a_demand_that_is_not_met(self, tmp_path: Path) -> None:
        ended = optimise(changed(tmp_path, "demand_up_mw", to=[100, 8]), "--json")
        assert ended.exit_code == 1
        assert json.loads(ended.stdout)["shortage_mwh"] > 0

    def test_limits_are_kept_and_the_demand_is_not_met(self, tmp_path: Path) -> None:
        ended = optimise(changed(tmp_path, "bids", "quantity_mw", 2, to=[0, 0]), "--json")
        assert ended.exit_code == 1
        answer = json.loads(ended.stdout)
        assert (answer["violations"], answer["overloads"]) == (0, [])
        assert answer["outcome"] == "shortage"
        assert answer["shortage_mwh"] > 0
        assert {row["element"] for row in answer["limits"]} <= {"farm feeder", "transformer", "tie line"}

    def test_without_netting_a_safe_list_is_shorter(self, tmp_path: Path) -> None:
        full = answered(EXAMPLE, "--use", "prefix")
        none = answered(changed(tmp_path, "relief_share", to=0.0), "--use", "prefix")
        assert none["available_mwh"] <= full["available_mwh"]

    def test_more_demand_than_all_offers_is_stated_as_shortage(self, tmp_path: Path) -> None:
        ended = optimise(changed(tmp_path, "demand_up_mw", to=[100, 8]), "--json")
        assert ended.exit_code == 1
        assert json.loads(ended.stdout)["shortage_mwh"] == pytest.approx(20.75)

    @pytest.mark.parametrize("use", ["exact", "prefix"])
    def test_a_bid_on_no_grid_is_named(self, tmp_path: Path, use: str) -> None:
        injections = {"bid": ["chp"], "node": ["town"], "factor": [1]}
        file = changed(tmp_path, "grids", to=[json.loads(EXAMPLE.read_text())["grids"][0]])
        content = json.loads(file.read_text())
        content["grids"][0]["injections"] = injections
        file.write_text(json.dumps(content))
        answer = json.loads(optimise(file, "--use", use, "--json").stdout)
        assert answer["notes"] == ["on no grid, so that nothing limits them: battery, hydro, pumps, heat"]


class TestFaults:
    @pytest.mark.parametrize(
        ("path", "value", "stated"),
        [
            (
                ("grids", 0, "injections", "node", 1),
                "village",
                "$.grids[0].injections.node[1]: 'village' is unknown",
            ),
            (("bids", "quantity_mw", 0), [5, -1], "bid 'battery', MTU 1: quantity_mw is negative"),
            (("bids", "quantity_mw", 1), [float("nan"), 5], "bid 'chp', MTU 0: quantity_mw is not finite"),
            (("bids", "price_eur_per_mwh", 2), [9, float("inf")], "bid 'hydro', MTU 1: price_eur_per_mwh"),
            (
                ("grids", 0, "ptdf", 1, 0, 1),
                float("nan"),
                "grid 'north', element 'farm feeder': ptdf at node",
            ),
            (("demand_up_mw",), [float("nan"), 8], "MTU 0: demand of list 'up' is negative or not finite"),
            (("grids", 1, "element_ids"), [], "grid 'region': needs at least one element"),
            (
                ("grids", 0, "injections", "bid", 0),
                "ghost",
                "$.grids[0].injections.bid[0]: 'ghost' is unknown",
            ),
            (
                ("links",),
                {"exclusive": [["battery", "chp"]], "multipart": [["chp", "hydro"]]},
                "bid 'chp': in two groups at once, exclusive and multipart",
            ),
            (("grids", 1, "upper_mw"), [-7], "grid 'region', element 'tie line'"),
            (("grids", 0, "colour"), "blue", "unknown field `colour`"),
            (("bids", "ids"), "all", "$.bids.ids"),
        ],
    )
    def test_of_the_file_are_located(
        self, tmp_path: Path, path: tuple[str | int, ...], value: object, stated: str
    ) -> None:
        file = changed(tmp_path, *path, to=value)
        ended = optimise(file)
        assert ended.exit_code == 1
        assert ended.stderr.startswith(f"flexgate: {file}: ")
        assert stated in ended.stderr

    @pytest.mark.parametrize(
        ("arguments", "stated"),
        [
            (("--budget", "soon"), "--budget"),
            (("--budget", "0s"), "--budget"),
            (("--budget", "-1s"), "--budget"),
            (("--engine", "cplex"), "--engine"),
            (("--engine", "pyomo:"), "--engine"),
            (("--engine", "pyomo:highs", "--use", "prefix"), "--engine"),
            (("--engine", "pyomo:highs", "--budget", "5s"), "--budget"),
            (("--plot", "day.docx"), "--plot"),
            (("--plot", "no/where/day.png"), "--plot"),
            (("--use", "best"), "--use"),
            (("--federated", "--use", "prefix"), "--federated"),
            (("--federated", "--engine", "pyomo:highs"), "--federated"),
        ],
    )
    def test_of_use_end_with_2_before_anything_is_solved(
        self, arguments: tuple[str, ...], stated: str
    ) -> None:
        ended = optimise(EXAMPLE, *arguments)
        assert ended.exit_code == 2
        assert stated in ended.stderr

    def test_a_solver_that_is_not_there(self) -> None:
        ended = optimise(EXAMPLE, "--engine", "pyomo:nonesuch")
        assert ended.exit_code == 1
        assert "finds no solver 'nonesuch'" in ended.stderr
        assert "Traceback" not in ended.output

    def test_without_pyomo_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyomo.environ", None)
        monkeypatch.delitem(sys.modules, "gateway.optimiser.reference", raising=False)
        ended = optimise(EXAMPLE, "--engine", "pyomo:highs")
        assert ended.exit_code == 1
        assert "[reference]" in ended.stderr


@pytest.mark.parametrize("budget", ["20", "20s", "20000ms", "0.5min"])
def test_a_budget_in_any_unit(budget: str) -> None:
    assert answered(EXAMPLE, "--budget", budget)["rung"] == "optimal"


def test_a_budget_too_short_for_a_solver_is_kept_all_the_same() -> None:
    ended = optimise(EXAMPLE, "--budget", "1ms", "--json")
    answer = json.loads(ended.stdout)
    assert answer["rung"] in ("conservative", "not-assessed")
    assert ended.exit_code == 1
    assert answer["violations"] == 0
