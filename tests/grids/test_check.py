"""Every rule of the checks: what it refuses, where it points, and what it must let pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.grids import exchange
from gateway.grids.exchange import GridModelError
from tests.grids.samples import all_ptdf, feeder, meshed, text, topology

Edit = Callable[[dict[str, Any]], object]


def refused_at(content: dict[str, Any]) -> list[str]:
    with pytest.raises(GridModelError) as caught:
        exchange.read(text(content))
    return [finding.pointer for finding in caught.value.findings]


def edited(edit: Edit) -> dict[str, Any]:
    content = feeder()
    edit(content)
    return content


def point(content: dict[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = content["operating_points"][index]
    return found


def interpolated(content: dict[str, Any], *levels: object, band: float = 5.0) -> None:
    content["points"] = "interpolated"
    for index, level in enumerate(levels):
        point(content, index).update(
            activation_level_mw=level, activation_band_mw=[-band, band], base_flow_mw=[[3.0, -1.0, 0.5]]
        )


BANDS = [f"/operating_points/{index}/activation_band_mw" for index in (0, 1)]
LEVEL = "/operating_points/{}/activation_level_mw"
BAD: dict[str, tuple[Edit, list[str]]] = {
    "level where all points count": (lambda c: point(c).update(activation_level_mw=0.0), [LEVEL.format(0)]),
    "no levels to interpolate between": (
        lambda c: interpolated(c, None, None),
        [LEVEL.format(0), LEVEL.format(1)],
    ),
    "levels with different base flows": (
        lambda c: (interpolated(c, -5.0, 5.0), point(c, 1).update(base_flow_mw=[[3.0, -1.0, 0.6]])),
        ["/operating_points/1/base_flow_mw"],
    ),
    "levels out of order": (lambda c: interpolated(c, 5.0, -5.0), [LEVEL.format(1), *BANDS]),
    "one level twice": (lambda c: interpolated(c, 5.0, 5.0), [LEVEL.format(1), *BANDS]),
    "a single level": (
        lambda c: (c["operating_points"].pop(), interpolated(c, 0.0)),
        ["/operating_points"],
    ),
    "level in kW": (lambda c: interpolated(c, -8.0, 25_000.0), [LEVEL.format(1)]),
    "levels narrower than the band": (lambda c: interpolated(c, -4.0, 5.0), BANDS),
    "grid name with a slash": (lambda c: c.update(grid="a/b"), ["/grid"]),
    "grid name too long": (lambda c: c.update(grid="a" * 65), ["/grid"]),
    "area that is no EIC": (lambda c: c.update(area="10YCB-GERMANY--9"), ["/area"]),
    "error band above 100 %": (lambda c: c.update(error_band_pct=101), ["/error_band_pct"]),
    "validity turned round": (lambda c: c["validity"].update(end="2026-06-17T21:00:00Z"), ["/validity"]),
    "element twice": (lambda c: c["elements"][2].update(id="a-b"), ["/elements/2/id"]),
    "element without name": (lambda c: c["elements"][0].update(id=""), ["/elements/0/id"]),
    "name with a line break": (lambda c: c["elements"][0].update(id="s\na"), ["/elements/0/id"]),
    "connection point twice": (
        lambda c: c["connection_points"].__setitem__(2, "a"),
        ["/connection_points/2"],
    ),
    "operating point twice": (lambda c: point(c, 1).update(name="noon"), ["/operating_points/1/name"]),
    "no operating point": (lambda c: c["operating_points"].clear(), ["/operating_points"]),
    "negative limit": (
        lambda c: c["elements"][1].update(reverse_limit_mw=-10),
        ["/elements/1/reverse_limit_mw"],
    ),
    "emergency limit below the limit": (
        lambda c: c["elements"][1].update(emergency_forward_mw=9.0, emergency_reverse_mw=30_000.0),
        ["/elements/1/emergency_forward_mw", "/elements/1/emergency_reverse_mw"],
    ),
    "scale that is none": (lambda c: c["elements"][1].update(scale=0), ["/elements/1/scale"]),
    "part of an element without a name": (
        lambda c: c["elements"][1].update(of_element=" "),
        ["/elements/1/of_element"],
    ),
    "limit in kW": (
        lambda c: c["elements"][1].update(forward_limit_mw=25_000),
        ["/elements/1/forward_limit_mw"],
    ),
    "no flow allowed": (
        lambda c: c["elements"][1].update(forward_limit_mw=0, reverse_limit_mw=0),
        ["/elements/1"],
    ),
    "unknown reference node": (
        lambda c: c.update(reference=[{"node": "z", "weight": 1.0}]),
        ["/reference/0/node"],
    ),
    "reference weights below one": (
        lambda c: c.update(reference=[{"node": "s", "weight": 0.9}]),
        ["/reference"],
    ),
    "reference weight above one": (
        lambda c: c.update(reference=[{"node": "s", "weight": 1.5}]),
        ["/reference/0/weight", "/reference"],
    ),
    "negative reference weight": (
        lambda c: c.update(reference=[{"node": "s", "weight": 2.0}, {"node": "a", "weight": -1.0}]),
        ["/reference/0/weight", "/reference/1/weight"],
    ),
    "reference node twice": (
        lambda c: c.update(reference=[{"node": "s", "weight": 0.5}, {"node": "s", "weight": 0.5}]),
        ["/reference"],
    ),
    "no reference": (lambda c: c.update(reference=[]), ["/reference"]),
    "activation band off zero": (
        lambda c: point(c).update(activation_band_mw=[1.0, 2.0]),
        ["/operating_points/0/activation_band_mw"],
    ),
    "no activation at a connection point": (
        lambda c: point(c).update(connection_point_activation_mw=0.0),
        ["/operating_points/0/connection_point_activation_mw"],
    ),
    "activation bands that only meet": (
        lambda c: point(c).update(activation_band_mw=[0.0, 5.0]),
        ["/operating_points"],
    ),
    "element called like the band": (
        lambda c: c["elements"][0].update(id="activation band up"),
        ["/elements/0/id"],
    ),
    "element called like a bound of a connection point": (
        lambda c: c["elements"][1].update(id=f"connection point {c['connection_points'][1]}"),
        ["/elements/1/id"],
    ),
    "activation band of nothing": (
        lambda c: point(c).update(activation_band_mw=[0.0, 0.0]),
        ["/operating_points/0/activation_band_mw"],
    ),
    "PTDF row missing": (lambda c: point(c)["ptdf"].pop(), ["/operating_points/0/ptdf"]),
    "PTDF row short": (lambda c: point(c)["ptdf"][1].pop(), ["/operating_points/0/ptdf/1"]),
    "base flow row long": (
        lambda c: point(c)["base_flow_mw"][0].append(1.0),
        ["/operating_points/0/base_flow_mw/0"],
    ),
    "base flow rows that fill no day": (
        lambda c: point(c, 1)["base_flow_mw"].pop(),
        ["/operating_points/1/base_flow_mw"],
    ),
    "no base flow": (lambda c: point(c)["base_flow_mw"].clear(), ["/operating_points/0/base_flow_mw"]),
    "two time units at once": (
        lambda c: point(c).update(base_flow_mw=[[1.0, 1.0, 1.0]] * 96),
        ["/operating_points"],
    ),
    "PTDF in percent": (
        lambda c: point(c)["ptdf"][0].__setitem__(1, -100.0),
        ["/operating_points/0/ptdf/0/1"],
    ),
    "base flow in kW": (
        lambda c: point(c)["base_flow_mw"][0].__setitem__(2, 500.0),
        ["/operating_points/0/base_flow_mw/0/2"],
    ),
    "base flow in W": (
        lambda c: point(c)["base_flow_mw"][0].__setitem__(2, 500_000.0),
        ["/operating_points/0/base_flow_mw/0/2"],
    ),
    "no sensitivity but 0": (
        lambda c: [
            each.update(ptdf=[[0.0] * len(c["connection_points"])] * 3) for each in c["operating_points"]
        ],
        ["/operating_points"],
    ),
    "PTDF of another reference": (
        lambda c: c.update(reference=[{"node": "b", "weight": 1.0}]),
        [f"/operating_points/{k}/ptdf/{row}" for k in (0, 1) for row in (0, 1, 2)],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_refused_at_its_place(case: str) -> None:
    edit, places = BAD[case]
    assert refused_at(edited(edit)) == places


def test_all_findings_come_at_once() -> None:
    content = feeder()
    for edit, _ in (BAD["negative limit"], BAD["area that is no EIC"], BAD["PTDF row short"]):
        edit(content)
    assert refused_at(content) == ["/area", "/elements/1/reverse_limit_mw", "/operating_points/0/ptdf/1"]


def test_a_matrix_full_of_faults_fills_no_screen() -> None:
    content = feeder()
    point(content, 1)["base_flow_mw"] = [[9_000.0] * 3] * 96
    point(content)["base_flow_mw"] = [[0.0] * 3]
    assert len(refused_at(content)) == 21


@pytest.mark.parametrize("rows", [1, 24, 48, 96, 144, 288, 12, 4])
def test_market_time_units_that_fill_the_day_pass(rows: int) -> None:
    content = feeder()
    for entry in content["operating_points"]:
        entry["base_flow_mw"] = [[1.0, 1.0, 1.0]] * rows
    assert exchange.read(text(content)).mtu_count == rows


@pytest.mark.parametrize(("end", "rows"), [("2026-10-25T23:00:00Z", 100), ("2026-10-25T21:00:00Z", 92)])
def test_days_of_other_lengths_have_other_numbers_of_units(end: str, rows: int) -> None:
    content = feeder()
    content["validity"] = {"start": "2026-10-24T22:00:00Z", "end": end}
    content["operating_points"] = [point(content)]
    point(content)["base_flow_mw"] = [[1.0, 1.0, 1.0]] * rows
    assert exchange.read(text(content)).mtu_count == rows
    point(content)["base_flow_mw"] = [[1.0, 1.0, 1.0]] * 96
    assert refused_at(content) == ["/operating_points/0/base_flow_mw"]


@pytest.mark.feature(id="A10")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_magnitudes_are_refused_and_the_signed_original_is_not(seed: int, several: bool) -> None:
    ends, reactance = meshed(seed)
    weights = np.random.default_rng(seed).dirichlet(np.ones(12)) if several else np.eye(12)[0]
    ptdf = all_ptdf(ends, reactance, weights)
    content = feeder()
    content["connection_points"] = [f"n{i}" for i in range(12)]
    content["reference"] = [{"node": f"n{i}", "weight": float(w)} for i, w in enumerate(weights) if w]
    content["elements"] = [
        {"id": f"l{i}", "forward_limit_mw": 9.0, "reverse_limit_mw": 9.0} for i in range(len(ends))
    ]
    entry = point(content)
    content["operating_points"] = [entry]
    entry["base_flow_mw"] = [[1.0] * len(ends)]
    entry["ptdf"] = ptdf.tolist()
    exchange.read(text(content))
    entry["ptdf"] = np.abs(ptdf).tolist()
    assert "/operating_points" in refused_at(content)


def test_directing_elements_away_from_the_reference_heals_a_signed_model_without_minus() -> None:
    content = feeder()
    for entry in content["operating_points"]:
        entry["ptdf"] = (-np.array(entry["ptdf"])).tolist()
    assert refused_at(content) == ["/operating_points"]
    for entry in content["operating_points"]:
        entry["ptdf"] = (-np.array(entry["ptdf"])).tolist()
    exchange.read(text(content))


def test_a_topology_that_agrees_is_taken() -> None:
    exchange.read(text({**feeder(), "topology": topology()}))


def test_a_sign_error_against_the_topology_is_located() -> None:
    content = {**feeder(), "topology": topology()}
    point(content)["ptdf"][1][3] *= -1
    assert refused_at(content) == ["/operating_points/0/ptdf/1/3"]


def test_a_slack_that_is_not_the_stated_one_shows_against_the_topology() -> None:
    content = {**feeder(), "topology": topology()}
    content["reference"] = [{"node": "a", "weight": 1.0}]
    for entry in content["operating_points"]:
        for row in entry["ptdf"]:
            row[1] = 0.0
    assert refused_at(content)[0] == "/operating_points/0/ptdf/0/0"


BAD_TOPOLOGY: dict[str, tuple[Callable[[list[dict[str, Any]]], object], list[str]]] = {
    "empty": (lambda b: b.clear(), ["/topology/branches"]),
    "branch twice": (lambda b: b.append(dict(b[0])), ["/topology/branches/4/id"]),
    "loop at one node": (lambda b: b[3].update(to="b"), ["/topology/branches/3"]),
    "no reactance": (lambda b: b[3].update(reactance=0), ["/topology/branches/3/reactance"]),
    "node missing": (
        lambda b: (b.pop(3), b[2].update(to="d")),
        ["/connection_points/3"],
    ),
    "element missing": (lambda b: b[1].update(id="other"), ["/elements/1/id"]),
    "two parts": (lambda b: b.append({"id": "z", "from": "y", "to": "z", "reactance": 1}), ["/topology"]),
}


@pytest.mark.parametrize("case", BAD_TOPOLOGY)
def test_a_topology_that_is_none_is_refused(case: str) -> None:
    edit, places = BAD_TOPOLOGY[case]
    content = {**feeder(), "topology": topology()}
    edit(content["topology"]["branches"])
    assert refused_at(content) == places


def test_a_singular_topology_is_refused() -> None:
    content = {**feeder(), "topology": topology()}
    content["topology"]["branches"].append(
        {"id": "series capacitor", "from": "s", "to": "a", "reactance": -0.5}
    )
    assert refused_at(content) == ["/topology"]
