"""What `flexgate grid build` does; runs at the grid operator, without the gateway."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pandapower as pp
import pandapower.networks

from gateway.domain.market_time import Interval
from gateway.grids import exchange
from gateway.grids.build import Band, BuildReport, NetworkError, OperatingPointSpec, build_model
from gateway.grids.pandapower_grid import island


class PointFile(msgspec.Struct, forbid_unknown_fields=True):
    """One operating point of a points file: factors on the network's loads and static generators."""

    name: str
    load: list[float]
    generation: list[float]


class PointsFile(msgspec.Struct, forbid_unknown_fields=True):
    """`{"operating_points": [{"name": "sunny", "load": [0.4, …], "generation": [0.0, …]}, …]}`."""

    operating_points: list[PointFile]


def build_command(
    network: str,
    output: Path,
    *,
    grid_id: str,
    validity: Interval,
    band: Band,
    points: Path | None = None,
    external_grid: int | None = None,
    area: str | None = None,
    max_loading_pct: float = 100.0,
    levels_mw: Sequence[float] = (),
    echo: Callable[[str], None] = print,
) -> BuildReport:
    """Build a model, write it to `output` and say what it is worth.

    Args:
        network: a pandapower JSON file of your own (reading one can run code; never take a stranger's), or
            the name of a network that comes with pandapower, e.g. `mv_oberrhein`.
        output: where the model goes.
        points: operating points as `PointsFile`; None for the state of the network as it is.
        external_grid: which part of a network with several.
        grid_id, validity, band, area, max_loading_pct, levels_mw: see `build_model`.
        echo: prints a line.

    Raises:
        NetworkError: no such network, a points file that is none, or no model can be made; says why.
        GridModelError: the model would be refused, e.g. for its name.
    """
    net = _network(network)
    if external_grid is not None:
        net = island(net, external_grid)
    report = build_model(
        net,
        grid_id,
        validity,
        _points(points),
        band,
        area=area,
        max_loading_pct=max_loading_pct,
        levels_mw=levels_mw,
    )
    data = exchange.write(report.model)
    output.write_bytes(data)
    for line in _summary(report, output, len(data)):
        echo(line)
    return report


def _network(name: str) -> Any:
    path = Path(name)
    if path.is_file():
        try:
            net = pp.from_json(str(path))
        except Exception as error:
            raise NetworkError(f"{path} is no pandapower network: {error}") from error
        if not isinstance(net, pp.pandapowerNet):
            raise NetworkError(f"{path} is no pandapower network")
        return net
    make = getattr(pandapower.networks, name, None)
    if not inspect.isfunction(make) or not make.__module__.startswith("pandapower.networks"):
        raise NetworkError(f"{name!r} is neither a file nor a network that comes with pandapower")
    return make()


def _points(path: Path | None) -> list[OperatingPointSpec]:
    if path is None:
        return [OperatingPointSpec("as given", [1.0], [1.0])]
    try:
        content = msgspec.json.decode(path.read_bytes(), type=PointsFile)
    except msgspec.DecodeError as error:
        raise NetworkError(f"{path}: {error}") from error
    return [
        OperatingPointSpec(point.name, point.load, point.generation) for point in content.operating_points
    ]


def _summary(report: BuildReport, output: Path, size: int) -> tuple[str, ...]:
    model = report.model
    loading = ", ".join(f"{name} {pct:.0f} %" for name, pct in report.base_loading_pct.items())
    shape = (
        f"{len(model.elements)} elements, {len(model.connection_points)} connection points, "
        f"{len(model.operating_points)} operating points, {model.mtu_count} market time units"
    )
    errors = f"median {report.error_median_pct:.1f} %, worst {report.error_worst_pct:.1f} %"
    return (
        f"{output}: {size / 1000:,.0f} kB, {shape}",
        f"worst loading without activation: {loading}",
        f"error in {report.power_flows} AC power flows: {errors}; stated {model.error_band_pct} %",
        f"limits tightened by up to {report.tightened_pct:.1f} % to keep AC loading within the ratings",
        f"left out, because no connection point moves them: {', '.join(report.left_out) or 'none'}",
    )
