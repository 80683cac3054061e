"""From a readable path, `/ReserveBid_MarketDocument/Bid_TimeSeries[2]/divisible`, back to the element."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final, cast

from lxml import etree

from esmp.columns import columns_of, on_long_lines
from esmp.parsing import SAFE

Step = tuple[str, int]
"""Name of an element, and which of its siblings of that name, from 1."""

Children = dict[tuple[Any, str], list[Any]]
"""Children of elements by name, searched once for all queries of a tree."""

_STEP: Final = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an element begins; the column only where lines are too long to locate it."""

    line: int | None = None
    column: int | None = None


def steps_of(path: str) -> list[Step]:
    """Return the steps of a path; what is no step is left out."""
    found = (_STEP.fullmatch(step) for step in path.split("/"))
    return [(step[1], int(step[2] or 1)) for step in found if step]


def descended(element: etree._Element, steps: Iterable[Step], known: Children) -> etree._Element:
    """Return the element at the end of the steps down from an element, as far as there is one."""
    for name, number in steps:
        if (element, name) not in known:
            known[element, name] = element.findall(f"{{*}}{name}")
        children = known[element, name]
        if number > len(children):
            break
        element = children[number - 1]
    return element


def line_of(element: etree._Element) -> int | None:
    """Return the line on which an element begins."""
    return cast("int | None", element.sourceline)


def spots(paths: Sequence[str], data: bytes | None, tree: etree._Element | None) -> list[Spot]:
    """Return where the elements at paths from the root begin, or the nearest above where there is none.

    Without a tree of the document, its bytes are gone through once, and columns are not known. Without its
    bytes columns are not known either.
    """
    paths_of = [steps_of(path)[1:] for path in paths]
    if tree is None:
        return [] if data is None else _streamed(paths_of, data)
    known: Children = {}
    return spots_of([descended(tree, path_steps, known) for path_steps in paths_of], data, tree)


def spots_of(elements: Sequence[etree._Element], data: bytes | None, tree: etree._Element) -> list[Spot]:
    """Return where elements of a tree begin; without the bytes that it was made of, lines alone."""
    found = [Spot(line_of(element)) for element in elements]
    if data is None or not on_long_lines(data):
        return found
    columns: Mapping[etree._Element, int] = columns_of(data, tree, set(elements))
    return [replace(spot, column=columns.get(element)) for spot, element in zip(found, elements, strict=True)]


def _streamed(paths_of: Sequence[Sequence[Step]], data: bytes) -> list[Spot]:
    starts: Iterable[tuple[str, etree._Element]] = etree.iterparse(BytesIO(data), ("start",), **SAFE)
    _, root = next(iter(starts))
    found = [Spot(line_of(root))] * len(paths_of)
    wanted: dict[Step, list[int]] = defaultdict(list)
    for index, path_steps in enumerate(paths_of):
        if path_steps:
            wanted[path_steps[0]].append(index)
    numbers: Counter[str] = Counter()
    for element in _children_of_root(data, {name for name, _ in wanted}) if wanted else ():
        name = etree.QName(element).localname
        numbers[name] += 1
        known: Children = {}
        for index in wanted.pop((name, numbers[name]), ()):
            found[index] = Spot(line_of(descended(element, paths_of[index][1:], known)))
        if not wanted:
            break
    return found


def _children_of_root(data: bytes, names: Iterable[str]) -> Iterator[etree._Element]:
    """Each of these names in turn; it is freed when the next is requested."""
    tags = [f"{{*}}{name}" for name in names]
    ends: Iterable[tuple[str, etree._Element]] = etree.iterparse(BytesIO(data), ("end",), tag=tags, **SAFE)
    for _, element in ends:
        parent = element.getparent()
        if parent is None or parent.getparent() is not None:
            continue
        yield element
        while element.getprevious() is not None:
            del parent[0]
        element.clear()
