"""Loads, generators, shunts, and which machine holds the voltage or the balance."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cim_profiles.bindings import (
    AsynchronousMachine,
    ConductingEquipment,
    CsConverter,
    EnergyConsumer,
    EnergySource,
    EquivalentInjection,
    EquivalentShunt,
    ExternalNetworkInjection,
    LinearShuntCompensator,
    NonlinearShuntCompensator,
    NonlinearShuntCompensatorPoint,
    PowerElectronicsConnection,
    RegulatingCondEq,
    RegulatingControl,
    StaticVarCompensator,
    SvInjection,
    SynchronousMachine,
    Terminal,
    VsConverter,
)
from cim_profiles.findings import GridFileError, Place
from gateway.grids.cgmes.state import State
from gateway.grids.cgmes.topology import Topology

_HELD: Final = 0.002
"""A machine holds its target if the solved voltage is within this share of it."""


@dataclass(frozen=True, slots=True)
class Injection:
    """Power into a bus (generation positive, MW and Mvar).

    Attributes:
        is_load: an energy consumer, whose power follows load profiles.
        target_kv: voltage that it holds at its own bus; NaN if it holds none.
        priority: of the angle reference, the lowest first; infinite for what cannot be one.
    """

    name: str
    bus: int
    p: float
    q: float
    is_load: bool = False
    target_kv: float = np.nan
    priority: float = np.inf
    place: Place = field(kw_only=True)


def injections(top: Topology, solved: State) -> list[Injection]:
    """Everything that feeds or consumes.

    Raises:
        GridFileError: equipment without power, converters of direct current.
    """
    readers: dict[type[ConductingEquipment], Callable[[Topology, State, ConductingEquipment, int], Injection]]
    readers = {
        EnergyConsumer: _load,
        EnergySource: _source,
        SynchronousMachine: _machine,
        AsynchronousMachine: _machine,
        ExternalNetworkInjection: _machine,
        PowerElectronicsConnection: _machine,
        StaticVarCompensator: _compensator,
        EquivalentInjection: _equivalent,
    }
    found = []
    for table in top.files.below(ConductingEquipment):
        if isinstance(table, (CsConverter, VsConverter)):
            raise table.refuse(0, "alternating current", "converters of direct current are not modelled")
        reader = next((each for kind, each in readers.items() if isinstance(table, kind)), None)
        if reader is None:
            continue
        found += [
            reader(top, solved, table, row)
            for row in range(len(table))
            if table.defined[row] and top.live(table, row, top.terminals(table, row, 1))
        ]
    mismatch = top.files.table(SvInjection)
    for row, node in enumerate(mismatch.TopologicalNode.tolist()):
        if node in top.bus_of_node:
            p, q = (
                float(each) for each in np.nan_to_num([mismatch.pInjection[row], mismatch.qInjection[row]])
            )
            name, place = top.files.ids[int(mismatch.ids[row])], mismatch.place(row)
            found.append(Injection(name, top.bus_of_node[node], -p, -q, place=place))
    return found


def _base(
    top: Topology, solved: State, table: ConductingEquipment, row: int, given: tuple[float, float]
) -> tuple[str, int, float, float, int]:
    """Name, bus, generation and terminal; the solved power, else the given consumption."""
    name = top.files.ids[int(table.ids[row])]
    terminal = top.ends[int(table.ids[row])][0]
    p, q = solved.flow.get(terminal, given)
    if np.isnan(p) or np.isnan(q):
        raise table.refuse(row, "power", f"{name} has no p or q; is profile SSH missing?")
    return name, int(top.terminal_bus[terminal]), -float(p), -float(q), terminal


def _load(top: Topology, solved: State, table: ConductingEquipment, row: int) -> Injection:
    assert isinstance(table, EnergyConsumer)  # noqa: S101  (by `readers`)
    given = [table.p[row], table.q[row]]
    if np.isnan(given[0]):
        given = [table.pfixed[row], table.qfixed[row]]
    name, bus, p, q, _ = _base(top, solved, table, row, (given[0], given[1]))
    return Injection(name, bus, p, q, is_load=True, place=table.place(row))


def _source(top: Topology, solved: State, table: ConductingEquipment, row: int) -> Injection:
    assert isinstance(table, EnergySource)  # noqa: S101
    given = (table.activePower[row], table.reactivePower[row])
    name, bus, p, q, _ = _base(top, solved, table, row, given)
    return Injection(
        name, bus, p, q, target_kv=float(table.voltageMagnitude[row]), priority=1e6, place=table.place(row)
    )


def _machine(top: Topology, solved: State, table: ConductingEquipment, row: int) -> Injection:
    assert isinstance(  # noqa: S101
        table,
        (SynchronousMachine, AsynchronousMachine, ExternalNetworkInjection, PowerElectronicsConnection),
    )
    is_upstream = isinstance(table, ExternalNetworkInjection)
    given = (table.p[row], table.q[row])
    if is_upstream and np.isnan(given[0]):
        given = (np.float64(0.0), np.float64(0.0))  # an upstream grid without power balances the grid
    name, bus, p, q, terminal = _base(top, solved, table, row, given)
    target = _target_kv(top, table, row, bus)
    at_limit = False
    if isinstance(table, (SynchronousMachine, ExternalNetworkInjection)) and terminal in solved.flow:
        at_limit = bool(q >= table.maxQ[row] - 1e-3 or q <= table.minQ[row] + 1e-3)
    kv = solved.kv[bus]
    if at_limit or abs(kv - target) > _HELD * target:
        target = np.nan  # its reactive power is at a limit, or something else sets the voltage
    priority = np.inf
    if isinstance(table, (SynchronousMachine, ExternalNetworkInjection)):
        rank = table.referencePriority[row]
        priority = float(rank) if rank > 0 else 1e6 if is_upstream else np.inf
    return Injection(name, bus, p, q, target_kv=target, priority=priority, place=table.place(row))


def _target_kv(top: Topology, table: RegulatingCondEq, row: int, bus: int) -> float:
    """Target of a voltage control at the machine's own bus, NaN for none."""
    control = int(top.files.rows(RegulatingControl, table.RegulatingControl[row : row + 1])[0])
    controls = top.files.table(RegulatingControl)
    if control < 0 or table.controlEnabled[row] == 0 or controls.enabled[control] == 0:
        return np.nan
    if str(controls.mode[control]) != "voltage":
        return np.nan
    terminal = int(top.files.rows(Terminal, controls.Terminal[control : control + 1])[0])
    own = terminal >= 0 and int(top.terminal_bus[terminal]) == bus
    factor = {"k": 1.0, "": 1.0, "none": 1e-3, "M": 1e3}[str(controls.targetValueUnitMultiplier[control])]
    return float(controls.targetValue[control]) * factor if own else np.nan


