"""Models built from full grids: true to pandapower, as accurate as they state, and taken by the gateway."""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks
import pytest
from scipy.optimize import linprog

from gateway.domain.grid import Band, ElementKind, Floats
from gateway.domain.market_time import local_day
from gateway.grids import exchange
from gateway.grids.accuracy import directed_activations, random_activations, strongest_pushes
from gateway.grids.build import ModelScope, NetworkError, OperatingPointSpec, build_model
from gateway.grids.build_report import BuildReport
from gateway.grids.chosen_elements import UNMOVED
from tests.grids.networks import network, pandapower_flows, pandapower_loading

DAY = local_day(date(2026, 6, 17))
BAND = Band(-10.0, 10.0, 2.0)
LOAD = np.array([0.6, 0.8, 1.0, 1.1])
SUN = np.array([0.0, 1.6, 1.0, 0.0])


def specs() -> list[OperatingPointSpec]:
    return [OperatingPointSpec("fair", LOAD, SUN), OperatingPointSpec("dull", 1.1 * LOAD, 0.3 * SUN)]


def sunny(name: str) -> Any:
    net = network(name)
    net.sgen["scaling"] = 1.0
    return net


@cache
def built(name: str) -> BuildReport:
    return build_model(sunny(name), f"TEST-{name.replace(' ', '-')}", DAY, specs(), BAND)


def pandapower_state(name: str, point: int, unit: int, activation: Floats) -> tuple[Floats, Floats]:
    """Flow at the counted end in MW and loading in % of the model's elements, by pandapower alone."""
    model = built(name).model
    net = sunny(name)
    net.load["scaling"] *= np.asarray(specs()[point].load)[unit]
    net.sgen["scaling"] *= np.asarray(specs()[point].generation)[unit]
    bus_of = {bus_name: bus for bus, bus_name in net.bus.name.items()}
    for node, power in zip(model.connection_points, activation, strict=True):
        pp.create_sgen(net, bus_of[node], power)
    ends = pandapower_flows(net)
    names = [*net.line.name[net.line.in_service], *net.trafo.name[net.trafo.in_service]]
    row = [names.index(element.element_id) for element in model.elements]
    near_from = _near_from(name)
    return np.where(near_from, ends[0][row], ends[1][row]), pandapower_loading(net)[row]


@cache
def _near_from(name: str) -> Any:
    """Which elements are counted at their from end, by the base flows of the model itself."""
    model = built(name).model
    net = sunny(name)
    net.load["scaling"] *= LOAD[3]
    net.sgen["scaling"] *= SUN[3]
    from_end, to_end = pandapower_flows(net)
    names = [*net.line.name[net.line.in_service], *net.trafo.name[net.trafo.in_service]]
    row = [names.index(element.element_id) for element in model.elements]
    base = model.operating_points[0].base_flow_mw[3]
    at_from, at_to = np.abs(from_end[row] - base), np.abs(to_end[row] - base)
    assert np.minimum(at_from, at_to).max() < 1e-5
    return at_from <= at_to


@pytest.mark.feature(id="B7")
@pytest.mark.parametrize("name", ["oberrhein", "oberrhein ring"])
def test_base_flows_are_pandapowers_own(name: str) -> None:
    model = built(name).model
    nothing = np.zeros(len(model.connection_points))
    for point, unit in ((0, 0), (0, 1), (1, 3)):
        flow, _ = pandapower_state(name, point, unit, nothing)
        assert model.operating_points[point].base_flow_mw[unit] == pytest.approx(flow, abs=1e-5)


def allowed_share(model: Any, point: int, unit: int, activation: Floats) -> float:
    """How much of an activation the model allows, computed from its published numbers."""
    lower, upper = model.limits_mw()
    base = model.operating_points[point].base_flow_mw[unit]
    change = model.operating_points[point].ptdf @ activation
    with np.errstate(divide="ignore"):
        store = np.where(change > 0, (upper - base) / change, (lower - base) / change)
    return float(min(1.0, store[np.abs(change) > 1e-9].min()))


@pytest.mark.feature(id="A10")
@pytest.mark.parametrize("name", ["oberrhein", "oberrhein ring"])
def test_the_ac_error_is_within_the_stated_band(name: str) -> None:
    """Fresh activations, not those the band was measured on, judged by pandapower."""
    model = built(name).model
    assert model.error_band_pct is not None
    activations = random_activations(np.random.default_rng(99), len(model.connection_points), 6, BAND)
    rng = np.random.default_rng(7)
    for activation in activations.T:
        point, unit = int(rng.integers(2)), int(rng.integers(4))
        activation = activation * allowed_share(model, point, unit, activation)  # noqa: PLW2901
        flow, _ = pandapower_state(name, point, unit, activation)
        change = flow - model.operating_points[point].base_flow_mw[unit]
        reported = model.operating_points[point].ptdf @ activation
        assert 100 * np.abs(reported - change).max() <= model.error_band_pct * np.abs(change).max()


