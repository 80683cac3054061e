"""A reduced grid model from a full grid: AC sensitivities, base flows and limits at several operating points.

Runs at the grid operator (it imports pandapower); what leaves is the model alone. Conventions:

* The flow of an element is the active power at the end nearer the reference, positive away from the
  reference; of a winding of a three-winding transformer the power at its terminal.
* A limit in MW is what the current rating leaves for active power at the voltages and reactive flows of the
  base states, tightened wherever an AC power flow that the model allows loads the element beyond its rating.
  A linear flow within its limit thus means a current within its rating, as far as was measured.
* One bad line never stops a model: what has no usable rating is left out and named.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import Band, ConstraintElement, Floats, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval
from gateway.grids.ac import Numbers, PowerFlowError
from gateway.grids.accuracy import Measuring, loading
from gateway.grids.levelled import LevelledPoint, levelled
from gateway.grids.linear import LinearPoint, OperatingPointSpec, linear_points
from gateway.grids.pandapower_grid import GridData, NetworkError, grid_data
from gateway.grids.ratings import LeftOut
from gateway.grids.sampling import LIMIT_SAMPLES, reach_of, samples_of
from gateway.grids.tightening import tightened

__all__ = ["BuildReport", "NetworkError", "OperatingPointSpec", "build_model"]

LOADED: Final = 0.8
"""An element loaded to this share of its rating without any activation is always monitored."""
SAFETY: Final = 1.2
"""The stated error band over the worst error measured: other activations will be a little worse."""
REACHED: Final = 0.5
"""An element that no activation of the band brings to this share of its limit is not `reachable`."""
UNMOVED: Final = "no connection point moves it"
UNREACHED: Final = f"no activation of the band brings it to {REACHED:.0%} of its limit"
"""By the worst activation of the band for each element, found exactly for the linear model: the other half of
the limit stays for the errors of that model. What reactive power loads that far without any is in the
model."""
IMPLAUSIBLE: Final = 10.0
"""Nothing runs at 1,000 % of its rating without activation: the rating is wrong."""
_LEAST_SHARE: Final = 1 / 19
"""Of its own base flow, where reactive power alone loads an element to its rating: only relief is allowed."""
_MUCH: Final = 1.5
_LEAST_LIMIT_MW: Final = 1e-3
INJECTING: Final = (
    *("load", "sgen", "gen", "storage", "asymmetric_load", "asymmetric_sgen"),
    *("motor", "ward", "xward"),
)


@dataclass(frozen=True, slots=True)
class OverloadedElement:
    """An element within its rating whose limit, as the AC check tightened it, is below its base flow, both
    signed as the flow: nothing may load it further."""

    name: str
    base_mw: float
    limit_mw: float

    def __str__(self) -> str:
        return f"{self.name} (base {self.base_mw:.4f} MW, limit {self.limit_mw:.4f} MW)"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """A model and how it was made. Elements have their own names, also where the model has pseudonyms.

    Attributes:
        left_out: monitored elements that are not in the model, and why.
        unlimited: elements with a flow and no limit in any model, by name.
        overloaded_pct: elements beyond their rating without activation, worst AC loading.
        base_loading_pct: worst AC loading of the model's elements without activation, per operating point.
        error_median_pct: over the samples that move something (`Accuracy.significant`), or all if none does.
        error_worst_pct: over all samples, see `Accuracy.error_pct`.
        tightened_pct: the largest reduction of a limit by the AC check.
        reactive: elements whose limit the AC check reduced by more than a third: their loading is reactive
            power rather than active.
        shut: elements within their ratings whose limit the AC check brought below their base flow.
        base_voltage_pu, worst_voltage_pu: lowest and highest voltage of any bus, without activation and in
            any AC power flow that the limits allow before they are tightened. Nothing limits it.
        power_flows: number of AC power flows on which the worst error was measured.
        significant: number of them on which the median was measured.
    """

    model: ReducedGridModel
    left_out: tuple[LeftOut, ...]
    unlimited: tuple[str, ...]
    overloaded_pct: Mapping[str, float]
    base_loading_pct: Mapping[str, float]
    error_median_pct: float
    error_worst_pct: float
    tightened_pct: float
    reactive: tuple[str, ...]
    shut: tuple[OverloadedElement, ...]
    base_voltage_pu: tuple[float, float]
    worst_voltage_pu: tuple[float, float]
    power_flows: int
    significant: int


def build_model(
    network: Any,
    grid_id: str,
    validity: Interval,
    points: Sequence[OperatingPointSpec],
    band: Band,
    *,
    monitored: Mapping[str, Sequence[int]] | None = None,
    reachable_only: bool = False,
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
        band: what may be activated together; the stated accuracy holds within.
        monitored: indices by table (`line`, `trafo`, `trafo3w`); None for all.
        reachable_only: leave out elements that no activation of the band brings to half of their limit, and
            that are loaded to less than `LOADED` without any.
        connection_points: pandapower buses; None for all with a load, generator or storage. The reference
            buses come first in any case.
        max_loading_pct: how far a thermal rating may be used.
        levels_mw: activation levels with sensitivities of their own, over the band, for one operating point.
        seed: of the sampled activations.

    Raises:
        NetworkError: the network, a profile or the band does not allow a model; the text states why.
    """
    if not (math.isfinite(max_loading_pct) and max_loading_pct > 0):
        raise NetworkError(f"ratings cannot be used to {max_loading_pct:g} %")
    # Without a bound of its own a connection point may have all of a direction.
    band = replace(band, point_mw=min(band.point_mw, max(band.highest_mw, -band.lowest_mw)))
    everything = grid_data(network, monitored)
    buses = _connection_buses(network, everything, connection_points)
    nodes = np.array([everything.position[bus] for bus in buses], dtype=np.intp)
    share = max_loading_pct / 100
    ratings = (everything.rating_from * share, everything.rating_to * share)
    implausible: dict[int, float] = {}

    def wanted(found: Sequence[LinearPoint], rows: Numbers) -> NDArray[np.bool_]:
        own = (ratings[0][rows], ratings[1][rows])
        base = np.max([loading(point.ac, point.voltage, own).max(axis=1) for point in found], axis=0)
        wrong: NDArray[np.bool_] = base > IMPLAUSIBLE
        implausible.update(zip(rows[wrong].tolist(), base[wrong].tolist(), strict=True))
        if not reachable_only:
            return ~wrong
        reached: NDArray[np.bool_] = reach_of(found, _base_limits(found, own), band).max(axis=0) >= REACHED
        return np.asarray((reached | (base >= LOADED)) & ~wrong)

    choice = linear_points(everything, points, nodes, wanted)
    if not len(choice.rows):
        raise NetworkError(
            "no activation of the band brings any element near a limit, so there is nothing to protect: "
            "widen the band, or monitor all elements"
        )
    data, linear = everything.select(choice.rows), choice.points
    selected_ratings = (ratings[0][choice.rows], ratings[1][choice.rows])
    if levels_mw:
        linear = [_along_levels(linear, levels_mw, band, len(data.reference))]
    limits = _base_limits(linear, selected_ratings)
    untightened = limits
    samples = [
        samples_of(point, band, limits, seed=seed, at_limits=LIMIT_SAMPLES // len(linear)) for point in linear
    ]
    measuring = [Measuring(each.point, band, each.measured) for each in samples]
    try:
        limits = tightened(samples, limits, selected_ratings, measuring)
    except PowerFlowError as error:
        raise NetworkError(
            f"the grid cannot carry activations of the complete band, narrow it: {error}"
        ) from error
    measured = [each.accuracy() for each in measuring]
    errors = np.concatenate([accuracy.error_pct for accuracy in measured])
    significant = np.concatenate([accuracy.significant for accuracy in measured])
    limits = np.maximum(np.floor(limits * 1e4) / 1e4, _least_limits(linear))
    less = limits / untightened
    base_loading = [100 * loading(data.ac, point.voltage, selected_ratings).max(axis=1) for point in linear]
    worst_loading = np.max(base_loading, axis=0)
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
        error_band_pct=math.ceil(SAFETY * float(errors.max()) * 10) / 10,
        limits_include_error=True,
    )
    return BuildReport(
        model=model,
        left_out=(
            *everything.unrated,
            *_left_out(everything, choice.unmoved, choice.unreached, implausible),
        ),
        unlimited=everything.unlimited,
        overloaded_pct={
            data.names[row]: float(worst_loading[row]) for row in np.flatnonzero(worst_loading > 100)
        },
        base_loading_pct={
            spec.name: float(each.max()) for spec, each in zip(points, base_loading, strict=True)
        },
        error_median_pct=float(np.median(errors[significant] if significant.any() else errors)),
        error_worst_pct=float(errors.max()),
        tightened_pct=float(100 * (1 - less.min())),
        reactive=tuple(data.names[row] for row in np.flatnonzero(1 / less.min(axis=0) > _MUCH)),
        shut=_overloaded_elements(data.names, linear, limits, worst_loading),
        base_voltage_pu=_voltages(np.abs(point.voltage) for point in linear),
        worst_voltage_pu=_voltages(np.array(accuracy.voltage_pu) for accuracy in measured),
        power_flows=errors.size,
        significant=int(significant.sum()),
    )


