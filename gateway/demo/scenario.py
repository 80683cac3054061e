"""The demo's market day: who offers what, on which platform, and what the TSO needs.

Everything follows from the grids and one seed: the same seed gives the same day. Bids are offered without a
look at the grid, as real ones are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract_tests.emulators.market_bid import MarketBid
from gateway.demo.area import DemoGrid, DemoUnit
from gateway.demo.eic import eic
from gateway.demo.platforms import PLATFORMS, Platform
from gateway.demo.technologies import TECHNOLOGIES, Side
from gateway.domain.grid import ElementKind
from gateway.domain.market_time import Interval, MtuGrid

Floats = NDArray[np.float64]

MTU: Final = timedelta(minutes=15)
_LARGEST_POOLED_MW: Final = 0.6
_POOL_SIZES: Final = (3, 4, 5, 6)
_SMALLEST_BID_MW: Final = 0.05
_PROVIDERS: Final = 12
_STATION_PART: Final = 0.9
_LEAST_DEMAND_MW: Final = 2.0
_NATIONAL: Final = "NDE"
_PRICE_SPREAD: Final = 0.08
_PRICE_BLOCK_H: Final = 4.0
"""Providers price in blocks of four hours, as on reserve markets."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a technical unit hangs."""

    grid_id: str
    node: str


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One market day.

    Attributes:
        seed: from which all of it follows.
        platforms: who takes part.
        units: the market time units of the day.
        locations: grid and node of every technical unit.
        pools: resources that are bid as one: the share of each technical unit, summing to 1.
        bids: of each platform, by its tenant.
        demand_up_mw, demand_down_mw: what the TSO needs, shape (T,).
    """

    seed: int
    platforms: Sequence[Platform]
    units: MtuGrid
    locations: Mapping[str, Location]
    pools: Mapping[str, Mapping[str, float]]
    bids: Mapping[str, Sequence[MarketBid]]
    demand_up_mw: Floats
    demand_down_mw: Floats

    @property
    def bid_count(self) -> int:
        """Bids of all platforms."""
        return sum(len(bids) for bids in self.bids.values())


@dataclass(frozen=True, slots=True)
class _Resource:
    """What is bid as one: a unit, or a pool of small units of one grid and technology."""

    name: str
    technology: str
    units: tuple[DemoUnit, ...]


def scenario(
    period: Interval, grids: Sequence[DemoGrid], seed: int, platforms: Sequence[Platform] = PLATFORMS
) -> Scenario:
    """The day `period` on these grids.

    Raises:
        KeyError: a unit of an unknown technology.
    """
    random = np.random.default_rng(seed)
    units = MtuGrid(period, MTU)
    resources = [resource for grid in grids for resource in _resources(grid, random)]
    bids: dict[str, list[MarketBid]] = {platform.tenant: [] for platform in platforms}
    parts = np.array([platform.part for platform in platforms])
    for resource in resources:
        platform = platforms[int(random.choice(len(platforms), p=parts / parts.sum()))]
        bids[platform.tenant] += _bids(resource, platform, period, random)
    up, down = _demand(units, grids, random)
    return Scenario(
        seed=seed,
        platforms=tuple(platforms),
        units=units,
        locations={
            unit.unit_id: Location(grid.model.grid_id, unit.node) for grid in grids for unit in grid.units
        },
        pools={
            resource.name: MappingProxyType(_shares(resource))
            for resource in resources
            if len(resource.units) > 1
        },
        bids=bids,
        demand_up_mw=up,
        demand_down_mw=down,
    )


def _resources(grid: DemoGrid, random: np.random.Generator) -> list[_Resource]:
    """Large units bid alone; small ones of the same technology are pooled, wherever in the grid they are."""
    resources: list[_Resource] = []
    small: dict[str, list[DemoUnit]] = {}
    for unit in grid.units:
        if _size(unit) > _LARGEST_POOLED_MW:
            resources.append(_Resource(unit.unit_id, unit.technology, (unit,)))
        else:
            small.setdefault(unit.technology, []).append(unit)
    for technology, members in sorted(small.items()):
        waiting = [members[place] for place in random.permutation(len(members))]
        while waiting:
            size = int(random.choice(_POOL_SIZES))
            pool, waiting = waiting[:size], waiting[size:]
            name = f"TEST-POOL-{grid.model.grid_id}-{technology}-{len(resources):03d}"
            resources.append(_Resource(name if len(pool) > 1 else pool[0].unit_id, technology, tuple(pool)))
    return resources


def _shares(resource: _Resource) -> dict[str, float]:
    total = sum(_size(unit) for unit in resource.units)
    shares = {unit.unit_id: round(_size(unit) / total, 6) for unit in resource.units[:-1]}
    shares[resource.units[-1].unit_id] = 1.0 - sum(shares.values())
    return shares


def _size(unit: DemoUnit) -> float:
    return float(max(unit.max_up_mw, unit.max_down_mw))


def _bids(
    resource: _Resource, platform: Platform, period: Interval, random: np.random.Generator
) -> list[MarketBid]:
    known = TECHNOLOGIES[resource.technology]
    sides = (
        (True, known.up, sum(unit.max_up_mw for unit in resource.units)),
        (False, known.down, sum(unit.max_down_mw for unit in resource.units)),
    )
    provider = eic(f"11XTEST-BSP-{int(random.integers(1, _PROVIDERS + 1)):02d}")
    bids = []
    for up, side, capability_mw in sides:
        if side is None:
            continue
        quantity, price = _offer(side, capability_mw, platform, period, random)
        if not quantity.any():
            continue
        bids.append(
            MarketBid(
                bid_id=f"{resource.name}-{'UP' if up else 'DOWN'}",
                provider=provider,
                resource=resource.name,
                resource_scheme=_NATIONAL,
                up=up,
                divisible=True,
                minimum_mw=0.0,
                start=period.start,
                resolution=platform.resolution,
                quantity_mw=quantity,
                energy_price=price,
            )
        )
    return bids


def _offer(
    side: Side, capability_mw: float, platform: Platform, period: Interval, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Quantities (MW, two decimals) and prices (per MWh, two decimals) per unit of the platform's product."""
    count = len(MtuGrid(period, platform.resolution))
    hours = np.arange(0.5, count) * (platform.resolution / timedelta(hours=1))
    part = np.clip(side.shape(hours) * random.uniform(0.85, 1.0), 0.0, 1.0)
    quantity = np.round(capability_mw * part, 2)
    quantity[quantity < _SMALLEST_BID_MW] = 0.0
    level = random.uniform(side.low, side.high)
    blocks = np.arange(0.0, hours[-1] + _PRICE_BLOCK_H, _PRICE_BLOCK_H) + _PRICE_BLOCK_H / 2
    evening = 0.06 * abs(level) * np.exp(-(((blocks - 19.5) / 4.0) ** 2))
    spread = _PRICE_SPREAD * abs(level) + 0.8
    price = np.round(level + evening + random.normal(0.0, spread, len(blocks)), 2)
    return quantity, price[(hours // _PRICE_BLOCK_H).astype(np.intp)]


def _demand(units: MtuGrid, grids: Sequence[DemoGrid], random: np.random.Generator) -> tuple[Floats, Floats]:
    """What the TSO needs: more injection by day, when wind fails elsewhere, less in the evening and at night.

    It demands no more than a part of what the stations of the areas can pass on; it knows those, and nothing
    of the grids behind them. One decimal of a MW.
    """
    hours = (np.arange(len(units)) + 0.5) * units.hours
    up = 8.0 + 13.0 * np.exp(-(((hours - 13.5) / 4.0) ** 2)) + 2.5 * _smooth(len(units), random)
    evening, night = np.exp(-(((hours - 20.0) / 2.5) ** 2)), np.exp(-(((hours - 3.5) / 2.0) ** 2))
    down = 6.0 + 9.0 * evening + 5.0 * night + 2.5 * _smooth(len(units), random)
    most_up, most_down = (
        _STATION_PART * sum(margins) for margins in zip(*(_margin(g, units) for g in grids), strict=True)
    )
    return (
        np.round(np.clip(up, _LEAST_DEMAND_MW, most_up), 1),
        np.round(np.clip(down, _LEAST_DEMAND_MW, most_down), 1),
    )


def _margin(grid: DemoGrid, units: MtuGrid) -> tuple[Floats, Floats]:
    """What more and what less injection a grid's station can pass on, at every operating point."""
    lower, upper = grid.model.limits_mw()
    flows = grid.model.base_flows_on(units)
    stations = [
        position
        for position, element in enumerate(grid.model.elements)
        if element.kind is ElementKind.TRANSFORMER
    ]
    # Flows count away from the reference: more injection moves a station's flow down.
    up = (flows - lower)[:, :, stations].sum(axis=2).min(axis=0)
    down = (upper - flows)[:, :, stations].sum(axis=2).min(axis=0)
    return up, down


def _smooth(count: int, random: np.random.Generator) -> Floats:
    """A slowly wandering series of about unit variance."""
    steps = random.normal(size=count)
    series = np.empty(count)
    last = random.normal()
    for unit in range(count):
        last = 0.92 * last + np.sqrt(1 - 0.92**2) * steps[unit]
        series[unit] = last
    return series