@pytest.mark.feature(id="A24")
@pytest.mark.parametrize("name", ["oberrhein", "oberrhein ring"])
def test_what_the_model_allows_keeps_every_current_within_its_rating(name: str) -> None:
    """Activations that push single elements to the very limit of the model, judged by pandapower."""
    model = built(name).model
    pushes = directed_activations(model.operating_points[0].ptdf, Band(-40.0, 40.0, 3.0))
    loadings = []
    for activation in pushes[:, ::20].T:
        if not activation.any():
            continue
        share = allowed_share(model, 0, 3, activation)
        _, loading = pandapower_state(name, 0, 3, activation * share)
        loadings.append(loading.max())
    assert max(loadings) > 80, "no push came near a limit, so nothing was tested"
    assert max(loadings) <= 100.5


def test_elements_of_a_radial_grid_point_away_from_the_reference() -> None:
    model = built("oberrhein").model
    for point in model.operating_points:
        assert point.ptdf.max() == 0
        assert not point.ptdf[:, model.node_index(model.reference.weights[0][0])].any()
        # All that is injected passes the transformer, more or less the losses it causes.
        transformer = [e.kind for e in model.elements].index(ElementKind.TRANSFORMER)
        assert point.ptdf[transformer, 1:] == pytest.approx(-1, abs=0.15)


def test_limits_leave_a_margin_for_reactive_power() -> None:
    net = sunny("oberrhein")
    model = built("oberrhein").model
    rating = dict(zip(net.line.name, np.sqrt(3) * 20 * net.line.max_i_ka, strict=True))
    rating |= dict(zip(net.trafo.name, net.trafo.sn_mva, strict=True))
    for element in model.elements:
        for limit in (element.upper, -element.lower):
            assert 0.75 * rating[element.element_id] < limit < 1.05 * rating[element.element_id]


def test_half_the_loading_means_about_half_the_limits() -> None:
    light = [OperatingPointSpec("light", 0.3 * LOAD, 0.3 * SUN)]
    half = build_model(
        sunny("oberrhein"), "half", DAY, light, Band(-5, 5, 1), scope=ModelScope(max_loading_pct=50)
    )
    full = build_model(sunny("oberrhein"), "full", DAY, light, Band(-5, 5, 1))
    for one, other in zip(half.model.elements, full.model.elements, strict=True):
        assert one.upper == pytest.approx(other.upper / 2, rel=0.15)


@pytest.mark.parametrize("name", ["oberrhein", "oberrhein ring"])
def test_a_built_model_is_taken_and_built_the_same_again(name: str) -> None:
    model = built(name).model
    data = exchange.write(model)
    assert exchange.sha256(exchange.read(data)) == exchange.sha256(model)
    again = build_model(sunny(name), model.grid_id, DAY, specs(), BAND)
    assert exchange.write(again.model) == data


def test_two_references_are_stated_and_hold() -> None:
    flat = OperatingPointSpec("flat", [1.0], [1.0])
    model = build_model(network("two feeds"), "two", DAY, [flat], Band(-3, 3, 1)).model
    assert model.reference.weights == (("b0", 0.75), ("b4", 0.25))
    weights = np.zeros(len(model.connection_points))
    weights[:2] = 0.75, 0.25
    assert model.operating_points[0].ptdf @ weights == pytest.approx(0, abs=1e-5)
    exchange.read(exchange.write(model))


def test_only_what_is_requested_is_monitored() -> None:
    net = sunny("oberrhein")
    bus = int(net.load.bus.iloc[0])
    monitored = {"trafo": [114], "line": [162, 165]}
    report = build_model(
        net, "few", DAY, specs(), BAND, scope=ModelScope(monitored, connection_points=[bus, bus])
    )
    elements = [element.element_id for element in report.model.elements]
    assert len(elements) == 2, "the bus hangs on one of the two feeders"
    left_out = [out.name for out in report.left_out]
    assert {*elements, *left_out} == {*net.line.name[[162, 165]], *net.trafo.name}
    assert [out.reason for out in report.left_out] == [UNMOVED]
    assert report.model.connection_points == (net.bus.name[int(net.ext_grid.bus.iloc[0])], net.bus.name[bus])


def test_no_sensitivity_is_small_and_not_zero() -> None:
    """Noise beside 1 spoils a solver's answer; the smallest that leaves is 10 W per MW."""
    for name in ("oberrhein", "oberrhein ring"):
        for point in built(name).model.operating_points:
            size = np.abs(point.ptdf)
            assert (size[size > 0] >= 0.99e-5).all()


