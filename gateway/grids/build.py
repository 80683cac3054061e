"""A reduced grid model from a full grid: AC sensitivities, base flows and limits at several operating points.

Runs at the grid operator (it imports pandapower); what leaves is the model alone. Conventions:

* The flow of an element is the active power entering it at the end nearer the reference, positive away from
  the reference.
* A limit in MW is what the current rating leaves for active power at the voltages and reactive flows of the
  base states, tightened wherever an AC power flow within the band loads the element more than the linear
  model says. A linear flow within its limit thus means a current within its rating, as far as was measured.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gateway.domain.grid import ConstraintElement, Floats, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval
from gateway.grids.ac import PowerFlowError
from gateway.grids.accuracy import (
    Accuracy,
    Band,
    allowed,
    directed_activations,
    loading,
    measure,
    random_activations,
)
from gateway.grids.levelled import LevelledPoint, levelled
from gateway.grids.linear import LinearPoint, OperatingPointSpec, linear_points
from gateway.grids.pandapower_grid import GridData, NetworkError, grid_data

__all__ = ["Band", "BuildReport", "NetworkError", "OperatingPointSpec", "build_model"]

RANDOM_SAMPLES: Final = 300
SAFETY: Final = 1.2
"""The stated error band over the worst error measured: other activations will be a little worse."""
_INJECTING: Final = ("load", "sgen", "gen", "storage")


@dataclass(frozen=True, slots=True)
class BuildReport:
    """A model and how it was made.

    Attributes:
        left_out: monitored branches that no connection point can move.
        base_loading_pct: worst AC loading without activation, per operating point.
        error_median_pct, error_worst_pct: over all samples, see `ReducedGridModel.error_band_pct`.
        tightened_pct: the largest reduction of a limit by the AC check.
        power_flows: number of AC power flows computed.
    """

    model: ReducedGridModel
    left_out: tuple[str, ...]
    base_loading_pct: Mapping[str, float]
    error_median_pct: float
    error_worst_pct: float
    tightened_pct: float
    power_flows: int


def build_model(
    network: Any,
    grid_id: str,
    validity: Interval,
    points: Sequence[OperatingPointSpec],
    band: Band,
    *,
    monitored: Mapping[str, Sequence[int]] | None = None,
    connection_points: Sequence[int] | None = None,
    area: str | None = None,
    max_loading_pct: float = 100.0,
    levels_mw: Sequence[float] = (),
    seed: int = 0,
) -> BuildReport:
    """Build the model of a pandapower network, which stays as it is.

    Args:
        network: a pandapower network, one connected grid.
        grid_id, validity, area: of the model.
        points: at least one; the profiles of all have the same number of market time units.
        band: what may be activated at once; the stated accuracy holds within.
        monitored: indices by table (`line`, `trafo`); None for all.
        connection_points: pandapower buses; None for all with a load, generator or storage. The reference
            buses come first in any case.
        max_loading_pct: how far a thermal rating may be used.
        levels_mw: activation levels with sensitivities of their own, over the band, for one operating point.
        seed: of the sampled activations.

    Raises:
        NetworkError: the network, a profile or the band does not allow a model; says why.
    """
    everything = grid_data(network, monitored)
    buses = _connection_buses(network, everything, connection_points)
    nodes = np.array([everything.position[bus] for bus in buses], dtype=np.intp)
    data, linear = linear_points(everything, points, nodes)
    if levels_mw:
        linear = [_along_levels(linear, levels_mw, band, len(data.reference))]
    share = max_loading_pct / 100
    ratings = (data.rating_from * share, data.rating_to * share)
    limits = _base_limits(linear, ratings, data.names)
    measured = [_measure(point, band, limits, ratings, seed) for point in linear]
    excess = np.max([accuracy.excess for accuracy in measured], axis=0)
    errors = np.concatenate([accuracy.error_pct for accuracy in measured])
    if not len(errors):
        raise NetworkError("no activation is allowed in any state, so nothing can be said of the accuracy")
    limits = np.floor(limits / excess * 1e4) / 1e4
    worst = float(errors.max())
    model = ReducedGridModel(
        grid_id=grid_id,
        area=area,
        validity=validity,
        elements=tuple(
            ConstraintElement(name, float(forward), float(reverse), kind)
            for name, kind, forward, reverse in zip(data.names, data.kinds, *limits, strict=True)
        ),
        connection_points=tuple(data.bus_names[bus] for bus in buses),
        operating_points=tuple(
            found
            for spec, point in zip(points, linear, strict=True)
            for found in _operating_points(spec.name, point, band)
        ),
        reference=Reference(tuple((data.bus_names[bus], weight) for bus, weight in data.reference)),
        error_band_pct=math.ceil(SAFETY * worst * 10) / 10,
    )
    return BuildReport(
        model=model,
        left_out=tuple(name for name in everything.names if name not in set(data.names)),
        base_loading_pct={
            spec.name: float(100 * loading(data.ac, point.voltage, ratings).max())
            for spec, point in zip(points, linear, strict=True)
        },
        error_median_pct=float(np.median(errors)),
        error_worst_pct=worst,
        tightened_pct=float(100 * (1 - 1 / excess.max())),
        power_flows=sum(
            accuracy.power_flows + point.voltage.shape[1]
            for accuracy, point in zip(measured, linear, strict=True)
        ),
    )


def _along_levels(
    points: Sequence[LinearPoint], levels_mw: Sequence[float], band: Band, references: int
) -> LevelledPoint:
    """The only operating point along levels; reference buses, which come first, are not activated."""
    if len(points) > 1:
        raise NetworkError("activation levels are for a model of one operating point")
    if not min(levels_mw) <= band.lowest_mw <= band.highest_mw <= max(levels_mw):
        raise NetworkError(f"activation levels must reach from {band.lowest_mw:g} to {band.highest_mw:g} MW")
    return levelled(points[0], levels_mw, np.arange(references, len(points[0].nodes)))


def _operating_points(name: str, point: LinearPoint, band: Band) -> Iterator[OperatingPoint]:
    """One for each set of sensitivities."""
    levels = point.levels_mw.tolist() if isinstance(point, LevelledPoint) else [None]
    for ptdf, level in zip(point.sensitivities, levels, strict=True):
        yield OperatingPoint(
            name=name if level is None else f"{name} {level:+g} MW",
            # Watts, and 0.1 W per MW: beyond the accuracy of any input; adding zero turns -0.0 into 0.0.
            base_flow_mw=np.round(point.base_mw.T, 6) + 0.0,
            ptdf=np.round(ptdf, 7) + 0.0,
            activation_band_mw=(band.lowest_mw, band.highest_mw),
            activation_level_mw=level,
        )


def _connection_buses(network: Any, data: GridData, chosen: Sequence[int] | None) -> list[int]:
    """Reference buses first, then the chosen ones; each once, all in service."""
    if chosen is None:
        chosen = sorted(
            {int(bus) for table in _INJECTING for bus in network[table].bus[network[table].in_service]}
        )
        chosen = [bus for bus in chosen if bus in data.position]
    unknown = [bus for bus in chosen if bus not in data.position]
    if unknown:
        raise NetworkError(f"connection point at bus {unknown[0]}, which is unknown or out of service")
    return list(dict.fromkeys([*(bus for bus, _ in data.reference), *chosen]))


def _base_limits(
    points: Sequence[LinearPoint], ratings: tuple[Floats, Floats], names: Sequence[str]
) -> Floats:
    """Active power that the rating leaves at the base states' voltages and reactive flows, shape (2, L)."""
    least = np.full(len(names), np.inf)
    for point in points:
        bus = np.where(point.to_end, point.ac.bus_to, point.ac.bus_from)
        rating = np.where(point.to_end, ratings[1], ratings[0])
        apparent = np.abs(point.voltage[bus]) * rating[:, None] * point.ac.base_mva
        reactive = point.counted_flow(point.voltage).imag
        least = np.minimum(least, (np.maximum(apparent**2 - reactive**2, 0.0)).min(axis=1))
    if not least.all():
        raise NetworkError(f"reactive power alone takes {names[int(least.argmin())]!r} to its rating")
    limits: Floats = np.sqrt(np.stack([least, least]))
    return limits


def _measure(
    point: LinearPoint, band: Band, limits: Floats, ratings: tuple[Floats, Floats], seed: int
) -> Accuracy:
    """Random activations in random states, directed ones where an element is loaded most and least."""
    rng = np.random.default_rng(seed)
    random = random_activations(rng, len(point.nodes), RANDOM_SAMPLES, band)
    directed = directed_activations(point.ptdf, band)
    most, least = point.base_mw.argmax(axis=1), point.base_mw.argmin(axis=1)
    anywhere = rng.integers(0, point.base_mw.shape[1], RANDOM_SAMPLES)
    states = np.concatenate([anywhere, most, least, least, most])
    activations = allowed(point, np.hstack([random, directed, directed]), states, limits)
    try:
        return measure(point, activations, states, limits, ratings)
    except PowerFlowError as error:
        raise NetworkError(f"the grid cannot carry activations of the whole band: {error}") from error