def _left_out(
    data: GridData, unmoved: Numbers, unreached: Numbers, implausible: Mapping[int, float]
) -> Iterator[LeftOut]:
    for row, share in implausible.items():
        yield LeftOut(data.names[row], f"{share:,.0f} times its rating as base flow, which must be wrong")
    for row in unmoved:
        yield LeftOut(data.names[row], UNMOVED)
    for row in unreached:
        if row not in implausible:
            yield LeftOut(data.names[row], UNREACHED)


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
            base_flow_mw=point.base_mw.T,
            ptdf=ptdf,
            activation_band_mw=(band.lowest_mw, band.highest_mw),
            activation_level_mw=level,
            connection_point_activation_mw=band.point_mw,
        )


def _connection_buses(network: Any, data: GridData, chosen: Sequence[int] | None) -> list[int]:
    """Reference buses first, then the chosen ones; each once, all in service."""
    if chosen is None:
        chosen = sorted(
            {
                int(bus)
                for table in INJECTING
                if table in network and len(network[table])
                for bus in network[table].bus[network[table].in_service]
            }
        )
        chosen = [bus for bus in chosen if bus in data.position]
    unknown = [bus for bus in chosen if bus not in data.position]
    if unknown:
        raise NetworkError(f"connection point at bus {unknown[0]}, which is unknown or out of service")
    return list(dict.fromkeys([*(bus for bus, _ in data.reference), *chosen]))


