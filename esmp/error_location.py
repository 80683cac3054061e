"""libxml2's error messages → findings with a stable code, a readable path, and their series."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from lxml import etree

from esmp.columns import columns_of, on_long_lines
from esmp.error_messages import expected_names, missing, repeated, worded
from esmp.findings import SchemaFinding, Stage
from esmp.profiles import Element, Profile

_CODES: Final = {
    "SCHEMAV_CVC_ENUMERATION_VALID": "unknown-code",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_3": "unknown-code",  # a published code list is a union of two lists
    "SCHEMAV_ELEMENT_CONTENT": "unexpected-element",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "unexpected-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": "unexpected-attribute",
    "SCHEMAV_CVC_TYPE_3_1_1": "unexpected-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "missing-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "unexpected-content",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": "unexpected-content",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "unexpected-content",
    "SCHEMAV_CVC_TYPE_3_1_2": "unexpected-content",
    "SCHEMAV_CVC_ELT_1": "unexpected-element",
}
_SERIES_IDS: Final = ("mRID", "marketAgreement.mRID")


@dataclass(frozen=True, slots=True)
class Offsets:
    """The offsets of a part of a document in it; all zero for a document in one piece."""

    series_tag: str = ""
    series_before: int = 0
    header_line: int = 0
    """The line on which the series begin in the part: lines before it are the document's own."""
    series_shift: int = 0
    """Lines to add from there on, up to the last series of the part."""
    tail_shift: int = 0
    """Lines to add behind the last series."""

    def line(self, line: int, node: etree._Element | None) -> int | None:
        """Return the line in the document of a line in the part on which `node` has a part."""
        if not self.series_tag or line < self.header_line:
            return line or None
        return line + (self.tail_shift if self._in_tail(node) else self.series_shift)

    def _in_tail(self, node: etree._Element | None) -> bool:
        if node is None or node.getparent() is None:
            return False
        top = _top(node)
        return top.tag != self.series_tag and next(top.itersiblings(self.series_tag), None) is None


class Whereabouts:
    """Positions of elements of a tree. Each list of siblings is gone through once."""

    def __init__(self) -> None:
        self._places: dict[etree._Element, tuple[dict[etree._Element, int], Counter[object]]] = {}
        self._series: dict[etree._Element, str | None] = {}
        self._periods: dict[etree._Element, str | None] = {}

    def number(self, element: etree._Element) -> tuple[int, bool]:
        """Return how many of its tag are before an element, and whether it is the only one."""
        parent = element.getparent()
        if parent is None:
            return 0, True
        if parent not in self._places:
            places, count = {}, Counter[object]()
            for child in parent:
                places[child] = count[child.tag]
                count[child.tag] += 1
            self._places[parent] = places, count
        before, counts = self._places[parent]
        return before[element], counts[element.tag] == 1

    def count(self, element: etree._Element) -> int:
        """Return how many of its tag its parent has."""
        self.number(element)
        parent = element.getparent()
        return 1 if parent is None else self._places[parent][1][element.tag]

    def path(self, node: etree._Element, offsets: Offsets) -> str:
        """Return the readable path: `/ReserveBid_MarketDocument/Bid_TimeSeries[2]/divisible`."""
        steps: list[str] = []
        current: etree._Element | None = node
        while current is not None:
            name = etree.QName(current).localname
            before, alone = self.number(current)
            if current.tag == offsets.series_tag:
                before, alone = before + offsets.series_before, False
            steps.append(name if alone else f"{name}[{before + 1}]")
            current = current.getparent()
        return "/" + "/".join(reversed(steps))

    def series(self, node: etree._Element) -> str | None:
        """Return the id of the time series that `node` is in, if it is in one."""
        top = _top(node)
        if not etree.QName(top).localname.endswith("TimeSeries"):
            return None
        if top not in self._series:
            self._series[top] = next(filter(None, (_text(top, name) for name in _SERIES_IDS)), None)
        return self._series[top]

    def period(self, node: etree._Element) -> str | None:
        """Return the interval of the period that `node` is in, as the document writes it."""
        for element in (node, *node.iterancestors()):
            if etree.QName(element).localname.endswith("Period"):
                if element not in self._periods:
                    self._periods[element] = _interval(element)
                if (interval := self._periods[element]) is not None:
                    return interval
        return None