def _compensator(top: Topology, solved: State, table: ConductingEquipment, row: int) -> Injection:
    assert isinstance(table, StaticVarCompensator)  # noqa: S101
    name, bus, p, q, _ = _base(top, solved, table, row, (0.0, table.q[row]))
    return Injection(name, bus, p, q, place=table.place(row))


def _equivalent(top: Topology, solved: State, table: ConductingEquipment, row: int) -> Injection:
    assert isinstance(table, EquivalentInjection)  # noqa: S101
    name, bus, p, q, _ = _base(top, solved, table, row, (table.p[row], table.q[row]))
    holds = table.regulationStatus[row] == 1 and table.regulationCapability[row] != 0
    target = float(table.regulationTarget[row]) if holds else np.nan
    if abs(solved.kv[bus] - target) > _HELD * target:
        target = np.nan
    return Injection(name, bus, p, q, target_kv=target, place=table.place(row))


def shunts(top: Topology, solved: State) -> list[tuple[str, int, float, float]]:
    """Shunts in service: name, bus, conductance and susceptance in siemens.

    Raises:
        GridFileError: a compensator without sections.
    """
    found = []
    points = top.files.table(NonlinearShuntCompensatorPoint)
    for table in top.files.below(ConductingEquipment):
        if not isinstance(table, (EquivalentShunt, LinearShuntCompensator, NonlinearShuntCompensator)):
            continue
        for row in range(len(table)):
            terminals = top.terminals(table, row, 1) if table.defined[row] else []
            if not terminals or not top.live(table, row, terminals):
                continue
            if isinstance(table, EquivalentShunt):
                g, b = table.g[row], table.b[row]
            else:
                count = solved.count(table, row)
                if np.isnan(count):
                    raise table.refuse(row, "sections", "no sections; is profile SSH missing?")
                if isinstance(table, LinearShuntCompensator):
                    g, b = count * table.gPerSection[row], count * table.bPerSection[row]
                else:
                    on = (points.NonlinearShuntCompensator == table.ids[row]) & (
                        points.sectionNumber <= count
                    )
                    g, b = np.nansum(points.g[on]), np.nansum(points.b[on])
            g, b = np.nan_to_num([g, b])
            bus = int(top.terminal_bus[terminals[0]])
            found.append((top.files.ids[int(table.ids[row])], bus, float(g), float(b)))
    return found


def refuse_dead(place: Place, names: list[str], count: int) -> GridFileError:
    """The error of an island with power but without anything that balances it."""
    return GridFileError(
        place,
        "every island has a reference",
        f"{count} nodes with power, such as {names[0]}, have no machine or grid that balances them",
    )
