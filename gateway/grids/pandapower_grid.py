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

_BASE_KV: Final = 9
"""Column of the nominal voltage in pypower's bus matrix."""
_TABLES: Final = {"line": ElementKind.LINE, "trafo": ElementKind.TRANSFORMER}
_VARIABLE_ADMITTANCE: Final = ("svc", "ssc", "tcsc", "vsc")
_VOLTAGE_DEPENDENCE: Final = (
    "const_z_p_percent",
    "const_z_q_percent",
    "const_i_p_percent",
    "const_i_q_percent",
)

# Our power flows need no numba; pandapower would tell every user to install it.
logging.getLogger("pandapower.auxiliary").addFilter(lambda record: "numba" not in record.getMessage())


class NetworkError(ValueError):
    """A network from which no reduced model can be made; says what to change."""


@dataclass(frozen=True, eq=False)
class Injectors:
    """Loads or static generators: position and complex power (per unit, injection positive) of each."""

    bus: Numbers
    power: Complex


@dataclass(frozen=True, eq=False)
class GridData:
    """What a network says of m monitored branches and n buses.

    Attributes:
        ac: the power flow arrays; branches in the order of `names`.
        names, kinds: of the branches.
        rating_from, rating_to: current ratings at both ends, per unit, shape (m,).
        loads, generators: what profiles scale.
        injection: of the solved state, per unit, shape (n,).
        position: position in the arrays of each pandapower bus in service.
        reference: pandapower buses of the balancing grids, with weights summing to 1.
        bus_names: a unique name of each bus in `position`.
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

    def keep(self, rows: Numbers) -> "GridData":
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
        monitored: indices by table (`line`, `trafo`); None for all in service.

    Raises:
        NetworkError: no power flow, several islands, FACTS devices, voltage-dependent loads, a monitored
            element without rating or out of service.
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
    branches = [_branch_rows(net, table, monitored) for table in _TABLES]
    rows = np.concatenate([row for _, row in branches])
    if not len(rows):
        raise NetworkError("no line or transformer is monitored")
    ac = _ac_grid(internal, rows, position, reference)
    ratings = np.hstack(
        [_ratings_ka(net, table, index) for table, (index, _) in zip(_TABLES, branches, strict=True)]
    )
    base_ka = ac.base_mva / (np.sqrt(3) * np.real(internal["bus"][:, _BASE_KV]))
    return GridData(
        ac=ac,
        names=tuple(
            name
            for table, (index, _) in zip(_TABLES, branches, strict=True)
            for name in _names(net[table], index, table)
        ),
        kinds=tuple(
            kind
            for kind, (index, _) in zip(_TABLES.values(), branches, strict=True)
            for _ in range(len(index))
        ),
        rating_from=ratings[0] / base_ka[ac.bus_from],
        rating_to=ratings[1] / base_ka[ac.bus_to],
        loads=_injectors(net.load, position, -ac.base_mva),
        generators=_injectors(net.sgen, position, ac.base_mva),
        injection=ac.injection(ac.voltage),
        position=position,
        reference=reference,
        bus_names=dict(zip(position, _names(net.bus, np.array(list(position)), "bus"), strict=True)),
    )


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
            raise NetworkError(
                f"{table} devices change the grid's admittance; take them out of service first"
            )
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


def _branch_rows(
    net: Any, table: str, monitored: Mapping[str, Sequence[int]] | None
) -> tuple[Numbers, Numbers]:
    """Indices of monitored elements of a table, and their rows among the branches in service."""
    if table not in net["_pd2ppc_lookups"]["branch"]:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    start, end = net["_pd2ppc_lookups"]["branch"][table]
    in_service = net["_ppc"]["internal"]["branch_is"]
    row_of = np.cumsum(in_service) - 1
    live = dict(
        zip(net[table].index, zip(row_of[start:end], in_service[start:end], strict=True), strict=True)
    )
    wanted = [i for i in net[table].index if live[i][1]] if monitored is None else monitored.get(table, ())
    for index in wanted:
        if index not in live or not live[index][1]:
            raise NetworkError(f"{table} {index} is to be monitored, but is unknown or out of service")
    return np.array(wanted, dtype=np.intp), np.array([live[i][0] for i in wanted], dtype=np.intp)


def _ratings_ka(net: Any, table: str, index: Numbers) -> Floats:
    """Thermal current ratings at both ends in kA, shape (2, elements), as pandapower's loading uses them."""
    rows = net[table].loc[index]
    if table == "line":
        rating = (rows.max_i_ka * rows.df * rows.parallel).to_numpy(dtype=float)
        both = np.vstack([rating, rating])
    else:
        power = (rows.sn_mva * rows.df * rows.parallel).to_numpy(dtype=float)
        both = np.vstack([power / (np.sqrt(3) * rows[side].to_numpy()) for side in ("vn_hv_kv", "vn_lv_kv")])
    bad = ~(np.isfinite(both) & (both > 0)).all(axis=0)
    if bad.any():
        raise NetworkError(f"{table} {index[bad][0]} has no thermal rating")
    return both


def _injectors(table: Any, position: Mapping[int, int], base_mva: float) -> Injectors:
    live = table[table.in_service & table.bus.isin(list(position))]
    power = (live.p_mw + 1j * live.q_mvar).to_numpy() * live.scaling.to_numpy() / base_mva
    return Injectors(np.array([position[int(bus)] for bus in live.bus], dtype=np.intp), power)


def _names(table: Any, index: Numbers, what: str) -> tuple[str, ...]:
    """The table's own names where they are given and unique, else `line 7` and the like."""
    names = ["" if name is None else str(name).strip() for name in table.name.loc[index]]
    if all(name and name != "nan" for name in names) and len(set(names)) == len(names):
        return tuple(names)
    return tuple(f"{what} {number}" for number in index)
