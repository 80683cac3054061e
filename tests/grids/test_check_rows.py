"""Rows in other units than MW: every fault with its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.grids import exchange
from tests.grids.samples import feeder


def with_rows() -> dict[str, Any]:
    """The feeder with a voltage and a current."""
    content: dict[str, Any] = feeder()
    content["rows"] = [
        {"id": "voltage at c", "kind": "voltage", "unit": "p.u.", "lower": 0.95, "upper": 1.05},
        {
            "id": "current of a-b",
            "kind": "line",
            "unit": "A",
            "upper": 250.0,
            "of_element": "a-b",
            "end": "from",
        },
    ]
    nodes = content["connection_points"]
    for point in content["operating_points"]:
        count = len(nodes)
        reference = {entry["node"] for entry in content["reference"]}
        point["row_base"] = [[0.99, 120.0] for _ in point["base_flow_mw"]]
        point["row_sensitivity"] = [
            [0.0 if nodes[n] in reference else slope for n in range(count)] for slope in (0.01, -28.0)
        ]
    return content


def found_at(content: dict[str, Any]) -> list[str]:
    with pytest.raises(exchange.GridModelError) as caught:
        exchange.read(json.dumps(content).encode())
    return [finding.pointer for finding in caught.value.findings]


def test_sound_rows_are_taken() -> None:
    model = exchange.read(json.dumps(with_rows()).encode())
    assert [element.unit for element in model.elements[-2:]] == ["p.u.", "A"]
    assert model.limits_mw()[0][-1] == -float("inf")


POINT = "/operating_points/0"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda c: c["rows"][0].update(lower=1.06), "/rows/0"),
        (lambda c: c["rows"][0].update(lower=19.0, upper=21.0), "/rows/0/lower"),
        (lambda c: c["rows"][0].update(unit="A"), "/rows/0/unit"),
        (lambda c: c["rows"][1].pop("upper"), "/rows/1"),
        (lambda c: c["rows"][1].update(id="a-b"), "/rows/1/id"),
        (lambda c: c["rows"][1].update(emergency_upper=200.0), "/rows/1/emergency_upper"),
        (lambda c: c["rows"][1].update(margin=-1.0), "/rows/1/margin"),
        (lambda c: c["rows"][1].update(scale=0.0), "/rows/1/scale"),
        (lambda c: c["operating_points"][0].pop("row_base"), f"{POINT}/row_base"),
        (lambda c: c["operating_points"][0]["row_base"][0].pop(), f"{POINT}/row_base/0"),
        (lambda c: c["operating_points"][0]["row_base"][0].__setitem__(0, 20.4), f"{POINT}/row_base/0/0"),
        (lambda c: c["operating_points"][0]["row_sensitivity"].pop(), f"{POINT}/row_sensitivity"),
        (lambda c: c["operating_points"][0]["row_sensitivity"][1].pop(), f"{POINT}/row_sensitivity/1"),
        (
            lambda c: c["operating_points"][0].update(row_sensitivity=[[0.01] * 4] * 2),
            f"{POINT}/row_sensitivity/0",
        ),
    ],
)
def test_a_fault_is_found_at_its_place(change: Callable[[Any], Any], place: str) -> None:
    content = with_rows()
    change(content)
    assert place in found_at(content)
