"""Limits are tightened for what overloads an element, and for nothing else; judged by pandapower alone."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks
import pytest

from gateway.domain.grid import Band, Floats
from gateway.grids.ac import AcGrid, Complex, Numbers
from gateway.grids.build import ModelScope, OperatingPointSpec, build_model
from gateway.grids.build_command import warnings
from gateway.grids.build_report import BuildReport
from gateway.grids.element_labels import labels
from gateway.grids.pandapower_grid import grid_data
from gateway.grids.sampling import heavy_activations, to_the_limit
from tests.grids.test_build import DAY

BAND = Band(-1.0, 1.0, 0.4)


def rated_feeder(first_ka: float = 0.22) -> Any:
    net = pandapower.networks.case33bw()
    net.line["max_i_ka"] = 0.11
    net.line.loc[[2, 3, 4], "max_i_ka"] = 0.16
    net.line.loc[[0, 1], "max_i_ka"] = first_ka
    return net


@cache
def built(lowest_mw: float = -1.0, highest_mw: float = 1.0) -> BuildReport:
    now = [OperatingPointSpec("now", [1.0], [1.0])]
    band = Band(lowest_mw, highest_mw, BAND.point_mw)
    return build_model(rated_feeder(), "TEST-feeder", DAY, now, band, scope=ModelScope(reachable_only=True))


def ac_loading(activation: Floats) -> Floats:
    """Loading in % of the model's elements."""
    net, model = rated_feeder(), built().model
    bus = {name: index for (_, index), name in labels(net, ["bus"]).items()}
    for node, power in zip(model.connection_points, activation, strict=True):
        pp.create_sgen(net, bus[node], power)
    pp.runpp(net, numba=False)
    rows: Numbers = np.array([int(element.element_id.split()[1]) for element in model.elements])
    return np.asarray(net.res_line.loading_percent.to_numpy()[rows])


def just_allowed(activation: Floats) -> Floats:
    lower, upper = built().model.limits_mw()
    point = built().model.operating_points[0]
    base, change = point.base_flow_mw[0], point.ptdf @ activation
    with np.errstate(divide="ignore", invalid="ignore"):
        store = np.where(change > 0, (upper - base) / change, (lower - base) / change)
    return activation * min(1.0, float(store[np.abs(change) > 1e-9].min()))


def test_no_activation_is_solved_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors are measured on the power flows that tighten the limits, not on the same ones once more."""
    solved: list[set[bytes]] = []
    solve = AcGrid.solve

    def noting(grid: AcGrid, injection: Complex, near: Complex | None = None) -> Complex:
        solved.append({column.tobytes() for column in injection.T})
        return solve(grid, injection, near)

    monkeypatch.setattr(AcGrid, "solve", noting)
    build_model(rated_feeder(), "TEST-feeder", DAY, [OperatingPointSpec("now", [1.0], [1.0])], BAND)
    idle, mean, *rounds = solved
    assert idle == mean == {grid_data(rated_feeder()).injection.tobytes()}
    assert len(rounds) >= 2
    for earlier, later in pairwise(rounds):
        assert later
        assert not earlier & later - idle


def test_relief_tightens_no_limit_and_leaves_what_the_grid_carries() -> None:
    """The alternating-current power flow carries 0.19 to 0.24 MW more through the first line."""
    both, down = built().model, built(-1.0, 0.0).model
    base = both.operating_points[0].base_flow_mw[0, 0]
    store = both.elements[0].upper - base
    assert 0.12 < store < 0.24
    assert built().shut == ()
    assert 0 < down.elements[0].upper - both.elements[0].upper < 0.1


@pytest.mark.feature(id="A17")
def test_no_heavy_state_that_the_model_allows_overloads_an_element() -> None:
    rng = np.random.default_rng(12)
    count = len(built().model.connection_points)
    worst = [
        ac_loading(just_allowed(activation)).max() for activation in heavy_activations(rng, count, 45, BAND).T
    ]
    assert max(worst) > 95
    assert max(worst) <= 100.5


@pytest.mark.feature(id="A17")
def test_no_state_at_a_limit_of_the_model_overloads_an_element() -> None:
    model = built().model
    point = model.operating_points[0]
    _, upper = model.limits_mw()
    pushed = to_the_limit(np.random.default_rng(3), point.ptdf, upper - point.base_flow_mw[0], BAND, 6)
    flow = point.base_flow_mw[0][:, None] + point.ptdf @ pushed
    assert (np.abs(flow / upper[:, None] - 1) < 1e-9).any(axis=1).sum() >= 5, "these reach their limits"
    worst = [ac_loading(just_allowed(activation)).max() for activation in pushed.T[::4]]
    assert max(worst) > 97
    assert max(worst) <= 100.5


def test_what_is_beyond_its_limit_already_is_not_driven_further() -> None:
    """Also where the first points of an order do not move it."""
    ptdf = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]])
    pushed = to_the_limit(np.random.default_rng(3), ptdf, np.array([-0.2, 0.1]), BAND, 6)
    assert np.isfinite(pushed).all()
    assert ((ptdf @ pushed)[0, ::2] <= 1e-12).all()
    assert (ptdf @ pushed)[1].max() == pytest.approx(0.1)


def test_an_element_shut_by_its_own_limit_is_a_warning() -> None:
    """At 99.9 % of its rating: activations of other feeders lower the voltage and raise its current."""
    net = rated_feeder()
    pp.runpp(net, numba=False)
    net.line.loc[5, "max_i_ka"] = net.res_line.i_ka[5] / 0.999
    now = [OperatingPointSpec("now", [1.0], [1.0])]
    report = build_model(net, "TEST-feeder", DAY, now, BAND)
    [shut] = [each for each in report.shut if each.name == "line 5"]
    assert shut.limit < shut.base
    [line] = [line for line in warnings(report) if line.startswith("LIMIT BELOW THE FLOW")]
    assert f"line 5 (base {shut.base:.4f} MW, limit {shut.limit:.4f} MW)" in line
    assert "Bids that load these will be available at most as far as others relieve them" in line


def test_voltages_are_those_of_pandapower() -> None:
    net = rated_feeder()
    pp.runpp(net, numba=False)
    lowest, highest = built().base_voltage_pu
    assert lowest == pytest.approx(net.res_bus.vm_pu.min(), abs=1e-6)
    assert highest == pytest.approx(net.res_bus.vm_pu.max(), abs=1e-6)
    assert built().worst_voltage_pu[0] < lowest
