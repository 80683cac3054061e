"""From a pandapower network to the arrays of an AC power flow. Runs at the grid operator, in tools only."""

import copy
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandapower as pp
from scipy import sparse
from scipy.sparse import csgraph

from gateway.domain.grid import ElementKind, Floats
from gateway.grids.ac import AcGrid, Complex, Numbers
from gateway.grids.element_labels import BRANCH_TABLES, labels
from gateway.grids.ratings import WINDINGS, LeftOut, grouped, ratings

_BASE_KV: Final = 9
"""Column of the nominal voltage in pypower's bus matrix."""
_KINDS: Final = {
    "line": ElementKind.LINE,
    "trafo": ElementKind.TRANSFORMER,
    "trafo3w": ElementKind.TRANSFORMER,
}
_UNLIMITED: Final = ("impedance", "dcline", "tcsc")
"""Tables of elements with a flow but no thermal rating in pandapower."""
_VARIABLE_ADMITTANCE: Final = ("svc", "ssc", "tcsc", "vsc")
_VOLTAGE_DEPENDENCE: Final = (
    "const_z_p_percent",
    "const_z_q_percent",
    "const_i_p_percent",
    "const_i_q_percent",
)

# Our power flows need no numba; pandapower would warn every user that it is missing.
logging.getLogger("pandapower.auxiliary").addFilter(lambda record: "numba" not in record.getMessage())


class NetworkError(ValueError):
    """A network from which no reduced model can be made; the text states what to change."""


@dataclass(frozen=True, eq=False)
class Injectors:
    """Loads or static generators: position and complex power (per unit, injection positive) of each."""

    bus: Numbers
    power: Complex


@dataclass(frozen=True, eq=False)
class GridData:
    """Data of m monitored branches and n buses of a network.

    Attributes:
        ac: the power flow arrays; branches in the order of `names`.
        names, kinds: of the branches; every winding of a three-winding transformer is one.
        rating_from, rating_to: current ratings at both ends, per unit, shape (m,); infinite at the inner end
            of a winding.
        loads, generators: what profiles scale: loads, then asymmetric ones; static generators likewise.
        injection: of the solved state, per unit, shape (n,).
        position: position in the arrays of each pandapower bus in service.
        reference: pandapower buses of the balancing grids, with weights summing to 1.
        bus_names: a unique name of each bus in `position`.
        base_ka: per unit current of each bus in kA, shape (n,).
        voltage_range: lowest and highest voltage that the network states, p.u., shape (2, n); NaN where it
            states none.
        internal_names: a name of each of the n buses; of buses that a closed switch joins, of the first.
        unrated: monitored branches that are left out because their rating cannot be used.
        unlimited: elements with a flow that cannot have a limit, by name.
    """

    ac: AcGrid
    names: tuple[str, ...]
    kinds: tuple[ElementKind, ...]
    rating_from: Floats
    rating_to: Floats
    loads: Injectors
    generators: Injectors
    injection: Complex
    position: Mapping[int, int]
    reference: tuple[tuple[int, float], ...]
    bus_names: Mapping[int, str]
    base_ka: Floats
    voltage_range: Floats
    internal_names: Mapping[int, str]
    unrated: tuple[LeftOut, ...] = ()
    unlimited: tuple[str, ...] = ()

    def select(self, rows: Numbers) -> "GridData":
        """The same grid with only these of its monitored branches."""
        ac = replace(
            self.ac,
            admittance_from=self.ac.admittance_from[rows],
            admittance_to=self.ac.admittance_to[rows],
            bus_from=self.ac.bus_from[rows],
            bus_to=self.ac.bus_to[rows],
        )
        return replace(
            self,
            ac=ac,
            names=tuple(self.names[row] for row in rows),
            kinds=tuple(self.kinds[row] for row in rows),
            rating_from=self.rating_from[rows],
            rating_to=self.rating_to[rows],
        )


