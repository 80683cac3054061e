"""What the files say of the state: solved values where a state is delivered, else the hypothesis."""

from dataclasses import dataclass

import numpy as np

from cim_profiles.bindings import (
    ShuntCompensator,
    SvPowerFlow,
    SvShuntCompensatorSections,
    SvTapStep,
    SvVoltage,
    TapChanger,
    Terminal,
    TopologicalIsland,
)
from cim_profiles.columns import Floats
from gateway.grids.cgmes.topology import Topology


@dataclass(frozen=True, eq=False)
class State:
    """A solved state (SV); everything is NaN or empty where none is delivered.

    Attributes:
        kv, degree: voltage of each bus, shape (n,).
        flow: active and reactive power by terminal (row), consumption positive, MW and Mvar.
        steps: positions of tap changers by the number of their id.
        sections: sections of shunt compensators in the same way.
        references: buses whose angle is the reference of their island.
    """

    kv: Floats
    degree: Floats
    flow: dict[int, tuple[float, float]]
    steps: dict[int, float]
    sections: dict[int, float]
    references: tuple[int, ...]

    def step(self, changer: TapChanger, row: int) -> float:
        """Position of a tap changer: solved, by hypothesis, normal, neutral; NaN if nothing is given."""
        given = (
            self.steps.get(int(changer.ids[row]), np.nan),
            changer.step[row],
            changer.normalStep[row],
            changer.neutralStep[row],
        )
        return next((float(each) for each in given if np.isfinite(each)), np.nan)

    def count(self, shunt: ShuntCompensator, row: int) -> float:
        """Sections of a shunt compensator: solved, by hypothesis, normal; NaN if nothing is given."""
        given = (
            self.sections.get(int(shunt.ids[row]), np.nan),
            shunt.sections[row],
            shunt.normalSections[row],
        )
        return next((float(each) for each in given if np.isfinite(each)), np.nan)


def state(top: Topology) -> State:
    """The delivered state of a set."""
    files = top.files
    voltages = files.table(SvVoltage)
    kv = np.full(len(top.names), np.nan)
    degree = np.full(len(top.names), np.nan)
    for row, node in enumerate(voltages.TopologicalNode.tolist()):
        bus = top.bus_of_node.get(node)
        if bus is not None:
            kv[bus], degree[bus] = voltages.v[row], voltages.angle[row]
    flows, steps = files.table(SvPowerFlow), files.table(SvTapStep)
    sections = files.table(SvShuntCompensatorSections)
    terminal_of = {number: row for row, number in enumerate(files.table(Terminal).ids.tolist())}
    return State(
        kv,
        degree,
        {
            terminal_of[number]: (float(p), float(q))
            for number, p, q in zip(flows.Terminal.tolist(), flows.p, flows.q, strict=True)
            if number in terminal_of and np.isfinite(p) and np.isfinite(q)
        },
        dict(zip(steps.TapChanger.tolist(), steps.position.tolist(), strict=True)),
        dict(zip(sections.ShuntCompensator.tolist(), sections.sections.tolist(), strict=True)),
        tuple(
            top.bus_of_node[node]
            for node in files.table(TopologicalIsland).AngleRefTopologicalNode.tolist()
            if node in top.bus_of_node
        ),
    )
