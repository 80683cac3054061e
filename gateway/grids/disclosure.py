"""Conclusions that a reader of a reduced grid model can draw about the grid.

Only the published numbers are used, as a curious receiver would. In a radial grid without losses every
sensitivity is 0 or -1, and -1 means that a point lies below an element: the rows are the tree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.counted import counted
from gateway.domain.grid import Floats, ReducedGridModel, Unit

Numbers = NDArray[np.intp]

_ALL_OF_IT: Final = 0.7
_NONE_OF_IT: Final = 0.15
"""An injection at a point flows through an element completely, not at all, or (in a mesh) in part."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Elements in series and what hangs on them.

    Attributes:
        elements: rows of the model; the order of several follows, at most, from their flows.
        points: columns that lie below these elements and below no element further down.
        parent: number of the branch above, None at the reference.
    """

    elements: tuple[int, ...]
    points: tuple[int, ...]
    parent: int | None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Conclusions from a model.

    Attributes:
        branches: the tree, every branch after its parent.
        meshed: rows whose shares of the flow disclose relative impedances, and no place in a tree.
        strongest: largest sensitivity; above 1 it discloses losses, and so roughly lengths.
        single_points: connection points whose own net load can be read off as a difference of flows, with
            that of neighbouring buses that are no connection points.
    """

    branches: tuple[Branch, ...]
    meshed: tuple[int, ...]
    strongest: float
    single_points: tuple[int, ...]


def disclosure(model: ReducedGridModel) -> Disclosure:
    """Reconstruct what the model discloses of its grid, by its first operating point."""
    size, of_row = _shares(model)
    plain = ((size >= _ALL_OF_IT) | (size <= _NONE_OF_IT)).all(axis=1)
    branches, crossing = _tree(size, np.flatnonzero(plain), of_row)
    meshed = sorted({*of_row[~plain].tolist(), *crossing})
    flows = [row for row, element in enumerate(model.elements) if element.unit is Unit.MW]
    return Disclosure(
        branches=branches,
        meshed=tuple(meshed),
        strongest=float(np.abs(model.operating_points[0].ptdf[flows]).max(initial=0.0)),
        single_points=tuple(branch.points[0] for branch in branches if len(branch.points) == 1),
    )


def _shares(model: ReducedGridModel) -> tuple[Floats, Numbers]:
    """Which part of an injection flows through each branch, shape (L', N), and which row says so, (L',).

    Of the sides of a polygon the strongest does, as a share of its largest; a voltage shows no part.
    """
    size = np.abs(model.operating_points[0].ptdf)
    largest = size.max(axis=1)
    chosen: dict[str, int] = {}
    for row, element in enumerate(model.elements):
        if element.unit is Unit.MW:
            chosen[element.element_id] = row
        elif element.unit is Unit.AMPERE and largest[row] > 0:
            known = chosen.setdefault(element.of_element or element.element_id, row)
            if model.elements[known].unit is Unit.AMPERE and largest[row] > largest[known]:
                chosen[element.of_element or element.element_id] = row
    rows = np.array(sorted(chosen.values()), dtype=np.intp)
    currents = [model.elements[row].unit is Unit.AMPERE for row in rows.tolist()]
    return size[rows] / np.where(currents, largest[rows], 1.0)[:, None], rows


def _tree(size: Floats, rows: Numbers, of_row: Numbers) -> tuple[tuple[Branch, ...], list[int]]:
    """The tree of the rows, and rows that fit into none: what lies below is nested or apart in a tree."""
    series: dict[bytes, list[int]] = {}
    for row in rows:
        series.setdefault(np.packbits(size[row] >= _ALL_OF_IT).tobytes(), []).append(int(row))
    groups = [(np.flatnonzero(size[group[0]] >= _ALL_OF_IT), group) for group in series.values()]
    groups.sort(key=lambda each: -len(each[0]))
    deepest = np.full(size.shape[1], -1)
    found: list[tuple[list[int], int]] = []
    crossing: list[int] = []
    for below, group in groups:
        above = np.unique(deepest[below])
        if len(above) != 1:
            crossing += of_row[group].tolist()
            continue
        deepest[below] = len(found)
        found.append((group, int(above[0])))
    hanging: list[list[int]] = [[] for _ in found]
    for point, branch in enumerate(deepest.tolist()):
        if branch >= 0:
            hanging[branch].append(point)
    return tuple(
        Branch(tuple(of_row[group].tolist()), tuple(points), None if parent < 0 else parent)
        for (group, parent), points in zip(found, hanging, strict=True)
    ), crossing


def conclusions(
    model: ReducedGridModel, found: Disclosure, name: Callable[[str], str] = str
) -> Iterator[str]:
    """The conclusions as text, then the tree; `name` turns an id of the model into what is shown."""
    elements, points = len(model.elements), len(model.connection_points)
    in_tree = sum(len(branch.elements) for branch in found.branches)
    yield f"What can be concluded from this model ({elements} elements, {points} connection points):"
    yield (
        f"* {in_tree} of {elements} elements form a tree: which connection points lie below which element, "
        "and in which order the elements follow each other from the reference"
    )
    if found.meshed:
        yield (
            f"* {len(found.meshed)} elements lie in meshes: how flows divide there discloses relative "
            f"impedances: {', '.join(name(model.elements[row].element_id) for row in found.meshed[:5])}"
            f"{' …' if len(found.meshed) > 5 else ''}"
        )
    yield f"* the flow of every element in {counted(model.mtu_count, 'market time unit')}, and its limit"
    yield (
        "* the net load between an element and the next ones below it, as a difference of their flows, "
        "whatever hangs between them"
    )
    if any(len(branch.elements) > 1 for branch in found.branches):
        yield (
            "* elements drawn with + have no connection point between them; where their flows or "
            "sensitivities fall one after the other, this tells in which order they follow, and the net load "
            "between two"
        )
    if found.single_points:
        alone = ", ".join(name(model.connection_points[point]) for point in found.single_points)
        yield (
            f"* at {len(found.single_points)} of {points} connection points this is the net load of one "
            f"point alone, and of a single customer where only one is connected there: {alone}"
        )
    if any(element.unit is Unit.PER_UNIT for element in model.elements):
        yield (
            "* the voltages of buses, and by their sensitivities how far connection points are from the "
            "reference and along which common part of the way"
        )
    if found.strongest > 1:
        yield f"* losses, and so roughly distances: the strongest sensitivity is {found.strongest:.3f}"
    yield "* not: impedances as such, places, switches, customers, and elements that are not in the model"
    yield "The tree (elements: connection points that hang there and no further down):"
    yield from _drawn(model, found, name)


def _drawn(model: ReducedGridModel, found: Disclosure, name: Callable[[str], str]) -> Iterator[str]:
    below: dict[int | None, list[int]] = {}
    for number, branch in enumerate(found.branches):
        below.setdefault(branch.parent, []).append(number)
    waiting = [(number, 1) for number in reversed(below.get(None, []))]
    while waiting:
        number, depth = waiting.pop()
        branch = found.branches[number]
        elements = " + ".join(name(model.elements[row].element_id) for row in branch.elements)
        points = ", ".join(name(model.connection_points[point]) for point in branch.points)
        yield f"{'  ' * depth}{elements}: {points or '-'}"
        waiting += [(child, depth + 1) for child in reversed(below.get(number, []))]
