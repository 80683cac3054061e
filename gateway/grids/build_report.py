"""What is reported with a model: how it was made, what it lacks, and how far it holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gateway.domain.grid import Floats, ReducedGridModel, Unit
from gateway.grids.chosen_elements import ChosenElements
from gateway.grids.limits import MeasuredLimits
from gateway.grids.linear import LinearPoint, OperatingPointSpec
from gateway.grids.ratings import LeftOut

_MUCH: Final = 1.5


@dataclass(frozen=True, slots=True)
class OverloadedElement:
    """An element within its rating whose limit, as the AC check tightened it, is below its base flow, both
    signed as the flow: nothing may load it further."""

    name: str
    base: float
    limit: float
    unit: Unit = Unit.MW

    def __str__(self) -> str:
        return f"{self.name} (base {self.base:.4f} {self.unit}, limit {self.limit:.4f} {self.unit})"


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


def report_of(
    model: ReducedGridModel,
    chosen: ChosenElements,
    measured: MeasuredLimits,
    specs: Sequence[OperatingPointSpec],
    unlimited: tuple[str, ...],
) -> BuildReport:
    """The report on a model of the chosen elements with these limits.

    Args:
        unlimited: elements with a flow and no limit in any model.
    """
    points = chosen.points
    names = [about.name for about in points[0].rows.about]
    loadings = [100 * point.loading(point.voltage).max(axis=1) for point in points]
    worst_loading = np.max(loadings, axis=0)
    errors = np.concatenate([accuracy.error_pct for accuracy in measured.accuracies])
    significant = np.concatenate([accuracy.significant for accuracy in measured.accuracies])
    return BuildReport(
        model=model,
        left_out=chosen.left_out,
        unlimited=unlimited,
        overloaded_pct={names[row]: float(worst_loading[row]) for row in np.flatnonzero(worst_loading > 100)},
        base_loading_pct={spec.name: float(each.max()) for spec, each in zip(specs, loadings, strict=True)},
        error_median_pct=float(np.median(errors[significant] if significant.any() else errors)),
        error_worst_pct=float(errors.max()),
        tightened_pct=float(100 * (1 - measured.remaining.min())),
        reactive=tuple(names[row] for row in np.flatnonzero(1 / measured.remaining.min(axis=0) > _MUCH)),
        shut=_overloaded_elements(names, points, measured.limits_mw, worst_loading),
        base_voltage_pu=_voltages(np.abs(point.voltage) for point in points),
        worst_voltage_pu=_voltages(np.array(accuracy.voltage_pu) for accuracy in measured.accuracies),
        power_flows=errors.size,
        significant=int(significant.sum()),
    )


def _overloaded_elements(
    names: Sequence[str], points: Sequence[LinearPoint], limits: Floats, worst_loading: Floats
) -> tuple[OverloadedElement, ...]:
    """Elements within their ratings without activation whose limit is below their flow then."""
    highest = np.max([point.base.max(axis=1) for point in points], axis=0)
    lowest = np.min([point.base.min(axis=1) for point in points], axis=0)
    beyond = np.maximum(highest - limits[0], -lowest - limits[1])
    rows = points[0].rows
    return tuple(
        OverloadedElement(
            names[row],
            *_of_side(float(highest[row]), float(lowest[row]), limits[:, row], float(rows.offset[row])),
            rows.about[row].unit,
        )
        for row in np.flatnonzero((beyond > 0) & (worst_loading <= 100)).tolist()
    )


def _of_side(highest: float, lowest: float, limits: Floats, offset: float) -> tuple[float, float]:
    """Base value and limit of the side on which more is missing, signed as the value."""
    forward, reverse = limits.tolist()
    upper = highest - forward >= -lowest - reverse
    return (highest + offset, forward + offset) if upper else (lowest + offset, offset - reverse)


def _voltages(found: Iterable[Floats]) -> tuple[float, float]:
    every = [(float(each.min()), float(each.max())) for each in found]
    return min(low for low, _ in every), max(high for _, high in every)