def _base_limits(points: Sequence[LinearPoint], ratings: tuple[Floats, Floats]) -> Floats:
    """Active power that the rating leaves at the base states' voltages and reactive flows, shape (2, L).

    Where reactive power alone uses all of it, the limit is a small share of the active flow: the element
    counts as overloaded, and nothing may load it more.
    """
    least = np.full(len(ratings[0]), np.inf)
    for point in points:
        bus = np.where(point.to_end, point.ac.bus_to, point.ac.bus_from)
        rating = np.where(point.to_end, ratings[1], ratings[0])
        apparent = np.abs(point.voltage[bus]) * rating[:, None] * point.ac.base_mva
        reactive = point.counted_flow(point.voltage).imag
        least = np.minimum(least, (np.maximum(apparent**2 - reactive**2, 0.0)).min(axis=1))
    limits: Floats = np.maximum(np.sqrt(np.stack([least, least])), _least_limits(points))
    return limits


def _least_limits(points: Sequence[LinearPoint]) -> Floats:
    """No limit is smaller than this, shape (L,): zero would allow no flow at all."""
    largest = np.max([np.abs(point.base_mw).max(axis=1) for point in points], axis=0)
    least: Floats = np.maximum(np.ceil(_LEAST_SHARE * largest * 1e4) / 1e4, _LEAST_LIMIT_MW)
    return least


def _overloaded_elements(
    names: Sequence[str], points: Sequence[LinearPoint], limits: Floats, worst_loading: Floats
) -> tuple[OverloadedElement, ...]:
    """Elements within their ratings without activation whose limit is below their flow then."""
    highest = np.max([point.base_mw.max(axis=1) for point in points], axis=0)
    lowest = np.min([point.base_mw.min(axis=1) for point in points], axis=0)
    beyond = np.maximum(highest - limits[0], -lowest - limits[1])
    return tuple(
        OverloadedElement(names[row], *_of_side(float(highest[row]), float(lowest[row]), limits[:, row]))
        for row in np.flatnonzero((beyond > 0) & (worst_loading <= 100)).tolist()
    )


def _of_side(highest: float, lowest: float, limits: Floats) -> tuple[float, float]:
    """Base flow and limit of the side on which more is missing, signed as the flow."""
    forward, reverse = limits.tolist()
    return (highest, forward) if highest - forward >= -lowest - reverse else (lowest, -reverse)


def _voltages(found: Iterable[Floats]) -> tuple[float, float]:
    every = [(float(each.min()), float(each.max())) for each in found]
    return min(low for low, _ in every), max(high for _, high in every)
