"""Buses: the topological nodes of the files, or connectivity nodes merged over closed switches."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from cim_profiles.bindings import (
    BaseVoltage,
    Bay,
    ConductingEquipment,
    ConnectivityNode,
    Equipment,
    SvStatus,
    Switch,
    Terminal,
    TopologicalNode,
    VoltageLevel,
)
from cim_profiles.columns import Flags, Floats, Numbers, Table
from cim_profiles.findings import GridFileError, Place
from cim_profiles.grid_files import GridFiles

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Topology:
    """The n buses of a set, and how equipment is connected to them.

    Attributes:
        files: what was read.
        names: mRID of each bus: of its topological node, or of the first of its connectivity nodes.
        nominal_kv: shape (n,).
        terminal_bus: bus of each terminal, -1 for none.
        connected: whether each terminal is connected.
        ends: terminals of each equipment (number of its id), by their sequence number.
        in_service: whether equipment is, by the number of its id.
        bus_of_node: bus of each topological node by the number of its id; empty without a TP profile.
    """

    files: GridFiles
    names: tuple[str, ...]
    nominal_kv: Floats
    terminal_bus: Numbers
    connected: Booleans
    ends: dict[int, list[int]]
    in_service: Booleans
    bus_of_node: dict[int, int] = field(default_factory=dict)

    def terminals(self, table: Table, row: int, count: int) -> list[int]:
        """The terminals of an equipment.

        Raises:
            GridFileError: it has not so many, or one without a node.
        """
        found = self.ends.get(int(table.ids[row]), [])
        name = self.files.ids[int(table.ids[row])]
        if len(found) != count:
            raise table.refuse(row, "terminals", f"{name} has {len(found)} terminals, not {count}")
        if any(self.terminal_bus[each] < 0 for each in found):
            raise table.refuse(row, "terminals", f"{name} has a terminal at no node; is profile TP missing?")
        return found

    def live(self, table: Table, row: int, terminals: list[int]) -> bool:
        """Whether an equipment is in service and connected at all its ends."""
        return bool(self.in_service[table.ids[row]]) and all(self.connected[each] for each in terminals)


def topology(files: GridFiles) -> Topology:
    """The buses of a set.

    Raises:
        GridFileError: no nodes, a bus without a nominal voltage, a terminal of unknown equipment.
    """
    terminals = files.table(Terminal)
    _refuse_unknown(files, terminals)
    ends: dict[int, list[int]] = {}
    order = np.argsort(np.nan_to_num(terminals.sequenceNumber, nan=1.0), kind="stable")
    for row in order.tolist():
        ends.setdefault(int(terminals.ConductingEquipment[row]), []).append(row)
    nodes = files.table(TopologicalNode)
    by_equipment = _equipment_kv(files, terminals)
    if len(nodes):
        at = _node_of_terminal(files, terminals)
        terminal_bus = files.rows(TopologicalNode, at)
        nominal = _kv(files, nodes.BaseVoltage)
        names = tuple(files.ids[each] for each in nodes.ids)
        table: Table = nodes
        first = np.arange(len(nodes))
        bus_of_node = {int(number): row for row, number in enumerate(nodes.ids)}
    else:
        points = files.table(ConnectivityNode)
        if not len(points):
            raise GridFileError(
                Place(files.models[0].source.name), "nodes", "no topological and no connectivity node"
            )
        group, first = _merged(files, points, terminals, ends)
        row_of = files.rows(ConnectivityNode, terminals.ConnectivityNode)
        terminal_bus = np.where(row_of < 0, -1, group[row_of])
        nominal = _container_kv(files, points)[first]
        names = tuple(files.ids[points.ids[row]] for row in first)
        table = points
        bus_of_node = {}

    for terminal in np.flatnonzero(terminal_bus >= 0).tolist():
        bus = terminal_bus[terminal]
        if np.isnan(nominal[bus]):
            nominal[bus] = by_equipment[terminal]
    used = np.zeros(len(names), dtype=np.bool_)
    used[terminal_bus[terminal_bus >= 0]] = True
    for bus in np.flatnonzero(~(nominal > 0)).tolist():
        if used[bus]:
            raise table.refuse(int(first[bus]), "nominal voltage", f"{names[bus]} has none above 0")
        nominal[bus] = 1.0
    return Topology(
        files,
        names,
        nominal,
        terminal_bus,
        terminals.connected != 0,
        ends,
        _in_service(files),
        bus_of_node,
    )


def _refuse_unknown(files: GridFiles, terminals: Terminal) -> None:
    """Refuse a terminal of equipment that is not read: a network without it would be another one."""
    known = np.zeros(len(files.ids) + 1, dtype=np.bool_)
    for table in files.below(ConductingEquipment):
        known[table.ids] = True
    for row in np.flatnonzero(terminals.defined & ~known[terminals.ConductingEquipment]).tolist():
        number = int(terminals.ConductingEquipment[row])
        name = (
            "no equipment" if number < 0 else f"{files.ids[number]}, missing or of a class that is not read"
        )
        raise terminals.refuse(row, "a terminal has known equipment", f"it belongs to {name}")


def _node_of_terminal(files: GridFiles, terminals: Terminal) -> Numbers:
    points = files.table(ConnectivityNode)
    through = np.append(points.TopologicalNode, -1)[files.rows(ConnectivityNode, terminals.ConnectivityNode)]
    own = terminals.TopologicalNode
    for row in np.flatnonzero((own >= 0) & (through >= 0) & (own != through)).tolist():
        raise terminals.refuse(
            row,
            "a connectivity node is in one topological node",
            f"{files.ids[own[row]]} is named, but its connectivity node is in {files.ids[through[row]]}",
        )
    return np.where(own >= 0, own, through)


def _kv(files: GridFiles, references: Numbers) -> Floats:
    values = np.append(files.table(BaseVoltage).nominalVoltage, np.nan)
    return np.asarray(values[files.rows(BaseVoltage, references)], dtype=np.float64)


def _container_kv(files: GridFiles, points: ConnectivityNode) -> Floats:
    """Nominal voltage by the voltage level that a connectivity node is in, directly or by its bay."""
    level = points.ConnectivityNodeContainer
    bay = files.rows(Bay, level)
    level = np.where(bay >= 0, np.append(files.table(Bay).VoltageLevel, -1)[bay], level)
    base = np.append(files.table(VoltageLevel).BaseVoltage, -1)[files.rows(VoltageLevel, level)]
    return _kv(files, base)


def _equipment_kv(files: GridFiles, terminals: Terminal) -> Floats:
    """Nominal voltage of the equipment at each terminal, for nodes that have none of their own."""
    found = np.full(len(files.ids) + 1, np.nan)
    for table in files.below(ConductingEquipment):
        base = table.BaseVoltage
        level = files.rows(VoltageLevel, table.EquipmentContainer)
        by_level = np.append(files.table(VoltageLevel).BaseVoltage, -1)[level]
        found[table.ids] = _kv(files, np.where(base >= 0, base, by_level))
    return np.asarray(found[terminals.ConductingEquipment], dtype=np.float64)


def _in_service(files: GridFiles) -> Booleans:
    """False where `Equipment.inService` or, if that is not given, the solved state says so."""
    found: Flags = np.full(len(files.ids), -1, dtype=np.int8)
    status = files.table(SvStatus)
    found[status.ConductingEquipment] = status.inService
    for table in files.below(Equipment):
        given = table.inService >= 0
        found[table.ids[given]] = table.inService[given]
    return np.asarray(found != 0)


def is_open(table: Switch, row: int) -> bool:
    """Whether a switch is open: by its hypothesis, else as it normally is."""
    state = table.open[row] if table.open[row] >= 0 else table.normalOpen[row]
    return bool(state == 1)


def _merged(
    files: GridFiles, points: ConnectivityNode, terminals: Terminal, ends: dict[int, list[int]]
) -> tuple[Numbers, Numbers]:
    """Group of each connectivity node over closed switches, and the first node of each group."""
    at = files.rows(ConnectivityNode, terminals.ConnectivityNode)
    in_service = _in_service(files)
    pairs: list[tuple[int, int]] = []
    for table in files.below(Switch):
        for row in range(len(table)):
            two = ends.get(int(table.ids[row]), [])
            joined = len(two) == 2 and all(at[each] >= 0 and terminals.connected[each] != 0 for each in two)
            if joined and in_service[table.ids[row]] and not is_open(table, row):
                pairs.append((int(at[two[0]]), int(at[two[1]])))
    start, end = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    graph = sparse.coo_array((np.ones(len(pairs)), (start, end)), shape=(len(points), len(points)))
    _, group = csgraph.connected_components(graph, directed=False)
    first: Any = np.unique(group, return_index=True)[1]
    return group.astype(np.int64), first