def test_profiles_may_be_given_per_load() -> None:
    net = sunny("oberrhein")
    each = np.ones((4, len(net.load))) * LOAD[:, None]
    one = build_model(net, "g", DAY, [OperatingPointSpec("p", each, SUN)], BAND)
    other = build_model(net, "g", DAY, [OperatingPointSpec("p", LOAD, SUN)], BAND)
    assert exchange.write(one.model) == exchange.write(other.model)


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "profiles of two lengths": (
        lambda net: build_model(net, "g", DAY, [OperatingPointSpec("p", LOAD, SUN[:3])], BAND),
        "4 load and 3 generation",
    ),
    "points of two lengths": (
        lambda net: build_model(net, "g", DAY, [*specs(), OperatingPointSpec("p", [1.0], [1.0])], BAND),
        "same market time units",
    ),
    "profile per load of too few loads": (
        lambda net: build_model(net, "g", DAY, [OperatingPointSpec("p", np.ones((4, 3)), SUN)], BAND),
        "finite factors",
    ),
    "profile with NaN": (
        lambda net: build_model(net, "g", DAY, [OperatingPointSpec("p", LOAD * np.nan, SUN)], BAND),
        "finite factors",
    ),
    "load that no grid carries": (
        lambda net: build_model(net, "g", DAY, [OperatingPointSpec("p", 50 * LOAD, SUN)], BAND),
        "no power flow",
    ),
    "unknown connection point": (
        lambda net: build_model(net, "g", DAY, specs(), BAND, scope=ModelScope(connection_points=[999])),
        "bus 999",
    ),
    "nothing to monitor": (
        lambda net: build_model(net, "g", DAY, specs(), BAND, scope=ModelScope(monitored={})),
        "no line or transformer",
    ),
    "only what no connection point moves": (
        lambda net: build_model(
            net,
            "g",
            DAY,
            specs(),
            BAND,
            scope=ModelScope({"line": [162]}, connection_points=[int(net.ext_grid.bus.iloc[0])]),
        ),
        "no monitored element",
    ),
    "no operating point": (lambda net: build_model(net, "g", DAY, [], BAND), "at least one operating point"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_model_says_why(case: str) -> None:
    make, why = WRONG[case]
    with pytest.raises(NetworkError, match=why):
        make(sunny("oberrhein"))


@pytest.mark.parametrize(("low", "high", "each"), [(1, 2, 1), (-1, -0.5, 1), (0, 0, 1), (-1, 1, 0)])
def test_a_band_includes_zero(low: float, high: float, each: float) -> None:
    with pytest.raises(ValueError, match=r"band|above 0"):
        Band(low, high, each)


def test_activations_stay_within_the_band() -> None:
    band = Band(-3.0, 5.0, 1.5)
    random = random_activations(np.random.default_rng(0), 20, 300, band)
    directed = directed_activations(np.random.default_rng(1).uniform(-1, 1, (7, 20)), band)
    for activations in (random, directed):
        assert np.abs(activations).max() <= 1.5 + 1e-12
        assert np.maximum(activations, 0).sum(axis=0).max() == pytest.approx(5.0)
        assert np.minimum(activations, 0).sum(axis=0).min() == pytest.approx(-3.0)


def test_an_element_errs_no_less_beside_others() -> None:
    """The figure of what is monitored does not shrink when more is: it is no share of what others carry."""
    net = pandapower.networks.case33bw()
    net.line["max_i_ka"] = 0.3
    band, now = Band(-0.5, 0.5, 0.2), [OperatingPointSpec("now", [1.0], [1.0])]
    few, all_ = (
        build_model(net, "TEST-case33bw", DAY, now, band, scope=ModelScope(reachable_only=only))
        for only in (True, False)
    )
    assert [element.element_id for element in few.model.elements] == ["line 0", "line 1"]
    assert len(all_.model.elements) == 32
    assert few.error_worst_pct <= all_.error_worst_pct + 1e-9
    assert few.error_worst_pct == pytest.approx(all_.error_worst_pct, rel=0.05), "these two err most"


def test_a_model_states_the_band_it_was_built_for() -> None:
    assert built("oberrhein").model.band() == BAND
    for point in built("oberrhein").model.operating_points:
        assert point.connection_point_activation_mw == BAND.point_mw


@pytest.mark.parametrize("seed", range(5))
def test_the_strongest_push_is_the_optimum_of_a_linear_programme(seed: int) -> None:
    """Over ups and downs at every connection point within the band, solved by another."""
    draw = np.random.default_rng(seed)
    ptdf, band = draw.normal(size=(3, 7)), Band(-draw.uniform(0, 4), draw.uniform(0, 4), draw.uniform(0.3, 2))
    pushes = strongest_pushes(ptdf, band)
    each = [(0.0, band.point_mw)] * 14
    sums = np.kron(np.eye(2), np.ones(7))
    for row in range(3):
        for side, sign in enumerate((1.0, -1.0)):
            up_down = sign * np.r_[ptdf[row], -ptdf[row]]
            best = linprog(-up_down, A_ub=sums, b_ub=[band.highest_mw, -band.lowest_mw], bounds=each)
            assert pushes[side, row] == pytest.approx(-best.fun)
