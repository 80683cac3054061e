"""Models with sensitivities along activation levels: true to pandapower, and more accurate in a wide band."""

from datetime import timedelta
from functools import cache

import numpy as np
import pandapower as pp
import pytest

from gateway.domain.grid import Band
from gateway.domain.market_time import MtuGrid
from gateway.grids import exchange
from gateway.grids.build import NetworkError, build_model
from gateway.grids.build_report import BuildReport
from tests.grids.networks import pandapower_flows
from tests.grids.test_build import DAY, LOAD, SUN, _near_from, specs, sunny

WIDE = Band(-20.0, 20.0, 4.0)


@cache
def along_levels() -> BuildReport:
    return build_model(
        sunny("oberrhein"), "TEST-levels", DAY, specs()[:1], WIDE, levels_mw=(-20.0, 0.0, 20.0)
    )


def test_levels_become_operating_points_of_a_model_that_is_taken() -> None:
    model = exchange.read(exchange.write(along_levels().model))
    assert [point.name for point in model.operating_points] == ["fair -20 MW", "fair +0 MW", "fair +20 MW"]
    levels = model.levels_mw()
    assert levels is not None
    assert levels.tolist() == [-20.0, 0.0, 20.0]
    base = model.base_flows_on(MtuGrid(DAY, timedelta(hours=6)))
    assert (base == base[0]).all()


def test_levels_make_a_wide_band_more_accurate() -> None:
    plain = build_model(sunny("oberrhein"), "TEST-levels", DAY, specs()[:1], WIDE)
    assert along_levels().error_median_pct < 0.75 * plain.error_median_pct
    assert along_levels().error_worst_pct < plain.error_worst_pct


@pytest.mark.parametrize("level", [0, 2])
def test_at_its_level_a_point_tells_pandapowers_flow(level: int) -> None:
    """The mean state of the day, and the activation the level was followed along."""
    model = along_levels().model
    net = sunny("oberrhein")
    net.load["scaling"] *= LOAD.mean()
    net.sgen["scaling"] *= SUN.mean()
    before = pandapower_flows(net)
    count = len(model.connection_points) - len(model.reference.weights)
    each = np.r_[np.zeros(len(model.reference.weights)), np.full(count, (-20.0, 0, 20.0)[level] / count)]
    bus_of = {bus_name: bus for bus, bus_name in net.bus.name.items()}
    for node, power in zip(model.connection_points, each, strict=True):
        pp.create_sgen(net, bus_of[node], power)
    after = pandapower_flows(net)
    names = [*net.line.name[net.line.in_service], *net.trafo.name[net.trafo.in_service]]
    row = [names.index(element.element_id) for element in model.elements]
    change = np.where(_near_from("oberrhein"), after[0][row] - before[0][row], after[1][row] - before[1][row])
    reported = model.operating_points[level].ptdf @ each
    slope = model.operating_points[1].ptdf @ each
    assert np.abs(reported - change).max() < 0.02
    assert np.abs(reported - change).max() < 0.05 * np.abs(slope - change).max()


@pytest.mark.parametrize(
    ("levels", "points", "says"),
    [
        ((-20.0,), 1, "must reach"),
        ((0.0, 20.0), 1, "must reach from -20 to 20 MW"),
        ((20.0, -20.0), 1, "each above the one before"),
        ((-20.0, 20.0), 2, "of one operating point"),
        ((-400.0, 400.0), 1, "no power flow at an activation level of"),
    ],
)
def test_levels_that_make_no_model(levels: tuple[float, ...], points: int, says: str) -> None:
    with pytest.raises(NetworkError, match=says):
        build_model(sunny("oberrhein"), "TEST-levels", DAY, specs()[:points], WIDE, levels_mw=levels)
