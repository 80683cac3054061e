"""What a gate makes available on a model that was built here, delivered in pandapower's AC power flow.

Power flows know nothing of models, bands and rows: an activation that a gate allows must not load any element
beyond its rating, be it in the model or left out of it.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks as published
import pytest

from gateway.domain.bid import Direction
from gateway.domain.bids import SimpleBid
from gateway.domain.gate import UseOfLists
from gateway.domain.grid import Band, ReducedGridModel
from gateway.domain.market_time import Interval
from gateway.grids.build import ModelScope, OperatingPointSpec, build_model
from gateway.processes.resources import ResourceMap
from tests.processes.world import DAY, TENANTS, World, bid, connected, document, gate, model

MARGIN_PCT = 0.5
"""Limits are tightened by measurement, not by proof (docs/connecting-a-dso/building.md)."""
SIGN = {Direction.UP: 1.0, Direction.DOWN: -1.0}
Delivered = dict[str, float]
"""MW injected more at each connection point."""


def cigre(line_5_6_ka: float | None = None) -> Any:
    net = published.create_cigre_network_mv(with_der="pv_wind")
    if line_5_6_ka is not None:
        net.line.loc[net.line.name == "Line 5-6", "max_i_ka"] = line_5_6_ka
    return net


def feeder() -> Any:
    """case33bw with ratings: half as much again as the currents without activation."""
    net = published.case33bw()
    net.bus["name"] = [f"Bus {bus}" for bus in net.bus.index]
    pp.runpp(net, numba=False)
    net.line["max_i_ka"] = np.maximum(1.5 * net.res_line.i_ka, 0.02)
    return net


NETWORKS = {
    "cigre": (cigre, Band(-3.0, 3.0, 1.0)),
    "cigre, a weak line": (lambda: cigre(0.095), Band(-3.0, 3.0, 1.0)),
    "cigre, wide": (cigre, Band(-10.0, 10.0, 1.0)),
    "feeder": (feeder, Band(-0.5, 0.5, 0.2)),
    "feeder, wide": (feeder, Band(-2.0, 2.0, 0.5)),
}


@cache
def built(name: str) -> tuple[Any, ReducedGridModel]:
    make, band = NETWORKS[name]
    net, period = make(), Interval(DAY, model("south", 1.0, units=1).validity.end)
    now = [OperatingPointSpec("now", [1.0], [1.0])]
    return net, build_model(net, "north", period, now, band, scope=ModelScope(reachable_only=True)).model


def worst_loading_pct(net: Any, delivered: Delivered) -> float:
    """Of all lines and transformers, with these injections."""
    bus_of = {name: bus for bus, name in net.bus.name.items()}
    net = pp.pandapowerNet(net)
    for node, mw in delivered.items():
        pp.create_sgen(net, bus_of[node], mw)
    pp.runpp(net, numba=False)
    return float(max(net.res_line.loading_percent.max(), net.res_trafo.loading_percent.max()))


def published_mw(
    world: World,
    grid: ReducedGridModel,
    bids: list[tuple[str, SimpleBid]],
    use: UseOfLists,
    up: float,
    down: float,
) -> tuple[str, list[float]]:
    """The run, and what is available of bids that each hang at a node."""
    nodes = dict.fromkeys(node for node, _ in bids)
    units = {f"at {node}": (("north", node),) for node in nodes}
    world.resources.replace(TENANTS["tso"], ResourceMap(connected(**units), {}))
    world.put("north", grid)
    world.put("south", model("south", 100.0, units=1))
    world.gates.create(gate(units=1, use=use))
    assert world.submit("east", document("east", [one for _, one in bids])) == []
    if use is UseOfLists.EXACT:
        world.demand("g1", up=up, down=down, units=1)
    run_id = world.close_and_run()
    rows = {row.bid_id: row for row in world.availability(run_id, TENANTS["operator"])["east"]}
    return run_id, [float(rows[one.bid_id].available_mw[0]) for _, one in bids]


def one(
    name: str, node: str, mw: float, price: float, direction: Direction = Direction.UP
) -> tuple[str, SimpleBid]:
    return node, bid(name, f"at {node}", mw, price, units=1, direction=direction)


def total(bids: list[tuple[str, SimpleBid]], mw: list[float]) -> Delivered:
    found: Delivered = {}
    for (node, each), amount in zip(bids, mw, strict=True):
        found[node] = found.get(node, 0.0) + SIGN[each.direction] * amount
    return found


def assert_within(band: Band, bids: list[tuple[str, SimpleBid]], mw: list[float]) -> None:
    """Sums computed again, from bids alone."""
    for direction, most in ((Direction.UP, band.highest_mw), (Direction.DOWN, -band.lowest_mw)):
        assert (
            sum(a for (_, each), a in zip(bids, mw, strict=True) if each.direction is direction)
            <= most + 1e-5
        )
    assert max(map(abs, total(bids, mw).values()), default=0.0) <= band.point_mw + 1e-5


def explained(world: World, run_id: str) -> set[str]:
    return {each.element_id for each in world.results.explanations(run_id, TENANTS["north"])}


@pytest.mark.parametrize("name", ["cigre", "cigre, a weak line"])
def test_ups_and_downs_at_two_points_do_not_cancel(world: World, name: str) -> None:
    """5.957 MW up at one bus and 3.354 MW down at another are 2.6 MW net: 109 % on the line between them, and
    162 % where that line is weak and left out of the model."""
    net, grid = built(name)
    bids = [one("up", "Bus 6", 5.957, 20), one("down", "Bus 11", 3.354, 10, Direction.DOWN)]
    assert worst_loading_pct(net, total(bids, [5.957, 3.354])) > 109
    run_id, mw = published_mw(world, grid, bids, UseOfLists.EXACT, 5.957, 3.354)
    assert mw == pytest.approx([1.0, 1.0], abs=1e-5), "1 MW at a connection point is what the model holds for"
    assert explained(world, run_id) == {"connection point Bus 6", "connection point Bus 11"}
    assert worst_loading_pct(net, total(bids, mw)) <= 100 + MARGIN_PCT


@pytest.mark.parametrize("use", UseOfLists)
def test_one_point_takes_no_more_than_its_part_of_a_wide_band(world: World, use: UseOfLists) -> None:
    net, grid = built("cigre, wide")
    bids = [one("up", "Bus 6", 5.956, 20)]
    assert worst_loading_pct(net, total(bids, [5.956])) > 105
    run_id, mw = published_mw(world, grid, bids, use, 5.956, 0.0)
    assert mw == pytest.approx([1.0], abs=1e-5)
    assert explained(world, run_id) == {"connection point Bus 6"}


@pytest.mark.parametrize("use", UseOfLists)
def test_ups_alone_fill_the_band(world: World, use: UseOfLists) -> None:
    """6 MW up and 3 down are net within ±3 MW, and twice what the model holds for."""
    _, grid = built("cigre")
    nodes = [node for node in grid.connection_points if node.startswith("Bus")][2:]
    bids = [one(f"up{n}", node, 1.0, 20 + n) for n, node in enumerate(nodes[:6])]
    bids += [one(f"down{n}", node, 1.0, 20 + n, Direction.DOWN) for n, node in enumerate(nodes[6:9])]
    run_id, mw = published_mw(world, grid, bids, use, 6.0, 3.0)
    assert_within(grid.band(), bids, mw)
    assert "activation band up" in explained(world, run_id)


def offered(grid: ReducedGridModel, seed: int) -> list[tuple[str, SimpleBid]]:
    """Four bids a node on average, of both directions: a few times the band, one in ten beyond its point."""
    draw, band = np.random.default_rng(seed), grid.band()
    nodes = [*grid.connection_points[1:]]
    count = 4 * len(nodes)
    found = []
    for number in range(count):
        node = nodes[int(draw.integers(len(nodes)))]
        mw = round(float(draw.uniform(0.1, 1.5)) * min(band.point_mw, 8 * band.highest_mw / count), 3)
        direction = Direction.UP if draw.random() < 0.5 else Direction.DOWN
        if draw.random() < 0.1:
            mw = round(3 * band.point_mw, 3)
        found.append(one(f"b{number}", node, mw, float(draw.integers(10, 300)), direction))
    return found


def prefixes(bids: list[tuple[str, SimpleBid]], mw: list[float], seed: int) -> Iterator[list[float]]:
    """Activations of both lists in order of price, each up to any point: all, nothing, and in between."""
    draw = np.random.default_rng(seed)
    for ends in [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), *draw.random((6, 2)).tolist()]:
        activated = [0.0] * len(mw)
        for end, direction in zip(ends, SIGN, strict=True):
            mine = [n for n, (_, each) in enumerate(bids) if each.direction is direction]
            mine.sort(key=lambda n: bids[n][1].points[0][2] or 0.0)
            left = end * sum(mw[n] for n in mine)
            for n in mine:
                activated[n] = min(mw[n], left)
                left -= activated[n]
        yield activated


@pytest.mark.feature(id="A10")
@pytest.mark.feature(id="A17")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_available_loads_nothing_beyond_its_rating(
    world: World, name: str, use: UseOfLists, seed: int
) -> None:
    net, grid = built(name)
    bids, band = offered(grid, seed), grid.band()
    _, mw = published_mw(world, grid, bids, use, 4 * band.highest_mw, -3 * band.lowest_mw)
    assert sum(mw) > 0.3 * band.highest_mw, "next to nothing is available, so nothing was tested"
    tried = [mw] if use is UseOfLists.EXACT else list(prefixes(bids, mw, seed))
    for activated in tried:
        assert_within(band, bids, activated)
        assert worst_loading_pct(net, total(bids, activated)) <= 100 + MARGIN_PCT
