"""Rows of currents and voltages: true to finite differences and pandapower, and safe in AC."""

from functools import cache
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks
import pytest

from gateway.domain.grid import Band, ElementKind, Floats, Unit
from gateway.grids import exchange
from gateway.grids.ac import AcGrid
from gateway.grids.build import ModelScope, NetworkError, OperatingPointSpec, build_model
from gateway.grids.build_report import BuildReport
from gateway.grids.disclosure import disclosure
from gateway.grids.pandapower_grid import GridData, grid_data
from gateway.grids.remarks import remarks
from gateway.grids.row_candidates import RowKind, branch_rows, voltage_rows
from gateway.grids.rows import SIDES, Rows, joined
from tests.grids.networks import network
from tests.grids.test_build import DAY

BAND = Band(-8.0, 8.0, 2.0)
VOLTAGE_PU = (0.9, 1.1)
TAN_PHI = float(np.tan(np.arccos(0.95)))
SCENARIOS = (
    OperatingPointSpec("as given", [1.0], [1.0]),
    OperatingPointSpec("high", [1.1], [0.8], TAN_PHI),
    OperatingPointSpec("low", [0.9], [1.2], -TAN_PHI),
)


def cigre() -> Any:
    net = pandapower.networks.create_cigre_network_mv(with_der="pv_wind")
    net.trafo["df"] = 1.3  # as published it is overloaded with 10 % more load
    return net


@cache
def built() -> BuildReport:
    scope = ModelScope(
        reachable_only=True,
        rows=frozenset({RowKind.CURRENT, RowKind.VOLTAGE}),
        voltage_pu=VOLTAGE_PU,
    )
    return build_model(cigre(), "TEST-cigre", DAY, SCENARIOS, BAND, scope=scope)


def all_rows(data: GridData) -> Rows:
    kinds = (RowKind.FLOW, RowKind.CURRENT)
    branches = np.arange(len(data.names))
    towards_from = np.random.default_rng(4).random(len(branches)) < 0.5
    return joined([branch_rows(data, branches, towards_from, kinds), voltage_rows(data)])


def with_ranges(name: str) -> GridData:
    net = network(name)
    net.bus["min_vm_pu"], net.bus["max_vm_pu"] = VOLTAGE_PU
    return grid_data(net)


@pytest.mark.feature(id="A24")
@pytest.mark.parametrize("name", ["oberrhein ring", "case30", "two feeds"])
def test_sensitivities_of_all_rows_equal_finite_differences(name: str) -> None:
    """By active and by reactive power, at the grid's own state."""
    data = with_ranges(name)
    ac, rows = data.ac, all_rows(data)
    buses = np.random.default_rng(1).permutation(len(ac.voltage))[:8]
    step = 3e-3 / ac.base_mva  # far above what a power flow is solved to
    active, reactive = ac.linearised(ac.voltage).slopes(rows.gradient(ac, ac.voltage[:, None]))
    for slopes, turn in ((active, 1.0), (reactive, 1j)):
        difference = finite_differences(ac, rows, data.injection, buses, turn * step) / step
        scale = np.abs(difference).max(axis=1, keepdims=True) + 1e-9
        assert (np.abs(slopes[buses].T - difference) / np.maximum(scale, 1e-3)).max() < 1e-4


def finite_differences(ac: AcGrid, rows: Rows, injection: Any, buses: Any, step: complex) -> Floats:
    sides = []
    for sign in (0.5, -0.5):
        changed = np.repeat(injection[:, None], len(buses), axis=1)
        changed[buses, np.arange(len(buses))] += sign * step
        sides.append(rows.values(ac, ac.solve(changed)))
    return np.asarray(sides[0] - sides[1])