def grid_data(network: Any, monitored: Mapping[str, Sequence[int]] | None = None) -> GridData:
    """The arrays of a pandapower network, which stays as it is.

    Args:
        network: a pandapower network with one connected grid that its own power flow solves.
        monitored: indices by table (`line`, `trafo`, `trafo3w`); None for all in service. Elements without
            usable rating is left out and named.

    Raises:
        NetworkError: no power flow, several islands, FACTS devices, voltage-dependent loads, a monitored
            element that is unknown or out of service, none with a usable rating.
    """
    net = copy.deepcopy(network)
    _refuse_unsupported(net)
    try:
        pp.runpp(net, numba=False)
    except pp.LoadflowNotConverged as error:
        raise NetworkError("the network's own power flow does not converge") from error
    internal = net["_ppc"]["internal"]
    lookup = net["_pd2ppc_lookups"]["bus"]
    count = len(internal["V"])
    position = {int(bus): int(lookup[bus]) for bus in net.bus.index if 0 <= lookup[bus] < count}
    reference = _reference(net, position)
    branches = [_branches(net, table, monitored) for table in _KINDS]
    rows = np.concatenate([found.rows for found in branches])
    if not len(rows):
        raise NetworkError("no line or transformer is monitored")
    ac = _ac_grid(internal, rows, position, reference)
    rated = [ratings(net, table, found.index) for table, found in zip(_KINDS, branches, strict=True)]
    ka = np.hstack([each.ka for each in rated])
    base_ka = ac.base_mva / (np.sqrt(3) * np.real(internal["bus"][:, _BASE_KV]))
    names = tuple(name for found in branches for name in found.names)
    faults = [fault for each in rated for fault in each.faults]
    usable = np.flatnonzero([not fault for fault in faults])
    unrated = tuple(LeftOut(name, fault) for name, fault in zip(names, faults, strict=True) if fault)
    if not len(usable):
        raise NetworkError(
            f"no monitored element has a usable rating: {grouped(unrated, 3)}. "
            'Add ratings to the network, such as net.line["max_i_ka"] = 0.3, save it with '
            'pandapower.to_json(net, "grid.json"), and give that file'
        )
    bus_labels = labels(net, ["bus"])
    return GridData(
        ac=ac,
        names=names,
        kinds=tuple(kind for found, kind in zip(branches, _KINDS.values(), strict=True) for _ in found.names),
        rating_from=ka[0] / base_ka[ac.bus_from],
        rating_to=ka[1] / base_ka[ac.bus_to],
        loads=_injectors(net, ("load", "asymmetric_load"), position, -ac.base_mva),
        generators=_injectors(net, ("sgen", "asymmetric_sgen"), position, ac.base_mva),
        injection=ac.injection(ac.voltage),
        position=position,
        reference=reference,
        bus_names={bus: bus_labels["bus", bus] for bus in position},
        base_ka=base_ka,
        voltage_range=_voltage_range(net, position, count),
        internal_names={
            place: bus_labels["bus", bus] for bus, place in sorted(position.items(), reverse=True)
        },
        unrated=unrated,
        unlimited=tuple(
            f"{table} {index}"
            for table in _UNLIMITED
            if table in net and len(net[table])
            for index in net[table].index[net[table].in_service]
        ),
    ).select(usable)


def island(network: Any, external_grid: int) -> Any:
    """A copy of a network in which only what one external grid supplies is in service.

    Raises:
        NetworkError: no such external grid.
    """
    if external_grid not in network.ext_grid.index:
        known = ", ".join(str(index) for index in network.ext_grid.index)
        raise NetworkError(f"no external grid {external_grid}; the network has {known or 'none'}")
    net = copy.deepcopy(network)
    graph = pp.topology.create_nxgraph(net)
    supplied = list(pp.topology.connected_component(graph, net.ext_grid.bus.at[external_grid]))
    net.bus["in_service"] &= net.bus.index.isin(supplied)
    return net


def _refuse_unsupported(net: Any) -> None:
    for table in _VARIABLE_ADMITTANCE:
        if table in net and len(net[table]):
            raise NetworkError(f"{table} devices change the grid's admittance; set them out of service first")
    for column in _VOLTAGE_DEPENDENCE:
        if column in net.load and (net.load[column].fillna(0) != 0).any():
            load = net.load.index[net.load[column].fillna(0) != 0][0]
            raise NetworkError(
                f"load {load} depends on the voltage ({column}); only constant power is modelled"
            )


def _reference(net: Any, position: Mapping[int, int]) -> tuple[tuple[int, float], ...]:
    """Upstream grids and slack generators by their `slack_weight`: where every imbalance is taken from."""
    weights: dict[int, float] = {}
    for table, chosen in (
        (net.ext_grid, net.ext_grid.in_service),
        (net.gen, net.gen.in_service & net.gen.slack),
    ):
        for bus, weight in zip(table.bus[chosen], table.slack_weight[chosen], strict=True):
            if int(bus) in position and weight > 0:
                weights[int(bus)] = weights.get(int(bus), 0.0) + float(weight)
    if not weights:
        raise NetworkError("no external grid or slack generator with a slack weight balances the network")
    total = sum(weights.values())
    return tuple((bus, weight / total) for bus, weight in sorted(weights.items()))


