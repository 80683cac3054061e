"""Operating points of a full grid, solved and linearised.

Base flows are AC power flows of every market time unit. Sensitivities are those of the AC power flow at the
mean state of the operating point; averaging them over the day was measured to be no better.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gateway.domain.grid import Floats, Unit
from gateway.grids.ac import AcGrid, Complex, Linearisation, Numbers, PowerFlowError
from gateway.grids.pandapower_grid import GridData, NetworkError
from gateway.grids.row_candidates import RowKind, branch_rows, flow_rows, voltage_rows
from gateway.grids.rows import Rows, joined

_UNMOVED: Final = {Unit.MW: 1e-3, Unit.AMPERE: 1e-2, Unit.PER_UNIT: 1e-6}
"""Per MW; less than that is the echo of a voltage, not a flow of the activation."""
_BLOCK: Final = 512
"""Branches whose sensitivities are in memory together, until it is known which of them are selected."""


@dataclass(frozen=True, eq=False)
class OperatingPointSpec:
    """Load and static generation of one operating point as factors on the network's own values.

    Attributes:
        name: e.g. `sunny`.
        load, generation: factor per market time unit, shape (T,), or per unit and table row in service,
            shape (T, rows).
        reactive: Mvar injected per MW of activation, at every connection point: ±0.329 at cos φ 0.95.
    """

    name: str
    load: ArrayLike
    generation: ArrayLike
    reactive: float = 0.0


@dataclass(frozen=True, eq=False)
class LinearPoint:
    """One operating point: its solved states and the linear model around them.

    R rows, N connection points, T states, n buses.

    Attributes:
        injection, voltage: of each state, per unit, shape (n, T).
        ptdf: change of each row per MW at a connection point, shape (R, N), rounded as it leaves.
        rows: what the rows are.
        nodes: bus of each connection point, shape (N,).
        reactive: Mvar injected per MW of activation.
    """

    ac: AcGrid
    injection: Complex
    voltage: Complex
    ptdf: Floats
    rows: Rows
    nodes: Numbers
    reactive: float

    @cached_property
    def base(self) -> Floats:
        """Value of the rows in each state, less their offsets, shape (R, T), rounded as it leaves."""
        return self.rows.rounded(self.rows.values(self.ac, self.voltage))

    @property
    def sensitivities(self) -> Floats:
        """Sensitivities between which the flow is interpolated: one set, shape (1, R, N)."""
        return self.ptdf[None]

    def linear(self, activations: Floats, states: Numbers) -> Floats:
        """Value by the linear model of activations (N, S) from the `states` (S,), shape (R, S)."""
        return np.asarray(self.base[:, states] + self.ptdf @ activations)

    def values(self, voltage: Complex) -> Floats:
        """Of the rows in solved states (n, S), less their offsets, shape (R, S)."""
        return self.rows.values(self.ac, voltage)

    def loading(self, voltage: Complex) -> Floats:
        """Of what each row protects, 1 = at its limit, shape (R, S)."""
        return self.rows.loading(self.ac, voltage)

    def activated(self, activations: Floats, states: Numbers) -> Complex:
        """Injections (n, S) of activations (N, S) from the `states` (S,)."""
        injection: Complex = self.injection[:, states].copy()
        power = activations * (1 + 1j * self.reactive) if self.reactive else activations
        np.add.at(injection, self.nodes, power / self.ac.base_mva)
        return injection


def around_state(around: Linearisation, rows: Rows, nodes: Numbers, reactive: float) -> Floats:
    """Sensitivities (R, N) of the rows around one solved state, rounded as they leave."""
    ac, voltage = around.grid, around.voltage
    found = np.empty((len(rows), len(nodes)))
    for start in range(0, len(rows), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(rows)))
        some = rows[block]
        active, by_reactive = around.slopes(some.gradient(ac, voltage[:, None]))
        found[block] = (active[nodes] + reactive * by_reactive[nodes]).T / ac.base_mva
    return rows.rounded(found, -1)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows a model has.

    Attributes:
        points: of the selected rows, one for each operating point.
        unmoved: branches and buses that no connection point moves, by name.
        unreached: those that were moved, of which no row was chosen.
    """

    points: list[LinearPoint]
    unmoved: tuple[str, ...]
    unreached: tuple[str, ...]


