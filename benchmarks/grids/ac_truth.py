"""Does what a model allows hold in AC: random activations to the model's boundary, judged by another solver.

The model is read from its file, as a gateway reads it; nothing else of it is known here.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandapower.networks
from numpy.typing import NDArray

from benchmarks.grids.case import Case, memory_mb
from benchmarks.grids.oracle import Oracle
from gateway.domain.grid import Band, ReducedGridModel
from gateway.domain.market_time import local_day
from gateway.grids import exchange
from gateway.grids.build import ModelScope, OperatingPointSpec, build_model
from gateway.grids.row_candidates import RowKind

Floats = NDArray[np.float64]
TAN_PHI: Final = float(np.tan(np.arccos(0.95)))
SCENARIOS: Final = (
    OperatingPointSpec("forecast", [1.0], [1.0]),
    OperatingPointSpec("high load, dull, over-excited", [1.1], [0.8], TAN_PHI),
    OperatingPointSpec("high load, dull, under-excited", [1.1], [0.8], -TAN_PHI),
    OperatingPointSpec("low load, sunny, over-excited", [0.9], [1.2], TAN_PHI),
    OperatingPointSpec("low load, sunny, under-excited", [0.9], [1.2], -TAN_PHI),
)
"""Load ±10 %, sun ±20 %, activations at cos φ 1 and at 0.95 of both signs: five operating points."""
BEYOND: Final = 1e-3
"""Of its limit: what no row may exceed."""
_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid, and for which activations its model is made."""

    name: str
    make: Callable[[], Any]
    band: Band
    voltage_pu: tuple[float, float]


def _oberrhein() -> Any:
    net = pandapower.networks.mv_oberrhein(separation_by_sub=True)[0]
    net.sgen["scaling"] = 1.0
    return net


def _cigre() -> Any:
    net = pandapower.networks.create_cigre_network_mv(with_der="pv_wind")
    net.trafo["df"] = (
        1.3  # as published its transformer is at 106 % with 10 % more load, before any activation
    )
    return net


def _kerber() -> Any:
    return pandapower.networks.create_kerber_landnetz_kabel_1()


def _case33() -> Any:
    net = pandapower.networks.case33bw()
    net.line["max_i_ka"] = 0.3
    for column in ("const_z_p_percent", "const_z_q_percent", "const_i_p_percent", "const_i_q_percent"):
        net.load[column] = 0.0
    return net


GRIDS: Final = (
    Grid("mv_oberrhein", _oberrhein, Band(-10.0, 10.0, 2.0), (0.95, 1.05)),
    Grid("CIGRE MV with DER", _cigre, Band(-8.0, 8.0, 2.0), (0.90, 1.10)),
    Grid("Kerber Landnetz Kabel 1", _kerber, Band(-0.15, 0.15, 0.03), (0.90, 1.10)),
    Grid("case33bw, 300 A", _case33, Band(-2.0, 2.0, 0.5), (0.88, 1.05)),
)


def cases(directions: int, bisected: int, only: str | None = None) -> Iterator[Case]:
    """A case for each grid: so many directions judged, so many of them also bisected in AC."""
    for grid in GRIDS:
        if only is None or only in grid.name:
            yield _case(grid, directions, bisected)


def _case(grid: Grid, directions: int, bisected: int) -> Case:
    warnings.filterwarnings("ignore")
    net = grid.make()
    started = time.perf_counter()
    report = build_model(
        net,
        "TEST-truth",
        local_day(date(2026, 6, 17)),
        SCENARIOS,
        grid.band,
        scope=ModelScope(
            reachable_only=True,
            rows=frozenset({RowKind.CURRENT, RowKind.VOLTAGE}),
            voltage_pu=grid.voltage_pu,
        ),
    )
    model = exchange.read(exchange.write(report.model))
    seconds = time.perf_counter() - started
    truth = _Truth(Oracle(net, *grid.voltage_pu), net, model)
    rng = np.random.default_rng(2026)
    worst, beyond, judged = -np.inf, 0, 0
    started = time.perf_counter()
    shares: list[tuple[float, float]] = []
    while judged < directions:
        drawn = random_directions(rng, len(truth.nodes), min(5_000, directions - judged), grid.band)
        allowed = drawn * boundary(model, truth.columns, drawn, grid.band)
        excess = truth.excess(allowed)
        worst, beyond = max(worst, float(excess.max())), beyond + int((excess > BEYOND).sum())
        judged += drawn.shape[1]
        if len(shares) < bisected:
            some = drawn[:, : bisected - len(shares)]
            of_model = np.abs(allowed[:, : some.shape[1]]).sum(axis=0)
            of_ac = np.abs(some * truth.bisected(some, grid.band)).sum(axis=0)
            shares += zip(of_model.tolist(), of_ac.tolist(), strict=True)
    of_model_mw, of_ac_mw = np.sum(shares, axis=0)
    equality = truth.oracle.equality
    return Case(
        name=f"AC truth: {grid.name}",
        seconds=round(seconds, 2),
        memory_mb=round(memory_mb()),
        worst_pct=round(100 * worst, 4),
        volume_share=round(float(of_model_mw / of_ac_mw), 4),
        violations=beyond,
        note=(
            f"{directions:,} directions, {len(SCENARIOS)} operating points, {len(model.elements)} rows, "
            f"{bisected:,} directions bisected; judged in {time.perf_counter() - started:.0f} s by "
            f"power-grid-model, equal to pandapower within {equality[0]:.1e} p.u. and {equality[1]:.1e} A"
        ),
    )


