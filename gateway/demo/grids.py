"""The demo's grids: the two areas of a real German 20 kV grid on a clear day in June.

Source: pandapower's `mv_oberrhein` (179 buses, two 110/20 kV stations, open rings), with its published lines,
ratings, switch positions and positions on the map. Ours are:

* Load follows two humps a day; the published state of the network, 60 % of the rated load, is its peak.
* Two and a half times the published photovoltaic capacity: much was built since the data were taken.
* Three operating points: what is forecast, a brighter day with less load, a dull day with more.
* The units: photovoltaic plants where the network has them, biogas and hydro plants along the feeder on
  which the sun already feeds in most, everything else at load nodes. That is where such plants are, and it
  is why activating by price alone overloads lines here; no rating was touched.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandapower.networks

from gateway.demo.area import DemoGrid, DemoUnit, Position
from gateway.domain.grid import Band, ElementKind, Floats, ReducedGridModel
from gateway.domain.market_time import MARKET_ZONE, Interval, MtuGrid, local_day
from gateway.grids.build import OperatingPointSpec, build_model

MTU: Final = timedelta(minutes=15)
BAND: Final = Band(lowest_mw=-15.0, highest_mw=15.0, point_mw=3.0)

_AREAS: Final = ("east", "west")
_PV_GROWTH: Final = 2.5
_EVENING_PEAK: Final = 0.6
_POINTS: Final = (("forecast", 1.0, 0.85), ("bright", 0.9, 1.0), ("dull", 1.05, 0.25))
"""Name, factor on the load, share of a clear sky."""
_SEED: Final = 179


@dataclass(frozen=True, slots=True)
class _Fleet:
    """How many units of a technology an area has, and their size: lowest and highest, MW."""

    technology: str
    count: int
    up_mw: tuple[float, float]
    down_mw: tuple[float, float]
    rural: bool = False


_FLEETS: Final = (
    _Fleet("hydro", 4, (0.6, 1.6), (0.6, 1.6), rural=True),
    _Fleet("biogas", 12, (0.6, 1.9), (0.6, 1.9), rural=True),
    _Fleet("cogeneration", 14, (0.3, 1.2), (0.3, 1.2)),
    _Fleet("battery", 18, (0.3, 1.5), (0.3, 1.5)),
    _Fleet("heat-pump", 26, (0.1, 0.3), (0.1, 0.4)),
    _Fleet("industry", 12, (0.3, 1.0), (0.1, 0.4)),
)
_PV_PLANTS: Final = 44


def demo_grids(day: date) -> tuple[DemoGrid, ...]:
    """Both areas for the market day `day`; the same day gives the same grids."""
    # Converting a network that comes with pandapower itself adds empty columns, and half of the time.
    networks = pandapower.networks.mv_oberrhein(separation_by_sub=True, convert=False)
    period = local_day(day)
    return tuple(_demo_grid(net, area, period) for net, area in zip(networks, _AREAS, strict=True))


def _demo_grid(net: Any, area: str, period: Interval) -> DemoGrid:
    net.load["scaling"] = _EVENING_PEAK
    net.sgen["scaling"] = _PV_GROWTH
    hours = _local_hours(period)
    points = [
        OperatingPointSpec(name, factor * _load(hours), sky * _sun(hours)) for name, factor, sky in _POINTS
    ]
    model = build_model(net, f"mv-oberrhein-{area}", period, points, BAND).model
    return DemoGrid(
        model=model,
        units=_units(net, area, _feed_in_feeder(model)),
        coordinates=MappingProxyType(
            {name: _place(geo) for name, geo in zip(net.bus.name, net.bus.geo, strict=True)}
        ),
        segments=MappingProxyType(_segments(net)),
    )


def _local_hours(period: Interval) -> Floats:
    """Clock time in the middle of every market time unit; a day of 25 hours has two of them twice."""
    units = MtuGrid(period, MTU)
    moments = [(units.start_of(index) + MTU / 2).astimezone(MARKET_ZONE) for index in range(len(units))]
    return np.array([moment.hour + moment.minute / 60 + moment.second / 3600 for moment in moments])


def _load(hours: Floats) -> Floats:
    """Share of the evening peak: a low night, a hump at noon, the peak at half past seven."""
    noon, evening = np.exp(-(((hours - 12.0) / 3.5) ** 2)), np.exp(-(((hours - 19.5) / 2.5) ** 2))
    share: Floats = 0.4 + 0.35 * noon + 0.6 * evening
    return share


def _sun(hours: Floats) -> Floats:
    """Share of the installed photovoltaic power under a clear sky, summer time, longest days of the year."""
    share: Floats = np.clip(np.sin(np.pi * (hours - 5.4) / 16.1), 0.0, None) ** 1.3
    return share


def _feed_in_feeder(model: ReducedGridModel) -> tuple[str, ...]:
    """Nodes behind the line with most feed-in, relative to its limit, in the brightest hour."""
    bright = next(point for point in model.operating_points if point.name == "bright")
    lower, _ = model.limits_mw()
    lines = np.array([element.kind is ElementKind.LINE for element in model.elements])
    loading = np.where(lines, (bright.base_flow_mw / lower).max(axis=0), 0.0)
    behind = bright.ptdf[int(loading.argmax())] < -0.5
    return tuple(node for node, chosen in zip(model.connection_points, behind, strict=True) if chosen)


def _units(net: Any, area: str, feed_in_feeder: tuple[str, ...]) -> tuple[DemoUnit, ...]:
    random = np.random.default_rng(_SEED)
    name_of = net.bus.name
    load_nodes = sorted({str(name_of[bus]) for bus in net.load.bus})
    plants = net.sgen.nlargest(_PV_PLANTS, "p_mw", keep="first")
    units = [
        DemoUnit(_unit_id(area, "photovoltaics", number), str(name_of[bus]), "photovoltaics", 0.0, power)
        for number, (bus, power) in enumerate(
            zip(plants.bus, (_PV_GROWTH * plants.p_mw).round(3), strict=True), 1
        )
    ]
    for fleet in _FLEETS:
        nodes = feed_in_feeder if fleet.rural else load_nodes
        for number in range(1, fleet.count + 1):
            node = nodes[int(random.integers(len(nodes)))]
            up, down = (round(random.uniform(*size), 2) for size in (fleet.up_mw, fleet.down_mw))
            unit_id = _unit_id(area, fleet.technology, number)
            units.append(DemoUnit(unit_id, node, fleet.technology, up, down))
    return tuple(units)


def _unit_id(area: str, technology: str, number: int) -> str:
    return f"TEST-{area}-{technology}-{number:02d}".upper()


def _segments(net: Any) -> dict[str, tuple[Position, ...]]:
    lines = {
        name: tuple((float(x), float(y)) for x, y, *_ in json.loads(geo)["coordinates"])
        for name, geo in zip(net.line.name, net.line.geo, strict=True)
    }
    stations = {
        name: (_place(net.bus.geo[hv]), _place(net.bus.geo[lv]))
        for name, hv, lv in zip(net.trafo.name, net.trafo.hv_bus, net.trafo.lv_bus, strict=True)
    }
    return lines | stations


def _place(geo: str) -> Position:
    x, y, *_ = json.loads(geo)["coordinates"]
    return float(x), float(y)