Wanted = Callable[[Sequence[LinearPoint]], NDArray[np.bool_]]
"""Which of the rows of these points shall be in the model; shape (R,)."""


def linear_points(
    data: GridData,
    specs: Sequence[OperatingPointSpec],
    nodes: Numbers,
    wanted: Wanted,
    kinds: Collection[RowKind] = (RowKind.FLOW,),
) -> Choice:
    """Solve every state and linearise, a block of branches or buses at a time.

    `nodes` is the bus of each connection point.

    Raises:
        NetworkError: a profile of the wrong shape, a state without power flow, no branch that is moved.
    """
    injections = [_injection(data, spec) for spec in specs]
    if len({injection.shape[1] for injection in injections}) != 1:
        raise NetworkError("at least one operating point is needed, all with the same market time units")
    ac = data.ac
    try:
        voltages = [ac.solve(injection) for injection in injections]
        means = [ac.solve(injection.mean(axis=1, keepdims=True))[:, 0] for injection in injections]
    except PowerFlowError as error:
        raise NetworkError(f"an operating point has no power flow: {error}") from error
    around = [ac.linearised(mean) for mean in means]

    def points_of(rows: Rows) -> list[LinearPoint]:
        return [
            LinearPoint(
                ac,
                injection,
                voltage,
                around_state(linear, rows, nodes, spec.reactive),
                rows,
                nodes,
                spec.reactive,
            )
            for spec, injection, voltage, linear in zip(specs, injections, voltages, around, strict=True)
        ]

    parts: list[list[LinearPoint]] = []
    moved: dict[str, bool] = {}
    reached: dict[str, bool] = {}
    for rows in _candidates(data, around, nodes, kinds):
        points = points_of(rows)
        largest = np.max([np.abs(point.ptdf).max(axis=1) for point in points], axis=0)
        moving = largest > np.array([_UNMOVED[about.unit] for about in rows.about])
        chosen = moving & wanted(points)
        for about, moves, chooses in zip(rows.about, moving.tolist(), chosen.tolist(), strict=True):
            moved[about.of] = moved.get(about.of, False) or moves
            reached[about.of] = reached.get(about.of, False) or chooses
        parts.append([selected(point, np.flatnonzero(chosen)) for point in points])
    if not any(moved.values()):
        raise NetworkError("no monitored element is moved by any connection point")
    return Choice(
        points=[stacked(each) for each in zip(*parts, strict=True)],
        unmoved=tuple(name for name, moves in moved.items() if not moves),
        unreached=tuple(name for name, moves in moved.items() if moves and not reached[name]),
    )


def selected(point: LinearPoint, rows: Numbers) -> LinearPoint:
    """The point with these of its rows, in this order."""
    return replace(point, rows=point.rows[rows], ptdf=point.ptdf[rows])


def stacked(points: Sequence[LinearPoint]) -> LinearPoint:
    """One operating point with the rows of all of these, which are of the same one."""
    rows = joined([point.rows for point in points])
    return replace(points[0], rows=rows, ptdf=np.vstack([point.ptdf for point in points]))


def _candidates(
    data: GridData,
    around: Sequence[Linearisation],
    nodes: Numbers,
    kinds: Collection[RowKind],
) -> Iterator[Rows]:
    """Every row that the model may have, a block of branches or buses at a time.

    A branch is directed away from the reference: an injection beyond it lowers what enters its near end.
    """
    size = _BLOCK if RowKind.CURRENT not in kinds else _BLOCK // 16
    for start in range(0, len(data.names), size):
        branches = np.arange(start, min(start + size, len(data.names)))
        entering = flow_rows(data, branches, np.zeros(len(branches), dtype=np.bool_), np.ones(len(branches)))
        ptdf = np.stack([around_state(linear, entering, nodes, 0.0) for linear in around])
        yield branch_rows(data, branches, _strongest(ptdf) > 0, kinds)
    if RowKind.VOLTAGE in kinds:
        rows = voltage_rows(data)
        for start in range(0, len(rows), _BLOCK):
            yield rows[np.arange(start, min(start + _BLOCK, len(rows)))]


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
