"""Published grids, reduced by the builder: the answer is optimal, and equal to the full model's in Pyomo."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandapower.networks as published
import pytest

from gateway.domain.grid import Band, ReducedGridModel
from gateway.domain.market_time import Interval
from gateway.grids.build import ModelScope, OperatingPointSpec, build_model
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.band import crowded, hung, with_band, without_idle_columns
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from tests.optimiser.agreement import agree
from tests.optimiser.cases import bids

START = datetime(2027, 6, 17, 10, tzinfo=UTC)
MTUS = 2
POINTS = (
    OperatingPointSpec("forecast", np.array([0.6, 0.7]), np.array([0.8, 0.7])),
    OperatingPointSpec("dull", np.array([0.65, 0.8]), np.array([0.2, 0.1])),
)


def case33() -> Any:
    """The feeder has no ratings of its own: 0.16 kA at its head, less and less behind."""
    net = published.case33bw()
    net.line["max_i_ka"] = np.linspace(0.16, 0.06, len(net.line))
    return net


def cigre() -> Any:
    return published.create_cigre_network_mv(with_der="pv_wind")


def kerber() -> Any:
    return published.create_kerber_dorfnetz()


def simbench_mv() -> Any:
    simbench = pytest.importorskip("simbench", reason="simbench is not installed: extra published-grids")
    return simbench.get_simbench_net("1-MV-rural--0-sw")


def case118() -> Any:
    """Ratings such as 99999 kA and 9900 MVA are placeholders."""
    net = published.case118()
    net.line.loc[net.line.max_i_ka > 10, "max_i_ka"] = 1.0
    for column in ("vk_percent", "vkr_percent", "sn_mva"):
        net.trafo.loc[net.trafo.sn_mva > 5000, column] /= 10
    return net


@cache
def reduced(network: Callable[[], Any], band_mw: float, used_pct: float) -> ReducedGridModel:
    period = Interval(START, START + MTUS * timedelta(minutes=15))
    band = Band(-band_mw, band_mw, band_mw / 4)
    return build_model(
        network(), network.__name__, period, POINTS, band, scope=ModelScope(max_loading_pct=used_pct)
    ).model


def arrays(
    model: ReducedGridModel, nodes: np.ndarray, direction: np.ndarray, quantity: np.ndarray
) -> GridArrays:
    """The model with bid b of this direction (B,) and quantity (B, T) at connection point nodes[b]."""
    lower, upper = model.limits_mw()
    accuracy, margin = model.reserved()
    grid = GridArrays(
        grid_id=model.grid_id,
        element_ids=tuple(element.element_id for element in model.elements),
        node_ids=model.connection_points,
        point_names=tuple(point.name for point in model.operating_points),
        ptdf=model.ptdf(),
        base_mw=np.stack([point.base_flow_mw for point in model.operating_points]),
        lower_mw=lower,
        upper_mw=upper,
        levels_mw=model.levels_mw(),
        injections=Injections(nodes[:0], nodes[:0], np.zeros(0)),
        accuracy=accuracy,
        margin_mw=margin,
    )
    count, band = len(model.connection_points), model.band()
    bids = hung(count, direction, np.arange(nodes.size), nodes, np.ones(nodes.size))
    banded = with_band(grid, band, crowded(bids, count, quantity, band.point_mw))
    return without_idle_columns(replace(banded, injections=bids))


def problem_on(model: ReducedGridModel, band_mw: float, most: int, pairs: int = 0) -> Problem:
    """60 bids at the connection points that move most elements, three of four in the direction `most`.

    Linked pairs go together or exclude each other, and have minimum quantities.
    """
    count = 60
    draw = np.random.default_rng(len(model.elements))
    deepest = np.argsort(-np.abs(model.ptdf()).sum(axis=(0, 1)))
    nodes = deepest[draw.integers(0, 1 + len(deepest) // 3, count)]
    direction = np.where(np.arange(count) % 4, most, -most)
    quantity = draw.uniform(0.2, 1.0, (count, MTUS)).round(3) * 6 * band_mw / count
    price = draw.uniform(20, 300, (count, MTUS)).round(2)
    minimum = np.where((np.arange(count) < 2 * pairs)[:, None], 0.2 * quantity, 0.0)
    members = [(2 * pair, 2 * pair + 1) for pair in range(pairs)]
    alike = [pair for pair in members if direction[pair[0]] == direction[pair[1]]]
    much, little = [0.7 * band_mw, 0.8 * band_mw], [0.2 * band_mw, 0.1 * band_mw]
    return Problem(
        bids=bids(quantity, price, direction, minimum_mw=minimum),
        grids=(arrays(model, nodes, direction, quantity),),
        lists=Lists.of_directions(*((much, little) if most > 0 else (little, much))),
        links=Links(inclusive=tuple(alike), exclusive=tuple(pair for pair in members if pair not in alike)),
    )


UP, DOWN = 1, -1
GRIDS = [
    (case33, 1.5, DOWN, 100.0),
    (cigre, 16.0, UP, 60.0),
    (kerber, 0.15, DOWN, 40.0),
    (simbench_mv, 12.0, UP, 60.0),
    (case118, 150.0, UP, 60.0),
]
"""Network, activation band in MW, direction of most bids, how far ratings may be used in %."""


@pytest.mark.parametrize(
    ("network", "band_mw", "most", "used_pct"), GRIDS, ids=lambda part: getattr(part, "__name__", None)
)
def test_divisible_bids(network: Callable[[], Any], band_mw: float, most: int, used_pct: float) -> None:
    problem = problem_on(reduced(network, band_mw, used_pct), band_mw, most)
    answer = cover_demand(problem, gap=1e-7)
    agree(problem, answer, network.__name__)
    free = cover_demand(replace(problem, grids=()), gap=1e-7)
    assert abs(answer.accepted_mw - free.accepted_mw).max() > 1e-3, "the grid limits nothing"


@pytest.mark.parametrize("pairs", [0, 1, 5, 20])
@pytest.mark.parametrize(
    ("network", "band_mw", "most", "used_pct"), GRIDS, ids=lambda part: getattr(part, "__name__", None)
)
def test_linked_pairs(
    network: Callable[[], Any], band_mw: float, most: int, used_pct: float, pairs: int
) -> None:
    problem = problem_on(reduced(network, band_mw, used_pct), band_mw, most, pairs)
    agree(problem, cover_demand(problem, gap=1e-7), (network.__name__, pairs))
