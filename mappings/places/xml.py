"""The place of a time series in its document: from its mRID back to element and line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from io import BytesIO
from typing import Final

from lxml import etree

from esmp import DocumentLimits
from esmp.elements import Children, line_of, spots, spots_of
from esmp.parsing import parse
from gateway.domain.bid import BidTerm
from gateway.domain.document import DocumentKind
from gateway.domain.place import Place
from mappings.element_plan import Group, Plan, Table
from mappings.families import mapping_of, plan
from mappings.places.canonical import Step, elements_of, steps_to, written
from mappings.places.places import Places, Position, Where

LARGEST: Final = DocumentLimits().tree
"""Bytes that are held as a tree; of larger documents, one time series is held at a time."""

_GROUPS: Final = (BidTerm.INCLUSIVE_GROUP, BidTerm.MULTIPART_GROUP)
"""Terms that name a group which is accepted or refused completely."""


class XmlPlaces(Places):
    """A valid document in which things can be found again.

    Every query needs one pass over the time series, which is not made while there are no faults. So the
    tree of a document that was valid without parsing is made on the first question. Columns are known of
    documents that are held as a tree.

    Args:
        data: its bytes; None when other elements are in its tree than in its bytes.
        kind, version: which determine the names of its elements.
        tree: of its bytes, where there is one.
    """

    def __init__(
        self, data: bytes | None, kind: DocumentKind, version: str, tree: etree._Element | None = None
    ) -> None:
        self._data = data
        self._kind = kind
        self._version = version
        self._given = tree

    def of(self, positions: Sequence[Position]) -> list[Where]:
        """See `Places.of`."""
        wanted: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, position in enumerate(positions):
            wanted[position.series, position.occurrence].append(index)
        places = [Where()] * len(positions)
        found: dict[int, etree._Element] = {}
        seen: Counter[str] = Counter()
        numbers: Counter[str] = Counter()
        for element in self._series() if wanted else ():
            mrid, name = self._mrid(element), etree.QName(element).localname
            numbers[name] += 1
            known: Children = {}
            for index in wanted.pop((mrid, seen[mrid]), ()):
                steps = self._steps_of(name, positions[index].place)
                places[index], last = _walk(element, numbers[name], steps, known)
                if self._tree is not None:
                    found[index] = last
            if not wanted:
                break
            seen[mrid] += 1
        return self._with_columns(places, found)

    def of_document(self, places: Sequence[Place]) -> list[Where]:
        """See `Places.of_document`; of what is in lists it is unknown which one is meant."""
        header = self._header() if places else None
        if header is None:
            return [Where()] * len(places)
        return [self._in_header(header, steps_to(self._table, place)) for place in places]

    def _in_header(self, header: etree._Element, steps: Sequence[Step]) -> Where:
        elements = elements_of(self._plan, steps) if len(steps) == 1 else []
        steps_found = "/".join(name for name, _ in elements)
        if not steps_found or header.find("/".join(f"{{*}}{name}" for name, _ in elements)) is None:
            return Where()
        path = f"/{etree.QName(header).localname}/{steps_found}"
        (spot,) = spots([path], self._data, self._tree if self._tree is not None else header)
        return Where(path, spot.line, spot.column)

    def named(self, place: Place, *, in_series: bool) -> str:
        """See `Places.named`: its elements from the series or the root on, or the last one alone."""
        own = self._series_groups if in_series else {}
        paths = [self._steps_of(name, place) for name in own] or [
            elements_of(self._plan, steps_to(self._table, place))[-1:]
        ]
        return written(max(paths, key=len)) or str(place.part)

    @cached_property
    def groups(self) -> Mapping[str, frozenset[str]]:
        """See `Places.groups`."""
        found: dict[str, frozenset[str]] = defaultdict(frozenset)
        for element in self._series():
            group = self._series_groups[etree.QName(element).localname][1]
            texts = (element.findtext(f"{{*}}{name}") for term in _GROUPS if (name := group.place(term)))
            if names := frozenset(text.strip() for text in texts if text):
                found[self._mrid(element)] |= names
        return found

    @cached_property
    def _tree(self) -> etree._Element | None:
        """None when it is too large to be held as a tree."""
        if self._given is None and self._data is not None and len(self._data) <= LARGEST:
            return parse(self._data)
        return self._given

    @property
    def _plan(self) -> Plan:
        return plan(self._kind, self._version)

    @property
    def _table(self) -> Table:
        return mapping_of(self._kind).table

    @cached_property
    def _series_groups(self) -> Mapping[str, tuple[Table, Plan]]:
        """Table and plan of time series by their element."""
        return {
            slot.name: (carrier.fields, slot.plan)
            for slot in self._plan.slots
            if slot.plan is not None and slot.plan.place("mrid") is not None
            for carrier in (self._table.get(slot.field or ""),)
            if isinstance(carrier, Group)
        }

    def _steps_of(self, series: str, place: Place | None) -> list[Step]:
        """The elements down from a time series to a place."""
        table, group = self._series_groups[series]
        return [] if place is None else elements_of(group, steps_to(table, place))

    def _mrid(self, series: etree._Element) -> str:
        group = self._series_groups[etree.QName(series).localname][1]
        return series.findtext(f"{{*}}{group.place('mrid')}", "")

    def _with_columns(self, places: list[Where], elements: Mapping[int, etree._Element]) -> list[Where]:
        """Places, by their number, with the columns of their elements where lines are too long."""
        if not elements or self._tree is None:
            return places
        known = spots_of(list(elements.values()), self._data, self._tree)
        for index, spot in zip(elements, known, strict=True):
            places[index] = replace(places[index], column=spot.column)
        return places

    def _header(self) -> etree._Element | None:
        """The root with at least what is before the first time series."""
        if self._tree is not None or self._data is None:
            return self._tree
        first = next(self._series(), None)
        return None if first is None else first.getparent()

    def _series(self) -> Iterator[etree._Element]:
        """Each time series in turn; it is freed when the next is requested."""
        tags = [f"{{*}}{name}" for name in self._series_groups]
        if not tags:
            return iter(())
        if self._tree is not None:
            return self._tree.iterchildren(*tags)
        return iter(()) if self._data is None else _streamed(self._data, tags)


def _streamed(data: bytes, tags: Sequence[str]) -> Iterator[etree._Element]:
    series: Iterable[tuple[str, etree._Element]] = etree.iterparse(
        BytesIO(data), ("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in series:
        yield element
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
        element.clear()


def _walk(
    series: etree._Element, number: int, steps: Iterable[Step], known: Children
) -> tuple[Where, etree._Element]:
    root, element = series.getparent(), series
    path = ["" if root is None else etree.QName(root).localname, f"{etree.QName(series).localname}[{number}]"]
    for name, wanted in steps:
        if (element, name) not in known:
            known[element, name] = element.findall(f"{{*}}{name}")
        children, place = known[element, name], wanted or 1
        if place > len(children):
            break
        element = children[place - 1]
        path.append(name if len(children) == 1 else f"{name}[{place}]")
    return Where("/" + "/".join(path), line_of(element)), element
