"""Documents written from a profile's table alone: every element once or twice, every value valid."""

from collections.abc import Iterable

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
    writer = _Writer(profile, codes, full)
    bulk = profile.series
    for element in profile.classes[profile.root_class]:
        count = max(series, element.cardinality == "+") if element == bulk else writer.times(element)
        writer.write(root, element, count)
    return root


class _Writer:
    def __init__(self, profile: Profile, codes: CodeSet, full: bool) -> None:
        self._profile = profile
        self._codes = codes
        self._full = full
        self._ids = 0

    def times(self, element: Element) -> int:
        if self._full:
            return 2 if element.repeated else 1
        return int(element.required)

    def write(self, parent: etree._Element, element: Element, times: int) -> None:
        for _ in range(times):
            node = etree.SubElement(parent, f"{{{self._profile.namespace}}}{element.name}")
            if element.type in self._profile.classes:
                for child in self._profile.classes[element.type]:
                    self.write(node, child, self.times(child))
            else:
                self._fill(node, element)

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
