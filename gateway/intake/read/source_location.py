"""Where a time series stands in its document: from its mRID back to element and line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from typing import Final

from lxml import etree

import esmp
from esmp.elements import Children, Step, line_of, spots, spots_of, steps_of
from esmp.parsing import parse
from gateway.domain.reason import Finding

SERIES: Final = "Bid_TimeSeries"
_SERIES: Final = (SERIES, "PlannedResource_TimeSeries", "UnavailableReserves_TimeSeries", "TimeSeries")
"""Time series of every kind of document that something is set in motion by."""

_TAGS: Final = tuple(f"{{*}}{name}" for name in _SERIES)
LARGEST: Final = esmp.Limits().tree
"""Bytes that are held as a tree; of larger documents, one time series is held at a time."""

MOST_PLACES: Final = 1000
"""Findings whose element and line are looked up; further ones name series and period only."""

GROUPS: Final = ("inclusiveBidsIdentification", "multipartBidIdentification")
"""Elements that name a group which stands or falls as a whole."""

_VARIANTS: Final = {"quantity.quantity": "quantity", "minimum_Quantity.quantity": "minimumActivationQuantity"}
"""Element names of ReserveBid 6.0, where they differ."""


@dataclass(frozen=True, slots=True)
class Position:
    """A time series and the way down from it.

    Attributes:
        occurrence: counts, from 0, series of the same mRID.
        steps: element names and numbers, as far as the document goes.
    """

    series: str
    occurrence: int = 0
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """An element, as far as it can be found; its column only where lines are too long to tell."""

    path: str | None = None
    line: int | None = None
    column: int | None = None


class Places:
    """A valid document in which things can be found again.

    Every question is one way through the time series, which nobody goes while nothing is wrong. So the tree
    of a document that was valid at a glance is made when the first question is asked. Columns are told of
    documents that are held as a tree.

    Args:
        data: its bytes; None when it came as JSON, or other elements stand in its tree than in its bytes.
        tree: of its bytes, where there is one.
    """

    def __init__(self, data: bytes | None, tree: etree._Element | None = None) -> None:
        self._data = data
        self._given = tree

    @cached_property
    def _tree(self) -> etree._Element | None:
        """None when it came as JSON, or is too large to be held as a tree."""
        if self._given is None and self._data is not None and len(self._data) <= LARGEST:
            return parse(self._data)
        return self._given

    def of(self, positions: Sequence[Position]) -> list[Place]:
        """Find the elements at some positions."""
        wanted: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, position in enumerate(positions):
            wanted[position.series, position.occurrence].append(index)
        places = [Place()] * len(positions)
        found: dict[int, etree._Element] = {}
        seen: Counter[str] = Counter()
        numbers: Counter[str] = Counter()
        for element in self._series() if wanted else ():
            mrid, name = _mrid(element), etree.QName(element).localname
            numbers[name] += 1
            known: Children = {}
            for index in wanted.pop((mrid, seen[mrid]), ()):
                places[index], last = _walk(element, numbers[name], positions[index].steps, known)
                if self._tree is not None:
                    found[index] = last
            if not wanted:
                break
            seen[mrid] += 1
        return self._with_columns(places, found)

    def _with_columns(self, places: list[Place], elements: Mapping[int, etree._Element]) -> list[Place]:
        """Places, by their number, with the columns of their elements where lines are too long to tell."""
        if not elements or self._tree is None:
            return places
        told = spots_of(list(elements.values()), self._data, self._tree)
        for index, spot in zip(elements, told, strict=True):
            places[index] = replace(places[index], column=spot.column)
        return places

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """Add the place where a finding names only its series, an element in it, or one of the header.

        An element is named by its way from the series or the root, like `registeredResource.mRID`.
        """
        located = list(findings)
        open_ends = [
            index
            for index, found in enumerate(findings[:MOST_PLACES])
            if found.line is None and not (found.path or "").startswith("/")
        ]
        of_series = [index for index in open_ends if findings[index].series is not None]
        positions = [_position(findings[index]) for index in of_series]
        for index, place in zip(of_series, self.of(positions), strict=True):
            if place.path is not None:
                located[index] = replace(
                    findings[index], path=place.path, line=place.line, column=place.column
                )
        of_header = [i for i in open_ends if findings[i].series is None and findings[i].path is not None]
        header = self._header() if of_header else None
        for index in of_header:
            name = findings[index].path or ""
            if header is not None and "/" not in name and header.find(f"{{*}}{name}") is not None:
                path = f"/{etree.QName(header).localname}/{name}"
                (spot,) = spots([path], self._data, self._tree if self._tree is not None else header)
                located[index] = replace(findings[index], path=path, line=spot.line, column=spot.column)
        return located

    @cached_property
    def groups(self) -> Mapping[str, frozenset[str]]:
        """The names in `GROUPS` of every time series that has any, by its mRID."""
        found: dict[str, frozenset[str]] = defaultdict(frozenset)
        for element in self._series():
            texts = (element.findtext(f"{{*}}{name}") for name in GROUPS)
            if names := frozenset(text.strip() for text in texts if text):
                found[_mrid(element)] |= names
        return found

    def _header(self) -> etree._Element | None:
        """The root with at least what stands before the first time series."""
        if self._tree is not None or self._data is None:
            return self._tree
        first = next(self._series(), None)
        return None if first is None else first.getparent()

    def _series(self) -> Iterator[etree._Element]:
        """Each time series in turn; it is gone when the next is asked for."""
        if self._tree is not None:
            return self._tree.iterchildren(*_TAGS)
        return iter(()) if self._data is None else _streamed(self._data)


def _position(finding: Finding) -> Position:
    """The element that a finding names by its way from a series."""
    return Position(finding.series or "", 0, tuple(steps_of(finding.path or "")))


def _streamed(data: bytes) -> Iterator[etree._Element]:
    series: Iterable[tuple[str, etree._Element]] = etree.iterparse(
        BytesIO(data), ("end",), tag=_TAGS, resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in series:
        yield element
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
        element.clear()


def _mrid(series: etree._Element) -> str:
    return series.findtext("{*}mRID", "")


def _walk(
    series: etree._Element, number: int, steps: Iterable[Step], known: Children
) -> tuple[Place, etree._Element]:
    root, element = series.getparent(), series
    path = ["" if root is None else etree.QName(root).localname, f"{etree.QName(series).localname}[{number}]"]
    for wanted, place in steps:
        children = known.get((element, wanted))
        if children is None:
            children = element.findall(f"{{*}}{wanted}") or element.findall(
                f"{{*}}{_VARIANTS.get(wanted, wanted)}"
            )
            known[element, wanted] = children
        if place > len(children):
            break
        element = children[place - 1]
        name = etree.QName(element).localname
        path.append(name if len(children) == 1 else f"{name}[{place}]")
    return Place("/" + "/".join(path), line_of(element)), element
