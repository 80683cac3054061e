"""A pandapower network of CGMES files, in the state that they describe. Names are mRIDs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandapower as pp
from scipy import sparse
from scipy.sparse import csgraph

from cim_profiles.bindings import EnergyConsumer, LoadResponseCharacteristic
from cim_profiles.columns import Floats, Numbers
from cim_profiles.grid_files import GridFiles, read
from gateway.grids.cgmes.branches import Joints, Lines, branches
from gateway.grids.cgmes.injections import Injection, injections, refuse_dead, shunts
from gateway.grids.cgmes.limits import ratings_ka
from gateway.grids.cgmes.state import State, state
from gateway.grids.cgmes.tap_changers import taps
from gateway.grids.cgmes.topology import Topology, topology
from gateway.grids.cgmes.transformers import Transformers, transformers

_HZ: Final = 50.0
_ALIVE_PU: Final = 0.01


@dataclass(frozen=True, eq=False)
class GridNetwork:
    """A network and what it was made of.

    Attributes:
        net: the pandapower network; its first buses are those of `topology`.
        topology, state: what the files say.
        branch_count, transformer_count, injection_count: what the network has.
        remarks: what is unusual.
    """

    net: Any
    topology: Topology
    state: State
    branch_count: int
    transformer_count: int
    injection_count: int
    remarks: tuple[str, ...]


def network(paths: Sequence[Path]) -> GridNetwork:
    """Read CGMES files and make a network of them.

    Raises:
        GridFileError: what is wrong, with file, line and rule.
    """
    return network_of(read(paths))


def network_of(files: GridFiles) -> GridNetwork:
    """The network of files that are read already.

    Raises:
        GridFileError: what is wrong, with file, line and rule.
    """
    top = topology(files)
    solved = state(top)
    rated = ratings_ka(top)
    lines, joints = branches(top, rated)
    trafos = transformers(top, taps(top, solved), rated)
    feeds = injections(top, solved)
    island = _islands(top, lines, joints, trafos)
    base_kv = _base_kv(top, lines, joints, trafos)
    slacks = _slacks(top, solved, feeds, island)
    net = pp.create_empty_network(f_hz=_HZ, sn_mva=100.0)
    _add_buses(net, top, base_kv, trafos, np.isin(island, [island[bus] for bus in slacks]))
    _add_lines(net, lines, joints)
    _add_transformers(net, trafos)
    for name, bus, g, b in [*shunts(top, solved), *trafos.shunts]:
        squared = float(net.bus.vn_kv.iloc[bus]) ** 2
        pp.create_shunt(net, bus, q_mvar=-b * squared, p_mw=g * squared, name=name)
    _add_injections(net, feeds, slacks, solved, base_kv)
    dead = len(set(island[: len(top.names)])) - len({island[bus] for bus in slacks})
    remarks = [*files.remarks]
    if joints.unmeasured:
        remarks.append(
            f"{len(joints.unmeasured)} lines without impedance join nodes: {joints.unmeasured[0]} …"
        )
    if dependent := _voltage_dependent(files):
        remarks.append(
            f"{dependent} loads depend on the voltage by their response; they are taken as constant"
        )
    if dead:
        remarks.append(f"{dead} islands without power are out of service")
    return GridNetwork(net, top, solved, len(lines.names), trafos.count, len(feeds), tuple(remarks))


def _voltage_dependent(files: GridFiles) -> int:
    """How many loads have a response with a voltage exponent, or a share of constant current or impedance."""
    known = files.table(LoadResponseCharacteristic)
    shares = [known.pVoltageExponent, known.qVoltageExponent, known.pConstantImpedance]
    shares += [known.pConstantCurrent, known.qConstantImpedance, known.qConstantCurrent]
    depends = np.append(np.nansum(np.abs(shares), axis=0) > 0, False)
    return sum(
        int(depends[files.rows(LoadResponseCharacteristic, table.LoadResponse)].sum())
        for table in files.below(EnergyConsumer)
    )


def _graph(count: int, pairs: Sequence[tuple[int, int]]) -> Numbers:
    start, end = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    graph = sparse.coo_array((np.ones(len(start)), (start, end)), shape=(count, count))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def _islands(top: Topology, lines: Lines, joints: Joints, trafos: Transformers) -> Numbers:
    """Island of each bus and star point, over what conducts."""
    pairs = [
        (start, end)
        for start, end, live, opened in zip(
            lines.from_bus, lines.to_bus, lines.in_service, lines.open_end, strict=True
        )
        if live and opened < 0
    ]
    pairs += [two for two, closed in zip(joints.buses, joints.closed, strict=True) if closed]
    pairs += [
        (start, end)
        for start, end, live in zip(trafos.hv_bus, trafos.lv_bus, trafos.in_service, strict=True)
        if live
    ]
    return _graph(len(top.names) + len(trafos.stars), pairs)


def _base_kv(top: Topology, lines: Lines, joints: Joints, trafos: Transformers) -> Floats:
    """Base voltage per bus: one for all buses that are joined without a transformer, the most frequent one.

    A line between nodes of 220 and 225 kV is no transformer, but would be one in per unit of each.
    """
    count = len(top.names)
    pairs = [*zip(lines.from_bus, lines.to_bus, strict=True), *joints.buses]
    level = _graph(count, pairs)
    base = np.array([*top.nominal_kv, *(kv for _, kv in trafos.stars)], dtype=np.float64)
    for each in np.unique(level):
        members = np.flatnonzero(level == each)
        kinds, times = np.unique(top.nominal_kv[members], return_counts=True)
        if len(kinds) > 1:
            base[members] = kinds[np.argmax(times)]
    return base


def _slacks(top: Topology, solved: State, feeds: Sequence[Injection], island: Numbers) -> dict[int, float]:
    """Angle in degrees at the reference bus of each island.

    Raises:
        GridFileError: no reference for an island with power.
    """
    found: dict[int, float] = {}
    done: set[int] = set()
    holding = [each for each in feeds if each.priority < np.inf]
    ranked = sorted(holding, key=lambda each: (each.priority, -abs(each.p)))
    rest = sorted((each for each in feeds if each.target_kv > 0), key=lambda each: -abs(each.p))
    for bus in [*solved.references, *(each.bus for each in ranked), *(each.bus for each in rest)]:
        if int(island[bus]) not in done:
            done.add(int(island[bus]))
            found[bus] = float(np.nan_to_num(solved.degree[bus]))
    for each in feeds:
        where = int(island[each.bus])
        alive = not solved.kv[each.bus] < _ALIVE_PU * top.nominal_kv[each.bus]
        if where not in done and (each.p or each.q) and alive:
            members = [top.names[bus] for bus in np.flatnonzero(island[: len(top.names)] == where)]
            raise refuse_dead(each.place, members, len(members))
    return found


def _add_buses(net: Any, top: Topology, base_kv: Floats, trafos: Transformers, alive: Any) -> None:
    names = [*top.names, *(name for name, _ in trafos.stars)]
    pp.create_buses(net, len(names), vn_kv=base_kv, name=names, in_service=alive)


def _add_lines(net: Any, lines: Lines, joints: Joints) -> None:
    if lines.names:
        pp.create_lines_from_parameters(
            net,
            lines.from_bus,
            lines.to_bus,
            length_km=1.0,
            r_ohm_per_km=lines.r_ohm,
            x_ohm_per_km=lines.x_ohm,
            c_nf_per_km=np.array(lines.b_siemens) / (2 * np.pi * _HZ) * 1e9,
            g_us_per_km=np.array(lines.g_siemens) * 1e6,
            max_i_ka=lines.max_i_ka,
            name=lines.names,
            in_service=lines.in_service,
        )
    for line, side in enumerate(lines.open_end):
        if side >= 0:
            bus = (lines.from_bus, lines.to_bus)[side][line]
            pp.create_switch(net, bus, line, et="l", closed=False, name=f"{lines.names[line]} {side + 1}")
    if joints.names:
        one, two = zip(*joints.buses, strict=True)
        pp.create_switches(net, one, two, et="b", closed=joints.closed, name=joints.names)


def _add_transformers(net: Any, trafos: Transformers) -> None:
    if not trafos.names:
        return
    sn = np.array(trafos.sn_mva)
    r, x = np.array(trafos.r_ohm), np.array(trafos.x_ohm)
    percent = 100 * sn / np.array(trafos.vn_lv_kv) ** 2
    pp.create_transformers_from_parameters(
        net,
        trafos.hv_bus,
        trafos.lv_bus,
        sn_mva=sn,
        vn_hv_kv=trafos.vn_hv_kv,
        vn_lv_kv=trafos.vn_lv_kv,
        vk_percent=np.where(x < 0, -1, 1) * np.hypot(r, x) * percent,
        vkr_percent=r * percent,
        pfe_kw=0.0,
        i0_percent=0.0,
        shift_degree=trafos.shift_degree,
        name=trafos.names,
        in_service=trafos.in_service,
    )


def _add_injections(
    net: Any, feeds: Sequence[Injection], slacks: dict[int, float], solved: State, base_kv: Floats
) -> None:
    held: dict[int, float] = {}
    for each in feeds:
        if each.target_kv > 0:
            held.setdefault(each.bus, each.target_kv / float(base_kv[each.bus]))
    for bus, degree in slacks.items():
        kv = solved.kv[bus]
        voltage = float(kv / base_kv[bus]) if kv > 0 else held.get(bus, 1.0)
        pp.create_ext_grid(net, bus, vm_pu=voltage, va_degree=degree, name=f"reference {bus}")
    for each in feeds:
        if each.bus in slacks and (each.target_kv > 0 or each.priority < np.inf):
            continue  # this is the reference, which takes what is left
        if each.is_load:
            pp.create_load(net, each.bus, p_mw=-each.p, q_mvar=-each.q, name=each.name)
        elif each.target_kv > 0 and each.bus not in slacks:
            pp.create_gen(net, each.bus, p_mw=each.p, vm_pu=held[each.bus], name=each.name)
        else:
            pp.create_sgen(net, each.bus, p_mw=each.p, q_mvar=each.q, name=each.name)
