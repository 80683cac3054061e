"""Operating points of a full grid, solved and linearised.

Base flows are AC power flows of every market time unit. Sensitivities are those of the AC power flow at the
mean state of the operating point; averaging them over the day was measured to be no better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gateway.domain.grid import Floats
from gateway.grids.ac import AcGrid, Complex, Linearisation, Numbers, PowerFlowError
from gateway.grids.pandapower_grid import GridData, NetworkError

_UNMOVED: Final = 1e-3
"""MW per MW; less than that is the echo of a voltage, not a flow of the activation."""
_BLOCK: Final = 512
"""Branches whose sensitivities are in memory together, until it is known which of them are selected."""


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
        ptdf: shape (L, N), rounded as it leaves.
        to_end: whether an element's flow is counted at the `to` end of its branch, shape (L,).
        sign: 1, or -1 where that end is the one farther from the reference, shape (L,).
        nodes: bus of each connection point, shape (N,).
    """

    ac: AcGrid
    injection: Complex
    voltage: Complex
    ptdf: Floats
    to_end: NDArray[np.bool_]
    sign: Floats
    nodes: Numbers

    @cached_property
    def base_mw(self) -> Floats:
        """Flow of the elements in each state, shape (L, T), rounded as it leaves."""
        # Watts: beyond the accuracy of any input; adding zero turns -0.0 into 0.0.
        return np.round(self.counted_flow(self.voltage).real, 6) + 0.0

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
        return counted * self.sign[:, None] * self.ac.base_mva

    def counted_sensitivity(self, voltage: Complex) -> Floats:
        """Sensitivities of the counted flows around a solved state (n,), shape (L, N), rounded."""
        around, rows = self.ac.linearised(voltage), np.arange(len(self.to_end))
        sensitivity = np.empty((len(rows), len(self.nodes)))
        for at_to in (False, True):
            of_end = rows[self.to_end == at_to]
            sensitivity[of_end] = around.sensitivity(of_end, self.nodes, at_to=at_to)
        return rounded(sensitivity * self.sign[:, None])


def rounded(sensitivities: Floats) -> Floats:
    """Sensitivities as they leave: to 10 W per MW, so that none is smaller than that and not zero.

    Smaller ones are the echo of voltages; in a solver they are noise compared with 1.
    """
    return np.round(sensitivities, 5) + 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which elements a model has.

    Attributes:
        points: of the selected elements, one for each operating point.
        rows: which branches of the grid they are.
        unmoved: branches that no connection point moves.
        unreached: branches that were moved, and not chosen.
    """

    points: list[LinearPoint]
    rows: Numbers
    unmoved: Numbers
    unreached: Numbers


Wanted = Callable[[Sequence[LinearPoint], Numbers], NDArray[np.bool_]]
"""Which of the elements of these points, rows of the complete grid, shall be in the model; shape (L,)."""


def linear_points(
    data: GridData, specs: Sequence[OperatingPointSpec], nodes: Numbers, wanted: Wanted
) -> Choice:
    """Solve every state and linearise, a block of branches at a time.

    `nodes` is the bus of each connection point.

    Raises:
        NetworkError: a profile of the wrong shape, a state without power flow, no branch that is moved.
    """
    injections = [_injection(data, spec) for spec in specs]
    if len({injection.shape[1] for injection in injections}) != 1:
        raise NetworkError("at least one operating point is needed, all with the same market time units")
    try:
        voltages = [data.ac.solve(injection) for injection in injections]
        means = [data.ac.solve(injection.mean(axis=1, keepdims=True))[:, 0] for injection in injections]
    except PowerFlowError as error:
        raise NetworkError(f"an operating point has no power flow: {error}") from error
    around = [data.ac.linearised(mean) for mean in means]
    parts: list[_Oriented] = []
    moved, chosen = np.zeros((2, len(data.names)), dtype=np.bool_)
    for start in range(0, len(data.names), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(data.names)))
        block = _oriented(data, around, rows, nodes)
        moved[rows] = np.abs(block.ptdf).max(axis=(0, 2)) > _UNMOVED
        chosen[rows] = moved[rows] & wanted(
            block.points(data.select(rows), injections, voltages, nodes), rows
        )
        parts.append(block.select(chosen[rows]))
    if not moved.any():
        raise NetworkError("no monitored element is moved by any connection point")
    selected = np.flatnonzero(chosen)
    all_selected = _Oriented(
        np.concatenate([part.ptdf for part in parts], axis=1),
        np.concatenate([part.to_end for part in parts]),
        np.concatenate([part.sign for part in parts]),
    )
    return Choice(
        points=all_selected.points(data.select(selected), injections, voltages, nodes),
        rows=selected,
        unmoved=np.flatnonzero(~moved),
        unreached=np.flatnonzero(moved & ~chosen),
    )


@dataclass(frozen=True, eq=False)
class _Oriented:
    """Sensitivities (K, L, N) of elements away from the reference, and how their flows are counted."""

    ptdf: Floats
    to_end: NDArray[np.bool_]
    sign: Floats

    def select(self, chosen: NDArray[np.bool_]) -> "_Oriented":
        return _Oriented(self.ptdf[:, chosen], self.to_end[chosen], self.sign[chosen])

    def points(
        self, data: GridData, injections: Sequence[Complex], voltages: Sequence[Complex], nodes: Numbers
    ) -> list[LinearPoint]:
        return [
            LinearPoint(data.ac, injection, voltage, ptdf, self.to_end, self.sign, nodes)
            for ptdf, injection, voltage in zip(self.ptdf, injections, voltages, strict=True)
        ]


def _oriented(data: GridData, around: Sequence[Linearisation], rows: Numbers, nodes: Numbers) -> _Oriented:
    """Count each element at its end nearer the reference; a winding at its terminal, the end that is rated.

    An injection beyond an element lowers what enters it at the near end.
    """
    ptdf = np.stack([point.sensitivity(rows, nodes, at_to=False) for point in around])
    terminal_from, terminal_to = np.isinf(data.rating_to[rows]), np.isinf(data.rating_from[rows])
    to_end = np.where(terminal_from | terminal_to, terminal_to, _strongest(ptdf) > 0)
    there = np.flatnonzero(to_end)
    ptdf[:, there] = np.stack([point.sensitivity(rows[there], nodes, at_to=True) for point in around])
    sign = np.where((terminal_from | terminal_to) & (_strongest(ptdf) > 0), -1.0, 1.0)
    return _Oriented(rounded(ptdf * sign[:, None]), to_end, sign)


def _strongest(ptdf: Floats) -> Floats:
    """The sensitivity of largest size of each element over points and nodes, shape (L,)."""
    highest, lowest = ptdf.max(axis=(0, 2)), ptdf.min(axis=(0, 2))
    return np.asarray(np.where(highest > -lowest, highest, lowest))


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
