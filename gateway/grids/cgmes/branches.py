"""Lines, series compensators, equivalent branches and switches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cim_profiles.bindings import (
    ACLineSegment,
    ConductingEquipment,
    EquivalentBranch,
    SeriesCompensator,
    Switch,
)
from gateway.grids.cgmes.topology import Topology, is_open

ZERO_PU: Final = 1e-7
"""An impedance below this, per unit of 100 MVA, is none: its ends are one node."""


@dataclass(slots=True)
class Lines:
    """Lines for pandapower, as pi circuits: ohm, siemens, rating in kA (NaN: none).

    `open_end` is the side, 0 or 1, at which a line in service is disconnected, -1 for none.
    """

    names: list[str] = field(default_factory=list)
    from_bus: list[int] = field(default_factory=list)
    to_bus: list[int] = field(default_factory=list)
    r_ohm: list[float] = field(default_factory=list)
    x_ohm: list[float] = field(default_factory=list)
    g_siemens: list[float] = field(default_factory=list)
    b_siemens: list[float] = field(default_factory=list)
    max_i_ka: list[float] = field(default_factory=list)
    in_service: list[bool] = field(default_factory=list)
    open_end: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Joints:
    """Connections without impedance: closed switches, and lines without impedance (`unmeasured`)."""

    names: list[str] = field(default_factory=list)
    buses: list[tuple[int, int]] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)


def branches(top: Topology, rated_ka: Mapping[int, float]) -> tuple[Lines, Joints]:
    """All lines and switches between two different buses.

    Raises:
        GridFileError: a branch without two ends at nodes, or without impedance values.
    """
    lines, joints = Lines(), Joints()
    files = top.files
    for table in files.below(ConductingEquipment):
        if not isinstance(table, (ACLineSegment, SeriesCompensator, EquivalentBranch)):
            continue
        for row in range(len(table)):
            if table.defined[row]:
                _line(top, table, row, rated_ka, lines, joints)
    for switch in files.below(Switch):
        for row in range(len(switch)):
            ends = top.ends.get(int(switch.ids[row]), [])
            if len(ends) != 2:
                continue  # a ground disconnector has one end
            buses = [int(top.terminal_bus[each]) for each in ends]
            if -1 in buses or buses[0] == buses[1]:
                continue
            joints.names.append(files.ids[int(switch.ids[row])])
            joints.buses.append((buses[0], buses[1]))
            joints.closed.append(top.live(switch, row, ends) and not is_open(switch, row))
    return lines, joints


def _line(  # noqa: PLR0917  (two results that it adds to)
    top: Topology,
    table: ACLineSegment | SeriesCompensator | EquivalentBranch,
    row: int,
    rated_ka: Mapping[int, float],
    lines: Lines,
    joints: Joints,
) -> None:
    name = top.files.ids[int(table.ids[row])]
    ends = top.terminals(table, row, 2)
    first, second = (int(top.terminal_bus[each]) for each in ends)
    r, x = float(table.r[row]), float(table.x[row])
    if np.isnan(r) or np.isnan(x):
        raise table.refuse(row, "impedance", f"{name} has no r or no x; is profile EQ complete?")
    if isinstance(table, EquivalentBranch):
        for back, forth in ((table.r21[row], r), (table.x21[row], x)):
            if np.isfinite(back) and abs(back - forth) > 1e-9:
                raise table.refuse(row, "impedance", f"{name} has another impedance in reverse")
    connected = [bool(top.connected[each]) for each in ends]
    live = bool(top.in_service[table.ids[row]]) and any(connected)
    g, b = 0.0, 0.0
    if isinstance(table, ACLineSegment):
        g, b = (float(each) for each in np.nan_to_num([table.gch[row], table.bch[row]]))
    if abs(complex(r, x)) < ZERO_PU * float(top.nominal_kv[first]) ** 2 / 100 and not (g or b):
        if first != second:
            joints.names.append(name)
            joints.buses.append((first, second))
            joints.closed.append(live and all(connected))
        joints.unmeasured.append(name)
        return
    lines.names.append(name)
    lines.from_bus.append(first)
    lines.to_bus.append(second)
    lines.r_ohm.append(r)
    lines.x_ohm.append(x)
    lines.g_siemens.append(g)
    lines.b_siemens.append(b)
    lines.max_i_ka.append(min((rated_ka[each] for each in ends if each in rated_ka), default=np.nan))
    lines.in_service.append(live)
    lines.open_end.append(connected.index(False) if live and not all(connected) else -1)
