"""Problem files with faults of bytes, arrays, names and numbers: each refused at its place."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.optimiser.files.problem_file import read_problem
from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.safe.merit_order import safe_merit_order

GOOD: dict[str, Any] = {
    "format": "flexgate-problem/1",
    "mtu_hours": 1,
    "demand_up_mw": [10],
    "demand_down_mw": [0],
    "bids": {
        "ids": ["relief", "load"],
        "direction": ["up", "up"],
        "quantity_mw": [[5], [5]],
        "price_eur_per_mwh": [[10], [20]],
        "platform": ["A", "B"],
    },
    "grids": [
        {
            "grid_id": "g",
            "element_ids": ["e"],
            "node_ids": ["n", "m"],
            "point_names": ["p"],
            "ptdf": [[[1, -1]]],
            "base_mw": [[[0]]],
            "lower_mw": [-100],
            "upper_mw": [1],
            "injections": {"bid": ["relief", "load"], "node": ["m", "n"], "factor": [1, 1]},
        }
    ],
}


def written(directory: Path, *path: str | int, to: object) -> Path:
    """The good file with one value changed."""
    content = place = copy.deepcopy(GOOD)
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    file = directory / "problem.json"
    file.write_text(json.dumps(content))
    return file


def refusal(file: Path) -> str:
    with pytest.raises(InvalidProblemError) as refused:
        read_problem(file)
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "stated"),
    [
        (b'{"format": "\xff"}', "not in UTF-8: byte 12"),
        (json.dumps(GOOD).encode("utf-16"), "in UTF-16"),
        (
            json.dumps(GOOD).replace('"mtu_hours"', '"mtu_hours": 2, "mtu_hours"').encode(),
            "'mtu_hours' occurs twice",
        ),
    ],
)
def test_bytes_that_are_no_file_of_ours(tmp_path: Path, data: bytes, stated: str) -> None:
    file = tmp_path / "problem.json"
    file.write_bytes(data)
    assert stated in refusal(file)


@pytest.mark.parametrize("key", ["words", "complex", "flags", "none"])
def test_arrays_of_anything_but_real_numbers(tmp_path: Path, key: str) -> None:
    one = {
        "words": np.array([[["x", "y"]]]),
        "complex": np.ones((1, 1, 2), complex),
        "flags": np.ones((1, 1, 2), bool),
    }
    np.savez(tmp_path / "arrays.npz", **one)
    assert "$.grids[0].ptdf" in refusal(written(tmp_path, "grids", 0, "ptdf", to=f"arrays.npz#{key}"))


@pytest.mark.parametrize("data", [b"PK\x03\x04 damaged", b"", b"\x93NUMPY", b"text"])
def test_archives_that_are_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "arrays.npz").write_bytes(data)
    file = written(tmp_path, "grids", 0, "ptdf", to="arrays.npz#ptdf")
    assert "no array 'ptdf' can be read from arrays.npz" in refusal(file)


@pytest.mark.parametrize(
    ("path", "to", "stated"),
    [
        (("links",), {"exclusive": [["relief", "load"], ["load", "zz"]]}, "$.links.exclusive[1][1]: 'zz'"),
        (("links",), {"technical": [[["relief", 0], ["zz", 1]]]}, "$.links.technical[0][1]: 'zz'"),
        (("links",), {"blocks": ["relief", "zz"]}, "$.links.blocks[1]: 'zz'"),
        (("grids", 0, "accuracy"), [1.5], "element 'e': accuracy"),
        (("grids", 0, "base_mw"), [[[1e12]]], "element 'e': base_mw is beyond 1,000,000"),
        (("grids", 0, "ptdf"), [[[1, -1e30]]], "element 'e': ptdf is beyond 1,000,000"),
        (("grids", 0, "ptdf"), [[["1", "2"]]], "$.grids[0].ptdf: not a rectangular array of numbers"),
        (("bids", "cap_mw"), [[5], [6]], "bid 'load', MTU 0: cap_mw is above the quantity"),
        (("bids", "platform"), ["A"], "$.bids.platform: 1 names for 2 bids"),
    ],
)
def test_names_and_numbers_out_of_place(
    tmp_path: Path, path: tuple[str | int, ...], to: object, stated: str
) -> None:
    assert stated in refusal(written(tmp_path, *path, to=to))


def test_no_market_time_unit_is_no_problem_to_solve(tmp_path: Path) -> None:
    content = GOOD | {"demand_up_mw": [], "demand_down_mw": [], "grids": []}
    columns = {"quantity_mw": [[], []], "price_eur_per_mwh": [[], []]}
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(content | {"bids": GOOD["bids"] | columns}))
    assert "no MTU" in refusal(file)


def test_an_element_without_margin_is_named_so(tmp_path: Path) -> None:
    file, content = tmp_path / "problem.json", copy.deepcopy(GOOD)
    content["grids"][0] |= {"lower_mw": [0], "upper_mw": [0]}
    file.write_text(json.dumps(content))
    assert not safe_merit_order(read_problem(file)).available_mw.any()


def test_platforms_that_activate_on_their_own_do_not_rely_on_each_other(tmp_path: Path) -> None:
    """B may be activated while A is not, so A's relief leaves B no more than the limit."""
    file = written(tmp_path, "mtu_hours", to=1)
    assert safe_merit_order(read_problem(file)).available_mw[:, 0].tolist() == [5, 5]
    apart = read_problem(file, apart=True)
    assert apart.lists.names == ("up of A", "down of A", "up of B", "down of B")
    assert safe_merit_order(apart).available_mw[:, 0].tolist() == [5, 1]
    together = written(tmp_path, "one_buyer", to=True)
    assert safe_merit_order(read_problem(together, apart=True)).available_mw[:, 0].tolist() == [5, 5]
