"""DC sensitivities against an independent power flow, pandapower's own, and the laws they obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandapower.pypower.makePTDF import makePTDF

from gateway.domain.grid import Floats
from gateway.grids.ac import Numbers
from gateway.grids.dc import dc_ptdf
from gateway.grids.pandapower_grid import grid_data
from tests.grids.networks import network, pandapower_flows
from tests.grids.samples import all_ptdf, meshed


def dense_flows(ends: Numbers, reactance: Floats, injection: Floats) -> Floats:
    """DC power flow by a dense pseudo-inverse, node by node as in a textbook."""
    nodes = len(injection)
    matrix = np.zeros((nodes, nodes))
    for (start, end), x in zip(ends, reactance, strict=True):
        matrix[start, start] += 1 / x
        matrix[end, end] += 1 / x
        matrix[start, end] -= 1 / x
        matrix[end, start] -= 1 / x
    angle = np.linalg.pinv(matrix) @ injection
    flows: Floats = (angle[ends[:, 0]] - angle[ends[:, 1]]) / reactance
    return flows


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 100_000))
def test_flows_are_linear_in_injections(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends, reactance = meshed(seed)
    weights = rng.dirichlet(np.ones(12))
    injection = rng.normal(0, 5, 12)
    balanced = injection - weights * injection.sum()
    ptdf = all_ptdf(ends, reactance, weights)
    assert ptdf @ injection == pytest.approx(dense_flows(ends, reactance, balanced), abs=1e-8)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 100_000))
def test_the_reference_does_not_matter_to_balanced_activations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends, reactance = meshed(seed)
    change = rng.normal(0, 5, 12)
    change -= change.mean()
    one, other = (all_ptdf(ends, reactance, rng.dirichlet(np.ones(12))) for _ in range(2))
    assert one @ change == pytest.approx(other @ change, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000))
def test_the_reference_moves_nothing_and_no_branch_carries_more_than_is_moved(seed: int) -> None:
    ends, reactance = meshed(seed)
    weights = np.random.default_rng(seed).dirichlet(np.ones(12))
    ptdf = all_ptdf(ends, reactance, weights)
    assert ptdf @ weights == pytest.approx(0, abs=1e-12)
    assert np.abs(ptdf).max() <= 1 + 1e-12


@pytest.mark.parametrize("name", ["case30", "case118", "oberrhein ring"])
def test_equal_to_pandapowers_own(name: str) -> None:
    net = network(name)
    pandapower_flows(net)
    internal = net["_ppc"]["internal"]
    bus, branch = internal["bus"].real, internal["branch"].real
    slack = int(internal["ref"][0])
    theirs = makePTDF(internal["baseMVA"], bus, branch, slack=slack)
    ratio = np.where(branch[:, 8] == 0, 1.0, branch[:, 8])
    ours = dc_ptdf(
        branch[:, :2].astype(np.intp),
        branch[:, 3] * ratio,
        np.arange(0, len(branch), 3),
        np.arange(len(bus)),
        np.eye(len(bus))[slack],
    )
    assert ours == pytest.approx(theirs[::3], abs=1e-9)


def test_the_tolerance_of_the_topology_check_covers_ac_sensitivities() -> None:
    for name in ("case30", "case57", "case118", "oberrhein ring", "case33bw"):
        net = network(name)
        data = grid_data(net)
        pandapower_flows(net)
        branch = net["_ppc"]["internal"]["branch"].real
        ratio = np.where(branch[:, 8] == 0, 1.0, branch[:, 8])
        monitored, buses = np.arange(len(data.names)), np.arange(len(data.ac.voltage))
        linear = dc_ptdf(
            branch[:, :2].astype(np.intp), branch[:, 3] * ratio, monitored, buses, data.ac.balancing
        )
        exact = data.ac.linearised(data.ac.voltage).sensitivity(monitored, buses, at_to=False)
        assert np.abs(exact - linear).max() < 0.15
