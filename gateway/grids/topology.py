"""Whether sensitivities follow from a topology that was sent along."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from gateway.domain.grid import Floats
from gateway.domain.json_text import pointer
from gateway.grids.dc import dc_ptdf
from gateway.grids.document import GridDocument, TopologyEntry
from gateway.grids.findings import GridFinding

TOLERANCE: Final = 0.15
"""Allowed between sensitivities of AC and DC models. Largest difference seen: 0.04 to 0.15 in six meshed
and one radial test grid; a wrong sign or slack differs by up to twice the sensitivity."""
MIN_REACTANCE: Final = 1e-9
MAX_REACTANCE: Final = 1e9
MAX_BRANCHES: Final = 10_000
"""Bounds what the check of one file may cost: far above any grid one model is made of."""


def check_topology(document: GridDocument, topology: TopologyEntry) -> Iterator[GridFinding]:
    """Compare every operating point with the DC sensitivities of the topology."""
    findings = list(_check_form(document, topology))
    if findings:
        yield from findings
        return
    branch_number = {branch.id: i for i, branch in enumerate(topology.branches)}
    rows = [row for row, element in enumerate(document.elements) if element.id in branch_number]
    monitored = [branch_number[document.elements[row].id] for row in rows]
    try:
        expected = _expected(document, topology, monitored)
    except RuntimeError:
        yield GridFinding("/topology", "reactances cancel, so the topology has no unique flows")
        return
    for index, point in enumerate(document.operating_points):
        yield from _differences(document, index, np.array(point.ptdf)[rows], expected, rows)


def _expected(document: GridDocument, topology: TopologyEntry, monitored: Sequence[int]) -> Floats:
    number = _numbers(topology)
    weights = np.zeros(len(number))
    for entry in document.reference:
        weights[number[entry.node]] += entry.weight
    return dc_ptdf(
        _ends(topology, number),
        np.array([branch.reactance for branch in topology.branches]),
        np.array(monitored, dtype=np.intp),
        np.array([number[node] for node in document.connection_points], dtype=np.intp),
        weights,
    )


def _differences(
    document: GridDocument, point: int, given: Floats, expected: Floats, rows: Sequence[int]
) -> Iterator[GridFinding]:
    for row, column in np.argwhere(~(np.abs(given - expected) <= TOLERANCE)):
        yield GridFinding(
            pointer("operating_points", point, "ptdf", rows[row], int(column)),
            f"{given[row, column]:.4g} at {document.connection_points[column]!r}, but the topology implies "
            f"{expected[row, column]:.4g} for element {document.elements[rows[row]].id!r}",
        )


def _numbers(topology: TopologyEntry) -> dict[str, int]:
    """A number for each node, in the order in which the branches name them."""
    names = dict.fromkeys(name for branch in topology.branches for name in (branch.from_node, branch.to_node))
    return {name: number for number, name in enumerate(names)}


def _ends(topology: TopologyEntry, number: Mapping[str, int]) -> NDArray[np.intp]:
    return np.array([[number[b.from_node], number[b.to_node]] for b in topology.branches], dtype=np.intp)


def _check_form(document: GridDocument, topology: TopologyEntry) -> Iterator[GridFinding]:
    if not 1 <= len(topology.branches) <= MAX_BRANCHES:
        yield GridFinding("/topology/branches", f"a topology has 1 to {MAX_BRANCHES:,} branches")
        return
    seen: set[str] = set()
    for index, branch in enumerate(topology.branches):
        if branch.id in seen:
            yield GridFinding(pointer("topology", "branches", index, "id"), f"{branch.id!r} is given twice")
        seen.add(branch.id)
        if branch.from_node == branch.to_node:
            yield GridFinding(pointer("topology", "branches", index), "both ends are the same node")
        if not MIN_REACTANCE <= abs(branch.reactance) <= MAX_REACTANCE:
            yield GridFinding(
                pointer("topology", "branches", index, "reactance"),
                f"{branch.reactance:g} is not within ±{MIN_REACTANCE:g} to ±{MAX_REACTANCE:g}",
            )
    nodes = _numbers(topology)
    for index, name in enumerate(document.connection_points):
        if name not in nodes:
            yield GridFinding(
                pointer("connection_points", index), f"{name!r} is in no branch of the topology"
            )
    for index, element in enumerate(document.elements):
        if element.kind != "other" and element.id not in seen:
            yield GridFinding(
                pointer("elements", index, "id"), f"{element.id!r} is no branch of the topology"
            )
    parts = _islands(topology, nodes)
    if parts > 1:
        yield GridFinding("/topology", f"the topology has {parts} unconnected parts; send one model each")


def _islands(topology: TopologyEntry, nodes: Mapping[str, int]) -> int:
    ends = _ends(topology, nodes)
    graph = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(nodes), len(nodes)))
    return int(csgraph.connected_components(graph, directed=False, return_labels=False))