def _ac_grid(
    internal: Mapping[str, Any],
    rows: Numbers,
    position: Mapping[int, int],
    reference: Sequence[tuple[int, float]],
) -> AcGrid:
    admittance = sparse.csr_array(internal["Ybus"])
    parts, _ = csgraph.connected_components(admittance != 0, directed=False)
    if parts > 1:
        raise NetworkError(f"the network has {parts} unconnected parts in service: choose one external grid")
    count = admittance.shape[0]
    held = np.zeros(count, dtype=np.bool_)
    held[np.concatenate([internal["ref"], internal["pv"]]).astype(np.intp)] = True
    balancing = np.zeros(count)
    for bus, weight in reference:
        balancing[position[bus]] += weight
    ends = np.real(internal["branch"][rows, :2]).astype(np.intp)
    return AcGrid(
        base_mva=float(internal["baseMVA"]),
        admittance=admittance,
        admittance_from=sparse.csr_array(internal["Yf"])[rows],
        admittance_to=sparse.csr_array(internal["Yt"])[rows],
        bus_from=ends[:, 0],
        bus_to=ends[:, 1],
        voltage=np.asarray(internal["V"], dtype=np.complex128),
        voltage_held=held,
        angle_bus=int(internal["ref"][0]),
        balancing=balancing,
    )


@dataclass(frozen=True, eq=False)
class _Branches:
    """Monitored branches of a table: index of each element, row and name of each of its branches."""

    index: Numbers
    rows: Numbers
    names: tuple[str, ...]


def _branches(net: Any, table: str, monitored: Mapping[str, Sequence[int]] | None) -> _Branches:
    """Of a three-winding transformer there are three branches: the windings hv, then mv, then lv of all."""
    if table not in net["_pd2ppc_lookups"]["branch"]:
        return _Branches(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), ())
    start, end = net["_pd2ppc_lookups"]["branch"][table]
    in_service = net["_ppc"]["internal"]["branch_is"]
    row_of = np.cumsum(in_service) - 1
    windings = WINDINGS if table == "trafo3w" else ("",)
    live = in_service[start:end].reshape(len(windings), -1).all(axis=0)
    row = row_of[start:end].reshape(len(windings), -1)
    place = {int(index): number for number, index in enumerate(net[table].index)}
    wanted = (
        [index for index, number in place.items() if live[number]]
        if monitored is None
        else list(monitored.get(table, ()))
    )
    for index in wanted:
        if index not in place or not live[place[index]]:
            raise NetworkError(f"{table} {index} is to be monitored, but is unknown or out of service")
    called = labels(net, BRANCH_TABLES)
    return _Branches(
        np.array(wanted, dtype=np.intp),
        row[:, [place[index] for index in wanted]].ravel(),
        tuple(f"{called[table, index]} {side}".strip() for side in windings for index in wanted),
    )


def _voltage_range(net: Any, position: Mapping[int, int], count: int) -> Floats:
    """What the network states, shape (2, count); of buses that a closed switch joins, the narrowest."""
    found = np.full((2, count), np.nan)
    for side, (column, narrower) in enumerate((("min_vm_pu", np.fmax), ("max_vm_pu", np.fmin))):
        if column in net.bus:
            for bus, place in position.items():
                found[side, place] = narrower(found[side, place], float(net.bus.at[bus, column]))
    return found


def _injectors(net: Any, tables: Sequence[str], position: Mapping[int, int], base_mva: float) -> Injectors:
    """The rows in service of these tables; of asymmetric ones the sum of the phases, as pandapower does."""
    buses, powers = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.complex128)]
    for table in tables:
        rows = net[table]
        live = rows[rows.in_service & rows.bus.isin(list(position))]
        phases = [f"_{phase}" for phase in "abc"] if table.startswith("asymmetric") else [""]
        power = sum(live[f"p{phase}_mw"] + 1j * live[f"q{phase}_mvar"] for phase in phases)
        buses.append(np.array([position[int(bus)] for bus in live.bus], dtype=np.intp))
        powers.append(np.asarray(power * live.scaling, dtype=np.complex128) / base_mva)
    return Injectors(np.concatenate(buses), np.concatenate(powers))