def random_directions(rng: np.random.Generator, nodes: int, count: int, band: Band) -> Floats:
    """Directions (nodes, count): of one point to all of them, all up, all down or mixed, of any sizes."""
    chosen = np.argsort(rng.random((nodes, count)), axis=0) < np.ceil(nodes ** rng.random(count))
    size = rng.random((nodes, count)) ** rng.choice([0.0, 1.0, 3.0], count) * chosen
    kind = rng.integers(0, 4, count)
    mixed = rng.choice([-1.0, 1.0], (nodes, count))
    sign = np.where(kind == 0, 1.0, np.where(kind == 1, -1.0, mixed))
    direction: Floats = size * sign * band.highest_mw / size.sum(axis=0)
    return direction


def _of_band(direction: Floats, band: Band) -> Floats:
    """How far each direction stays within the band, shape (S,)."""
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.minimum.reduce(
                [
                    band.highest_mw / np.maximum(direction, 0).sum(axis=0),
                    -band.lowest_mw / np.maximum(-direction, 0).sum(axis=0),
                    band.point_mw / np.abs(direction).max(axis=0),
                ]
            )
        )


def boundary(model: ReducedGridModel, columns: NDArray[np.intp], direction: Floats, band: Band) -> Floats:
    """How far each direction goes until a row of the model is at its limit, shape (S,)."""
    lower, upper = model.limits_mw()
    far = _of_band(direction, band)
    for point in model.operating_points:
        change = point.ptdf[:, columns] @ direction
        for base in point.base_flow_mw:
            margin = np.where(
                change > 0, np.maximum(upper - base, 0)[:, None], np.maximum(base - lower, 0)[:, None]
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                reach = np.where(change != 0, margin / np.abs(change), np.inf)
            far = np.minimum(far, reach.min(axis=0))
    return far


class _Truth:
    def __init__(self, oracle: Oracle, net: Any, model: ReducedGridModel) -> None:
        names = {str(name): int(bus) for bus, name in net.bus.name.items() if name is not None}
        bus_of = [names.get(name) for name in model.connection_points]
        numbered = [
            int(name.removeprefix("bus ")) if found is None else found
            for name, found in zip(model.connection_points, bus_of, strict=True)
        ]
        reference = {node for node, _ in model.reference.weights}
        kept = [row for row, name in enumerate(model.connection_points) if name not in reference]
        self.oracle = oracle
        self.columns = np.array(kept, dtype=np.intp)
        self.nodes = np.array([oracle.position[numbered[row]] for row in kept], dtype=np.intp)
        self._base = [
            (
                *oracle.injections(net, float(np.ravel(s.load)[0]), float(np.ravel(s.generation)[0])),
                s.reactive,
            )
            for s in SCENARIOS
        ]

    def excess(self, activations: Floats) -> Floats:
        """The worst excess in any of the states, as a share of the limit, of activations (nodes, S)."""
        worst = np.full(activations.shape[1], -np.inf)
        for active, reactive, per_mw in self._base:
            p = np.repeat(active[None], activations.shape[1], axis=0)
            q = np.repeat(reactive[None], activations.shape[1], axis=0)
            np.add.at(p.T, self.nodes, activations)
            np.add.at(q.T, self.nodes, per_mw * activations)
            worst = np.maximum(worst, self.oracle.excess(p, q))
        return worst

    def bisected(self, direction: Floats, band: Band) -> Floats:
        """How far each direction goes in AC until some state is beyond a limit, shape (S,)."""
        most = _of_band(direction, band)
        low, high = np.zeros(direction.shape[1]), most.copy()
        whole = self.excess(direction * most) <= 0
        low[whole] = most[whole]
        for _ in range(_STEPS):
            open_ = np.flatnonzero(~whole)
            middle = (low + high)[open_] / 2
            fits = self.excess(direction[:, open_] * middle) <= 0
            low[open_[fits]], high[open_[~fits]] = middle[fits], middle[~fits]
        return low
