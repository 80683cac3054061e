"""Operating points of a full grid, solved and linearised.

Base flows are AC power flows of every market time unit. Sensitivities are those of the AC power flow at the
mean state of the operating point; averaging them over the day was measured to be no better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gateway.domain.grid import Floats
from gateway.grids.ac import AcGrid, Complex, Numbers, PowerFlowError
from gateway.grids.pandapower_grid import GridData, NetworkError

_UNMOVED: Final = 1e-3
"""MW per MW; less than that is the echo of a voltage, not a flow of the activation."""


@dataclass(frozen=True, eq=False)
class OperatingPointSpec:
    """Load and static generation of one operating point as factors on the network's own values.

    Attributes:
        name: e.g. `sunny`.
        load, generation: factor per market time unit, shape (T,), or per unit and table row in service,
            shape (T, rows).
    """

    name: str
    load: ArrayLike
    generation: ArrayLike


@dataclass(frozen=True, eq=False)
class LinearPoint:
    """One operating point: its solved states and the linear model around them.

    L elements, N connection points, T states, n buses.

    Attributes:
        injection, voltage: of each state, per unit, shape (n, T).
        ptdf: shape (L, N).
        to_end: whether an element's flow is counted at the `to` end of its branch, shape (L,).
        nodes: bus of each connection point, shape (N,).
    """

    ac: AcGrid
    injection: Complex
    voltage: Complex
    ptdf: Floats
    to_end: NDArray[np.bool_]
    nodes: Numbers

    @cached_property
    def base_mw(self) -> Floats:
        """Flow of the elements in each state, shape (L, T)."""
        return self.counted_flow(self.voltage).real

    @property
    def sensitivities(self) -> Floats:
        """Sensitivities between which the flow is interpolated: one set, shape (1, L, N)."""
        return self.ptdf[None]

    def linear_mw(self, activations: Floats, states: Numbers) -> Floats:
        """Flow by the linear model of activations (N, S) from the `states` (S,), shape (L, S)."""
        return np.asarray(self.base_mw[:, states] + self.ptdf @ activations)

    def counted_flow(self, voltage: Complex) -> Complex:
        """Complex power of the elements at their counted end in MVA, shape (L, …)."""
        from_end, to_end = self.ac.flow(voltage)
        counted: Complex = np.where(self.to_end[:, None], to_end, from_end)
        return counted * self.ac.base_mva


def linear_points(
    data: GridData, specs: Sequence[OperatingPointSpec], nodes: Numbers
) -> tuple[GridData, list[LinearPoint]]:
    """Solve every state and linearise; branches that no connection point moves are left out.

    `nodes` is the bus of each connection point.

    Raises:
        NetworkError: a profile of the wrong shape, a state without power flow, nothing to monitor.
    """
    injections = [_injection(data, spec) for spec in specs]
    if len({injection.shape[1] for injection in injections}) != 1:
        raise NetworkError("at least one operating point is needed, all with the same market time units")
    try:
        voltages = [data.ac.solve(injection) for injection in injections]
    except PowerFlowError as error:
        raise NetworkError(f"an operating point has no power flow: {error}") from error
    ends = [
        data.ac.sensitivity(data.ac.solve(injection.mean(axis=1, keepdims=True))[:, 0], nodes)
        for injection in injections
    ]
    both = np.stack([np.stack(pair) for pair in ends])
    rows = np.flatnonzero(np.abs(both).max(axis=(0, 1, 3)) > _UNMOVED)
    if not len(rows):
        raise NetworkError("no monitored element is moved by any connection point")
    data, both = data.keep(rows), both[:, :, rows]
    to_end = _counted_at_to_end(both[:, 0])
    points = [
        LinearPoint(data.ac, injection, voltage, np.where(to_end[:, None], pair[1], pair[0]), to_end, nodes)
        for injection, voltage, pair in zip(injections, voltages, both, strict=True)
    ]
    return data, points


def _injection(data: GridData, spec: OperatingPointSpec) -> Complex:
    """Injection of all buses in each state: what is not scaled stays as in the network."""
    load = _factors(spec.load, len(data.loads.bus), f"load of {spec.name!r}")
    generation = _factors(spec.generation, len(data.generators.bus), f"generation of {spec.name!r}")
    if len(load) != len(generation):
        raise NetworkError(f"{spec.name!r} has {len(load)} load and {len(generation)} generation factors")
    injection: Complex = np.repeat(data.injection[:, None], len(load), axis=1)
    for injectors, factor in ((data.loads, load), (data.generators, generation)):
        np.add.at(injection, injectors.bus, injectors.power[:, None] * (factor.T - 1))
    return injection


def _factors(profile: ArrayLike, rows: int, what: str) -> Floats:
    """A profile as one factor per market time unit and table row."""
    factor = np.asarray(profile, dtype=np.float64)
    if factor.ndim == 1:
        factor = np.repeat(factor[:, None], rows, axis=1)
    if factor.ndim != 2 or factor.shape[1] != rows or not len(factor) or not np.isfinite(factor).all():
        raise NetworkError(f"{what} must be finite factors of shape (units,) or (units, {rows})")
    return factor


def _counted_at_to_end(from_end: Floats) -> NDArray[np.bool_]:
    """Which elements are counted at their `to` end, because that is the end nearer the reference.

    An injection beyond an element lowers what enters it at the near end. `from_end` has shape (K, L, N).
    """
    flat = np.moveaxis(from_end, 1, 0).reshape(from_end.shape[1], -1)
    strongest = np.take_along_axis(flat, np.abs(flat).argmax(axis=1)[:, None], axis=1)
    counted: NDArray[np.bool_] = strongest[:, 0] > 0
    return counted
