"""Documents written from a profile's table alone: every element once or twice, every value valid."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from lxml import etree

from esmp.codes import CodeSet
from esmp.profiles import DataType, Element, Profile

_VALUES = {
    "xs:string": "TEST text",
    "xs:decimal": "12.5",
    "xs:float": "1.5",
    "xs:integer": "7",
    "xs:duration": "PT15M",
    "xs:date": "2026-03-29",
    "xs:time": "01:00:00Z",
    "xs:dateTime": "2026-03-29T01:00:00Z",
}
_BY_TYPE = {"YMDHM_DateTime": "2026-03-29T01:00Z", "ESMPVersion_String": "1"}


def specimen(profile: Profile, codes: CodeSet, *, full: bool = True, series: int = 1) -> etree._Element:
    """Return the root of a valid document of this profile under this code set.

    `full` fills every optional element and writes repeated ones twice; otherwise only what is required is
    in it. It has `series` time series, at least one where the profile requires one. Ids are `TEST-…`.
    """
    nsmap: dict[str, str] = {None: profile.namespace}  # type: ignore[dict-item]  # the default namespace
    root = etree.Element(f"{{{profile.namespace}}}{profile.root}", nsmap=nsmap)
    writer = SampleWriter(profile, codes, full)
    bulk = profile.series
    for element in profile.classes[profile.root_class]:
        count = max(series, element.cardinality == "+") if element == bulk else writer.times(element)
        for _ in range(count):
            writer.write(root, element)
    return root


def agreeing(root: etree._Element, start: datetime, end: datetime) -> None:
    """Let times, positions and units of a specimen agree, which no schema demands.

    It is of the time from `start` to `end` (UTC), its periods follow each other by the hour with quarter
    hours in them, powers are in MW, energies in MWh, prices in euros.
    """
    for element in root.iter(etree.Element):
        name, parent = _local(element), element.getparent()
        if parent is not None and {"start", "end"} <= {_local(child) for child in element}:
            _set_interval(element, parent, start, end)
        elif name in _PERIODS:
            for number, point in enumerate(_points_of(element), start=1):
                point[0].text = str(number)
        elif name.endswith("Unit.name") or (name == "name" and "Unit" in _local(parent)):
            element.text = _unit(name if name != "name" else _local(parent))


_PERIODS = ("Period", "Series_Period")


def _local(element: etree._Element | None) -> str:
    return "" if element is None else etree.QName(element).localname


def _points_of(period: etree._Element) -> list[etree._Element]:
    return [child for child in period if _local(child) == "Point"]


def _set_interval(interval: etree._Element, parent: etree._Element, start: datetime, end: datetime) -> None:
    if _local(parent) in _PERIODS:
        start += timedelta(hours=sum(1 for _ in parent.itersiblings(parent.tag, preceding=True)))
        end = start + timedelta(minutes=15 * len(_points_of(parent)))
    interval[0].text = f"{start:%Y-%m-%dT%H:%MZ}"
    interval[1].text = f"{end:%Y-%m-%dT%H:%MZ}"


def _unit(name: str) -> str:
    if "urrency" in name:
        return "EUR"
    return "MWH" if "nergy" in name else "MAW"


class SampleWriter:
    """Writes elements of a profile, with what they require in them."""

    def __init__(self, profile: Profile, codes: CodeSet, full: bool) -> None:
        self._profile = profile
        self._codes = codes
        self._full = full
        self._ids = 0

    def times(self, element: Element) -> int:
        """How often a full document has an element, or one of what is required alone."""
        if self._full:
            return 2 if element.repeated else 1
        return int(element.required)

    def write(self, parent: etree._Element, element: Element) -> etree._Element:
        """Add an element behind the others of its parent."""
        node = etree.SubElement(parent, f"{{{self._profile.namespace}}}{element.name}")
        if element.type in self._profile.classes:
            for child in self._profile.classes[element.type]:
                for _ in range(self.times(child)):
                    self.write(node, child)
        else:
            self._fill(node, element)
        return node

    def _fill(self, node: etree._Element, element: Element) -> None:
        data_type = self._profile.types.get(element.type) or DataType(element.type, element.type)
        node.text = self._value(data_type)
        attribute = data_type.attribute
        if attribute and (attribute.required or self._full):
            node.set(attribute.name, attribute.fixed or self._code(attribute.code_list))

    def _value(self, data_type: DataType) -> str:
        if data_type.code_list:
            return self._code(data_type.code_list)
        if data_type.name in _BY_TYPE:
            return _BY_TYPE[data_type.name]
        if data_type.name.endswith("ID_String"):
            self._ids += 1
            return f"TEST-{self._ids:04}"
        enumerated = (value for facet, value in data_type.facets if facet == "enumeration")
        return next(enumerated, _VALUES[data_type.base])

    def _code(self, code_list: str) -> str:
        return _first(self._codes.lists[code_list])


def _first(codes: Iterable[str]) -> str:
    return min(codes)
