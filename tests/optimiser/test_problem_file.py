"""A problem survives a file, and a wrong file is refused with the place named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.files.problem_file import read_problem
from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.model.links import Condition, ConditionalLink, Links, TechnicalRule
from gateway.optimiser.model.problem import Problem
from tests.optimiser.cases import random_problem, two_bids_behind_one_line
from tests.optimiser.problem_writer import write_problem


def everything() -> Problem:
    problem = random_problem(4, bid_count=9, mtus=2)
    base = np.repeat(problem.grids[0].base_mw[:1], 2, axis=0)
    with_levels = replace(problem.grids[0], base_mw=base, levels_mw=np.array([-99.0, 99.0]), band_rows=1)
    problem = replace(problem, grids=(with_levels, *problem.grids[1:]))
    direction = problem.bids.direction
    up = np.flatnonzero(direction > 0).tolist()
    links = Links(
        exclusive=((up[0], up[1]),),
        technical=(((0, 0), (1, 1)),),
        conditional=(ConditionalLink(1, 1, (Condition(0, 0, False),), True),),
        blocks=(2,),
        technical_rule=TechnicalRule.MAY_NOT_FOLLOW,
        activated_before=frozenset({(0, -1)}),
    )
    offer = replace(
        problem.bids,
        provider=np.arange(9) % 2,
        providers=("north", "south"),
        cap_mw=0.9 * problem.bids.quantity_mw,
    )
    return replace(problem, bids=offer, links=links, relief_share=0.5, surplus_mw=0.1, one_buyer=True)


@pytest.mark.parametrize("name", ["problem.json", "folder"])
def test_a_problem_comes_back_as_it_was_written(tmp_path: Path, name: str) -> None:
    problem = everything()
    write_problem(problem, tmp_path / name)
    again = read_problem(tmp_path / name)
    assert again.links == problem.links
    assert again.one_buyer
    assert again.bids.ids == problem.bids.ids
    assert again.bids.providers == problem.bids.providers
    np.testing.assert_array_equal(again.bids.cap_mw, problem.bids.cap_mw)
    for one, other in zip(again.grids, problem.grids, strict=True):
        np.testing.assert_array_equal(one.ptdf, other.ptdf)
        np.testing.assert_array_equal(one.levels_mw, other.levels_mw)
        np.testing.assert_array_equal(one.injections.node, other.injections.node)
    first, second = cover_demand(problem), cover_demand(again)
    assert first.accepted_mw.tobytes() == second.accepted_mw.tobytes()


def spoil(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        place: Any = content
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (spoil("format", value="other"), "$.format"),
        (spoil("bids", "direction", 1, value="sideways"), "$.bids.direction[1]"),
        (spoil("unknown", value=1), "unknown field"),
        (
            spoil("grids", 0, "injections", "node", 1, value="nowhere"),
            "$.grids[0].injections.node[1]: 'nowhere'",
        ),
        (spoil("grids", 0, "injections", "bid", 0, value="ghost"), "$.grids[0].injections.bid[0]: 'ghost'"),
        (spoil("grids", 0, "ptdf", value=[[[1.0], [1.0, 2.0]]]), "$.grids[0].ptdf: not a rectangular array"),
        (
            spoil("grids", 0, "ptdf", value="x.npz#ptdf"),
            "$.grids[0].ptdf: no array 'ptdf' can be read from x.npz",
        ),
        (spoil("grids", 0, "ptdf", value="../x.npz#ptdf"), "outside the directory"),
        (spoil("bids", "quantity_mw", value=[[1.0], [-1.0]]), "bid 'b1', MTU 0: quantity_mw is negative"),
        (spoil("links", value={"exclusive": [["b0", "b9"]]}), "$.links.exclusive[0][1]: 'b9' is unknown"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    path = tmp_path / "problem.json"
    write_problem(two_bids_behind_one_line(), path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidProblemError) as refused:
        read_problem(path)
    assert "problem.json" in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "flexgate-problem/1", "mtu_hours": NaN}'])
def test_what_is_no_problem_at_all_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "problem.json"
    path.write_text(text)
    with pytest.raises(InvalidProblemError, match=r"problem\.json"):
        read_problem(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidProblemError, match="No such file"):
        read_problem(tmp_path / "absent.json")
