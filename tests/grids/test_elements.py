"""Three-winding transformers, asymmetric loads and what has no rating: limited, or named."""

from typing import Any

import numpy as np
import pandapower as pp
import pytest

from gateway.domain.grid import Band
from gateway.grids.accuracy import directed_activations, strongest_pushes
from gateway.grids.build import OperatingPointSpec, build_model
from gateway.grids.element_labels import branches_named, labels
from gateway.grids.pandapower_grid import grid_data
from tests.grids.test_build import DAY

AS_GIVEN = [OperatingPointSpec("as given", [1.0], [1.0])]


def three_windings(lv_mw: float = 8.0) -> Any:
    """110 kV over one three-winding transformer to a 20 kV and a 10 kV feeder."""
    net = pp.create_empty_network(sn_mva=100)
    top, middle, low = (pp.create_bus(net, kv, name=f"{kv:g} kV") for kv in (110.0, 20.0, 10.0))
    pp.create_ext_grid(net, top)
    pp.create_transformer3w(net, top, middle, low, "63/25/38 MVA 110/20/10 kV", name="T")
    for bus, kv, power in ((middle, 20.0, 15.0), (low, 10.0, lv_mw)):
        end = pp.create_bus(net, kv, name=f"end {kv:g} kV")
        pp.create_line(net, bus, end, 1.0, "NA2XS2Y 1x240 RM/25 12/20 kV", parallel=4)
        pp.create_load(net, end, power, q_mvar=1.0)
    return net


@pytest.mark.feature(id="A24")
def test_every_winding_is_a_row_with_pandapowers_flow_and_loading() -> None:
    net = three_windings()
    data = grid_data(net)
    assert data.names == ("line 0", "line 1", "T hv", "T mv", "T lv")
    pp.runpp(net, numba=False)
    model = build_model(net, "g", DAY, AS_GIVEN, Band(-5, 5, 5)).model
    flow = dict(
        zip((e.element_id for e in model.elements), model.operating_points[0].base_flow_mw[0], strict=True)
    )
    result = net.res_trafo3w.loc[0]
    assert flow["T hv"] == pytest.approx(result.p_hv_mw, abs=1e-5)
    assert flow["T mv"] == pytest.approx(-result.p_mv_mw, abs=1e-5), "positive away from the reference"
    assert flow["T lv"] == pytest.approx(-result.p_lv_mw, abs=1e-5)
    from_end, to_end = data.ac.current(data.ac.voltage)
    loading = 100 * np.maximum(from_end / data.rating_from, to_end / data.rating_to)
    assert loading[2:].max() == pytest.approx(result.loading_percent, rel=1e-6)


@pytest.mark.feature(id="A24")
def test_a_winding_is_never_beyond_its_rating_while_the_model_allows_it() -> None:
    """The weakest winding limits: more load at 20 kV than its 25 MVA, though the others have store."""
    net = three_windings()
    model = build_model(net, "g", DAY, AS_GIVEN, Band(-20, 20, 20)).model
    node = model.node_index("end 20 kV")
    lower, upper = model.limits_mw()
    point = model.operating_points[0]
    with np.errstate(divide="ignore"):
        least = np.where(
            point.ptdf[:, node] < 0, (upper - point.base_flow_mw[0]) / -point.ptdf[:, node], np.inf
        )
    assert model.elements[int(least.argmin())].element_id == "T mv"
    pushed = three_windings()
    pp.create_load(pushed, int(pushed.line.to_bus[0]), float(least.min()))
    pp.runpp(pushed, numba=False)
    assert 97 < pushed.res_trafo3w.loading_percent[0] <= 100.5
    assert lower.max() < 0


def test_a_winding_without_rating_is_left_out_alone() -> None:
    net = three_windings()
    net.trafo3w["sn_lv_mva"] = 9999.0
    report = build_model(net, "g", DAY, AS_GIVEN, Band(-5, 5, 5))
    assert [str(out) for out in report.left_out] == ["T lv (a rating of 9,999 MVA, which is a placeholder)"]
    assert {"T hv", "T mv"} <= {element.element_id for element in report.model.elements}


def test_asymmetric_loads_are_connection_points_and_follow_the_profile() -> None:
    net = three_windings()
    bus = int(net.line.to_bus[1])
    net.load = net.load[net.load.bus != bus]
    pp.create_asymmetric_load(net, bus, p_a_mw=3.0, p_b_mw=2.0, p_c_mw=1.0, q_a_mvar=0.3)
    points = [OperatingPointSpec("half", [1.0, 0.5], [1.0, 1.0])]
    model = build_model(net, "g", DAY, points, Band(-2, 2, 2)).model
    assert "end 10 kV" in model.connection_points
    row = [element.element_id for element in model.elements].index("T lv")
    full, half = model.operating_points[0].base_flow_mw[:, row]
    assert full == pytest.approx(6.0, rel=0.02)
    assert half == pytest.approx(full / 2, rel=0.02)


def test_what_has_no_rating_in_pandapower_is_named() -> None:
    net = three_windings()
    end = pp.create_bus(net, 20.0)
    pp.create_impedance(net, 1, end, 0.01, 0.02, sn_mva=10.0)
    pp.create_load(net, end, 1.0)
    assert build_model(net, "g", DAY, AS_GIVEN, Band(-2, 2, 2)).unlimited == ("impedance 0",)


def test_the_networks_own_loading_bound_counts() -> None:
    net = three_windings()
    whole = grid_data(net).rating_from
    net.line["max_loading_percent"] = [50.0, np.nan]
    assert grid_data(net).rating_from[:2] == pytest.approx(whole[:2] * [0.5, 1.0])
    net.line["max_loading_percent"] = [0.0, 100.0]
    assert [str(out) for out in grid_data(net).unrated] == ["line 0 (max_loading_percent of 0)"]


def test_rows_are_called_by_their_own_name_where_it_is_one() -> None:
    net = three_windings()
    net.line["name"] = ["T", None]
    found = labels(net, ["line", "trafo3w"])
    assert found == {("line", 0): "line 0", ("line", 1): "line 1", ("trafo3w", 0): "trafo3w 0"}
    net.line["name"] = ["line 1", "A"]
    assert labels(net, ["line"]) == {("line", 0): "line 0", ("line", 1): "A"}
    assert branches_named(net, ["A", "T"]) == {"line": [1], "trafo3w": [0]}


@pytest.mark.parametrize("seed", range(5))
def test_the_strongest_push_is_that_of_the_directed_activations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ptdf = rng.uniform(-1, 1, (6, 17)) * (rng.random((6, 17)) < 0.6)
    band = Band(-3.3 * seed, 2.5, 0.7)
    activations = directed_activations(ptdf, band)
    forward = np.einsum("ln,nl->l", ptdf, activations[:, :6])
    reverse = np.einsum("ln,nl->l", ptdf, activations[:, 6:])
    assert strongest_pushes(ptdf, band) == pytest.approx(np.stack([forward, -reverse]))
