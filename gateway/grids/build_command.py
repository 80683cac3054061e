"""Implementation of `flexgate grid build`; runs at the grid operator, without the gateway."""

import inspect
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pandapower as pp
import pandapower.networks
import pandapower.topology
from networkx import connected_components

from cim_profiles.findings import GridFileError
from gateway.domain.counted import counted
from gateway.domain.grid import Band, ReducedGridModel, Reference, Unit
from gateway.domain.market_time import Interval
from gateway.grids import exchange
from gateway.grids.build import INJECTING, ModelScope, NetworkError, OperatingPointSpec, build_model
from gateway.grids.build_report import BuildReport
from gateway.grids.cgmes.network import network as cgmes_network
from gateway.grids.chosen_elements import UNMOVED, UNREACHED
from gateway.grids.disclosure import conclusions, disclosure
from gateway.grids.element_labels import BRANCH_TABLES, branches_named, labels
from gateway.grids.pandapower_grid import island
from gateway.grids.pseudonyms import Pseudonyms
from gateway.grids.ratings import by_reason, grouped, named
from gateway.grids.row_candidates import RowKind


class PointFile(msgspec.Struct, forbid_unknown_fields=True):
    """One operating point of a points file: factors on the network's loads and generators, and Mvar per MW
    of activation."""

    name: str
    load: list[float]
    generation: list[float]
    reactive: float = 0.0


class PointsFile(msgspec.Struct, forbid_unknown_fields=True):
    """`{"operating_points": [{"name": "sunny", "load": [0.4, …], "generation": [0.0, …]}, …]}`."""

    operating_points: list[PointFile]


REACHABLE: Final = "reachable"
ALL: Final = "all"
LARGE_ERROR_PCT: Final = 10.0
_OR_LEVELS: Final = ", or state sensitivities along activation levels (--level-mw)"
_COMMON: Final = (UNMOVED, UNREACHED)
"""Reasons to leave out what needs no limit; every other one is a warning."""


@dataclass(frozen=True, slots=True)
class Names:
    """Published names in place of the network's own.

    Attributes:
        key_file: where the key is, or will be; None if the network's own names leave.
        agreed: file of a JSON object from a bus (name, or `bus 7`) to the id agreed for it; these buses are
            the connection points. None for every bus at which something is connected, under pseudonyms.
    """

    key_file: Path | None
    agreed: Path | None = None


