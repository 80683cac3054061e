"""The AC power flow and its sensitivities against pandapower and against finite differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from gateway.grids.ac import PowerFlowError
from gateway.grids.pandapower_grid import NetworkError, grid_data, island
from tests.grids.networks import network, pandapower_flows, pandapower_loading

NETWORKS = ["oberrhein", "oberrhein ring", "two feeds", "case30", "case118"]


@pytest.mark.parametrize("name", NETWORKS)
def test_flows_and_loadings_of_the_network_as_it_is(name: str) -> None:
    net = network(name)
    data = grid_data(net)
    theirs = pandapower_flows(net)
    for ours, flow in zip(data.ac.flow(data.ac.voltage), theirs, strict=True):
        assert ours.real * data.ac.base_mva == pytest.approx(flow, abs=1e-6)
    ours_from, ours_to = data.ac.current(data.ac.voltage)
    loading = 100 * np.maximum(ours_from / data.rating_from, ours_to / data.rating_to)
    assert loading == pytest.approx(pandapower_loading(net), rel=1e-6)


@pytest.mark.parametrize("name", ["oberrhein", "oberrhein ring", "case30"])
def test_many_states_at_once_equal_one_power_flow_each(name: str) -> None:
    net = network(name)
    data = grid_data(net)
    load, generation = np.array([0.2, 0.9, 1.3]), np.array([3.0, 0.0, 1.5])
    net.sgen["scaling"] = 1.0
    data = grid_data(net)
    injection = np.repeat(data.injection[:, None], 3, axis=1)
    np.add.at(injection, data.loads.bus, data.loads.power[:, None] * (load - 1))
    np.add.at(injection, data.generators.bus, data.generators.power[:, None] * (generation - 1))
    voltage = data.ac.solve(injection)
    flows = data.ac.flow(voltage)[0].real * data.ac.base_mva
    for state in range(3):
        changed = network(name)
        changed.load["scaling"] *= load[state]
        changed.sgen["scaling"] = generation[state]
        assert flows[:, state] == pytest.approx(pandapower_flows(changed)[0], abs=1e-6)


def test_a_state_far_from_the_others_gets_a_newton_of_its_own() -> None:
    net = network("case33bw")
    data = grid_data(net)
    scale = np.array([0.0, 1.0, 3.0])
    injection = np.repeat(data.injection[:, None], 3, axis=1)
    np.add.at(injection, data.loads.bus, data.loads.power[:, None] * (scale - 1))
    flows = data.ac.flow(data.ac.solve(injection))[0].real * data.ac.base_mva
    net.load["scaling"] *= 3.0
    assert flows[:, 2] == pytest.approx(pandapower_flows(net)[0], abs=1e-6)


def test_where_it_starts_changes_no_state_and_neither_do_its_neighbours() -> None:
    data = grid_data(network("oberrhein"))
    scale = np.linspace(0.0, 1.5, 7)
    injection = np.repeat(data.injection[:, None], scale.size, axis=1)
    np.add.at(injection, data.loads.bus, data.loads.power[:, None] * (scale - 1))
    together = data.ac.solve(injection)
    alone = np.hstack([data.ac.solve(injection[:, [state]]) for state in range(scale.size)])
    assert together == pytest.approx(alone, abs=1e-8)
    assert data.ac.solve(injection, together[:, ::-1]) == pytest.approx(alone, abs=1e-8)
    assert data.ac.solve(injection, together) == pytest.approx(together, abs=1e-9)


def test_a_state_the_grid_cannot_carry_is_named() -> None:
    data = grid_data(network("case33bw"))
    injection = np.repeat(data.injection[:, None], 2, axis=1)
    injection[:, 1] *= 100
    with pytest.raises(PowerFlowError, match="state 1"):
        data.ac.solve(injection)


@pytest.mark.parametrize("name", NETWORKS)
def test_sensitivities_equal_finite_differences(name: str) -> None:
    data = grid_data(network(name))
    buses = np.random.default_rng(1).permutation(len(data.ac.voltage))[:12]
    step = 1e-5
    injection = np.repeat(data.injection[:, None], 2 * len(buses), axis=1)
    for column, bus in enumerate(buses):
        injection[bus, 2 * column] += step
        injection[bus, 2 * column + 1] -= step
    voltage = data.ac.solve(injection)
    exact = data.ac.linearised(data.ac.voltage)
    rows = np.arange(len(data.names))
    for flow, at_to in zip(data.ac.flow(voltage), (False, True), strict=True):
        sensitivity = exact.sensitivity(rows, buses, at_to=at_to)
        difference = (flow.real[:, ::2] - flow.real[:, 1::2]) / (2 * step)
        assert sensitivity == pytest.approx(difference, abs=5e-4)


def test_the_reference_is_shared_by_weight_and_moves_nothing() -> None:
    net = network("two feeds")
    data = grid_data(net)
    assert data.reference == ((0, 0.75), (4, 0.25))
    buses = np.array([data.position[bus] for bus, _ in data.reference])
    weights = np.array([weight for _, weight in data.reference])
    for at_to in (False, True):
        sensitivity = data.ac.linearised(data.ac.voltage).sensitivity(
            np.arange(len(data.names)), buses, at_to=at_to
        )
        assert sensitivity @ weights == pytest.approx(0, abs=1e-12)
        assert np.abs(sensitivity).max() > 0.1


def test_the_network_given_is_left_alone() -> None:
    net = network("oberrhein")
    net.res_line = net.res_line.iloc[0:0]
    grid_data(net)
    assert len(net.res_line) == 0


def test_buses_joined_by_a_switch_are_one_and_both_are_known() -> None:
    data = grid_data(network("two feeds"))
    assert data.position[5] == data.position[6]
    assert data.names == ("l01", "l12", "l23", "l34", "l13", "l45")


def test_networks_that_cannot_be_modelled_say_why() -> None:
    faults: tuple[tuple[Callable[[Any], object], str], ...] = (
        (lambda net: net.ext_grid.__setitem__("slack_weight", 0.0), "slack weight"),
        (
            lambda net: net.line.__setitem__("max_i_ka", float("nan")),
            "no monitored element has a usable rating",
        ),
        (lambda net: net.load.__setitem__("const_z_p_percent", 50.0), "depends on the voltage"),
        (lambda net: net.load.__setitem__("p_mw", 500.0), "does not converge"),
        (cut, "unconnected parts"),
        (lambda net: pp.create_svc(net, 3, 1.0, -1.0, 1.0, 100.0), "svc"),
    )
    for spoil, why in faults:
        net = network("two feeds")
        spoil(net)
        with pytest.raises(NetworkError, match=why):
            grid_data(net)


def cut(net: Any) -> None:
    """Take the line between the two feeds out of service."""
    net.line.loc[3, "in_service"] = False


def test_what_is_monitored_must_be_there() -> None:
    net = network("two feeds")
    assert grid_data(net, {"line": [4, 0]}).names == ("l13", "l01")
    for index in (6, 99):
        with pytest.raises(NetworkError, match=f"line {index}"):
            grid_data(net, {"line": [index]})


def test_one_external_grids_part_can_be_taken_out() -> None:
    net = network("two feeds")
    cut(net)
    assert grid_data(island(net, 1)).names == ("l45",)
    with pytest.raises(NetworkError, match="no external grid 7"):
        island(net, 7)