def schema_findings(
    entries: Iterable[Any],
    root: etree._Element,
    codes: str,
    most: int,
    offsets: Offsets,
    *,
    data: bytes | None = None,
    profile: Profile | None = None,
) -> tuple[SchemaFinding, ...]:
    """Return the first `most` findings of a schema validation, one per place and kind of fault.

    A schema names the first element that is missing of a parent; with `profile` all are named.

    With `data`, the bytes of which the tree was made, they name columns where lines are too long.
    """
    found: dict[tuple[int | None, str | None, str], tuple[SchemaFinding, etree._Element | None]] = {}
    where = Whereabouts()
    for entry in entries:
        if len(found) >= most:
            break
        node = _node(root, entry.path) if entry.path else None
        lacking = _lacking(entry, node, profile)
        if lacking and node is not None:
            parent, names = lacking
            finding, node = _missing(parent, names, offsets, where), parent
        else:
            message = _too_often(entry, node, profile, where) or worded(entry.message, codes)
            finding = _finding(entry, node, message, offsets, where)
        found.setdefault((finding.line, finding.path, finding.code), (finding, node))
    if data is None or not on_long_lines(data):
        return tuple(finding for finding, _ in found.values())
    columns = columns_of(data, root, {node for _, node in found.values() if node is not None})
    return tuple(
        finding if node is None else replace(finding, column=columns.get(node))
        for finding, node in found.values()
    )


def _finding(
    entry: Any, node: etree._Element | None, message: str, offsets: Offsets, where: Whereabouts
) -> SchemaFinding:
    code = _CODES.get(entry.type_name, "invalid-value")
    if code == "unexpected-element" and "Missing child" in entry.message:
        code = "missing-element"
    return SchemaFinding(
        Stage.CODES if code == "unknown-code" else Stage.SCHEMA,
        code,
        message,
        offsets.line(entry.line, node),
        None if node is None else where.path(node, offsets),
        None if node is None else where.series(node),
        None if node is None else where.period(node),
    )


def _missing(
    parent: etree._Element, names: Sequence[str], offsets: Offsets, where: Whereabouts
) -> SchemaFinding:
    return SchemaFinding(
        Stage.SCHEMA,
        "missing-element",
        missing(names, etree.QName(parent).localname),
        offsets.line(cast("int", parent.sourceline), parent),
        where.path(parent, offsets),
        where.series(parent),
        where.period(parent),
    )


def _lacking(
    entry: Any, node: etree._Element | None, profile: Profile | None
) -> tuple[etree._Element, Sequence[str]] | None:
    """The parent of which a complaint is that elements are missing in it, and all that are."""
    if profile is None or node is None or entry.type_name != "SCHEMAV_ELEMENT_CONTENT":
        return None
    parent = node if "Missing child" in entry.message else node.getparent()
    if parent is None:
        return None
    children = _children(parent, profile)
    present = {child.tag for child in parent.iterchildren("*")}
    names = [
        one.name for one in children if one.required and f"{{{profile.namespace}}}{one.name}" not in present
    ]
    known = node is parent or node.tag in {f"{{{profile.namespace}}}{one.name}" for one in children}
    return (parent, names) if known and set(names).intersection(expected_names(entry.message)) else None


def _too_often(
    entry: Any, node: etree._Element | None, profile: Profile | None, where: Whereabouts
) -> str | None:
    """The message for an element that is repeated where one is allowed."""
    if profile is None or node is None or entry.type_name != "SCHEMAV_ELEMENT_CONTENT":
        return None
    parent = node.getparent()
    if parent is None or "Missing child" in entry.message or (times := where.count(node)) < 2:
        return None
    once = {
        f"{{{profile.namespace}}}{one.name}" for one in _children(parent, profile) if one.cardinality in "1?"
    }
    if node.tag not in once:
        return None
    return repeated(etree.QName(node).localname, times, etree.QName(parent).localname)


def _children(parent: etree._Element, profile: Profile) -> Sequence[Element]:
    """Content allowed in an element; none where the element itself is not allowed."""
    lineage = [etree.QName(one).localname for one in (parent, *parent.iterancestors())]
    try:
        return profile.children(*lineage[-2::-1])
    except LookupError:
        return ()


def _top(node: etree._Element) -> etree._Element:
    """The child of the root that `node` is in, or the root."""
    lineage = [node, *node.iterancestors()]
    return lineage[-2] if len(lineage) > 1 else node


def _node(root: etree._Element, path: str) -> etree._Element | None:
    # The map is made where there is a prefix in the path only: a root may declare thousands.
    namespaces = {prefix: uri for prefix, uri in root.nsmap.items() if prefix} if ":" in path else {}
    try:
        nodes = root.getroottree().xpath(path, namespaces=namespaces)
    except etree.XPathError:  # a prefix declared further down
        return None
    found = cast("list[Any]", nodes)
    return found[0] if found else None


def _interval(period: etree._Element) -> str | None:
    interval = period.find("{*}timeInterval")
    if interval is None:
        return None
    return f"{_text(interval, 'start') or ''}/{_text(interval, 'end') or ''}"


def _text(parent: etree._Element, name: str) -> str | None:
    child = parent.find(f"{{*}}{name}")
    return None if child is None or child.text is None else child.text.strip()[:100]