def build_command(
    network: str,
    output: Path,
    *,
    grid_id: str,
    validity: Interval,
    band: Band,
    names: Names,
    points: Path | None = None,
    monitored: str = REACHABLE,
    more: Sequence[Path] = (),
    external_grid: int | None = None,
    area: str | None = None,
    max_loading_pct: float = 100.0,
    levels_mw: Sequence[float] = (),
    rows: Collection[RowKind] = (RowKind.FLOW,),
    voltage_pu: tuple[float, float] | None = None,
    report_file: Path | None = None,
    echo: Callable[[str], None] = print,
    warn: Callable[[str], None] = print,
) -> BuildReport:
    """Build a model, write it to `output`, and print its accuracy and what it discloses.

    Args:
        network: a pandapower JSON file of your own (reading one can run code; use no untrusted file), CGMES
            (a folder, a zip, an XML file), or the name of a network that comes with pandapower.
        more: further CGMES files, such as the boundary.
        output: where the model goes.
        names: what leaves in place of the network's own names.
        points: operating points as `PointsFile`; None for the state of the network as it is.
        monitored: `reachable` (what the band can bring to half of its limit), `all`, or a file that names one
            line or transformer a line.
        external_grid: which part of a network with several.
        rows, voltage_pu: see `ModelScope`.
        grid_id, validity, band, area, levels_mw: see `build_model`.
        max_loading_pct: see `ModelScope`.
        report_file: where everything goes that was left out, and what can be concluded from the model.
        echo, warn: print a line.

    Raises:
        NetworkError: no such network, a file that is none, or no model can be made; the text states why.
        PseudonymKeyFileError: the key file cannot be used.
        GridModelError: the model would be refused, e.g. for its name.
    """
    net = _network(network, more)
    key_is_new = names.key_file is not None and not names.key_file.exists()
    pseudonyms = None if names.key_file is None else Pseudonyms.of_file(names.key_file, grid_id)
    if external_grid is not None:
        net = island(net, external_grid)
    agreed = {} if names.agreed is None else _agreed(net, names.agreed)
    report = build_model(
        net,
        grid_id,
        validity,
        _points(points),
        band,
        scope=ModelScope(
            monitored=None if monitored in (REACHABLE, ALL) else _monitored(net, Path(monitored)),
            reachable_only=monitored == REACHABLE,
            connection_points=list(agreed) or None,
            max_loading_pct=max_loading_pct,
            rows=frozenset(rows),
            voltage_pu=voltage_pu,
        ),
        area=area,
        levels_mw=levels_mw,
    )
    called = labels(net, ["bus"])
    own = _renamed(report.model, {called["bus", bus]: known for bus, known in agreed.items()})
    model = own if pseudonyms is None else pseudonyms.disguised(own, agreed.values())
    data = exchange.write(model)
    if pseudonyms is not None and names.key_file is not None:
        pseudonyms.save(names.key_file)  # before the model: what leaves can always be resolved
    output.write_bytes(data)
    for line in warnings(report):
        warn(line)
    for line in _summary(report, output, len(data)):
        echo(line)
    if alone := _single_customers(net, report.model):
        echo(
            "the net load of one customer alone can be read off in every market time unit at "
            f"{counted(len(alone), 'bus', 'buses')}: {named(alone, 5)}"
        )
    if names.key_file is None:
        echo("the names of elements and connection points leave as they are in the network")
    else:
        key = (
            "a NEW key of the pseudonyms, which differ from those of any other key"
            if key_is_new
            else "the key of the pseudonyms"
        )
        echo(f"{names.key_file}: {key}; it stays with you, and later models need it")
    if report_file is not None:
        # It has names with pseudonyms: confidential, as the key file.
        with os.fdopen(os.open(report_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
            written.write("\n".join(_full(report, model, pseudonyms)) + "\n")
        echo(f"{report_file}: omitted parts, and conclusions from the model; do not share it")
    return replace(report, model=model)


def warnings(report: BuildReport) -> Iterator[str]:
    """Warnings of the report, one line each."""
    if report.overloaded_pct:
        worst = sorted(report.overloaded_pct.items(), key=lambda each: -each[1])
        shown = named([f"{name} {pct:.1f} %" for name, pct in worst])
        yield (
            f"OVERLOADED WITHOUT ANY ACTIVATION: {shown}. Bids that load these further will be available at "
            "most as far as others relieve them; check ratings and operating points"
        )
    if report.shut:
        yield (
            f"LIMIT BELOW THE FLOW WITHOUT ANY ACTIVATION: {named(report.shut)}. Bids that load these "
            "will be available at most as far as others relieve them, although they are within their "
            "ratings: other activations of the band lower voltages and so raise their currents. Narrow "
            "the band"
        )
    if report.error_worst_pct > LARGE_ERROR_PCT:
        along = "" if report.model.levels_mw() is not None else _OR_LEVELS
        yield (
            f"ERRORS UP TO {report.error_worst_pct:.1f} %: the grid is too far from linear within this band. "
            f"Narrow the band{along}"
        )
    if report.reactive:
        yield (
            f"LOADED BY REACTIVE POWER RATHER THAN ACTIVE: {named(report.reactive)}. "
            f"Their limits in MW are tightened by up to {report.tightened_pct:.0f} % and mean little"
        )
    unusable = [out for out in report.left_out if out.reason not in _COMMON]
    if unusable:
        yield f"NOT PROTECTED, because their ratings cannot be used: {grouped(unusable)}"
    if report.unlimited:
        yield f"NOT PROTECTED, because pandapower knows no rating of them: {named(report.unlimited)}"


def _agreed(net: Any, path: Path) -> dict[int, str]:
    """Agreed id of each bus of a connection points file."""
    try:
        content = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except msgspec.DecodeError as error:
        raise NetworkError(f"{path}: {error}") from error
    of = {label: index for (_, index), label in labels(net, ["bus"]).items()}
    unknown = [name for name in content if name not in of]
    if unknown:
        raise NetworkError(f"{path}: no bus is called {named([repr(name) for name in unknown], 3)}")
    return {of[name]: known for name, known in content.items()}


def _monitored(net: Any, path: Path) -> Mapping[str, Sequence[int]]:
    names = [line.strip() for line in path.read_text("utf-8").splitlines()]
    try:
        return branches_named(net, [name for name in names if name])
    except KeyError as error:
        raise NetworkError(f"{path}: no line or transformer is called {error}") from None


def _renamed(model: ReducedGridModel, known: Mapping[str, str]) -> ReducedGridModel:
    """The model with agreed ids of its connection points."""
    return replace(
        model,
        connection_points=tuple(known.get(name, name) for name in model.connection_points),
        reference=Reference(
            tuple((known.get(node, node), weight) for node, weight in model.reference.weights)
        ),
    )


def _network(name: str, more: Sequence[Path] = ()) -> Any:
    path = Path(name)
    if more or path.is_dir() or path.suffix.lower() in (".xml", ".zip"):
        try:
            return cgmes_network([path, *more]).net
        except GridFileError as error:
            raise NetworkError(str(error)) from error
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
        OperatingPointSpec(point.name, point.load, point.generation, point.reactive)
        for point in content.operating_points
    ]


def _summary(report: BuildReport, output: Path, size: int) -> Iterator[str]:
    model = report.model
    yield (
        f"{output}: {size / 1000:,.0f} kB, {counted(len(model.elements), 'element')}, "
        f"{counted(len(model.connection_points), 'connection point')}, "
        f"{counted(len(model.operating_points), 'operating point')}, "
        f"{counted(model.mtu_count, 'market time unit')}"
    )
    loading = ", ".join(f"{name} {pct:.1f} %" for name, pct in report.base_loading_pct.items())
    yield f"worst loading without activation: {loading}"
    yield (
        f"error of flow changes, in % of the largest change of the same element: worst "
        f"{report.error_worst_pct:.1f} % in {report.power_flows} AC power flows, median "
        f"{report.error_median_pct:.1f} % in the {report.significant} of them that move an element by a "
        f"tenth of that or more; stated {model.error_band_pct} %"
    )
    yield f"limits tightened by up to {report.tightened_pct:.1f} % to keep AC loading within the ratings"
    limited = any(element.unit is Unit.PER_UNIT for element in model.elements)
    yield (
        f"voltage {_range(report.base_voltage_pu)} without activation, "
        f"{_range(report.worst_voltage_pu)} in the {report.power_flows} sampled AC power flows"
        + (
            ""
            if limited
            else ", others may go further; VOLTAGE IS NOT LIMITED: narrow the band until you can answer for "
            "it, or have rows for it (--row voltage)"
        )
    )
    for reason, names in by_reason(out for out in report.left_out if out.reason in _COMMON).items():
        yield f"left out, because {reason}: {len(names)} ({named(names, 5)})"
    found = disclosure(model)
    in_tree = sum(len(branch.elements) for branch in found.branches)
    yield (
        f"the model discloses where {in_tree} of {len(model.elements)} elements are in the grid's "
        "tree (`flexgate grid disclosure` shows all that can be concluded)"
    )


def _single_customers(net: Any, model: ReducedGridModel) -> list[str]:
    """Buses of the only customer between elements of the model: its net load is a difference of their flows.

    A reader who knows less of the grid than this cannot be sure which buses these are, but reads the number.

    Args:
        model: with the network's own names.
    """
    called = labels(net, BRANCH_TABLES)
    published = {element.of_element or element.element_id for element in model.elements}
    graph = pp.topology.create_nxgraph(net, calc_branch_impedances=False)
    between = [
        (start, end, key) for start, end, key in graph.edges(keys=True) if called.get(key) in published
    ]
    graph.remove_edges_from(between)
    tables = [net[table] for table in INJECTING if table in net]
    connected = Counter(int(bus) for table in tables for bus in table.bus[table.in_service])
    supplied = set(net.ext_grid.bus[net.ext_grid.in_service])
    bus_names = labels(net, ["bus"])
    alone: set[int] = set()
    for buses in connected_components(graph):
        customers = [bus for bus in buses for _ in range(connected[bus])]
        if len(customers) == 1 and supplied.isdisjoint(buses):
            alone.update(customers)
    return [bus_names["bus", bus] for bus in sorted(alone)]


def _range(voltage_pu: tuple[float, float]) -> str:
    return "{:.3f}–{:.3f} p.u.".format(*voltage_pu)


def _full(report: BuildReport, model: ReducedGridModel, pseudonyms: Pseudonyms | None) -> Iterator[str]:
    yield f"Grid {model.grid_id}, {model.validity}"
    yield from warnings(report)
    yield f"Left out: {len(report.left_out)}"
    yield from (f"  {out}" for out in report.left_out)
    yield from conclusions(model, disclosure(model), str if pseudonyms is None else pseudonyms.shown)