def test_sensitivities_of_many_states_equal_those_of_each_by_itself() -> None:
    data = with_ranges("oberrhein")
    ac, rows = data.ac, all_rows(data)
    rows = rows[np.arange(0, len(rows), len(rows) // 8)]
    injection = data.injection[:, None] * np.linspace(0.3, 1.6, len(rows))
    voltage = ac.solve(injection)
    together = ac.slopes(voltage, rows.gradient(ac, voltage))
    for number in range(len(rows)):
        one, own = rows[np.array([number])], voltage[:, number]
        alone = ac.linearised(own).slopes(one.gradient(ac, own[:, None]))
        scale = max(np.abs(single).max() for single in alone)
        for all_of_them, single in zip(together, alone, strict=True):
            assert all_of_them[:, [number]] == pytest.approx(single, abs=1e-6 * scale)


def test_a_polygon_lies_within_the_circle_of_its_rating_and_fills_it() -> None:
    """The corner of two sides is at the rating, so no current within all sides is beyond it."""
    data = with_ranges("case30")
    rows = branch_rows(data, np.array([0]), np.array([False]), (RowKind.CURRENT,))
    assert len(rows) == SIDES  # half as many for each of two ends, as opposite sides are one row
    from_end = rows[np.arange(SIDES // 2)]
    ampere = 1000 * data.base_ka[data.ac.bus_from[0]]
    turn = np.exp(1j * np.linspace(0, 2 * np.pi, 20_000))
    projections = np.abs((np.conj(from_end.weights.data)[:, None] * turn[None]).real)
    most = (from_end.limit[:, None] / projections).min(axis=0)
    rating = data.rating_from[0]
    assert most.max() == pytest.approx(rating, rel=1e-6)
    assert most.min() == pytest.approx(rating * np.cos(np.pi / SIDES), rel=1e-6)
    assert from_end.limit == pytest.approx(rating * ampere * np.cos(np.pi / SIDES))


def test_values_without_activation_are_pandapowers_own() -> None:
    model, net = built().model, cigre()
    pp.runpp(net, numba=False)
    named = dict(
        zip((e.element_id for e in model.elements), model.operating_points[0].base_flow_mw[0], strict=True)
    )
    voltages = {name: value for name, value in named.items() if name.startswith("voltage at ")}
    assert voltages
    for name, value in voltages.items():
        bus = name.removeprefix("voltage at ").partition(",")[0]
        assert value == pytest.approx(net.res_bus.vm_pu[net.bus.name == bus].iloc[0], abs=1e-7)
    line = net.line.name.iloc[0]
    sides = [e for e in model.elements if e.of_element == line and e.end == "from"]
    assert sides
    assert {side.unit for side in sides} == {Unit.AMPERE}
    largest = max(abs(named[side.element_id]) for side in sides)
    assert largest <= 1000 * net.res_line.i_from_ka.iloc[0] * (1 + 1e-6)


def boundary(direction: Floats) -> float:
    """How far a direction goes by the numbers of the model alone."""
    model = built().model
    lower, upper = model.limits_mw()
    far = min(
        8.0 / max(direction[direction > 0].sum(), 1e-9), 8.0 / max(-direction[direction < 0].sum(), 1e-9)
    )
    far = min(far, 2.0 / np.abs(direction).max())
    for point in model.operating_points:
        change, base = point.ptdf @ direction, point.base_flow_mw[0]
        margin = np.where(change > 0, upper - base, base - lower)
        moved = np.abs(change) > 1e-12
        far = min(far, float((margin[moved] / np.abs(change[moved])).min()))
    return far


@pytest.mark.feature(id="A24")
def test_what_the_model_allows_holds_in_pandapowers_power_flow() -> None:
    """Random directions to the model's boundary, at each of its states: no row beyond 0.1 % of its limit."""
    model, rng = built().model, np.random.default_rng(8)
    nodes = len(model.connection_points)
    net = cigre()
    bus_of = {name: bus for bus, name in net.bus.name.items()}
    for node in model.connection_points:
        pp.create_sgen(net, bus_of[node], 0.0, name="activated")
    own = net.sgen.name == "activated"
    load, sun = net.load.scaling.copy(), net.sgen.scaling.copy()
    closest = 0.0
    for number in range(16):
        direction = rng.random(nodes) * (rng.random(nodes) < rng.uniform(0.1, 1)) * rng.choice([-1, 1], nodes)
        direction = np.abs(direction) * (1, -1, np.sign(direction), 1)[number % 4]
        direction[0] = 0.0  # the reference moves nothing
        direction[-1] = 1.0
        activation = direction * boundary(direction)
        for spec in SCENARIOS:
            net.load["scaling"] = load * np.ravel(spec.load)[0]
            net.sgen["scaling"] = np.where(own, 1.0, sun * np.ravel(spec.generation)[0])
            net.sgen.loc[own, "p_mw"] = activation
            net.sgen.loc[own, "q_mvar"] = spec.reactive * activation
            pp.runpp(net, numba=False)
            loading = max(net.res_line.loading_percent.max(), net.res_trafo.loading_percent.max()) / 100
            lowest, highest = net.res_bus.vm_pu.min() / VOLTAGE_PU[0], net.res_bus.vm_pu.max() / VOLTAGE_PU[1]
            assert max(loading, highest, 2 - lowest) <= 1.001
            closest = max(closest, loading, highest, 2 - lowest)
    assert closest > 0.98, "the boundary is one"


def test_a_model_of_rows_comes_back_equal() -> None:
    model = built().model
    data = exchange.write(model)
    again = exchange.read(data)
    assert again.elements == model.elements
    assert exchange.write(again) == data
    assert {element.kind for element in again.elements} >= {ElementKind.VOLTAGE, ElementKind.LINE}
    for one, other in zip(again.operating_points, model.operating_points, strict=True):
        assert np.array_equal(one.ptdf, other.ptdf)
        assert np.array_equal(one.base_flow_mw, other.base_flow_mw)
    assert not remarks(model)
    assert disclosure(model).strongest == 0  # no flow in MW, so no losses


@pytest.mark.parametrize("range_pu", [(1.1, 0.9), (0.0, 1.0), (0.9, float("inf"))])
def test_a_range_of_voltages_that_is_none_is_refused(range_pu: tuple[float, float]) -> None:
    scope = ModelScope(rows=frozenset({RowKind.VOLTAGE}), voltage_pu=range_pu)
    with pytest.raises(NetworkError, match="no range of voltages"):
        build_model(cigre(), "TEST-cigre", DAY, SCENARIOS, BAND, scope=scope)
