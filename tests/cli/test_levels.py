"""`flexgate compare-levels`: figures by hand, the page shows what is printed, faults are named."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.commands import app

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "optimise" / "problem.json"
PAGE = ROOT / "docs" / "running" / "optimise.md"


def compare_levels(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare-levels", str(EXAMPLE), *arguments])


@pytest.mark.feature(id="A8")
def test_a_level_that_does_not_see_the_next_leaves_demand_unmet() -> None:
    """The region's plan takes 5 MW of the battery, the feeder carries 4 MW, and nothing replaces the rest."""
    ended = compare_levels("region", "north", "--json")
    assert ended.exit_code == 0, ended.output
    region, north, in_sequence, jointly = json.loads(ended.stdout)
    assert [region["decided_by"], north["decided_by"]] == ["region", "north"]
    assert region["unmet_mwh"] == 0
    assert in_sequence == {**north, "decided_by": "level by level"}
    assert in_sequence["unmet_mwh"] == pytest.approx(0.25 * 1.0)
    assert jointly["unmet_mwh"] == 0
    assert (in_sequence["cost_eur"], jointly["cost_eur"]) == pytest.approx((202.5, 225.0))
    assert in_sequence["violations"] == jointly["violations"] == 0


def test_all_grids_in_one_level_are_the_joint_decision() -> None:
    level, in_sequence, jointly = json.loads(compare_levels("north,region", "--json").stdout)
    assert {**level, "decided_by": ""} == {**in_sequence, "decided_by": ""} == {**jointly, "decided_by": ""}


def test_the_page_shows_what_is_printed() -> None:
    (shown,) = re.findall(
        r"compare-levels .* region north\n```\n\n```\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    printed = compare_levels("region", "north").stdout
    assert [line.split() for line in shown.splitlines()] == [line.split() for line in printed.splitlines()]


@pytest.mark.parametrize("levels", [["region"], ["region", "nowhere"], ["region,north", "north"]])
def test_a_grid_that_is_missing_unknown_or_named_twice_is_refused(levels: list[str]) -> None:
    ended = compare_levels(*levels)
    assert ended.exit_code == 1
    assert "flexgate: " in ended.stderr
    assert "level" in ended.stderr
