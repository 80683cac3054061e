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
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from gateway.domain.grid import Band, ConstraintElement, Floats, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval
from gateway.grids.ac import PowerFlowError
from gateway.grids.build_report import BuildReport, report_of
from gateway.grids.chosen_elements import ModelScope, chosen_elements
from gateway.grids.levelled import LevelledPoint, levelled
from gateway.grids.limits import measured_limits
from gateway.grids.linear import LinearPoint, OperatingPointSpec
from gateway.grids.pandapower_grid import GridData, NetworkError, grid_data
from gateway.grids.row_candidates import RowKind
from gateway.grids.rows import Rows
from gateway.grids.secants import along_own_ways

__all__ = ["ModelScope", "NetworkError", "OperatingPointSpec", "build_model"]

SAFETY: Final = 1.2
"""The stated error band over the worst error measured: other activations will be a little worse."""
EVERYTHING: Final = ModelScope()
INJECTING: Final = (
    *("load", "sgen", "gen", "storage", "asymmetric_load", "asymmetric_sgen"),
    *("motor", "ward", "xward"),
)


def build_model(
    network: Any,
    grid_id: str,
    validity: Interval,
    points: Sequence[OperatingPointSpec],
    band: Band,
    *,
    scope: ModelScope = EVERYTHING,
    area: str | None = None,
    levels_mw: Sequence[float] = (),
) -> BuildReport:
    """Build the model of a pandapower network, which stays as it is.

    Args:
        network: a pandapower network, one connected grid.
        grid_id, validity, area: of the model.
        points: at least one; the profiles of all have the same number of market time units.
        band: what may be activated together; the stated accuracy holds within.
        scope: what of the grid the model is about.
        levels_mw: activation levels with sensitivities of their own, over the band, for one operating point.

    Raises:
        NetworkError: the network, a profile or the band does not allow a model; the text states why.
    """
    # Without a bound of its own a connection point may have all of a direction.
    band = replace(band, point_mw=min(band.point_mw, max(band.highest_mw, -band.lowest_mw)))
    everything = grid_data(network, scope.monitored)
    buses = _connection_buses(network, everything, scope.connection_points)
    nodes = np.array([everything.position[bus] for bus in buses], dtype=np.intp)
    chosen = chosen_elements(everything, points, nodes, band, scope)
    if levels_mw:
        along = _along_levels(chosen.points, levels_mw, band, len(everything.reference))
        chosen = replace(chosen, points=[along])
    elif scope.rows != {RowKind.FLOW}:
        chosen = replace(chosen, points=_along_own_ways(chosen.points, band))
    measured = measured_limits(chosen.points, band)
    worst_error_pct = max(float(accuracy.error_pct.max()) for accuracy in measured.accuracies)
    model = ReducedGridModel(
        grid_id=grid_id,
        area=area,
        validity=validity,
        elements=tuple(_elements(chosen.points[0].rows, measured.limits_mw)),
        connection_points=tuple(everything.bus_names[bus] for bus in buses),
        operating_points=tuple(
            found
            for spec, point in zip(points, chosen.points, strict=True)
            for found in _operating_points(spec.name, point, band)
        ),
        reference=Reference(
            tuple((everything.bus_names[bus], weight) for bus, weight in everything.reference)
        ),
        error_band_pct=math.ceil(SAFETY * worst_error_pct * 10) / 10,
        limits_include_error=True,
    )
    return report_of(model, chosen, measured, points, everything.unlimited)


def _along_own_ways(points: Sequence[LinearPoint], band: Band) -> Sequence[LinearPoint]:
    try:
        return along_own_ways(points, band)
    except PowerFlowError as error:
        raise NetworkError(f"the grid cannot carry half of the way to a limit: {error}") from error


def _elements(rows: Rows, limits: Floats) -> Iterator[ConstraintElement]:
    for about, offset, forward, reverse in zip(
        rows.about, rows.offset.tolist(), *limits.tolist(), strict=True
    ):
        yield ConstraintElement(
            about.name,
            lower=round(offset - reverse, 9),
            upper=round(offset + forward, 9),
            kind=about.kind,
            unit=about.unit,
            of_element=None if about.of == about.name else about.of,
            end=about.end,
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
            base_flow_mw=point.rows.rounded(point.base + point.rows.offset[:, None]).T,
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
